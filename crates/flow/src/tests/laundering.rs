use std::collections::BTreeMap;

use futures_executor::block_on;
use interlock_action::{Bears, ClassifierWrite, Effect, Kind, Observed, Relation, Target};
use serde_json::json;

use super::house::{House, SESSION, action, database, delete};
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

/// What stands there under a name, by its immutable id.
fn stands(house: &House, name: &str, id: Option<&str>) {
    let seen = Observed {
        exists: Some(id.is_some()),
        immutable_id: id.map(str::to_owned),
        tags: Some(BTreeMap::new()),
        data: Bears::No,
        ..Observed::default()
    };
    house.land.world.lock().unwrap().observed.insert(database(name).id, seen);
}

/// Makes it where nothing is, and looks at it afterwards, as the gateway does.
fn makes(house: &House, name: &str, leaves: &str) {
    let mut make = action("CreateDBInstance", Effect::Create, database(name));
    make.targets[0].relation = Relation::Creates;
    stands(house, name, None);
    assert!(house.runs(&make));
    let seen = Observed {
        exists: Some(true),
        immutable_id: Some(leaves.to_owned()).filter(|id| !id.is_empty()),
        data: Bears::No,
        ..Observed::default()
    };
    house.land.world.lock().unwrap().observed.insert(database(name).id, seen);
    block_on(house.road.learn_ids(&SESSION.into(), &make));
}

#[test]
fn what_a_session_provably_made_it_may_remove_until_somebody_else_writes_to_it() {
    let house = House::of(&["ana", "bo", "cy"]);
    makes(&house, "school", "db-1");
    house.session("ses-2", "ana");
    assert!(matches!(house.admit_in("ses-2", &delete("school")), Verdict::Held(_)));
    assert!(house.runs(&delete("school")));

    makes(&house, "school", "db-2");
    house.happens(crate::Event::Touched { target: database("school").id, session: "ses-2".into() });
    house.ticket(&delete("school"));
}

#[test]
fn who_made_a_thing_may_not_remove_what_others_may_have_put_into_it() {
    let house = House::of(&["ana", "bo", "cy"]);
    let bears = |name: &str, data: Bears| {
        house.land.world.lock().unwrap().observed.get_mut(&database(name).id).unwrap().data = data;
    };
    for data in [Bears::Yes, Bears::Unknown] {
        makes(&house, "school", "db-1");
        bears("school", data);
        house.ticket(&delete("school"));
    }
    // What removes nothing of it stays the maker's affair.
    assert!(house.runs(&action("StopDBInstance", Effect::Interrupt, database("school"))));
    bears("school", Bears::No);
    assert!(house.runs(&delete("school")));
    // Nobody sees in a key what is encrypted with it, wherever that lies.
    let key = Target { kind: Kind::Key, ..database("key") };
    makes(&house, "key", "key-1");
    house.ticket(&action("ScheduleKeyDeletion", Effect::Destroy, key));
    // Elsewhere it flows, with the recovery point where one can be made, and costs the sums nothing.
    for name in ["dev-1", "dev-2", "dev-3", "dev-4", "dev-5"] {
        makes(&house, name, "db-1");
        bears(name, Bears::Yes);
        assert!(house.runs(&delete(name)), "{name}");
    }
}

#[test]
fn what_proves_who_made_a_thing_or_looks_at_what_goes_is_read_anew() {
    let house = House::of(&["ana", "bo", "cy"]);
    let anew = |ask: &interlock_action::Action| {
        house.land.looks.lock().unwrap().clear();
        house.admit(ask);
        house.land.looks.lock().unwrap().clone()
    };
    let stop = action("StopDBInstance", Effect::Interrupt, database("dev-a"));
    assert_eq!(anew(&stop), [false]);
    for effect in [Effect::Create, Effect::Destroy, Effect::RecoveryLoss] {
        assert_eq!(anew(&action("Something", effect, database("dev-a"))), [true], "{effect:?}");
    }
    makes(&house, "dev-a", "db-1");
    assert_eq!(anew(&stop), [true], "it stands in memory as made");
}

#[test]
fn what_was_remade_under_the_same_name_is_not_what_the_session_made() {
    let house = House::of(&["ana", "bo", "cy"]);
    makes(&house, "school", "db-1");
    stands(&house, "school", Some("db-2"));
    house.ticket(&delete("school"));
    // What tells its whole id only later is the same thing; an id that merely begins alike is not.
    stands(&house, "school", Some("db-1 2026-01-01"));
    assert!(house.runs(&delete("school")));
    let house = House::of(&["ana", "bo", "cy"]);
    makes(&house, "school", "db-1");
    stands(&house, "school", Some("db-11"));
    house.ticket(&delete("school"));
}

#[test]
fn a_name_alone_proves_nothing_but_counts_in_sums() {
    let house = House::of(&["ana", "bo", "cy"]);
    makes(&house, "school", "");
    house.ticket(&delete("school"));
    // An id that could not be read now counts as its worst, too.
    makes(&house, "library", "db-1");
    let seen = Observed { exists: Some(true), ..Observed::default() };
    house.land.world.lock().unwrap().observed.insert(database("library").id, seen);
    house.ticket(&delete("library"));
    // Elsewhere it is the agent's own as far as the budget goes.
    for name in ["dev-1", "dev-2", "dev-3", "dev-4", "dev-5"] {
        makes(&house, name, "");
        assert!(house.runs(&delete(name)), "{name}");
    }
}

#[test]
fn an_id_that_stands_in_the_name_is_proof_by_itself() {
    let house = House::of(&["ana", "bo", "cy"]);
    let made = |name: &str, id: &str| crate::Event::Made {
        target: database(name).id,
        agent: "claude".into(),
        session: SESSION.into(),
        immutable_id: Some(id.to_owned()),
    };
    let delete = |name: &str| {
        let network = Target { kind: Kind::Network, data: Bears::No, ..database(name) };
        action("DeleteVpc", Effect::Destroy, network)
    };
    house.happens(made("vpc-1", "vpc-1"));
    assert!(house.runs(&delete("vpc-1")));
    house.happens(made("my-vpc-1", "vpc-1"));
    house.ticket(&delete("my-vpc-1"));
}

#[test]
fn a_later_call_does_not_learn_the_id_of_what_an_earlier_one_made() {
    let house = House::of(&["ana", "bo", "cy"]);
    makes(&house, "school", "");
    // Somebody remakes it by hand; the agent's second create is answered with it, and made nothing.
    stands(&house, "school", Some("db-of-somebody"));
    let mut again = action("CreateDBInstance", Effect::Create, database("school"));
    again.targets[0].relation = Relation::Creates;
    match house.admit(&again) {
        Verdict::Allowed(permit) => assert_eq!(permit.makes().count(), 0),
        _ => panic!("a create over what is there was stopped"),
    }
    again.targets.clear();
    block_on(house.road.learn_ids(&SESSION.into(), &again));
    house.ticket(&delete("school"));
}

#[test]
fn names_that_an_agent_makes_up_are_not_kept() {
    let house = House::of(&["ana", "bo", "cy"]);
    for n in 0..5 {
        house.ticket(&delete(&format!("invented-{n}")));
    }
    assert!(house.road.memory().classified.is_empty());
    stands(&house, "school", Some("db-1"));
    house.ticket(&delete("school"));
    assert_eq!(house.road.memory().classified.len(), 1);
    assert!(house.runs(&action("StartDBInstance", Effect::Create, database("dev-a"))));
    assert_eq!(house.road.memory().classified.len(), 2);
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
        let mut session = house.road.memory().sessions[&SESSION.into()].clone();
        session.lease.scope = vec!["dev-web*".into()];
        house.happens(crate::Event::Session { session });
    }
    assert!(house.runs(&action("CreateDBInstance", Effect::Create, database("dev-web1"))));
    house.ticket(&action("CreateDBInstance", Effect::Create, database("dev-db1")));
    // What is exported is taken from; what is only reached says nothing of the task.
    let mut export = action("ExportSnapshot", Effect::Create, database("dev-db1"));
    export.targets[0].relation = Relation::Source;
    house.ticket(&export);
    export.targets[0] = Target { relation: Relation::Source, ..database("dev-web1") };
    assert!(house.runs(&export));
}

#[test]
fn a_lease_that_names_a_secret_names_what_it_is_taken_from() {
    let house = House::of(&["ana", "bo", "cy"]);
    {
        let mut session = house.road.memory().sessions[&SESSION.into()].clone();
        session.lease.secrets = vec!["web-*".into()];
        house.happens(crate::Event::Session { session });
    }
    for (name, held) in [("web-key", false), ("root-key", true)] {
        for relation in [Relation::Acts, Relation::Source] {
            let read = action("GetSecretValue", Effect::SensitiveRead, Target { relation, ..database(name) });
            assert_eq!(matches!(house.admit(&read), Verdict::Held(_)), held, "{name} {relation:?}");
        }
    }
}
