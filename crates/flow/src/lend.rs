//! Leases of a lease: what Interlock runs for a session gets one of its own, that may do less and ends with it.

use std::sync::Arc;

use interlock_action::{Action, Millis, SessionId, Survey, WorkspaceId};
use interlock_ledger::{Entry, EntryKind};

use crate::{Event, Guard, JournalError, May, Part, Record, Session, road::Road, stop::Stop};

impl Road {
    /// What an action of a session would do, as far as it can be read; nothing is decided, and nothing prepared.
    ///
    /// # Errors
    /// Why it could not be looked at, in words.
    pub async fn foresee(&self, session: &SessionId, action: &Action) -> Result<Survey, String> {
        let words = |stop: Stop| match stop {
            Stop::NoLease(why) | Stop::Ledger(why) | Stop::Conflict(why) | Stop::NotSecured(why) => why,
            Stop::TooMany | Stop::NoSurface | Stop::Again => "nothing here can read it".to_owned(),
        };
        let session = self.live_session(session).map_err(words)?;
        self.survey(&session, action).await.map_err(words)
    }

    /// Gives what Interlock runs for a session a lease of its own, which goes by this key until then.
    ///
    /// # Errors
    /// The session's lease has ended, or the ledger cannot record it.
    pub async fn lend(
        &self,
        of: &SessionId,
        (workspace, may): (Option<WorkspaceId>, May),
        key: String,
        until: Millis,
    ) -> Result<Arc<Session>, JournalError> {
        let whole = {
            let memory = self.memory();
            memory.sessions.get(of).cloned()
        };
        let whole = whole.filter(|whole| whole.lease.part.is_none());
        let whole = whole.ok_or_else(|| JournalError::Conflict(format!("there is no session `{of}`")))?;
        let now = self.ports().clock.now();
        let id = SessionId::new(format!("ses-{}", self.draw().chars().take(12).collect::<String>()));
        let mut session = whole.clone();
        session.id = id;
        session.keys = vec![key];
        session.opened = now;
        session.lease.until = until;
        let what = match &may {
            May::Look => "look",
            May::Rehearse { .. } => "rehearse",
            May::Change { .. } => "change",
        };
        session.lease.part = Some(Box::new(Part { of: whole.root().clone(), workspace, may }));
        let entry = Entry::new(EntryKind::SessionOpened, now)
            .public("session", &session.id)
            .public("agent", &session.agent.name)
            .public("owner", &session.agent.owner)
            .public("part_of", of)
            .public("may", what)
            .private("task", &session.task)
            .private("lease", &session.lease);
        let guards = vec![Guard::SessionLive(of.clone(), now)];
        let events = vec![Event::Session { session: session.clone() }];
        self.ports().journal.commit(Record { entry, events, guards }).await?;
        Ok(Arc::new(session))
    }

    /// Takes such a lease back: its keys are worth nothing from then on.
    pub async fn take_back(&self, session: &SessionId) -> Result<(), JournalError> {
        let entry = Entry::new(EntryKind::SessionClosed, self.ports().clock.now()).public("session", session);
        let events = vec![Event::SessionClosed { session: session.clone() }];
        self.ports().journal.commit(Record { entry, events, guards: Vec::new() }).await.map(|_| ())
    }
}
