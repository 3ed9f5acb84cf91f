//! Going through a log from its first entry and comparing it with what was signed.
//!
//! The store does it at every start, the offline verifier with an exported folder.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Broken, Checkpoint, Frontier, Hash, Leaf, LedgerError, NoteVerifier, Redaction, State, leaf_hash,
};

/// One stored entry as it is checked.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// Where it stands.
    pub index: u64,
    /// The leaf's bytes.
    pub leaf: &'a [u8],
    /// The leaf hash that is stored with it.
    pub hash: &'a Hash,
    /// Whether a body and what opens it are there.
    pub has_body: bool,
    /// The state changes; `None` when there are none.
    pub state: Option<State<'a>>,
    /// Whether the state changes are at hand at all.
    pub has_state: bool,
}

/// What holds for a log that was gone through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Which log.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// How many checkpoints were compared.
    pub checkpoints: u64,
    /// How many entries have been redacted.
    pub redacted: u64,
}

/// The state of going through.
#[derive(Debug)]
pub struct Replay {
    verifier: NoteVerifier,
    frontier: Frontier,
    /// Roots that are still to be met, by size.
    expected: BTreeMap<u64, Hash>,
    /// The largest size up to which a checkpoint fitted.
    good: u64,
    /// The largest size that any checkpoint speaks of.
    signed: u64,
    /// Where the first checkpoint did not fit: the last size that fitted, and its size.
    misfit: Option<(u64, u64)>,
    /// Entries without a body, for which no redaction was met yet.
    bodiless: BTreeSet<u64>,
    /// Entries whose state changes are not their leaf's own: the digest of what is there, and whether it is what the last
    /// redaction met put in their place.
    replaced: BTreeMap<u64, (Option<String>, bool)>,
    /// Whether the state changes of every entry so far were at hand.
    all_states: bool,
    redacted: u64,
    checkpoints: u64,
}

impl Replay {
    /// Nothing seen yet.
    pub fn new(verifier: NoteVerifier) -> Self {
        Self {
            verifier,
            frontier: Frontier::default(),
            expected: BTreeMap::new(),
            good: 0,
            signed: 0,
            misfit: None,
            bodiless: BTreeSet::new(),
            replaced: BTreeMap::new(),
            all_states: true,
            redacted: 0,
            checkpoints: 0,
        }
    }

    /// How many entries were seen.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Announces a signed checkpoint; to be called before the entries pass its size.
    pub fn expect(&mut self, note: &str) -> Result<Checkpoint, Broken> {
        self.checkpoints += 1;
        let nth = self.checkpoints;
        let checkpoint = Checkpoint::open(note, &self.verifier).map_err(|error| match error {
            LedgerError::BadSignature(_) => Broken::BadSignature { nth },
            LedgerError::UnknownKey { .. } => Broken::UnknownKey { nth, who: error.to_string() },
            other => Broken::Checkpoint { nth, why: other.to_string() },
        })?;
        let size = checkpoint.size;
        if size < self.size() {
            return Err(Broken::Checkpoint {
                nth,
                why: format!("size {size} comes after size {}", self.size()),
            });
        }
        self.signed = self.signed.max(size);
        if size == self.size() {
            self.compare(size, checkpoint.root)?;
        } else if self.expected.insert(size, checkpoint.root).is_some_and(|other| other != checkpoint.root) {
            return Err(Broken::Forked { size });
        }
        Ok(checkpoint)
    }

    fn compare(&mut self, size: u64, signed: Hash) -> Result<(), Broken> {
        match (signed == self.frontier.root(), self.misfit) {
            (true, None) => self.good = size,
            // A later checkpoint fits these entries, so the earlier one was signed over others.
            (true, Some((_, earlier))) => return Err(Broken::Forked { size: earlier }),
            (false, None) if size == self.good && size > 0 => return Err(Broken::Forked { size }),
            (false, None) => self.misfit = Some((self.good, size)),
            (false, Some(_)) => {}
        }
        Ok(())
    }

    /// Takes the next entry.
    pub fn entry(&mut self, stored: Stored<'_>) -> Result<Leaf, Broken> {
        let Stored { index, leaf: bytes, hash, .. } = stored;
        if index != self.size() {
            return Err(Broken::Reordered { expected: self.size(), found: index });
        }
        if leaf_hash(bytes) != *hash {
            return Err(Broken::Rewritten { index });
        }
        let leaf =
            Leaf::parse(bytes).map_err(|error| Broken::Unreadable { index, why: error.to_string() })?;
        self.all_states &= stored.has_state;
        if stored.has_state {
            let digest = stored.state.map(|state| state.digest());
            if digest != leaf.state {
                self.replaced.insert(index, (digest, false));
            }
        }
        if !stored.has_body && !leaf.fields.is_empty() {
            self.bodiless.insert(index);
        }
        if let Some(redaction) = leaf.redacts() {
            self.redaction(redaction)?;
        }
        self.frontier.push(*hash, |_, _, _| {});
        let size = self.size();
        if let Some(signed) = self.expected.remove(&size) {
            self.compare(size, signed)?;
        }
        Ok(leaf)
    }

    /// INVARIANT: of several redactions of one entry the last one says what stands there now, so that nothing that any of
    /// them took away can be put back.
    fn redaction(&mut self, redaction: Redaction<'_>) -> Result<(), Broken> {
        let Redaction { entry, state } = redaction;
        self.redacted += 1;
        self.bodiless.remove(&entry);
        let Some(state) = state else { return Ok(()) };
        match self.replaced.get_mut(&entry) {
            Some((found, fits)) => *fits = found.as_deref() == Some(state),
            // What is there is still what the leaf commits to.
            None if self.all_states => return Err(Broken::Restored { index: entry }),
            None => {}
        }
        Ok(())
    }

    /// No more entries: what holds, and the frontier to go on from.
    pub fn finish(self) -> Result<(Verified, Frontier), Broken> {
        let found = self.size();
        if let Some((from, size)) = self.misfit {
            return Err(Broken::Diverged { from, to: size.saturating_sub(1).max(from) });
        }
        if let Some((signed, _)) = self.expected.last_key_value() {
            return Err(Broken::Truncated { signed: *signed, found });
        }
        if self.signed < found {
            return Err(Broken::Unsigned { from: self.signed });
        }
        if let Some((index, _)) = self.replaced.iter().find(|(_, (_, fits))| !fits) {
            return Err(Broken::State { index: *index });
        }
        if let Some(index) = self.bodiless.first() {
            return Err(Broken::BodyMissing { index: *index });
        }
        let verified = Verified {
            origin: self.verifier.name().to_owned(),
            size: found,
            root: self.frontier.root(),
            checkpoints: self.checkpoints,
            redacted: self.redacted,
        };
        Ok((verified, self.frontier))
    }
}
