//! What is true of every request that the engine can be asked.
//!
//! Without it a solver finds two approvals of minus three people. Everything here is either how the engine makes requests
//! (`Evidence::consistent`, the closed lists) or arithmetic about people: the agent has one owner, so at most one of those
//! who approve is not another.
#![expect(clippy::indexing_slicing, reason = "a JSON value answers null where it has no such member")]

use cedar_policy::{Policy, PolicyId};
use serde_json::{Value, json};

use crate::{
    ProverError,
    expression::{condition, path, replaced},
};

/// Also: tags that were not read are not there. That is said where a rule looks at one ([`tags`]).
const WORLD: &str = r#"
permit (principal, action, resource) when {
  context.evidence.independent >= 0 &&
  context.evidence.others >= context.evidence.independent &&
  context.evidence.approvals >= context.evidence.others &&
  context.people.team >= context.evidence.approvals &&
  context.people.team <= 255 &&
  (context.evidence.others >= 1 || context.evidence.approvals <= 1) &&
  (context.evidence.others >= 2 || context.evidence.approvals <= 2) &&
  (!context.people.solo || context.people.team <= 1) &&
  (principal.class == "observer" || principal.class == "builder" || principal.class == "operator")
};"#;

/// The name under which a second copy of the evidence stands in the doubled schema.
pub(crate) const MORE: &str = "more";

const EVIDENCE: [&str; 7] =
    ["forecast", "recovery_point", "recovery_proven", "rehearsal", "delay_elapsed", "break_glass", "granted"];
const COUNTS: [&str; 3] = ["approvals", "others", "independent"];

/// What every request is like.
pub(crate) fn world() -> Result<Value, ProverError> {
    let policy = Policy::parse(Some(PolicyId::new("world")), WORLD).map_err(ProverError::translate)?;
    condition(&policy)
}

/// That a tag is there only if the tags were read, for every tag that these rules name.
pub(crate) fn tags<'a>(policies: impl Iterator<Item = &'a Policy>) -> Result<Vec<Value>, ProverError> {
    let mut keys = std::collections::BTreeSet::new();
    for policy in policies {
        collect(&condition(policy)?, &mut keys);
    }
    let known = path("resource", &["tags_known"]);
    let said = keys.into_iter().map(|key| {
        let tag = json!({"hasTag": {"left": {"Var": "resource"}, "right": {"Value": key}}});
        json!({"||": {"left": {"!": {"arg": tag}}, "right": known}})
    });
    Ok(said.collect())
}

fn collect(expression: &Value, keys: &mut std::collections::BTreeSet<String>) {
    match expression {
        Value::Object(parts) => {
            if let Some(key) = parts.get("hasTag").and_then(|tag| tag["right"]["Value"].as_str()) {
                keys.insert(key.to_owned());
            }
            parts.values().for_each(|part| collect(part, keys));
        }
        Value::Array(parts) => parts.iter().for_each(|part| collect(part, keys)),
        _ => {}
    }
}

/// An expression that speaks of the second copy of the evidence instead of the first.
pub(crate) fn of_more(expression: &Value) -> Value {
    let evidence = path("context", &["evidence"]);
    replaced(expression, &|part| (*part == evidence).then(|| path("context", &[MORE])))
}

/// That the second copy of the evidence is at least the first.
pub(crate) fn more() -> Value {
    let both = |name: &str| (path("context", &["evidence", name]), path("context", &[MORE, name]));
    let kept = EVIDENCE.iter().map(|name| {
        let (less, more) = both(name);
        json!({"||": {"left": {"!": {"arg": less}}, "right": more}})
    });
    let counted = COUNTS.iter().map(|name| {
        let (less, more) = both(name);
        json!({">=": {"left": more, "right": less}})
    });
    kept.chain(counted).fold(json!({"Value": true}), crate::expression::and)
}
