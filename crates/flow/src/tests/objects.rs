//! Objects: things that are written without being created first, over and over.

use futures_executor::block_on;
use interlock_action::{Action, Claim, Effect, Kind, Observed};

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
    block_on(house.road.witness(&SESSION.into(), put));
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
fn an_upload_that_has_only_begun_makes_nothing_ones_own() {
    let house = House::of(&["ana", "bo", "cy"]);
    stands(&house, None);
    assert!(writes(&house, &action("CreateMultipartUpload", Effect::Create, object()), None));
    stands(&house, Some("by hand"));
    house.ticket(&delete());
}
