//! Restoring a point to a scratch copy, comparing, and removing the copy: the only thing that proves a point.
//!
//! INVARIANT: a point is proven only by a copy that this very run restored. The name of the copy is drawn for it and written
//! down before anything is called; what has that name already proves nothing, and is left alone. What a run that was cut off
//! left is removed by the next one, if it is provably that run's.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use interlock_action::{Millis, Next, Step};

use super::{
    Compared, Failure, Kept, Point, PointNews, PointWatch, Proof, Restored, Scratch, Signers,
    look::point_entry,
    work::{Task, Undone, Work},
};
use crate::{Event, Guard, Record, road::Road};

/// So many bytes of a copy's name are drawn: with the rest it is as long as the shortest limit allows (40 for a replication
/// group, Amazon ElastiCache API Reference, `CreateReplicationGroup`).
const NONCE: usize = 12;

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

impl From<Undone> for DrillError {
    fn from(undone: Undone) -> Self {
        Self::Step(undone.step, undone.why)
    }
}

impl Road {
    /// Restores a point beside what there is, compares, removes the copy again, and writes down what came of it. `by` have
    /// signed for it; whoever calls has checked that.
    pub async fn drill(&self, name: &str, by: &Signers, watch: &dyn PointWatch) -> Result<Proof, DrillError> {
        let _one = self.custody.drilling.lock().await;
        let point = self.memory().point(name).cloned();
        let point = point.ok_or_else(|| DrillError::NoPoint(name.to_owned()))?;
        let kept = &point.kept;
        let port = self.keep_port(kept).filter(|port| port.drills(kept));
        let port = Arc::clone(port.ok_or_else(|| DrillError::NoDrill(kept.id.clone()))?);
        let work = Work {
            road: self,
            port,
            point: &point,
            by,
            watch,
            task: Task::Drill,
            sent: AtomicBool::new(false),
        };
        let scratch = Scratch { name: self.scratch(), begun: self.ports.clock.now() };
        let drill = Drill { work, scratch };
        watch.told(PointNews::Begins { point: kept.id.clone(), scratch: drill.scratch.name.clone() });
        let ended = drill.run(point.drilling.as_ref()).await;
        drill.write_down(kept, ended).await
    }

    /// A name that nothing has and that nobody can foretell; within what every service takes for one.
    fn scratch(&self) -> String {
        let drawn = self.ports.entropy.draw();
        let nonce: String = drawn.iter().take(NONCE).map(|byte| format!("{byte:02x}")).collect();
        format!("interlock-drill-{nonce}")
    }
}

/// One point being drilled.
struct Drill<'a> {
    work: Work<'a>,
    scratch: Scratch,
}

/// What came of a run.
struct Ended {
    /// What was compared, and how long it took until the copy was ready.
    restored: Result<(Compared, Millis), DrillError>,
    /// Whether nothing of it is left.
    clean: bool,
}

impl Drill<'_> {
    /// Removes what an earlier run left, restores, compares, and removes the copy whatever came of it.
    async fn run(&self, left: Option<&Scratch>) -> Ended {
        if let Some(left) = left
            && let Err(undone) = self.remove(left).await
        {
            return Ended { restored: Err(undone.into()), clean: false };
        }
        if let Err(error) = self.begin().await {
            return Ended { restored: Err(error), clean: true };
        }
        let began = self.work.road.ports.clock.now();
        let restored = self.restore().await;
        let took = self.work.road.ports.clock.now().saturating_sub(began);
        let removed = self.remove(&self.scratch).await;
        let clean = removed.is_ok();
        let restored = restored.and_then(|compared| removed.map(|()| (compared, took)));
        Ended { restored: restored.map_err(Into::into), clean }
    }

    /// Writes down what the copy will be called.
    async fn begin(&self) -> Result<(), DrillError> {
        let Work { road, point: Point { kept, .. }, by, .. } = &self.work;
        let entry = by.sign(point_entry(kept, self.scratch.begun));
        let entry = entry.public("drill", "begun").public("scratch", &self.scratch.name);
        let event = Event::Drilling { point: kept.id.clone(), scratch: Some(self.scratch.clone()) };
        let guards = vec![Guard::StillSigned(by.people.clone())];
        let record = Record { entry, events: vec![event], guards };
        road.commit(record).await.map_err(|stop| DrillError::Ledger(format!("{stop:?}")))
    }

    async fn restore(&self) -> Result<Compared, Undone> {
        let Work { port, point, .. } = &self.work;
        let wants = |so_far: &_| port.drill_reads(point, &self.scratch, so_far);
        let called = AtomicBool::new(false);
        let restored = self.work.until_done(wants, |answers| {
            let restored = port.restore(point, &self.scratch, answers)?;
            let calls = matches!(&restored, Restored::Not(Step { next: Next::Call(_), .. }));
            // INVARIANT: what is there before this run has called for it, it has not restored.
            if !called.fetch_or(calls, Ordering::Relaxed) && !calls {
                return Err(format!("something is called `{}` already", self.scratch.name));
            }
            Ok(match restored {
                Restored::Ready(compared) => Ok(compared),
                Restored::Not(step) => Err(step),
            })
        });
        restored.await
    }

    async fn remove(&self, scratch: &Scratch) -> Result<(), Undone> {
        let Work { port, point, .. } = &self.work;
        let wants = |so_far: &_| port.drill_reads(point, scratch, so_far);
        let removed = self
            .work
            .until_done(wants, |answers| Ok(port.remove(point, scratch, answers)?.map_or(Ok(()), Err)));
        removed.await
    }

    async fn write_down(&self, kept: &Kept, ended: Ended) -> Result<Proof, DrillError> {
        let Work { road, by, watch, .. } = &self.work;
        let now = road.ports.clock.now();
        let proved = ended.restored.and_then(|(compared, took)| match compared.differs.is_empty() {
            true => Ok(Proof { at: now, took, by: by.people.clone(), figures: compared.figures }),
            false => Err(DrillError::Differs(compared.differs)),
        });
        let point = kept.id.clone();
        let entry = by.sign(point_entry(kept, now));
        let (entry, event, news) = match &proved {
            Ok(proof) => (
                entry.public("drill", "proven").public("took", proof.took).public("figures", &proof.figures),
                Event::Proven { point: point.clone(), proof: Box::new(proof.clone()) },
                PointNews::Proven { point, proof: Box::new(proof.clone()) },
            ),
            Err(error) => {
                let why = error.to_string();
                let failure = Failure { at: now, why: why.clone() };
                (
                    entry.public("drill", "failed").private("why", &why),
                    Event::Unproven { point: point.clone(), failure },
                    PointNews::Failed { point, why },
                )
            }
        };
        let gone = Event::Drilling { point: kept.id.clone(), scratch: None };
        let events = ended.clean.then_some(gone).into_iter().chain([event]).collect();
        let record = Record { entry, events, guards: Vec::new() };
        road.commit(record).await.map_err(|stop| DrillError::Ledger(format!("{stop:?}")))?;
        watch.told(news);
        proved
    }
}
