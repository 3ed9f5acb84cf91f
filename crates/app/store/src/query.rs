//! Finding entries.

use std::collections::BTreeMap;

use interlock_action::{Millis, name_of};
use interlock_ledger::{EntryKind, Leaf};
use rusqlite::types::Value as Cell;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{StoreError, schema};

/// Which entries are wanted. Everything that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// From this index on.
    pub from: Option<u64>,
    /// Up to, not including, this one.
    pub to: Option<u64>,
    /// Of this session.
    pub session: Option<String>,
    /// About this ticket.
    pub ticket: Option<String>,
    /// About this action.
    pub action: Option<String>,
    /// Of one of these kinds; empty is any.
    pub kinds: Vec<EntryKind>,
    /// The newest first, instead of the oldest.
    pub newest_first: bool,
    /// At most so many.
    pub limit: Option<u32>,
}

/// An entry as it is read back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredEntry {
    /// Where it stands.
    pub index: u64,
    /// What it records.
    pub kind: EntryKind,
    /// When.
    pub at: Millis,
    /// In the clear.
    pub public: BTreeMap<String, Value>,
    /// Decrypted, and checked against the leaf.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub private: BTreeMap<String, Value>,
    /// The names of fields that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redacted: Vec<String>,
    /// The entry that says who took them away, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted_by: Option<u64>,
    /// The leaf hash in hexadecimal.
    pub hash: String,
}

impl StoredEntry {
    pub(crate) fn new(index: u64, leaf: Leaf, private: Option<BTreeMap<String, Value>>, hash: &[u8]) -> Self {
        let redacted = if private.is_none() { leaf.fields.into_keys().collect() } else { Vec::new() };
        Self {
            index,
            kind: leaf.kind,
            at: leaf.at,
            public: leaf.public,
            private: private.unwrap_or_default(),
            redacted,
            redacted_by: None,
            hash: hex::encode(hash),
        }
    }
}

impl Query {
    /// The statement and its parameters. The conditions are spelled as the indices are, or they would not be used.
    pub(crate) fn sql(&self) -> Result<(String, Vec<Cell>), StoreError> {
        let mut parts = vec!["SELECT idx, hash, leaf, wrapped_secret, body FROM entry WHERE 1".to_owned()];
        let mut cells = Vec::new();
        for (name, wanted) in [("session", &self.session), ("ticket", &self.ticket), ("action", &self.action)]
        {
            if let Some(wanted) = wanted {
                parts.push(format!("AND leaf ->> '$.public.{name}' = ?"));
                cells.push(Cell::Text(wanted.clone()));
            }
        }
        for (comparison, index) in [(">=", self.from), ("<", self.to)] {
            if let Some(index) = index {
                parts.push(format!("AND idx {comparison} ?"));
                cells.push(Cell::Integer(schema::key(index)));
            }
        }
        if !self.kinds.is_empty() {
            let marks = vec!["?"; self.kinds.len()].join(", ");
            parts.push(format!("AND leaf ->> '$.kind' IN ({marks})"));
            for kind in &self.kinds {
                cells.push(Cell::Text(name_of(kind)));
            }
        }
        parts.push(format!("ORDER BY idx {}", if self.newest_first { "DESC" } else { "ASC" }));
        if let Some(limit) = self.limit {
            parts.push("LIMIT ?".to_owned());
            cells.push(Cell::Integer(limit.into()));
        }
        Ok((parts.join(" "), cells))
    }
}
