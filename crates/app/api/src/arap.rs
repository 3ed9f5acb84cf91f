//! AuthZEN's Access Request and Approval Profile, as its draft of mid-2026 has it: a denial that people can lift, and a task to follow.
//! An approval is of one call, which the gateway knows by its digest: asking again tells of it, and is no yes. The draft still moves; nothing else in the house knows of it.
//! <https://mcguinness.github.io/draft-mcguinness-authzen-access-request/>

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{AccessAction, Entity};

/// `POST /access/v1/requests`: asks after the request that a held call has opened. It opens none: people approve a call, not a wish.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccessRequest {
    /// Who.
    pub subject: Entity,
    /// What.
    pub action: AccessAction,
    /// On what.
    pub resource: Entity,
    /// The denial that is to be lifted.
    pub denial: Denial,
    /// Not looked at.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub context: Map<String, Value>,
}

/// Which denial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Denial {
    /// `context.evaluation_id` of the evaluation that said no.
    pub evaluation_id: String,
}

/// `GET /access/v1/requests/{id}`, and the answer to a submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskAnswer {
    /// How it stands.
    pub task: Task,
    /// What came of it, once people have approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<TaskResult>,
}

/// A request, as this profile has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// The request's id.
    pub id: String,
    /// How it stands.
    pub status: TaskStatus,
    /// Where it is asked after.
    pub status_endpoint: String,
    /// How far it has come.
    pub progress: TaskProgress,
    /// When it expires.
    pub expires_at: String,
    /// `review`: where people decide.
    pub links: BTreeMap<String, String>,
}

/// How far people have come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskProgress {
    /// How many places of the quorum are filled, and the next.
    pub current_step: usize,
    /// How many there are.
    pub total_steps: usize,
}

/// How a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TaskStatus {
    /// People are asked.
    Pending,
    /// They have approved, and the call has not been made yet.
    Approved,
    /// Somebody said no.
    Denied,
    /// Its time is over, or the approval is spent.
    Expired,
    /// The world or the policy moved.
    Cancelled,
}

/// What came of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskResult {
    /// `reevaluate`: ask again, with the approval's context.
    pub mode: String,
    /// The approval.
    pub approval: TaskApproval,
    /// What goes as `authzen_access_request_approval` into the context of the next evaluation.
    pub approval_context: ApprovalContext,
}

/// An approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskApproval {
    /// The request's id.
    pub id: String,
    /// When people had approved.
    pub approved_at: String,
    /// Until when it is good, once.
    pub approved_until: String,
}

/// Names an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalContext {
    /// The request's id.
    pub approval_id: String,
}
