//! Taking changes back for people: which ones, what it would do, and the run itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use interlock_action::{ActionId, PersonId, UndoId};
use interlock_flow::{Preview, Progress, Watch};

use crate::{
    api::{Added, Fault, Selection, UndoRequest, UndoRun},
    state::Daemon,
};

/// So many runs are remembered for those who ask what became of them.
const KEPT: usize = 100;

/// The runs back of this process, oldest first.
#[derive(Default)]
pub(crate) struct Runs(Mutex<BTreeMap<(u64, UndoId), UndoRun>>);

impl Runs {
    fn with<T>(&self, id: &UndoId, change: impl FnOnce(&mut UndoRun) -> T) -> Option<T> {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.iter_mut().find(|((_, known), _)| known == id).map(|(_, run)| change(run))
    }

    fn begin(&self, id: &UndoId) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let order = runs.last_key_value().map_or(0, |((order, _), _)| order.saturating_add(1));
        let run = UndoRun { id: id.clone(), progress: Vec::new(), ended: false, error: None };
        runs.insert((order, id.clone()), run);
        while runs.len() > KEPT {
            runs.pop_first();
        }
    }
}

/// Writes down what one run tells.
struct Told(Arc<Daemon>, UndoId);

impl Watch for Told {
    fn told(&self, progress: Progress) {
        // A service that is at work is not told of twice.
        self.0.runs.with(&self.1, |run| {
            if run.progress.last() != Some(&progress) {
                run.progress.push(progress);
            }
        });
    }
}

fn fault(code: &str, message: impl Into<String>, hint: Option<&str>) -> Fault {
    Fault { code: code.to_owned(), message: message.into(), hint: hint.map(str::to_owned) }
}

impl Daemon {
    /// What taking back what is selected would do.
    pub(crate) async fn preview_undo(&self, selection: &Selection) -> Result<Preview, Fault> {
        let Selection { changes, session, agent, since } = selection;
        let wanted = |action: &ActionId, note: &interlock_flow::ChangeNote| {
            (changes.is_empty() || changes.contains(action))
                && session.as_ref().is_none_or(|wanted| *wanted == note.session)
                && agent.as_ref().is_none_or(|wanted| *wanted == note.agent)
                && since.is_none_or(|since| note.at >= since)
        };
        // What is named and not known is shown as what cannot be taken back, not left out.
        let found = if changes.is_empty() { self.road.changes(wanted) } else { changes.clone() };
        if found.is_empty() {
            let hint = Some("list them with `interlock undo`");
            return Err(fault("not-found", "no change that can be taken back is among these", hint));
        }
        self.road.preview_undo(&found).await.map_err(|why| fault("unavailable", why, None))
    }

    /// Begins a run back that people have signed for.
    pub(crate) async fn begin_undo(self: &Arc<Self>, request: Added<UndoRequest>) -> Result<UndoRun, Fault> {
        let UndoRequest { changes, digest } = &request.body;
        let mut by: BTreeSet<PersonId> = BTreeSet::new();
        let subject = digest.to_string();
        for signed in std::iter::once(&request.signed).chain(&request.co_signed) {
            self.authorise("undo", &subject, &request.body, signed)?;
            by.insert(signed.person.clone());
        }
        let preview = self.road.preview_undo(changes).await.map_err(|why| fault("unavailable", why, None))?;
        if preview.digest != *digest {
            let hint = Some("look at it again with `interlock undo`, and sign anew");
            return Err(fault("conflict", "the world moved since the preview", hint));
        }
        if let Some(change) = preview.changes.iter().find(|change| change.conflict.is_some()) {
            let why = change.conflict.as_ref().map(ToString::to_string).unwrap_or_default();
            let hint = Some("name the changes that can be taken back one by one: `interlock undo CHANGE…`");
            return Err(fault("conflict", format!("{}: {why}", change.action), hint));
        }
        if by.len() < usize::from(preview.signatures) {
            let message = format!("{} people must sign for what this takes back", preview.signatures);
            return Err(fault("refused", message, Some("give `--key FILE` once for each of them")));
        }
        let id = UndoId::new(format!("undo-{}", self.draw().chars().take(10).collect::<String>()));
        self.runs.begin(&id);
        let (daemon, run) = (Arc::clone(self), id.clone());
        let by: Vec<PersonId> = by.into_iter().collect();
        tokio::spawn(async move {
            let watch = Told(Arc::clone(&daemon), run.clone());
            let ended = daemon.road.undo(&preview, &run, &by, &watch).await;
            daemon.runs.with(&run, |run| {
                run.ended = true;
                run.error = ended.err().map(|error| error.to_string());
            });
        });
        self.undo_run(&id)
    }

    /// A run back as it stands.
    pub(crate) fn undo_run(&self, id: &UndoId) -> Result<UndoRun, Fault> {
        let unknown = || fault("not-found", format!("this daemon knows no run `{id}`"), None);
        self.runs.with(id, |run| run.clone()).ok_or_else(unknown)
    }
}
