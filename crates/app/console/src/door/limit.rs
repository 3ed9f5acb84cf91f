//! How many forms one visitor may send: enough for anybody who reads, too few for guessing.

use std::collections::HashMap;

use interlock_action::Millis;

const WINDOW: Millis = 60_000;
/// Forms in a window.
const MOST: u32 = 60;
/// Forms in a window of all together who have not signed in: a signature is checked in a tenth of a millisecond.
const MOST_OF_STRANGERS: u32 = 1_200;

/// What was counted, by person, and apart from the rest what enrols; strangers are one.
#[derive(Default)]
pub(crate) struct Limits(HashMap<(Option<String>, bool), (Millis, u32)>);

impl Limits {
    /// Counts one more, and says whether it may go on.
    pub(crate) fn admits(&mut self, who: Option<&str>, enrols: bool, now: Millis) -> bool {
        self.0.retain(|_, (since, _)| now < since.saturating_add(WINDOW));
        let (_, count) = self.0.entry((who.map(str::to_owned), enrols)).or_insert((now, 0));
        *count = count.saturating_add(1);
        *count <= if who.is_some() { MOST } else { MOST_OF_STRANGERS }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_who_floods_stops_nobody_else() {
        let mut limits = Limits::default();
        let (one, two) = (Some("one"), Some("two"));
        assert_eq!((0..500).filter(|_| limits.admits(one, false, 0)).count(), 60);
        assert_eq!((0..5_000).filter(|_| limits.admits(None, false, 0)).count(), 1_200);
        assert!(
            limits.admits(None, true, 0)
                && limits.admits(two, false, 0)
                && !limits.admits(one, false, WINDOW - 1)
                && limits.admits(one, false, WINDOW)
        );
    }
}
