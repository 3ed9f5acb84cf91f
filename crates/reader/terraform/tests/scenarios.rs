//! Walks `scenarios/terraform/*.md`: every plan is read, and what it does is compared with what a person wrote down beside it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test: a fault here is a failed test"
)]

use std::{collections::BTreeSet, path::Path};

use interlock_action::{Action, Relation};
use interlock_reader_terraform::{Place, Plan, State, read};
use serde_json::{Value, json};

fn block<'t>(part: &'t str, kind: &str) -> Option<&'t str> {
    part.split_once(&format!("```{kind}\n"))?.1.split("```").next()
}

/// What every change of the page need not say.
fn plan(part: &str) -> Plan {
    let mut plan: Value = serde_json::from_str(block(part, "plan").unwrap()).unwrap();
    for (name, value) in [
        ("format_version", json!("1.2")),
        ("configuration", json!({})),
        ("complete", json!(true)),
        ("errored", json!(false)),
    ] {
        let members = plan.as_object_mut().unwrap();
        members.entry(name).or_insert(value);
    }
    for change in plan["resource_changes"].as_array_mut().into_iter().flatten() {
        let address = change["address"].as_str().unwrap().to_owned();
        let kind = address.rsplit('.').nth(1).unwrap().to_owned();
        for (name, value) in [
            ("mode", json!("managed")),
            ("type", json!(kind)),
            ("name", json!("x")),
            ("provider_name", json!("registry.terraform.io/hashicorp/aws")),
        ] {
            change.as_object_mut().unwrap().entry(name).or_insert(value);
        }
    }
    Plan::parse(plan.to_string().as_bytes()).unwrap()
}

/// What the actions do, a line each: effects, what is acted on, what is not known.
fn said(actions: &[&Action]) -> String {
    let mut lines = String::new();
    for action in actions {
        let effects: BTreeSet<&str> = action.claims.iter().map(|claim| claim.effect.name()).collect();
        let effects: Vec<&str> = effects.into_iter().collect();
        lines.push_str(&format!("{}: {}\n", action.operation, effects.join(" ")));
        for target in action.targets.iter().filter(|target| target.relation != Relation::Source) {
            let relation = format!("{:?}", target.relation).to_lowercase();
            let data = format!("{:?}", target.data).to_lowercase();
            lines.push_str(&format!("  {relation} {} (data: {data})\n", target.id));
        }
        let mut unknowns: Vec<&String> = action.unknowns.iter().collect();
        unknowns.dedup();
        for unknown in unknowns {
            lines.push_str(&format!("  unknown: {unknown}\n"));
        }
    }
    lines
}

#[test]
fn every_plan_does_what_is_written_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../scenarios/terraform");
    let update = std::env::var_os("INTERLOCK_UPDATE").is_some();
    let (mut seen, mut wrong) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let mut page = std::fs::read_to_string(&path).unwrap();
        for part in page.clone().split("\n### ").skip(1) {
            let state = block(part, "state").map(|state| {
                let state: Value = serde_json::from_str(state).unwrap();
                State::parse(&state["state"], state["prior_serial"].as_u64()).unwrap()
            });
            let reading = read(&plan(part), state.as_ref(), Place::default());
            let whole = Some(&reading.whole).filter(|whole| !whole.unknowns.is_empty() || whole.mutates());
            let actions: Vec<&Action> =
                whole.into_iter().chain(reading.changes.iter().map(|planned| &planned.action)).collect();
            let said = said(&actions);
            let expected = block(part, "expect").unwrap();
            seen += 1;
            if said != expected {
                let title = part.lines().next().unwrap_or_default();
                wrong.push(format!("{}: {title}\n--- expected\n{expected}--- said\n{said}", path.display()));
                page = page.replace(
                    part,
                    &part.replace(&format!("```expect\n{expected}"), &format!("```expect\n{said}")),
                );
            }
        }
        if update {
            std::fs::write(&path, page).unwrap();
        }
    }
    assert!(seen >= 20, "{seen} plans");
    assert!(update || wrong.is_empty(), "{}", wrong.join("\n"));
}
