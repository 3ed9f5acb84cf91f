//! Without a proof only the shipped rules, and forbids added to them, are in force.
//!
//! An added forbid can only ever deny more. Anything else (a changed or missing rule, another permit, another schema)
//! might permit more, and only a prover can tell.

use std::collections::BTreeMap;

use super::{body, fault};
use crate::rule::{self, Rule};
use crate::{Fault, Gate, LoadError, PolicyFile, RuleEffect, shipped};

/// Refuses another schema than the shipped one: the engine fills in that one, and a proof over another says nothing.
pub(super) fn schema(files: &[PolicyFile], faults: &mut Vec<Fault>) {
    let shipped_files = shipped::files();
    for file in files.iter().filter(|file| file.name == shipped::SCHEMA) {
        if !shipped_files.iter().any(|other| other.name == file.name && same_text(&other.text, &file.text)) {
            faults.push(file.fault(Gate::Proof, None, "it is not the schema that is shipped"));
        }
    }
}

/// Refuses what may permit more than the shipped bundle.
pub(super) fn check(files: &[PolicyFile], rules: &[Rule]) -> Result<(), LoadError> {
    let mut faults = Vec::new();
    let shipped_files = shipped::files();
    let mut broken = Vec::new();
    let mut ours: BTreeMap<_, _> = shipped_files
        .iter()
        .filter(|file| file.name != shipped::SCHEMA)
        .flat_map(|file| rule::read(file, &mut broken))
        .map(|rule| (rule.about.id.clone(), rule))
        .collect();
    faults.append(&mut broken);
    for rule in rules {
        // A rule was read from one of these files; were it not, it is still named.
        let nowhere = PolicyFile::new(rule.about.file.clone(), "");
        let file = files.iter().find(|file| file.name == rule.about.file).unwrap_or(&nowhere);
        match ours.remove(&rule.about.id) {
            Some(original) if same(&original, rule) => {}
            Some(_) => {
                let hint = "leave the shipped rule as it is and add a forbid beside it";
                faults.push(fault(Gate::Proof, file, rule, "it differs from the shipped rule", Some(hint)));
            }
            None if rule.about.effect == RuleEffect::Forbid => {}
            None => faults.push(fault(Gate::Proof, file, rule, "it is a permit that is not shipped", None)),
        }
    }
    faults.extend(ours.into_values().map(|rule| Fault {
        gate: Gate::Proof,
        file: rule.about.file,
        line: None,
        column: None,
        rule: Some(rule.about.id),
        message: "the shipped rule is missing".to_owned(),
        hint: Some("put the shipped file back".to_owned()),
    }));
    if faults.is_empty() { Ok(()) } else { Err(LoadError::NeedsProof(faults)) }
}

/// Whether two rules are the same but for layout and comments.
fn same(one: &Rule, other: &Rule) -> bool {
    match (body(one), body(other)) {
        (Ok(one), Ok(other)) => {
            one.effect == other.effect
                && one.principal == other.principal
                && one.action == other.action
                && one.resource == other.resource
                && one.annotations == other.annotations
                && one.clauses() == other.clauses()
        }
        _ => false,
    }
}

/// Line ends and blanks at the end do not matter.
fn same_text(one: &str, other: &str) -> bool {
    one.trim_end().lines().map(str::trim_end).eq(other.trim_end().lines().map(str::trim_end))
}
