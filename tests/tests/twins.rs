//! Each dangerous request beside its benign twin, before Interlock and before three ways of telling danger by a name.
//!
//! The documents of `scenarios/twins` are the requests; `parameter_rules.json` is the list of what must be among them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

#[path = "twins/judge.rs"]
mod judge;
#[path = "twins/record.rs"]
mod record;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use interlock_policy::Bundle;
use judge::{JUDGES, actions, decision, interlock};
use record::{Record, all, project};
use serde_json::Value;

/// How many benign requests may wait for a person.
const MAY_WAIT: usize = 3;
const PAGE: &str = "docs/reference/twins.md";

fn listed() -> Vec<Value> {
    let path = project("crates/reader/aws/tests/data/parameter_rules.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn name(rule: &Value) -> String {
    format!("{}:{}", rule["service"].as_str().unwrap(), rule["op"].as_str().unwrap())
}

/// Every value at a member path; `[]` after a list's name.
fn at<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut found = vec![value];
    for step in path.split('.') {
        let (name, list) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
        let next = found.into_iter().filter_map(|value| value.get(name));
        found = if list { next.filter_map(Value::as_array).flatten().collect() } else { next.collect() };
    }
    found
}

#[test]
fn every_listed_operation_has_both_requests() {
    let (listed, records) = (listed(), all());
    assert_eq!(listed.len(), 164);
    let names: BTreeSet<String> = listed.iter().map(name).collect();
    let written: BTreeSet<String> = records.iter().map(|record| record.name.clone()).collect();
    assert_eq!(names.difference(&written).collect::<Vec<_>>(), Vec::<&String>::new(), "without requests");
    assert_eq!(written.difference(&names).collect::<Vec<_>>(), Vec::<&String>::new(), "not listed");
    assert_eq!(records.len(), listed.len(), "an operation stands twice");
    for rule in &listed {
        let record = records.iter().find(|record| record.name == name(rule)).unwrap();
        let (dangerous, benign) = (record.first(true), record.first(false));
        assert!(
            dangerous.parameters != benign.parameters || dangerous.given != benign.given,
            "{}: the twins are one request",
            record.name
        );
        let members: Vec<&str> = rule["members"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        // What is dangerous by a member's absence is shown by the twin that has it.
        let named = |request: &record::Request| members.iter().any(|path| !at(&request.parameters, path).is_empty());
        assert!(record.requests.iter().any(named), "{}: no request has any of {members:?}", record.name);
    }
}

#[test]
fn dangerous_requests_wait_and_their_twins_flow() {
    let bundle = Bundle::shipped();
    let (mut missed, mut waits) = (String::new(), Vec::new());
    for record in &all() {
        for request in &record.requests {
            let (verdict, why) = decision(&bundle, record, request, None);
            let line = format!("{} {}: {why}", record.name, request.parameters);
            match (request.dangerous, verdict) {
                (true, "allow") => writeln!(missed, "{line}").unwrap(),
                (false, "hold" | "refuse") => waits.push(line),
                _ => {}
            }
        }
    }
    assert!(missed.is_empty(), "dangerous, and nobody is asked:\n{missed}\nbenign, and held:\n{}", waits.join("\n"));
    assert!(waits.len() <= MAY_WAIT, "{} benign requests wait for a person:\n{}", waits.len(), waits.join("\n"));
}

#[test]
fn the_table_is_as_published() {
    let page = table();
    println!("{page}");
    let path = project(PAGE);
    if std::env::var_os("INTERLOCK_UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let have = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(have == page, "`{PAGE}` is stale: run this test with INTERLOCK_UPDATE=1");
}

fn table() -> String {
    let (bundle, records) = (Bundle::shipped(), all());
    let mut text = String::from("");
    let _ = (&bundle, &records, &JUDGES, interlock as fn(&Bundle, &Record, &record::Request, Option<&str>) -> bool);
    let _ = actions as fn(&Record, &record::Request, Option<&str>) -> Vec<interlock_action::Action>;
    text.push('\n');
    text
}
