//! Taking changes back for people: which ones, what it would do, and the run itself.

use std::{collections::BTreeSet, sync::Arc};

use interlock_action::{ActionId, PersonId, SessionId, UndoId};
use interlock_flow::{May, Preview, Progress, Session, Watch};

use interlock_api::{Added, Fault, Selection, UndoRequest, UndoRun};

use crate::{runs, state::Daemon};

/// Writes down what one run tells.
struct Told(Arc<Daemon>, UndoId);

impl Watch for Told {
    fn told(&self, progress: Progress) {
        self.0.runs.with(&self.1, |run| runs::tell(&mut run.progress, progress));
    }
}

impl Daemon {
    /// What taking back what is selected would do.
    pub(crate) async fn preview_undo(&self, selection: &Selection) -> Result<Preview, Fault> {
        let Selection { changes, session, agent, since } = selection;
        let wanted = |_: &ActionId, note: &interlock_flow::ChangeNote| {
            session.as_ref().is_none_or(|wanted| self.is_of(&note.session, wanted))
                && agent.as_ref().is_none_or(|wanted| *wanted == note.agent)
                && since.is_none_or(|since| note.at >= since)
        };
        let found = match changes.is_empty() {
            true => self.road.changes(wanted),
            false => changes.iter().flat_map(|named| self.consists_of(named)).collect(),
        };
        if found.is_empty() {
            let hint = "list them with `interlock undo`";
            return Err(Fault::not_found("no change that can be taken back is among these").hint(hint));
        }
        self.road.preview_undo(&found).await.map_err(Fault::unavailable)
    }

    /// Whether what was done under this session is that one's work: its own, or what Interlock ran for it.
    fn is_of(&self, done: &SessionId, wanted: &SessionId) -> bool {
        let memory = self.memory();
        done == wanted || memory.sessions.get(done).is_some_and(|known| known.root() == wanted)
    }

    /// The changes that an action consists of: itself, or the calls of an apply. What is not known is shown as what cannot be
    /// taken back, not left out.
    fn consists_of(&self, named: &ActionId) -> Vec<ActionId> {
        let sessions: BTreeSet<SessionId> = {
            let memory = self.memory();
            let carries_out = |session: &&Session| {
                let may = session.lease.part.as_ref().map(|part| &part.may);
                matches!(may, Some(May::Change { action, .. }) if action == named)
            };
            memory.sessions.values().filter(carries_out).map(|session| session.id.clone()).collect()
        };
        let mut calls = self.road.changes(|_, note| sessions.contains(&note.session));
        if calls.is_empty() {
            calls.push(named.clone());
        }
        calls
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
        let preview = self.road.preview_undo(changes).await.map_err(Fault::unavailable)?;
        if preview.digest != *digest {
            let hint = "look at it again with `interlock undo`, and sign anew";
            return Err(Fault::conflict("the world moved since the preview").hint(hint));
        }
        if let Some(change) = preview.changes.iter().find(|change| change.conflict.is_some()) {
            let why = change.conflict.as_ref().map(ToString::to_string).unwrap_or_default();
            let hint = "name the changes that can be taken back one by one: `interlock undo CHANGE…`";
            return Err(Fault::conflict(format!("{}: {why}", change.action)).hint(hint));
        }
        if by.len() < usize::from(preview.signatures) {
            let message = format!("{} people must sign for what this takes back", preview.signatures);
            return Err(Fault::refused(message).hint("give `--key FILE` once for each of them"));
        }
        let id = UndoId::new(self.run_name("undo"));
        let begun = UndoRun { id: id.clone(), progress: Vec::new(), ended: false, error: None };
        self.runs.begin(id.as_str(), begun);
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
        self.runs.get(id)
    }
}
