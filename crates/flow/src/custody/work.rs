//! One point being worked on for people: step by step, each found from the state, each a call of Interlock's own.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use interlock_action::{Answers, Effect, Millis, Next, PersonId, Step};
use interlock_ledger::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Point, Proof};
use crate::{Guard, Keep, road::Road};

/// How often a step's effect is looked for before it is given up.
const LOOKS: u32 = 20;
/// How long a service that is at work is left alone between two looks, at most.
const PATIENCE: Millis = 15_000;
/// How long a service is waited for.
pub(super) const LONGEST: Millis = 2 * 60 * 60 * 1000;

/// What is told while points are drilled or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "news")]
pub enum PointNews {
    /// A drill begins.
    Begins {
        /// Of which point.
        point: String,
        /// What the copy is called.
        scratch: String,
    },
    /// A point is being removed.
    Removes {
        /// Which.
        point: String,
    },
    /// A call is sent.
    Step {
        /// In plain words.
        name: String,
    },
    /// A service is at work.
    Waits {
        /// In plain words.
        name: String,
    },
    /// A point is proven.
    Proven {
        /// Which.
        point: String,
        /// By what.
        proof: Box<Proof>,
    },
    /// A point is gone.
    Removed {
        /// Which.
        point: String,
    },
    /// What was to be done with a point was not.
    Failed {
        /// Which.
        point: String,
        /// Why.
        why: String,
    },
}

/// Is told of the progress.
pub trait PointWatch: Send + Sync {
    /// Takes a piece of news.
    fn told(&self, news: PointNews);
}

/// The people who have signed, and their words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signers {
    /// Who.
    pub people: Vec<PersonId>,
    /// Why.
    pub reasons: Vec<String>,
}

impl Signers {
    /// Puts them in an entry.
    pub(super) fn sign(&self, entry: Entry) -> Entry {
        entry.public("by", &self.people).private("reasons", &self.reasons)
    }
}

/// Why a step was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Undone {
    pub(super) step: String,
    pub(super) why: String,
}

/// What is done with a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    Drill,
    Purge,
}

impl Task {
    /// What its calls are, in the ledger.
    fn verb(self) -> &'static str {
        match self {
            Self::Drill => "drill",
            Self::Purge => "purge",
        }
    }

    /// What they do, and why they are made.
    fn told(self) -> (Effect, &'static str) {
        match self {
            Self::Drill => (Effect::Create, "drills a recovery point"),
            Self::Purge => (Effect::RecoveryLoss, "removes a recovery point"),
        }
    }
}

/// One point being worked on.
pub(super) struct Work<'a> {
    pub(super) road: &'a Road,
    pub(super) port: Arc<dyn Keep>,
    pub(super) point: &'a Point,
    pub(super) by: &'a Signers,
    pub(super) watch: &'a dyn PointWatch,
    pub(super) task: Task,
    /// Whether a call went out that may have been executed.
    pub(super) sent: AtomicBool,
}

/// The step that was taken last, and how often it was looked for since.
#[derive(Default)]
pub(super) struct Last(Option<(String, u32)>);

impl Last {
    /// How often this step was found still to be done since it was done.
    fn looks(&mut self, step: &Step) -> u32 {
        let looks = match &self.0 {
            Some((name, looks)) if *name == step.name => looks.saturating_add(1),
            _ => 0,
        };
        self.0 = Some((step.name.clone(), looks));
        looks
    }
}

impl Work<'_> {
    /// Does the next step, or waits for it, until nothing `remains`.
    pub(super) async fn until_done<T>(
        &self,
        wants: impl Fn(&Answers) -> Vec<interlock_action::Read>,
        remains: impl Fn(&Answers) -> Result<Result<T, Step>, String>,
    ) -> Result<T, Undone> {
        let began = self.road.ports.clock.now();
        let mut last = Last::default();
        loop {
            let answers = self.road.point_answers(&self.point.kept, &wants).await;
            let remains = remains(&answers);
            match remains.map_err(|why| Undone { step: self.point.kept.id.clone(), why })? {
                Ok(done) => return Ok(done),
                Err(step) => self.step(&step, &mut last, began).await?,
            }
        }
    }

    async fn step(&self, step: &Step, last: &mut Last, began: Millis) -> Result<(), Undone> {
        let undone = |why: &str| Undone { step: step.name.clone(), why: why.to_owned() };
        if self.road.ports.clock.now().saturating_sub(began) > LONGEST {
            return Err(undone("it takes longer than two hours"));
        }
        let looks = last.looks(step);
        match &step.next {
            Next::Call(call) if looks == 0 => {
                let guards = self.guards().map_err(undone)?;
                self.watch.told(PointNews::Step { name: step.name.clone() });
                let words = |entry: Entry| {
                    entry
                        .public("by", &self.by.people)
                        .public(self.task.verb(), &self.point.kept.id)
                        .private("step", &step.name)
                };
                let called =
                    self.road.call_for(&self.point.kept, call, self.task.told(), guards, words).await;
                called.map_err(|why| undone(&why))?;
                self.sent.store(true, Ordering::Relaxed);
            }
            Next::Call(_) if looks > LOOKS => return Err(undone("it was done and does not show")),
            Next::Later => return Err(undone("it cannot be begun")),
            Next::Wait => {
                self.watch.told(PointNews::Waits { name: step.name.clone() });
                self.pause(looks).await;
            }
            Next::Call(_) => self.pause(looks).await,
        }
        Ok(())
    }

    /// What must hold when a call is written down, right before it is sent.
    ///
    /// INVARIANT: nothing is removed in an incident: no call goes out once anything is frozen, or who signed is suspended.
    fn guards(&self) -> Result<Vec<Guard>, &'static str> {
        let memory = self.road.memory();
        match self.task {
            Task::Drill => Ok(Vec::new()),
            Task::Purge if memory.freezes.is_empty() => {
                Ok(vec![Guard::Epoch(memory.epoch), Guard::StillSigned(self.by.people.clone())])
            }
            Task::Purge => Err("something is frozen: nothing is removed during an incident"),
        }
    }

    async fn pause(&self, looks: u32) {
        let wait = 100_u64.saturating_mul(u64::from(looks.saturating_add(1)));
        self.road.ports.clock.pause(wait.min(PATIENCE)).await;
    }
}
