//! How many attempts are written down, and how much of each: whoever tries without end neither fills the ledger with it nor
//! hides behind it what somebody known has tried.

use std::sync::{Mutex, PoisonError};

use interlock_action::Millis;

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
