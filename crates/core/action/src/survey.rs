//! What is read before a forecast, and what is made of the answers.
//!
//! A forecaster is a pure pair: which reads, then a fold of their answers into a [`Survey`]. Whoever runs the reads
//! (flow, through its `Inspect` port) knows nothing of the kinds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{AccountId, Bears, Facts, Forecast, Operation, Surface, TargetId};

/// Names one read among those of a survey; the forecaster chooses it.
pub type ReadKey = String;

/// A call that Interlock itself makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Through which gateway.
    pub surface: Surface,
    /// What.
    pub operation: Operation,
    /// Where.
    pub account: Option<AccountId>,
    /// Where.
    pub region: Option<String>,
    /// With which parameters.
    pub arguments: Value,
}

/// A read that a forecast needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// Its name in the answers.
    pub key: ReadKey,
    /// The call; the gateway refuses it unless the catalogue proves it to be a read.
    pub call: Call,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The parsed output, by the operation's own member names.
    Found(Value),
    /// The service says that there is no such thing.
    NotFound,
    /// It could not be read: why, in plain words.
    Unreadable(String),
}

/// The answers so far.
pub type Answers = BTreeMap<ReadKey, Answer>;

/// What was seen of one target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// Whether it exists; `None` when nobody could tell.
    pub exists: Option<bool>,
    /// Its tags; `None` when they could not be read.
    pub tags: Option<BTreeMap<String, String>>,
    /// What people call it, where that stands neither in its id nor in its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Whether people may call it something that could not be read.
    #[serde(default)]
    pub names_unread: bool,
    /// Whether it bears data, as measured.
    pub data: Bears,
    /// Its size in plain words.
    pub size: Option<String>,
    /// An id that no later thing of the same name will have (a resource id, a creation time).
    pub immutable_id: Option<String>,
    /// What it came into being with, as the live state proves: the root volume of an instance.
    #[serde(default)]
    pub came_with: Option<TargetId>,
    /// What its content comes from, or what it is a part of: a snapshot's database, an instance's cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copied_from: Vec<crate::Target>,
    /// What hangs together with it and is reached by the effect: the database behind a security group.
    pub attached_to: Vec<TargetId>,
}

/// A call of Interlock's own without which a survey has nothing to read: a change set that is worked out so that it can
/// be looked at. It changes nothing but what it makes, and what it made is taken away once it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preparation {
    /// Under this key the answers say whether it stands: found, or unreadable and why.
    pub key: ReadKey,
    /// What it is for, in plain words: `works out what an update would change`.
    pub why: String,
    /// What Interlock calls.
    pub make: Call,
    /// JSON pointers into the arguments of `make` whose values are secret.
    pub secrets: Vec<String>,
    /// Read repeatedly until the value at the pointer (see [`value_at`]) is one of these.
    pub ready: (Call, String, Vec<Value>),
    /// Takes away again what was made.
    pub clear: Call,
}

/// How a recovery point that survives the action comes about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Securing {
    /// No data is lost: nothing to secure.
    NotNeeded,
    /// Points that survive, and that no agent can delete, are there already.
    Exists,
    /// The rewritten action makes it itself (a final snapshot); `makes` are the points' ids.
    ByRewrite {
        /// Ids of the recovery points that it makes.
        makes: Vec<String>,
    },
    /// These calls make it first, in order; each `proof` read must then be found and satisfy its test.
    ByCalls {
        /// What Interlock calls, in order.
        calls: Vec<Call>,
        /// Read afterwards, repeatedly, until the value at the pointer (see [`value_at`]) is the one expected.
        proof: Vec<(Call, String, Value)>,
        /// Ids of the recovery points that they make.
        makes: Vec<String>,
    },
    /// It cannot be made: why, in plain words.
    Impossible(String),
}

/// The fold of the answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// What the action would do.
    pub forecast: Forecast,
    /// Facts for conditional claims.
    pub facts: Facts,
    /// What was seen of each target.
    pub observed: BTreeMap<TargetId, Observed>,
    /// Further targets that the effect falls on, found by looking (volumes that go with an instance).
    pub discovered: Vec<crate::Target>,
    /// Tags and names that it writes, found by looking: by a launch template, by what a stack changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<crate::ClassifierWrite>,
    /// The arguments to send instead, when Interlock makes the action recoverable by changing it.
    pub rewrite: Option<Value>,
    /// The operation to send instead, of the same service and with the same answer, where changing the arguments is not
    /// enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Operation>,
    /// What Interlock changes in the request, in words for who sent it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<String>,
    /// How a recovery point comes about.
    pub securing: Securing,
    /// The live-state fields that an approval is bound to: if they differ at execution, the approval is void.
    pub fingerprint: Value,
}

/// The value at a JSON pointer. A segment `[Member=text]` picks the first element of a list whose member is that text:
/// `/BackupSummaries/[BackupName=nightly]/BackupStatus`.
pub fn value_at<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    let mut here = value;
    for segment in pointer.split('/').skip(1) {
        let picked = segment.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        here = match picked.and_then(|test| test.split_once('=')) {
            Some((member, text)) => {
                here.as_array()?.iter().find(|one| one.get(member).and_then(Value::as_str) == Some(text))?
            }
            None => here.pointer(&format!("/{segment}"))?,
        };
    }
    Some(here)
}
