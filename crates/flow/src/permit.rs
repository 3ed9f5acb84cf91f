//! The one value that lets a gateway execute.

use std::sync::{Arc, PoisonError};

use interlock_action::{
    Action, ActionId, EnvironmentName, GrantId, Operation, Relation, SessionId, Target, TargetId, TicketId,
};
use interlock_approval::Message;
use interlock_ledger::{Entry, EntryKind};
use serde::{Deserialize, Serialize};

use crate::{
    Clock, Event, FreezeScope, GrantEnd, Guard, Journal, JournalError, Memory, OBSERVE, Record, Session,
    fault,
};

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Outcome {
    /// The service did it.
    Succeeded {
        /// The HTTP status.
        status: u16,
    },
    /// The service answered that it did not.
    Failed {
        /// The HTTP status.
        status: u16,
        /// The service's error code, where it could be read.
        code: String,
    },
    /// It provably never reached the service, or the service provably threw it away unread.
    NotExecuted {
        /// How we know.
        why: String,
    },
    /// Nobody knows.
    Unknown {
        /// What happened.
        why: String,
    },
}

/// Why a permit that was good is not any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotClear {
    /// A freeze came in between.
    #[error("frozen: {0}")]
    Frozen(String),
    /// The session's lease ended.
    #[error("the session's lease has ended")]
    LeaseEnded,
}

/// How old an answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// One of a moment ago will do.
    Recent,
    /// What tells whether a thing is there is read anew; how a thing is set may be an answer of a moment ago.
    Presence,
    /// Everything is read anew: somebody else may have written meanwhile.
    Now,
}

/// Lets Interlock make the reads of one survey. Minted by flow only.
#[derive(Debug)]
pub struct Inspection {
    session: SessionId,
    freshness: Freshness,
    sealed: bool,
    _minted_by_flow: (),
}

impl Inspection {
    pub(crate) fn mint(session: SessionId, freshness: Freshness) -> Self {
        Self { session, freshness, sealed: false, _minted_by_flow: () }
    }

    /// The same, whose answers are kept encrypted and shown to nobody.
    pub(crate) fn sealed(self) -> Self {
        Self { sealed: true, ..self }
    }
    /// How old its answers may be.
    pub fn freshness(&self) -> Freshness {
        self.freshness
    }
    /// Whether the answers are kept encrypted and shown to nobody, so that they may be secret.
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }
    /// For whose action.
    pub fn session(&self) -> &SessionId {
        &self.session
    }
}

/// Lets one action through, once.
///
/// INVARIANT: the constructor is private to flow and the type is not `Clone`; for a mutation it exists only after its
/// entry is durable. Dropping it without [`Permit::complete`] records that nobody knows what happened.
pub struct Permit {
    pub(crate) id: ActionId,
    pub(crate) action: Arc<Action>,
    pub(crate) session: Arc<Session>,
    /// What it touches, where that is told: else a freeze of any environment covers it.
    pub(crate) environments: Option<Vec<EnvironmentName>>,
    pub(crate) ticket: Option<TicketId>,
    pub(crate) grant: Option<GrantId>,
    pub(crate) epoch: u64,
    pub(crate) mutates: bool,
    /// Whether a person signed for this very call: neither a freeze nor a lease stops it.
    pub(crate) signed: bool,
    pub(crate) observed: bool,
    pub(crate) on_success: Vec<Event>,
    /// Which of its lease's changes it is a part of.
    pub(crate) expected: Option<usize>,
    /// Whether a way back is registered.
    pub(crate) undoable: bool,
    /// Whether it is played where nothing can be lost.
    pub(crate) rehearsal: bool,
    /// What was asked for, where another operation is sent instead.
    pub(crate) asked: Option<Operation>,
    /// What Interlock changed or made first, in words for who sent it.
    pub(crate) told: Vec<String>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) open: bool,
}

impl Permit {
    /// The action's id.
    pub fn id(&self) -> &ActionId {
        &self.id
    }
    /// The effective action: what was judged, and the only thing that may be sent.
    pub fn action(&self) -> &Action {
        &self.action
    }
    /// Whose it is.
    pub fn session(&self) -> &Session {
        &self.session
    }
    /// Whether a way back is registered: what it left is to be read once it has ended.
    pub fn undoable(&self) -> bool {
        self.undoable
    }
    /// The operation that was asked for; the action's own, unless another is sent instead.
    pub fn asked(&self) -> &Operation {
        self.asked.as_ref().unwrap_or(&self.action.operation)
    }
    /// What Interlock changed in the request, or made before it, in words for who sent it.
    pub fn told(&self) -> &[String] {
        &self.told
    }
    /// The request that it spends, where people were asked.
    pub fn ticket(&self) -> Option<&TicketId> {
        self.ticket.as_ref()
    }
    /// Whether it changes something.
    pub fn mutates(&self) -> bool {
        self.mutates
    }

    /// What is remembered as the session's own once the call succeeds: what was looked for before it, and was not there.
    pub fn makes(&self) -> impl Iterator<Item = &TargetId> {
        self.on_success.iter().filter_map(|event| match event {
            Event::Made { target, .. } => Some(target),
            _ => None,
        })
    }

    /// Looks at the epoch again; to be called just before the first byte is sent.
    pub fn clear(&self) -> Result<(), NotClear> {
        fault::here(fault::BEFORE_SEND);
        if self.signed {
            return Ok(());
        }
        let memory = self.journal.memory().read().unwrap_or_else(PoisonError::into_inner);
        if !memory.is_live(&self.session.id, self.clock.now()) {
            return Err(NotClear::LeaseEnded);
        }
        if !self.mutates || memory.epoch == self.epoch {
            return Ok(());
        }
        match frozen(&memory, &self.session, &self.action, self.environments.as_deref()) {
            Some(words) => Err(NotClear::Frozen(words)),
            None => Ok(()),
        }
    }

    /// Says what came of it. `made` are the things that the call brought into being, to be remembered on success.
    pub async fn complete(mut self, outcome: Outcome, made: Vec<Event>) -> Result<(), JournalError> {
        fault::here(fault::BEFORE_OUTCOME);
        self.open = false;
        // INVARIANT: what a rehearsal makes is nobody's: in earnest it may be there already, and somebody else's.
        let made = if self.rehearsal { Vec::new() } else { made };
        let record = self.closing(&outcome, made);
        let written = if self.mutates {
            self.journal.commit(record).await.map(|_| ())
        } else {
            self.journal.note(record)
        };
        fault::here(fault::AFTER_OUTCOME);
        written
    }

    /// What it made, as the change's that it is a part of.
    fn bound(&self, events: &[Event]) -> Vec<Event> {
        let Some(change) = self.expected else { return Vec::new() };
        let made = events.iter().filter_map(|event| match event {
            Event::Made { target, .. } => Some(target),
            _ => None,
        });
        let creates = self.action.targets.iter().filter(|target| target.relation == Relation::Creates);
        let bound = made.chain(creates.map(|target| &target.id)).filter(|id| !id.as_str().contains('*'));
        let event =
            |id: &TargetId| Event::Bound { session: self.session.id.clone(), change, target: id.clone() };
        bound.map(event).collect()
    }

    fn closing(&mut self, outcome: &Outcome, made: Vec<Event>) -> Record {
        let now = self.clock.now();
        let kind = if matches!(outcome, Outcome::Unknown { .. }) {
            EntryKind::OutcomeUnknown
        } else {
            EntryKind::Outcome
        };
        let mut entry = Entry::new(kind, now)
            .public("action", &self.id)
            .public("session", &self.session.id)
            .public("operation", &self.action.operation)
            .public("outcome", outcome);
        if self.observed {
            entry = entry.public("mode", OBSERVE);
        }
        if self.rehearsal {
            entry = entry.public("rehearsal", true);
        }
        if let Some(ticket) = &self.ticket {
            entry = entry.public("ticket", ticket);
        }
        let mut record = Record::only(entry);
        if self.mutates {
            record.events.push(Event::PermitClosed { action: self.id.clone() });
        }
        if let Some(grant) = self.grant.take().filter(|_| !matches!(outcome, Outcome::Succeeded { .. })) {
            // A call that provably never went out says nothing about the next.
            if !matches!(outcome, Outcome::NotExecuted { .. }) {
                let why = format!("{}, which it let pass, did not succeed", self.id);
                record.events.push(Event::GrantEnded { grant, end: GrantEnd { at: now, why } });
            }
        }
        if matches!(outcome, Outcome::Failed { .. } | Outcome::NotExecuted { .. }) && self.undoable {
            record.events.push(Event::NeverHappened { action: self.id.clone() });
        }
        if matches!(outcome, Outcome::Failed { .. } | Outcome::NotExecuted { .. }) {
            record.events.extend(self.expected.map(|change| Event::NotMade {
                session: self.session.id.clone(),
                change,
                operation: self.asked().clone(),
            }));
        }
        match (outcome, &self.ticket) {
            (Outcome::Succeeded { .. }, _) => {
                record.events.append(&mut self.on_success);
                record.events.extend(made);
                let bound = self.bound(&record.events);
                record.events.extend(bound);
            }
            // INVARIANT: what nobody knows to have happened closes what it would close, and opens nothing.
            (Outcome::Unknown { .. }, _) => {
                record.events.extend(self.on_success.drain(..).filter(Event::tightens));
            }
            // A call that provably did not execute gives its approval back.
            (Outcome::NotExecuted { .. }, Some(ticket)) => {
                let message = Box::new(Message::Restore { by: self.id.clone() });
                record.guards.push(Guard::Step(ticket.clone(), message, now));
            }
            _ => {}
        }
        record
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.open {
            let outcome = Outcome::Unknown { why: "the connection was given up before an answer".to_owned() };
            let record = self.closing(&outcome, Vec::new());
            // A full queue or a poisoned writer leaves the permit open in the store; the next start finds it there.
            let _ = self.journal.note(record);
        }
    }
}

/// The words of the first freeze that covers this mutation. Where nobody has told which environments it touches, a freeze
/// of any covers it.
pub(crate) fn frozen(
    memory: &Memory,
    session: &Session,
    action: &Action,
    environments: Option<&[EnvironmentName]>,
) -> Option<String> {
    // A service is touched by its own operations, and by those of others that name its things: Cloud Control, tagging.
    let touches = |name: &str| {
        let named = |target: &Target| target.id.as_str().split(':').nth(2) == Some(name);
        action.operation.service() == name
            || action.targets.iter().any(|target| target.relation != Relation::Source && named(target))
    };
    let covers = |scope: &FreezeScope| match scope {
        FreezeScope::Fleet => true,
        FreezeScope::Agent(agent) => *agent == session.agent.name,
        FreezeScope::Task(task) => *task == session.task,
        FreezeScope::Service(name) => touches(name),
        FreezeScope::Environment(name) => environments.is_none_or(|all| all.contains(name)),
    };
    let freeze = memory.freezes.values().find(|freeze| covers(&freeze.scope))?;
    Some(format!("{} froze it: {}", freeze.by, freeze.reason))
}
