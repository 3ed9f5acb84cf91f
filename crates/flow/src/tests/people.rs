use super::house::{House, action, database, delete};
use crate::{
    Administrative, Agent, ApproveError, Decisive, Enrolling, Event, Guard, Lease, Memory, Roles, Session,
    judge,
};
use interlock_action::Effect;
use interlock_approval::{EnrolledKey, KeyStep, Launch, Message, Person, Refusal};
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
        counter: 0,
        suspended: std::collections::BTreeSet::new(),
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
        lease: Lease {
            scope: Vec::new(),
            secrets: Vec::new(),
            folders: Vec::new(),
            until,
            revoked: false,
            part: None,
        },
        advisory: false,
        observed: false,
        observers: Vec::new(),
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

const DAY: u64 = 24 * 3_600_000;

fn remove(house: &House, name: &str, by: &str) -> Result<interlock_approval::Ticket, crate::JournalError> {
    let change = Administrative {
        verb: "person-remove".to_owned(),
        what: format!("take out {name}"),
        body: serde_json::json!({ "name": name }),
        by: by.into(),
        why: ("people", "a test"),
    };
    let suspends =
        house.road.memory().people[&name.into()].keys.iter().map(|key| key.fingerprint.clone()).collect();
    let enrolling = Enrolling { concerned: Some(name.into()), suspends, lone_delay: 7 * DAY };
    futures_executor::block_on(house.road.hold_enrolling(change, enrolling))
}

fn is_due(house: &House, ticket: &interlock_action::TicketId) -> bool {
    house.road.due_administrative().iter().any(|due| due.id == *ticket)
}

#[test]
fn one_signature_stops_a_key_and_what_it_has_approved() {
    let house = House::of(&["ana", "bo", "cy"]);
    let approved = house.ticket(&stop("school"));
    house.says("bo", Decisive::Approve, &approved).unwrap();
    let out = remove(&house, "bo", "cy").unwrap();
    assert!(!house.runs(&stop("school")), "what it approved is worth nothing any more");
    let again = house.ticket(&stop("school"));
    assert_ne!(again, approved);
    let refused = house.says("bo", Decisive::Approve, &again);
    assert!(matches!(refused, Err(ApproveError::Refused(Refusal::Suspended(_)))), "{refused:?}");
    // Nor does it stop its own end, or approve it.
    assert!(house.says("bo", Decisive::Deny, &out.id).is_err());
    house.says("cy", Decisive::Approve, &out.id).unwrap();
    assert!(!is_due(&house, &out.id));
    house.says("ana", Decisive::Approve, &out.id).unwrap();
    assert!(is_due(&house, &out.id), "two others, and no wait");
    // A team of three asks for as many as before until it is decided.
    assert_eq!(judge::team(&house.road.memory(), 0), 3);
}

#[test]
fn who_is_concerned_does_not_count_and_a_denial_restores() {
    let house = House::of(&["ana", "bo", "cy"]);
    let out = remove(&house, "bo", "cy").unwrap();
    house.says("ana", Decisive::Deny, &out.id).unwrap();
    let next = house.ticket(&stop("school"));
    house.says("bo", Decisive::Approve, &next).unwrap();
    assert!(house.runs(&stop("school")));
}

#[test]
fn a_team_with_one_left_has_a_slow_way_that_everybody_may_stop() {
    let house = House::of(&["ana", "bo"]);
    let out = remove(&house, "bo", "ana").unwrap();
    assert!(crate::is_lone(&out) && house.road.lone_changes().len() == 1);
    house.says("ana", Decisive::Approve, &out.id).unwrap();
    let later = |millis| house.hand.now.fetch_add(millis, std::sync::atomic::Ordering::SeqCst);
    later(7 * DAY - 1);
    assert!(!is_due(&house, &out.id));
    later(1);
    assert!(is_due(&house, &out.id));
    // The one who is to go says no as long as it waits, and stays suspended for that.
    house.says("bo", Decisive::Deny, &out.id).unwrap();
    assert!(!is_due(&house, &out.id));
    assert!(!house.road.memory().people[&"bo".into()].keys[0].suspended.is_empty());
    assert!(remove(&house, "ana", "ana").is_err(), "nobody would be left");
    // Nothing of an agent passes so.
    let wipe = house.ticket(&delete("school"));
    house.says("ana", Decisive::Approve, &wipe).unwrap();
    later(8 * DAY);
    assert!(!house.runs(&delete("school")));
}

#[test]
fn weaker_keys_change_who_may_approve_only_slowly() {
    let house = House::of(&["ana", "bo", "cy"]);
    for name in ["dee", "el"] {
        house.happens(person(name, KeyStep::SecurityKey, 0));
    }
    let first = remove(&house, "dee", "ana").unwrap();
    assert!(crate::is_lone(&first), "only one strong key is left: {:?}", first.quorum);
    // What agents ask for is asked of strong keys as before.
    assert_eq!(house.road.memory().step(2, 0), KeyStep::SecurityKey);
}

#[test]
fn nobody_registers_an_agent_of_a_name_that_is_taken() {
    let mut memory = Memory::default();
    memory.apply(&person("ana", KeyStep::OpenSsh, 0));
    let agent = Agent { name: "claude".into(), owner: "ana".into(), class: AgentClass::Builder };
    let free = Guard::AgentFree("claude".into());
    assert!(memory.check(&free).is_ok());
    memory.apply(&Event::Agent { agent });
    assert!(memory.check(&free).is_err());
    memory.apply(&Event::PersonRemoved { person: "ana".into() });
    assert!(memory.check(&free).is_ok(), "nobody answers for it any more");
}

#[test]
fn one_stolen_key_does_not_stop_everybody_else() {
    let house = House::of(&["ana", "bo", "cy"]);
    let suspended = |name: &str| !house.road.memory().people[&name.into()].keys[0].suspended.is_empty();
    let first = remove(&house, "ana", "bo").unwrap();
    assert!(remove(&house, "cy", "bo").is_err(), "a second only once it is decided on the first");
    // Who is left says no, and then everybody but the thief counts.
    house.says("cy", Decisive::Deny, &first.id).unwrap();
    assert!(!suspended("ana"));
    let out = remove(&house, "bo", "cy").unwrap();
    house.says("ana", Decisive::Approve, &out.id).unwrap();
    assert!(house.says("bo", Decisive::Deny, &out.id).is_err(), "nobody stops their own end");
    house.says("cy", Decisive::Approve, &out.id).unwrap();
    assert!(is_due(&house, &out.id));
}

#[test]
fn two_who_accuse_each_other_count_neither_until_one_takes_it_back() {
    let house = House::of(&["ana", "bo"]);
    let suspended = |name: &str| !house.road.memory().people[&name.into()].keys[0].suspended.is_empty();
    let first = remove(&house, "ana", "bo").unwrap();
    let second = remove(&house, "bo", "ana").unwrap();
    assert!(suspended("ana") && suspended("bo"));
    let held = house.ticket(&stop("school"));
    for name in ["ana", "bo"] {
        assert!(house.says(name, Decisive::Approve, &held).is_err());
    }
    // Each stops what the other wants, and nobody gains a key by that.
    house.says("ana", Decisive::Deny, &first.id).unwrap();
    assert!(suspended("ana"));
    house.says("bo", Decisive::Deny, &first.id).unwrap();
    assert!(
        !suspended("ana"),
        "who asked for it takes it back, though it was settled without a word on the key"
    );
    house.says("ana", Decisive::Deny, &second.id).unwrap();
    assert!(!suspended("bo"));
}

#[test]
fn who_is_suspended_answers_once_and_gains_no_key_by_what_they_ask_for() {
    let house = House::of(&["ana", "bo", "cy"]);
    let suspended = |name: &str| !house.road.memory().people[&name.into()].keys[0].suspended.is_empty();
    let first = remove(&house, "bo", "cy").unwrap();
    let answer = remove(&house, "cy", "bo").unwrap();
    house.says("ana", Decisive::Deny, &answer.id).unwrap();
    assert!(!suspended("cy"));
    assert!(remove(&house, "cy", "bo").is_err(), "or whoever has a script would go on for ever");
    house.says("cy", Decisive::Approve, &first.id).unwrap();
    house.says("ana", Decisive::Approve, &first.id).unwrap();
    assert!(is_due(&house, &first.id));
    // What two requests suspend, both must be over for.
    let own = remove(&house, "cy", "cy").unwrap();
    let other = remove(&house, "cy", "ana").unwrap();
    // Too few are left, so that everybody may stop it; but the key that is to go may be stolen.
    house.says("cy", Decisive::Deny, &own.id).unwrap();
    house.says("ana", Decisive::Deny, &other.id).unwrap();
    assert!(suspended("cy"));
    let other = remove(&house, "cy", "ana").unwrap();
    house.says("ana", Decisive::Deny, &own.id).unwrap();
    assert!(suspended("cy"));
    house.says("ana", Decisive::Deny, &other.id).unwrap();
    assert!(!suspended("cy"));
}

#[test]
fn nobody_is_suspended_twice_for_one_thing_and_only_an_answer_is_one() {
    let house = House::of(&["ana", "bo", "cy"]);
    let first = remove(&house, "bo", "ana").unwrap();
    let again = remove(&house, "bo", "ana").unwrap_err();
    assert!(again.to_string().contains(first.id.as_str()), "{again}");
    house.says("ana", Decisive::Deny, &first.id).unwrap();
    // What she has suspended stays so until she takes that back, whatever became of the request.
    let second = remove(&house, "bo", "ana").unwrap();
    house.says("bo", Decisive::Deny, &second.id).unwrap_err();
    assert!(remove(&house, "bo", "ana").is_err());
    // That cy's own key is lost has nothing to do with ana: cy may still answer.
    let house = House::of(&["ana", "bo", "cy"]);
    remove(&house, "cy", "cy").unwrap();
    let accusing = remove(&house, "ana", "cy").unwrap();
    house.says("bo", Decisive::Deny, &accusing.id).unwrap();
    remove(&house, "ana", "cy").unwrap();
}

#[test]
fn what_was_given_back_is_not_spent_by_a_suspended_key() {
    let house = House::of(&["ana", "bo", "cy"]);
    let ticket = house.ticket(&stop("school"));
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    let step = |message| Guard::Step(ticket.clone(), Box::new(message), 0);
    let spent = Message::Consume { by: "act-1".into() };
    let given_back = Message::Restore { by: "act-1".into() };
    let (approved, bo) = {
        let memory = house.road.memory();
        (memory.tickets[&ticket].clone(), memory.people[&"bo".into()].clone())
    };
    let keys = vec![bo.keys[0].fingerprint.clone()];
    let goes = Event::KeysSuspended { person: "bo".into(), keys, ticket: "tk-out".into() };
    let mut memory = Memory::default();
    memory.apply(&Event::Person { person: bo });
    memory.tickets.insert(ticket.clone(), approved.clone());
    let consumed = memory.check(&step(spent.clone())).unwrap().unwrap();
    memory.tickets.insert(ticket.clone(), consumed);
    assert!(memory.check(&step(given_back.clone())).unwrap().is_some());
    memory.apply(&goes);
    assert!(memory.check(&step(given_back)).unwrap().is_none(), "it stays spent");
    memory.tickets.insert(ticket.clone(), approved);
    assert!(memory.check(&step(spent)).is_err());
}

#[test]
fn people_are_asked_again_once_a_key_that_signed_for_asking_nobody_is_suspended() {
    let mut memory = Memory::default();
    memory.apply(&person("bo", KeyStep::OpenSsh, 0));
    let observed = |id: &str| Session {
        id: id.into(),
        agent: Agent { name: "claude".into(), owner: "ana".into(), class: AgentClass::Builder },
        launch: Launch::of("ana"),
        task: "tidy up".into(),
        lease: Lease {
            scope: Vec::new(),
            secrets: Vec::new(),
            folders: Vec::new(),
            until: 100,
            revoked: false,
            part: None,
        },
        advisory: false,
        observed: true,
        observers: vec!["SHA256:bo".to_owned()],
        keys: Vec::new(),
        opened: 0,
    };
    memory.apply(&Event::Session { session: observed("ses-1") });
    assert!(memory.sessions[&"ses-1".into()].observed);
    let keys = vec!["SHA256:bo".to_owned()];
    memory.apply(&Event::KeysSuspended { person: "bo".into(), keys, ticket: "tk-1".into() });
    memory.apply(&Event::Session { session: observed("ses-2") });
    assert!(memory.sessions.values().all(|session| !session.observed), "signed for just before, too");
}

#[test]
fn alone_a_suspended_key_still_stops_what_takes_it_out() {
    let house = House::of(&["ana"]);
    let memory = house.road.memory();
    let own = memory.people[&"ana".into()].keys[0].clone();
    drop(memory);
    let stolen =
        EnrolledKey { fingerprint: "SHA256:stolen".to_owned(), public_key: "stolen".to_owned(), ..own };
    house.happens(Event::KeyAdded { person: "ana".into(), key: stolen });
    // The thief asks for the owner's key to go, and would approve that alone.
    let change = Administrative {
        verb: "key-remove".to_owned(),
        what: "take out the owner's key".to_owned(),
        body: serde_json::Value::Null,
        by: "ana".into(),
        why: ("people", "a test"),
    };
    let suspends = vec![house.road.memory().people[&"ana".into()].keys[0].fingerprint.clone()];
    let enrolling = Enrolling { concerned: Some("ana".into()), suspends, lone_delay: 7 * DAY };
    let ticket = futures_executor::block_on(house.road.hold_enrolling(change, enrolling)).unwrap();
    let key = |house: &House| house.road.memory().people[&"ana".into()].keys[0].clone();
    assert!(!key(&house).suspended.is_empty());
    house.says("ana", Decisive::Deny, &ticket.id).unwrap();
    assert!(!key(&house).suspended.is_empty(), "it lifts nothing");
    assert!(!is_due(&house, &ticket.id));
    assert!(house.road.memory().tickets[&ticket.id].state != interlock_approval::State::Pending);
}

/// The rule that holds a stop asks for a role, which these people hold.
fn asks_for_a_role(people: &[&str], holders: &[&str]) -> House {
    let mut house = House::of(people);
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    house.road.settings.roles = Roles {
        holders: [("database-owner".to_owned(), list(holders))].into(),
        asked_by: [("interrupt-production".to_owned(), list(&["database-owner"]))].into(),
    };
    house
}

#[test]
fn a_role_that_a_rule_asks_for_is_among_those_who_approve() {
    let house = asks_for_a_role(&["ana", "bo", "cy"], &["cy"]);
    let ticket = house.ticket(&stop("school"));
    assert!(house.pages.memory_now().tickets[&ticket].held.needs.contains(&"role database-owner".to_owned()));
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    assert!(!house.runs(&stop("school")), "bo is none");
    house.says("cy", Decisive::Approve, &ticket).unwrap();
    assert!(house.runs(&stop("school")));

    let house = asks_for_a_role(&["ana", "bo", "cy"], &["ana"]);
    let ticket = house.ticket(&stop("school"));
    house.says("ana", Decisive::Approve, &ticket).unwrap();
    assert!(!house.runs(&stop("school")), "the owner alone changes nothing, whatever they are");
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    assert!(house.runs(&stop("school")));

    let house = asks_for_a_role(&["ana", "bo", "cy"], &[]);
    let ticket = house.ticket(&stop("school"));
    let reasons = house.pages.memory_now().tickets[&ticket].held.reasons.clone();
    assert!(reasons.iter().any(|reason| reason.rule == "roles"), "{reasons:?}");
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    assert!(!house.runs(&stop("school")), "nobody holds it");

    let house = asks_for_a_role(&["ana"], &[]);
    let ticket = house.ticket(&stop("school"));
    house.says("ana", Decisive::Approve, &ticket).unwrap();
    assert!(house.runs(&stop("school")), "whoever works alone is everybody");
}

#[test]
fn a_role_that_is_asked_for_later_is_asked_for_of_what_was_approved_before() {
    let mut house = House::of(&["ana", "bo", "cy"]);
    let old = house.ticket(&stop("school"));
    house.says("bo", Decisive::Approve, &old).unwrap();
    house.road.settings.roles = asks_for_a_role(&["ana"], &["cy"]).road.settings.roles;
    let new = house.ticket(&stop("school"));
    assert!(new != old && house.ticket(&stop("school")) == new, "once, and then that one stands");
    house.says("cy", Decisive::Approve, &new).unwrap();
    assert!(
        house.runs(&stop("school")) && !house.runs(&stop("school")),
        "what was approved before lets nothing pass"
    );
}
