//! What an action touches.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccountId, EnvironmentName, TargetId};

/// What kind of thing a target is: one closed list for all surfaces.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the documentation: each is a standard term")]
pub enum Kind {
    Account,
    Alarm,
    Alias,
    Bucket,
    Cluster,
    Database,
    DatabaseCluster,
    DatabaseSnapshot,
    Dns,
    FileSystem,
    Function,
    Gateway,
    Group,
    Image,
    Instance,
    InstanceProfile,
    Key,
    KeyPair,
    LoadBalancer,
    LogGroup,
    Network,
    NetworkInterface,
    Object,
    ParameterGroup,
    Policy,
    Queue,
    Role,
    Route,
    Schedule,
    Schema,
    Secret,
    SecurityGroup,
    Service,
    Snapshot,
    Stack,
    Stream,
    Subnet,
    Table,
    Topic,
    Trail,
    User,
    Volume,
    /// Known to exist, of a kind this list has no word for.
    #[default]
    Other,
}

/// Whether a target bears data. `Unknown` is judged as `Yes`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Bears {
    /// It holds nothing that could be lost.
    No,
    /// It holds data.
    Yes,
    /// Nobody could tell.
    #[default]
    Unknown,
}

/// What part a target plays in the action.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// The action acts on it.
    #[default]
    Acts,
    /// The action makes it; it is not expected to exist before.
    Creates,
    /// The effect reaches it through the action: a passed role, a peered network, a foreign account.
    Reaches,
    /// The new thing is a copy, restore or child of it, and inherits its classification.
    Source,
}

/// A resource that an action touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// Its ARN, or the nearest unambiguous name.
    pub id: TargetId,
    /// What it is.
    pub kind: Kind,
    /// The name that name rules are matched with (the last part of the ARN, the bucket, the table).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Where it lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The part it plays.
    #[serde(default)]
    pub relation: Relation,
    /// Whether it bears data, as far as its kind alone tells.
    pub data: Bears,
    /// Set by situate, never by a reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
}

impl Target {
    /// What people call it. An object is known by its bucket's name, and called by its own within it.
    pub fn called(&self) -> Option<&str> {
        match self.id.as_str().split_once(":::") {
            Some((_, path)) if self.kind == Kind::Object => Some(path),
            _ => self.name.as_deref(),
        }
    }
}
