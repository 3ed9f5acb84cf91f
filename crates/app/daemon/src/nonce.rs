//! Values that are signed once.
//!
//! INVARIANT: a nonce that is given out is kept nowhere, so that nobody who asks for many takes any from others. It says
//! itself when it was given out here; what is remembered are those that an enrolled person has signed.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use interlock_action::Millis;
use interlock_approval::FRESH;
use sha2::Sha256;

/// The nonces of one process.
pub(crate) struct Nonces {
    key: [u8; 32],
    used: Mutex<Used>,
}

/// What was drawn for those that were signed and used, with when they were given out, and the latest that it ever was.
#[derive(Default)]
struct Used {
    signed: BTreeSet<(Millis, String)>,
    latest: Millis,
}

impl Nonces {
    /// Under a key that was drawn for this process: no other's nonces are good here.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key, used: Mutex::default() }
    }

    /// Makes one of what was drawn for it.
    pub(crate) fn give(&self, drawn: &str, now: Millis) -> String {
        let words = format!("{now:x}.{drawn}");
        let tag = self.tag(&words).map(|mac| hex::encode(mac.finalize().into_bytes())).unwrap_or_default();
        format!("{words}.{tag}")
    }

    /// Whether it was given out here a moment ago and is not used yet.
    pub(crate) fn is_good(&self, nonce: &str, now: Millis) -> bool {
        self.given(nonce).is_some_and(|one| self.used(now, |used| used.is_good(&one)))
    }

    /// Uses it: false if it is not good, or not any more. Only of what an enrolled person has signed is
    /// this asked, and of sign-ins that a provider answers, which are bounded in number.
    pub(crate) fn take(&self, nonce: &str, now: Millis) -> bool {
        self.given(nonce)
            .is_some_and(|one| self.used(now, |used| used.is_good(&one) && used.signed.insert(one)))
    }

    fn used<T>(&self, now: Millis, then: impl FnOnce(&mut Used) -> T) -> T {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.pass(now);
        then(&mut used)
    }

    /// When it was given out, and what was drawn for it, if it was given out here; however its tag is written.
    fn given(&self, nonce: &str) -> Option<(Millis, String)> {
        let (words, tag) = nonce.rsplit_once('.')?;
        self.tag(words)?.verify_slice(&hex::decode(tag).ok()?).ok()?;
        let (at, drawn) = words.split_once('.')?;
        Some((Millis::from_str_radix(at, 16).ok()?, drawn.to_owned()))
    }

    fn tag(&self, words: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(words.as_bytes());
        Some(mac)
    }
}

impl Used {
    /// INVARIANT: time never goes back here, or what is forgotten could be used again.
    fn pass(&mut self, now: Millis) {
        self.latest = self.latest.max(now);
        let latest = self.latest;
        self.signed.retain(|(given, _)| given.saturating_add(FRESH) > latest);
    }

    fn is_good(&self, one: &(Millis, String)) -> bool {
        one.0.saturating_add(FRESH) > self.latest && !self.signed.contains(one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_are_asked_for_each_is_good_once() {
        let nonces = Nonces::new([7; 32]);
        let all: Vec<String> = (0..5_000).map(|n| nonces.give(&n.to_string(), 10)).collect();
        for nonce in &all {
            assert!(nonces.is_good(nonce, 10) && nonces.take(nonce, 10), "{nonce}");
            assert!(!nonces.is_good(nonce, 10) && !nonces.take(nonce, 10), "{nonce}");
        }
    }

    #[test]
    fn what_is_old_or_of_another_making_is_good_for_nothing() {
        let nonces = Nonces::new([7; 32]);
        let one = nonces.give("one", 10);
        for forged in ["", ".", "a", "a.one", "a.one.", &one.replace("one", "two"), &one.replace("a.", "b.")]
        {
            assert!(!nonces.take(forged, 10), "{forged}");
        }
        assert!(!nonces.take(&Nonces::new([8; 32]).give("one", 10), 10), "of another process");
        assert!(!nonces.take(&one, 10 + FRESH), "too old");
    }

    #[test]
    fn a_clock_that_is_put_back_makes_nothing_good_again() {
        let nonces = Nonces::new([7; 32]);
        let one = nonces.give("one", 10);
        assert!(nonces.take(&one, 10));
        assert!(nonces.is_good(&nonces.give("two", 20 + FRESH), 20 + FRESH));
        assert!(!nonces.take(&one, 10) && !nonces.take(&one.to_uppercase(), 10));
    }
}
