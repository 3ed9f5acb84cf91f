//! What the road says of an action, in words an agent and a person can both act on.

use interlock_action::{ActionId, Operation, TicketId};
use interlock_approval::Reason;
use serde::{Deserialize, Serialize};

use crate::Permit;

/// What becomes of an action.
pub enum Verdict {
    /// It may be sent, once, in the form that the permit carries.
    Allowed(Permit),
    /// It waits for evidence.
    Held(HeldAction),
    /// People are to decide, and what streams with it cannot be bound to: ask again with the content's digest.
    Unbound,
    /// It is not let through.
    Refused(RefusedAction),
}

/// So many unknowns are told in one line.
const TOLD: usize = 4;

/// An action that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldAction {
    /// What waits.
    pub operation: Operation,
    /// The ticket.
    pub ticket: TicketId,
    /// `T3` or `T4`.
    pub tier: String,
    /// What it would do, the worst first, in plain words.
    pub would: Vec<String>,
    /// What could not be told of it, or speaks against it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknowns: Vec<String>,
    /// What is missing: the policy's need names.
    pub needs: Vec<String>,
    /// Which rules, and why.
    pub reasons: Vec<Reason>,
    /// How far it has come: `pending`, `approved, waiting for …`.
    pub progress: String,
}

/// Why an action is not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The policy refuses it whatever evidence there is.
    Policy,
    /// A person denied it.
    Denied,
    /// It is only a step of a plan: nothing of that is sent.
    Planned,
    /// A freeze covers it.
    Frozen,
    /// The session has no live lease.
    NoLease,
    /// The ledger cannot record it.
    Ledger,
    /// The request cannot be read without guessing.
    Unreadable,
}

/// An action that is not let through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedAction {
    /// What was refused.
    pub operation: Operation,
    /// The action's id in the ledger.
    pub id: ActionId,
    /// Why.
    pub cause: Cause,
    /// Which rules, and why.
    pub reasons: Vec<Reason>,
}

impl HeldAction {
    /// Whether a rehearsal is among what it waits for.
    pub fn wants_rehearsal(&self) -> bool {
        self.needs.iter().any(|need| *need == interlock_policy::Need::Rehearsal.to_string())
    }

    /// What, which rule, why, what next, and the id: one line.
    pub fn message(&self) -> String {
        let would = if self.would.is_empty() {
            String::new()
        } else {
            format!(" It would: {}.", self.would.join("; "))
        };
        let unknown = if self.unknowns.is_empty() {
            String::new()
        } else {
            let more = self.unknowns.len().saturating_sub(TOLD);
            let told: Vec<&str> = self.unknowns.iter().take(TOLD).map(String::as_str).collect();
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            format!(" Unknown: {}{more}.", told.join("; "))
        };
        format!(
            "Interlock holds {} ({}, {}).{unknown}{would} {} Do not retry or work around it: ask a person to look at \
             `interlock request show {}`, then send the same call again. [ticket {}]",
            self.operation,
            self.tier,
            self.progress,
            words(&self.reasons),
            self.ticket,
            self.ticket
        )
    }
}

impl RefusedAction {
    /// What, which rule, why, what next, and the id: one line.
    pub fn message(&self) -> String {
        format!("Interlock refuses {}. {} [action {}]", self.operation, words(&self.reasons), self.id)
    }
}

fn words(reasons: &[Reason]) -> String {
    let mut said: Vec<String> = Vec::new();
    for reason in reasons {
        let next = if reason.next.is_empty() {
            String::new()
        } else {
            format!(" Next: {}.", reason.next.trim_end_matches('.'))
        };
        let line = format!("Rule {}: {}.{next}", reason.rule, reason.why.trim_end_matches('.'));
        if !said.contains(&line) && said.len() < 4 {
            said.push(line);
        }
    }
    said.join(" ")
}
