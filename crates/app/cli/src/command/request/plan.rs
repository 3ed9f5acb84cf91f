//! A Terraform plan on a request's card: what of each resource would be different, attribute by attribute.

use serde_json::{Map, Value};

/// The lines of a plan's changes; nothing where the arguments are of no plan.
pub(super) fn lines(arguments: &Value) -> Vec<String> {
    let changes = arguments.get("changes").and_then(Value::as_array).into_iter().flatten();
    changes.flat_map(change).collect()
}

fn change(change: &Value) -> Vec<String> {
    let text = |name: &str| change.get(name).and_then(Value::as_str).unwrap_or_default();
    let nothing = Map::new();
    let side = |name: &str| change.get(name).and_then(Value::as_object).unwrap_or(&nothing).clone();
    let (before, after, unknown) = (side("before"), side("after"), side("after_unknown"));
    let says = text("says");
    let head =
        if says.is_empty() { format!("{} {}", text("address"), text("action")) } else { says.to_owned() };
    let mut lines = vec![head];
    let forces = change.get("forces").and_then(Value::as_array).into_iter().flatten();
    let forces: Vec<&str> = forces.filter_map(|path| path.get(0)?.as_str()).collect();
    if after.is_empty() && unknown.is_empty() {
        return lines;
    }
    let mut names: Vec<&String> = before.keys().chain(after.keys()).chain(unknown.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let shown =
            |side: &Map<String, Value>| side.get(name).filter(|value| !is_empty(value)).map(Value::to_string);
        let (was, is) = (shown(&before), shown(&after));
        let later = unknown.get(name) == Some(&Value::Bool(true));
        // What nobody wrote the service fills in.
        if was == is && !(later && was.is_some()) {
            continue;
        }
        let is = if later {
            "known once it is applied".to_owned()
        } else {
            is.unwrap_or_else(|| "nothing".to_owned())
        };
        let forced = if forces.contains(&name.as_str()) { " (forces it)" } else { "" };
        lines.push(match was {
            Some(was) => format!("  {name}: {was} -> {is}{forced}"),
            None => format!("  {name}: {is}{forced}"),
        });
    }
    lines
}

/// Whether an attribute says nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let arguments = json!({"changes": [
            {"address": "aws_vpc.a", "action": "replace", "before": {"x": 1, "y": "a"}, "after": {"x": 2, "y": "a"},
             "after_unknown": {"z": true}, "says": "aws_vpc.a is destroyed", "forces": [["x"]]},
            {"address": "aws_vpc.b", "action": "delete", "before": {"x": 1}, "after": null, "after_unknown": {}},
        ]});
        assert_eq!(
            lines(&arguments),
            ["aws_vpc.a is destroyed", "  x: 1 -> 2 (forces it)", "aws_vpc.b delete"]
        );
        assert!(lines(&json!({"DBInstanceIdentifier": "a"})).is_empty());
    }
}
