//! Who launched a session does not count for T3; where that is not proved, it might be anybody.

use interlock_approval::Launch;

use super::house::{House, action, database, delete};
use crate::{Decisive, Verdict};
use interlock_action::{Action, Effect};

fn stop(name: &str) -> Action {
    action("StopDBInstance", Effect::Interrupt, database(name))
}

fn team(people: &[&str], launch: Launch) -> House {
    let house = House::of(people);
    house.launched(launch);
    house
}

/// Whether it runs once these people have approved the ticket that it waits on.
fn runs_with(house: &House, asked: &Action, people: &[&str]) -> bool {
    let ticket = house.ticket(asked);
    for person in people {
        house.says(person, Decisive::Approve, &ticket).unwrap();
    }
    house.runs(asked)
}

fn words(house: &House, asked: &Action) -> String {
    match house.admit(asked) {
        Verdict::Held(held) => held.message(),
        Verdict::Refused(refused) => refused.message(),
        Verdict::Allowed(_) | Verdict::Unbound => panic!("{} was let through", asked.operation),
    }
}

#[test]
fn whoever_launched_it_does_not_count_and_one_other_is_enough() {
    let house = team(&["ana", "bo", "cy"], Launch::of("bo"));
    assert!(!runs_with(&house, &stop("school"), &["ana", "bo"]));
    assert!(runs_with(&house, &stop("payroll"), &["cy"]));
}

#[test]
fn an_unproved_launch_takes_two_others() {
    let house = team(&["ana", "bo", "cy"], Launch::unproved());
    let said = words(&house, &stop("school"));
    assert!(said.contains("T3, 0 of 2 approvals, one more") && said.contains("--key FILE"), "{said}");
    assert!(!runs_with(&house, &stop("school"), &["ana", "bo"]));
    assert!(runs_with(&house, &stop("payroll"), &["bo", "cy"]));
}

#[test]
fn in_a_team_of_two_an_unproved_launch_takes_both() {
    let house = team(&["ana", "bo"], Launch::unproved());
    let said = words(&house, &stop("school"));
    assert!(said.contains("0 of 2 approvals, one more") && said.contains("--key FILE"), "{said}");
    assert!(!runs_with(&house, &stop("school"), &["bo"]));
    assert!(runs_with(&house, &stop("payroll"), &["ana", "bo"]));
    house.launched(Launch::of("ana"));
    assert!(runs_with(&house, &stop("library"), &["bo"]));
}

#[test]
fn where_the_launch_leaves_nobody_it_is_refused_and_says_so() {
    let house = House::of(&["ana", "bo", "cy"]);
    house.launched(Launch::of("bo"));
    house.resumed(None);
    let said = words(&house, &stop("school"));
    assert!(said.contains("Rule launch") && said.contains("bo and somebody unproved did"), "{said}");
    assert!(said.contains("open a new session with `interlock run --key FILE`"), "{said}");
    house.launched(Launch::of("bo"));
    house.resumed(Some("cy"));
    assert!(words(&house, &stop("school")).contains("bo and cy did"));
    house.launched(Launch::of("cy"));
    assert!(runs_with(&house, &stop("school"), &["bo"]), "in a new session");
    // What nobody could ever approve is no fault of the launch.
    let never = action("StopLogging", Effect::AuditTrail, database("school"));
    assert!(!words(&house, &never).contains("Rule launch"));
}

#[test]
fn at_t4_the_launcher_may_be_one_of_the_two_and_the_owner_only_in_a_team_of_two() {
    let house = team(&["ana", "bo", "cy"], Launch::of("bo"));
    assert!(!runs_with(&house, &delete("school"), &["ana", "bo"]));
    assert!(runs_with(&house, &delete("payroll"), &["bo", "cy"]));
    house.launched(Launch::unproved());
    let said = words(&house, &delete("library"));
    assert!(said.contains("T4, 0 of 2 approvals") && !said.contains("one more"), "{said}");
    assert!(runs_with(&house, &delete("library"), &["cy", "bo"]));
    let two = team(&["ana", "bo"], Launch::of("bo"));
    assert!(runs_with(&two, &delete("school"), &["ana", "bo"]));
}

#[test]
fn t4_outside_the_task_takes_one_who_did_not_launch_it() {
    let house = House::of(&["ana", "bo", "cy", "dee"]);
    house.scoped(&["somewhere-else"]);
    house.launched(Launch { by: ["bo".into(), "cy".into()].into(), unproved: false });
    let ticket = house.ticket(&delete("school"));
    for person in ["bo", "cy"] {
        house.says(person, Decisive::Approve, &ticket).unwrap();
        assert!(!house.runs(&delete("school")), "after {person}");
    }
    house.says("dee", Decisive::Approve, &ticket).unwrap();
    assert!(house.runs(&delete("school")));
}

#[test]
fn an_approval_does_not_outlive_the_launch_it_was_given_for() {
    let house = team(&["ana", "bo", "cy"], Launch::of("bo"));
    let ticket = house.ticket(&stop("school"));
    house.says("cy", Decisive::Approve, &ticket).unwrap();
    // Somebody else goes on with it: cy's yes is no longer that of an outsider, if it was cy.
    house.resumed(None);
    assert!(!house.runs(&stop("school")));
    house.launched(Launch::of("cy"));
    assert!(!house.runs(&stop("school")));
    let again = house.ticket(&stop("school"));
    assert_ne!(again, ticket);
    house.says("bo", Decisive::Approve, &again).unwrap();
    assert!(house.runs(&stop("school")));
}

#[test]
fn sessions_of_one_task_with_other_launchers_wait_side_by_side() {
    let house = House::of(&["ana", "bo", "cy"]);
    house.launched(Launch::of("bo"));
    house.session("ses-2", "ana");
    house.launched_in("ses-2", Launch::of("cy"));
    let asked = stop("school");
    let first = house.ticket(&asked);
    house.says("cy", Decisive::Approve, &first).unwrap();
    let held = |session: &str| match house.admit_in(session, &asked) {
        Verdict::Held(held) => held.ticket,
        _ => panic!("{session} was not held"),
    };
    // cy launched the second: cy's yes is none for it.
    let second = held("ses-2");
    assert_ne!(first, second);
    assert_eq!(held("ses-2"), second, "asked again it is the same request");
    assert!(house.runs(&asked), "the first still has its approval");
    // Once each.
    assert_ne!(house.ticket(&asked), first);
    house.says("bo", Decisive::Approve, &second).unwrap();
    assert!(matches!(house.admit_in("ses-2", &asked), Verdict::Allowed(_)));
    assert_ne!(held("ses-2"), second);
}

#[test]
fn two_who_resume_it_at_the_same_time_are_both_its_launchers() {
    let house = House::of(&["ana", "bo", "cy"]);
    house.resumed(Some("bo"));
    house.resumed(Some("cy"));
    let memory = house.road.memory();
    assert_eq!(memory.sessions.values().next().unwrap().launch.to_string(), "ana and bo and cy");
}
