//! Amazon Cognito user pools.

mod inside;
mod pool;
mod provider;
mod user_pool;
mod users;

use serde_json::{Map, Value};

use super::Way;

/// Cognito's ways.
pub(super) static WAYS: &[&dyn Way] = &[&user_pool::UserPool];

/// A value without members that hold nothing, lists in an order of their own: what is told of what was never set differs
/// from one answer to the next.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().map(|(name, value)| (name.clone(), plain(value)));
            Value::Object(kept.filter(|(_, value)| !is_nothing(value)).collect::<Map<_, _>>())
        }
        Value::Array(all) => super::way::sorted(all.iter().map(plain).collect()),
        other => other.clone(),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
