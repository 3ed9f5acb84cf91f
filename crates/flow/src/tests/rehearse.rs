use std::sync::Arc;

use futures_executor::block_on;
use interlock_action::{Action, Content, Digest, Effect, Operation, Surface};
use interlock_ledger::EntryKind;

use super::house::{House, SESSION, action, database, delete};
use crate::{Cause, Decisive, Event, FreezeScope, Identity, May, Outcome, Rehearsal, Session, Verdict};

/// A house whose actions can be rehearsed.
fn house() -> House {
    let mut house = House::of(&["ana", "bo", "cy"]);
    house.road.settings.rehearsed = vec![Surface::Aws];
    house
}

/// What is rehearsed is bytes.
fn wipe() -> Action {
    Action { content: Content::Digest(Digest::of(b"a plan").hex()), ..delete("school") }
}

fn rehearsed(as_planned: bool) -> Event {
    let rehearsal = Rehearsal { place: "staging".to_owned(), as_planned, seen: Vec::new(), at: 1 };
    let bytes = Digest::of(b"a plan").hex();
    Event::Rehearsed { surface: Surface::Aws, bytes, rehearsal: Box::new(rehearsal) }
}

#[test]
fn what_takes_two_people_is_rehearsed_where_it_can_be() {
    let house = house();
    let Verdict::Held(held) = house.admit(&wipe()) else { panic!("it was not held") };
    assert!(held.wants_rehearsal(), "{held:#?}");
    house.says("bo", Decisive::Approve, &held.ticket).unwrap();
    house.says("cy", Decisive::Approve, &held.ticket).unwrap();
    // People do not stand in for it, and neither does one that failed.
    let still = |house: &House| match house.admit(&wipe()) {
        Verdict::Held(again) => again.ticket == held.ticket && again.wants_rehearsal(),
        _ => false,
    };
    assert!(still(&house));
    house.happens(rehearsed(false));
    assert!(still(&house));
    house.happens(rehearsed(true));
    assert!(!house.runs(&Action { content: Content::Digest(Digest::of(b"another").hex()), ..wipe() }));
    assert!(house.runs(&wipe()));
}

#[test]
fn without_a_stage_nobody_asks_for_a_rehearsal() {
    let house = House::of(&["ana", "bo", "cy"]);
    let Verdict::Held(held) = house.admit(&wipe()) else { panic!("it was not held") };
    assert!(!held.wants_rehearsal(), "{held:#?}");
}

fn refused(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Refused(refused) if refused.cause == Cause::NoLease)
}

/// Whose account the stage is.
struct Stage(Option<&'static str>);

impl Identity for Stage {
    fn principals(&self) -> Option<Vec<String>> {
        self.0.map(|principal| vec![principal.to_owned()])
    }
}

const PLAYER: Stage = Stage(Some("arn:aws:iam::111122223333:user/player"));

fn play(house: &House, session: &Session, action: &Action, stage: &Stage) -> Verdict {
    block_on(house.road.admit_rehearsed(&session.id, vec![Arc::new(action.clone())], stage))
}

fn lent(house: &House, changes: bool) -> Arc<Session> {
    let own = SESSION.into();
    let lent = house.road.lend(&own, (None, May::Rehearse { changes }), format!("AKIA{changes}"), u64::MAX);
    block_on(lent).unwrap()
}

#[test]
fn a_rehearsal_has_a_road_of_its_own_and_no_other() {
    let house = house();
    let stage = lent(&house, true);
    // In earnest it does nothing, and whoever works in earnest rehearses nothing.
    assert!(refused(&house.admit_in(stage.id.as_str(), &delete("school"))));
    let own = house.pages.memory_now().sessions[&SESSION.into()].clone();
    assert!(refused(&play(&house, &own, &delete("school"), &PLAYER)));
    // What it makes there is nobody's here.
    for played in [action("CreateDBInstance", Effect::Create, database("school")), delete("school")] {
        let Verdict::Allowed(permit) = play(&house, &stage, &played, &PLAYER) else {
            panic!("{}", played.operation)
        };
        assert!(permit.clear().is_ok());
        let made = Event::Made {
            target: database("school").id,
            agent: "claude".into(),
            session: SESSION.into(),
            immutable_id: None,
        };
        block_on(permit.complete(Outcome::Succeeded { status: 200 }, vec![made])).unwrap();
    }
    assert!(house.pages.memory_now().made.is_empty());
    assert_eq!(house.entries(EntryKind::Allowed), 2, "each is written down");
    let last = house.pages.last.lock().unwrap().clone().unwrap();
    assert_eq!((last.kind, &last.public["rehearsal"]), (EntryKind::Outcome, &true.into()));
    house.freeze(FreezeScope::Fleet);
    assert!(!matches!(play(&house, &stage, &delete("school"), &PLAYER), Verdict::Allowed(_)));
}

#[test]
fn a_rehearsal_stays_on_its_stage() {
    let house = house();
    let (looks, stage) = (lent(&house, false), lent(&house, true));
    let read = action("DescribeDBInstances", Effect::Read, database("school"));
    assert!(matches!(play(&house, &looks, &read, &PLAYER), Verdict::Allowed(_)));
    assert!(refused(&play(&house, &looks, &delete("school"), &PLAYER)), "a look changes nothing");
    // Another account's things, another identity, the player itself, the record of it; and nobody knows whose the stage is.
    let mut other = delete("school");
    other.targets[0].account = Some("444455556666".into());
    let assume = Action { operation: Operation::aws("sts", "AssumeRole"), ..read.clone() };
    let mut player = delete("school");
    player.targets[0].id = "arn:aws:iam::111122223333:user/player".into();
    let trail = action("DeleteTrail", Effect::AuditTrail, database("school"));
    for played in [other, assume, player, trail] {
        assert!(refused(&play(&house, &stage, &played, &PLAYER)), "{}", played.operation);
    }
    assert!(refused(&play(&house, &stage, &delete("school"), &Stage(None))));
}
