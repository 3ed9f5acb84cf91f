//! Terraform: what an agent's command is, and what is told of it; states that people bring in.

use interlock_action::WorkspaceId;
use interlock_flow::{LastGood, StateVersion};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /v1/terraform`: in a header, base64 of its JSON. The work directory is the body, as a tar archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TerraformCommand {
    /// The command line, without the program's name.
    pub arguments: Vec<String>,
    /// Where the agent has the tree: an absolute path.
    pub root: String,
    /// The configuration's folder in it.
    pub folder: String,
}

impl TerraformCommand {
    /// The header's name.
    pub const HEADER: &'static str = "x-interlock-terraform";
}

/// One line of its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "news", rename_all = "kebab-case")]
pub enum TerraformNews {
    /// Something is said.
    Line {
        /// For people.
        words: String,
        /// The line of Terraform's own `-json` stream that says the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<String>,
    },
    /// Why it is not done.
    Fault {
        /// In words.
        words: String,
    },
    /// A file is to stand for the plan.
    PlanFile {
        /// Its name, as it was asked for.
        name: String,
        /// What it is to hold.
        content: String,
    },
    /// It has ended.
    Ended {
        /// With this status.
        code: u8,
    },
}

/// `POST /v1/terraform/adopt`: a state from elsewhere, signed by a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AdoptState {
    /// The workspace that it is to be of.
    pub workspace: WorkspaceId,
    /// The state file's text.
    pub state: String,
}

/// `GET /v1/terraform/workspaces`: one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkspaceRow {
    /// Its name.
    pub workspace: WorkspaceId,
    /// Its states, oldest first.
    pub versions: Vec<StateVersion>,
    /// The last one known to be good.
    pub good: Option<LastGood>,
}
