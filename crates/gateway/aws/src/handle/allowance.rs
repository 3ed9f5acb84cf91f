//! How many bytes of bodies are kept at once. A body is kept before its sender is known, so that one that sends many large
//! ones at a time would otherwise fill the memory.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The bytes of all requests together.
pub(crate) struct Allowance {
    most: usize,
    used: Arc<AtomicUsize>,
}

/// One request's part; dropping it gives it back.
pub(crate) struct Share {
    most: usize,
    all: Arc<AtomicUsize>,
    own: usize,
}

impl Allowance {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, used: Arc::default() }
    }

    /// Nothing yet.
    pub(crate) fn share(&self) -> Share {
        Share { most: self.most, all: Arc::clone(&self.used), own: 0 }
    }
}

impl Share {
    /// Takes so many more; `false` if that would be too many.
    #[must_use]
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= self.most);
        let grown = self.all.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        if grown {
            self.own = self.own.saturating_add(bytes);
        }
        grown
    }

    /// How many may be kept in all.
    pub(crate) fn most(&self) -> usize {
        self.most
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.all.fetch_sub(self.own, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_not_taken_and_what_ends_is_given_back() {
        let kept = Allowance::new(10);
        let (mut one, mut two) = (kept.share(), kept.share());
        assert!(one.grow(6) && two.grow(4));
        assert!(!two.grow(1) && !one.grow(usize::MAX));
        drop(one);
        assert!(two.grow(6) && !two.grow(1));
        drop(two);
        assert_eq!(kept.used.load(Ordering::Relaxed), 0);
    }
}
