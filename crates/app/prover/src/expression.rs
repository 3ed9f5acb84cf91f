//! Rules taken apart and put together again, in Cedar's JSON form of policies.
#![expect(clippy::indexing_slicing, reason = "a JSON value answers null where it has no such member")]

use cedar_policy::{Policy, PolicyId};
use serde_json::{Value, json};

use crate::ProverError;

/// When a rule speaks, as one expression: its scope and all its clauses.
pub(crate) fn condition(policy: &Policy) -> Result<Value, ProverError> {
    let rule = policy.to_json().map_err(ProverError::translate)?;
    let mut whole = json!({"Value": true});
    for variable in ["principal", "action", "resource"] {
        if let Some(part) = scope(variable, &rule[variable])? {
            whole = and(whole, part);
        }
    }
    for clause in rule["conditions"].as_array().into_iter().flatten() {
        let body = clause["body"].clone();
        whole = and(whole, if clause["kind"] == "unless" { not(body) } else { body });
    }
    Ok(whole)
}

/// A rule of everybody on everything with one condition.
pub(crate) fn rule(name: &str, effect: &str, when: &Value) -> Result<Policy, ProverError> {
    let all = json!({"op": "All"});
    let rule = json!({
        "effect": effect,
        "principal": all,
        "action": all,
        "resource": all,
        "conditions": [{"kind": "when", "body": when}],
    });
    Policy::from_json(Some(PolicyId::new(name)), rule).map_err(ProverError::translate)
}

/// The same rule with every expression that `put` has something for replaced by that.
pub(crate) fn rewritten(
    policy: &Policy,
    put: &dyn Fn(&Value) -> Option<Value>,
) -> Result<Policy, ProverError> {
    let mut rule = policy.to_json().map_err(ProverError::translate)?;
    if let Some(clauses) = rule["conditions"].as_array_mut() {
        for clause in clauses {
            clause["body"] = replaced(&clause["body"], put);
        }
    }
    Policy::from_json(Some(policy.id().clone()), rule).map_err(ProverError::translate)
}

/// An expression with parts of it replaced.
pub(crate) fn replaced(expression: &Value, put: &dyn Fn(&Value) -> Option<Value>) -> Value {
    if let Some(instead) = put(expression) {
        return instead;
    }
    match expression {
        Value::Object(parts) => {
            parts.iter().map(|(name, part)| (name.clone(), replaced(part, put))).collect()
        }
        Value::Array(parts) => parts.iter().map(|part| replaced(part, put)).collect(),
        other => other.clone(),
    }
}

pub(crate) fn and(left: Value, right: Value) -> Value {
    json!({"&&": {"left": left, "right": right}})
}

pub(crate) fn not(expression: Value) -> Value {
    json!({"!": {"arg": expression}})
}

/// `VARIABLE.FIRST.SECOND`.
pub(crate) fn path(variable: &str, attributes: &[&str]) -> Value {
    attributes
        .iter()
        .fold(json!({"Var": variable}), |left, attribute| json!({".": {"left": left, "attr": attribute}}))
}

/// What the scope says of a variable; nothing where it says nothing.
fn scope(variable: &str, constraint: &Value) -> Result<Option<Value>, ProverError> {
    let variable = json!({"Var": variable});
    let entity = |uid: &Value| json!({"Value": {"__entity": uid}});
    let said = match constraint["op"].as_str() {
        Some("All") => return Ok(None),
        Some("==") => json!({"==": {"left": variable, "right": entity(&constraint["entity"])}}),
        Some("in") => {
            let groups = match &constraint["entities"] {
                Value::Array(uids) => json!({"Set": uids.iter().map(entity).collect::<Vec<_>>()}),
                _ => entity(&constraint["entity"]),
            };
            json!({"in": {"left": variable, "right": groups}})
        }
        Some("is") => {
            let mut is = json!({"left": variable, "entity_type": constraint["entity_type"]});
            if !constraint["in"].is_null() {
                is["in"] = entity(&constraint["in"]["entity"]);
            }
            json!({"is": is})
        }
        _ => return Err(ProverError::translate(format!("a scope that nobody knows: {constraint}"))),
    };
    Ok(Some(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Policy {
        Policy::parse(Some(PolicyId::new("p")), text).unwrap()
    }

    #[test]
    fn a_condition_says_what_the_rule_said() {
        let policy = parsed(
            r#"forbid (principal is Agent, action in [Action::"read", Action::"destroy"], resource)
               when { resource.production } unless { context.evidence.forecast };"#,
        );
        let whole = parsed(
            r#"forbid (principal, action, resource) when {
               (((true && principal is Agent) && action in [Action::"read", Action::"destroy"]) && resource.production)
               && !context.evidence.forecast };"#,
        );
        let again = rule("p", "forbid", &condition(&policy).unwrap()).unwrap();
        assert_eq!(again.to_json().unwrap()["conditions"], whole.to_json().unwrap()["conditions"]);
    }

    #[test]
    fn what_is_replaced_is_gone() {
        let policy =
            parsed("permit (principal, action, resource) when { resource.production || context.a.b };");
        let wanted = path("resource", &["production"]);
        let without = rewritten(&policy, &|part| (*part == wanted).then(|| json!({"Value": false}))).unwrap();
        let said = without.to_json().unwrap()["conditions"][0]["body"].clone();
        assert_eq!(said, json!({"||": {"left": {"Value": false}, "right": path("context", &["a", "b"])}}));
    }
}
