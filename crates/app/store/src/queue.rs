//! What waits for the writer. Commits wake it at once; notes alone may wait a little for company.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use interlock_flow::JournalError;

use crate::{
    draft::{Answer, Draft},
    redact::Redact,
    witness::Cosign,
};

/// What the writer is given.
pub(crate) enum Job {
    /// A draft, and whom to tell.
    Record(Box<Draft>, Option<Answer>),
    /// Something to take away.
    Redact(Box<Redact>),
    /// What witnesses say of a checkpoint.
    Cosign(Box<Cosign>),
}

impl Job {
    /// Whether somebody waits for it.
    fn awaited(&self) -> bool {
        !matches!(self, Self::Record(_, None))
    }
    /// Whether it must be a batch of its own.
    fn alone(&self) -> bool {
        matches!(self, Self::Redact(_) | Self::Cosign(_))
    }
    /// Whether nothing may come behind it in its batch.
    fn last(&self) -> bool {
        match self {
            Self::Record(draft, _) => draft.loosens(),
            Self::Redact(_) | Self::Cosign(_) => true,
        }
    }
    /// Tells that it is not done.
    pub(crate) fn refuse(self, why: &str) {
        // Nobody may be waiting any more.
        match self {
            Self::Record(_, Some(answer)) => drop(answer.send(Err(unavailable(why)))),
            Self::Record(_, None) => {}
            Self::Redact(redact) => drop(redact.answer.send(Err(unavailable(why).into()))),
            Self::Cosign(cosign) => drop(cosign.answer.send(Err(unavailable(why).into()))),
        }
    }
}

/// How much the queue takes, and how the writer drains it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Records that may wait.
    pub(crate) waiting: usize,
    /// Records in one transaction.
    pub(crate) batch: usize,
    /// How long notes wait when nothing else comes.
    pub(crate) note_wait: Duration,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// How many of them somebody waits for.
    awaited: usize,
    /// When the oldest of them came.
    since: Option<Instant>,
    writer_sleeps: bool,
    closed: bool,
}

/// One queue for commits and notes, so that they keep their order.
pub(crate) struct Queue {
    state: Mutex<State>,
    wake: Condvar,
    limits: Limits,
    poison: OnceLock<String>,
}

fn unavailable(why: &str) -> JournalError {
    JournalError::Unavailable(why.to_owned())
}

impl Queue {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { state: Mutex::default(), wake: Condvar::new(), limits, poison: OnceLock::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes nothing more, for good.
    pub(crate) fn poison(&self, why: String) {
        let _ = self.poison.set(why);
    }

    /// Why nothing is taken any more.
    pub(crate) fn poisoned(&self) -> Option<&str> {
        self.poison.get().map(String::as_str)
    }

    /// How many records wait.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Puts a record in, or says at once why not.
    pub(crate) fn push(&self, job: Job) -> Result<(), JournalError> {
        if let Some(why) = self.poisoned() {
            return Err(unavailable(why));
        }
        let mut state = self.lock();
        if state.closed {
            return Err(unavailable("the store is closed"));
        }
        if state.jobs.len() >= self.limits.waiting {
            return Err(unavailable("too many records wait to be written"));
        }
        // A note that comes after another finds the writer's timer running.
        let wakes = state.writer_sleeps && (job.awaited() || state.jobs.is_empty());
        state.awaited += usize::from(job.awaited());
        if state.jobs.is_empty() {
            state.since = Some(Instant::now());
        }
        state.jobs.push_back(job);
        drop(state);
        if wakes {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Takes nothing more; what waits is still written.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_one();
    }

    /// Waits for the next batch; false when there will be none.
    ///
    /// INVARIANT: a record that loosens something is the last of its batch, so that no guard of the same batch is
    /// checked between it and its durability. What takes something away is a batch of its own, so that it finds all that is
    /// there.
    pub(crate) fn take(&self, batch: &mut Vec<Job>) -> bool {
        let mut state = self.wait_until_due(self.lock());
        while batch.len() < self.limits.batch {
            if !batch.is_empty() && state.jobs.front().is_some_and(Job::alone) {
                break;
            }
            let Some(job) = state.jobs.pop_front() else { break };
            state.awaited -= usize::from(job.awaited());
            let last = job.last();
            batch.push(job);
            if last {
                break;
            }
        }
        if state.jobs.is_empty() {
            state.since = None;
        }
        !batch.is_empty()
    }

    fn wait_until_due<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        loop {
            if state.awaited > 0 || state.closed || state.jobs.len() >= self.limits.batch {
                return state;
            }
            let wait = state.since.map(|since| self.limits.note_wait.saturating_sub(since.elapsed()));
            if wait == Some(Duration::ZERO) {
                return state;
            }
            state.writer_sleeps = true;
            state = match wait {
                None => self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(wait) => self.wake.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0,
            };
            state.writer_sleeps = false;
        }
    }
}
