//! Going through a log from its first entry and comparing it with what was signed.
//!
//! The store does it at every start; it has every checkpoint it ever signed. A folder that left the house has tiles
//! instead, see [`crate::verify_folder`].

use std::collections::BTreeMap;

use crate::{
    Broken, Checkpoint, Frontier, Hash, Leaf, LedgerError, NoteVerifier, State, bodies::Bodies, leaf_hash,
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
}

/// One stored entry that was compared with itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    hash: Hash,
    leaf: Leaf,
    has_body: bool,
    /// The digest of the state changes, where there are any.
    digest: Option<String>,
}

impl Stored<'_> {
    /// Whether the leaf is the one that was hashed. Needs no other entry, and so can be done of many at once.
    pub fn check(&self) -> Result<Checked, Broken> {
        let index = self.index;
        if leaf_hash(self.leaf) != *self.hash {
            return Err(Broken::Rewritten { index });
        }
        let leaf =
            Leaf::parse(self.leaf).map_err(|error| Broken::Unreadable { index, why: error.to_string() })?;
        let digest = self.state.map(|state| state.digest());
        Ok(Checked { hash: *self.hash, leaf, has_body: self.has_body, digest })
    }
}

impl Checked {
    /// The leaf.
    pub fn leaf(&self) -> &Leaf {
        &self.leaf
    }
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
    bodies: Bodies,
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
            bodies: Bodies::default(),
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

    /// Takes the next entry, as it was found at this index.
    pub fn entry(&mut self, index: u64, checked: Result<Checked, Broken>) -> Result<(), Broken> {
        if index != self.size() {
            return Err(Broken::Reordered { expected: self.size(), found: index });
        }
        let Checked { hash, leaf, has_body, digest } = checked?;
        self.bodies.entry(index, &leaf, has_body, Some(digest))?;
        self.frontier.push(hash, |_, _, _| {});
        let size = self.size();
        match self.expected.remove(&size) {
            Some(signed) => self.compare(size, signed),
            None => Ok(()),
        }
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
        self.bodies.finish()?;
        let verified = Verified {
            origin: self.verifier.name().to_owned(),
            size: found,
            root: self.frontier.root(),
            checkpoints: self.checkpoints,
            redacted: self.bodies.redacted,
        };
        Ok((verified, self.frontier))
    }
}

#[cfg(test)]
mod tests;
