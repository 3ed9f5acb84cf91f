//! What is handed over between command lines and the console: passkeys that were made, words to sign, links to come in. For minutes,
//! and in bounds.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use interlock_action::{Millis, PersonId};
use interlock_api::{Fault, OfferedPasskey, WordsToSign};

const MINUTE: Millis = 60_000;

/// All of it.
#[derive(Default)]
pub(crate) struct Handed {
    /// Passkeys, by fingerprint.
    pub(crate) passkeys: Kept<OfferedPasskey, { 10 * MINUTE }>,
    /// Words, with their signature once there is one.
    pub(crate) words: Kept<(WordsToSign, Option<String>), { 5 * MINUTE }>,
    /// Links, with who may follow them and by which key.
    pub(crate) links: Kept<(PersonId, String), MINUTE>,
}

/// Things of one kind, the oldest first, each for so long.
pub(crate) struct Kept<T, const LONG: Millis>(Mutex<VecDeque<(String, Millis, T)>>);

impl<T, const LONG: Millis> Default for Kept<T, LONG> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone, const LONG: Millis> Kept<T, LONG> {
    /// So many at once. Beyond, the newest is turned away: nobody drives out what others have handed in.
    const MOST: usize = 100;

    fn all<R>(&self, now: Millis, then: impl FnOnce(&mut VecDeque<(String, Millis, T)>) -> R) -> R {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(_, since, _)| now < since.saturating_add(LONG));
        then(&mut all)
    }

    pub(crate) fn put(&self, id: String, thing: T, now: Millis) -> Result<(), Fault> {
        self.all(now, |all| {
            all.retain(|(have, _, _)| *have != id);
            if all.len() >= Self::MOST {
                return Err(Fault::unavailable("too much was handed in at once: wait some minutes"));
            }
            all.push_back((id, now, thing));
            Ok(())
        })
    }

    pub(crate) fn get(&self, id: &str, now: Millis) -> Result<T, Fault> {
        let found = self
            .all(now, |all| all.iter().find(|(have, _, _)| have == id).map(|(_, _, thing)| thing.clone()));
        found.ok_or_else(|| Fault::not_found(format!("nothing is known by `{id}`, or not any more")))
    }

    pub(crate) fn change(&self, id: &str, now: Millis, change: impl FnOnce(&mut T)) -> Result<(), Fault> {
        let changed = self.all(now, |all| {
            all.iter_mut().find(|(have, _, _)| have == id).map(|(_, _, thing)| change(thing))
        });
        changed.ok_or_else(|| Fault::not_found(format!("nothing is known by `{id}`, or not any more")))
    }

    pub(crate) fn count(&self, now: Millis, which: impl Fn(&T) -> bool) -> usize {
        self.all(now, |all| all.iter().filter(|(_, _, thing)| which(thing)).count())
    }

    /// Takes it out: it is good once.
    pub(crate) fn take(&self, id: &str, now: Millis) -> Option<T> {
        self.all(now, |all| {
            let at = all.iter().position(|(have, _, _)| have == id)?;
            all.remove(at).map(|(_, _, thing)| thing)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_over_is_there_for_minutes_and_in_bounds() {
        let kept: Kept<u8, MINUTE> = Kept::default();
        kept.put("one".to_owned(), 1, 0).unwrap();
        assert_eq!((kept.get("one", MINUTE - 1).ok(), kept.get("one", MINUTE).ok()), (Some(1), None));
        for n in 0..Kept::<u8, MINUTE>::MOST {
            kept.put(n.to_string(), 2, MINUTE).unwrap();
        }
        assert!(kept.put("more".to_owned(), 3, MINUTE).is_err() && kept.get("0", MINUTE).is_ok());
        assert_eq!((kept.take("0", MINUTE), kept.take("0", MINUTE)), (Some(2), None));
    }
}
