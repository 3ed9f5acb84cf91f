//! Policy files, and the rules read from them.

use std::sync::Arc;

use cedar_policy::ffi::DetailedError;
use cedar_policy::{Effect as CedarEffect, Policy, PolicyId, PolicySet};
use interlock_action::RuleId;
use serde::{Deserialize, Serialize};

use crate::{Evidence, Fault, Gate, Hypothetical, Tier};

/// A file of a bundle: `*.cedar`, or the schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyFile {
    /// Its name, without a folder.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl PolicyFile {
    /// A file of this name and text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// A fault that starts at this byte of the text.
    pub(crate) fn fault(&self, gate: Gate, at: Option<usize>, message: impl Into<String>) -> Fault {
        let before = at.and_then(|at| self.text.get(..at));
        Fault {
            gate,
            file: self.name.clone(),
            line: before.map(|text| text.matches('\n').count() + 1),
            column: before.map(|text| text.rsplit('\n').next().unwrap_or_default().chars().count() + 1),
            rule: None,
            message: message.into(),
            hint: None,
        }
    }

    /// The faults that Cedar reports. `base` is where in the text its positions start from; without one there are no
    /// positions.
    pub(crate) fn cedar_fault(&self, gate: Gate, base: Option<usize>, error: DetailedError) -> Fault {
        let at = error.source_locations.first().map(|label| label.loc.start);
        let at = base.map(|base| base + at.unwrap_or_default());
        let mut fault = self.fault(gate, at, error.message);
        fault.hint = error.help;
        fault
    }
}

/// Whether a rule opens or closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleEffect {
    /// It permits what no forbid denies.
    Permit,
    /// It denies, unless the evidence it names exists.
    Forbid,
}

/// A rule, for people: what `policy explain RULE` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Its `@id`.
    pub id: RuleId,
    /// Whether it opens or closes.
    pub effect: RuleEffect,
    /// Its `@tier`.
    pub tier: Tier,
    /// Its `@why`.
    pub why: Arc<str>,
    /// Its `@next`.
    pub next: Arc<str>,
    /// The file it stands in.
    pub file: String,
    /// The line it starts on.
    pub line: Option<usize>,
    /// Its text.
    pub source: String,
}

/// A rule that passed the annotation gate.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) about: Explanation,
    /// Where it starts in its file, in bytes.
    pub(crate) start: Option<usize>,
    pub(crate) policy: Policy,
    /// The rule on its own, for asking whether it still applies.
    pub(crate) alone: PolicySet,
    /// The most evidence that makes a difference to it. Everything, until the monotone gate has looked.
    pub(crate) uses: Evidence,
}

/// Reads the rules of a file. Faults are added to the list; what is sound is returned.
pub(crate) fn read(file: &PolicyFile, faults: &mut Vec<Fault>) -> Vec<Rule> {
    let set: PolicySet = match file.text.parse() {
        Ok(set) => set,
        Err(errors) => {
            let errors: &cedar_policy::ParseErrors = &errors;
            faults.extend(errors.iter().map(|error| file.cedar_fault(Gate::Parse, Some(0), error.into())));
            return Vec::new();
        }
    };
    for template in set.templates() {
        let at = file.text.find(template.to_cedar().as_str());
        faults.push(file.fault(Gate::Annotations, at, "a template is no rule; write the rule out"));
    }
    let mut rules: Vec<Rule> = set.policies().filter_map(|policy| annotated(file, policy, faults)).collect();
    rules.sort_by_key(|rule| rule.start);
    rules
}

/// The rule, if its annotations are complete.
fn annotated(file: &PolicyFile, policy: &Policy, faults: &mut Vec<Fault>) -> Option<Rule> {
    let source = policy.to_cedar().unwrap_or_default();
    let start = file.text.find(source.as_str()).filter(|_| !source.is_empty());
    let id = policy.annotation("id").map(RuleId::new);
    let complain = |message: String, hint: &str| Fault {
        rule: id.clone(),
        hint: Some(hint.to_owned()),
        ..file.fault(Gate::Annotations, start, message)
    };
    let mut found = Vec::new();
    let mut text = |key: &str, hint: &str| match policy.annotation(key).map(str::trim) {
        Some(text) if !text.is_empty() => Some(text.to_owned()),
        _ => {
            found.push(complain(format!("it has no `@{key}`"), hint));
            None
        }
    };
    let name = text("id", "name the rule: @id(\"freeze-billing\")");
    let tier = text("tier", "say what it takes: @tier(\"T3\")");
    let why = text("why", "say in one sentence why the rule applies");
    let next = text("next", "say what an agent or a person can do next");
    let effect = match policy.effect() {
        CedarEffect::Permit => RuleEffect::Permit,
        CedarEffect::Forbid => RuleEffect::Forbid,
    };
    let tier = tier.and_then(|text| {
        let tier = text.parse().ok().filter(|tier| (*tier <= Tier::T1) == (effect == RuleEffect::Permit));
        if tier.is_none() {
            let hint = "a permit is T0 or T1, a forbid T2, T3, T4 or refuse";
            found.push(complain(format!("`{text}` is not its tier"), hint));
        }
        tier
    });
    if let Some(name) = name.as_ref().filter(|name| !is_rule_name(name)) {
        let hint = "lower-case letters, digits and hyphens";
        found.push(complain(format!("`{name}` is not a rule's name"), hint));
    }
    if !found.is_empty() {
        faults.append(&mut found);
        return None;
    }
    let policy = policy.new_id(PolicyId::new(name.as_deref()?));
    Some(Rule {
        about: Explanation {
            id: RuleId::new(name?),
            effect,
            tier: tier?,
            why: why?.into(),
            next: next?.into(),
            file: file.name.clone(),
            line: file.fault(Gate::Annotations, start, "").line.filter(|_| start.is_some()),
            source,
        },
        start,
        alone: PolicySet::from_policies([policy.clone()]).ok()?,
        policy,
        uses: Hypothetical::greatest(u8::MAX, u8::MAX, false).0,
    })
}

fn is_rule_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
