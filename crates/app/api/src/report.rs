//! What became of a session's calls, by rule.

use interlock_action::{ActionId, AgentId, Millis, PersonId, SessionId, TargetId};
use interlock_approval::Launch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GET /v1/sessions/{id}/report`: a session's calls, counted from its entries in the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionReport {
    /// The session.
    pub session: SessionId,
    /// Its agent.
    pub agent: AgentId,
    /// Who answers for the agent.
    pub owner: PersonId,
    /// Who launched it.
    pub launch: Launch,
    /// Its task.
    pub task: String,
    /// Whether nobody was asked in any run of it.
    pub observed: bool,
    /// Plain reads that flowed.
    pub reads: u64,
    /// Everything else that flowed, with or without observing.
    pub flowed: u64,
    /// Of these, calls for which people would have been asked, had they not been waived.
    pub would_hold: u64,
    /// Requests that people were asked about.
    pub held: u64,
    /// Calls that were refused.
    pub refused: u64,
    /// The rules that had a say, the worst first. A call that several rules spoke about counts once for each.
    pub rules: Vec<RuleCount>,
}

/// What became, or would have become, of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It flowed; without observing, people would have been asked.
    WouldHold,
    /// People were asked.
    Held,
    /// It was refused.
    Refused,
}

/// One rule, and how often it had a say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleCount {
    /// What became of the calls.
    pub fate: Fate,
    /// The rule.
    pub rule: String,
    /// Its words.
    pub why: String,
    /// The highest tier among the calls.
    pub tier: String,
    /// What they would have needed, all together.
    pub needs: Vec<String>,
    /// How many calls.
    pub calls: u64,
    /// The first of them.
    pub first: Example,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Example {
    /// What it was.
    pub operation: String,
    /// What it was about; absent where it named nothing, or was redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetId>,
    /// Its id; a request that is held has none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionId>,
    /// Its entry in the ledger.
    pub entry: u64,
    /// When.
    pub at: Millis,
}
