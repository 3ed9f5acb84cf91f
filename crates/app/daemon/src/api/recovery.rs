//! Recovery points in custody, and their drills.

use interlock_flow::custody::DrillNews;
use serde::{Deserialize, Serialize};

/// `POST /v1/recovery/drill`: signed by a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// `GET /v1/recovery/drill/{id}`: drills under way, or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillRun {
    /// Which.
    pub id: String,
    /// What it has told so far, oldest first.
    pub progress: Vec<DrillNews>,
    /// Whether it has ended.
    pub ended: bool,
    /// The points that are not proven; running it again goes on from there.
    pub failed: Vec<String>,
}
