//! The exported form of a log, and its verification without any store.
//!
//! Two streams of JSON lines: entries in order, checkpoints in order. Whoever reads the files is the caller.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::{
    Broken, Hash, Leaf, LedgerError, NoteVerifier, Opening, Replay, State, StateSalt, Stored, Verified,
    check_openings,
};

/// One line of the entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedEntry {
    /// Where it stands.
    pub index: u64,
    /// Base64 of the leaf hash.
    pub hash: String,
    /// The leaf's exact text.
    pub leaf: String,
    /// Base64 of the encrypted body, when bodies stay closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The private fields, when bodies are opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<BTreeMap<String, Opening>>,
    /// The state changes' exact text, when bodies are opened; empty when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<String>,
    /// Base64 of what their digest is salted by; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_salt: Option<String>,
}

impl ExportedEntry {
    /// One line, without its newline.
    pub fn line(&self) -> Result<String, LedgerError> {
        serde_json::to_string(self).map_err(|error| LedgerError::Json(error.to_string()))
    }

    /// With a leaf hash as it is stored.
    pub fn new(index: u64, hash: &Hash, leaf: String) -> Self {
        let hash = STANDARD.encode(hash);
        Self { index, hash, leaf, body: None, private: None, events: None, events_salt: None }
    }

    /// Sets the encrypted body.
    #[must_use]
    pub fn closed(mut self, body: Option<&[u8]>) -> Self {
        self.body = body.map(|body| STANDARD.encode(body));
        self
    }

    /// Sets the state changes; `None` says that there are none.
    pub fn opened(mut self, state: Option<State<'_>>) -> Result<Self, LedgerError> {
        let text = state.map(|state| std::str::from_utf8(state.events));
        let text = text.transpose().map_err(|error| LedgerError::Json(error.to_string()))?;
        self.events = Some(text.unwrap_or_default().to_owned());
        self.events_salt = state.map(|state| STANDARD.encode(state.salt));
        Ok(self)
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

/// One line of the checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedCheckpoint {
    /// The signed note.
    pub note: String,
}

impl ExportedCheckpoint {
    /// One line, without its newline.
    pub fn line(&self) -> Result<String, LedgerError> {
        serde_json::to_string(self).map_err(|error| LedgerError::Json(error.to_string()))
    }
}

/// A line, or why it could not be read.
type Line = Result<String, String>;

/// Recomputes every leaf, the tree, and every checkpoint's signature and root. `held` are checkpoints that were kept
/// elsewhere: the exported log must contain what they sign.
pub fn verify_export(
    trusted: &NoteVerifier,
    entries: impl IntoIterator<Item = Line>,
    checkpoints: impl IntoIterator<Item = Line>,
    held: &[String],
) -> Result<Verified, Broken> {
    let mut replay = Replay::new(trusted.clone());
    for note in held {
        replay.expect(note)?;
    }
    let (mut checkpoints, mut nth, mut covered) = (checkpoints.into_iter(), 0_u64, 0_u64);
    // Checkpoints are drawn one ahead of the entries, so that a log of any length takes constant memory.
    let mut ahead = |replay: &mut Replay| -> Result<(), Broken> {
        while covered <= replay.size() {
            let Some(line) = checkpoints.next() else { return Ok(()) };
            nth += 1;
            let unreadable = |why: String| Broken::Checkpoint { nth, why };
            let line: ExportedCheckpoint = serde_json::from_str(&line.map_err(unreadable)?)
                .map_err(|error| unreadable(error.to_string()))?;
            let size = replay.expect(&line.note)?.size;
            if size < covered {
                return Err(unreadable(format!("size {size} comes after size {covered}")));
            }
            covered = size;
        }
        Ok(())
    };
    for line in entries {
        ahead(&mut replay)?;
        take(&mut replay, line)?;
    }
    ahead(&mut replay)?;
    // Checkpoints beyond the last entry: each is still announced, so that truncation names the largest.
    for line in checkpoints {
        let note = line.and_then(|line| {
            serde_json::from_str::<ExportedCheckpoint>(&line).map_err(|error| error.to_string())
        });
        let note = note.map_err(|why| Broken::Checkpoint { nth: nth + 1, why })?.note;
        replay.expect(&note)?;
    }
    replay.finish().map(|(verified, _)| verified)
}

fn take(replay: &mut Replay, line: Line) -> Result<(), Broken> {
    let index = replay.size();
    let unreadable = |why: String| Broken::Unreadable { index, why };
    let entry: ExportedEntry =
        serde_json::from_str(&line.map_err(unreadable)?).map_err(|error| unreadable(error.to_string()))?;
    let hash = STANDARD.decode(&entry.hash).ok().and_then(|hash| Hash::try_from(hash).ok());
    let hash = hash.ok_or_else(|| unreadable("no leaf hash".to_owned()))?;
    let salted = entry.salted().map_err(unreadable)?;
    let leaf = replay.entry(Stored {
        index: entry.index,
        leaf: entry.leaf.as_bytes(),
        hash: &hash,
        has_body: entry.body.is_some() || entry.private.is_some(),
        state: salted.as_ref().map(|(salt, events)| State { salt, events }),
        has_state: entry.events.is_some(),
    })?;
    check_private(&leaf, &entry)
}

fn check_private(leaf: &Leaf, entry: &ExportedEntry) -> Result<(), Broken> {
    let Some(private) = &entry.private else { return Ok(()) };
    check_openings(leaf, private).map_err(|error| Broken::Body { index: entry.index, why: error.to_string() })
}

#[cfg(test)]
mod tests;
