//! IAM: roles, users, policies, access keys, instance profiles.

pub(super) mod access_key;
pub(super) mod inactive;
pub(super) mod instance_profile;
pub(super) mod policy;
pub(super) mod role;
pub(super) mod user;

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::{Map, Value, json};

use super::{
    answer::{Listed, Live, listed, text},
    arn,
    draft::{Draft, leading},
    existence, words,
};

/// One list that belongs to an identity.
struct Belonging {
    /// The read.
    operation: &'static str,
    /// The answer's member.
    list: &'static str,
    /// The entries' member that names them; nothing where entries are names.
    name: &'static str,
    /// What an entry is.
    words: &'static str,
}

fn key(operation: &str) -> String {
    format!("iam {operation}")
}

/// The reads of an identity's record and of what belongs to it.
fn reads(
    action: &Action,
    describe: &str,
    (member, name): (&str, &str),
    id: &TargetId,
    belongings: &[Belonging],
) -> Vec<Read> {
    let by = || Value::Object(Map::from_iter([(member.to_owned(), json!(name))]));
    let mut reads = vec![crate::call::read(action, existence::live_key(id), "iam", describe, by())];
    for one in belongings {
        reads.push(crate::call::read(action, key(one.operation), "iam", one.operation, by()));
    }
    reads
}

fn names<'a>(entries: &Listed<'a>, name: &str) -> Vec<&'a str> {
    entries
        .entries()
        .iter()
        .filter_map(
            |entry| if name.is_empty() { entry.as_str() } else { entry.get(name).and_then(Value::as_str) },
        )
        .collect()
}

/// Says what belongs to an identity, and binds it. Gives back whether anything does: the service deletes none of those.
fn belongings(answers: &Answers, name: &str, id: &TargetId, all: &[Belonging], draft: &mut Draft) -> bool {
    let mut any = false;
    let mut bound = Map::new();
    for one in all {
        let entries = listed(answers, &key(one.operation), one.list);
        draft.gap(entries.gap(&format!("{} of {name}", words::several(one.words))));
        let names = names(&entries, one.name);
        any |= !names.is_empty();
        if !names.is_empty() {
            draft.depend(format!(
                "{}: {}",
                words::count(names.len() as u64, one.words),
                words::some(&names, 10)
            ));
        }
        bound.insert(one.operation.to_owned(), json!(names));
    }
    draft.bind(format!("{id} belongings"), bound);
    any
}

/// The record; says so where it is not there or not read.
fn record<'a>(
    action: &Action,
    answers: &'a Answers,
    name: &str,
    id: &TargetId,
    draft: &mut Draft,
) -> Option<&'a Value> {
    // Identities bear no data.
    draft.observe(id, Observed { data: Bears::No, ..Observed::default() });
    match existence::of(action, answers, id) {
        Live::Found(record) => Some(record),
        Live::Absent => None,
        Live::Unread(why) => {
            draft.unknown(format!("{name} could not be read: {why}"));
            None
        }
    }
}

/// The words of an operation on an identity, and whether its inverse is exact: attaching and detaching is.
fn told(action: &Action, id: &TargetId, kind: Kind, name: &str, before: Option<Value>, draft: &mut Draft) {
    let verb = action.operation.verb();
    let other = ["PolicyArn", "PolicyName", "GroupName", "PermissionsBoundary", "RoleName"]
        .iter()
        .filter_map(|member| action.arguments.get(*member)?.as_str())
        .find(|other| *other != name)
        .map(|other| format!(" ({})", arn::last(other)))
        .unwrap_or_default();
    let destroys = verb.starts_with("Delete") && !verb.contains("Policy") && !verb.contains("Boundary");
    let effect = if destroys { Effect::Destroy } else { leading(action) };
    draft.change_from(id, kind, effect, format!("{name}: {verb}{other}"), before, None);
    let exact = ["Attach", "Detach", "AddUser", "RemoveUser", "AddRole", "RemoveRole", "Tag", "Untag"];
    draft.reversibility = if exact.iter().any(|start| verb.starts_with(start)) {
        Reversibility::Exact
    } else if destroys {
        Reversibility::Lossy
    } else {
        Reversibility::None
    };
}

/// The target that is this identity; its ARN may have a path before the name.
fn id_of(action: &Action, kind: Kind, prefix: &str, name: &str) -> TargetId {
    let same = |target: &&interlock_action::Target| {
        arn::parse(target.id.as_str()).is_some_and(|arn| {
            arn.service == "iam"
                && arn.resource.starts_with(prefix)
                && arn.resource.rsplit('/').next() == Some(name)
        })
    };
    match action.targets.iter().find(same) {
        Some(target) => target.id.clone(),
        None => arn::target(action, kind, "iam", &format!("{prefix}{name}"), name),
    }
}

/// When it was last used, in words.
fn last_used(record: &Value, pointer: &str) -> Option<String> {
    text(record, pointer).map(|at| format!("last used {at}"))
}

#[cfg(test)]
mod tests;
