//! An entry of the ledger as one row.

use interlock_api::{LedgerRow, exact, is_nothing, time, visible};
use serde_json::Value;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryRow {
    pub(crate) index: u64,
    pub(crate) at: String,
    pub(crate) kind: String,
    /// What it is about, in the clear: names and ids, what says most first.
    pub(crate) about: Vec<Field>,
    /// What stands encrypted in the ledger, as far as it was not taken away.
    pub(crate) private: Vec<(String, String)>,
    pub(crate) redacted_by: Option<u64>,
}

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// As much as a row has room for.
    pub(crate) short: String,
    /// All of it.
    pub(crate) whole: String,
    /// It is a request.
    pub(crate) request: bool,
}

/// What says most of an entry, in this order; the rest stands behind it.
const FIRST: [&str; 14] = [
    "person",
    "agent",
    "what",
    "operation",
    "tier",
    "ticket",
    "subject",
    "glass",
    "incident",
    "scope",
    "environments",
    "effects",
    "task",
    "session",
];
/// What only tells one from another: a part of it will do.
const LONG: [&str; 9] =
    ["digest", "bundle", "config", "key", "keys", "review", "until", "counts_from", "checkpoint"];
/// Letters of such a part.
const PART: usize = 19;

fn field(name: &str, value: &Value) -> Field {
    let whole = match value {
        Value::Number(at) if name == "until" => at.as_u64().map_or_else(|| text(value), time),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(", "),
        _ => text(value),
    };
    let cut = LONG.contains(&name) && name != "until" && whole.chars().count() > PART + 1;
    let short = if cut { whole.chars().take(PART).chain(['…']).collect() } else { whole.clone() };
    Field { name: exact(name).replace('_', " "), short, whole, request: name == "ticket" }
}

/// The fields of an entry, what says most first; what is not so, or nothing, says nothing.
fn about(fields: &std::collections::BTreeMap<String, Value>) -> Vec<Field> {
    let mut said: Vec<(&String, &Value)> =
        fields.iter().filter(|(_, value)| !is_nothing(value) && **value != Value::Bool(false)).collect();
    let rank = |name: &str| {
        let first = FIRST.iter().position(|have| *have == name).unwrap_or(FIRST.len());
        (first, LONG.contains(&name))
    };
    said.sort_by_key(|(name, _)| rank(name));
    said.into_iter().map(|(name, value)| field(name, value)).collect()
}

impl EntryRow {
    pub(crate) fn of(row: &LedgerRow) -> Self {
        let pairs = |fields: &std::collections::BTreeMap<String, Value>| -> Vec<(String, String)> {
            let said = fields.iter().filter(|(_, value)| !is_nothing(value));
            said.map(|(name, value)| (exact(name), text(value))).collect()
        };
        Self {
            index: row.index,
            at: time(row.at),
            kind: row.kind.clone(),
            about: about(&row.public),
            private: row.private.as_ref().map(pairs).unwrap_or_default(),
            redacted_by: row.redacted_by,
        }
    }
}

/// A value as text: a string as it is, made visible, anything else as JSON.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => visible(text),
        other => visible(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_says_most_stands_first_and_what_says_nothing_nowhere() {
        let public = json!({"advisory": false, "digest": format!("sha256:{}", "a".repeat(64)), "operation": "aws:rds:Stop",
                            "ticket": "tk-1", "agent": "claude", "owner": null, "effects": ["destroy", "expose"]});
        let public = serde_json::from_value(public).unwrap();
        let row =
            LedgerRow { index: 3, kind: "held".into(), at: 0, public, private: None, redacted_by: None };
        let fields: Vec<(String, String)> =
            EntryRow::of(&row).about.into_iter().map(|field| (field.name, field.short)).collect();
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["agent", "operation", "ticket", "effects", "digest"]);
        assert_eq!(fields.get(3).map(|(_, value)| value.as_str()), Some("destroy, expose"));
        assert_eq!(fields.get(4).map(|(_, value)| value.chars().count()), Some(PART + 1));
    }
}
