use super::house::{House, action, database, delete};
use crate::{Administrative, Agent, ApproveError, Decisive, Event, Guard, Lease, Memory, Session, judge};
use interlock_action::Effect;
use interlock_approval::{EnrolledKey, KeyStep, Launch, Person, Refusal};
use interlock_policy::AgentClass;

fn stop(name: &str) -> interlock_action::Action {
    action("StopDBInstance", Effect::Interrupt, database(name))
}

fn person(name: &str, step: KeyStep, counts_from: u64) -> Event {
    let key = EnrolledKey {
        public_key: format!("key of {name}"),
        fingerprint: format!("SHA256:{name}"),
        step,
        enrolled: 0,
        counts_from,
    };
    Event::Person { person: Person { name: name.into(), keys: vec![key], roles: Vec::new() } }
}

#[test]
fn whoever_cools_off_is_nobody_yet() {
    let mut memory = Memory::default();
    memory.apply(&person("ana", KeyStep::OpenSsh, 10));
    memory.apply(&person("bo", KeyStep::OpenSsh, 100));
    let at = |memory: &Memory, now| (memory.solo(now), judge::team(memory, now));
    assert_eq!((at(&memory, 99), at(&memory, 100)), ((true, 1), (false, 2)));
    // Solo is over for good, whatever becomes of the keys.
    memory.apply(&person("bo", KeyStep::OpenSsh, 500));
    assert_eq!((at(&memory, 99), at(&memory, 100)), ((true, 1), (false, 1)));
    memory.apply(&person("cy", KeyStep::OpenSsh, 50));
    assert_eq!((at(&memory, 49), at(&memory, 50)), ((true, 1), (false, 2)));
}

#[test]
fn the_second_step_is_asked_for_once_enough_people_have_it() {
    let mut memory = Memory::default();
    memory.apply(&person("ana", KeyStep::OpenSsh, 0));
    memory.apply(&person("bo", KeyStep::SecurityKey, 100));
    assert_eq!(memory.step(1, 99), KeyStep::OpenSsh, "it cools off");
    assert_eq!((memory.step(1, 100), memory.step(2, 100)), (KeyStep::SecurityKey, KeyStep::OpenSsh));
    memory.apply(&person("cy", KeyStep::DeviceBound, 0));
    assert_eq!(memory.step(2, 100), KeyStep::SecurityKey);
}

#[test]
fn a_change_of_who_may_approve_asks_for_the_second_step_too() {
    let house = House::of(&["ana", "bo", "cy"]);
    let change = || Administrative {
        verb: "person-add".to_owned(),
        what: "enrol eve".to_owned(),
        body: serde_json::Value::Null,
        by: "ana".into(),
        why: ("people", "a test"),
    };
    let weak = futures_executor::block_on(house.road.hold_administrative(change())).unwrap();
    assert_eq!(weak.quorum.step, KeyStep::OpenSsh);
    for name in ["dee", "el"] {
        house.happens(person(name, KeyStep::SecurityKey, 0));
    }
    let strong = futures_executor::block_on(house.road.hold_administrative(change())).unwrap();
    assert_eq!(strong.quorum.step, KeyStep::SecurityKey);
    let refused = house.says("bo", Decisive::Approve, &strong.id);
    assert!(matches!(refused, Err(ApproveError::Refused(Refusal::WeakKey(_)))), "{refused:?}");
}

#[test]
fn what_was_taken_back_stays_so_whatever_is_written_later() {
    let mut memory = Memory::default();
    let session = |keys: &[&str], until| Session {
        id: "ses-1".into(),
        agent: Agent { name: "claude".into(), owner: "ana".into(), class: AgentClass::Builder },
        launch: Launch::of("ana"),
        task: "tidy up".into(),
        lease: Lease { scope: Vec::new(), secrets: Vec::new(), until, revoked: false },
        advisory: false,
        observed: false,
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        opened: 0,
    };
    memory.apply(&Event::Session { session: session(&["K1"], 100) });
    memory.apply(&Event::Session { session: session(&["K2"], 200) });
    let rests = Guard::SessionKeys("ses-1".into(), vec!["K1".to_owned()]);
    assert!(memory.check(&rests).is_err(), "a run that is over rests its own keys only");
    let own = Guard::SessionKeys("ses-1".into(), vec!["K2".to_owned()]);
    assert!(memory.check(&own).is_ok());
    memory.apply(&Event::SessionClosed { session: "ses-1".into() });
    // Read before it was ended, written after.
    memory.apply(&Event::Session { session: session(&["K3"], 300) });
    assert!(memory.sessions[&"ses-1".into()].lease.revoked);
    assert!(memory.check(&Guard::SessionLive("ses-1".into(), 250)).is_err());
}

#[test]
fn the_owner_alone_changes_nothing_in_a_team() {
    let house = House::of(&["ana", "bo", "cy"]);
    let ticket = house.ticket(&stop("school"));
    house.says("ana", Decisive::Approve, &ticket).unwrap();
    assert!(!house.runs(&stop("school")));
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    assert!(house.runs(&stop("school")));
}

#[test]
fn in_a_team_of_three_the_owner_fills_no_place_of_two() {
    let house = House::of(&["ana", "bo", "cy"]);
    let ticket = house.ticket(&delete("school"));
    house.says("ana", Decisive::Approve, &ticket).unwrap();
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    assert!(!house.runs(&delete("school")));
    house.says("cy", Decisive::Approve, &ticket).unwrap();
    assert!(house.runs(&delete("school")));
}

#[test]
fn a_third_person_changes_what_an_open_request_waits_for() {
    let mut house = House::of(&["ana", "bo"]);
    let ticket = house.ticket(&delete("school"));
    house.enrol("cy", 3);
    let again = house.ticket(&delete("school"));
    assert_ne!(again, ticket, "the owner is none of the two any more");
    for person in ["ana", "bo"] {
        house.says(person, Decisive::Approve, &again).unwrap();
    }
    assert!(!house.runs(&delete("school")));
    house.says("cy", Decisive::Approve, &again).unwrap();
    assert!(house.runs(&delete("school")));
}

#[test]
fn in_a_team_of_two_both_together_pass_a_wipe() {
    let house = House::of(&["ana", "bo"]);
    let ticket = house.ticket(&delete("school"));
    house.says("ana", Decisive::Approve, &ticket).unwrap();
    assert!(!house.runs(&delete("school")));
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    assert!(house.runs(&delete("school")));
}

#[test]
fn alone_a_wipe_takes_a_yes_and_a_delay_in_which_it_can_be_stopped() {
    let house = House::of(&["ana"]);
    let ticket = house.ticket(&delete("school"));
    house.says("ana", Decisive::Approve, &ticket).unwrap();
    assert!(!house.runs(&delete("school")), "the delay is not over");
    house.hand.now.fetch_add(600_000, std::sync::atomic::Ordering::SeqCst);
    assert!(house.runs(&delete("school")));

    let other = house.ticket(&delete("payroll"));
    house.says("ana", Decisive::Approve, &other).unwrap();
    house.says("ana", Decisive::Deny, &other).unwrap();
    house.hand.now.fetch_add(600_000, std::sync::atomic::Ordering::SeqCst);
    assert!(!house.runs(&delete("payroll")));
}

#[test]
fn a_denial_is_final_and_time_runs_out() {
    let house = House::of(&["ana", "bo", "cy"]);
    let ticket = house.ticket(&stop("school"));
    house.says("bo", Decisive::Deny, &ticket).unwrap();
    let late = house.says("cy", Decisive::Approve, &ticket).unwrap_err();
    assert!(matches!(late, ApproveError::Refused(Refusal::Settled(_))), "{late}");
    assert!(!house.runs(&stop("school")));

    let slow = house.ticket(&stop("payroll"));
    house.hand.now.fetch_add(3_600_000, std::sync::atomic::Ordering::SeqCst);
    let late = house.says("bo", Decisive::Approve, &slow).unwrap_err();
    assert!(matches!(late, ApproveError::Refused(Refusal::Expired)), "{late}");
    assert_ne!(house.ticket(&stop("payroll")), slow);
}

#[test]
fn a_stranger_and_a_signature_on_another_ticket_do_not_count() {
    let house = House::of(&["ana", "bo", "cy"]);
    let one = house.ticket(&stop("school"));
    let two = house.ticket(&stop("payroll"));
    let (digest, nonce) = {
        let memory = house.road.memory();
        (memory.tickets[&one].digest, memory.tickets[&one].held.nonce.clone())
    };
    let statement =
        interlock_approval::Statement::on_ticket("approve", &one, digest, &"bo".into(), "seen", &nonce);
    let key = ssh_key::PrivateKey::from(ssh_key::private::Ed25519Keypair::from_seed(&[2; 32]));
    let private = key.to_openssh(ssh_key::LineEnding::LF).unwrap();
    let signature = interlock_approval::sign(&statement, &private, None).unwrap();
    let replayed = futures_executor::block_on(house.road.decide_ticket(
        &two,
        Decisive::Approve,
        &"bo".into(),
        "seen",
        &signature,
    ));
    assert!(matches!(replayed, Err(ApproveError::Refused(Refusal::Signature(_)))));
    let stranger = futures_executor::block_on(house.road.decide_ticket(
        &one,
        Decisive::Approve,
        &"mallory".into(),
        "seen",
        &signature,
    ));
    assert!(matches!(stranger, Err(ApproveError::NoPerson(_))));
}
