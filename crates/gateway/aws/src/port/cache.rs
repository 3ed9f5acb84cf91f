//! Answers to Interlock's own reads, used again for a moment while nothing was changed through this gateway.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use interlock_action::{Answer, Digest};

/// So many answers at most; beyond it the cache starts anew.
const CAP: usize = 2_048;

/// Answers by what was asked.
///
/// INVARIANT: an answer that was asked for before a change began is never given after it: every change empties the cache
/// before it is sent and after it was answered, and what was asked before does not enter afterwards.
pub(crate) struct ReadCache {
    life: Duration,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    age: u64,
    answers: HashMap<Digest, (Instant, Answer)>,
}

impl ReadCache {
    pub(crate) fn new(life: Duration) -> Self {
        Self { life, held: Mutex::default() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An answer that is still fresh, unless `anew` one is wanted; else the age under which a new one may be kept.
    pub(crate) fn get(&self, asked: &Digest, anew: bool) -> Result<Answer, u64> {
        let held = self.lock();
        match held.answers.get(asked) {
            Some((at, answer)) if !anew && at.elapsed() < self.life => Ok(answer.clone()),
            _ => Err(held.age),
        }
    }

    /// Keeps an answer, unless something was changed since it was asked for.
    pub(crate) fn keep(&self, asked: Digest, age: u64, answer: &Answer) {
        let mut held = self.lock();
        if held.age != age || self.life.is_zero() || matches!(answer, Answer::Unreadable(_)) {
            return;
        }
        if held.answers.len() >= CAP {
            held.answers.clear();
        }
        held.answers.insert(asked, (Instant::now(), answer.clone()));
    }

    /// Something changes.
    pub(crate) fn forget(&self) {
        let mut held = self.lock();
        held.age = held.age.wrapping_add(1);
        held.answers.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_empties_it_and_keeps_older_answers_out() {
        let cache = ReadCache::new(Duration::from_secs(60));
        let asked = Digest::of(b"x");
        let age = cache.get(&asked, false).unwrap_err();
        cache.keep(asked, age, &Answer::NotFound);
        assert_eq!(cache.get(&asked, false), Ok(Answer::NotFound));
        cache.forget();
        let new = cache.get(&asked, false).unwrap_err();
        cache.keep(asked, age, &Answer::NotFound);
        assert!(cache.get(&asked, false).is_err());
        cache.keep(asked, new, &Answer::Unreadable("why".to_owned()));
        assert!(cache.get(&asked, false).is_err());
        cache.keep(asked, new, &Answer::NotFound);
        assert!(cache.get(&asked, false).is_ok());
    }

    #[test]
    fn a_proof_is_never_an_answer_of_earlier() {
        let cache = ReadCache::new(Duration::from_secs(60));
        let asked = Digest::of(b"x");
        let age = cache.get(&asked, true).unwrap_err();
        cache.keep(asked, age, &Answer::NotFound);
        assert_eq!(cache.get(&asked, true), Err(age));
        assert_eq!(cache.get(&asked, false), Ok(Answer::NotFound));
    }

    #[test]
    fn a_life_of_nothing_keeps_nothing() {
        let cache = ReadCache::new(Duration::ZERO);
        let asked = Digest::of(b"x");
        cache.keep(asked, 0, &Answer::NotFound);
        assert!(cache.get(&asked, false).is_err());
    }
}
