//! Whatever bytes come as a plan: read, or refused, and never a secret left in the clear or a deletion overlooked.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test: a fault here is a failed test"
)]

use interlock_action::{Bears, Effect, Sealer};
use interlock_reader_terraform::{Difference, Place, Plan, State, differences, read};
use proptest::prelude::*;
use serde_json::{Value, json};

fn plan_of(changes: &Value) -> Value {
    json!({
        "format_version": "1.2", "complete": true, "errored": false, "applyable": true, "configuration": {},
        "variables": {"password": {"value": "hunter2"}}, "resource_changes": changes,
    })
}

fn parsed(plan: &Value) -> Plan {
    Plan::parse(plan.to_string().as_bytes()).unwrap()
}

fn change(kind: &str, actions: &Value, before: &Value, after: &Value) -> Value {
    json!({
        "address": format!("{kind}.x"), "mode": "managed", "type": kind, "name": "x",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {"actions": actions, "before": before, "after": after, "after_unknown": {}},
    })
}

/// Plans of others, where a developer has them in a folder.
#[test]
fn plans_of_others_are_read() {
    let Some(folder) = std::env::var_os("INTERLOCK_PLAN_CORPUS") else { return };
    let (mut open, mut read_well, mut wrong) = (vec![std::path::PathBuf::from(folder)], 0, Vec::new());
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let is_json = path.extension().is_some_and(|end| end == "json");
            if path.is_dir() {
                open.push(path);
            } else if let Some(bytes) = is_json.then(|| std::fs::read(&path).unwrap()) {
                match Plan::parse(&bytes) {
                    Ok(plan) => {
                        let reading = read(&plan, None, Place::default());
                        assert_eq!(reading.changes.len(), plan.effective().count(), "{}", path.display());
                        read_well += 1;
                    }
                    Err(error) => wrong.push(format!("{}: {error}", path.display())),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{read_well} were read, and not: {wrong:#?}");
    assert!(read_well > 0, "there is no plan in that folder");
}

#[test]
fn what_is_secret_is_sealed_wherever_it_stands() {
    let before =
        json!({"identifier": "school", "password": "old-hunter2", "tags": {"api_key": "hunter2-tag"}});
    let after =
        json!({"identifier": "school", "password": "new-hunter2", "tags": {"api_key": "hunter2-tag2"}});
    let mut database = change("aws_db_instance", &json!(["update"]), &before, &after);
    database["change"]["before_sensitive"] = json!({"password": true, "tags": {}});
    database["change"]["after_sensitive"] = json!({"password": true, "tags": {}});
    let variables =
        |value: &str| json!({"function_name": "f", "environment": [{"variables": {"DSN": value}}]});
    let function =
        change("aws_lambda_function", &json!(["update"]), &variables("hunter2-a"), &variables("hunter2-b"));
    // A secret by Terraform's mark alone, also in the call that carries it.
    let record =
        json!({"zone_id": "Z1", "name": "txt.example.com", "type": "TXT", "records": ["hunter2-record"]});
    let mut marked = change("aws_route53_record", &json!(["create"]), &Value::Null, &record);
    marked["change"]["after_sensitive"] = json!({"records": true});
    let data = |text: &str| json!({"id": "i-0123456789abcdef0", "user_data": text});
    let machine = change(
        "aws_instance",
        &json!(["update"]),
        &data("export DB_PASSWORD=hunter2"),
        &data("export DB_PASSWORD=hunter2x"),
    );
    let reading =
        read(&parsed(&plan_of(&json!([database, function, machine, marked]))), None, Place::default());
    let sealer = Sealer::new([7; 32]);
    for planned in &reading.changes {
        let action = &planned.action;
        let shown = sealer.seal_all(&action.arguments, &action.secrets).to_string();
        assert!(!shown.contains("hunter2") && shown.contains("sealed"), "{shown}");
    }
    assert!(!reading.whole.arguments.to_string().contains("hunter2"));
}

#[test]
fn attributes_are_told_one_by_one() {
    let before =
        json!({"engine": "a", "rules": [{"port": 1}, {"port": 2}], "same": 1, "password": "x", "gone": 1});
    let after = json!({"engine": "b", "rules": [{"port": 1}, {"port": 3}], "same": 1, "password": "y"});
    let mut one = change("aws_db_instance", &json!(["delete", "create"]), &before, &after);
    one["change"]["after_unknown"] = json!({"arn": true});
    one["change"]["after_sensitive"] = json!({"password": true});
    one["change"]["replace_paths"] = json!([["engine"], ["rules", 1]]);
    let plan = parsed(&plan_of(&json!([one])));
    let found = differences(&plan.changes[0]);
    let of = |name: &str| found.iter().find(|one| one.attribute == name).unwrap().clone();
    let mut names: Vec<&str> = found.iter().map(|one| one.attribute.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["arn", "engine", "gone", "password", "rules/1/port"]);
    let plain = |attribute: &str, before: Option<Value>, after: Option<Value>| Difference {
        attribute: attribute.to_owned(),
        before,
        after,
        unknown: false,
        secret: false,
        forces_replacement: false,
    };
    let forced = |one: Difference| Difference { forces_replacement: true, ..one };
    assert_eq!(of("engine"), forced(plain("engine", Some(json!("a")), Some(json!("b")))));
    assert_eq!(of("rules/1/port"), forced(plain("rules/1/port", Some(json!(2)), Some(json!(3)))));
    assert_eq!(of("gone"), plain("gone", Some(json!(1)), None));
    assert_eq!(of("password"), Difference { secret: true, ..plain("password", None, None) });
    let nested = json!({"options": [{"master_user_password": "hunter2"}]});
    let new = change("aws_opensearch_domain", &json!(["create"]), &Value::Null, &nested);
    let told = differences(&parsed(&plan_of(&json!([new]))).changes[0]);
    assert!(told.iter().all(|one| one.secret && one.after.is_none()), "{told:?}");
    assert_eq!(of("arn"), Difference { unknown: true, ..plain("arn", None, None) });
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z:/*{}$\"\\[\\].é-]{0,12}".prop_map(Value::from),
        Just(json!("arn:aws:rds:us-east-1:111122223333:db:school")),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(
                prop_oneof![
                    Just("arn"),
                    Just("id"),
                    Just("name"),
                    Just("tags"),
                    Just("tags_all"),
                    Just("ingress"),
                    Just("policy"),
                    Just("cidr_blocks"),
                    Just("bucket"),
                    Just("password"),
                    Just("from_port"),
                    Just("environment"),
                ]
                .prop_map(str::to_owned),
                inner,
                0..6
            )
            .prop_map(|members| json!(members)),
        ]
    })
}

const KINDS: [&str; 10] = [
    "aws_db_instance",
    "aws_security_group",
    "aws_route53_record",
    "aws_sqs_queue_policy",
    "aws_iam_role",
    "aws_instance",
    "aws_vpc_security_group_ingress_rule",
    "aws_made_up",
    "random_id",
    "google_thing",
];

proptest! {
    #[test]
    fn no_attributes_and_no_words_are_too_odd(
        kind in prop::sample::select(KINDS.as_slice()),
        actions in prop::collection::vec(prop::sample::select(["create", "delete", "update", "no-op", "forget", "x"].as_slice()), 0..3),
        (before, after) in (values(), values()),
        (unknown, sensitive, references) in (values(), values(), values()),
    ) {
        let mut one = change(kind, &json!(actions), &before, &after);
        one["change"]["after_unknown"] = unknown;
        one["change"]["after_sensitive"] = sensitive;
        let mut plan = plan_of(&json!([one]));
        plan["configuration"] = json!({"root_module": {"resources": [
            {"address": format!("{kind}.x"), "type": kind, "expressions": {"bucket": {"references": [references]}}},
        ]}});
        let plan = parsed(&plan);
        differences(&plan.changes[0]);
        let reading = read(&plan, None, Place::default());
        for planned in &reading.changes {
            let action = &planned.action;
            Sealer::new([7; 32]).seal_all(&action.arguments, &action.secrets);
            prop_assert!(!action.targets.is_empty());
            // What is not known is held; what goes goes, whatever its attributes are.
            let known = action.unknowns.is_empty();
            let destroys = action.claims.iter().any(|claim| claim.effect == Effect::Destroy || claim.effect == Effect::Network
                || claim.effect == Effect::Interrupt || claim.effect == Effect::Privilege || claim.effect == Effect::Expose);
            // A policy that is an attribute of another thing; and what is in the state alone.
            let harmless = kind == "aws_sqs_queue_policy" || action.targets.iter().all(|target| target.data == Bears::No);
            prop_assert!(!known || !planned.change.act.takes() || destroys || harmless, "{action:?}");
            prop_assert!(!known || action.mutates() || planned.change.act.verb() == "no-op", "{action:?}");
        }
    }

    #[test]
    fn whatever_bytes_come_they_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), state in values()) {
        let _ = Plan::parse(&bytes);
        let _ = State::parse(&state, Some(1));
    }
}
