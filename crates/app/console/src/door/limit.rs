//! How many forms one visitor may send, and how often a provider is asked: enough for anybody who reads, too few for guessing.

use std::collections::HashMap;

use interlock_action::{Millis, PersonId};

const WINDOW: Millis = 60_000;
/// Forms in a window.
const MOST: u32 = 60;
/// Forms in a window of all together who have not signed in: a signature is checked in a tenth of a millisecond.
const MOST_OF_STRANGERS: u32 = 1_200;

/// Answers of the provider in a window, of all together who have not signed in: each has it asked.
const MOST_ANSWERS: u32 = 120;

/// What is counted apart, so that a flood of one stops none of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Counted {
    /// Forms.
    Forms,
    /// Forms that enrol.
    Enrolments,
    /// Questions to the provider that people sign in with.
    Questions,
}

/// What was counted, by person; strangers are one.
#[derive(Default)]
pub(crate) struct Limits(HashMap<(Option<PersonId>, Counted), (Millis, u32)>);

impl Limits {
    /// Counts one more, and says whether it may go on.
    pub(crate) fn admits(&mut self, who: Option<&PersonId>, what: Counted, now: Millis) -> bool {
        self.0.retain(|_, (since, _)| now < since.saturating_add(WINDOW));
        let (_, count) = self.0.entry((who.cloned(), what)).or_insert((now, 0));
        *count = count.saturating_add(1);
        let most = match (who, what) {
            (Some(_), _) => MOST,
            (None, Counted::Questions) => MOST_ANSWERS,
            (None, _) => MOST_OF_STRANGERS,
        };
        *count <= most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_who_floods_stops_nobody_else() {
        let mut limits = Limits::default();
        let (one, two) = (PersonId::from("one"), PersonId::from("two"));
        let (one, two) = (Some(&one), Some(&two));
        assert_eq!((0..500).filter(|_| limits.admits(one, Counted::Forms, 0)).count(), 60);
        assert_eq!((0..5_000).filter(|_| limits.admits(None, Counted::Forms, 0)).count(), 1_200);
        assert!(
            limits.admits(None, Counted::Enrolments, 0)
                && limits.admits(two, Counted::Forms, 0)
                && !limits.admits(one, Counted::Forms, WINDOW - 1)
                && limits.admits(one, Counted::Forms, WINDOW)
        );
    }
}
