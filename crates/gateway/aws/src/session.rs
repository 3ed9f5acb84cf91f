//! What the gateway asks of the rest of the house, in its own words.

use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use interlock_action::{Action, ActionId, SessionId};
use interlock_flow::{Clock, Identity, Journal, Memory, Record, Road, Session, Verdict};
use interlock_ledger::{Entry, EntryKind};

/// Judges actions: the road.
#[async_trait]
pub trait Admit: Send + Sync {
    /// Judges an action of a session; several candidates are several readings of the same bytes.
    async fn admit(&self, session: &SessionId, candidates: Vec<Arc<Action>>) -> Verdict;
    /// Looks at what a call of a session has just made, and remembers it by an id that no later thing will have.
    async fn learn_ids(&self, session: &SessionId, action: &Action);
    /// Reads the state that an action left, once its call has ended.
    async fn settle(&self, action: &ActionId);
}

#[async_trait]
impl Admit for Road {
    async fn admit(&self, session: &SessionId, candidates: Vec<Arc<Action>>) -> Verdict {
        Road::admit(self, session, candidates).await
    }
    async fn learn_ids(&self, session: &SessionId, action: &Action) {
        Road::learn_ids(self, session, action).await;
    }
    async fn settle(&self, action: &ActionId) {
        Road::settle(self, action).await;
    }
}

/// Knows sessions.
pub trait Sessions: Send + Sync {
    /// Whose virtual access key this is.
    fn of_key(&self, access_key_id: &str) -> Option<SessionId>;
    /// Whether the session exists and its lease is live.
    fn is_live(&self, session: &SessionId) -> bool;
    /// Whether it is what Interlock runs for a session, which reaches AWS and nothing else.
    fn is_part(&self, session: &SessionId) -> bool;
}

/// A process of a session tried to reach a host that is not AWS's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EgressNote {
    /// Whose, if it said so and proved it.
    pub session: Option<SessionId>,
    /// Which host.
    pub host: String,
    /// Which port.
    pub port: u16,
    /// Whether it was let.
    pub allowed: bool,
    /// Why, or why not.
    pub why: String,
}

/// Writes down egress. What cannot be written down is not let through.
pub trait EgressLog: Send + Sync {
    /// Writes one down.
    fn note(&self, note: EgressNote) -> Result<(), String>;
}

/// Sessions and egress as the journal has them.
#[derive(Clone)]
pub struct JournalPort {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    /// Whether it knows those that rehearse, and none else.
    rehearsal: bool,
}

impl JournalPort {
    /// Over a journal.
    pub fn new(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>) -> Self {
        Self { journal, clock, rehearsal: false }
    }

    /// The same, for the gateway of rehearsals.
    #[must_use]
    pub fn of_rehearsals(self) -> Self {
        Self { rehearsal: true, ..self }
    }

    /// INVARIANT: of two gateways a session is known to one.
    fn knows<T>(&self, session: &SessionId, ask: impl FnOnce(&Memory, &Session) -> T) -> Option<T> {
        let memory = self.journal.memory().read().unwrap_or_else(PoisonError::into_inner);
        let session = memory.sessions.get(session).filter(|known| known.rehearses() == self.rehearsal)?;
        Some(ask(&memory, session))
    }
}

/// Lets what rehearses through, on the stage of this identity.
pub struct Rehearsed {
    /// The road.
    pub road: Arc<Road>,
    /// Whose account the stage is.
    pub stage: Arc<dyn Identity>,
}

#[async_trait]
impl Admit for Rehearsed {
    async fn admit(&self, session: &SessionId, candidates: Vec<Arc<Action>>) -> Verdict {
        self.road.admit_rehearsed(session, candidates, self.stage.as_ref()).await
    }
    async fn learn_ids(&self, _: &SessionId, _: &Action) {}
    async fn settle(&self, _: &ActionId) {}
}

impl Sessions for JournalPort {
    fn of_key(&self, access_key_id: &str) -> Option<SessionId> {
        let session = {
            let memory = self.journal.memory().read().unwrap_or_else(PoisonError::into_inner);
            memory.keys.get(access_key_id).cloned()?
        };
        self.knows(&session, |_, session| session.id.clone())
    }
    fn is_live(&self, session: &SessionId) -> bool {
        let now = self.clock.now();
        self.knows(session, |memory, session| memory.is_live(&session.id, now)).unwrap_or_default()
    }
    fn is_part(&self, session: &SessionId) -> bool {
        self.knows(session, |_, session| session.lease.part.is_some()).unwrap_or_default()
    }
}

impl EgressLog for JournalPort {
    fn note(&self, note: EgressNote) -> Result<(), String> {
        let entry = Entry::new(EntryKind::Egress, self.clock.now())
            .public("session", &note.session)
            .public("host", &note.host)
            .public("port", note.port)
            .public("allowed", note.allowed)
            .public("why", &note.why);
        self.journal.note(Record::only(entry)).map_err(|error| error.to_string())
    }
}
