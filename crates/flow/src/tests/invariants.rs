use interlock_action::Effect;
use interlock_ledger::EntryKind;
use proptest::prelude::*;

use super::house::{House, delete};
use crate::Decisive;

#[derive(Clone, Debug)]
enum Step {
    Says(&'static str, bool),
    Try,
    Wait(u64),
    Move,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let person = prop_oneof![Just("ana"), Just("bo"), Just("cy")];
    let step = prop_oneof![
        3 => (person, proptest::bool::weighted(0.85)).prop_map(|(who, yes)| Step::Says(who, yes)),
        3 => Just(Step::Try),
        1 => (0..4_000_000_u64).prop_map(Step::Wait),
        1 => Just(Step::Move),
    ];
    proptest::collection::vec(step, 1..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// No sequence of messages reaches execution from refused, expired, denied or moved, or with the owner alone; and
    /// what is executed was written down first.
    #[test]
    fn only_two_other_people_in_time_let_a_wipe_through(steps in steps()) {
        let house = House::of(&["ana", "bo", "cy"]);
        let wipe = delete("school");
        let mut version = 1;
        let mut ticket = house.ticket(&wipe);
        let mut said: Vec<&str> = Vec::new();
        let mut denied = false;
        let mut ran = 0;
        for step in steps {
            match step {
                Step::Says(who, true) => {
                    if house.says(who, Decisive::Approve, &ticket).is_ok() { said.push(who); }
                }
                Step::Says(who, false) => denied |= house.says(who, Decisive::Deny, &ticket).is_ok(),
                Step::Wait(millis) => {
                    house.hand.now.fetch_add(millis, std::sync::atomic::Ordering::SeqCst);
                }
                Step::Move => {
                    version += 1;
                    house.land.world.lock().unwrap().fingerprint = serde_json::json!({"version": version});
                }
                Step::Try => {
                    let before = house.entries(EntryKind::Allowed);
                    if house.runs(&wipe) {
                        ran += 1;
                        prop_assert!(!denied, "denied and run");
                        prop_assert!(said.contains(&"bo") && said.contains(&"cy"), "run after {said:?}");
                        prop_assert_eq!(house.entries(EntryKind::Allowed), before + 1);
                        said.clear();
                    }
                    let standing = {
                        let memory = house.road.memory();
                        let newest = memory.tickets.values().max_by_key(|ticket| ticket.held.opened).cloned();
                        newest.map(|ticket| ticket.id)
                    };
                    if let Some(newest) = standing.filter(|newest| *newest != ticket) {
                        (ticket, denied) = (newest, false);
                        said.clear();
                    }
                }
            }
        }
        prop_assert_eq!(house.entries(EntryKind::Allowed), ran);
    }

    /// Every effect on a production target that data hangs on is stopped while nobody has said yes.
    #[test]
    fn nothing_destructive_flows_in_production_without_people(effect in proptest::sample::select(vec![
        Effect::Interrupt, Effect::Destroy, Effect::Network, Effect::Expose, Effect::Privilege, Effect::Execute,
        Effect::Exfiltrate, Effect::GuardRemoval, Effect::RecoveryLoss, Effect::AuditTrail, Effect::Interlock,
    ])) {
        let house = House::of(&["ana", "bo", "cy"]);
        let asked = super::house::action("Something", effect, super::house::database("school"));
        prop_assert!(!house.runs(&asked));
        prop_assert_eq!(house.entries(EntryKind::Allowed), 0);
    }
}
