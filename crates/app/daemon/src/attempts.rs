//! How many attempts are written down: whoever tries without end does not fill the ledger with it.

use std::sync::{Mutex, PoisonError};

use interlock_action::Millis;

const WINDOW: Millis = 60_000;
/// Written down in a window.
const MOST: u32 = 120;

/// What came in this window.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<(Millis, u32)>);

impl Attempts {
    /// Whether one more is written down; if so, how many before it were not.
    pub(crate) fn admit(&self, now: Millis) -> Option<u32> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = *window;
        if now >= since.saturating_add(WINDOW) {
            *window = (now, 1);
            return Some(count.saturating_sub(MOST));
        }
        window.1 = count.saturating_add(1);
        (window.1 <= MOST).then_some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_not_written() {
        let attempts = Attempts::default();
        let written = (0..1_000).filter(|_| attempts.admit(WINDOW).is_some()).count();
        assert_eq!(written, 120);
        assert_eq!((attempts.admit(2 * WINDOW), attempts.admit(2 * WINDOW)), (Some(880), Some(0)));
    }
}
