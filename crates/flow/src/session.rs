//! Who is at work: agents, sessions, leases.

use std::path::PathBuf;

use interlock_action::{
    ActionId, AgentId, ExpectedChange, Millis, PersonId, SessionId, TicketId, WorkspaceId,
};
use interlock_approval::Launch;
use interlock_policy::AgentClass;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A registered AI worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Agent {
    /// Its name.
    pub name: AgentId,
    /// The person who answers for it.
    pub owner: PersonId,
    /// Its class.
    pub class: AgentClass,
}

/// What a session may touch and until when. It only ever narrows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lease {
    /// Globs over target ids and names; empty is "the task did not say".
    pub scope: Vec<String>,
    /// Globs over the ids of secrets whose values the task may read.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Folders that it works in, by their whole paths: the workspaces below them are its own to plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<PathBuf>,
    /// When it ends.
    pub until: Millis,
    /// Whether it was taken back.
    #[serde(default)]
    pub revoked: bool,
    /// Of what it is a part, and what is left of that: a lease that Interlock gives to what it runs for a session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Box<Part>>,
}

/// A lease of a lease: what Interlock runs for a session may do less than the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// The session for which it runs.
    pub of: SessionId,
    /// The Terraform workspace whose state it reads, and may write where it may change something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<WorkspaceId>,
    /// What it may do.
    pub may: May,
}

/// What is left of a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum May {
    /// It looks, and changes nothing.
    Look,
    /// It works where nothing can be lost, and reaches nothing else.
    Rehearse {
        /// Whether it may change something there.
        changes: bool,
    },
    /// It makes these changes, which were let through as one action.
    Change {
        /// That action.
        action: ActionId,
        /// The request that people approved, where they were asked.
        ticket: Option<TicketId>,
        /// The changes.
        expected: Vec<ExpectedChange>,
    },
}

impl Lease {
    /// Whether it holds at this time.
    pub fn is_live(&self, now: Millis) -> bool {
        !self.revoked && self.until > now
    }
}

/// One agent at work on one task for one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The agent.
    pub agent: Agent,
    /// Who launched it.
    pub launch: Launch,
    /// The task, in the person's words.
    pub task: String,
    /// What it may touch.
    pub lease: Lease,
    /// Whether it runs outside the sandbox: its tickets are advisory.
    pub advisory: bool,
    /// Whether people signed that nobody is asked in this run of it. A property of the run: it ends when the session is
    /// resumed without.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub observed: bool,
    /// The fingerprints of the keys that signed for that: with one that counts no more, people are asked again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observers: Vec<String>,
    /// Its virtual access keys; their secrets are derived, never stored.
    pub keys: Vec<String>,
    /// When it was opened.
    pub opened: Millis,
}

impl Session {
    /// The session whose work this is: of what Interlock runs for a session, that one.
    pub fn root(&self) -> &SessionId {
        self.lease.part.as_ref().map_or(&self.id, |part| &part.of)
    }
}
