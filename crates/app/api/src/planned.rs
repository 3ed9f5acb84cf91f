//! What a Terraform plan would change of each resource, attribute by attribute, as a person reads it.

use interlock_action::{Action, Surface};
use serde_json::{Map, Value};

/// What a plan does to one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedChange {
    /// In words.
    pub says: String,
    /// `create`, `update`, `replace`, `delete`, `forget`, …
    pub action: String,
    /// What of it would be different; none where it is gone.
    pub attributes: Vec<Attribute>,
}

/// One attribute that would be different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// What it is; nothing where it is not.
    pub before: Option<String>,
    /// What it would be; nothing where it would not.
    pub after: Option<String>,
    /// Nobody knows before it is applied.
    pub later: bool,
    /// It is why the resource is replaced.
    pub forces: bool,
}

/// A plan's changes; nothing where it is none.
pub fn planned(action: &Action) -> Vec<PlannedChange> {
    if action.surface != Surface::Terraform {
        return Vec::new();
    }
    action.arguments.get("changes").and_then(Value::as_array).into_iter().flatten().map(change).collect()
}

/// The same as lines of text.
pub fn plan_lines(action: &Action) -> Vec<String> {
    let mut lines = Vec::new();
    for change in planned(action) {
        lines.push(change.says);
        lines.extend(change.attributes.iter().map(line));
    }
    lines
}

fn line(attribute: &Attribute) -> String {
    let Attribute { name, before, after, later, forces } = attribute;
    let is = if *later { "known once it is applied" } else { after.as_deref().unwrap_or("nothing") };
    let forced = if *forces { " (forces it)" } else { "" };
    match before {
        Some(was) => format!("  {name}: {was} -> {is}{forced}"),
        None => format!("  {name}: {is}{forced}"),
    }
}

fn change(change: &Value) -> PlannedChange {
    let text = |name: &str| change.get(name).and_then(Value::as_str).unwrap_or_default();
    let nothing = Map::new();
    let side = |name: &str| change.get(name).and_then(Value::as_object).unwrap_or(&nothing);
    let (before, after, unknown) = (side("before"), side("after"), side("after_unknown"));
    let said = text("says");
    let says =
        if said.is_empty() { format!("{} {}", text("address"), text("action")) } else { said.to_owned() };
    let action = text("action").to_owned();
    if after.is_empty() && unknown.is_empty() {
        return PlannedChange { says, action, attributes: Vec::new() };
    }
    let forces = change.get("forces").and_then(Value::as_array).into_iter().flatten();
    let forces: Vec<&str> = forces.filter_map(|path| path.get(0)?.as_str()).collect();
    let mut names: Vec<&String> = before.keys().chain(after.keys()).chain(unknown.keys()).collect();
    names.sort();
    names.dedup();
    let attribute = |name: &String| {
        let shown = |side: &Map<String, Value>| {
            side.get(name).filter(|value| !is_nothing(value)).map(Value::to_string)
        };
        let (was, is) = (shown(before), shown(after));
        let later = unknown.get(name) == Some(&Value::Bool(true));
        // What nobody wrote the service fills in.
        let differs = was != is || (later && was.is_some());
        let forces = forces.contains(&name.as_str());
        differs.then(|| Attribute { name: name.clone(), before: was, after: is, later, forces })
    };
    PlannedChange { says, action, attributes: names.into_iter().filter_map(attribute).collect() }
}

/// Whether a value says nothing.
pub fn is_nothing(value: &Value) -> bool {
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

    fn action(surface: Surface, arguments: Value) -> Action {
        let said = json!({"surface": surface, "operation": "a:b:C", "claims": [], "targets": [], "arguments": arguments});
        serde_json::from_value(said).unwrap()
    }

    #[test]
    fn only_what_differs_is_told() {
        let arguments = json!({"changes": [
            {"address": "aws_vpc.a", "action": "replace", "before": {"x": 1, "y": "a"}, "after": {"x": 2, "y": "a"},
             "after_unknown": {"z": true}, "says": "aws_vpc.a is destroyed", "forces": [["x"]]},
            {"address": "aws_vpc.b", "action": "delete", "before": {"x": 1}, "after": null, "after_unknown": {}},
        ]});
        assert_eq!(
            plan_lines(&action(Surface::Terraform, arguments.clone())),
            ["aws_vpc.a is destroyed", "  x: 1 -> 2 (forces it)", "aws_vpc.b delete"]
        );
        // A call whose arguments look like a plan is none.
        assert!(plan_lines(&action(Surface::Aws, arguments)).is_empty());
    }
}
