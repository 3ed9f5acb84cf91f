//! Removing recovery points: by people who did not cause them, in time, and while nothing counts on them.

use std::sync::atomic::Ordering;

use futures_executor::block_on;
use interlock_action::{Effect, Millis, RecoveryPoint, Securing};
use interlock_approval::Launch;
use interlock_ledger::EntryKind;
use serde_json::json;

use super::{
    custody::{Nobody, Shelf, house, ready, shelf, signed, step},
    house::{House, SESSION, action, database},
};
use crate::{
    Administrative, ChangeNote, Decisive, Event, Freeze, FreezeScope, Outcome, Standing, Unwitnessed,
    Verdict,
    custody::{Obstacle, PurgeError, PurgeOrder, Sight},
};

const POINT: &str = "interlock-point";
const DAY: Millis = 24 * 60 * 60 * 1000;

/// What is told at each look at the point, the first one first: still there, then gone.
fn goes(shelf: Shelf) -> Shelf {
    *shelf.removes.lock().unwrap() = vec![None, Some(step("Delete"))];
    shelf
}

/// A house with one point of `dev-school`, whose time is over.
fn late(shelf: Shelf) -> House {
    let house = house(shelf);
    block_on(house.road.look_after_points());
    house.hand.now.fetch_add(DAY, Ordering::SeqCst);
    house
}

fn order(house: &House, last: bool) -> PurgeOrder {
    let order = PurgeOrder { points: vec![POINT.to_owned()], last, digest: None };
    let preview = block_on(house.road.preview_purge(&order)).unwrap();
    PurgeOrder { digest: Some(preview.digest), ..order }
}

fn purge(house: &House, last: bool, by: &[&str]) -> Result<(), PurgeError> {
    let order = order(house, last);
    let failed = block_on(house.road.purge(&order, &signed(by), None, &Nobody))?;
    failed.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
}

fn obstacle(house: &House, last: bool) -> Option<Obstacle> {
    let order = PurgeOrder { points: vec![POINT.to_owned()], last, digest: None };
    let preview = block_on(house.road.preview_purge(&order)).unwrap();
    preview.points.into_iter().next().unwrap().obstacle
}

fn calls(house: &House) -> Vec<String> {
    house.land.calls.lock().unwrap().iter().map(|call| call.verb().to_owned()).collect()
}

fn too_few(ended: Result<(), PurgeError>) -> usize {
    match ended {
        Err(PurgeError::Signatures { more, .. }) => more,
        other => panic!("{other:?}"),
    }
}

#[test]
fn whoever_caused_a_point_does_not_remove_it() {
    let house = late(goes(shelf(ready())));
    // Ana owns the agent; bo launched the session.
    house.launched(Launch::of("bo"));
    for by in [&["ana"][..], &["bo"], &["ana", "bo"], &[]] {
        assert_eq!(too_few(purge(&house, false, by)), 1, "{by:?}");
    }
    assert!(calls(&house).is_empty());
    purge(&house, false, &["cy"]).unwrap();
    assert_eq!(calls(&house), ["Delete"]);
    let last = house.last();
    assert_eq!((last.kind, &last.public["purge"]), (EntryKind::RecoveryPoint, &json!("removed")));
    assert_eq!(last.public["by"], json!(["cy"]));
    let memory = house.road.memory();
    assert_eq!(memory.custody[POINT].purged.as_ref().unwrap().by, ["cy".into()]);
    drop(memory);
    assert_eq!(obstacle(&house, false), Some(Obstacle::Gone), "once");
    // No agent gets at its name, and nothing is guarded for its sake any more.
    let own = interlock_action::Target { kind: interlock_action::Kind::DatabaseSnapshot, ..database(POINT) };
    let again = house.admit(&action("DeleteDBSnapshot", Effect::RecoveryLoss, own));
    assert!(matches!(again, Verdict::Refused(_)));
}

#[test]
fn where_nobody_knows_who_launched_it_one_more_signs() {
    let house = late(goes(shelf(ready())));
    house.launched(Launch::unproved());
    assert_eq!(too_few(purge(&house, false, &["bo"])), 1);
    assert_eq!(too_few(purge(&house, false, &["ana", "bo"])), 1);
    purge(&house, false, &["bo", "cy"]).unwrap();
}

#[test]
fn nothing_goes_before_its_time_or_unseen_or_in_an_incident() {
    let house = house(goes(shelf(ready())));
    assert_eq!(obstacle(&house, false), Some(Obstacle::Unseen));
    block_on(house.road.look_after_points());
    let made = house.road.memory().custody[POINT].kept.made;
    assert_eq!(obstacle(&house, false), Some(Obstacle::Grace(made + DAY)));
    house.hand.now.store(made + DAY - 1, Ordering::SeqCst);
    let early = purge(&house, true, &["bo", "cy"]);
    assert_eq!(early, Err(PurgeError::Stands(POINT.to_owned(), Obstacle::Grace(made + DAY))));
    house.hand.now.store(made + DAY, Ordering::SeqCst);
    assert_eq!(obstacle(&house, false), None);
    house.freeze(FreezeScope::Agent("claude".into()));
    assert_eq!(obstacle(&house, false), Some(Obstacle::Frozen));
    assert!(purge(&house, false, &["bo"]).is_err() && calls(&house).is_empty());
}

#[test]
fn the_last_point_of_what_is_gone_takes_two_who_say_so() {
    for gone in [Ok(false), Err("denied".to_owned())] {
        let shelf = goes(shelf(ready()));
        let house = late(shelf.clone());
        *shelf.stands.lock().unwrap() = gone.clone();
        assert_eq!(obstacle(&house, false), Some(Obstacle::Last));
        assert!(purge(&house, false, &["bo", "cy"]).is_err());
        assert_eq!(too_few(purge(&house, true, &["bo"])), 1);
        assert_eq!(
            too_few(purge(&house, true, &["ana", "bo"])),
            1,
            "three are there: the owner is none of them"
        );
        assert!(calls(&house).is_empty());
        purge(&house, true, &["bo", "cy"]).unwrap();
        assert_eq!(house.last().public["last"], json!(true));
    }
}

/// Another point of the same thing comes into custody.
fn second(house: &House) {
    house.land.world.lock().unwrap().securing =
        Securing::ByRewrite { makes: vec!["interlock-second".to_owned()] };
    assert!(house.runs(&action("DeleteDBInstance", Effect::Destroy, database("dev-school"))));
}

#[test]
fn another_point_of_the_same_thing_that_stays_is_enough() {
    let shelf = goes(shelf(ready()));
    let house = late(shelf.clone());
    *shelf.stands.lock().unwrap() = Ok(false);
    second(&house);
    assert_eq!(obstacle(&house, false), Some(Obstacle::Last), "nobody has seen the second");
    block_on(house.road.look_after_points());
    assert_eq!(obstacle(&house, false), None);
    // Of both together one is the last.
    let preview = block_on(house.road.preview_purge(&both())).unwrap();
    assert!(preview.points.iter().all(|point| point.others.is_empty()));
    // What somebody removed elsewhere since it was seen is no other point of it.
    shelf.gone.lock().unwrap().push("interlock-second".to_owned());
    assert_eq!(obstacle(&house, false), Some(Obstacle::Last));
    shelf.gone.lock().unwrap().clear();
    purge(&house, false, &["bo"]).unwrap();
}

#[test]
fn a_point_of_what_only_had_the_same_name_is_no_other_point() {
    let shelf = goes(shelf(ready()));
    let house = late(shelf.clone());
    *shelf.stands.lock().unwrap() = Ok(false);
    second(&house);
    let tells = |of: Option<&str>| {
        let of = of.map(str::to_owned);
        shelf.of.lock().unwrap().insert("interlock-second".to_owned(), of);
    };
    tells(Some("db-2"));
    block_on(house.road.look_after_points());
    assert_eq!(obstacle(&house, false), Some(Obstacle::Last));
    let ended = purge(&house, false, &["bo"]);
    assert_eq!(ended, Err(PurgeError::Stands(POINT.to_owned(), Obstacle::Last)));
    // Nor is one that was of it when it was seen, and does not tell so by now.
    for (now, others) in [(Some("db-1"), 1), (None, 0), (Some("db-2"), 0)] {
        let seen = Event::PointSeen {
            point: "interlock-second".to_owned(),
            sight: Sight { of: Some("db-1".to_owned()), ..ready().unwrap() },
        };
        house.happens(seen);
        tells(now);
        let order = PurgeOrder { points: vec![POINT.to_owned()], ..PurgeOrder::default() };
        let preview = block_on(house.road.preview_purge(&order)).unwrap();
        assert_eq!(preview.points[0].others.len(), others, "{now:?}");
    }
}

fn both() -> PurgeOrder {
    PurgeOrder { points: vec![POINT.to_owned(), "interlock-second".to_owned()], ..PurgeOrder::default() }
}

/// Two points whose time is over are removed; what happens while the first one goes.
fn while_the_first_goes(
    shelf: &Shelf,
    house: &House,
    happens: impl Fn() + Send + Sync + 'static,
) -> Vec<PurgeError> {
    second(house);
    block_on(house.road.look_after_points());
    house.hand.now.fetch_add(DAY, Ordering::SeqCst);
    *shelf.removes.lock().unwrap() =
        vec![None, Some(step("Delete")), None, Some(step("Delete")), Some(step("Delete"))];
    let preview = block_on(house.road.preview_purge(&both())).unwrap();
    let order = PurgeOrder { digest: Some(preview.digest), ..both() };
    *house.hand.meanwhile.lock().unwrap() = Some(Box::new(happens));
    let failed = block_on(house.road.purge(&order, &signed(&["bo"]), None, &Nobody)).unwrap();
    failed.into_iter().map(|(_, error)| error).collect()
}

#[test]
fn every_point_is_looked_at_right_before_it_goes() {
    let shelf = shelf(ready());
    let house = late(shelf.clone());
    let stands = std::sync::Arc::clone(&shelf.stands);
    // While the first one goes, what both are of is deleted.
    let failed = while_the_first_goes(&shelf, &house, move || *stands.lock().unwrap() = Ok(false));
    assert_eq!(failed, [PurgeError::Stands("interlock-second".to_owned(), Obstacle::Last)]);
    assert_eq!(calls(&house), ["Delete"]);
    assert!(house.road.memory().custody["interlock-second"].purging.is_none(), "it counts again");
}

#[test]
fn a_freeze_stops_what_has_not_gone_yet() {
    let shelf = shelf(ready());
    let house = late(shelf.clone());
    let freeze = |house: &House| {
        let pages = std::sync::Arc::clone(&house.pages);
        let freeze =
            Freeze { scope: FreezeScope::Fleet, by: "ana".into(), reason: "incident".into(), since: 0 };
        move || pages.memory_mut().apply(&Event::Frozen { freeze: freeze.clone() })
    };
    let failed = while_the_first_goes(&shelf, &house, freeze(&house));
    assert_eq!(failed, [PurgeError::Stands("interlock-second".to_owned(), Obstacle::Frozen)]);
    assert_eq!(calls(&house), ["Delete"]);
    // Nor does a point that takes several calls go on.
    let shelf = self::shelf(ready());
    let house = late(shelf.clone());
    *shelf.removes.lock().unwrap() =
        vec![None, Some(step("DeleteRest")), Some(step("Delete")), Some(step("Delete"))];
    *house.hand.meanwhile.lock().unwrap() = Some(Box::new(freeze(&house)));
    let failed = purge(&house, false, &["bo"]).unwrap_err();
    assert!(failed.to_string().contains("frozen"), "{failed}");
    assert_eq!(calls(&house), ["Delete"]);
}

#[test]
fn who_is_suspended_removes_nothing_any_more() {
    let shelf = shelf(ready());
    let house = late(shelf.clone());
    let pages = std::sync::Arc::clone(&house.pages);
    let suspend = move || {
        let mut memory = pages.memory_mut();
        let keys = vec![memory.people[&"bo".into()].keys[0].fingerprint.clone()];
        memory.apply(&Event::KeysSuspended { person: "bo".into(), keys, ticket: "tk-out".into() });
    };
    let failed = while_the_first_goes(&shelf, &house, suspend);
    assert!(failed.len() == 1 && failed[0].to_string().contains("`bo`, who signed for it"), "{failed:?}");
    assert_eq!(calls(&house), ["Delete"], "what was sent before");
    assert!(house.road.memory().custody["interlock-second"].purging.is_none(), "it counts again");
}

#[test]
fn whatever_was_let_through_before_a_point_goes_has_ended() {
    let house = late(goes(shelf(ready())));
    let mut stack = action("DeleteStack", Effect::Destroy, database("dev-other"));
    stack.operation = interlock_action::Operation::aws("cloudformation", "DeleteStack");
    let Verdict::Allowed(permit) = house.admit(&stack) else { panic!("it flows") };
    let under_way = Obstacle::UnderWay("aws:cloudformation:DeleteStack".to_owned());
    assert_eq!(purge(&house, false, &["bo"]), Err(PurgeError::Stands(POINT.to_owned(), under_way)));
    assert!(calls(&house).is_empty());
    block_on(permit.complete(Outcome::Succeeded { status: 200 }, Vec::new())).unwrap();
    purge(&house, false, &["bo"]).unwrap();
}

#[test]
fn nothing_goes_before_witnesses_have_seen_that_it_was_signed() {
    let house = late(goes(shelf(ready())));
    house.pages.witnesses.lock().unwrap().push(Err(Unwitnessed("0 of 1".to_owned())));
    let ended = purge(&house, false, &["bo"]);
    assert_eq!(ended, Err(PurgeError::Unwitnessed("0 of 1".to_owned())));
    assert!(calls(&house).is_empty() && house.road.memory().custody[POINT].purging.is_none());
    assert_eq!(house.last().public["purge"], "signed");
    purge(&house, false, &["bo"]).unwrap();
}

/// A change that is taken back from the point.
fn closes(house: &House, action: &str) {
    let note = ChangeNote {
        order: 1,
        session: SESSION.into(),
        agent: "claude".into(),
        at: 1,
        operation: "aws:rds:ModifyDBInstance".to_owned(),
        target: None,
        subject: interlock_action::Digest::of(b"x"),
        about: Vec::new(),
        terms: interlock_action::Terms::exact(),
        until: None,
        points: vec![POINT.to_owned()],
        standing: Standing::Unsettled,
        ended: true,
    };
    house.pages.memory_mut().changes.insert(action.into(), note);
}

#[test]
fn a_signature_is_for_the_ways_back_that_were_shown_to_close() {
    let house = late(goes(shelf(ready())));
    closes(&house, "act-1");
    let shown = order(&house, false);
    closes(&house, "act-2");
    let ended = block_on(house.road.purge(&shown, &signed(&["bo"]), None, &Nobody));
    assert_eq!(ended, Err(PurgeError::Moved));
    assert!(calls(&house).is_empty());
}

#[test]
fn what_an_earlier_run_may_have_sent_does_not_count_again() {
    let shelf = shelf(ready());
    let house = late(shelf.clone());
    // The daemon died over it; the next run cannot call.
    let at = house.hand.now.load(Ordering::SeqCst);
    let cut_off = Event::Purging { point: POINT.to_owned(), at };
    house.happens(cut_off.clone());
    let fails = || {
        *house.land.failures.lock().unwrap() = vec![Some("AccessDenied")];
        *shelf.removes.lock().unwrap() = vec![Some(step("Delete"))];
        assert!(matches!(purge(&house, false, &["bo"]), Err(PurgeError::Step(..))));
        house.road.memory().custody[POINT].purging.is_some()
    };
    assert!(fails(), "it may be going");
    // Long after that, and whole, it is not.
    house.hand.now.fetch_add(3 * 60 * 60 * 1000, Ordering::SeqCst);
    assert!(!fails());
    house.happens(cut_off);
    house.hand.now.fetch_add(3 * 60 * 60 * 1000, Ordering::SeqCst);
    shelf.gone.lock().unwrap().push(POINT.to_owned());
    assert!(fails(), "it is not whole");
}

#[test]
fn a_point_that_is_made_again_once_it_was_removed_is_another_one() {
    let house = late(goes(shelf(ready())));
    let made = house.road.memory().custody[POINT].kept.made;
    purge(&house, false, &["bo"]).unwrap();
    house.land.world.lock().unwrap().securing = Securing::ByRewrite { makes: vec![POINT.to_owned()] };
    assert!(house.runs(&action("DeleteDBInstance", Effect::Destroy, database("dev-school"))));
    let point = house.road.memory().custody[POINT].clone();
    assert_eq!((&point.purged, &point.purging, &point.sight), (&None, &None, &None));
    assert!(point.kept.made > made, "its time begins");
    block_on(house.road.look_after_points());
    assert!(matches!(obstacle(&house, false), Some(Obstacle::Grace(_))));
    // While one of its name is going, none is made.
    house.happens(Event::Purging { point: POINT.to_owned(), at: 1 });
    assert!(matches!(
        house.admit(&action("DeleteDBInstance", Effect::Destroy, database("prod-school"))),
        Verdict::Refused(_)
    ));
}

fn counted(house: &House) {
    house.land.world.lock().unwrap().points = vec![RecoveryPoint {
        id: POINT.to_owned(),
        what: "manual snapshot".to_owned(),
        survives: true,
        proven: None,
    }];
}

#[test]
fn what_people_are_asked_about_stands_until_they_have_decided() {
    let house = late(goes(shelf(ready())));
    counted(&house);
    let delete = action("DeleteDBInstance", Effect::Destroy, database("prod-school"));
    let ticket = house.ticket(&delete);
    assert_eq!(obstacle(&house, false), Some(Obstacle::Counted(vec![ticket.clone()])));
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    assert!(matches!(purge(&house, true, &["bo", "cy"]), Err(PurgeError::Stands(_, Obstacle::Counted(_)))));
    house.says("bo", Decisive::Deny, &ticket).unwrap();
    assert_eq!(obstacle(&house, false), None);
}

#[test]
fn what_is_under_way_may_count_on_it() {
    let house = late(goes(shelf(ready())));
    let Verdict::Allowed(permit) =
        house.admit(&action("DeleteDBInstance", Effect::Destroy, database("dev-other")))
    else {
        panic!("it flows");
    };
    let under_way = Obstacle::UnderWay("aws:rds:DeleteDBInstance".to_owned());
    assert_eq!(obstacle(&house, false), Some(under_way));
    block_on(permit.complete(Outcome::Succeeded { status: 200 }, Vec::new())).unwrap();
    assert_eq!(obstacle(&house, false), None);
}

#[test]
fn what_was_judged_by_a_point_does_not_pass_once_it_is_leaving() {
    let shelf = shelf(ready());
    let house = late(shelf.clone());
    *house.land.failures.lock().unwrap() = vec![Some("AccessDenied")];
    *shelf.removes.lock().unwrap() = vec![Some(step("Delete"))];
    counted(&house);
    let epoch = house.road.memory().epoch;
    assert!(matches!(purge(&house, false, &["bo"]), Err(PurgeError::Step(..))));
    assert!(house.road.memory().epoch > epoch, "what was judged before is judged again");
    assert_eq!(house.last().public["purge"], "failed");
    // It provably was not removed: it counts again.
    assert!(house.road.memory().custody[POINT].purging.is_none());
    assert!(house.runs(&action("DeleteDBInstance", Effect::Destroy, database("dev-school"))));
    // A removal that was sent and does not show is one that may still come.
    *shelf.removes.lock().unwrap() = (0..30).map(|_| Some(step("Delete"))).collect();
    assert!(matches!(purge(&house, false, &["bo"]), Err(PurgeError::Step(..))));
    assert!(house.road.memory().custody[POINT].purging.is_some());
    let held = house.admit(&action("DeleteDBInstance", Effect::Destroy, database("prod-school")));
    let Verdict::Refused(refused) = held else { panic!("production needs a point that stays") };
    assert!(refused.message().contains("recovery point"), "{}", refused.message());
}

#[test]
fn a_signature_is_for_what_was_shown() {
    let shelf = goes(shelf(ready()));
    let house = late(shelf.clone());
    let shown = order(&house, false);
    *shelf.stands.lock().unwrap() = Ok(false);
    let ended = block_on(house.road.purge(&shown, &signed(&["bo", "cy"]), None, &Nobody));
    assert_eq!(ended, Err(PurgeError::Moved));
    let unshown = PurgeOrder { digest: None, last: true, ..shown.clone() };
    assert_eq!(
        block_on(house.road.purge(&unshown, &signed(&["bo", "cy"]), None, &Nobody)),
        Err(PurgeError::Moved)
    );
    // What was signed for one point, or without `--last`, is good for no more.
    let more = PurgeOrder { last: true, ..shown };
    assert_eq!(
        block_on(house.road.purge(&more, &signed(&["bo", "cy"]), None, &Nobody)),
        Err(PurgeError::Moved)
    );
    assert!(calls(&house).is_empty());
}

#[test]
fn who_works_alone_waits_and_can_stop_it() {
    let mut house = House::of(&["ana"]);
    house.kept_by(goes(shelf(ready())));
    house.land.world.lock().unwrap().securing = Securing::ByRewrite { makes: vec![POINT.to_owned()] };
    assert!(house.runs(&action("DeleteDBInstance", Effect::Destroy, database("dev-school"))));
    block_on(house.road.look_after_points());
    house.hand.now.fetch_add(DAY, Ordering::SeqCst);
    let order = order(&house, false);
    let alone = |waited: Option<&interlock_approval::Ticket>| {
        block_on(house.road.purge(&order, &signed(&["ana"]), waited, &Nobody)).map(|_| ())
    };
    assert_eq!(alone(None), Err(PurgeError::Wait));
    let change = Administrative {
        verb: "recovery-purge".to_owned(),
        what: "remove it".to_owned(),
        body: json!({}),
        by: "ana".into(),
        why: ("custody", "a test"),
    };
    let ticket = block_on(house.road.hold_administrative(change)).unwrap().id;
    let now = || house.road.memory().tickets[&ticket].clone();
    assert_eq!(alone(Some(&now())), Err(PurgeError::Wait), "nobody has approved");
    house.says("ana", Decisive::Approve, &ticket).unwrap();
    assert_eq!(alone(Some(&now())), Err(PurgeError::Wait), "the time is not over");
    house.hand.now.fetch_add(600_000, Ordering::SeqCst);
    assert_eq!(alone(Some(&now())), Ok(()));
    assert_eq!(house.last().public["solo"], json!(true));
    assert_eq!(house.road.memory().sessions[&SESSION.into()].agent.owner, "ana".into());
}

#[test]
fn what_is_not_in_custody_is_not_removed() {
    let house = late(goes(shelf(ready())));
    let order = PurgeOrder { points: vec!["no-such-point".to_owned()], ..PurgeOrder::default() };
    let preview = block_on(house.road.preview_purge(&order)).unwrap();
    assert_eq!(preview.points[0].obstacle, Some(Obstacle::NoPoint));
    let order = PurgeOrder { digest: Some(preview.digest), ..order };
    assert!(block_on(house.road.purge(&order, &signed(&["bo", "cy"]), None, &Nobody)).is_err());
    assert!(calls(&house).is_empty());
}
