//! What the arguments of two calls have in common that differ in what they are about.

use interlock_action::{Action, CanonicalError, Digest, Target, digest_of};
use serde_json::{Value, json};

/// What no name begins with.
const MARK: char = '\u{1}';
/// What stands for the name of a target.
const TARGET: &str = "\u{1}target";

/// The digest of an action's arguments, sealed and without tokens, with a mark in the place of its targets' names.
pub(super) fn shape(action: &Action, mut arguments: Value) -> Result<Digest, CanonicalError> {
    for pointer in &action.tokens {
        if let Some(token) = arguments.pointer_mut(pointer) {
            token.take();
        }
    }
    let body = json!({
        "account": action.account,
        "region": action.region,
        "content": action.content,
        "arguments": marked(arguments, &action.targets),
    });
    digest_of("interlock arguments v1", &body)
}

fn marked(value: Value, targets: &[Target]) -> Value {
    match value {
        Value::String(text) if targets.iter().any(|target| names(&text, target)) => json!(TARGET),
        // Nobody writes the mark in its place.
        Value::String(text) if text.starts_with(MARK) => json!(format!("{MARK}{text}")),
        Value::Array(parts) => parts.into_iter().map(|part| marked(part, targets)).collect(),
        Value::Object(parts) => parts.into_iter().map(|(name, part)| (name, marked(part, targets))).collect(),
        other => other,
    }
}

/// Whether a text is a target's id, its name, or the last part of its id.
fn names(text: &str, target: &Target) -> bool {
    let id = target.id.as_str();
    !text.is_empty()
        && (text == id
            || target.name.as_deref() == Some(text)
            || id.strip_suffix(text).is_some_and(|head| head.ends_with([':', '/'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(name: &str, arguments: Value) -> Action {
        let targets =
            json!([{"id": format!("arn:aws:ec2:x:1:instance/{name}"), "kind": "instance", "data": "no"}]);
        serde_json::from_value(json!({"surface": "aws", "operation": "aws:ec2:StopInstances", "claims": [],
            "targets": targets, "arguments": arguments}))
        .unwrap()
    }

    fn of(name: &str, arguments: Value) -> Digest {
        let action = action(name, arguments);
        shape(&action, action.arguments.clone()).unwrap()
    }

    #[test]
    fn only_the_names_of_targets_may_differ() {
        let stop = |id: &str, force: bool| json!({"InstanceIds": [id], "Force": force});
        assert_eq!(of("i-1", stop("i-1", true)), of("i-2", stop("i-2", true)));
        assert_ne!(of("i-1", stop("i-1", true)), of("i-1", stop("i-1", false)));
        assert_ne!(of("i-1", stop("i-1", true)), of("i-1", stop("i-2", true)), "i-2 is no target of it");
        assert_ne!(of("i-1", json!({"a": "i-1"})), of("i-1", json!({"b": "i-1"})));
        assert_ne!(of("i-1", json!({"a": "\u{1}target"})), of("i-1", json!({"a": "i-1"})));
    }
}
