//! What is only meant: judged, and nothing more.

use std::sync::Arc;

use futures_executor::block_on;
use interlock_action::{Action, Call, Effect, Operation, Securing, Surface};
use interlock_ledger::EntryKind;
use serde_json::json;

use super::house::{House, SESSION, action, database, delete};
use crate::{Decisive, Event, Guard, PlanStep, StepFate, Verdict};

fn means(house: &House, action: &Action) -> StepFate {
    let verdict = block_on(house.road.intend(&SESSION.into(), vec![Arc::new(action.clone())]));
    assert!(!matches!(verdict, Verdict::Allowed(_)), "no permit comes of it");
    PlanStep::of(action, &verdict).fate
}

#[test]
fn nothing_is_let_through_and_nothing_is_made_for_it() {
    let house = House::of(&["ana", "bo", "cy"]);
    let call = Call {
        surface: Surface::Aws,
        operation: Operation::aws("rds", "CreateDBSnapshot"),
        account: None,
        region: None,
        arguments: json!({}),
    };
    house.land.world.lock().unwrap().securing =
        Securing::ByCalls { calls: vec![call], proof: Vec::new(), makes: vec!["point".to_owned()] };
    assert_eq!(means(&house, &delete("dev-a")), StepFate::Flows, "once a recovery point is made");
    assert!(house.land.calls.lock().unwrap().is_empty(), "none was");
    assert!(house.pages.memory_now().open_permits.is_empty() && house.entries(EntryKind::Allowed) == 0);
    let StepFate::Asks { ticket } = means(&house, &delete("school")) else { panic!("it takes two people") };
    assert!(house.land.calls.lock().unwrap().is_empty());
    assert_eq!(house.ticket(&delete("school")), ticket, "the call in earnest finds the same request");
}

#[test]
fn what_was_approved_is_not_spent_by_meaning_it() {
    let house = House::of(&["ana", "bo", "cy"]);
    let stop = action("StopDBInstance", Effect::Interrupt, database("school"));
    let StepFate::Asks { ticket } = means(&house, &stop) else { panic!("it takes one person") };
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    assert_eq!((means(&house, &stop), means(&house, &stop)), (StepFate::Flows, StepFate::Flows));
    assert!(house.runs(&stop) && !house.runs(&stop), "once");
    let refused = means(&house, &action("Audit", Effect::AuditTrail, database("school")));
    assert!(matches!(refused, StepFate::Refused { .. }), "{refused:?}");
}

#[test]
fn of_each_session_the_latest_plans_are_remembered() {
    let house = House::of(&["ana", "bo", "cy"]);
    block_on(house.road.begin_plan(&SESSION.into())).unwrap();
    assert!(house.pages.memory_now().planning.contains(&SESSION.into()));
    for _ in 0..25 {
        house.hand.now.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let words = "a".to_owned();
        block_on(house.road.keep_plan(&SESSION.into(), words, (Vec::new(), 3), Some(1))).unwrap();
    }
    let memory = house.pages.memory_now();
    assert!(memory.plans.len() == 20 && memory.planning.is_empty(), "{}", memory.plans.len());
    assert!(memory.plans.values().all(|plan| plan.left == 3 && plan.at > 1_000_005));
}

#[test]
fn what_was_judged_before_a_plan_began_is_not_sent_in_it() {
    let house = House::of(&["ana", "bo", "cy"]);
    let earnest = Guard::InEarnest(SESSION.into());
    assert_eq!(house.pages.memory_now().check(&earnest), Ok(None));
    house.happens(Event::Planning { session: SESSION.into(), on: true });
    assert!(house.pages.memory_now().check(&earnest).unwrap_err().contains("plans"));
    let create = action("CreateDBSnapshot", Effect::Create, database("new"));
    assert!(!house.runs(&create), "also past the daemon's own look");
    house.happens(Event::Planning { session: SESSION.into(), on: false });
    assert!(house.runs(&create));
}
