//! Strict validation against the schema. A rule that can never apply is a fault too: it protects nothing.

use std::collections::BTreeMap;

use cedar_policy::ffi::DetailedError;
use cedar_policy::{PolicySet, Schema, ValidationMode, Validator};

use crate::rule::Rule;
use crate::{Fault, Gate, PolicyFile};

/// Adds what the validator finds.
pub(super) fn check(schema: &Schema, rules: &[(&PolicyFile, Rule)], faults: &mut Vec<Fault>) {
    let by_id: BTreeMap<&str, &(&PolicyFile, Rule)> =
        rules.iter().map(|entry| (entry.1.about.id.as_str(), entry)).collect();
    let set = match PolicySet::from_policies(rules.iter().map(|(_, rule)| rule.policy.clone())) {
        Ok(set) => set,
        Err(error) => {
            let nowhere = PolicyFile::new("the bundle", "");
            return faults.push(nowhere.fault(Gate::Validation, None, error.to_string()));
        }
    };
    let result = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
    let errors = result.validation_errors().map(|error| (error.policy_id(), DetailedError::from(error)));
    let warnings = result.validation_warnings().map(|error| (error.policy_id(), DetailedError::from(error)));
    for (id, error) in errors.chain(warnings) {
        let id: &str = id.as_ref();
        let Some((file, rule)) = by_id.get(id) else { continue };
        // Positions are offsets into the text that the rule was parsed from, which is the whole file.
        let message = error.message.trim_start_matches(&format!("for policy `{id}`, ")).to_owned();
        let mut fault = file.cedar_fault(Gate::Validation, Some(0), DetailedError { message, ..error });
        // An error without a position would point at the first line of the file: let it point at the rule.
        if fault.line == Some(1) && rule.start.is_some_and(|start| start > 0) {
            fault = Fault {
                message: fault.message,
                hint: fault.hint,
                ..file.fault(Gate::Validation, rule.start, "")
            };
        }
        fault.rule = Some(rule.about.id.clone());
        faults.push(fault);
    }
}
