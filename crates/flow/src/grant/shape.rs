//! What the arguments of two calls have in common that differ in what they fall on.

use interlock_action::{Action, CanonicalError, Digest, Effect, Target, digest_of};
use interlock_policy::Ask;
use serde_json::{Value, json};

/// What no name begins with.
const MARK: char = '\u{1}';

/// The digest of where an action is made and of its arguments, sealed and without tokens, with a mark in the place of the names of what
/// it falls on; without arguments, of the place alone. What it merely names beside (a role, a destination) stays as it is.
pub(super) fn shape(
    action: &Action,
    asks: &[Ask],
    arguments: Option<&Value>,
) -> Result<Digest, CanonicalError> {
    let asked =
        |target: &&Target| asks.iter().any(|ask| ask.effect != Effect::Read && ask.target.id == target.id);
    let targets: Vec<&Target> = action.targets.iter().filter(asked).collect();
    let arguments = arguments.map(|arguments| {
        let mut arguments = arguments.clone();
        for pointer in &action.tokens {
            if let Some(token) = arguments.pointer_mut(pointer) {
                token.take();
            }
        }
        // What stands twice may be something else of the same name: then all of it stays as it is.
        let once: Vec<&Target> =
            targets.iter().copied().filter(|target| count(&arguments, target) == 1).collect();
        marked(arguments, &once)
    });
    let body = json!({
        "account": action.account,
        "region": action.region,
        "content": action.content,
        "arguments": arguments,
    });
    digest_of("interlock arguments v1", &body)
}

fn marked(value: Value, targets: &[&Target]) -> Value {
    match value {
        Value::String(text) => match targets.iter().position(|target| names(&text, target)) {
            // By its place: two that change theirs are another call.
            Some(at) => json!(format!("{MARK}{at}")),
            // Nobody writes the mark in its place.
            None if text.starts_with(MARK) => json!(format!("{MARK}{text}")),
            None => Value::String(text),
        },
        Value::Array(parts) => parts.into_iter().map(|part| marked(part, targets)).collect(),
        Value::Object(parts) => parts.into_iter().map(|(name, part)| (name, marked(part, targets))).collect(),
        other => other,
    }
}

/// How often a text stands in it that names this.
fn count(value: &Value, target: &Target) -> usize {
    match value {
        Value::String(text) => usize::from(names(text, target)),
        Value::Array(parts) => parts.iter().map(|part| count(part, target)).sum(),
        Value::Object(parts) => parts.values().map(|part| count(part, target)).sum(),
        _ => 0,
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
    use interlock_policy::ordinary;

    use super::*;

    fn of(on: &[&str], beside: &str, arguments: Value) -> Digest {
        let id = |name: &str| format!("arn:aws:ec2:x:1:instance/{name}");
        let target = |name: &str| json!({"id": id(name), "kind": "instance", "data": "no"});
        let targets: Vec<Value> = on.iter().copied().chain([beside]).map(target).collect();
        let action: Action =
            serde_json::from_value(json!({"surface": "aws", "operation": "aws:ec2:StopInstances",
            "claims": [], "targets": targets, "arguments": arguments}))
            .unwrap();
        let ask = |name: &&str| {
            let mut ask = ordinary();
            (ask.effect, ask.target.id) = (Effect::Interrupt, id(name).into());
            ask
        };
        let asks: Vec<Ask> = on.iter().map(ask).collect();
        shape(&action, &asks, Some(&action.arguments)).unwrap()
    }

    #[test]
    fn a_name_that_stands_twice_is_not_only_its_targets() {
        let update = |id: &str| json!({"service": id, "definition": id});
        assert_ne!(of(&["i-1"], "r", update("i-1")), of(&["i-2"], "r", update("i-2")));
        assert_eq!(of(&["i-1"], "r", update("i-1")), of(&["i-1"], "r", update("i-1")));
    }

    #[test]
    fn only_the_names_of_what_it_falls_on_may_differ() {
        let stop = |id: &str, force: bool| json!({"InstanceIds": [id], "Force": force});
        assert_eq!(of(&["i-1"], "r", stop("i-1", true)), of(&["i-2"], "r", stop("i-2", true)));
        assert_ne!(of(&["i-1"], "r", stop("i-1", true)), of(&["i-1"], "r", stop("i-1", false)));
        assert_ne!(
            of(&["i-1"], "r", stop("i-1", true)),
            of(&["i-1"], "r", stop("i-2", true)),
            "i-2 is no target"
        );
        assert_ne!(of(&["i-1"], "r", json!({"a": "i-1"})), of(&["i-1"], "r", json!({"b": "i-1"})));
        assert_ne!(of(&["i-1"], "r", json!({"a": "\u{1}0"})), of(&["i-1"], "r", json!({"a": "i-1"})));
        let to = |queue: &str| of(&["i-1"], queue, json!({"id": "i-1", "to": queue}));
        assert_ne!(to("q-1"), to("q-2"), "what it merely names beside is looked at");
        let swap = |from: &str, to: &str| of(&["i-1", "i-2"], "r", json!({"from": from, "to": to}));
        assert_ne!(swap("i-1", "i-2"), swap("i-2", "i-1"));
    }
}
