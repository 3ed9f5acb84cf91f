//! Objects: things that are written without being created first, over and over.

use futures_executor::block_on;
use interlock_action::{Action, Claim, Effect, Kind, Observed, Relation, Target};

use super::house::{House, SESSION, action, database};

const NAME: &str = "school/page.html";

/// What stands there.
fn stands(house: &House, version: Option<&str>) {
    let seen = Observed {
        exists: Some(version.is_some()),
        immutable_id: version.map(str::to_owned),
        ..Observed::default()
    };
    house.land.world.lock().unwrap().observed.insert(object().id, seen);
}

fn object() -> interlock_action::Target {
    let mut object = database(NAME);
    object.id = format!("arn:aws:s3:::{NAME}").into();
    object.kind = Kind::Object;
    object
}

fn put(over: bool) -> Action {
    let mut put = action("PutObject", Effect::Create, object());
    if over {
        put.claims.push(Claim::plain(Effect::Destroy, "overwrites"));
    }
    put
}

/// Writes the object and looks at it afterwards, as the gateway does.
fn writes(house: &House, put: &Action, leaves: Option<&str>) -> bool {
    let ran = house.runs(put);
    stands(house, leaves);
    block_on(house.road.learn_ids(&SESSION.into(), put));
    ran
}

fn delete() -> Action {
    action("DeleteObject", Effect::Destroy, object())
}

#[test]
fn what_is_written_where_nothing_was_is_ones_own_and_stays_so_when_written_again() {
    let house = House::of(&["ana", "bo", "cy"]);
    stands(&house, None);
    assert!(writes(&house, &put(false), Some("1")));
    assert!(writes(&house, &put(true), Some("2")));
    assert!(writes(&house, &put(true), Some("3")));
    assert!(house.runs(&delete()));
}

#[test]
fn what_somebody_else_wrote_over_it_is_not_ones_own() {
    let house = House::of(&["ana", "bo", "cy"]);
    stands(&house, None);
    assert!(writes(&house, &put(false), Some("1")));
    stands(&house, Some("by hand"));
    house.ticket(&delete());
    house.ticket(&put(true));
}

#[test]
fn a_copy_of_production_makes_nothing_beside_it_production() {
    let named = || {
        let rules = [
            serde_json::json!({"name": "production", "match": {"name": "prod-*"}}),
            serde_json::json!({"name": "development", "match": {"account": "111122223333"}}),
        ];
        House::with(&["ana", "bo", "cy"], &rules, false)
    };
    let at = |path: &str| Target { id: format!("arn:aws:s3:::{path}").into(), ..object() };
    let copy = |from: &str, to: &str| {
        let mut copy = action("CopyObject", Effect::Create, at(to));
        copy.targets[0].relation = Relation::Creates;
        copy.targets.push(Target { relation: Relation::Source, ..at(from) });
        copy
    };
    let open = |path: &str| action("PutObjectAcl", Effect::Expose, at(path));
    let house = named();
    assert!(house.runs(&copy("prod-school/marks.csv", "scratch/in/marks.csv")));
    house.ticket(&open("scratch/in/marks.csv"));
    assert!(house.runs(&open("scratch/in/other.csv")), "what lies beside it is what it was");
    house.ticket(&open("scratch/in/*"));
    // The copy of a copy is one, and who opens the bucket opens all that is in it.
    assert!(house.runs(&copy("scratch/in/marks.csv", "second/marks.csv")));
    house.ticket(&open("second/marks.csv"));
    let bucket = |name: &str| Target { kind: Kind::Bucket, name: Some(name.to_owned()), ..at(name) };
    house.ticket(&action("PutBucketPolicy", Effect::Expose, bucket("scratch")));
    assert!(house.runs(&action("PutBucketPolicy", Effect::Expose, bucket("scr"))));
    assert!(house.runs(&action("PutBucketTagging", Effect::Update, bucket("scratch"))));
    // What is remembered of the bucket counts for all that is in it.
    let event = crate::Event::Classified { target: at("third").id, environment: crate::PRODUCTION.into() };
    house.happens(event);
    house.ticket(&open("third/any"));
}

#[test]
fn an_upload_that_has_only_begun_makes_nothing_ones_own() {
    let house = House::of(&["ana", "bo", "cy"]);
    stands(&house, None);
    assert!(writes(&house, &action("CreateMultipartUpload", Effect::Create, object()), None));
    stands(&house, Some("by hand"));
    house.ticket(&delete());
}
