//! Terraform workspaces: which states there were, and which of them was verified.

use interlock_action::{Digest, Millis};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Event, Memory};

/// One version of a state. Every version is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StateVersion {
    /// Counts the writes of this workspace, from one.
    pub version: u64,
    /// Who it descends from, as it says itself.
    pub lineage: String,
    /// How often it was written, as it says itself.
    pub serial: u64,
    /// How many resources it has.
    pub resources: u32,
    /// What its bytes are found by.
    pub digest: Digest,
    /// When it was written.
    pub at: Millis,
}

/// A bundle and the state that it left, after both were seen to agree with what is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastGood {
    /// The state's version.
    pub version: u64,
    /// The bundle.
    pub bundle: Digest,
    /// Addresses that its configuration guards with `prevent_destroy`.
    pub guarded: Vec<String>,
    /// When it was verified.
    pub at: Millis,
}

/// What is known of a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workspace {
    /// Its states, oldest first.
    pub versions: Vec<StateVersion>,
    /// The last one known to be good.
    pub good: Option<LastGood>,
}

impl Workspace {
    /// The state that it has now.
    pub fn latest(&self) -> Option<&StateVersion> {
        self.versions.last()
    }
}

impl Memory {
    /// Folds in what happened to a workspace, and what was rehearsed of one.
    pub(crate) fn keep_workspace(&mut self, event: &Event) {
        match event {
            Event::StateWritten { workspace, state } => {
                self.workspaces.entry(workspace.clone()).or_default().versions.push(state.clone());
            }
            Event::StateVerified { workspace, good } => {
                self.workspaces.entry(workspace.clone()).or_default().good = Some((**good).clone());
            }
            Event::Rehearsed { surface, bytes, rehearsal } => {
                self.rehearsals.insert((*surface, bytes.clone()), (**rehearsal).clone());
            }
            _ => {}
        }
    }
}
