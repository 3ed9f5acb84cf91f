//! What is asked of the policy: one effect, on one target, by one agent, with the facts of the action.
//!
//! Every field is a plain value, so that an [`Ask`] can be a memo key. Nothing here has a default: a fact that nobody
//! could read counts as its worst value, and [`TargetFacts::worst`] and [`ActionFacts::worst`] say which that is.

use std::collections::BTreeMap;

use interlock_action::{
    AccountId, AgentId, Effect, EnvironmentName, Kind, Operation, PersonId, Surface, TargetId,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One effect on one target.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Who wants it.
    pub agent: AgentFacts,
    /// The class of consequence.
    pub effect: Effect,
    /// What it falls on.
    pub target: TargetFacts,
    /// What is known of the action.
    pub facts: ActionFacts,
}

/// What a registered agent may do at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AgentClass {
    /// Reads only.
    Observer,
    /// The default.
    Builder,
    /// Runs what exists.
    Operator,
}

impl AgentClass {
    /// The name in policies and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Observer => "observer",
            Self::Builder => "builder",
            Self::Operator => "operator",
        }
    }
}

/// The agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentFacts {
    /// Its registered name.
    pub name: AgentId,
    /// Its class.
    pub class: AgentClass,
    /// The person who answers for it.
    pub owner: PersonId,
}

/// The target.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetFacts {
    /// Its ARN, or the nearest unambiguous name.
    pub id: TargetId,
    /// The name that name rules are matched with, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// The account it lives in, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The environment a rule put it in.
    pub environment: EnvironmentName,
    /// Whether that environment is production. What no rule classifies is.
    pub production: bool,
    /// `[class.NAME] production = "read-only"` holds for this agent's class.
    pub class_read_only: bool,
    /// Whether it bears data. Unknown is `true`.
    pub bears_data: bool,
    /// The ledger proves that this session made it, nobody else wrote to it since, and the effect reaches nothing else.
    pub made_by_session: bool,
    /// It is one of Interlock's own resources.
    pub interlock_own: bool,
    /// Its tags; `None` when they could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

impl TargetFacts {
    /// A target of which nothing is known but its id. `interlock_own` is no guess: whoever builds this must know
    /// Interlock's own resources and say so.
    pub fn worst(id: TargetId, environment: EnvironmentName) -> Self {
        Self {
            id,
            name: None,
            kind: Kind::Other,
            account: None,
            environment,
            production: true,
            class_read_only: false,
            bears_data: true,
            made_by_session: false,
            interlock_own: false,
            tags: None,
        }
    }
}

/// The action.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionFacts {
    /// Every part of it was understood.
    pub known: bool,
    /// An exact undo is registered.
    pub undo: bool,
    /// The lease names it.
    pub in_scope: bool,
    /// Its whole reach (account, passed role, peered network) touches production.
    pub reach_production: bool,
    /// It gives administrator rights, or changes the agent's own.
    pub administrator: bool,
    /// The agent has destroyed as much as it may without a person.
    pub over_budget: bool,
    /// The lease names the secret that is read.
    pub lease_names_secret: bool,
    /// A recovery point for the target exists or can be made. Worst is `true` *without* the evidence: the point is then
    /// demanded and nobody can bring it.
    pub securable: bool,
    /// Data would be gone, not only out of reach.
    pub loses_data: bool,
    /// The configuration names a place where it can be rehearsed; older logs do not say.
    #[serde(default)]
    pub rehearsable: bool,
    /// The namespaced operation.
    pub operation: Operation,
    /// The service, `rds`.
    pub service: String,
    /// Where the action came in.
    pub surface: Surface,
}

impl ActionFacts {
    /// An action of which nothing is known but its operation.
    pub fn worst(surface: Surface, operation: Operation) -> Self {
        Self {
            known: false,
            undo: false,
            in_scope: false,
            reach_production: true,
            administrator: true,
            over_budget: true,
            lease_names_secret: false,
            securable: true,
            loses_data: true,
            rehearsable: false,
            service: operation.service().to_owned(),
            operation,
            surface,
        }
    }
}
