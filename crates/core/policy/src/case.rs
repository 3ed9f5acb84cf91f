//! `policy test`: a JSON list of cases, each an ask with evidence and what should come out.
//!
//! A case names only what matters to it. The rest is ordinary: a builder's understood action, inside its task, on
//! something in development that bears no data, in a team of three of whom one owns the agent.

use std::collections::BTreeSet;

use interlock_action::{AgentId, Effect, EnvironmentName, Kind, Operation, PersonId, Surface, TargetId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    ActionFacts, AgentClass, AgentFacts, Ask, Bundle, Decision, Evidence, Hypothetical, Need, TargetFacts,
    Tier, Verified,
};

/// How the cases went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How many cases there were.
    pub cases: usize,
    /// Those that came out differently, or could not be read.
    pub failures: Vec<Failure>,
}

impl Report {
    /// Whether there were cases and all came out as expected.
    pub fn passed(&self) -> bool {
        self.cases > 0 && self.failures.is_empty()
    }
}

/// A case that did not come out as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The case's name.
    pub name: String,
    /// What was expected and what came out.
    pub message: String,
    /// What came out, where anything did.
    pub decision: Option<Decision>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// One ask, or a list of them; each a partial [`Ask`].
    ask: Value,
    #[serde(default)]
    evidence: Map<String, Value>,
    /// What could still come; left out, everything that these people can bring.
    #[serde(default)]
    reachable: Option<Map<String, Value>>,
    decision: String,
    #[serde(default)]
    tier: Option<Tier>,
    #[serde(default)]
    needs: Option<BTreeSet<Need>>,
    /// The ids of exactly the rules that speak.
    #[serde(default)]
    rules: Option<BTreeSet<String>>,
}

/// Runs cases: `[{"name", "ask": {…} | [{…}, …], "evidence"?: {…}, "reachable"?: {…}, "decision": "allow" | "hold" |
/// "refuse", "tier"?, "needs"?: […], "rules"?: […]}, …]`. What is left out of an ask is ordinary; what is left out of the
/// expectation is not checked. A file that cannot be read is one failure.
pub fn run_tests(bundle: &Bundle, json: &str) -> Report {
    let cases: Vec<Value> = match serde_json::from_str(json) {
        Ok(cases) => cases,
        Err(error) => {
            return Report { cases: 0, failures: vec![failure("the file", error.to_string(), None)] };
        }
    };
    let failures = cases.iter().enumerate().filter_map(|(index, case)| run(bundle, index, case).err());
    Report { cases: cases.len(), failures: failures.collect() }
}

fn run(bundle: &Bundle, index: usize, case: &Value) -> Result<(), Failure> {
    let number = format!("case {}", index + 1);
    let name = case.get("name").and_then(Value::as_str).unwrap_or(&number).to_owned();
    let broken = |error: serde_json::Error| failure(&name, error.to_string(), None);
    let case: Case = serde_json::from_value(case.clone()).map_err(broken)?;
    let asks = match &case.ask {
        Value::Array(asks) => asks.iter().map(ask).collect::<Result<Vec<_>, _>>(),
        one => ask(one).map(|ask| vec![ask]),
    }
    .map_err(broken)?;
    let evidence = evidence(case.evidence.clone()).map_err(broken)?;
    let reachable = match case.reachable.clone() {
        Some(reachable) => Hypothetical::new(self::evidence(reachable).map_err(broken)?),
        None => Hypothetical::greatest(evidence.team, evidence.team.saturating_sub(1), evidence.solo),
    };
    let decision = bundle.decide(&asks, &Verified::new(evidence), &reachable);
    match differences(&case, &decision) {
        differences if differences.is_empty() => Ok(()),
        differences => Err(failure(&case.name, differences.join("; "), Some(decision))),
    }
}

fn failure(name: &str, message: String, decision: Option<Decision>) -> Failure {
    Failure { name: name.to_owned(), message, decision }
}

fn differences(case: &Case, decision: &Decision) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, expected: String, got: String| {
        if expected != got {
            found.push(format!("{what}: expected {expected}, got {got}"));
        }
    };
    compare("decision", case.decision.clone(), decision.name().to_owned());
    if let Some(tier) = case.tier {
        compare("tier", tier.to_string(), decision.tier().to_string());
    }
    if let Some(needs) = &case.needs {
        let got: BTreeSet<Need> = decision.needs().iter().copied().collect();
        compare("needs", format!("{needs:?}"), format!("{got:?}"));
    }
    if let Some(rules) = &case.rules {
        let got: BTreeSet<String> = decision.rules().iter().map(|reason| reason.rule.to_string()).collect();
        compare("rules", format!("{rules:?}"), format!("{got:?}"));
    }
    found
}

/// An ordinary ask with what the case says in place of the ordinary.
fn ask(case: &Value) -> Result<Ask, serde_json::Error> {
    let mut whole = serde_json::to_value(ordinary())?;
    overlay(&mut whole, case);
    serde_json::from_value(whole)
}

fn evidence(case: Map<String, Value>) -> Result<Evidence, serde_json::Error> {
    let mut whole = serde_json::to_value(Evidence::none(3, false))?;
    overlay(&mut whole, &Value::Object(case));
    serde_json::from_value(whole)
}

fn overlay(whole: &mut Value, part: &Value) {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            for (key, value) in part {
                overlay(whole.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (whole, part) => *whole = part.clone(),
    }
}

/// An ordinary ask: a builder's understood read, inside its task, on something in development that bears no data. Data is
/// only lost where something bears it, so `loses_data` may stay true.
pub fn ordinary() -> Ask {
    Ask {
        agent: AgentFacts {
            name: AgentId::new("builder-1"),
            class: AgentClass::Builder,
            owner: PersonId::new("ana"),
        },
        effect: Effect::Read,
        target: TargetFacts {
            id: TargetId::new("arn:aws:rds:eu-west-1:111122223333:db:orders"),
            name: Some("orders".to_owned()),
            kind: Kind::Database,
            account: Some("111122223333".into()),
            environment: EnvironmentName::new("development"),
            production: false,
            class_read_only: false,
            bears_data: false,
            made_by_session: false,
            interlock_own: false,
            tags: None,
        },
        facts: ActionFacts {
            known: true,
            undo: false,
            in_scope: true,
            reach_production: false,
            administrator: false,
            over_budget: false,
            lease_names_secret: false,
            securable: true,
            loses_data: true,
            rehearsable: false,
            operation: Operation::aws("rds", "ModifyDBInstance"),
            service: "rds".to_owned(),
            surface: Surface::Aws,
        },
    }
}
