//! Recovery points: taken into custody, guarded with what they need, proven by drills.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use futures_executor::block_on;
use interlock_action::{
    Answers, Bears, Call, Effect, Kind, Millis, Next, Operation, Read, Relation, Securing, Step, Surface,
    Target,
};
use interlock_ledger::EntryKind;
use serde_json::json;

use super::house::{House, SESSION, action, database};
use crate::{
    Keep, Verdict,
    custody::{Compared, DrillError, Kept, Point, PointNews, PointWatch, Restored, Scratch, Sight, Signers},
};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/k";

/// Knows every point: it needs one key, and its copy is there once it was called for.
#[derive(Clone)]
pub(super) struct Shelf {
    pub(super) sight: Option<Sight>,
    /// What is found after each further look, the last one first.
    pub(super) restores: Arc<Mutex<Vec<Result<Restored, String>>>>,
    pub(super) removes: Arc<Mutex<Vec<Option<Step>>>>,
    /// Whether what the points are of is there.
    pub(super) stands: Arc<Mutex<Result<bool, String>>>,
    /// Points that are not there any more, whatever was seen of them.
    pub(super) gone: Arc<Mutex<Vec<String>>>,
    /// What tells apart what points are of, where that is another thing or not told.
    pub(super) of: Arc<Mutex<BTreeMap<String, Option<String>>>>,
    /// The names of the copies that were asked for, and of those that were to go.
    named: Arc<Mutex<(Vec<String>, Vec<String>)>>,
}

impl Keep for Shelf {
    fn reads(&self, _point: &Point, _so_far: &Answers) -> Vec<Read> {
        Vec::new()
    }
    fn see(&self, point: &Point, _answers: &Answers) -> Result<Sight, String> {
        if self.gone.lock().unwrap().contains(&point.kept.id) {
            return Ok(Sight::default());
        }
        let sight = self.sight.clone().ok_or_else(|| "it cannot be read".to_owned());
        let of = self.of.lock().unwrap().get(&point.kept.id).cloned();
        sight.map(|sight| Sight { of: of.unwrap_or_else(|| Some("db-1".to_owned())), ..sight })
    }
    fn mark(&self, _point: &Point, _answers: &Answers) -> Option<Call> {
        None
    }
    fn drills(&self, _kept: &Kept) -> bool {
        true
    }
    fn drill_reads(&self, _point: &Point, _scratch: &Scratch, _so_far: &Answers) -> Vec<Read> {
        Vec::new()
    }
    fn restore(&self, _point: &Point, scratch: &Scratch, _answers: &Answers) -> Result<Restored, String> {
        self.named.lock().unwrap().0.push(scratch.name.clone());
        self.restores.lock().unwrap().pop().unwrap()
    }
    fn remove(&self, _point: &Point, scratch: &Scratch, _answers: &Answers) -> Result<Option<Step>, String> {
        self.named.lock().unwrap().1.push(scratch.name.clone());
        Ok(self.removes.lock().unwrap().pop().flatten())
    }
    fn origin_reads(&self, _point: &Point, _so_far: &Answers) -> Vec<Read> {
        Vec::new()
    }
    fn stands(&self, _point: &Point, _answers: &Answers) -> Result<bool, String> {
        self.stands.lock().unwrap().clone()
    }
    fn purge_reads(&self, _point: &Point, _so_far: &Answers) -> Vec<Read> {
        Vec::new()
    }
    fn purge(&self, _point: &Point, _answers: &Answers) -> Result<Option<Step>, String> {
        Ok(self.removes.lock().unwrap().pop().flatten())
    }
}

pub(super) struct Nobody;

impl PointWatch for Nobody {
    fn told(&self, _news: PointNews) {}
}

pub(super) fn step(verb: &str) -> Step {
    let call = Call {
        surface: Surface::Aws,
        operation: Operation::aws("rds", verb),
        account: None,
        region: None,
        arguments: json!({}),
    };
    Step { name: verb.to_owned(), next: Next::Call(call) }
}

pub(super) fn shelf(sight: Option<Sight>) -> Shelf {
    let stands = Arc::new(Mutex::new(Ok(true)));
    let (restores, removes) = (Arc::default(), Arc::default());
    Shelf {
        sight,
        restores,
        removes,
        stands,
        gone: Arc::default(),
        of: Arc::default(),
        named: Arc::default(),
    }
}

pub(super) fn ready() -> Option<Sight> {
    Some(Sight { there: true, ready: true, depends: vec![KEY.into()], ..Sight::default() })
}

/// A house in which one point was made of a database, before it was deleted.
pub(super) fn house(shelf: Shelf) -> House {
    let mut house = House::of(&["ana", "bo", "cy"]);
    house.kept_by(shelf);
    house.land.world.lock().unwrap().securing =
        Securing::ByRewrite { makes: vec!["interlock-point".to_owned()] };
    assert!(house.runs(&action("DeleteDBInstance", Effect::Destroy, database("dev-school"))));
    house.land.world.lock().unwrap().securing = Securing::Exists;
    house
}

fn key(name: &str) -> Target {
    Target {
        id: format!("arn:aws:kms:us-east-1:111122223333:key/{name}").into(),
        kind: Kind::Key,
        name: Some(format!("dev-{name}")),
        account: Some("111122223333".into()),
        region: Some("us-east-1".to_owned()),
        relation: Relation::Acts,
        data: Bears::No,
        environment: None,
    }
}

fn disables(house: &House, name: &str) -> Option<String> {
    match house.admit(&action("DisableKey", Effect::Interrupt, key(name))) {
        Verdict::Held(held) => Some(held.message()),
        Verdict::Allowed(permit) => {
            drop(permit);
            None
        }
        _ => panic!("neither held nor allowed"),
    }
}

#[test]
fn what_a_rewritten_request_makes_is_in_custody_too() {
    let house = house(shelf(ready()));
    let memory = house.road.memory();
    let point = &memory.custody["interlock-point"];
    assert!(point.kept.of.as_str().ends_with(":db:dev-school"));
    assert_eq!((point.kept.session.as_str(), &point.sight, &point.proven), (SESSION, &None, &None));
}

#[test]
fn every_key_may_be_the_one_until_a_point_was_seen() {
    let unread = house(shelf(None));
    let said = disables(&unread, "other").expect("held");
    assert!(said.contains("interlock-point of arn:") && said.contains("has not been read yet"), "{said}");
    // It is looked at before a key goes, and not only when its turn comes.
    let house = house(shelf(ready()));
    let said = disables(&house, "k").expect("held");
    assert!(said.contains("a recovery point depends on it: interlock-point of"), "{said}");
    assert_eq!(disables(&house, "other"), None, "no point needs this one");
}

#[test]
fn what_is_being_made_shows_late_and_nobody_is_asked_for_that() {
    let late = shelf(ready());
    late.gone.lock().unwrap().push("interlock-point".to_owned());
    let gone = Arc::clone(&late.gone);
    let house = house(late);
    *house.hand.meanwhile.lock().unwrap() = Some(Box::new(move || gone.lock().unwrap().clear()));
    assert_eq!(disables(&house, "other"), None, "no point needs this one, as the second look says");
}

#[test]
fn what_cannot_be_read_stays_unseen() {
    let house = house(shelf(None));
    block_on(house.road.look_after_points());
    assert_eq!(house.road.memory().custody["interlock-point"].sight, None);
    assert!(disables(&house, "other").is_some());
}

#[test]
fn a_point_is_touched_by_nobody_and_the_refusal_says_what_it_is() {
    let house = house(shelf(ready()));
    let own = Target { kind: Kind::DatabaseSnapshot, ..database("interlock-point") };
    let Verdict::Refused(refused) = house.admit(&action("DeleteDBSnapshot", Effect::RecoveryLoss, own))
    else {
        panic!("it must be refused");
    };
    let said = refused.message();
    assert!(
        said.contains("is the recovery point of arn:aws:rds:us-east-1:111122223333:db:dev-school"),
        "{said}"
    );
}

/// A snapshot goes with the image that was made of it, and is no target of the call.
#[test]
fn a_point_that_a_forecast_says_goes_is_touched_like_one_that_is_named() {
    let sight = ready().map(|sight| Sight { ids: vec!["snap-1".to_owned()], ..sight });
    let house = house(shelf(sight));
    block_on(house.road.look_after_points());
    let deregisters = |kind, lost: &str, effect| {
        house.land.world.lock().unwrap().changes = vec![interlock_action::Change {
            target: lost.into(),
            kind,
            effect,
            what: format!("{lost} goes with it"),
            before: None,
            after: None,
        }];
        let image = Target { kind: Kind::Image, ..database("dev-image") };
        house.admit(&action("DeregisterImage", Effect::Destroy, image))
    };
    let snapshot = "arn:aws:ec2:us-east-1::snapshot/snap-1";
    for effect in [Effect::RecoveryLoss, Effect::Destroy] {
        let Verdict::Refused(refused) = deregisters(Kind::Snapshot, snapshot, effect) else {
            panic!("it must be refused");
        };
        assert!(refused.message().contains("is the recovery point of"), "{}", refused.message());
    }
    let Verdict::Held(held) = deregisters(Kind::Key, KEY, Effect::Destroy) else { panic!("it is held") };
    assert!(held.message().contains("a recovery point depends on it"), "{}", held.message());
    for (lost, effect) in
        [(snapshot, Effect::Update), ("arn:aws:ec2:us-east-1::snapshot/snap-2", Effect::Destroy)]
    {
        assert!(matches!(deregisters(Kind::Snapshot, lost, effect), Verdict::Allowed(_)), "{lost} {effect}");
    }
}

pub(super) fn signed(people: &[&str]) -> Signers {
    let people = people.iter().map(|name| (*name).into()).collect();
    Signers { people, reasons: vec!["quarterly".to_owned()] }
}

fn drill(house: &House) -> Result<Millis, DrillError> {
    block_on(house.road.drill("interlock-point", &signed(&["bo"]), &Nobody)).map(|proof| proof.at)
}

/// The copy is there, and differs so.
pub(super) fn compared(differs: &[&str]) -> Result<Restored, String> {
    let differs = differs.iter().map(|one| (*one).to_owned()).collect();
    Ok(Restored::Ready(Compared { figures: [("size".to_owned(), "3".to_owned())].into(), differs }))
}

/// The copy is still to be made.
pub(super) fn not_yet() -> Result<Restored, String> {
    Ok(Restored::Not(step("Restore")))
}

fn calls(house: &House) -> Vec<String> {
    house.land.calls.lock().unwrap().iter().map(|call| call.verb().to_owned()).collect()
}

#[test]
fn a_drill_alone_proves_and_a_failed_one_takes_it_back() {
    let shelf = shelf(ready());
    *shelf.restores.lock().unwrap() = vec![compared(&["it is empty"]), not_yet(), compared(&[]), not_yet()];
    *shelf.removes.lock().unwrap() = vec![None, Some(step("Remove")), None, Some(step("Remove"))];
    let named = Arc::clone(&shelf.named);
    let house = house(shelf);
    let at = drill(&house).unwrap();
    assert_eq!(calls(&house), ["Restore", "Remove"]);
    assert_eq!(house.road.memory().custody["interlock-point"].proven.as_ref().unwrap().at, at);
    // A second one makes a copy that is not what it should be: the copy goes, and so does the proof.
    assert_eq!(drill(&house), Err(DrillError::Differs(vec!["it is empty".to_owned()])));
    assert_eq!(house.land.calls.lock().unwrap().len(), 4, "the copy is removed whatever came of it");
    let memory = house.road.memory();
    let point = &memory.custody["interlock-point"];
    assert!(point.proven.is_none() && point.failed.is_some() && point.drilling.is_none());
    drop(memory);
    assert_eq!(house.last().kind, EntryKind::RecoveryPoint);
    assert_eq!(house.last().public["drill"], "failed");
    let none = block_on(house.road.drill("another", &signed(&[]), &Nobody));
    assert_eq!(none.map(|_| ()), Err(DrillError::NoPoint("another".to_owned())));
    // Nobody who saw the first copy knows what the second is called.
    let (made, removed) = named.lock().unwrap().clone();
    assert_eq!(made, removed);
    assert_ne!(made.first(), made.last());
    assert!(made.iter().all(|name| name.starts_with("interlock-drill-") && name.len() == 40), "{made:?}");
}

#[test]
fn what_has_the_name_of_a_copy_before_a_drill_made_one_proves_nothing() {
    let wait = Ok(Restored::Not(Step { name: "Wait".to_owned(), next: Next::Wait }));
    for there in [compared(&[]), wait] {
        let shelf = shelf(ready());
        *shelf.restores.lock().unwrap() = vec![there];
        let house = house(shelf);
        let failed = drill(&house).unwrap_err().to_string();
        assert!(failed.contains("already"), "{failed}");
        assert!(calls(&house).is_empty() && house.road.memory().custody["interlock-point"].proven.is_none());
    }
}

#[test]
fn what_a_drill_that_was_cut_off_left_is_removed_and_proves_nothing() {
    let shelf = shelf(ready());
    *shelf.restores.lock().unwrap() = vec![compared(&[]), not_yet()];
    *shelf.removes.lock().unwrap() = vec![None, Some(step("Remove")), None, Some(step("RemoveLeft"))];
    let named = Arc::clone(&shelf.named);
    let house = house(shelf);
    let left = Scratch { name: "interlock-drill-left".to_owned(), begun: 1 };
    house
        .happens(crate::Event::Drilling { point: "interlock-point".to_owned(), scratch: Some(left.clone()) });
    drill(&house).unwrap();
    assert_eq!(calls(&house), ["RemoveLeft", "Restore", "Remove"]);
    let (made, removed) = named.lock().unwrap().clone();
    assert!(!made.contains(&left.name) && removed.contains(&left.name), "{made:?}");
    assert_eq!(house.road.memory().custody["interlock-point"].drilling, None);
}

#[test]
fn a_copy_that_could_not_be_removed_is_remembered() {
    let shelf = shelf(ready());
    *shelf.restores.lock().unwrap() = vec![compared(&[]), not_yet()];
    *shelf.removes.lock().unwrap() = (0..30).map(|_| Some(step("Remove"))).collect();
    let house = house(shelf);
    assert!(drill(&house).is_err());
    let memory = house.road.memory();
    let point = &memory.custody["interlock-point"];
    assert!(point.drilling.is_some() && point.proven.is_none());
}

/// An agent may not have what Interlock would take for its own, whatever the kind and however it is spelled.
#[test]
fn no_agent_gives_anything_one_of_interlocks_names() {
    let house = house(shelf(ready()));
    let refused = |action: &interlock_action::Action| match house.admit(action) {
        Verdict::Refused(refused) => refused.message().contains("Interlock"),
        _ => false,
    };
    for kind in [Kind::Database, Kind::DatabaseCluster, Kind::Cluster, Kind::Table, Kind::Volume] {
        let made = Target { kind, relation: Relation::Creates, ..database("interlock-drill-0a1b") };
        assert!(refused(&action("CreateDBInstance", Effect::Create, made)), "{kind:?}");
    }
    let nameless = Target { name: None, ..database("interlock-drill-0a1b") };
    assert!(refused(&action("ModifyDBInstance", Effect::Update, nameless)));
    for name in ["interlock-drill-0a1b", "Interlock-Drill-0A1B"] {
        let mut rename = action("ModifyDBInstance", Effect::Update, database("dev-school"));
        rename.writes = vec![interlock_action::ClassifierWrite::Name(name.to_owned())];
        assert!(refused(&rename), "{name}");
    }
}
