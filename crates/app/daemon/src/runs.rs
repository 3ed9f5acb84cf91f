//! What this process does for people and takes a while: remembered for those who ask what became of it.

use std::{
    collections::VecDeque,
    fmt::Display,
    sync::{Mutex, PoisonError},
};

use interlock_api::Fault;

use crate::state::Daemon;

/// So many runs of a kind are remembered.
const KEPT: usize = 100;

/// The runs of one kind, by their names, oldest first.
pub(crate) struct Runs<R>(Mutex<VecDeque<(String, R)>>);

impl<R> Default for Runs<R> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<R: Clone> Runs<R> {
    pub(crate) fn begin(&self, id: &str, run: R) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.push_back((id.to_owned(), run));
        while runs.len() > KEPT {
            runs.pop_front();
        }
    }

    pub(crate) fn with(&self, id: impl Display, change: impl FnOnce(&mut R)) {
        let (id, mut runs) = (id.to_string(), self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some((_, run)) = runs.iter_mut().find(|(known, _)| *known == id) {
            change(run);
        }
    }

    /// A run as it stands.
    pub(crate) fn get(&self, id: impl Display) -> Result<R, Fault> {
        let mut found = None;
        self.with(&id, |run| found = Some(run.clone()));
        found.ok_or_else(|| Fault::not_found(format!("this daemon knows no run `{id}`")))
    }
}

/// Adds a piece of news. A service that is at work is not told of twice.
pub(crate) fn tell<T: PartialEq>(so_far: &mut Vec<T>, news: T) {
    if so_far.last() != Some(&news) {
        so_far.push(news);
    }
}

impl Daemon {
    /// A name for a run that begins: nobody could have said it before.
    pub(crate) fn run_name(&self, verb: &str) -> String {
        format!("{verb}-{}", self.draw().chars().take(10).collect::<String>())
    }
}
