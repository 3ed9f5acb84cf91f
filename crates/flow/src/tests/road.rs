use interlock_action::{Answer, Call, Effect, Operation, Securing, Surface};
use interlock_ledger::EntryKind;
use serde_json::json;

use super::house::{House, SESSION, action, database, delete};
use crate::{Cause, Decisive, Event, FreezeScope, NotClear, Outcome, Verdict, stop::Stop};
use futures_executor::block_on;

#[test]
fn reads_flow_and_are_noted() {
    let house = House::of(&["ana", "bo", "cy"]);
    assert!(house.runs(&action("DescribeDBInstances", Effect::Read, database("school"))));
    assert_eq!((house.entries(EntryKind::Read), house.entries(EntryKind::Outcome)), (1, 1));
}

#[test]
fn a_production_database_is_deleted_once_after_two_people() {
    let house = House::of(&["ana", "bo", "cy"]);
    let wipe = delete("school");
    let ticket = house.ticket(&wipe);
    assert_eq!(house.ticket(&wipe), ticket, "the same call finds its ticket again");
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    assert!(!house.runs(&wipe));
    house.says("cy", Decisive::Approve, &ticket).unwrap();
    assert!(house.runs(&wipe));
    assert!(!house.runs(&wipe), "an approval is consumed once");
}

#[test]
fn an_approved_call_passes_from_a_later_session_with_another_token() {
    let house = House::of(&["ana", "bo", "cy"]);
    let ticket = house.ticket(&delete("school"));
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    house.says("cy", Decisive::Approve, &ticket).unwrap();
    house.session("ses-2", "ana");
    let mut again = delete("school");
    again.arguments["Token"] = json!("t-2");
    assert!(matches!(house.admit_in("ses-2", &again), Verdict::Allowed(_)));
}

#[test]
fn another_call_does_not_pass_on_the_same_approval() {
    let house = House::of(&["ana", "bo", "cy"]);
    let ticket = house.ticket(&delete("school"));
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    house.says("cy", Decisive::Approve, &ticket).unwrap();
    assert!(!house.runs(&delete("payroll")));
    let mut other = delete("school");
    other.arguments["SkipFinalSnapshot"] = json!(true);
    assert!(!house.runs(&other));
}

#[test]
fn a_moved_world_voids_the_approval() {
    let house = House::of(&["ana", "bo", "cy"]);
    let ticket = house.ticket(&delete("school"));
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    house.says("cy", Decisive::Approve, &ticket).unwrap();
    house.land.world.lock().unwrap().fingerprint = json!({"version": 2});
    assert_ne!(house.ticket(&delete("school")), ticket);
    assert_eq!(house.entries(EntryKind::Voided), 1);
}

#[test]
fn a_recovery_point_is_made_and_read_back_before_the_destroy() {
    let house = House::of(&["ana", "bo", "cy"]);
    let call = |verb: &str| Call {
        surface: Surface::Aws,
        operation: Operation::aws("dynamodb", verb),
        account: None,
        region: None,
        arguments: json!({}),
    };
    house.land.world.lock().unwrap().securing = Securing::ByCalls {
        calls: vec![call("CreateBackup")],
        proof: vec![(call("DescribeBackup"), "/Status".into(), json!("AVAILABLE"))],
        makes: vec!["backup-1".into()],
    };
    let ticket = house.ticket(&delete("school"));
    assert!(house.land.calls.lock().unwrap().is_empty(), "nothing is made before people have decided");
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    house.says("cy", Decisive::Approve, &ticket).unwrap();
    *house.land.proof.lock().unwrap() = Answer::Found(json!({"Status": "CREATING"}));
    assert!(!house.runs(&delete("school")), "a point that does not stand is no point");
    *house.land.proof.lock().unwrap() = Answer::Found(json!({"Status": "AVAILABLE"}));
    assert!(house.runs(&delete("school")));
    assert_eq!(house.entries(EntryKind::RecoveryPoint), 1);
}

/// Points take minutes: what is destroyed is what was forecast and kept, or nothing.
#[test]
fn what_changes_while_its_point_is_made_is_not_destroyed() {
    let house = House::of(&["ana", "bo", "cy"]);
    house.land.world.lock().unwrap().securing = Securing::ByCalls {
        calls: Vec::new(),
        proof: vec![(
            interlock_action::Call {
                surface: Surface::Aws,
                operation: Operation::aws("dynamodb", "DescribeBackup"),
                account: None,
                region: None,
                arguments: json!({}),
            },
            "/Status".into(),
            json!("AVAILABLE"),
        )],
        makes: vec!["backup-1".into()],
    };
    let ticket = house.ticket(&delete("school"));
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    house.says("cy", Decisive::Approve, &ticket).unwrap();
    *house.land.proof.lock().unwrap() = Answer::Found(json!({"Status": "CREATING"}));
    let land = std::sync::Arc::clone(&house.land);
    *house.hand.meanwhile.lock().unwrap() = Some(Box::new(move || {
        land.world.lock().unwrap().fingerprint = json!({"version": 2});
        *land.proof.lock().unwrap() = Answer::Found(json!({"Status": "AVAILABLE"}));
    }));
    let Verdict::Refused(refused) = house.admit(&delete("school")) else { panic!("it is another thing now") };
    assert!(
        refused.reasons.iter().any(|reason| reason.why.contains("changed while its recovery point was made"))
    );
}

#[test]
fn what_cannot_be_secured_is_never_destroyed_in_production() {
    let house = House::of(&["ana", "bo", "cy"]);
    house.land.world.lock().unwrap().securing = Securing::Impossible("nobody knows how".into());
    assert!(
        matches!(house.admit(&delete("school")), Verdict::Refused(refused) if refused.cause == Cause::Policy)
    );
}

#[test]
fn what_is_lost_is_never_what_needs_no_keeping() {
    let house = House::of(&["ana", "bo", "cy"]);
    house.land.world.lock().unwrap().securing = Securing::NotNeeded;
    assert!(matches!(house.admit(&delete("school")), Verdict::Held(_)), "nothing is said to be lost");
    house.land.world.lock().unwrap().loss = vec!["all of it".to_owned()];
    assert!(
        matches!(house.admit(&delete("school")), Verdict::Refused(refused) if refused.cause == Cause::Policy)
    );
}

#[test]
fn what_loses_data_destroys_it_whatever_it_is_called() {
    let house = House::of(&["ana", "bo", "cy"]);
    let update = action("UpdateEverything", Effect::Update, database("school"));
    let needs = |house: &House| match house.admit(&update) {
        Verdict::Held(held) => held.message(),
        Verdict::Refused(refused) => format!("{:?}", refused.reasons),
        _ => "flows".to_owned(),
    };
    assert!(!needs(&house).contains("destroy-data-production"));
    house.land.world.lock().unwrap().loss = vec!["all of it".to_owned()];
    assert!(needs(&house).contains("destroy-data-production"), "{}", needs(&house));
}

#[test]
fn a_full_disk_stops_mutations_and_reads() {
    let house = House::of(&["ana", "bo", "cy"]);
    house.pages.broken.store(true, std::sync::atomic::Ordering::SeqCst);
    for asked in [
        action("CreateDBInstance", Effect::Create, database("dev-a")),
        action("DescribeDBInstances", Effect::Read, database("a")),
    ] {
        assert!(matches!(house.admit(&asked), Verdict::Refused(refused) if refused.cause == Cause::Ledger));
    }
}

#[test]
fn a_freeze_stops_what_comes_after_it_and_what_was_let_through_but_not_sent() {
    let house = House::of(&["ana", "bo", "cy"]);
    let make = action("CreateDBInstance", Effect::Create, database("dev-a"));
    let Verdict::Allowed(permit) = house.admit(&make) else { panic!("a create flows") };
    assert_eq!(permit.clear(), Ok(()));
    house.freeze(FreezeScope::Service("rds".into()));
    assert!(matches!(permit.clear(), Err(NotClear::Frozen(_))));
    block_on(permit.complete(Outcome::NotExecuted { why: "frozen".into() }, Vec::new())).unwrap();
    assert!(matches!(house.admit(&make), Verdict::Refused(refused) if refused.cause == Cause::Frozen));
    assert!(house.runs(&action("DescribeDBInstances", Effect::Read, database("dev-a"))), "reads go on");
}

#[test]
fn a_call_that_did_not_execute_gives_its_approval_back_and_a_dropped_one_does_not() {
    let house = House::of(&["ana", "bo", "cy"]);
    let ticket = house.ticket(&delete("school"));
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    house.says("cy", Decisive::Approve, &ticket).unwrap();
    let Verdict::Allowed(throttled) = house.admit(&delete("school")) else { panic!("approved") };
    block_on(throttled.complete(Outcome::NotExecuted { why: "throttled".into() }, Vec::new())).unwrap();
    let Verdict::Allowed(dropped) = house.admit(&delete("school")) else { panic!("approved again") };
    drop(dropped);
    assert_eq!(house.entries(EntryKind::OutcomeUnknown), 1);
    assert!(!house.runs(&delete("school")), "nobody knows whether it ran, so it does not run again");
}

#[test]
fn of_a_call_that_nobody_knows_the_end_of_only_what_tightens_is_remembered() {
    let house = House::of(&["ana", "bo", "cy"]);
    let bare = action("ModifyDBInstance", Effect::GuardRemoval, database("dev-school"));
    let Verdict::Allowed(dropped) = house.admit(&bare) else { panic!("in development it flows") };
    let note = house.pages.memory_now().open_permits[dropped.id()].clone();
    assert!(note.if_unknown.iter().any(|event| matches!(event, Event::GuardRemoved { .. })), "{note:?}");
    drop(dropped);
    assert!(house.pages.memory_now().guards_off.contains_key(&database("dev-school").id));
    let make = action("CreateDBInstance", Effect::Create, database("dev-a"));
    let Verdict::Allowed(dropped) = house.admit(&make) else { panic!("a create flows") };
    drop(dropped);
    assert!(house.pages.memory_now().made.is_empty(), "it is not the session's own");
}

#[test]
fn a_freeze_stops_interlocks_own_calls_for_an_agent() {
    let house = House::of(&["ana", "bo", "cy"]);
    let session = house.pages.memory_now().sessions[&SESSION.into()].clone().into();
    let call = Call {
        surface: Surface::Aws,
        operation: Operation::aws("rds", "CreateDBSnapshot"),
        account: None,
        region: None,
        arguments: json!({}),
    };
    let made = |environment: &str| {
        let environments = [environment.into()];
        block_on(house.road.own_call(&session, Some(&environments), &call, "makes a recovery point", &[]))
    };
    house.freeze(FreezeScope::Environment("production".into()));
    assert!(matches!(made("production"), Err(Stop::Conflict(why)) if why.contains("incident")));
    assert!(matches!(made("development"), Ok(None)));
    house.freeze(FreezeScope::Fleet);
    assert!(matches!(made("development"), Err(Stop::Conflict(_))));
    assert_eq!(house.land.calls.lock().unwrap().len(), 1);
}

#[test]
fn an_unknown_holds_everywhere() {
    let house = House::of(&["ana", "bo", "cy"]);
    let mut odd = action("FrobnicateDBInstance", Effect::Update, database("dev-a"));
    odd.unknowns.push("nobody knows this operation".into());
    house.ticket(&odd);
}

#[test]
fn a_session_without_a_live_lease_does_nothing() {
    let house = House::of(&["ana", "bo", "cy"]);
    house.happens(crate::Event::SessionClosed { session: SESSION.into() });
    let read = action("DescribeDBInstances", Effect::Read, database("a"));
    assert!(matches!(house.admit(&read), Verdict::Refused(refused) if refused.cause == Cause::NoLease));
}

#[test]
fn a_refusal_says_what_which_rule_why_what_next_and_the_id() {
    let house = House::of(&["ana", "bo", "cy"]);
    let Verdict::Held(held) = house.admit(&delete("school")) else { panic!("held") };
    let words = held.message();
    for part in ["DeleteDBInstance", "Rule ", "interlock request show", held.ticket.as_str(), "T4"] {
        assert!(words.contains(part), "{part} is missing in: {words}");
    }
}

#[test]
fn an_approval_is_never_bound_to_bytes_that_are_still_to_be_chosen() {
    use interlock_action::Content;
    let house = House::of(&["ana", "bo", "cy"]);
    let mut upload = delete("school");
    upload.content = Content::Unbound;
    assert!(matches!(house.admit(&upload), Verdict::Unbound));
    upload.content = Content::Digest("aa".into());
    let ticket = house.ticket(&upload);
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    house.says("cy", Decisive::Approve, &ticket).unwrap();
    let mut other = upload.clone();
    other.content = Content::Digest("bb".into());
    assert!(!house.runs(&other), "other bytes, other request");
    assert!(house.runs(&upload));
}

#[test]
fn of_two_destroys_judged_at_once_only_one_may_be_the_last() {
    let house = House::of(&["ana", "bo", "cy"]);
    assert!(house.runs(&delete("dev-1")) && house.runs(&delete("dev-2")));
    let guard = crate::Guard::Budget(
        "claude".into(),
        1,
        house.hand.now.load(std::sync::atomic::Ordering::SeqCst),
        crate::Budget::default(),
    );
    assert!(house.road.memory().check(&guard).is_ok());
    assert!(house.runs(&delete("dev-3")));
    assert!(house.road.memory().check(&guard).is_err());
}

#[test]
fn a_change_of_people_is_held_and_carried_out_once_two_have_approved() {
    let house = House::of(&["ana", "bo", "cy"]);
    let change = crate::Administrative {
        verb: "person-add".into(),
        what: "enrol dee".into(),
        body: json!({"name": "dee"}),
        by: "ana".into(),
        why: ("people", "a test"),
    };
    let ticket = block_on(house.road.hold_administrative(change)).unwrap();
    house.says("ana", Decisive::Approve, &ticket.id).unwrap();
    assert!(house.road.due_administrative().is_empty(), "whoever asked does not decide alone");
    house.says("bo", Decisive::Approve, &ticket.id).unwrap();
    assert_eq!(house.road.due_administrative().len(), 1);
    let record = crate::Record::only(interlock_ledger::Entry::new(EntryKind::PersonEnrolled, 0));
    block_on(house.road.carry_out(&ticket, record.clone())).unwrap();
    assert!(block_on(house.road.carry_out(&ticket, record)).is_err(), "once");
}
