//! Classes of consequence.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{FactTest, RuleId, TargetId};

/// A class of consequence: the closed list of the design's tier table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Looks, changes nothing.
    Read,
    /// Hands out secret values, keys, presigned URLs or credentials.
    SensitiveRead,
    /// Makes something that did not exist.
    Create,
    /// Changes something that exists.
    Update,
    /// Stops service without losing the thing: stop, scale to zero, detach, deregister.
    Interrupt,
    /// Removes a thing, or data in it.
    Destroy,
    /// Changes who can reach what: routes, security groups, network ACLs.
    Network,
    /// Opens something to the public or to a foreign account.
    Expose,
    /// Changes who may do what.
    Privilege,
    /// Runs code under another identity.
    Execute,
    /// Sends data to a foreign account.
    Exfiltrate,
    /// Takes away a protection, or changes what a classification rule reads.
    GuardRemoval,
    /// Takes away something that data could be restored from.
    RecoveryLoss,
    /// Touches the record of what happened.
    AuditTrail,
    /// Touches Interlock's own resources, people or policy.
    Interlock,
}

impl Effect {
    /// Every effect, in the order of the tier table.
    pub const ALL: [Self; 15] = [
        Self::Read,
        Self::SensitiveRead,
        Self::Create,
        Self::Update,
        Self::Interrupt,
        Self::Destroy,
        Self::Network,
        Self::Expose,
        Self::Privilege,
        Self::Execute,
        Self::Exfiltrate,
        Self::GuardRemoval,
        Self::RecoveryLoss,
        Self::AuditTrail,
        Self::Interlock,
    ];

    /// The name in documents, policies and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::SensitiveRead => "sensitive-read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Interrupt => "interrupt",
            Self::Destroy => "destroy",
            Self::Network => "network",
            Self::Expose => "expose",
            Self::Privilege => "privilege",
            Self::Execute => "execute",
            Self::Exfiltrate => "exfiltrate",
            Self::GuardRemoval => "guard-removal",
            Self::RecoveryLoss => "recovery-loss",
            Self::AuditTrail => "audit-trail",
            Self::Interlock => "interlock",
        }
    }

    /// Whether anything changes: everything but the two kinds of read.
    pub fn mutates(self) -> bool {
        !matches!(self, Self::Read | Self::SensitiveRead)
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An effect that a reader claims an action has, perhaps only under conditions in the live state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// The class.
    pub effect: Effect,
    /// The target it falls on; `None` is every target of the action that it acts on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetId>,
    /// Plain words for a person: what happens. Written by Interlock, never by the agent.
    pub why: String,
    /// The parameter rule that found it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// On how many things inside the target it falls, as far as the request says: items of a table. At least one.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub many: u32,
    /// Holds only if all of these do. A fact nobody could read counts as its worst value: the test holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<FactTest>,
}

impl Claim {
    /// An unconditional effect on all targets.
    pub fn plain(effect: Effect, why: impl Into<String>) -> Self {
        Self { effect, target: None, why: why.into(), rule: None, many: 1, when: Vec::new() }
    }
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_one(many: &u32) -> bool {
    *many == 1
}
