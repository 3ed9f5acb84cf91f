use std::collections::BTreeMap;

use interlock_action::{ClassifierWrite, Effect, Kind, Observed, Relation};
use serde_json::json;

use super::house::{House, action, database, delete};
use crate::Verdict;

fn tagged() -> House {
    let rules = [
        json!({"name": "production", "match": {"tag": {"env": "prod*"}}}),
        json!({"name": "development", "match": {"name": "dev-*"}}),
    ];
    House::with(&["ana", "bo", "cy"], &rules, false)
}

fn seen(house: &House, name: &str, tags: &[(&str, &str)]) {
    let tags =
        tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>();
    let observed = Observed { exists: Some(true), tags: Some(tags), ..Observed::default() };
    house.land.world.lock().unwrap().observed.insert(database(name).id, observed);
}

#[test]
fn a_retag_is_held_and_does_not_relax_afterwards() {
    let house = tagged();
    seen(&house, "dev-a", &[("env", "prod")]);
    let mut retag = action("AddTagsToResource", Effect::Update, database("dev-a"));
    retag.writes = vec![ClassifierWrite::Tag { key: "env".into(), value: Some("dev".into()) }];
    house.ticket(&retag);
    seen(&house, "dev-a", &[("env", "dev")]);
    house.ticket(&delete("dev-a"));
}

#[test]
fn a_rename_is_held() {
    let house = tagged();
    seen(&house, "school", &[]);
    let mut rename = action("ModifyDBInstance", Effect::Update, database("school"));
    rename.writes = vec![ClassifierWrite::Name("dev-school".into())];
    house.ticket(&rename);
}

#[test]
fn a_copy_inherits_from_its_source_whatever_its_own_name_and_tags_say() {
    let house = tagged();
    seen(&house, "school", &[("env", "prod")]);
    seen(&house, "dev-copy", &[]);
    house.land.world.lock().unwrap().observed.get_mut(&database("dev-copy").id).unwrap().exists = Some(true);
    let mut copy = action("RestoreDBInstanceFromDBSnapshot", Effect::Create, database("dev-copy"));
    copy.targets[0].relation = Relation::Creates;
    let mut source = database("school");
    source.relation = Relation::Source;
    copy.targets.push(source);
    copy.writes = vec![ClassifierWrite::Tag { key: "env".into(), value: Some("dev".into()) }];
    assert!(house.runs(&copy));
    house.ticket(&delete("dev-copy"));
}

#[test]
fn adopting_by_an_idempotent_create_makes_nothing_ones_own() {
    let house = House::of(&["ana", "bo", "cy"]);
    seen(&house, "school", &[]);
    let mut adopt = action("CreateDBInstance", Effect::Create, database("school"));
    adopt.targets[0].relation = Relation::Creates;
    house.runs(&adopt);
    house.ticket(&delete("school"));
}

#[test]
fn what_a_session_provably_made_it_may_remove_until_somebody_else_writes_to_it() {
    let house = House::of(&["ana", "bo", "cy"]);
    let absent = Observed { exists: Some(false), ..Observed::default() };
    house.land.world.lock().unwrap().observed.insert(database("school").id, absent);
    let mut make = action("CreateDBInstance", Effect::Create, database("school"));
    make.targets[0].relation = Relation::Creates;
    assert!(house.runs(&make));
    seen(&house, "school", &[]);
    house.session("ses-2", "ana");
    assert!(matches!(house.admit_in("ses-2", &delete("school")), Verdict::Held(_)));
    assert!(house.runs(&delete("school")));

    house.land.world.lock().unwrap().observed.get_mut(&database("school").id).unwrap().exists = Some(false);
    assert!(house.runs(&make));
    house.happens(crate::Event::Touched { target: database("school").id, session: "ses-2".into() });
    house.ticket(&delete("school"));
}

#[test]
fn a_wipe_in_slices_is_still_a_wipe() {
    let house = House::of(&["ana", "bo", "cy"]);
    let deleted = (0..8).filter(|n| house.runs(&delete(&format!("dev-{n}")))).count();
    assert_eq!(deleted, 3);
    house.session("ses-2", "ana");
    assert!(
        matches!(house.admit_in("ses-2", &delete("dev-9")), Verdict::Held(_)),
        "another session counts too"
    );
}

#[test]
fn a_function_of_development_with_a_role_of_production_is_held() {
    let house = House::of(&["ana", "bo", "cy"]);
    let mut function = action("CreateFunction", Effect::Execute, database("dev-f"));
    function.targets[0].kind = Kind::Function;
    let mut role = database("prod-admin");
    (role.kind, role.relation) = (Kind::Role, Relation::Reaches);
    function.targets.push(role);
    house.ticket(&function);
}

#[test]
fn taking_the_guard_off_is_held_before_the_delete_is_ever_asked_for() {
    let house = House::of(&["ana", "bo", "cy"]);
    house.ticket(&action("ModifyDBInstance", Effect::GuardRemoval, database("school")));
}

#[test]
fn what_is_outside_the_task_asks_a_person_even_in_development() {
    let house = House::of(&["ana", "bo", "cy"]);
    {
        let mut session = house.road.memory().sessions[&super::house::SESSION.into()].clone();
        session.lease.scope = vec!["dev-web*".into()];
        house.happens(crate::Event::Session { session });
    }
    assert!(house.runs(&action("CreateDBInstance", Effect::Create, database("dev-web1"))));
    house.ticket(&action("CreateDBInstance", Effect::Create, database("dev-db1")));
}
