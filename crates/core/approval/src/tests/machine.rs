use interlock_action::{
    Action, ActionId, Digest, Facts, Forecast, Operation, PersonId, SessionId, Surface, TicketId,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::{Approval, Held, KeyStep, Launch, Message, Quorum, Refusal, Slot, State, Ticket};

const EXPIRES: u64 = 1_000;

pub(super) fn ticket() -> Ticket {
    let action = Action {
        surface: Surface::Aws,
        operation: Operation::aws("rds", "DeleteDBInstance"),
        account: None,
        region: None,
        claims: Vec::new(),
        targets: Vec::new(),
        arguments: Value::Null,
        secrets: Vec::new(),
        tokens: Vec::new(),
        writes: Vec::new(),
        writes_on: Default::default(),
        unknowns: Vec::new(),
        content: interlock_action::Content::Judged,
        stated_reason: None,
    };
    let held = Held {
        agent: "a".into(),
        owner: "ana".into(),
        launch: Launch::of("ana"),
        task: "t".into(),
        action,
        action_digest: Digest::of(b"x"),
        facts: Facts::default(),
        forecast: Forecast::assumed("nothing was read"),
        fingerprint: Value::Null,
        bundle: Digest::of(b"b"),
        tier: "T4".into(),
        needs: Vec::new(),
        reasons: Vec::new(),
        nonce: "n".into(),
        opened: 0,
        expires: EXPIRES,
    };
    let quorum = Quorum {
        slots: vec![Slot { role: None }; 2],
        others: 0,
        independent: 1,
        step: KeyStep::OpenSsh,
        delay: None,
    };
    Ticket::open(TicketId::from("tk-1"), held, quorum, SessionId::from("s"), false).unwrap()
}

fn approval(person: &str) -> Approval {
    Approval {
        person: PersonId::from(person),
        roles: Vec::new(),
        fingerprint: String::new(),
        step: KeyStep::OpenSsh,
        reason: String::new(),
        signature: String::new(),
        at: 0,
        glass: None,
        within: None,
    }
}

fn messages() -> impl Strategy<Value = Message> {
    let person = prop_oneof![Just("ana"), Just("bo"), Just("cy")];
    prop_oneof![
        (person.clone(), any::<bool>())
            .prop_map(|(who, complete)| Message::Approve { approval: approval(who), complete }),
        person.prop_map(|who| Message::Deny { by: who.into(), reason: String::new() }),
        (0..3_u8).prop_map(|n| Message::Consume { by: ActionId::new(format!("act-{n}")) }),
        (0..3_u8).prop_map(|n| Message::Restore { by: ActionId::new(format!("act-{n}")) }),
        Just(Message::Void { why: "moved".into() }),
        Just(Message::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// What is spent was approved, in time, by a complete quorum, and nothing settled for good comes back.
    #[test]
    fn nothing_is_spent_that_was_not_approved(steps in proptest::collection::vec((messages(), 0..1_400_u64), 0..24)) {
        let mut ticket = ticket();
        let mut now = 0;
        let mut completed = false;
        for (message, at) in steps {
            now = now.max(at);
            let before = ticket.clone();
            let said_complete = matches!(&message, Message::Approve { complete: true, .. });
            let Ok(next) = ticket.step(message.clone(), now) else {
                prop_assert_eq!(&ticket, &before);
                continue;
            };
            completed |= said_complete && matches!(next.state, State::Approved { .. });
            if let State::Consumed { by } = &next.state
                && before.state != next.state
            {
                prop_assert!(completed, "spent without a complete quorum");
                let was_approved = matches!(before.state, State::Approved { .. });
                prop_assert!(was_approved && now < EXPIRES, "spent from {:?} at {}", before.state, now);
                prop_assert_eq!(message, Message::Consume { by: by.clone() });
            }
            if matches!(before.state, State::Denied { .. } | State::Expired | State::Void { .. }) {
                prop_assert_eq!(&next.state, &before.state, "settled for good and moved again");
            }
            prop_assert_eq!(next.digest, before.digest);
            ticket = next;
        }
    }

    /// Spent twice only if the first spending provably did not execute.
    #[test]
    fn each_spending_needs_its_own_restoration(steps in proptest::collection::vec(messages(), 0..24)) {
        let mut ticket = ticket();
        let (mut spent, mut restored) = (0, 0);
        for message in steps {
            let restores = matches!(message, Message::Restore { .. });
            let consumes = matches!(message, Message::Consume { .. });
            if let Ok(next) = ticket.step(message, 1) {
                spent += usize::from(consumes);
                restored += usize::from(restores);
                ticket = next;
            }
            prop_assert!(spent <= restored + 1);
        }
    }
}

#[test]
fn the_same_person_counts_once_and_an_approved_ticket_can_still_be_denied() {
    let one = ticket().step(Message::Approve { approval: approval("bo"), complete: false }, 1).unwrap();
    let again = one.step(Message::Approve { approval: approval("bo"), complete: true }, 2);
    assert_eq!(again, Err(Refusal::Twice("bo".into())));
    let both = one.step(Message::Approve { approval: approval("cy"), complete: true }, 2).unwrap();
    let denied = both.step(Message::Deny { by: "ana".into(), reason: "no".into() }, 3).unwrap();
    assert!(matches!(denied.state, State::Denied { .. }));
    assert!(denied.step(Message::Consume { by: "act-1".into() }, 4).is_err());
}

#[test]
fn the_owner_fills_no_place_that_asks_for_somebody_else() {
    let yes = |ticket: &Ticket, person: &str| {
        ticket.step(Message::Approve { approval: approval(person), complete: false }, 1).unwrap()
    };
    let one_open = yes(&ticket(), "ana");
    assert_eq!((one_open.filled(), yes(&one_open, "bo").filled()), (1, 2), "one place is open to the owner");
    let mut strict = ticket();
    strict.quorum.independent = 2;
    let owner = yes(&strict, "ana");
    let one = yes(&owner, "bo");
    assert_eq!((owner.filled(), one.filled(), yes(&one, "cy").filled()), (0, 1, 2));
}
