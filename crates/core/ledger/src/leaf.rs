//! The leaf: what of an entry goes into the tree.

use std::collections::BTreeMap;

use interlock_action::{Millis, canonical};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{EntryKind, LedgerError};

/// The most bytes a leaf may have: entry bundles (C2SP tlog-tiles) have a 16-bit length.
pub const LEAF_LIMIT: usize = 65_535;

/// The public field of a [`EntryKind::Redacted`] entry that names the entry whose body is gone.
pub const REDACTED_ENTRY: &str = "entry";

/// The public field of a [`EntryKind::Redacted`] entry with the digest of the state changes that stand in the place of the
/// entry's own from then on; absent when those stay.
pub const REDACTED_STATE: &str = "state";

const VERSION: u8 = 1;

/// What goes into the tree, as canonical JSON (RFC 8785).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    v: u8,
    /// What it records.
    pub kind: EntryKind,
    /// When.
    pub at: Millis,
    /// In the clear.
    pub public: BTreeMap<String, Value>,
    /// Private fields: base64 of the commitment to each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// The encrypted body's digest, so that its being there can be shown without opening it; none without a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The state changes' digest, see [`crate::State::digest`]; none without state changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// What an entry says was taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redaction<'a> {
    /// From which entry.
    pub entry: u64,
    /// The digest of the state changes that take the place of the entry's own; none when those stay.
    pub state: Option<&'a str>,
}

impl Leaf {
    pub(crate) fn new(kind: EntryKind, at: Millis, public: BTreeMap<String, Value>) -> Self {
        Self { v: VERSION, kind, at, public, fields: BTreeMap::new(), body: None, state: None }
    }

    /// The bytes that are hashed.
    pub fn encode(&self) -> Result<Vec<u8>, LedgerError> {
        let bytes = canonical(self).map_err(|error| LedgerError::Json(error.to_string()))?;
        if bytes.len() > LEAF_LIMIT { Err(LedgerError::LeafTooLong(bytes.len())) } else { Ok(bytes) }
    }

    /// Reads the bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, LedgerError> {
        if bytes.len() > LEAF_LIMIT {
            return Err(LedgerError::LeafTooLong(bytes.len()));
        }
        let leaf: Self =
            serde_json::from_slice(bytes).map_err(|error| LedgerError::Leaf(error.to_string()))?;
        if leaf.v == VERSION {
            Ok(leaf)
        } else {
            Err(LedgerError::Leaf(format!("version {} is not known", leaf.v)))
        }
    }

    /// What this one says was redacted.
    pub fn redacts(&self) -> Option<Redaction<'_>> {
        if self.kind != EntryKind::Redacted {
            return None;
        }
        let entry = self.public.get(REDACTED_ENTRY)?.as_u64()?;
        Some(Redaction { entry, state: self.public.get(REDACTED_STATE).and_then(Value::as_str) })
    }
}
