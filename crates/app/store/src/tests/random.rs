//! Random records, random restarts, against a fold that is kept beside the store.

use interlock_flow::{Event, Guard, Journal as _, Memory, Record};
use proptest::prelude::*;

use super::support::*;
use crate::{Options, Query, Store, private};

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
    /// Which entry, and whether everything has run out by then.
    Redact(prop::sample::Index, bool),
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
        (any::<prop::sample::Index>(), any::<bool>()).prop_map(|(index, late)| Step::Redact(index, late)),
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
        Step::Redact(..) | Step::Restart => return None,
    })
}

/// What the store should do with a record, written as plainly as can be.
fn expected(memory: &mut Memory, record: &Record) -> Option<Vec<Event>> {
    if record.events.iter().any(|event| private::brings_back(memory, event).is_some()) {
        return None;
    }
    let mut events = record.events.clone();
    for guard in &record.guards {
        match memory.check(guard) {
            Err(_) => return None,
            Ok(None) => assert!(!matches!(guard, Guard::Step(..))),
            Ok(Some(ticket)) => events.push(interlock_flow::Event::TicketMoved { ticket: Box::new(ticket) }),
        }
    }
    events.iter().for_each(|event| memory.apply(event));
    Some(events)
}

/// Redacts in the store, and in all that the model has accepted; then the model's memory is folded anew.
fn redact(store: &Store, index: u64, now: u64, accepted: &mut Vec<Vec<Event>>, memory: &mut Memory) {
    let Ok(redacted) = wait(store.redact(index, "bo", "a name", now)) else { return };
    for index in &redacted.entries {
        let events = &mut accepted[*index as usize];
        if let Some(kept) = private::without(events) {
            *events = kept;
        }
    }
    accepted.extend(redacted.entries.iter().map(|_| Vec::new()));
    assert_eq!(redacted.receipt.index + 1, accepted.len() as u64);
    *memory = Memory::default();
    accepted.iter().flatten().for_each(|event| memory.apply(event));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn the_store_is_the_fold_of_what_it_accepted(steps in prop::collection::vec((step(), any::<bool>()), 1..40)) {
        let folder = Folder::new();
        let home = folder.home();
        let mut store = Some(open(&home));
        let (mut memory, mut accepted) = (Memory::default(), Vec::new());
        for (step, awaited) in steps {
            if let Step::Redact(index, late) = &step {
                let (store, now) = (store.as_ref().unwrap(), if *late { NOW + 2_000_000 } else { NOW });
                let index = index.index(accepted.len().max(1)) as u64;
                redact(store, index, now, &mut accepted, &mut memory);
                prop_assert_eq!(told(store), told_of(&memory));
                continue;
            }
            let Some(record) = record(&step) else {
                store = None;
                store.replace(open(&home));
                prop_assert_eq!(told(store.as_ref().unwrap()), told_of(&memory));
                continue;
            };
            let expected = expected(&mut memory, &record);
            let stands = expected.is_some();
            accepted.extend(expected);
            let store = store.as_ref().unwrap();
            if awaited {
                let answer = commit(store, record);
                prop_assert_eq!(answer.is_ok(), stands, "{:?}: {:?}", step, answer);
                if let Ok(receipt) = answer {
                    prop_assert_eq!(receipt.index + 1, accepted.len() as u64);
                }
                prop_assert_eq!(told(store), told_of(&memory));
            } else {
                store.note(record).unwrap();
            }
        }
        drop(store);
        let store = Store::open(&home, &Options::default()).unwrap();
        prop_assert_eq!(told(&store), told_of(&memory));
        prop_assert_eq!(store.read_entries(&Query::default()).unwrap().len(), accepted.len());
        let out = folder.path().join("out");
        store.reader().export(&out, true).unwrap();
        prop_assert_eq!(verify(&out, &home, &[]).size, accepted.len() as u64);
    }
}
