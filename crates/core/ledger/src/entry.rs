//! What is written down about one step.

use std::collections::BTreeMap;

use interlock_action::Millis;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an entry records: the closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// The ledger was opened by a process: the first entry of each run.
    Opened,
    /// A read was let through.
    Read,
    /// A mutation was let through: durable before it is sent.
    Allowed,
    /// An action is held: a ticket stands open.
    Held,
    /// An action was refused for good.
    Refused,
    /// What came of an action that was let through.
    Outcome,
    /// A permit ended without anybody knowing whether it was executed.
    OutcomeUnknown,
    /// A person approved a ticket.
    Approved,
    /// A person denied a ticket.
    Denied,
    /// A ticket's time ran out.
    Expired,
    /// A ticket lost its meaning: the world moved, or the policy did.
    Voided,
    /// Somebody tried to decide, to come in or to enrol, and it did not hold.
    Attempt,
    /// A person came into the console, which decides nothing.
    SignedIn,
    /// A session was opened or resumed.
    SessionOpened,
    /// A session ended or was revoked.
    SessionClosed,
    /// An agent was registered.
    AgentAdded,
    /// A person or a key was enrolled.
    PersonEnrolled,
    /// A person or a key was taken out.
    PersonRemoved,
    /// A person stands in for people in an incident.
    GlassBroken,
    /// They do no more, before the time.
    GlassMended,
    /// Somebody else has looked at what they did.
    GlassReviewed,
    /// An agent handed in what it means to do, judged step by step.
    Planned,
    /// A person signed that the like of a request passes for a while.
    Granted,
    /// It does no more, before the time.
    GrantEnded,
    /// No mutation in this scope any more.
    Frozen,
    /// Mutations in this scope again.
    Unfrozen,
    /// A configuration or policy bundle came into force.
    ConfigActivated,
    /// Interlock made a recovery point.
    RecoveryPoint,
    /// A prompt the user gave the agent, as its host reported it.
    Prompt,
    /// A tool the agent called, as its host reported it.
    Tool,
    /// A confined process tried to reach a host, and whether it was let.
    Egress,
    /// A change is taken back: by whom, step by step, and what came of it.
    Undo,
    /// A Terraform workspace got a state, or its state was seen to agree with what is there.
    TerraformState,
    /// An action was played on a twin, and what came of it.
    Rehearsed,
    /// A body was redacted.
    Redacted,
}

/// One step, before it is committed to.
///
/// `public` goes into the leaf in the clear: ids, names of operations, digests; never a value that could be secret.
/// `private` is committed to field by field under a salt and stored encrypted, so that it can be redacted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What it records.
    pub kind: EntryKind,
    /// When, by Interlock's clock.
    pub at: Millis,
    /// In the clear.
    pub public: BTreeMap<String, Value>,
    /// Committed to and encrypted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub private: BTreeMap<String, Value>,
}

impl Entry {
    /// An entry with nothing in it yet.
    pub fn new(kind: EntryKind, at: Millis) -> Self {
        Self { kind, at, public: BTreeMap::new(), private: BTreeMap::new() }
    }
    /// Adds a public field.
    #[must_use]
    pub fn public(mut self, name: &str, value: impl Serialize) -> Self {
        self.public.insert(name.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }
    /// Adds a private field.
    #[must_use]
    pub fn private(mut self, name: &str, value: impl Serialize) -> Self {
        self.private.insert(name.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }
}
