//! Values that are signed once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use interlock_action::Millis;
use interlock_approval::FRESH;

/// More than this many open at once is not people at work.
const OPEN: usize = 1_000;

/// The nonces given out and not yet used.
#[derive(Debug, Default)]
pub(crate) struct Nonces(Mutex<HashMap<String, Millis>>);

impl Nonces {
    /// Gives one out.
    pub(crate) fn give(&self, nonce: String, now: Millis) -> String {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, given| given.saturating_add(FRESH) > now);
        if open.len() < OPEN {
            open.insert(nonce.clone(), now);
        }
        nonce
    }

    /// Takes one back; false if it was never given, is used or too old.
    pub(crate) fn take(&self, nonce: &str, now: Millis) -> bool {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(nonce).is_some_and(|given| given.saturating_add(FRESH) > now)
    }
}
