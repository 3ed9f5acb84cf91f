//! Plans of agents, and decisions on several requests at once.

use interlock_action::SessionId;
use interlock_approval::{State, Ticket};
use interlock_flow::{Shown, is_for_one};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /v1/plan` at the agents' door: from now on what the session would change is noted, and not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BeginPlan {
    /// The agent's own words, unverified.
    #[serde(default)]
    pub words: String,
}

/// `POST /v1/plan/end` at the agents' door. The answer is the plan, where anything was planned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndPlan {
    /// How the command ended.
    #[serde(default)]
    pub status: Option<i32>,
    /// Whether nothing of it is to be kept.
    #[serde(default)]
    pub give_up: bool,
}

/// `POST /v1/requests/decisions`: one signature over the digests of several requests of one session, each of which takes one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decisions {
    /// `approve` or `deny`.
    pub decision: String,
    /// The requests, as they were shown.
    pub requests: Vec<Shown>,
}

impl Decisions {
    /// The verb that is signed.
    pub fn verb(&self) -> String {
        format!("{}-together", self.decision)
    }

    /// Those of several requests that one signature may decide on: what waits for one person each, of the session that most are of.
    pub fn together<'a>(tickets: impl Iterator<Item = &'a Ticket>) -> Vec<&'a Ticket> {
        let alone = |ticket: &&Ticket| ticket.state == State::Pending && is_for_one(ticket);
        let mut all: Vec<&Ticket> = tickets.filter(alone).collect();
        let many = |session: &SessionId| all.iter().filter(|ticket| ticket.session == *session).count();
        let of = all.iter().rev().map(|ticket| &ticket.session).max_by_key(|session| many(session)).cloned();
        all.retain(|ticket| Some(&ticket.session) == of.as_ref());
        all
    }

    /// What is signed as its subject.
    pub fn subject(&self) -> String {
        match self.requests.as_slice() {
            [only] => only.id.to_string(),
            many => format!("{} requests", many.len()),
        }
    }
}
