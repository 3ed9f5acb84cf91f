use serde_json::json;

use super::*;

fn plan(mut plan: Value) -> Result<Plan, ReadError> {
    for (name, value) in [
        ("format_version", json!("1.2")),
        ("configuration", json!({})),
        ("complete", json!(true)),
        ("errored", json!(false)),
    ] {
        if plan.get(name).is_none() {
            plan[name] = value;
        }
    }
    Plan::parse(plan.to_string().as_bytes())
}

fn change(actions: Value) -> Value {
    json!({"resource_changes": [{
        "address": "module.a[\"x]\\\"\"].aws_db_instance.main[0]", "mode": "managed", "type": "aws_db_instance",
        "name": "main", "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {"actions": actions, "before": null, "after": {}, "after_unknown": {}},
    }]})
}

#[test]
fn every_action_of_every_version_is_known_or_unknown() {
    for (words, act) in [
        (json!(["no-op"]), Act::NoOp),
        (json!(["create"]), Act::Create),
        (json!(["read"]), Act::Read),
        (json!(["update"]), Act::Update),
        (json!(["delete"]), Act::Delete),
        (json!(["delete", "create"]), Act::Replace { create_first: false }),
        (json!(["create", "delete"]), Act::Replace { create_first: true }),
        (json!(["forget"]), Act::Forget),
        (json!(["create", "forget"]), Act::ForgetAndCreate),
        (json!(["evacuate"]), Act::Unknown(vec!["evacuate".to_owned()])),
        (json!(["delete", "evacuate"]), Act::Unknown(vec!["delete".to_owned(), "evacuate".to_owned()])),
        (json!([]), Act::Unknown(Vec::new())),
    ] {
        let read = plan(change(words.clone())).unwrap();
        assert_eq!(read.changes[0].act, act);
        let deletes = words.as_array().unwrap().contains(&json!("delete"));
        assert_eq!(act.takes(), deletes, "{words}");
        assert!(read.unknowns.is_empty(), "{:?}", read.unknowns);
        assert_eq!(read.changes[0].configured(), "module.a.aws_db_instance.main");
    }
}

#[test]
fn forms_of_other_major_versions_are_refused_and_minor_ones_read() {
    for (version, known) in
        [("0.1", true), ("0.2", true), ("1.0", true), ("1.9", true), ("2.0", false), ("x", false)]
    {
        assert_eq!(plan(json!({ "format_version": version })).is_ok(), known, "{version}");
    }
    assert!(Plan::parse(b"{}").is_err() && Plan::parse(b"[]").is_err() && Plan::parse(b"").is_err());
}

#[test]
fn what_is_not_known_is_said() {
    let says = |of: Value, what: &str| {
        let read = plan(of).unwrap();
        let unknowns: Vec<String> = read.unknowns.iter().cloned().chain(read.flags()).collect();
        assert!(unknowns.iter().any(|unknown| unknown.contains(what)), "{what}: {unknowns:?}");
    };
    says(json!({"errored": true}), "planning failed");
    says(json!({"complete": false}), "-target");
    says(json!({"complete": null}), "too old to say");
    says(json!({"errored": null}), "too old to say");
    says(json!({"evacuations": []}), "`evacuations`");
    says(json!({"deferred_changes": [{}]}), "put off");
    says(json!({"configuration": {"root_module": {"module_calls": {"a": {"source": "./a"}}}}}), "module a");
    let mut odd = change(json!(["update"]));
    odd["resource_changes"][0]["change"]["evacuates"] = json!(true);
    odd["resource_changes"][0]["evacuated"] = json!(true);
    says(odd.clone(), "`evacuates`");
    says(odd, "`evacuated`");
}

#[test]
fn whoever_made_a_plan_knows_what_it_does_not_say() {
    let silent = json!({"complete": null, "errored": null, "applyable": null});
    let mut read = plan(silent.clone()).unwrap();
    read.made_here(true);
    assert_eq!((read.flags(), read.applyable), (Vec::new(), Some(false)));
    let mut read = plan(silent).unwrap();
    read.made_here(false);
    assert_eq!(read.flags().len(), 1);
    // What it says itself counts.
    let mut read = plan(json!({"complete": false, "errored": true})).unwrap();
    read.made_here(true);
    assert_eq!(read.flags().len(), 2);
}

#[test]
fn what_runs_is_found_through_modules() {
    let inner = json!({"module": {
        "resources": [
            {"address": "terraform_data.hook", "mode": "managed", "type": "terraform_data",
             "provisioners": [{"type": "local-exec"}]},
            {"address": "data.external.key", "mode": "data", "type": "external"},
        ],
    }});
    let read = plan(json!({
        "configuration": {
            "provider_config": {"aws": {"full_name": "registry.terraform.io/hashicorp/aws", "expressions": {
                "region": {"constant_value": "eu-west-1"},
                "shared_config_files": {"constant_value": ["x"]},
            }}},
            "root_module": {"module_calls": {"b": {"module": {"module_calls": {"c": inner}}}}},
        },
        "action_invocations": [{"address": "action.aws_lambda_invoke.x"}],
    }))
    .unwrap();
    let configuration = read.configuration;
    assert_eq!(
        configuration.provisioners,
        [("module.b.module.c.terraform_data.hook".to_owned(), "local-exec".to_owned())]
    );
    assert_eq!(configuration.runs, ["module.b.module.c.data.external.key"]);
    let refused = ("registry.terraform.io/hashicorp/aws".to_owned(), "shared_config_files".to_owned());
    assert_eq!((configuration.refused, configuration.regions.only()), (vec![refused], Some("eu-west-1")));
    assert_eq!(read.invocations, ["action.aws_lambda_invoke.x"]);
}

#[test]
fn what_drifted_has_an_address_in_every_version() {
    let drifted = json!({"mode": "managed", "type": "aws_iam_role", "name": "lambda", "change": {"actions": ["update"]}});
    let read = plan(json!({"resource_drift": [drifted]})).unwrap();
    assert_eq!(read.drift[0].address, "aws_iam_role.lambda");
    assert!(
        plan(json!({"resource_drift": [{"type": "aws_iam_role", "change": {"actions": ["update"]}}]}))
            .is_err()
    );
}
