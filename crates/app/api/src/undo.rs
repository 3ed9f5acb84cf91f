//! Taking changes back.

use interlock_action::{ActionId, AgentId, Digest, Millis, SessionId, UndoId};
use interlock_flow::Progress;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /v1/undo/preview`: which changes. What is given must all hold; nothing given is every change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Selection {
    /// These actions.
    #[serde(default)]
    pub changes: Vec<ActionId>,
    /// Of this session.
    #[serde(default)]
    pub session: Option<SessionId>,
    /// Of this agent.
    #[serde(default)]
    pub agent: Option<AgentId>,
    /// Since then.
    #[serde(default)]
    pub since: Option<Millis>,
}

/// `POST /v1/undo`: signed by as many people as the preview says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UndoRequest {
    /// The changes of the preview.
    pub changes: Vec<ActionId>,
    /// The preview's digest.
    pub digest: Digest,
}

/// `GET /v1/undo/{id}`: a run back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UndoRun {
    /// Which.
    pub id: UndoId,
    /// What it has told so far, oldest first.
    pub progress: Vec<Progress>,
    /// Whether it has ended.
    pub ended: bool,
    /// Why it ended early; what was done is done, and running it again goes on from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
