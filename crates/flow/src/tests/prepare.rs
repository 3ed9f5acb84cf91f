use interlock_action::{Answer, Call, Effect, Operation, Preparation, SessionId, Surface};
use interlock_ledger::EntryKind;
use interlock_policy::AgentClass;
use serde_json::json;

use super::house::{House, SESSION, action, database};
use crate::{FreezeScope, Verdict};

fn call(verb: &str) -> Call {
    Call {
        surface: Surface::Aws,
        operation: Operation::aws("cloudformation", verb),
        account: None,
        region: None,
        arguments: json!({"ChangeSetName": "interlock-1", "Password": "hunter2"}),
    }
}

/// A house in which an update has to be worked out first.
fn house() -> House {
    let house = House::of(&["ana", "bo", "cy"]);
    *house.land.preparation.lock().unwrap() = Some(Preparation {
        key: "plan".to_owned(),
        why: "works it out".to_owned(),
        make: call("CreateChangeSet"),
        secrets: vec!["/Password".to_owned()],
        ready: (call("DescribeChangeSet"), "/Status".to_owned(), vec![json!("AVAILABLE")]),
        clear: call("DeleteChangeSet"),
    });
    house
}

fn calls(house: &House) -> Vec<String> {
    let calls = std::mem::take(&mut *house.land.calls.lock().unwrap());
    calls.iter().map(|call| call.verb().to_owned()).collect()
}

fn plan(house: &House) -> Answer {
    house.land.folded.lock().unwrap()["plan"].clone()
}

fn update(name: &str) -> interlock_action::Action {
    action("ModifyDBInstance", Effect::Update, database(name))
}

#[test]
fn a_plan_is_made_read_and_taken_away_and_everything_is_written_down() {
    let house = house();
    assert!(house.runs(&update("dev-school")));
    assert_eq!(calls(&house), ["CreateChangeSet", "DeleteChangeSet"]);
    assert_eq!(plan(&house), Answer::Found(serde_json::Value::Null));
    // The two calls and the update, each with its outcome.
    assert_eq!((house.entries(EntryKind::Allowed), house.entries(EntryKind::Outcome)), (3, 3));
    assert!(house.pages.memory_now().open_permits.is_empty());
}

#[test]
fn what_was_left_behind_is_made_anew() {
    let house = house();
    *house.land.failures.lock().unwrap() = vec![Some("AlreadyExistsException")];
    assert!(house.runs(&update("dev-school")));
    assert_eq!(calls(&house), ["CreateChangeSet", "DeleteChangeSet", "CreateChangeSet", "DeleteChangeSet"]);
    // One that is there still, though it was taken away, is somebody else's.
    *house.land.failures.lock().unwrap() =
        vec![Some("AlreadyExistsException"), None, Some("AlreadyExistsException")];
    house.ticket(&update("dev-school"));
    assert!(matches!(plan(&house), Answer::Unreadable(why) if why.contains("AlreadyExistsException")));
}

#[test]
fn an_action_without_its_plan_is_held_by_name() {
    let house = house();
    *house.land.failures.lock().unwrap() = vec![Some("AccessDenied")];
    let Verdict::Held(held) = house.admit(&update("dev-school")) else { panic!("let through") };
    assert!(held.reasons.iter().any(|reason| reason.rule == "unknown"), "{:?}", held.reasons);
    assert_eq!(calls(&house), ["CreateChangeSet"], "what was not made is not taken away");
    let memory = house.pages.memory_now();
    let unknowns = &memory.tickets[&held.ticket].held.action.unknowns;
    assert!(unknowns[0].contains("CreateChangeSet failed: AccessDenied"), "{unknowns:?}");
    drop(memory);
    // With its plan it passes again.
    assert!(house.runs(&update("dev-school")));
}

#[test]
fn a_plan_that_is_never_ready_is_taken_away() {
    let house = house();
    *house.land.proof.lock().unwrap() = Answer::Found(json!({"Status": "CREATE_IN_PROGRESS"}));
    house.ticket(&update("dev-school"));
    assert_eq!(calls(&house), ["CreateChangeSet", "DeleteChangeSet"]);
    assert!(matches!(plan(&house), Answer::Unreadable(why) if why.contains("CREATE_IN_PROGRESS")));
}

#[test]
fn nothing_is_prepared_for_a_read_under_a_freeze_or_for_an_observer() {
    let house = house();
    house.runs(&action("DescribeDBInstances", Effect::Read, database("school")));
    assert!(calls(&house).is_empty());
    house.freeze(FreezeScope::Environment("production".into()));
    house.admit(&update("dev-school"));
    assert!(calls(&house).is_empty(), "nobody knows yet that it is not production");
    let house = self::house();
    house.pages.memory_mut().sessions.get_mut(&SessionId::new(SESSION)).unwrap().agent.class =
        AgentClass::Observer;
    assert!(matches!(house.admit(&update("dev-school")), Verdict::Refused(_)));
    assert!(calls(&house).is_empty());
}
