//! What stands beside the tree: whether each body and each set of state changes is the one its leaf commits to, or was
//! taken away by a redaction that says so.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Broken, Leaf, Redaction};

/// The state of going through.
#[derive(Debug)]
pub(crate) struct Bodies {
    /// Entries without a body, for which no redaction was met yet.
    bodiless: BTreeSet<u64>,
    /// Entries whose state changes are not their leaf's own: the digest of what is there, and whether it is what the last
    /// redaction met put in their place.
    replaced: BTreeMap<u64, (Option<String>, bool)>,
    /// Whether the state changes of every entry so far were at hand.
    all_states: bool,
    /// How many redactions were met.
    pub(crate) redacted: u64,
}

impl Default for Bodies {
    fn default() -> Self {
        Self { bodiless: BTreeSet::new(), replaced: BTreeMap::new(), all_states: true, redacted: 0 }
    }
}

impl Bodies {
    /// Takes the next entry, with the digest of its state changes: `None` when they are not at hand at all, `Some(None)`
    /// when there are none.
    pub(crate) fn entry(
        &mut self,
        index: u64,
        leaf: &Leaf,
        has_body: bool,
        digest: Option<Option<String>>,
    ) -> Result<(), Broken> {
        self.all_states &= digest.is_some();
        if let Some(digest) = digest
            && digest != leaf.state
        {
            self.replaced.insert(index, (digest, false));
        }
        if !has_body && !leaf.fields.is_empty() {
            self.bodiless.insert(index);
        }
        leaf.redacts().map_or(Ok(()), |redaction| self.redaction(redaction))
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

    /// No more entries.
    pub(crate) fn finish(&self) -> Result<(), Broken> {
        if let Some((index, _)) = self.replaced.iter().find(|(_, (_, fits))| !fits) {
            return Err(Broken::State { index: *index });
        }
        match self.bodiless.first() {
            Some(index) => Err(Broken::BodyMissing { index: *index }),
            None => Ok(()),
        }
    }
}
