//! Recovery points for people: what is in custody, and what they have signed for.

mod drill;
pub(crate) mod purge;

use std::sync::Arc;

use interlock_flow::custody::{Point, PointNews, PointWatch};

use interlock_api::{Fault, KeptPoint, PointRun};

use crate::{runs, state::Daemon};

/// Writes down what one run tells.
struct Told(Arc<Daemon>, String);

impl Told {
    /// These points are not as they were to be.
    fn failed(&self, points: impl IntoIterator<Item = String>) {
        self.0.point_runs.with(&self.1, |run| run.failed.extend(points));
    }

    fn ended(&self) {
        self.0.point_runs.with(&self.1, |run| run.ended = true);
    }
}

impl PointWatch for Told {
    fn told(&self, news: PointNews) {
        self.0.point_runs.with(&self.1, |run| runs::tell(&mut run.progress, news));
    }
}

impl Daemon {
    /// Everything in custody, newest first.
    pub(crate) fn points(&self) -> Vec<KeptPoint> {
        let mut points: Vec<Point> = self.memory().custody.values().cloned().collect();
        points.sort_by(|one, other| (other.kept.made, &one.kept.id).cmp(&(one.kept.made, &other.kept.id)));
        let grace = self.road.settings().grace;
        let kept = |point: Point| KeptPoint { stays_until: point.kept.made.saturating_add(grace), point };
        points.into_iter().map(kept).collect()
    }

    /// Whether all of these are in custody.
    fn known_points(&self, names: &[String]) -> Result<(), Fault> {
        if names.is_empty() {
            return Err(Fault::bad_request("no recovery point is named"));
        }
        for name in names {
            if !self.memory().custody.values().any(|point| point.is_called(name)) {
                let hint = "list them with `interlock recovery list`";
                return Err(Fault::not_found(format!("no recovery point `{name}` is in custody")).hint(hint));
            }
        }
        Ok(())
    }

    /// A run that begins now, and who is told of it.
    fn point_run_begins(self: &Arc<Self>, verb: &str) -> Told {
        let id = self.run_name(verb);
        let run = PointRun { id: id.clone(), progress: Vec::new(), ended: false, failed: Vec::new() };
        self.point_runs.begin(&id, run);
        Told(Arc::clone(self), id)
    }
}
