//! State changes, and the record that makes them durable together with their ledger entry.

use std::fmt;

use interlock_action::{
    ActionId, AgentId, Digest, EnvironmentName, GlassId, GrantId, Millis, Operation, PersonId, RecoveryPoint,
    SessionId, Surface, TargetId, TicketId, UndoId, WorkspaceId,
};
use interlock_approval::{EnrolledKey, Message, Person, Ticket};
use interlock_ledger::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Agent, Budget, Change, Glass, GlassReview, Grant, GrantEnd, LastGood, Plan, Rehearsal, Session,
    StateVersion,
    custody::{Failure, Kept, Proof, Purged, Scratch, Sight},
};

/// What a freeze covers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "scope", content = "name")]
pub enum FreezeScope {
    /// Every agent.
    Fleet,
    /// One agent.
    Agent(AgentId),
    /// Every session on this task.
    Task(String),
    /// One service: `rds`.
    Service(String),
    /// One environment.
    Environment(EnvironmentName),
}

impl fmt::Display for FreezeScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fleet => f.write_str("fleet"),
            Self::Agent(name) => write!(f, "agent {name}"),
            Self::Task(task) => write!(f, "task {task}"),
            Self::Service(name) => write!(f, "service {name}"),
            Self::Environment(name) => write!(f, "environment {name}"),
        }
    }
}

/// A scope in which no mutation is admitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Freeze {
    /// What it covers.
    pub scope: FreezeScope,
    /// The account that froze it; nobody signs for a freeze. In older logs whatever name was given.
    pub by: String,
    /// Their words.
    pub reason: String,
    /// Since when.
    pub since: Millis,
}

/// A permit as the journal knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PermitNote {
    /// The action it lets through.
    pub action: ActionId,
    /// Its session.
    pub session: SessionId,
    /// What the action is.
    pub operation: String,
    /// The action's digest.
    pub digest: Digest,
    /// The ticket it spends.
    pub ticket: Option<TicketId>,
    /// When it was minted.
    pub at: Millis,
    /// What is remembered if nobody ever learns what came of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub if_unknown: Vec<Event>,
}

/// A configuration or bundle in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigStamp {
    /// Digest of `interlock.toml`.
    pub config: Digest,
    /// Digest of the policy bundle.
    pub bundle: Digest,
    /// Who put it in force; `init` for what init wrote.
    pub by: String,
    /// How long one person who works alone waits under it; older logs do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solo_delay: Option<Millis>,
}

/// One state change. The store keeps them in order; [`crate::Memory`] is their fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// A person was enrolled, or their keys or roles changed.
    Person {
        /// As they are now.
        person: Person,
    },
    /// A person got another key.
    KeyAdded {
        /// Who.
        person: PersonId,
        /// The key.
        key: EnrolledKey,
    },
    /// A passkey that counts how often it signs has signed.
    KeyUsed {
        /// Whose.
        person: PersonId,
        /// Its fingerprint.
        key: String,
        /// How often, as it says.
        counter: u32,
    },
    /// Keys count for nothing until it is decided whether they are taken out.
    KeysSuspended {
        /// Whose.
        person: PersonId,
        /// Their fingerprints.
        keys: Vec<String>,
        /// The request that asks for it.
        ticket: TicketId,
    },
    /// That was denied: they count again.
    KeysRestored {
        /// The request that asked for it.
        ticket: TicketId,
    },
    /// A key was taken out.
    KeyRemoved {
        /// Whose.
        person: PersonId,
        /// Its fingerprint.
        key: String,
    },
    /// A person was taken out, with every key.
    PersonRemoved {
        /// Who.
        person: PersonId,
    },
    /// An agent was registered.
    Agent {
        /// As it is now.
        agent: Agent,
    },
    /// A session was opened, resumed or got another key.
    Session {
        /// As it is now.
        session: Session,
    },
    /// A session ended.
    SessionClosed {
        /// Which.
        session: SessionId,
    },
    /// A ticket was opened.
    TicketOpened {
        /// As it stands.
        ticket: Box<Ticket>,
    },
    /// A ticket moved: its whole new form.
    TicketMoved {
        /// As it stands.
        ticket: Box<Ticket>,
    },
    /// A mutation was let through.
    PermitOpened {
        /// Which.
        permit: PermitNote,
    },
    /// It ended.
    PermitClosed {
        /// Which.
        action: ActionId,
    },
    /// A target was classified; remembered for good.
    Classified {
        /// The target.
        target: TargetId,
        /// Its environment.
        environment: EnvironmentName,
    },
    /// A session made a target, with proof that it did not exist before.
    Made {
        /// The target.
        target: TargetId,
        /// Who.
        agent: AgentId,
        /// In which session.
        session: SessionId,
        /// An id no later thing of the same name will have, where the service gives one.
        immutable_id: Option<String>,
    },
    /// A target is gone: whatever has its name next is another thing.
    Gone {
        /// The target.
        target: TargetId,
    },
    /// A session wrote to a target.
    Touched {
        /// The target.
        target: TargetId,
        /// In which session.
        session: SessionId,
    },
    /// An agent destroyed things that it had not made.
    Destroyed {
        /// Who.
        agent: AgentId,
        /// How many.
        count: u32,
        /// When.
        at: Millis,
    },
    /// A guard was taken off a target.
    GuardRemoved {
        /// The target.
        target: TargetId,
        /// What was done, in Interlock's words.
        what: String,
        /// In which action.
        action: ActionId,
        /// By whom.
        agent: AgentId,
        /// When.
        at: Millis,
    },
    /// Interlock made a recovery point: its own, out of every agent's reach.
    RecoveryPoint {
        /// Of what.
        of: TargetId,
        /// The point.
        point: RecoveryPoint,
        /// How it came into custody; older logs do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<Box<Kept>>,
    },
    /// A recovery point in custody was looked at.
    PointSeen {
        /// Which.
        point: String,
        /// What it depends on, and whether it can be restored from.
        sight: Sight,
    },
    /// A drill of a recovery point begins: what it restores will be called so; or its copy is gone.
    Drilling {
        /// Which.
        point: String,
        /// The copy; `None` once it is gone.
        scratch: Option<Scratch>,
    },
    /// A drill restored a recovery point, and what came of it was what it should be.
    Proven {
        /// Which.
        point: String,
        /// By what.
        proof: Box<Proof>,
    },
    /// A drill failed: the point is not proven, whatever an earlier one said.
    Unproven {
        /// Which.
        point: String,
        /// Why.
        failure: Failure,
    },
    /// People are having a recovery point removed: from now on nothing counts on it.
    Purging {
        /// Which.
        point: String,
        /// Since when.
        at: Millis,
    },
    /// It is gone.
    Purged {
        /// Which.
        point: String,
        /// When, and for whom.
        purged: Purged,
    },
    /// It was not removed.
    Unpurged {
        /// Which.
        point: String,
        /// Why.
        failure: Failure,
        /// Whether a call went out all the same that may have been executed.
        sent: bool,
    },
    /// A mutation that can be taken back was let through.
    Undoable {
        /// It, with the way back.
        change: Box<Change>,
    },
    /// The state that a mutation left was read: what must still stand when it is taken back.
    Settled {
        /// Which.
        action: ActionId,
        /// The state, as far as the way back restores it.
        after: Value,
    },
    /// A mutation did not happen: there is nothing to take back.
    NeverHappened {
        /// Which.
        action: ActionId,
    },
    /// A change is being taken back: nothing else had changed since, and this is what remains to be done.
    Undoing {
        /// Which.
        action: ActionId,
        /// In which run.
        undo: UndoId,
        /// The names of the steps.
        steps: Vec<String>,
    },
    /// A change was taken back.
    Undone {
        /// Which.
        action: ActionId,
        /// In which run.
        undo: UndoId,
    },
    /// A call of a lease's changes was let through.
    Expected {
        /// Under which lease.
        session: SessionId,
        /// Which of its changes.
        change: usize,
        /// By which operation.
        operation: Operation,
    },
    /// It was not made after all.
    NotMade {
        /// Under which lease.
        session: SessionId,
        /// Which of its changes.
        change: usize,
        /// By which operation.
        operation: Operation,
    },
    /// A change made this: what was left to the service to choose is chosen.
    Bound {
        /// Under which lease.
        session: SessionId,
        /// Which of its changes.
        change: usize,
        /// What.
        target: TargetId,
    },
    /// A workspace got another state.
    StateWritten {
        /// Which.
        workspace: WorkspaceId,
        /// The state.
        state: StateVersion,
    },
    /// A workspace's state and what is there were seen to agree.
    StateVerified {
        /// Which.
        workspace: WorkspaceId,
        /// What is good.
        good: Box<LastGood>,
    },
    /// Something was rehearsed.
    Rehearsed {
        /// On which surface.
        surface: Surface,
        /// The bytes that were, by the hexadecimal digits of their digest.
        bytes: String,
        /// What came of it.
        rehearsal: Box<Rehearsal>,
    },
    /// A person stands in for people.
    Glass {
        /// How.
        glass: Glass,
    },
    /// Somebody else has looked at it.
    GlassReviewed {
        /// Which.
        glass: GlassId,
        /// What they found.
        review: GlassReview,
    },
    /// It stands in for nobody any more.
    GlassMended {
        /// Which.
        glass: GlassId,
        /// Since when.
        at: Millis,
    },
    /// A session begins to mean what it does, or is in earnest again.
    Planning {
        /// Which.
        session: SessionId,
        /// Whether it begins.
        on: bool,
    },
    /// An agent handed in a plan.
    Planned {
        /// It.
        plan: Box<Plan>,
    },
    /// Somebody signed for a grant.
    Granted {
        /// As it is with that.
        grant: Box<Grant>,
    },
    /// A grant let a call pass.
    GrantUsed {
        /// Which.
        grant: GrantId,
    },
    /// A grant lets nothing pass any more.
    GrantEnded {
        /// Which.
        grant: GrantId,
        /// Why.
        end: GrantEnd,
    },
    /// A scope was frozen.
    Frozen {
        /// The freeze.
        freeze: Freeze,
    },
    /// A scope was unfrozen.
    Unfrozen {
        /// Which.
        scope: FreezeScope,
    },
    /// A configuration came into force.
    Config {
        /// Its digests.
        stamp: ConfigStamp,
    },
}

impl Event {
    /// Whether remembering it only makes what is decided later stricter, so that it may be remembered of a call that may
    /// not have happened. That a session made a thing would let it do more.
    pub(crate) fn tightens(&self) -> bool {
        matches!(
            self,
            Self::Classified { .. }
                | Self::Gone { .. }
                | Self::Touched { .. }
                | Self::GuardRemoved { .. }
                | Self::RecoveryPoint { .. }
                | Self::GrantEnded { .. }
        )
    }
}

/// What must still be true when the record is written; checked by the single writer, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Guard {
    /// The session's lease is live at this time and not revoked.
    SessionLive(SessionId, Millis),
    /// The session still goes by these keys: nobody has resumed it since.
    SessionKeys(SessionId, Vec<String>),
    /// This change of this lease has this operation left.
    Left(SessionId, usize, Operation),
    /// The workspace's state is this version, `None` being that it never had one: nobody has written meanwhile.
    State(WorkspaceId, Option<u64>),
    /// No freeze was added since this epoch was read.
    Epoch(u64),
    /// This message still moves this ticket: the writer applies it to the ticket as it then stands.
    Step(TicketId, Box<Message>, Millis),
    /// The agent may still destroy so many things without a person, at this time and within these limits.
    Budget(AgentId, u32, Millis, Budget),
    /// No person of this name exists yet / exists (`true`).
    PersonExists(PersonId, bool),
    /// A passkey has not signed as often before: an assertion counts once, and a copy is noticed.
    Unused(PersonId, String, u32),
    /// This person has broken no glass that nobody has looked at.
    NoGlass(PersonId),
    /// This grant still lets a call pass.
    Granted(GrantId, Millis),
    /// The session does not only plan.
    InEarnest(SessionId),
    /// This agent may open one more request in this session, at this time.
    MayAsk(SessionId, AgentId, Millis),
    /// In this session nobody is asked.
    Observed(SessionId),
    /// Of these people nobody was taken out or has a key that is suspended: what they signed for goes on.
    StillSigned(Vec<PersonId>),
    /// No agent of this name is registered yet, or whoever owned it is not enrolled any more.
    AgentFree(AgentId),
}

/// One atomic write: an entry in the log, and the state changes that belong to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What is written down.
    pub entry: Entry,
    /// What changes. `Guard::Step` adds its own `TicketMoved`.
    pub events: Vec<Event>,
    /// What must hold.
    pub guards: Vec<Guard>,
}

impl Record {
    /// An entry that changes nothing.
    pub fn only(entry: Entry) -> Self {
        Self { entry, events: Vec::new(), guards: Vec::new() }
    }
}
