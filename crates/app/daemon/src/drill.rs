//! Recovery points for people: what is in custody, and drills that they have signed for.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use interlock_flow::custody::{DrillNews, DrillWatch, Point};

use crate::{
    api::{Added, DrillRequest, DrillRun, Fault},
    state::Daemon,
};

/// So many runs are remembered for those who ask what became of them.
const KEPT: usize = 100;

/// The drills of this process, oldest first.
#[derive(Default)]
pub(crate) struct Drills(Mutex<BTreeMap<(u64, String), DrillRun>>);

impl Drills {
    fn with<T>(&self, id: &str, change: impl FnOnce(&mut DrillRun) -> T) -> Option<T> {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.iter_mut().find(|((_, known), _)| known == id).map(|(_, run)| change(run))
    }

    fn begin(&self, id: &str) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let order = runs.last_key_value().map_or(0, |((order, _), _)| order.saturating_add(1));
        let run = DrillRun { id: id.to_owned(), progress: Vec::new(), ended: false, failed: Vec::new() };
        runs.insert((order, id.to_owned()), run);
        while runs.len() > KEPT {
            runs.pop_first();
        }
    }
}

/// Writes down what one run tells.
struct Told(Arc<Daemon>, String);

impl DrillWatch for Told {
    fn told(&self, news: DrillNews) {
        // A service that is at work is not told of twice.
        self.0.drills.with(&self.1, |run| {
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
    pub(crate) fn points(&self) -> Vec<Point> {
        let mut points: Vec<Point> = self.memory().custody.values().cloned().collect();
        points.sort_by(|one, other| (other.kept.made, &one.kept.id).cmp(&(one.kept.made, &other.kept.id)));
        points
    }

    /// Begins drills that a person has signed for, one after the other.
    pub(crate) fn begin_drill(self: &Arc<Self>, request: Added<DrillRequest>) -> Result<DrillRun, Fault> {
        let names = &request.body.points;
        if names.is_empty() {
            return Err(fault("bad-request", "no recovery point is named", None));
        }
        for name in names {
            if !self.memory().custody.values().any(|point| point.is_called(name)) {
                let hint = Some("list them with `interlock recovery list`");
                return Err(fault("not-found", format!("no recovery point `{name}` is in custody"), hint));
            }
        }
        self.authorise("drill", &request.body.subject(), &request.body, &request.signed)?;
        let id = format!("drill-{}", self.draw().chars().take(10).collect::<String>());
        self.drills.begin(&id);
        let (daemon, run, names) = (Arc::clone(self), id.clone(), names.clone());
        let by = vec![request.signed.person.clone()];
        tokio::spawn(async move {
            let watch = Told(Arc::clone(&daemon), run.clone());
            for name in names {
                let ended = daemon.road.drill(&name, &by, &watch).await;
                if let Err(error) = ended {
                    // What stopped it before it began has not been told yet.
                    let news = DrillNews::Failed { point: name.clone(), why: error.to_string() };
                    watch.told(news);
                    daemon.drills.with(&run, |run| run.failed.push(name.clone()));
                }
            }
            daemon.drills.with(&run, |run| run.ended = true);
        });
        self.drill_run(&id)
    }

    /// A run as it stands.
    pub(crate) fn drill_run(&self, id: &str) -> Result<DrillRun, Fault> {
        let unknown = || fault("not-found", format!("this daemon knows no run `{id}`"), None);
        self.drills.with(id, |run| run.clone()).ok_or_else(unknown)
    }
}
