//! The leaf: what of an entry goes into the tree.

use std::collections::BTreeMap;

use interlock_action::{Millis, canonical};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{EntryKind, LedgerError};

/// The most bytes a leaf may have: entry bundles (C2SP tlog-tiles) have a 16-bit length.
pub const LEAF_LIMIT: usize = 65_535;

/// The public field of a [`EntryKind::Redacted`] entry that names the entry whose body is gone.
pub const REDACTED_ENTRY: &str = "entry";

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
    /// Hexadecimal SHA-256 of the state changes' JSON; none without state changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// What [`Leaf::state`] says of these state changes.
pub fn state_digest(events: &[u8]) -> String {
    hex::encode(Sha256::digest(events))
}

impl Leaf {
    pub(crate) fn new(kind: EntryKind, at: Millis, public: BTreeMap<String, Value>) -> Self {
        Self { v: VERSION, kind, at, public, fields: BTreeMap::new(), state: None }
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

    /// The entry that this one says was redacted.
    pub fn redacts(&self) -> Option<u64> {
        if self.kind == EntryKind::Redacted { self.public.get(REDACTED_ENTRY)?.as_u64() } else { None }
    }

    /// Whether these are the state changes that it commits to.
    pub fn commits_to(&self, events: Option<&[u8]>) -> bool {
        self.state == events.map(state_digest)
    }
}
