//! What is tried and does not hold: how many attempts are written down, and how much of each: whoever tries without end neither fills the ledger with it nor
//! hides behind it what somebody known has tried.

use std::sync::{Mutex, PoisonError};

use interlock_action::{Millis, SessionId};
use interlock_api::Fault;
use interlock_console::Attempt;
use interlock_flow::Record;
use interlock_ledger::{Entry, EntryKind};

use crate::state::Daemon;

const WINDOW: Millis = 60_000;
/// Written down in a window, of people who are known; and of sandboxes.
const MOST: u32 = 120;
/// Of strangers.
const MOST_OF_STRANGERS: u32 = 20;
/// Letters of what they say.
const LETTERS: usize = 160;

/// Who tries. Each is counted apart.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// Somebody who is enrolled, as they showed.
    People,
    /// A command in a sandbox, as what stands outside of it has seen.
    Sandboxes,
    /// Whoever.
    Strangers,
}

/// What came in this window.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<[Window; 3]>);

#[derive(Clone, Copy, Default)]
struct Window {
    since: Millis,
    count: u32,
}

impl Attempts {
    /// Whether one more is written down; if so, how many of its kind before it were not.
    pub(crate) fn admit(&self, source: Source, now: Millis) -> Option<u32> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [people, sandboxes, strangers] = &mut *windows;
        let (window, most) = match source {
            Source::People => (people, MOST),
            Source::Sandboxes => (sandboxes, MOST),
            Source::Strangers => (strangers, MOST_OF_STRANGERS),
        };
        if now >= window.since.saturating_add(WINDOW) {
            let unwritten = window.count.saturating_sub(most);
            *window = Window { since: now, count: 1 };
            return Some(unwritten);
        }
        window.count = window.count.saturating_add(1);
        (window.count <= most).then_some(0)
    }
}

impl Daemon {
    /// Writes down that something was tried that did not hold. So many in a minute; what came beyond is counted in the next.
    pub(crate) fn tried(&self, attempt: &Attempt) {
        let known = attempt.person.as_ref().is_some_and(|person| self.memory().people.contains_key(person));
        self.note(attempt, if known { Source::People } else { Source::Strangers });
    }

    /// Writes down that a command reached, inside its sandbox, for something that was left out.
    pub(crate) fn reached(&self, session: &SessionId, what: &str) -> Result<(), Fault> {
        if !self.memory().sessions.contains_key(session) {
            return Err(Fault::not_found(format!("there is no session `{session}`")));
        }
        let attempt = Attempt::new("sandbox", what, "it is left out of the sandbox");
        self.note(&attempt.within(session.clone()), Source::Sandboxes);
        Ok(())
    }

    fn note(&self, attempt: &Attempt, source: Source) {
        let Some(unwritten) = self.attempts.admit(source, self.now()) else { return };
        let entry = Entry::new(EntryKind::Attempt, self.now())
            .public("what", attempt.what)
            .public("subject", cut(&attempt.subject))
            .public("person", attempt.person.as_ref().map(|person| cut(person.as_str())))
            .public("session", &attempt.session)
            .public("unwritten_before", unwritten)
            .private("why", cut(&attempt.why));
        if let Err(error) = self.road.ports().journal.note(Record::only(entry)) {
            tracing::warn!(%error, "an attempt could not be written down");
        }
    }
}

/// As much as is written down of what somebody said.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(LETTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_strangers_is_counted_and_hides_nobody_known() {
        let attempts = Attempts::default();
        let written = (0..1_000).filter(|_| attempts.admit(Source::Strangers, WINDOW).is_some()).count();
        assert_eq!((written, attempts.admit(Source::People, WINDOW)), (20, Some(0)));
        assert_eq!(attempts.admit(Source::Sandboxes, WINDOW), Some(0));
        assert_eq!(
            (attempts.admit(Source::Strangers, 2 * WINDOW), attempts.admit(Source::Strangers, 2 * WINDOW)),
            (Some(980), Some(0))
        );
        assert_eq!(cut(&"x".repeat(9_000)).len(), LETTERS);
    }
}
