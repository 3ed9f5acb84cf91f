//! Restoring a point to a scratch copy, comparing, and removing the copy: the only thing that proves a point.
//!
//! As a way back is, a drill is found from the state: one that was cut off is finished by running it again.

use std::sync::{Arc, atomic::AtomicBool};

use interlock_action::{Effect, Millis, digest_of};

use super::{
    Compared, Failure, Kept, PointNews, PointWatch, Proof, Restored, Signers,
    look::point_entry,
    work::{Undone, Work},
};
use crate::{Event, Record, road::Road};

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
        let kept = self.memory().point(name).map(|point| point.kept.clone());
        let kept = kept.ok_or_else(|| DrillError::NoPoint(name.to_owned()))?;
        let port = self.keep_port(&kept).filter(|port| port.drills(&kept));
        let port = Arc::clone(port.ok_or_else(|| DrillError::NoDrill(kept.id.clone()))?);
        let digest = digest_of("interlock drill v1", &kept).map_err(|error| ledger(&error))?;
        let work = Work {
            road: self,
            port,
            kept: &kept,
            by,
            watch,
            verb: "drill",
            why: "drills a recovery point",
            effect: Effect::Create,
            sent: AtomicBool::new(false),
        };
        let drill = Drill { work, scratch: format!("interlock-drill-{}", digest.short()) };
        watch.told(PointNews::Begins { point: kept.id.clone(), scratch: drill.scratch.clone() });
        let ended = drill.run().await;
        drill.write_down(&kept, ended).await
    }
}

fn ledger(error: &dyn std::fmt::Display) -> DrillError {
    DrillError::Ledger(error.to_string())
}

/// One point being drilled.
struct Drill<'a> {
    work: Work<'a>,
    scratch: String,
}

impl Drill<'_> {
    /// Restores, compares, and removes the copy whatever came of it.
    async fn run(&self) -> Result<(Compared, Millis), DrillError> {
        let Work { road, port, kept, .. } = &self.work;
        let wants = |so_far: &_| port.drill_reads(kept, &self.scratch, so_far);
        let began = road.ports.clock.now();
        let restored = self.work.until_done(wants, |answers| {
            Ok(match port.restore(kept, &self.scratch, answers)? {
                Restored::Ready(compared) => Ok(compared),
                Restored::Not(step) => Err(step),
            })
        });
        let restored = restored.await;
        let took = road.ports.clock.now().saturating_sub(began);
        let removed = self
            .work
            .until_done(wants, |answers| Ok(port.remove(kept, &self.scratch, answers)?.map_or(Ok(()), Err)));
        let removed = removed.await;
        let compared = restored?;
        removed?;
        Ok((compared, took))
    }

    async fn write_down(
        &self,
        kept: &Kept,
        ended: Result<(Compared, Millis), DrillError>,
    ) -> Result<Proof, DrillError> {
        let Work { road, by, watch, .. } = &self.work;
        let now = road.ports.clock.now();
        let proved = ended.and_then(|(compared, took)| match compared.differs.is_empty() {
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
        let record = Record { entry, events: vec![event], guards: Vec::new() };
        road.commit(record).await.map_err(|stop| DrillError::Ledger(format!("{stop:?}")))?;
        watch.told(news);
        proved
    }
}
