//! Breaking the glass, and looking at it afterwards.

use interlock_action::GlassId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /v1/glass`: signed with a device-bound passkey by somebody whom the configuration names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BreakGlass {
    /// The incident's id, as whoever keeps them calls it.
    pub incident: String,
    /// Globs over ids and names of what it is about.
    pub scope: Vec<String>,
    /// For how long, up to 60.
    pub minutes: u64,
}

/// `POST /v1/glass/mend`: signed by anybody, ends it. `POST /v1/glass/review`: signed by somebody else once it is over, within 24 hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReviewGlass {
    /// Which.
    pub id: GlassId,
}
