//! One thing an agent wants done.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{AccountId, Claim, Effect, Target, TargetId};

/// Where an action comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Surface {
    /// The AWS API.
    Aws,
    /// Terraform and OpenTofu.
    Terraform,
    /// Interlock itself: enrolment, policy.
    Interlock,
}

/// A namespaced operation: `aws:rds:DeleteDBInstance`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Operation(String);

impl Operation {
    /// Takes the namespaced text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// `aws:service:Operation`.
    pub fn aws(service: &str, operation: &str) -> Self {
        Self(format!("aws:{service}:{operation}"))
    }
    /// The namespaced text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The part between the first and the second colon.
    pub fn service(&self) -> &str {
        self.0.split(':').nth(1).unwrap_or_default()
    }
    /// The part after the last colon.
    pub fn verb(&self) -> &str {
        self.0.rsplit(':').next().unwrap_or_default()
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something the action writes that a classification rule may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClassifierWrite {
    /// Sets or removes the tag with this key (`value` is `None` when removed).
    Tag {
        /// The tag's key.
        key: String,
        /// The new value.
        value: Option<String>,
    },
    /// Removes every tag.
    AllTags,
    /// Gives the target this new name.
    Name(String),
}

/// A payload that streams past and is not in the arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// There is none: everything is in the arguments.
    #[default]
    Judged,
    /// Bytes of this SHA-256, in hexadecimal digits: nothing else is sent.
    Digest(String),
    /// Bytes that nobody has seen yet: an approval cannot be bound to them.
    Unbound,
}

impl Content {
    /// Whether everything is in the arguments.
    pub fn is_judged(&self) -> bool {
        *self == Self::Judged
    }
}

/// What a reader found in the bytes an agent sent. Situate adds whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Action {
    /// Where it came in.
    pub surface: Surface,
    /// What is asked for.
    pub operation: Operation,
    /// The account it acts in, where the bytes or the session tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The region it acts in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What it does, worst first.
    pub claims: Vec<Claim>,
    /// What it touches.
    pub targets: Vec<Target>,
    /// The effective parameters, by the operation's own member names. Blobs are base64 text; secret values are in the
    /// clear here and sealed before anything is stored, shown or digested.
    pub arguments: Value,
    /// JSON pointers into `arguments` whose values are secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// JSON pointers into `arguments` that are idempotency tokens: left out of the digest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<String>,
    /// Writes that a classification rule may read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<ClassifierWrite>,
    /// The same of actions that are many in one: what is written of which target.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub writes_on: BTreeMap<TargetId, Vec<ClassifierWrite>>,
    /// What the reader could not tell. Not empty means hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknowns: Vec<String>,
    /// A payload that is not in `arguments`.
    #[serde(default, skip_serializing_if = "Content::is_judged")]
    pub content: Content,
    /// The agent's own words. Shown as unverified, never believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_reason: Option<String>,
}

impl Action {
    /// Whether any effect it may have changes something. An action without claims is judged as a mutation.
    pub fn mutates(&self) -> bool {
        self.claims.is_empty() || self.claims.iter().any(|claim| claim.effect.mutates())
    }

    /// Whether it only reads, and nothing secret.
    pub fn is_plain_read(&self) -> bool {
        !self.claims.is_empty()
            && self.unknowns.is_empty()
            && self.claims.iter().all(|claim| claim.effect == Effect::Read)
    }
}
