use interlock_action::Effect;
use interlock_ledger::EntryKind;
use proptest::prelude::*;

use super::house::{House, action, database, delete};
use crate::Decisive;

#[derive(Clone, Debug)]
enum Step {
    Says(&'static str, bool),
    Try,
    Wait(u64),
    Move,
    /// The session is opened once more, by this person or by nobody knows whom.
    Resume(Option<&'static str>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let person = prop_oneof![Just("ana"), Just("bo"), Just("cy"), Just("dee")];
    let step = prop_oneof![
        6 => (person.clone(), proptest::bool::weighted(0.85)).prop_map(|(who, yes)| Step::Says(who, yes)),
        6 => Just(Step::Try),
        1 => (0..4_000_000_u64).prop_map(Step::Wait),
        1 => Just(Step::Move),
        1 => proptest::option::weighted(0.7, person).prop_map(Step::Resume),
    ];
    proptest::collection::vec(step, 1..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// No sequence of messages reaches execution from refused, expired, denied or moved, with the owner alone, or, where
    /// one person is enough, with people who launched the session or may have; and what is executed was written down
    /// first.
    #[test]
    fn only_the_right_people_in_time_let_it_through(wipes in any::<bool>(), large in any::<bool>(), steps in steps()) {
        let people = ["ana", "bo", "cy", "dee"];
        let house = House::of(if large { &people } else { &people[..3] });
        let asked =
            if wipes { delete("school") } else { action("StopDBInstance", Effect::Interrupt, database("school")) };
        let (mut launchers, mut unproved) = (vec!["ana"], 0);
        let mut version = 1;
        let mut ticket = house.ticket(&asked);
        let mut said: Vec<&str> = Vec::new();
        let mut denied = false;
        let mut ran = 0;
        for step in steps {
            match step {
                Step::Says("dee", _) if !large => {}
                Step::Resume(Some("dee")) if !large => {}
                Step::Resume(Some(who)) => {
                    house.resumed(Some(who));
                    launchers.push(who);
                }
                Step::Resume(None) => {
                    house.resumed(None);
                    unproved = 1;
                }
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
                    if house.runs(&asked) {
                        ran += 1;
                        prop_assert!(!denied, "denied and run");
                        let others = said.iter().filter(|who| **who != "ana");
                        let enough = if wipes {
                            others.count() >= 2
                        } else {
                            others.filter(|who| !launchers.contains(who)).count() > unproved
                        };
                        prop_assert!(enough, "run after {said:?}, launched by {launchers:?} and {unproved}");
                        prop_assert_eq!(house.entries(EntryKind::Allowed), before + 1);
                        said.clear();
                    }
                    let standing = {
                        let memory = house.road.memory();
                        memory.tickets_of.values().flatten().last().cloned()
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
