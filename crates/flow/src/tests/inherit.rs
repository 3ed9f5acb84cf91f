use std::collections::BTreeMap;

use interlock_action::{ClassifierWrite, Effect, Kind, Observed, Relation, Target};
use serde_json::json;

use super::house::{House, action, database, delete};
use crate::{PRODUCTION, Verdict};

/// Production by its name, the rest of the account development.
fn named() -> House {
    let rules = [
        json!({"name": "production", "match": {"name": "prod-*"}}),
        json!({"name": "development", "match": {"account": "111122223333"}}),
    ];
    House::with(&["ana", "bo", "cy"], &rules, false)
}

fn see(house: &House, target: &Target, observed: Observed) {
    house.land.world.lock().unwrap().observed.insert(target.id.clone(), observed);
}

fn there() -> Observed {
    Observed { exists: Some(true), tags: Some(BTreeMap::new()), ..Observed::default() }
}

#[test]
fn a_snapshot_is_what_its_database_is() {
    let house = named();
    let snapshot = database("before-migration");
    for (of, held) in [("trial", false), ("prod-school", true)] {
        see(&house, &snapshot, Observed { copied_from: vec![database(of)], ..there() });
        let share = action("ModifyDBSnapshotAttribute", Effect::Exfiltrate, snapshot.clone());
        assert_eq!(matches!(house.admit(&share), Verdict::Held(_)), held, "{of}");
    }
    // What was production once is, whatever its name says.
    let house = named();
    see(&house, &snapshot, Observed { copied_from: vec![database("trial")], ..there() });
    house.happens(crate::Event::Classified { target: database("trial").id, environment: PRODUCTION.into() });
    house.ticket(&action("ModifyDBSnapshotAttribute", Effect::Exfiltrate, snapshot));
}

#[test]
fn an_origin_whose_tags_nobody_could_read_counts_and_is_not_remembered() {
    let rules = [
        json!({"name": "production", "match": {"tag": {"env": "prod"}}}),
        json!({"name": "development", "match": {"account": "111122223333"}}),
    ];
    let house = House::with(&["ana", "bo", "cy"], &rules, false);
    let (snapshot, origin) = (database("nightly"), database("school"));
    see(&house, &snapshot, Observed { copied_from: vec![origin.clone()], ..there() });
    house.ticket(&delete("nightly"));
    assert!(!house.road.memory().classified.contains_key(&snapshot.id));
    see(&house, &origin, there());
    assert!(house.runs(&delete("nightly")));
}

#[test]
fn what_lies_in_a_thing_of_production_is_production() {
    let house = named();
    let mut service = database("web");
    service.kind = Kind::Service;
    for (id, held) in [("service/prod-web/web", true), ("service/dev-web/web", false), ("service/web", false)]
    {
        service.id = format!("arn:aws:ecs:us-east-1:111122223333:{id}").into();
        let stop = action("DeleteService", Effect::Interrupt, service.clone());
        assert_eq!(matches!(house.admit(&stop), Verdict::Held(_)), held, "{id}");
    }
}

#[test]
fn what_is_written_over_with_production_becomes_production() {
    let house = named();
    let object = |bucket: &str, relation| Target {
        id: format!("arn:aws:s3:::{bucket}/marks.csv").into(),
        kind: Kind::Object,
        relation,
        ..database("marks.csv")
    };
    let mut copy = action("CopyObject", Effect::Create, object("scratch", Relation::Acts));
    copy.targets.push(object("prod-pupils", Relation::Source));
    assert!(house.runs(&copy), "copying is no loss");
    house.ticket(&action("PutObjectAcl", Effect::Expose, object("scratch", Relation::Acts)));
    assert!(house.runs(&action("PutObjectAcl", Effect::Expose, object("elsewhere", Relation::Acts))));
}

#[test]
fn a_new_name_carries_the_classification_with_it() {
    let house = named();
    let mut rename = action("ModifyDBInstance", Effect::Update, database("prod-school"));
    rename.writes = vec![ClassifierWrite::Name("Old-School".into())];
    let ticket = house.ticket(&rename);
    for person in ["bo", "cy"] {
        house.says(person, crate::Decisive::Approve, &ticket).unwrap();
    }
    assert!(house.runs(&rename));
    house.ticket(&delete("old-school"));
    house.ticket(&delete("Old-School"));
    assert!(house.runs(&delete("new-school")));
}

#[test]
fn what_runs_under_another_identity_reaches_what_the_account_holds() {
    let run = action("Invoke", Effect::Execute, database("janitor"));
    named().ticket(&run);
    let rules = [json!({"name": "development", "match": {"account": "111122223333"}})];
    assert!(House::with(&["ana", "bo", "cy"], &rules, false).runs(&run), "nothing of production is in reach");
}

#[test]
fn what_is_attached_to_something_remembered_as_production_reaches_it() {
    let house = named();
    let group = database("group");
    see(&house, &group, Observed { attached_to: vec![database("copy").id], ..there() });
    let open = action("AuthorizeSecurityGroupIngress", Effect::Network, group);
    assert!(house.runs(&open));
    let event = crate::Event::Classified { target: database("copy").id, environment: PRODUCTION.into() };
    house.happens(event);
    house.ticket(&open);
}

#[test]
fn items_count_one_by_one() {
    let house = named();
    let mut batch = delete("items");
    batch.claims[0].rule = Some("batch-deletes".into());
    batch.claims[0].many = 4;
    house.ticket(&batch);
    batch.claims[0].many = 3;
    assert!(house.runs(&batch));
    house.ticket(&delete("another"));

    let house = named();
    let mut records = delete("zone");
    records.claims[0].rule = Some("record-removed".into());
    records.claims = vec![records.claims[0].clone(); 4];
    house.ticket(&records);
    // Two rules that say the same of one thing say it once.
    let mut once = delete("trial");
    once.claims.push(once.claims[0].clone());
    once.claims[0].rule = Some("one".into());
    once.claims[1].rule = Some("two".into());
    assert!(house.runs(&once));
    assert!(house.runs(&delete("trial-2")) && house.runs(&delete("trial-3")));
    house.ticket(&delete("trial-4"));
}

#[test]
fn nobody_writes_interlocks_own_mark() {
    let house = named();
    let mut forged = action("CreateSnapshot", Effect::Create, database("mine"));
    forged.targets[0].relation = Relation::Creates;
    assert!(house.runs(&forged));
    for mark in ["interlock:recovery-point", "interlock:restores"] {
        forged.writes = vec![ClassifierWrite::Tag { key: mark.into(), value: Some("x".into()) }];
        assert!(matches!(house.admit(&forged), Verdict::Refused(_)), "{mark}");
    }
}

#[test]
fn what_has_only_an_id_goes_by_its_tag_name_where_that_is_stricter() {
    let house = named();
    let machine = Target { kind: Kind::Instance, ..database("i-1") };
    let called =
        |name: &str| Observed { tags: Some([("Name".to_owned(), name.to_owned())].into()), ..there() };
    let stop = action("StopInstances", Effect::Interrupt, machine.clone());
    see(&house, &machine, called("trial"));
    assert!(house.runs(&stop));
    see(&house, &machine, called("prod-web"));
    house.ticket(&stop);
    see(&house, &machine, called("trial"));
    house.ticket(&stop);

    let rules = [json!({"name": "development", "match": {"name": "dev-*"}})];
    let house = House::with(&["ana", "bo", "cy"], &rules, false);
    see(&house, &machine, called("dev-web"));
    house.ticket(&stop);
}

#[test]
fn what_has_only_an_id_goes_by_what_people_call_it() {
    let house = named();
    let key = Target { kind: Kind::Key, ..database("0d4d8c2e") };
    let called = |name: &str| Observed {
        tags: Some(std::collections::BTreeMap::new()),
        names: vec![name.to_owned()],
        ..there()
    };
    let stop = action("DisableKey", Effect::Interrupt, key.clone());
    see(&house, &key, called("trial"));
    assert!(house.runs(&stop));
    // A name that could not be read is held to be production's, but not for good.
    see(&house, &key, Observed { names_unread: true, ..there() });
    house.ticket(&action("CancelKeyDeletion", Effect::Interrupt, key.clone()));
    see(&house, &key, called("trial"));
    assert!(house.runs(&stop));
    see(&house, &key, called("PROD-school"));
    house.ticket(&stop);
    see(&house, &key, called("trial"));
    house.ticket(&stop);

    // Where no production rule goes by names, none is missed; and a name makes nothing laxer.
    let rules = [json!({"name": "development", "match": {"name": "dev-*"}})];
    let house = House::with(&["ana", "bo", "cy"], &rules, false);
    see(&house, &key, called("dev-key"));
    house.ticket(&stop);
    let rules = [json!({"name": "development", "match": {"account": "111122223333"}})];
    let house = House::with(&["ana", "bo", "cy"], &rules, false);
    see(&house, &key, Observed { names_unread: true, ..there() });
    assert!(house.runs(&stop));
}

#[test]
fn a_freeze_of_a_service_stops_other_services_hands_on_it_and_one_of_production_what_reaches_it() {
    let house = named();
    let mut aside = action("DeleteResource", Effect::Update, database("trial"));
    aside.operation = interlock_action::Operation::aws("cloudcontrol", "UpdateResource");
    assert!(house.runs(&aside));
    house.freeze(crate::FreezeScope::Service("rds".into()));
    assert!(
        matches!(house.admit(&aside), Verdict::Refused(refused) if refused.cause == crate::Cause::Frozen)
    );

    let house = named();
    house.freeze(crate::FreezeScope::Environment(PRODUCTION.into()));
    assert!(house.runs(&action("Modify", Effect::Update, database("trial"))));
    let invoke = action("Invoke", Effect::Execute, database("janitor"));
    assert!(
        matches!(house.admit(&invoke), Verdict::Refused(refused) if refused.cause == crate::Cause::Frozen)
    );
}
