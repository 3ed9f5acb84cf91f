//! Restoring a point to a scratch copy, comparing, and removing the copy: the only thing that proves a point.
//!
//! As a way back is, a drill is found from the state: one that was cut off is finished by running it again.

use std::sync::Arc;

use interlock_action::{Answers, Millis, Next, PersonId, Step, digest_of};
use interlock_ledger::Entry;
use serde::{Deserialize, Serialize};

use super::{Compared, Failure, Kept, Proof, Restored, look::point_entry};
use crate::{Event, Keep, Record, road::Road};

/// How often a step's effect is looked for before the drill gives up on it.
const LOOKS: u32 = 20;
/// How long a service that is at work is left alone between two looks, at most.
const PATIENCE: Millis = 15_000;
/// How long a drill waits for a service.
const LONGEST: Millis = 2 * 60 * 60 * 1000;

/// Why a drill proved nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrillError {
    /// Nothing of that name is in custody.
    #[error("no recovery point `{0}` is in custody")]
    NoPoint(String),
    /// Nobody knows how to restore it.
    #[error("no drill is known for the kind of `{0}`")]
    NoDrill(String),
    /// It could not be restored, or not removed again.
    #[error("`{0}`: {1}")]
    Step(String, String),
    /// What was restored is not what it should be.
    #[error("what was restored differs: {}", .0.join("; "))]
    Differs(Vec<String>),
    /// It cannot be written down.
    #[error("the ledger is unavailable: {0}")]
    Ledger(String),
}

/// What a drill tells while it is at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "news")]
pub enum DrillNews {
    /// A drill begins.
    Begins {
        /// Of which point.
        point: String,
        /// What the copy is called.
        scratch: String,
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
    /// A point is not proven.
    Failed {
        /// Which.
        point: String,
        /// Why.
        why: String,
    },
}

/// Is told of the progress.
pub trait DrillWatch: Send + Sync {
    /// Takes a piece of news.
    fn told(&self, news: DrillNews);
}

impl Road {
    /// Restores a point beside what there is, compares, removes the copy again, and writes down what came of it. `by` have
    /// signed for it; whoever calls has checked that.
    pub async fn drill(
        &self,
        name: &str,
        by: &[PersonId],
        watch: &dyn DrillWatch,
    ) -> Result<Proof, DrillError> {
        let _one = self.custody.drilling.lock().await;
        let kept = self.memory().point(name).map(|point| point.kept.clone());
        let kept = kept.ok_or_else(|| DrillError::NoPoint(name.to_owned()))?;
        let port = self.keep_port(&kept).filter(|port| port.drills(&kept));
        let port = Arc::clone(port.ok_or_else(|| DrillError::NoDrill(kept.id.clone()))?);
        let digest = digest_of("interlock drill v1", &kept).map_err(|error| ledger(&error))?;
        let scratch = format!("interlock-drill-{}", digest.short());
        let drill = Drill { road: self, port, kept: &kept, scratch, by, watch };
        watch.told(DrillNews::Begins { point: kept.id.clone(), scratch: drill.scratch.clone() });
        let ended = drill.run().await;
        drill.write_down(ended).await
    }
}

fn ledger(error: &dyn std::fmt::Display) -> DrillError {
    DrillError::Ledger(error.to_string())
}

/// One point being drilled.
struct Drill<'a> {
    road: &'a Road,
    port: Arc<dyn Keep>,
    kept: &'a Kept,
    scratch: String,
    by: &'a [PersonId],
    watch: &'a dyn DrillWatch,
}

/// The step that was taken last, and how often it was looked for since.
#[derive(Default)]
struct Last(Option<(String, u32)>);

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

impl Drill<'_> {
    /// Restores, compares, and removes the copy whatever came of it.
    async fn run(&self) -> Result<(Compared, Millis), DrillError> {
        let began = self.road.ports.clock.now();
        let restored = self.restore(began).await;
        let took = self.road.ports.clock.now().saturating_sub(began);
        let removed = self.remove(self.road.ports.clock.now()).await;
        let compared = restored?;
        removed?;
        Ok((compared, took))
    }

    async fn answers(&self) -> Answers {
        let wants = |so_far: &Answers| self.port.drill_reads(self.kept, &self.scratch, so_far);
        self.road.point_answers(self.kept, wants).await
    }

    fn failed(&self, why: impl Into<String>) -> DrillError {
        DrillError::Step(self.kept.id.clone(), why.into())
    }

    async fn restore(&self, began: Millis) -> Result<Compared, DrillError> {
        let mut last = Last::default();
        loop {
            let answers = self.answers().await;
            let restored = self.port.restore(self.kept, &self.scratch, &answers);
            match restored.map_err(|why| self.failed(why))? {
                Restored::Ready(compared) => return Ok(compared),
                Restored::Not(step) => self.step(&step, &mut last, began).await?,
            }
        }
    }

    async fn remove(&self, began: Millis) -> Result<(), DrillError> {
        let mut last = Last::default();
        loop {
            let answers = self.answers().await;
            let removed = self.port.remove(self.kept, &self.scratch, &answers);
            match removed.map_err(|why| self.failed(why))? {
                None => return Ok(()),
                Some(step) => self.step(&step, &mut last, began).await?,
            }
        }
    }

    async fn step(&self, step: &Step, last: &mut Last, began: Millis) -> Result<(), DrillError> {
        if self.road.ports.clock.now().saturating_sub(began) > LONGEST {
            return Err(DrillError::Step(step.name.clone(), "it takes longer than two hours".to_owned()));
        }
        let looks = last.looks(step);
        match &step.next {
            Next::Call(call) if looks == 0 => {
                self.watch.told(DrillNews::Step { name: step.name.clone() });
                let (by, point) = (self.by, &self.kept.id);
                let words =
                    |entry: Entry| entry.public("by", by).public("drill", point).private("step", &step.name);
                let called = self.road.call_for(self.kept, call, "drills a recovery point", words).await;
                called.map_err(|why| DrillError::Step(step.name.clone(), why))?;
            }
            Next::Call(_) if looks > LOOKS => {
                return Err(DrillError::Step(step.name.clone(), "it was done and does not show".to_owned()));
            }
            Next::Later => return Err(DrillError::Step(step.name.clone(), "it cannot be begun".to_owned())),
            Next::Wait => {
                self.watch.told(DrillNews::Waits { name: step.name.clone() });
                self.pause(looks).await;
            }
            Next::Call(_) => self.pause(looks).await,
        }
        Ok(())
    }

    async fn pause(&self, looks: u32) {
        let wait = 100_u64.saturating_mul(u64::from(looks.saturating_add(1)));
        self.road.ports.clock.pause(wait.min(PATIENCE)).await;
    }

    async fn write_down(&self, ended: Result<(Compared, Millis), DrillError>) -> Result<Proof, DrillError> {
        let now = self.road.ports.clock.now();
        let proved = ended.and_then(|(compared, took)| match compared.differs.is_empty() {
            true => Ok(Proof { at: now, took, by: self.by.to_vec(), figures: compared.figures }),
            false => Err(DrillError::Differs(compared.differs)),
        });
        let point = self.kept.id.clone();
        let entry = point_entry(self.kept, now).public("by", self.by);
        let (entry, event, news) = match &proved {
            Ok(proof) => (
                entry.public("drill", "proven").public("took", proof.took).public("figures", &proof.figures),
                Event::Proven { point: point.clone(), proof: Box::new(proof.clone()) },
                DrillNews::Proven { point, proof: Box::new(proof.clone()) },
            ),
            Err(error) => {
                let why = error.to_string();
                let failure = Failure { at: now, why: why.clone() };
                (
                    entry.public("drill", "failed").private("why", &why),
                    Event::Unproven { point: point.clone(), failure },
                    DrillNews::Failed { point, why },
                )
            }
        };
        let record = Record { entry, events: vec![event], guards: Vec::new() };
        self.road.commit(record).await.map_err(|stop| DrillError::Ledger(format!("{stop:?}")))?;
        self.watch.told(news);
        proved
    }
}
