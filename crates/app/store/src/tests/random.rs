//! Random records, random restarts, against a fold that is kept beside the store.

use interlock_flow::{Guard, Journal as _, Memory, Record};
use proptest::prelude::*;

use super::support::*;
use crate::{Options, Query, Store};

#[derive(Clone, Debug)]
enum Step {
    OpenSession,
    OpenTicket(u8),
    Approve(u8),
    Consume(u8, u8, u64),
    Outcome(u8),
    Freeze,
    Unfreeze,
    Read,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::OpenSession),
        (0..3_u8).prop_map(Step::OpenTicket),
        (0..3_u8).prop_map(Step::Approve),
        (0..3_u8, 0..9_u8, 0..3_u64).prop_map(|(ticket, action, epoch)| Step::Consume(ticket, action, epoch)),
        (0..9_u8).prop_map(Step::Outcome),
        Just(Step::Freeze),
        Just(Step::Unfreeze),
        Just(Step::Read),
        Just(Step::Restart),
    ]
}

fn record(step: &Step) -> Option<Record> {
    Some(match step {
        Step::OpenSession => open_session(),
        Step::OpenTicket(ticket) => open_ticket(&format!("t-{ticket}")),
        Step::Approve(ticket) => approve(&format!("t-{ticket}")),
        Step::Consume(ticket, action, epoch) => {
            consume(&format!("t-{ticket}"), &format!("a-{action}"), *epoch)
        }
        Step::Outcome(action) => outcome(&format!("a-{action}")),
        Step::Freeze => freeze(),
        Step::Unfreeze => unfreeze(),
        Step::Read => read("aws:s3:ListBuckets"),
        Step::Restart => return None,
    })
}

/// What the store should do with a record, written as plainly as can be.
fn expected(memory: &mut Memory, record: &Record) -> bool {
    let mut events = record.events.clone();
    for guard in &record.guards {
        match memory.check(guard) {
            Err(_) => return false,
            Ok(None) => assert!(!matches!(guard, Guard::Step(..))),
            Ok(Some(ticket)) => events.push(interlock_flow::Event::TicketMoved { ticket: Box::new(ticket) }),
        }
    }
    events.iter().for_each(|event| memory.apply(event));
    true
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn the_store_is_the_fold_of_what_it_accepted(steps in prop::collection::vec((step(), any::<bool>()), 1..40)) {
        let folder = Folder::new();
        let home = folder.home();
        let mut store = Some(open(&home));
        let (mut memory, mut accepted) = (Memory::default(), 0);
        for (step, awaited) in steps {
            let Some(record) = record(&step) else {
                store = None;
                store.replace(open(&home));
                prop_assert_eq!(told(store.as_ref().unwrap()), told_of(&memory));
                continue;
            };
            let expected = expected(&mut memory, &record);
            accepted += u64::from(expected);
            let store = store.as_ref().unwrap();
            if awaited {
                let answer = commit(store, record);
                prop_assert_eq!(answer.is_ok(), expected, "{:?}: {:?}", step, answer);
                if let Ok(receipt) = answer {
                    prop_assert_eq!(receipt.index, accepted - 1);
                }
                prop_assert_eq!(told(store), told_of(&memory));
            } else {
                store.note(record).unwrap();
            }
        }
        drop(store);
        let store = Store::open(&home, &Options::default()).unwrap();
        prop_assert_eq!(told(&store), told_of(&memory));
        prop_assert_eq!(store.read_entries(&Query::default()).unwrap().len() as u64, accepted);
        let out = folder.path().join("out");
        store.reader().export(&out, true).unwrap();
        prop_assert_eq!(crate::verify_folder(&out, &home.verifier(), &[]).unwrap().size, accepted);
    }
}
