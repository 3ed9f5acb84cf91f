//! Walks `scenarios/rules/*.md`: every request is written as bytes, read again, and compared with what a person wrote
//! down beside it. Then every rule is taken away in turn, and a named scenario of it must fail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use interlock_action::{Action, Facts, Relation};
use interlock_reader_aws::catalogue::Catalogue;
use interlock_reader_aws::wire::{Body, Request, Scope, write};
use interlock_reader_aws::{read_without, rules, rules::Shape};
use serde_json::Value;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-east-1";

/// One `###` of a page.
#[derive(Debug)]
struct Scenario {
    /// `s3.md: s3-overwrite / dangerous: …`.
    name: String,
    /// The `##` that it stands under.
    rule: String,
    dangerous: bool,
    request: String,
    facts: Facts,
    effects: BTreeSet<String>,
    targets: BTreeSet<String>,
    rules: BTreeSet<String>,
    /// The page, and the scenario's own text in it.
    page: String,
    part: String,
}

fn pages() -> Vec<(String, String)> {
    let folder = folder();
    let mut pages: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    pages.sort();
    assert!(pages.len() >= 9, "a page for every family");
    pages
}

fn scenarios() -> Vec<Scenario> {
    let mut found = Vec::new();
    for (page, text) in pages() {
        let mut rule = String::new();
        for section in text.split("\n## ").skip(1) {
            section.lines().next().unwrap_or_default().trim().clone_into(&mut rule);
            for part in section.split("\n### ").skip(1) {
                found.push(scenario(&page, &rule, part));
            }
        }
    }
    found
}

fn block(part: &str, kind: &str) -> Option<String> {
    let (_, rest) = part.split_once(&format!("```{kind}\n"))?;
    Some(rest.split_once("```").expect("the block ends").0.to_owned())
}

fn scenario(page: &str, rule: &str, part: &str) -> Scenario {
    let title = part.lines().next().unwrap_or_default().trim();
    let name = format!("{page}: {rule} / {title}");
    let expect = block(part, "expect").unwrap_or_else(|| panic!("{name}: no expectation"));
    let line = |start: &str| {
        let line = expect.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_default();
        line.split_whitespace().filter(|word| *word != "none").map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let facts = block(part, "facts").map(|facts| serde_json::from_str(&facts).unwrap()).unwrap_or_default();
    Scenario {
        request: block(part, "request").unwrap_or_else(|| panic!("{name}: no request")),
        dangerous: title.starts_with("dangerous:"),
        facts: Facts(facts),
        effects: line("effects: "),
        targets: expect.lines().filter_map(|line| line.strip_prefix("target: ")).map(str::to_owned).collect(),
        rules: line("rules: "),
        rule: rule.to_owned(),
        page: page.to_owned(),
        part: part.to_owned(),
        name,
    }
}

/// Puts what was read in the place of what was expected, for a person to review the difference.
fn rewrite(
    scenario: &Scenario,
    effects: &BTreeSet<String>,
    targets: &BTreeSet<String>,
    rules: &BTreeSet<String>,
) {
    let words = |set: &BTreeSet<String>| match set.is_empty() {
        true => "none".to_owned(),
        false => set.iter().cloned().collect::<Vec<_>>().join(" "),
    };
    let targets: String = targets.iter().map(|target| format!("target: {target}\n")).collect();
    let expect = format!("effects: {}\n{targets}rules: {}\n", words(effects), words(rules));
    let old = block(&scenario.part, "expect").unwrap();
    let part = scenario.part.replace(&format!("```expect\n{old}```"), &format!("```expect\n{expect}```"));
    let path = folder().join(&scenario.page);
    let page = std::fs::read_to_string(&path).unwrap().replace(&scenario.part, &part);
    std::fs::write(path, page).unwrap();
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../scenarios/rules")
}

/// The request as bytes, and the scope that it would be signed with.
fn request(scenario: &Scenario) -> (Request, Scope) {
    let (first, parameters) =
        scenario.request.split_once('\n').expect("service and operation, then parameters");
    let (service, operation) = first.trim().split_once(' ').expect("service and operation");
    let service =
        Catalogue::get().service(service).unwrap_or_else(|| panic!("{}: no such service", scenario.name));
    let operation =
        service.operation(operation).unwrap_or_else(|| panic!("{}: no such operation", scenario.name));
    let parameters: Value =
        serde_json::from_str(parameters).unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
    let protocol = service.protocols[0];
    let written = write(&service, operation, protocol, REGION, Some(ACCOUNT), &parameters)
        .unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
    let mut headers = written.headers;
    headers.push(("host".to_owned(), written.host));
    let scope = Scope { region: REGION.to_owned(), service: written.signing_name.to_owned() };
    let request = Request {
        method: written.method,
        path: written.path,
        query: written.query,
        headers,
        body: Body::Bytes(written.body),
    };
    (request, scope)
}

fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Acts => "acts",
        Relation::Creates => "creates",
        Relation::Reaches => "reaches",
        Relation::Source => "source",
    }
}

/// The differences between what was read and what is expected; empty is a pass.
fn differences(scenario: &Scenario, without: Option<&str>) -> String {
    let (request, scope) = request(scenario);
    let reading = match read_without(&request, Some(&scope), Some(ACCOUNT), without) {
        Ok(reading) => reading,
        Err(error) => return format!("not read: {error}\n"),
    };
    let action: &Action = &reading.candidates[0].action;
    let claims =
        || action.claims.iter().filter(|claim| claim.when.iter().all(|test| test.holds(&scenario.facts)));
    let effects: BTreeSet<String> = claims().map(|claim| claim.effect.name().to_owned()).collect();
    let rules: BTreeSet<String> =
        claims().filter_map(|claim| claim.rule.as_ref()).map(ToString::to_string).collect();
    let targets: BTreeSet<String> =
        action.targets.iter().map(|target| format!("{} {}", relation(target.relation), target.id)).collect();
    let right = effects == scenario.effects && rules == scenario.rules && targets == scenario.targets;
    if !right && without.is_none() && std::env::var_os("INTERLOCK_UPDATE").is_some() {
        rewrite(scenario, &effects, &targets, &rules);
    }
    let mut text = String::new();
    for (what, have, want) in [
        ("effects", effects, &scenario.effects),
        ("rules", rules, &scenario.rules),
        ("targets", targets, &scenario.targets),
    ] {
        if have != *want {
            let _ = writeln!(text, "  {what}: {have:?}\n  expected {want:?}");
        }
    }
    if !action.unknowns.is_empty() {
        let _ = writeln!(text, "  unknowns: {:?}", action.unknowns);
    }
    text
}

#[test]
fn every_scenario_reads_as_written() {
    let mut failed = String::new();
    let all = scenarios();
    for scenario in &all {
        let differences = differences(scenario, None);
        if !differences.is_empty() {
            let _ = writeln!(failed, "{}\n{differences}", scenario.name);
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
    assert!(all.len() > 200, "only {} scenarios were found", all.len());
}

#[test]
fn every_rule_has_a_dangerous_and_a_benign_scenario() {
    let all = scenarios();
    let known: BTreeSet<&str> = rules::all().map(|rule| rule.id).collect();
    assert_eq!(known.len(), rules::all().count(), "two rules of one name");
    for rule in rules::all() {
        let own = || all.iter().filter(|scenario| scenario.rule == rule.id);
        assert!(own().any(|scenario| scenario.dangerous), "`{}` has no dangerous scenario", rule.id);
        assert!(own().any(|scenario| !scenario.dangerous), "`{}` has no benign scenario", rule.id);
        for scenario in own() {
            assert_eq!(scenario.rules.contains(rule.id), scenario.dangerous, "{}", scenario.name);
        }
    }
    for scenario in &all {
        assert!(known.contains(scenario.rule.as_str()), "{}: no such rule", scenario.name);
    }
}

#[test]
fn without_a_rule_each_of_its_dangerous_scenarios_fails() {
    let all = scenarios();
    for rule in rules::all() {
        for scenario in all.iter().filter(|scenario| scenario.rule == rule.id && scenario.dangerous) {
            assert!(
                !differences(scenario, Some(rule.id)).is_empty(),
                "`{}` passes without `{}`",
                scenario.name,
                rule.id
            );
        }
    }
}

/// The claims that a rule makes of a scenario's request.
fn claims_of(scenario: &Scenario, rule: &str) -> (Action, Vec<interlock_action::Claim>) {
    let (request, scope) = request(scenario);
    let action =
        read_without(&request, Some(&scope), Some(ACCOUNT), None).unwrap().candidates.remove(0).action;
    let own =
        |claim: &&interlock_action::Claim| claim.rule.as_ref().is_some_and(|have| have.as_str() == rule);
    let claims = action.claims.iter().filter(own).cloned().collect();
    (action, claims)
}

#[test]
fn a_rule_keeps_to_its_shape() {
    use interlock_action::Effect::{AuditTrail, Execute, GuardRemoval, RecoveryLoss};
    let all = scenarios();
    let (mut guards, mut replaces, mut delegates) = (0, 0, 0);
    for rule in rules::all() {
        let dangerous = all.iter().filter(|scenario| scenario.rule == rule.id && scenario.dangerous);
        for scenario in dangerous {
            let (action, claims) = claims_of(scenario, rule.id);
            let has = |effects: &[interlock_action::Effect]| {
                claims.iter().any(|claim| effects.contains(&claim.effect))
            };
            match rule.shape {
                Shape::Setting => {}
                Shape::GuardRemoval => {
                    guards += 1;
                    assert!(
                        has(&[GuardRemoval, RecoveryLoss, AuditTrail]),
                        "{}: no guard goes",
                        scenario.name
                    );
                }
                Shape::FullReplace { difference } => {
                    replaces += 1;
                    let mut same = Facts::default();
                    same.set(difference, false);
                    let left = claims.iter().filter(|claim| claim.when.iter().all(|test| test.holds(&same)));
                    assert_eq!(left.count(), 0, "{}: claims though nothing differs", scenario.name);
                    assert!(rules::facts::ALL.contains(&difference), "`{difference}` is no fact");
                }
                Shape::Delegation { identity } => {
                    delegates += 1;
                    assert!(has(&[Execute]), "{}: nothing runs", scenario.name);
                    let parameters = &action.arguments;
                    let named = identity.iter().find_map(|path| text_at(parameters, path));
                    let reached = |name: &str| {
                        let last = name.rsplit('/').next().unwrap_or(name);
                        action.targets.iter().any(|target| {
                            target.relation == Relation::Reaches && target.id.as_str().ends_with(last)
                        })
                    };
                    if let Some(name) = named.filter(|name| name.starts_with("arn:")) {
                        assert!(reached(&name), "{}: `{name}` is not among what it reaches", scenario.name);
                    }
                }
            }
        }
    }
    assert!(guards > 30 && replaces > 10 && delegates > 15, "{guards}, {replaces}, {delegates}");
}

/// The first text at a member path.
fn text_at(value: &Value, path: &str) -> Option<String> {
    let mut found = value;
    for step in path.split('.') {
        found = match step.strip_suffix("[]") {
            Some(name) => found.get(name)?.get(0)?,
            None => found.get(step)?,
        };
    }
    found.as_str().map(str::to_owned)
}
