//! Recovery points in custody: what is kept, drills, removals.

use interlock_action::Millis;
use interlock_flow::custody::{Point, PointNews};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RequestRow;

/// `GET /v1/recovery`: one of the points in custody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeptPoint {
    /// It.
    #[serde(flatten)]
    pub point: Point,
    /// Until then nobody can have it removed.
    pub stays_until: Millis,
}

/// `POST /v1/recovery/drill`: signed by a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DrillRequest {
    /// The points, by their names.
    pub points: Vec<String>,
}

impl DrillRequest {
    /// What a person signs for.
    pub fn subject(&self) -> String {
        self.points.join(" ")
    }
}

/// `GET /v1/recovery/run/{id}`: drills or removals under way, or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PointRun {
    /// Which.
    pub id: String,
    /// What it has told so far, oldest first.
    pub progress: Vec<PointNews>,
    /// Whether it has ended.
    pub ended: bool,
    /// The points that are not proven, or not removed; running it again goes on from there.
    pub failed: Vec<String>,
}

/// `POST /v1/recovery/purge`: removals that people have signed for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PurgeBegun {
    /// They are under way.
    pub run: Option<PointRun>,
    /// One person works alone: they are held, and carried out a while after that person approves.
    pub held: Option<RequestRow>,
}
