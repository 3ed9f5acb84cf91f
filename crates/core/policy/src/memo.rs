//! Decisions already made, so that a repeated question costs a look-up.
//!
//! A decision is a pure function of the ask, the evidence and the bundle; the table lives and dies with its bundle. Two
//! generations bound it: when the young one is full it becomes the old one, and what was not asked for since is gone.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, PoisonError, RwLock};

use crate::decide::Ruling;
use crate::{Ask, Evidence};

/// How many entries a generation holds.
const GENERATION: usize = 1024;

/// What a decision about one ask depends on.
#[derive(Clone, Copy, Hash, PartialEq, Eq)]
pub(crate) struct Key<'a> {
    pub(crate) ask: &'a Ask,
    pub(crate) verified: &'a Evidence,
    pub(crate) reachable: &'a Evidence,
}

impl Key<'_> {
    fn hashed(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

#[derive(Debug)]
struct Entry {
    ask: Ask,
    verified: Evidence,
    reachable: Evidence,
    ruling: Arc<Ruling>,
}

impl Entry {
    /// Equal hashes are not enough: the id of a target is the agent's choice, and it may have looked for a collision.
    fn is(&self, key: &Key<'_>) -> bool {
        Key { ask: &self.ask, verified: &self.verified, reachable: &self.reachable } == *key
    }
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<u64, Arc<Entry>>,
    old: HashMap<u64, Arc<Entry>>,
}

impl Generations {
    fn insert(&mut self, hash: u64, entry: Arc<Entry>) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(hash, entry);
    }
}

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Memo(RwLock<Generations>);

impl Memo {
    /// The ruling, from the table or from `rule`, which is then remembered.
    pub(crate) fn get(&self, key: Key<'_>, rule: impl FnOnce() -> Ruling) -> Arc<Ruling> {
        let hash = key.hashed();
        let (found, young) = self.look_up(hash, &key);
        if let Some(entry) = found {
            if !young {
                self.insert(hash, entry.clone());
            }
            return entry.ruling.clone();
        }
        let ruling = Arc::new(rule());
        let entry = Entry {
            ask: key.ask.clone(),
            verified: *key.verified,
            reachable: *key.reachable,
            ruling: ruling.clone(),
        };
        self.insert(hash, Arc::new(entry));
        ruling
    }

    fn look_up(&self, hash: u64, key: &Key<'_>) -> (Option<Arc<Entry>>, bool) {
        let generations = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let find =
            |entries: &HashMap<u64, Arc<Entry>>| entries.get(&hash).filter(|entry| entry.is(key)).cloned();
        match find(&generations.young) {
            Some(entry) => (Some(entry), true),
            None => (find(&generations.old), false),
        }
    }

    fn insert(&self, hash: u64, entry: Arc<Entry>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(hash, entry);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        let generations = self.0.read().unwrap_or_else(PoisonError::into_inner);
        generations.young.len() + generations.old.len()
    }
}
