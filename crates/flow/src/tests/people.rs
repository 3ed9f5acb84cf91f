use super::house::{House, action, database, delete};
use crate::{ApproveError, Decisive};
use interlock_action::Effect;
use interlock_approval::Refusal;

fn stop(name: &str) -> interlock_action::Action {
    action("StopDBInstance", Effect::Interrupt, database(name))
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
