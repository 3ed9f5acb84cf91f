//! What an action would do, and how we know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Effect, Kind, Millis, TargetId};

/// How a forecast came about, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// It was run and rolled back.
    Measured,
    /// An engine planned it.
    Planned,
    /// The live state was read and the effect derived.
    Read,
    /// Nothing could be read: the worst is assumed.
    Assumed,
}

/// One thing that would be different afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The thing.
    pub target: TargetId,
    /// What it is.
    pub kind: Kind,
    /// What happens to it.
    pub effect: Effect,
    /// Plain words: `database course-management-prod (postgres, 100 GiB) is deleted`.
    pub what: String,
    /// The state before, as far as it matters to a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The state after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// Something data can be restored from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryPoint {
    /// Its ARN or id.
    pub id: String,
    /// `manual snapshot`, `automated snapshot`, `backup`, `object version`.
    pub what: String,
    /// Whether it is still there, and still usable, after the action.
    pub survives: bool,
    /// When a drill last restored it; one that was never drilled is not proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<Millis>,
}

/// Recovery points before and after; `None` is "could not be counted", never zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryCount {
    /// How many there are now.
    pub before: Option<u32>,
    /// How many would remain.
    pub after: Option<u32>,
}

/// How well what happens can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reversibility {
    /// An exact inverse is registered.
    Exact,
    /// By restoring from a recovery point.
    FromRecoveryPoint,
    /// In part.
    Lossy,
    /// Not at all, or nobody knows how.
    None,
}

/// What an action would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Forecast {
    /// How we know.
    pub method: Method,
    /// What would vanish or change, destroys first.
    pub changes: Vec<Change>,
    /// What data would be lost, in plain words with sizes; empty is none.
    pub data_loss: Vec<String>,
    /// Recovery points before and after.
    pub recovery: RecoveryCount,
    /// The points themselves.
    pub points: Vec<RecoveryPoint>,
    /// Who uses what would change, in plain words.
    pub dependents: Vec<String>,
    /// The way back.
    pub reversibility: Reversibility,
    /// What could not be seen. Never rounded down to zero.
    pub unknowns: Vec<String>,
}

impl Forecast {
    /// The forecast of someone who could see nothing.
    pub fn assumed(unknown: impl Into<String>) -> Self {
        Self {
            method: Method::Assumed,
            changes: Vec::new(),
            data_loss: Vec::new(),
            recovery: RecoveryCount::default(),
            points: Vec::new(),
            dependents: Vec::new(),
            reversibility: Reversibility::None,
            unknowns: vec![unknown.into()],
        }
    }
}
