use interlock_action::{Effect, Kind, Operation, Securing, Surface, Target};
use interlock_approval::Launch;
use interlock_ledger::EntryKind;
use interlock_policy::AgentClass;
use serde_json::json;

use super::house::{House, SESSION, action, database, delete};
use crate::{Decisive, Event, FreezeScope, Session, Verdict};

/// A house of three in which the one session is observed.
fn observed() -> House {
    let house = House::of(&["ana", "bo", "cy"]);
    house.observed(true);
    house
}

/// What is written down of a call that must be let through.
fn flows(house: &House, action: &interlock_action::Action) -> interlock_ledger::Entry {
    let Verdict::Allowed(permit) = house.admit(action) else { panic!("{} does not flow", action.operation) };
    let entry = house.last();
    drop(permit);
    assert_eq!(house.last().public["mode"], "observe", "its outcome is marked too");
    entry
}

#[test]
fn what_people_would_approve_flows_and_is_written_down_with_what_it_would_have_taken() {
    let house = observed();
    let entry = flows(&house, &delete("school"));
    assert_eq!(entry.kind, EntryKind::Allowed);
    assert_eq!((&entry.public["mode"], &entry.public["observed"]), (&json!("observe"), &json!("hold")));
    assert_eq!((&entry.public["tier"], &entry.public["needs"]), (&json!("T4"), &json!(["two-people"])));
    assert_eq!(entry.private["reasons"][0]["rule"], "destroy-data-production");
    assert!(house.road.memory().tickets.is_empty(), "nobody is asked");
    // What flows anyway would not have been held.
    let entry = flows(&house, &action("CreateDBSnapshot", Effect::Create, database("school")));
    assert!(!entry.public.contains_key("observed") && entry.public["mode"] == "observe");
}

#[test]
fn the_mode_of_all_sessions_is_the_same_thing() {
    let house = House::with(&["ana", "bo", "cy"], &[], true);
    assert_eq!(flows(&house, &delete("school")).public["observed"], "hold");
    assert!(!house.runs(&action("StopLogging", Effect::AuditTrail, database("trail"))));
}

#[test]
fn what_no_person_could_approve_stays_refused() {
    let house = observed();
    assert!(!house.runs(&action("StopLogging", Effect::AuditTrail, database("trail"))));
    assert_eq!((house.last().kind, &house.last().public["mode"]), (EntryKind::Refused, &json!("observe")));
    house.land.world.lock().unwrap().securing = Securing::Impossible("nothing saves it".into());
    assert!(!house.runs(&delete("school")), "no data goes without a recovery point");
    house.land.world.lock().unwrap().securing = Securing::Exists;
    let session = house.road.memory().sessions[&SESSION.into()].clone();
    let mut agent = session.agent.clone();
    agent.class = AgentClass::Observer;
    house.happens(Event::Session { session: Session { agent, ..session } });
    assert!(!house.runs(&delete("school")), "an observer changes nothing");
}

#[test]
fn a_machine_brings_what_it_must_before_anything_is_lost() {
    let house = observed();
    let call = |verb: &str| interlock_action::Call {
        surface: Surface::Aws,
        operation: Operation::aws("rds", verb),
        account: None,
        region: None,
        arguments: json!({}),
    };
    house.land.world.lock().unwrap().securing = Securing::ByCalls {
        calls: vec![call("CreateDBSnapshot")],
        proof: vec![(call("DescribeDBSnapshots"), "/Status".into(), json!("AVAILABLE"))],
        makes: vec!["snapshot-1".into()],
    };
    let entry = flows(&house, &delete("school"));
    assert_eq!(house.land.calls.lock().unwrap().len(), 1, "the recovery point");
    assert_eq!(entry.public["needs"], json!(["recovery-point", "two-people"]), "as it would have been asked");
    // It does not come to stand.
    *house.land.proof.lock().unwrap() = interlock_action::Answer::NotFound;
    assert!(!house.runs(&delete("payroll")));
}

#[test]
fn freezes_denials_and_other_sessions_stand() {
    let house = House::of(&["ana", "bo", "cy"]);
    let denied = house.ticket(&delete("payroll"));
    house.says("bo", Decisive::Deny, &denied).unwrap();
    house.session("ses-2", "ana");
    house.observed(true);
    assert!(!house.runs(&delete("payroll")), "somebody said no to this very call");
    assert!(matches!(house.admit_in("ses-2", &delete("school")), Verdict::Held(_)));
    house.freeze(FreezeScope::Fleet);
    assert!(!house.runs(&delete("school")));
}

#[test]
fn the_next_run_of_the_session_is_not_observed_unless_people_sign_again() {
    let house = observed();
    assert!(house.runs(&delete("school")));
    house.observed(false);
    house.ticket(&delete("payroll"));
}

#[test]
fn whoever_launched_the_trial_says_nothing_about_what_would_have_been_asked() {
    let house = observed();
    let mut launch = Launch::of("bo");
    launch.join(&Launch::of("cy"));
    house.launched(launch);
    let queue = Target { kind: Kind::Instance, ..database("server") };
    let entry = flows(&house, &action("StopDBInstance", Effect::Interrupt, queue));
    assert_eq!((&entry.public["observed"], &entry.public["tier"]), (&json!("hold"), &json!("T3")));
}
