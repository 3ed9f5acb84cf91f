//! A policy that trusts no recovery point which a drill has not restored.

use std::sync::atomic::Ordering;

use futures_executor::block_on;
use interlock_action::{Effect, Operation, RecoveryPoint, Securing, Surface};
use interlock_policy::{Bundle, PolicyFile};
use serde_json::json;

use super::{
    custody::{Nobody, compared, not_yet, ready, shelf, signed, step},
    house::{House, SESSION, action, database},
};
use crate::{Decisive, Event, Verdict, custody::Kept};

const POINT: &str = "interlock-point";
const RULE: &str = r#"
@id("destroy-data-unproven")
@tier("T3")
@why("No drill has restored a recovery point of this data lately.")
@next("Wait: a person runs `interlock recovery drill`, then send the same call again.")
forbid (principal is Agent, action == Action::"destroy", resource is Target)
when { resource.bears_data }
unless { context.evidence.recovery_proven };"#;

fn house() -> House {
    let files = Bundle::files_under(&[PolicyFile::new("proven.cedar", RULE)]);
    let rules = [json!({"name": "development", "match": {"name": "dev-*"}})];
    let mut house = House::judged_by(Bundle::load(&files).unwrap(), &["ana", "bo", "cy"], &rules, false);
    let shelf = shelf(ready());
    // Of two drills the first succeeds.
    *shelf.restores.lock().unwrap() = vec![compared(&["it is empty"]), not_yet(), compared(&[]), not_yet()];
    house.kept_by(shelf);
    house
}

/// A point of this database is in custody.
fn keeps(house: &House, id: &str, of: &str) {
    let kept = Kept {
        id: id.to_owned(),
        of: database(of).id,
        born: None,
        operation: Operation::aws("rds", "DeleteDBInstance"),
        session: SESSION.into(),
        surface: Surface::Aws,
        account: Some("111122223333".into()),
        region: Some("us-east-1".to_owned()),
        made: house.hand.now.load(Ordering::SeqCst),
    };
    let point = told(id);
    house.happens(Event::RecoveryPoint { of: kept.of.clone(), point, kept: Some(Box::new(kept)) });
    block_on(house.road.look_after_points());
}

fn told(id: &str) -> RecoveryPoint {
    RecoveryPoint { id: id.to_owned(), what: "manual snapshot".to_owned(), survives: true, proven: None }
}

fn tells(house: &House, ids: &[&str]) {
    house.land.world.lock().unwrap().points = ids.iter().map(|id| told(id)).collect();
}

/// What is missing for a deletion; nothing where it flows, `None` where it is refused.
fn needs(house: &House, name: &str) -> Option<Vec<String>> {
    match house.admit(&action("DeleteDBInstance", Effect::Destroy, database(name))) {
        Verdict::Allowed(_) => Some(Vec::new()),
        Verdict::Held(held) => Some(held.needs),
        Verdict::Refused(refused) => {
            assert!(refused.message().contains("No drill has restored"), "{}", refused.message());
            None
        }
        Verdict::Unbound => panic!("it does not stream"),
    }
}

fn drill(house: &House) -> bool {
    block_on(house.road.drill(POINT, &signed(&["bo"]), &Nobody)).is_ok()
}

#[test]
fn a_deletion_waits_for_a_drill_and_for_nothing_less() {
    let house = house();
    keeps(&house, POINT, "dev-school");
    tells(&house, &[POINT]);
    let missing = Some(vec!["recovery-drill".to_owned()]);
    assert_eq!(needs(&house, "dev-school"), missing);
    // A person's yes is no proof.
    let ticket = house.ticket(&action("DeleteDBInstance", Effect::Destroy, database("dev-school")));
    house.says("bo", Decisive::Approve, &ticket).unwrap();
    assert_eq!(needs(&house, "dev-school"), missing);
    assert!(drill(&house));
    assert_eq!(needs(&house, "dev-school"), Some(Vec::new()));
    // It proves nothing of another database, and not for good.
    assert_eq!(needs(&house, "dev-other"), None);
    house.hand.now.fetch_add(86_400_001, Ordering::SeqCst);
    assert_eq!(needs(&house, "dev-school"), missing);
}

#[test]
fn a_failed_drill_and_a_point_that_does_not_stay_prove_nothing() {
    let house = house();
    keeps(&house, POINT, "dev-school");
    tells(&house, &[POINT]);
    assert!(drill(&house));
    assert_eq!(needs(&house, "dev-school"), Some(Vec::new()));
    // The live state tells nothing of it, or that it goes with the database.
    tells(&house, &["another"]);
    assert_eq!(needs(&house, "dev-school"), None);
    tells(&house, &[POINT]);
    house.land.world.lock().unwrap().points[0].survives = false;
    assert_eq!(needs(&house, "dev-school"), None);
    tells(&house, &[POINT]);
    assert!(!drill(&house));
    assert_eq!(needs(&house, "dev-school"), Some(vec!["recovery-drill".to_owned()]));
}

#[test]
fn what_can_be_made_before_is_made_once_and_then_drilled() {
    let house = house();
    let step = step("CreateDBSnapshot");
    let interlock_action::Next::Call(call) = step.next else { panic!("it is a call") };
    house.land.world.lock().unwrap().securing =
        Securing::ByCalls { calls: vec![call], proof: Vec::new(), makes: vec![POINT.to_owned()] };
    let missing = Some(vec!["recovery-drill".to_owned()]);
    assert_eq!(needs(&house, "dev-school"), missing);
    assert_eq!(house.land.calls.lock().unwrap().len(), 1);
    assert!(house.road.memory().custody.contains_key(POINT), "there is something to drill");
    block_on(house.road.look_after_points());
    tells(&house, &[POINT]);
    // Right before the deletion another one is made: the drill was of this one.
    let both = Some(vec!["recovery-point".to_owned(), "recovery-drill".to_owned()]);
    assert_eq!(needs(&house, "dev-school"), both);
    assert_eq!(house.land.calls.lock().unwrap().len(), 1, "it is not made again while it waits");
    assert!(drill(&house));
    assert_eq!(needs(&house, "dev-school"), Some(Vec::new()));
}
