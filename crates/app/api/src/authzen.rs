//! AuthZEN 1.0 (OpenID, January 2026): asking the policy what it says, before anything is done.
//! <https://openid.net/specs/authorization-api-1_0.html>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Who, or what, with its properties.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entity {
    /// `agent` of a subject; a kind of thing of a resource: `database`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name; of a resource its ARN or nearest unambiguous name.
    pub id: String,
    /// Of a resource: `name`, `account`, `environment`, `bears_data` (`yes`, `no`, `unknown`). What is not said counts as its worst value.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub properties: Map<String, Value>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccessAction {
    /// An effect: `read`, `update`, `destroy`, …
    pub name: String,
    /// `operation`, and facts of the action: `known`, `in_scope`, `undo`, … What is not said counts as its worst value.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub properties: Map<String, Value>,
}

/// `POST /access/v1/evaluation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvaluationRequest {
    /// Who.
    pub subject: Entity,
    /// What.
    pub action: AccessAction,
    /// On what.
    pub resource: Entity,
    /// `authzen_access_request_approval`: an approval, after a request. Nothing else of it is looked at.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub context: Map<String, Value>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvaluationAnswer {
    /// Whether it would pass now, with nothing brought for it.
    pub decision: bool,
    /// Why: the outcome (`allow`, `hold`, `refuse`), the tier, what is needed, and the rules.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub context: Map<String, Value>,
}

/// `POST /access/v1/evaluations`: what is said here holds for each that does not say it itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvaluationsRequest {
    /// Who.
    #[serde(default)]
    pub subject: Option<Entity>,
    /// What.
    #[serde(default)]
    pub action: Option<AccessAction>,
    /// On what.
    #[serde(default)]
    pub resource: Option<Entity>,
    /// Not looked at.
    #[serde(default)]
    pub context: Map<String, Value>,
    /// Each; none is the one that is said here.
    #[serde(default)]
    pub evaluations: Vec<PartOfEvaluation>,
    /// How far to go.
    #[serde(default)]
    pub options: EvaluationOptions,
}

/// One of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PartOfEvaluation {
    /// Who.
    #[serde(default)]
    pub subject: Option<Entity>,
    /// What.
    #[serde(default)]
    pub action: Option<AccessAction>,
    /// On what.
    #[serde(default)]
    pub resource: Option<Entity>,
}

/// How far to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvaluationOptions {
    /// Through all, or up to the first no or yes.
    #[serde(default)]
    pub evaluations_semantic: Semantic,
}

/// Through all, or up to the first no or yes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Semantic {
    /// All.
    #[default]
    ExecuteAll,
    /// Up to the first no.
    DenyOnFirstDeny,
    /// Up to the first yes.
    PermitOnFirstPermit,
}

/// The answers, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvaluationAnswers {
    /// Each.
    pub evaluations: Vec<EvaluationAnswer>,
}
