//! Held actions, as people see them.

use interlock_action::{Millis, PersonId, TicketId};
use interlock_approval::Ticket;
use interlock_flow::Rehearsal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sentence::{sentence, vanishes};

/// One line of `request ls`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RequestRow {
    /// The ticket.
    pub id: TicketId,
    /// `pending`, `approved`, …
    pub state: String,
    /// `T3` or `T4`.
    pub tier: String,
    /// What waits.
    pub operation: String,
    /// On what.
    pub target: String,
    /// Who asked.
    pub agent: String,
    /// `1 of 2`.
    pub approvals: String,
    /// When it expires.
    pub expires: Millis,
}

impl From<&Ticket> for RequestRow {
    fn from(ticket: &Ticket) -> Self {
        Self {
            id: ticket.id.clone(),
            state: ticket.state.name().to_owned(),
            tier: ticket.held.tier.clone(),
            operation: ticket.held.action.operation.to_string(),
            target: ticket
                .held
                .action
                .targets
                .first()
                .map(|target| target.id.to_string())
                .unwrap_or_default(),
            agent: ticket.held.agent.to_string(),
            approvals: format!("{} of {}", ticket.filled(), ticket.quorum.slots.len()),
            expires: ticket.held.expires,
        }
    }
}

/// `request show`: the whole ticket. Everything in it but the agent's own words was written by Interlock.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RequestView {
    /// Who wants what, in one sentence.
    pub sentence: String,
    /// What would be gone, and what it could still be restored from; empty where nothing would.
    pub vanishes: Vec<String>,
    /// As it stands.
    pub ticket: Ticket,
    /// What came of rehearsing it, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehearsal: Option<Rehearsal>,
    /// The last prompt of its session, unverified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

impl RequestView {
    /// Of a ticket, with its rehearsal and the last prompt of its session.
    pub fn of(ticket: Ticket, rehearsal: Option<Rehearsal>, prompt: Option<String>) -> Self {
        Self { sentence: sentence(&ticket), vanishes: vanishes(&ticket), ticket, rehearsal, prompt }
    }

    /// What came of rehearsing it, line by line.
    pub fn rehearsed(&self) -> Vec<String> {
        let lines = self.rehearsal.iter().flat_map(|rehearsal| {
            let word = if rehearsal.as_planned { "as planned" } else { "NOT as planned" };
            let head = format!("{word}, at {}, {}", rehearsal.place, crate::time(rehearsal.at));
            std::iter::once(head).chain(rehearsal.seen.iter().cloned())
        });
        lines.collect()
    }
}

/// `GET /v1/requests/feed`: requests as they are opened and moved.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Feed {
    /// How many entries the ledger had: ask again with `after` set to it.
    pub sequence: u64,
    /// Without `after`, what waits or is approved; else what was opened or moved since, as it stands now.
    pub requests: Vec<RequestView>,
}

/// `POST /v1/requests/{id}/decision`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DecisionRequest {
    /// `approve` or `deny`.
    pub decision: String,
    /// Who.
    pub person: PersonId,
    /// Their words.
    pub reason: String,
    /// Armoured SSHSIG over the ticket's digest.
    pub signature: String,
}
