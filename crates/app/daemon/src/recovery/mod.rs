//! Recovery points for people: what is in custody, and what they have signed for.

mod drill;
pub(crate) mod purge;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use interlock_flow::custody::{Point, PointNews, PointWatch};

use crate::{
    api::{Fault, KeptPoint, PointRun},
    state::Daemon,
};

/// So many runs are remembered for those who ask what became of them.
const KEPT: usize = 100;

/// What this process does with points for people, oldest first.
#[derive(Default)]
pub(crate) struct PointRuns(Mutex<BTreeMap<(u64, String), PointRun>>);

impl PointRuns {
    fn with<T>(&self, id: &str, change: impl FnOnce(&mut PointRun) -> T) -> Option<T> {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.iter_mut().find(|((_, known), _)| known == id).map(|(_, run)| change(run))
    }

    fn begin(&self, id: &str) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let order = runs.last_key_value().map_or(0, |((order, _), _)| order.saturating_add(1));
        let run = PointRun { id: id.to_owned(), progress: Vec::new(), ended: false, failed: Vec::new() };
        runs.insert((order, id.to_owned()), run);
        while runs.len() > KEPT {
            runs.pop_first();
        }
    }
}

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
        // A service that is at work is not told of twice.
        self.0.point_runs.with(&self.1, |run| {
            if run.progress.last() != Some(&news) {
                run.progress.push(news);
            }
        });
    }
}

fn fault(code: &str, message: impl Into<String>, hint: Option<&str>) -> Fault {
    Fault { code: code.to_owned(), message: message.into(), hint: hint.map(str::to_owned) }
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
            return Err(fault("bad-request", "no recovery point is named", None));
        }
        for name in names {
            if !self.memory().custody.values().any(|point| point.is_called(name)) {
                let hint = Some("list them with `interlock recovery list`");
                return Err(fault("not-found", format!("no recovery point `{name}` is in custody"), hint));
            }
        }
        Ok(())
    }

    /// A run that begins now, and who is told of it.
    fn point_run_begins(self: &Arc<Self>, verb: &str) -> Told {
        let id = format!("{verb}-{}", self.draw().chars().take(10).collect::<String>());
        self.point_runs.begin(&id);
        Told(Arc::clone(self), id)
    }

    /// A run as it stands.
    pub(crate) fn point_run(&self, id: &str) -> Result<PointRun, Fault> {
        let unknown = || fault("not-found", format!("this daemon knows no run `{id}`"), None);
        self.point_runs.with(id, |run| run.clone()).ok_or_else(unknown)
    }
}
