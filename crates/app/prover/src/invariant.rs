//! Invariants: what must hold of every bundle, written in Cedar beside it.
//!
//! An invariant is a `forbid` that is never in force: *the bundle never allows what this matches*. It has an `@id`, a
//! sentence in `@invariant` and a reason in `@why`. With `@without("resource.name, …")` it says less: the bundle never
//! allows what this matches *thanks to these attributes*, that is, while it would refuse the same request without them.
#![expect(clippy::indexing_slicing, reason = "a JSON value answers null where it has no such member")]

use std::collections::BTreeSet;

use cedar_policy::{Policy, Schema};
use interlock_action::RuleId;
use interlock_policy::{Fault, Gate, PolicyFile, is_forbid, parse_rules, validate};
use serde_json::{Value, json};

use crate::{
    ProverError,
    expression::{path, rewritten},
};

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../policies/invariants/", $name)))),*]
    };
}

const SHIPPED: &[(&str, &str)] =
    shipped!["data.cedar", "final.cedar", "grants.cedar", "people.cedar", "unknown.cedar", "writing.cedar"];

const ANNOTATIONS: [&str; 4] = ["id", "invariant", "why", "without"];

/// What must hold.
#[derive(Clone, Debug)]
pub struct Invariant {
    /// Its name.
    pub id: RuleId,
    /// The sentence that is proved.
    pub says: String,
    /// Why it must hold.
    pub why: String,
    /// The file it stands in.
    pub file: String,
    /// What is struck out; empty where the matched requests must be refused outright.
    pub(crate) without: Vec<Struck>,
    pub(crate) policy: Policy,
}

/// Something of a request that is struck out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Struck {
    /// `resource.name`: the target has none.
    Name,
    /// `resource.tags`: the target has none, and none were read.
    Tags,
    /// `context.evidence.NAME`: it has not come.
    Evidence(String),
}

impl Struck {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "resource.name" => Some(Self::Name),
            "resource.tags" => Some(Self::Tags),
            other => {
                let name = other.strip_prefix("context.evidence.")?;
                let known = [
                    "forecast",
                    "recovery_point",
                    "recovery_proven",
                    "rehearsal",
                    "delay_elapsed",
                    "break_glass",
                    "granted",
                ];
                let known = known.contains(&name) || counts(name);
                known.then(|| Self::Evidence(name.to_owned()))
            }
        }
    }

    /// What stands in the place of an expression when this is struck out.
    fn instead(&self, part: &Value) -> Option<Value> {
        let of_resource = |form: &str, attribute: &str| {
            part[form]["left"] == json!({"Var": "resource"}) && part[form]["attr"] == attribute
        };
        let tag = |form: &str| part[form]["left"] == json!({"Var": "resource"});
        let value = |value: Value| Some(json!({"Value": value}));
        match self {
            Self::Name if of_resource("has", "name") => value(json!(false)),
            Self::Name if of_resource(".", "name") => value(json!("")),
            Self::Tags if tag("hasTag") || of_resource(".", "tags_known") => value(json!(false)),
            Self::Tags if tag("getTag") => value(json!("")),
            Self::Evidence(name) if *part == path("context", &["evidence", name]) => {
                value(if counts(name) { json!(0) } else { json!(false) })
            }
            _ => None,
        }
    }
}

fn counts(name: &str) -> bool {
    matches!(name, "approvals" | "others" | "independent")
}

impl Invariant {
    /// A rule as it is when what this invariant strikes out is not there.
    pub(crate) fn strike(&self, policy: &Policy) -> Result<Policy, ProverError> {
        rewritten(policy, &|part| self.without.iter().find_map(|struck| struck.instead(part)))
    }
}

/// The invariants that hold for every bundle, as files.
pub fn shipped_invariants() -> Vec<PolicyFile> {
    SHIPPED.iter().map(|(name, text)| PolicyFile::new(*name, *text)).collect()
}

/// Reads invariants: the shipped ones and these. They add up; none can be taken away.
///
/// # Errors
/// [`ProverError::Invariants`] with everything that is wrong with them.
pub fn read_invariants(schema: &Schema, own: &[PolicyFile]) -> Result<Vec<Invariant>, ProverError> {
    let mut faults = Vec::new();
    let mut invariants: Vec<Invariant> = Vec::new();
    let mut names = BTreeSet::new();
    let shipped = shipped_invariants();
    // A copy of a shipped file beside one's own says the same again.
    let own = own.iter().filter(|file| !shipped.contains(file));
    for file in shipped.iter().chain(own) {
        let rules = match parse_rules(file) {
            Ok(rules) => rules,
            Err(mut found) => {
                faults.append(&mut found);
                continue;
            }
        };
        let mut here = Vec::new();
        for rule in rules {
            match invariant(file, &rule) {
                Ok(invariant) if names.insert(invariant.id.clone()) => here.push(invariant),
                Ok(invariant) => {
                    faults.push(fault(file, &rule, format!("the name `{}` is taken", invariant.id)));
                }
                Err(why) => faults.push(fault(file, &rule, why)),
            }
        }
        for invariant in &here {
            let found = validate(schema, std::slice::from_ref(&invariant.policy));
            faults.extend(found.into_iter().map(|why| fault(file, &invariant.policy, why)));
        }
        here.sort_by_key(|invariant| line(file, &invariant.policy));
        invariants.extend(here);
    }
    if faults.is_empty() { Ok(invariants) } else { Err(ProverError::Invariants(faults)) }
}

fn invariant(file: &PolicyFile, rule: &Policy) -> Result<Invariant, String> {
    if !is_forbid(rule) {
        return Err("an invariant is a forbid: it says what no bundle may ever allow".to_owned());
    }
    if let Some((other, _)) = rule.annotations().find(|(name, _)| !ANNOTATIONS.contains(name)) {
        return Err(format!("`@{other}` means nothing here"));
    }
    let text = |name: &str| {
        let text = rule.annotation(name).map(str::trim).filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or_else(|| format!("it has no `@{name}`"))
    };
    let without = rule.annotation("without").map(|list| list.split(',').map(str::trim)).into_iter().flatten();
    let without = without
        .map(|item| Struck::parse(item).ok_or_else(|| format!("`{item}` cannot be struck out")))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Invariant {
        id: RuleId::new(text("id")?),
        says: text("invariant")?,
        why: text("why")?,
        file: file.name.clone(),
        without,
        policy: rule.clone(),
    })
}

fn line(file: &PolicyFile, rule: &Policy) -> Option<usize> {
    let source = rule.to_cedar()?;
    let before = file.text.split(source.as_str()).next().filter(|before| before.len() < file.text.len())?;
    Some(before.matches('\n').count() + 1)
}

fn fault(file: &PolicyFile, rule: &Policy, message: String) -> Fault {
    Fault {
        gate: Gate::Invariants,
        file: file.name.clone(),
        line: line(file, rule),
        column: None,
        rule: rule.annotation("id").map(RuleId::new),
        message,
        hint: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use interlock_policy::Candidate;

    fn faults(text: &str) -> String {
        let shipped = Candidate::over_shipped(&[]).unwrap();
        let read = read_invariants(shipped.schema(), &[PolicyFile::new("mine.cedar", text)]);
        read.map(|all| all.len().to_string()).unwrap_or_else(|error| error.to_string())
    }

    const HEAD: &str = "@id(\"mine\") @invariant(\"So.\") @why(\"Because.\")";

    #[test]
    fn what_is_no_invariant_is_named() {
        for (text, said) in [
            ("permit (principal, action, resource);".to_owned(), "an invariant is a forbid"),
            (format!("{HEAD} permit (principal, action, resource);"), "an invariant is a forbid"),
            ("@id(\"a\") @why(\"b\") forbid (principal, action, resource);".to_owned(), "no `@invariant`"),
            (format!("{HEAD} @tier(\"T4\") forbid (principal, action, resource);"), "`@tier` means nothing"),
            (format!("{HEAD} @without(\"resource.kind\") forbid (principal, action, resource);"), "struck out"),
            (format!("{HEAD} forbid (principal, action, resource) when {{ resource.nothing }};"), "nothing"),
            (format!("{HEAD} forbid (principal, action"), "unexpected"),
            (
                "@id(\"audit-trail-is-final\") @invariant(\"a\") @why(\"b\") forbid (principal, action, resource);"
                    .to_owned(),
                "taken",
            ),
        ] {
            let said_instead = faults(&text);
            assert!(said_instead.contains(said), "{text}: {said_instead}");
        }
    }

    #[test]
    fn own_invariants_add_to_the_shipped_ones() {
        let shipped: usize = faults("").parse().unwrap();
        let more = faults(&format!(
            "{HEAD} forbid (principal, action, resource) when {{ false || context.people.solo }};"
        ));
        assert_eq!(more, (shipped + 1).to_string());
    }
}
