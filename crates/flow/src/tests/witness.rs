//! T4 and nothing else waits until outsiders have seen its approvals.

use interlock_action::Effect;

use super::house::{House, action, database, delete};
use crate::{Decisive, Unwitnessed, Verdict};

fn approved() -> (House, interlock_action::TicketId) {
    let house = House::of(&["ana", "bo", "cy"]);
    let ticket = house.ticket(&delete("school"));
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    house.says("cy", Decisive::Approve, &ticket).unwrap();
    (house, ticket)
}

#[test]
fn what_is_approved_but_not_witnessed_is_held_and_keeps_its_approvals() {
    let (house, ticket) = approved();
    for _ in 0..2 {
        house
            .pages
            .witnesses
            .lock()
            .unwrap()
            .push(Err(Unwitnessed("2 must have cosigned, 1 has".to_owned())));
        let Verdict::Held(held) = house.admit(&delete("school")) else { panic!("it passes unseen") };
        assert_eq!(held.ticket, ticket);
        assert!(held.message().contains("approved, waits for witnesses"));
        assert!(held.message().contains("Rule witnesses: 2 must have cosigned, 1 has."));
    }
    assert_eq!(*house.pages.asked.lock().unwrap(), [ticket.clone(), ticket]);
    assert!(house.runs(&delete("school")), "seen at last");
}

#[test]
fn after_a_wait_the_world_is_looked_at_again() {
    let (house, _) = approved();
    let looks = || house.land.looks.lock().unwrap().len();
    let before = looks();
    assert!(matches!(house.admit(&delete("school")), Verdict::Allowed(_)));
    let once = looks() - before;
    assert!(once > 0);

    let (house, _) = approved();
    let looks = || house.land.looks.lock().unwrap().len();
    house.pages.witnesses.lock().unwrap().push(Ok(true));
    let before = looks();
    assert!(matches!(house.admit(&delete("school")), Verdict::Allowed(_)));
    assert_eq!(looks() - before, 2 * once);
}

#[test]
fn what_one_person_decides_waits_for_no_witness() {
    let house = House::of(&["ana", "bo", "cy"]);
    let stop = action("StopDBInstance", Effect::Interrupt, database("school"));
    let ticket = house.ticket(&stop);
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    assert!(house.runs(&stop));
    assert_eq!(*house.pages.asked.lock().unwrap(), []);
}

#[test]
fn what_is_worst_waits_for_witnesses_where_nobody_is_asked_too() {
    let house = House::of(&["ana", "bo", "cy"]);
    house.observed(true);
    let unseen = || Err(Unwitnessed("1 must have cosigned, 0 have".to_owned()));
    house.pages.witnesses.lock().unwrap().push(unseen());
    assert!(!house.runs(&delete("school")), "nobody outside knows that nobody was asked");
    assert!(house.runs(&delete("school")), "seen at last");
    house.pages.witnesses.lock().unwrap().push(unseen());
    assert!(house.runs(&action("StopDBInstance", Effect::Interrupt, database("school"))), "it is not T4");
}
