//! The bodies beside an exported log: encrypted as they are stored, or opened, one line an entry.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::Files;
use crate::{
    Broken, Leaf, LedgerError, Opening, State, StateSalt, Tile, bodies::Bodies, check_openings,
    check_sealed_body, grouped,
};

/// The folder of encrypted bodies: what was recorded is still there, and nobody without the home's keys reads it.
pub const BODIES: &str = "bodies";
/// The folder of opened bodies and state changes.
pub const OPENED: &str = "opened";

/// Where the bodies of a bundle's entries stand.
pub fn body_path(folder: &str, bundle: u64) -> String {
    format!("{folder}/{}.jsonl", grouped(bundle))
}

/// What stands beside the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Entries that have private fields.
    pub private: u64,
    /// Of these, whose body is there, encrypted, as it was recorded.
    pub sealed: u64,
    /// Of these, whose private fields are there in the clear, as they were recorded.
    pub opened: u64,
    /// Of these, whose body was redacted.
    pub gone: u64,
    /// Of these, whose body this folder was not given.
    pub absent: u64,
    /// Entries whose state changes are not shown where the others are.
    #[serde(skip_serializing_if = "none")]
    pub withheld: u64,
}

fn none(count: &u64) -> bool {
    *count == 0
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyLine {
    /// Whose.
    pub index: u64,
    /// Base64 of the encrypted body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The private fields, opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<BTreeMap<String, Opening>>,
    /// The state changes' exact text, opened; empty when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<String>,
    /// Base64 of what their digest is salted by; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_salt: Option<String>,
    /// The state changes are not shown: they hold in the clear what nobody but the home may read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
}

impl BodyLine {
    /// An encrypted body.
    pub fn sealed(index: u64, body: &[u8]) -> Self {
        Self { index, body: Some(STANDARD.encode(body)), ..Self::default() }
    }

    /// Opened fields and state changes.
    pub fn opened(
        index: u64,
        private: Option<BTreeMap<String, Opening>>,
        state: Option<State<'_>>,
    ) -> Result<Self, LedgerError> {
        let text = state.map(|state| std::str::from_utf8(state.events)).transpose();
        let text = text.map_err(|error| LedgerError::Json(error.to_string()))?;
        Ok(Self {
            index,
            body: None,
            private,
            events: Some(text.unwrap_or_default().to_owned()),
            events_salt: state.map(|state| STANDARD.encode(state.salt)),
            withheld: false,
        })
    }

    /// The same without the state changes.
    pub fn without_state(index: u64, private: Option<BTreeMap<String, Opening>>) -> Self {
        Self { index, private, withheld: true, ..Self::default() }
    }

    /// One line, with its newline.
    pub fn line(&self) -> Result<String, LedgerError> {
        let line = serde_json::to_string(self).map_err(|error| LedgerError::Json(error.to_string()))?;
        Ok(line + "\n")
    }

    /// The salt, and with it the bytes that the leaf commits to; `None` when there are no state changes.
    fn salted(&self) -> Result<Option<(StateSalt, &[u8])>, String> {
        let Some(events) = self.events.as_deref().filter(|events| !events.is_empty()) else {
            return Ok(None);
        };
        let salt = self.events_salt.as_deref().and_then(|salt| STANDARD.decode(salt).ok());
        let salt = salt.and_then(|salt| StateSalt::try_from(salt).ok());
        Ok(Some((salt.ok_or("its state changes have no salt")?, events.as_bytes())))
    }
}

/// The bodies of one bundle's entries.
pub(super) struct Beside {
    /// None when this folder has none of this bundle.
    sealed: Option<BTreeMap<u64, BodyLine>>,
    opened: Option<BTreeMap<u64, BodyLine>>,
}

impl Beside {
    pub(super) fn read<F: Files + ?Sized>(files: &F, tile: Tile) -> Result<Self, String> {
        Ok(Self {
            sealed: lines(files, &body_path(BODIES, tile.index))?,
            opened: lines(files, &body_path(OPENED, tile.index))?,
        })
    }

    /// Checks what there is of one entry against its leaf.
    pub(super) fn check(
        &self,
        index: u64,
        leaf: &[u8],
        bodies: &mut Bodies,
        counted: &mut Counted,
    ) -> Result<(), Broken> {
        let unreadable = |why: String| Broken::Unreadable { index, why };
        let leaf = Leaf::parse(leaf).map_err(|error| unreadable(error.to_string()))?;
        let sealed =
            self.sealed.as_ref().and_then(|lines| lines.get(&index)).and_then(|line| line.body.as_deref());
        let opened = self.opened.as_ref().and_then(|lines| lines.get(&index));
        let private = opened.and_then(|line| line.private.as_ref());
        let body = |why: String| Broken::Body { index, why };
        if let Some(sealed) = sealed {
            let bytes = STANDARD.decode(sealed).map_err(|error| body(error.to_string()))?;
            check_sealed_body(&leaf, &bytes).map_err(|error| body(error.to_string()))?;
        }
        if let Some(private) = private {
            check_openings(&leaf, private).map_err(|error| body(error.to_string()))?;
        }
        let given = self.sealed.is_some() || self.opened.is_some();
        // Each kind that was given must be whole; a body that is there in one of them is not missing.
        let there =
            (self.sealed.is_none() || sealed.is_some()) && (self.opened.is_none() || private.is_some());
        if !leaf.fields.is_empty() {
            counted.private += 1;
            counted.sealed += u64::from(sealed.is_some());
            counted.opened += u64::from(private.is_some());
            counted.gone += u64::from(given && !there);
            counted.absent += u64::from(!given);
        }
        let salted = opened.map(BodyLine::salted).transpose().map_err(body)?;
        let state =
            salted.as_ref().map(|salted| salted.as_ref().map(|(salt, events)| State { salt, events }));
        let withheld = opened.is_some_and(|line| line.withheld && line.events.is_none());
        counted.withheld += u64::from(withheld && leaf.state.is_some());
        // An opened folder has a line for every entry: without one, the state changes are gone.
        let digest = state.flatten().map(|state| state.digest());
        bodies.entry(index, &leaf, there || !given, (self.opened.is_some() && !withheld).then_some(digest))
    }
}

fn lines<F: Files + ?Sized>(files: &F, path: &str) -> Result<Option<BTreeMap<u64, BodyLine>>, String> {
    let Some(bytes) = files.read(path)? else { return Ok(None) };
    let text = String::from_utf8(bytes).map_err(|_| format!("`{path}` is not text"))?;
    let line = |line: &str| {
        let line: BodyLine = serde_json::from_str(line).map_err(|error| format!("`{path}`: {error}"))?;
        Ok::<_, String>((line.index, line))
    };
    text.lines().map(line).collect::<Result<_, _>>().map(Some)
}
