use std::sync::atomic::Ordering;

use interlock_action::{Action, Effect};
use interlock_ledger::EntryKind;

use super::house::{House, SESSION, action, database, delete};
use crate::{Decisive, Guard, Verdict};

/// Turns deletion protection off, approved by two people.
fn unguarded(house: &House, name: &str) {
    let off = action("ModifyDBInstance", Effect::GuardRemoval, database(name));
    let ticket = house.ticket(&off);
    for person in ["bo", "cy"] {
        house.says(person, Decisive::Approve, &ticket).unwrap();
    }
    assert!(house.runs(&off));
}

/// What the agent is told, and what stands in the ticket.
fn told(house: &House, session: &str, asked: &Action) -> (Vec<String>, Vec<String>) {
    let Verdict::Held(held) = house.admit_in(session, asked) else {
        panic!("{} is not held", asked.operation)
    };
    let memory = house.road.memory();
    let forecast = &memory.tickets[&held.ticket].held.forecast;
    (held.would, forecast.changes.iter().map(|change| change.what.clone()).collect())
}

fn reminds(lines: &[String]) -> Option<&String> {
    lines
        .iter()
        .find(|line| line.starts_with("a guard was taken off school at 00:16 UTC by agent claude, in act-"))
}

#[test]
fn a_delete_says_that_the_guard_was_taken_off() {
    let house = House::of(&["ana", "bo", "cy"]);
    let before = told(&house, SESSION, &delete("school"));
    assert!(reminds(&before.0).is_none() && reminds(&before.1).is_none(), "{before:?}");
    unguarded(&house, "school");
    // Another session of another person's is told as well.
    house.session("ses-2", "bo");
    let stop = action("StopDBInstance", Effect::Interrupt, database("school"));
    let (agent, ticket) = told(&house, "ses-2", &stop);
    assert!(reminds(&agent).is_some() && reminds(&ticket).is_some(), "{agent:?} {ticket:?}");
    let (other, _) = told(&house, "ses-2", &delete("library"));
    assert!(!other.iter().any(|line| line.contains("guard")), "{other:?}");
}

#[test]
fn a_guard_is_remembered_for_a_day() {
    let house = House::of(&["ana", "bo", "cy"]);
    unguarded(&house, "school");
    house.hand.now.fetch_add(24 * 3_600_000, Ordering::SeqCst);
    assert!(reminds(&told(&house, SESSION, &delete("school")).1).is_some());
    house.hand.now.fetch_add(60_000, Ordering::SeqCst);
    house.session("ses-2", "ana");
    let later = action("StopDBInstance", Effect::Interrupt, database("school"));
    assert!(reminds(&told(&house, "ses-2", &later).1).is_none());
}

#[test]
fn what_did_not_happen_took_no_guard_off() {
    let house = House::of(&["ana", "bo", "cy"]);
    house.ticket(&action("ModifyDBInstance", Effect::GuardRemoval, database("school")));
    assert!(reminds(&told(&house, SESSION, &delete("school")).1).is_none());
}

#[test]
fn whoever_floods_people_is_refused_and_that_is_written_down() {
    let house = House::of(&["ana", "bo", "cy"]);
    for n in 0..50 {
        house.ticket(&delete(&format!("db-{n}")));
    }
    assert!(matches!(house.admit(&delete("db-1")), Verdict::Held(_)), "what waits is found again");
    let Verdict::Refused(refused) = house.admit(&delete("db-50")) else { panic!("one more waits") };
    assert_eq!((refused.reasons[0].rule.as_str(), house.entries(EntryKind::Refused)), ("flood", 1));
    // Whoever looked before others wrote is told so by the writer.
    let late = Guard::MayAsk(SESSION.into(), "claude".into(), 1_000_000);
    assert!(house.pages.memory_now().check(&late).unwrap_err().contains("50 requests"));
    house.session("ses-2", "ana");
    assert!(matches!(house.admit_in("ses-2", &delete("db-51")), Verdict::Held(_)), "another session works");
}
