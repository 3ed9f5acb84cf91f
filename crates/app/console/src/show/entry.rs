//! An entry of the ledger as one row.

use interlock_api::{LedgerRow, exact, time, visible};
use serde_json::Value;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryRow {
    pub(crate) index: u64,
    pub(crate) at: String,
    pub(crate) kind: String,
    /// What it is about, in the clear: names and ids.
    pub(crate) about: Vec<(String, String)>,
    /// The request it belongs to.
    pub(crate) request: Option<String>,
    /// What stands encrypted in the ledger, as far as it was not taken away.
    pub(crate) private: Vec<(String, String)>,
    pub(crate) redacted_by: Option<u64>,
}

impl EntryRow {
    pub(crate) fn of(row: &LedgerRow) -> Self {
        let pairs = |fields: &std::collections::BTreeMap<String, Value>| -> Vec<(String, String)> {
            let said = fields.iter().filter(|(_, value)| !is_nothing(value));
            said.map(|(name, value)| (exact(name), text(value))).collect()
        };
        let request = row.public.get("ticket").and_then(Value::as_str).map(exact);
        Self {
            index: row.index,
            at: time(row.at),
            kind: row.kind.clone(),
            about: pairs(&row.public),
            request,
            private: row.private.as_ref().map(pairs).unwrap_or_default(),
            redacted_by: row.redacted_by,
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A value as text: a string as it is, made visible, anything else as JSON.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => visible(text),
        other => visible(&other.to_string()),
    }
}
