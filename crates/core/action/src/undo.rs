//! The way back: what is kept before an action so that it can be taken back.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    AccountId, Action, Call, Millis, Operation, Reversibility, Sealer, Securing, Surface, Target, UndoId,
};

/// What an undo needs to know of the action that it takes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deed {
    /// Where it came in.
    pub surface: Surface,
    /// What was done.
    pub operation: Operation,
    /// In which account.
    pub account: Option<AccountId>,
    /// In which region.
    pub region: Option<String>,
    /// The parameters that were sent; secret values are sealed.
    pub arguments: Value,
    /// What it touched.
    pub targets: Vec<Target>,
    /// The recovery points that were made for it, or that it makes itself: their names, and then the ids that they were seen
    /// under.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<String>,
    /// The run that takes it back, once one has begun: its name, and what nobody outside can tell of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<UndoId>,
}

impl Deed {
    /// What is kept of an action.
    pub fn of(action: &Action, securing: &Securing, sealer: &Sealer) -> Self {
        let points = match securing {
            Securing::ByRewrite { makes } | Securing::ByCalls { makes, .. } => makes.clone(),
            Securing::NotNeeded | Securing::Exists | Securing::Impossible(_) => Vec::new(),
        };
        Self {
            surface: action.surface,
            operation: action.operation.clone(),
            account: action.account.clone(),
            region: action.region.clone(),
            arguments: sealer.seal_secrets(&action.arguments, &action.secrets),
            targets: action.targets.clone(),
            points,
            undo: None,
        }
    }

    /// What [`RESTORES`] says on what its undo makes in place of something that is gone; nothing before one has begun.
    ///
    /// INVARIANT: nobody could write it before the run's first call, so that what bears it is either the run's own or copied
    /// from that.
    pub fn mark(&self, gone: &str) -> Option<String> {
        self.undo.as_ref().map(|undo| format!("{gone}/{undo}"))
    }
}

/// On what terms an action can be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Terms {
    /// How well: exactly, from a recovery point, or in part. Never [`Reversibility::None`].
    pub class: Reversibility,
    /// What does not come back, in plain words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loses: Vec<String>,
    /// How long it takes, expected.
    pub minutes: u32,
    /// How many days the way stays open; `None` where nothing closes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

impl Terms {
    /// An exact inverse that takes a moment.
    pub fn exact() -> Self {
        Self { class: Reversibility::Exact, loses: Vec::new(), minutes: 1, days: None }
    }

    /// A way back on which this is lost.
    pub fn lossy(minutes: u32, loses: &[&str]) -> Self {
        let loses = loses.iter().map(|what| (*what).to_owned()).collect();
        Self { class: Reversibility::Lossy, loses, minutes, days: None }
    }

    /// A way back through a recovery point, on which this is lost.
    pub fn from_recovery_point(minutes: u32, loses: &[&str]) -> Self {
        Self { class: Reversibility::FromRecoveryPoint, ..Self::lossy(minutes, loses) }
    }

    /// The same, open for so many days.
    #[must_use]
    pub fn within_days(self, days: u32) -> Self {
        Self { days: Some(days), ..self }
    }
}

/// The member of a state that is not compared: what a way back needs to know and cannot restore, such as the id of a
/// version.
pub const HANDLE: &str = "handle";

/// The tag of a thing that was made again under a new id: its value is the [mark](Deed::mark) of the one that is gone. Nobody
/// but Interlock writes it.
pub const RESTORES: &str = "interlock:restores";

/// The tag of a recovery point that Interlock made: nobody else writes it.
pub const POINT: &str = "interlock:recovery-point";

/// A state without its [`HANDLE`]: what two states are compared by.
pub fn compared(state: &Value) -> Value {
    let mut state = state.clone();
    if let Some(members) = state.as_object_mut() {
        members.remove(HANDLE);
    }
    state
}

/// Where a state holds what none of the known ones does: what somebody else wrote. The paths, never the values.
///
/// A state on its way from one to another is made of both: every member has the value of one of them, every element of a
/// list is in one of them, and what is in all of them is there. Nothing known is an empty list and a record without members.
pub fn strays(now: &Value, known: &[&Value]) -> Vec<String> {
    let mut found = Vec::new();
    stray("", &compared(now), &known.iter().map(|known| compared(known)).collect::<Vec<_>>(), &mut found);
    found
}

fn stray(path: &str, now: &Value, known: &[Value], found: &mut Vec<String>) {
    if known.contains(now) {
        return;
    }
    let records = || known.iter().filter_map(Value::as_object);
    let lists = || known.iter().filter_map(Value::as_array);
    let flat = known.iter().all(|one| one.is_null() || one.is_array()) && lists().next().is_some();
    match now {
        Value::Object(members) if records().next().is_some() => {
            let names: BTreeSet<&String> = members.keys().chain(records().flat_map(Map::keys)).collect();
            for name in names {
                let known = known.iter().filter(|one| one.is_null() || one.is_object());
                let known: Vec<Value> = known.map(|one| one.get(name).cloned().unwrap_or_default()).collect();
                let now = members.get(name).unwrap_or(&Value::Null);
                stray(&format!("{path}/{name}"), now, &known, found);
            }
        }
        Value::Array(_) | Value::Null if flat => {
            let now = now.as_array().map_or(&[][..], Vec::as_slice);
            let own = now.iter().all(|one| lists().any(|list| list.contains(one)));
            let all = known.iter().all(Value::is_array);
            let shared = |one: &&Value| all && lists().all(|list| list.contains(one));
            let kept = lists().next().into_iter().flatten().filter(shared).all(|one| now.contains(one));
            if !own || !kept {
                found.push(path.to_owned());
            }
        }
        _ => found.push(path.to_owned()),
    }
}

/// The registered way back of one action: written before the action is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contract {
    /// Which way it is: `ec2/route`.
    pub way: String,
    /// What was done.
    pub deed: Deed,
    /// The state before, as far as the way restores it. May hold secrets: it is kept encrypted, and never shown.
    pub before: Value,
    /// How well, how long.
    pub terms: Terms,
    /// When the way closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Millis>,
}

/// What remains to be done on a way back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// In plain words, the same however often it is asked: `allow tcp 443 from 10.0.0.0/8 again`.
    pub name: String,
    /// What to do now.
    pub next: Next,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Next {
    /// This call.
    Call(Call),
    /// Nothing: the service is at work.
    Wait,
    /// Nothing yet: an earlier step must have been done before the call can be written.
    Later,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_state_on_its_way_is_made_of_both() {
        let (from, to) =
            (json!({"size": 1, "tags": ["b", "c"]}), json!({"size": 2, "tags": ["a", "c"], "name": "n"}));
        let between = [
            json!({"size": 2, "tags": ["b", "c"]}),
            json!({"size": 1, "tags": ["a", "b", "c"], "name": "n"}),
            json!({"size": 1, "tags": ["c"], "handle": {"id": "new"}}),
        ];
        for state in between {
            assert_eq!(strays(&state, &[&from, &to]), Vec::<String>::new(), "{state}");
        }
        let others = [
            (json!({"size": 3, "tags": ["b", "c"]}), "/size"),
            (json!({"size": 1, "tags": ["b", "c", "d"]}), "/tags"),
            (json!({"size": 1, "tags": ["b"]}), "/tags"),
            (json!({"size": 1, "tags": ["b", "c"], "name": "m"}), "/name"),
            (json!({"size": 1, "tags": ["b", "c"], "more": true}), "/more"),
            (json!({"tags": ["b", "c"]}), "/size"),
            (json!(null), ""),
        ];
        for (state, where_) in others {
            assert_eq!(strays(&state, &[&from, &to]), [where_], "{state}");
        }
    }

    #[test]
    fn what_is_made_again_has_nothing_or_what_it_had() {
        let before = json!({"a": {"size": 2, "tags": ["x"]}, "b": {"size": 3}});
        let gone = json!({"a": null, "b": null});
        assert!(strays(&json!({"a": {"size": 2, "tags": []}, "b": null}), &[&before, &gone]).is_empty());
        assert!(strays(&json!({"a": {"tags": ["x"]}, "b": null}), &[&before, &gone]).is_empty());
        let other = json!({"a": {"size": 2, "tags": ["y"]}, "b": {"size": 4}});
        assert_eq!(strays(&other, &[&before, &gone]), ["/a/tags", "/b/size"]);
    }
}
