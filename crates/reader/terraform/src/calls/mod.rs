//! The calls of the AWS API by which the provider carries a change out, as the wire's own reader judges them.
//!
//! Kept as data (`data/calls.json`): for each type the service, the operations that make, change and remove it, and the parameters
//! that are called otherwise than the attributes. What is no row of that form is in [`special`].

mod labels;
mod special;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use interlock_action::{Action, Operation};
use interlock_reader_aws::{catalogue::Catalogue, judge, like};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    plan::{Act, Change},
    resolve::{NAMES, holds},
};

const TABLE: &str = include_str!("../../data/calls.json");

/// Attributes that no call carries: they are Terraform's own, or every type has a call of its own for them.
const OWN: [&str; 14] = [
    "id",
    "arn",
    "tags",
    "tags_all",
    "timeouts",
    "apply_immediately",
    "skip_final_snapshot",
    "final_snapshot_identifier",
    "delete_automated_backups",
    "force_destroy",
    "force_delete",
    "skip_destroy",
    "deletion_window_in_days",
    "recovery_window_in_days",
];

/// Attributes of new things that give rights, let others in, or take over what is there.
const WEIGHTY: [&str; 16] = [
    "acl",
    "egress",
    "grant",
    "ingress",
    "inline_policy",
    "instance",
    "managed_policy_arns",
    "network_interface",
    "permissions_boundary",
    "policy",
    "replica",
    "replication_configuration",
    "route",
    "shared_accounts",
    "subnet_ids",
    "vpc_id",
];

/// A type's operations.
#[derive(Deserialize)]
struct Row {
    #[serde(rename = "type")]
    kind: String,
    service: String,
    create: Vec<String>,
    /// Each with the attributes whose change it carries; none: all that no other carries.
    update: BTreeMap<String, Vec<String>>,
    delete: Vec<String>,
    /// Parameters that its calls have when they change something.
    #[serde(default)]
    over: Map<String, Value>,
    /// Attributes that its calls carry under no parameter that is read: contents, and what tells whether they changed.
    #[serde(default)]
    carries: Vec<String>,
    /// What the provider calls beside them, as was observed.
    #[serde(default)]
    around: Vec<String>,
    /// Attributes that name the thing, and that its calls have whether they change or not.
    #[serde(default)]
    keys: Vec<String>,
    /// Attributes by which it is made otherwise, with the operations in the place of `create`.
    #[serde(default)]
    made_by: BTreeMap<String, Vec<String>>,
    #[serde(default, deserialize_with = "pairs")]
    names: Vec<(String, String)>,
}

fn pairs<'de, D: serde::Deserializer<'de>>(names: D) -> Result<Vec<(String, String)>, D::Error> {
    Ok(BTreeMap::<String, String>::deserialize(names)?.into_iter().collect())
}

static ROWS: LazyLock<BTreeMap<String, Row>> = LazyLock::new(|| {
    let rows: Vec<Row> = serde_json::from_str(TABLE).unwrap_or_default();
    rows.into_iter().map(|row| (row.kind.clone(), row)).collect()
});

/// Where the calls go.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    /// The region, where neither the resource nor the configuration says one.
    pub region: Option<&'a str>,
    /// The account.
    pub account: Option<&'a str>,
}

/// Types that are a setting of another thing: what is called their making may be said more than once.
const SETTINGS: [&str; 4] = ["_policy", "_rule", "_configuration", "_association"];

/// Whether a type is a setting of another thing.
pub(crate) fn is_setting(kind: &str) -> bool {
    SETTINGS.iter().any(|end| kind.contains(end))
}

/// Whether an operation of a type is made as often as there are parts of the thing: the versions of an object.
pub(crate) fn repeats(kind: &str, operation: &Operation) -> bool {
    let Some(row) = ROWS.get(kind) else { return false };
    let Some(service) = Catalogue::get().service(&row.service) else { return false };
    row.around.iter().any(|name| Operation::aws(service.name, name) == *operation)
}

/// What lies within a target that goes with it, as a pattern: the objects of a bucket that is emptied first.
pub(crate) fn within(kind: &str, target: &str) -> Option<String> {
    (kind == "aws_s3_bucket").then(|| format!("{target}/*"))
}

/// Beginnings and ends of the names of operations that label things, in whatever service.
const LABELS: [(&str, &str); 13] = [
    ("TagResource", ""),
    ("UntagResource", ""),
    ("AddTags", ""),
    ("RemoveTags", ""),
    ("CreateTags", ""),
    ("DeleteTags", ""),
    ("ChangeTagsForResource", ""),
    ("CreateOrUpdateTags", ""),
    ("Put", "Tagging"),
    ("Delete", "Tagging"),
    ("Untag", ""),
    ("UpdateTagsForResource", ""),
    ("Tag", ""),
];

/// The operations that a provider calls around a change of this type: those that set it up, those that change it, and those
/// that empty it before it goes.
pub(crate) fn around(kind: &str, act: &Act) -> BTreeSet<Operation> {
    let Some(row) = ROWS.get(kind) else { return BTreeSet::new() };
    let Some(service) = Catalogue::get().service(&row.service) else { return BTreeSet::new() };
    let of = |name: &String| Operation::aws(service.name, name);
    let mut around: BTreeSet<Operation> = BTreeSet::new();
    if act.makes() || *act == Act::Update {
        around.extend(row.update.keys().map(of));
        let label =
            |name: &str| LABELS.iter().any(|(head, tail)| name.starts_with(head) && name.ends_with(tail));
        let names = service.operations.iter().map(|operation| operation.name);
        around.extend(names.filter(|name| label(name)).map(|name| Operation::aws(service.name, name)));
    }
    around.extend(row.around.iter().map(of));
    around
}

/// One call with its parameters.
pub(crate) type Asked = (String, String, Value);

/// The calls of a change.
pub(crate) struct Calls {
    /// As they are judged, in the order in which they are made.
    pub(crate) judged: Vec<Action>,
    /// The attributes that are set or different and that no call is known to carry.
    pub(crate) left: Vec<String>,
}

/// Calls to parts of a thing that the provider changes by themselves.
pub(crate) fn beside(change: &Change, place: Place<'_>) -> Vec<Action> {
    let judged = |(service, operation, parameters): Asked| {
        let service = Catalogue::get().service(&service)?;
        Some(judge(&service, service.operation(&operation)?, place.region, place.account, &parameters))
    };
    special::beside(change).into_iter().filter_map(judged).collect()
}

/// The calls of a change; `None` where nobody knows them.
pub(crate) fn calls(change: &Change, place: Place<'_>) -> Option<Calls> {
    let (mut asked, left) = match special::calls(change) {
        Some(asked) => (asked, Vec::new()),
        None => ROWS.get(&change.kind)?.calls(change),
    };
    if change.act == Act::Update
        && let Some(row) = ROWS.get(&change.kind)
    {
        asked.extend(labels::calls(change, &row.service));
    }
    let judged = asked.into_iter().map(|(service, operation, mut parameters)| {
        // What is not known yet is not said.
        if let Some(members) = parameters.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        let service = Catalogue::get().service(&service)?;
        let operation = service.operation(&operation)?;
        Some(judge(&service, operation, place.region, place.account, &parameters))
    });
    Some(Calls { judged: judged.collect::<Option<_>>()?, left })
}

/// A value without the members that say nothing: a provider takes an empty text and none at all for the same.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let says = |value: &Value| !(value.is_null() || value.as_str().is_some_and(str::is_empty));
            let kept = members.iter().filter(|(_, value)| says(value));
            kept.map(|(name, value)| (name.clone(), plain(value))).collect()
        }
        Value::Array(list) => list.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// The attributes of the outermost level that are different, those that are not known yet among them.
pub(crate) fn changed(change: &Change) -> BTreeSet<String> {
    let members = |side: &Value| side.as_object().cloned().unwrap_or_default();
    let (before, after, unknown) =
        (members(&change.before), members(&change.after), members(&change.unknown));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).chain(unknown.keys()).collect();
    let value =
        |side: &Map<String, Value>, name: &String| side.get(name).map(plain).filter(|value| !value.is_null());
    let is_different = |name: &&String| {
        unknown.get(*name) == Some(&Value::Bool(true)) || value(&before, name) != value(&after, name)
    };
    names.into_iter().filter(is_different).cloned().collect()
}

impl Row {
    fn calls(&self, change: &Change) -> (Vec<Asked>, Vec<String>) {
        let all = |_: &str, _: bool| true;
        let mut used = BTreeSet::new();
        let mut each = |operations: &[String], attributes: &Value| -> Vec<Asked> {
            operations
                .iter()
                .filter_map(|operation| self.call(operation, attributes, &all, &mut used))
                .collect()
        };
        let (before, after) = (&change.before, &change.after);
        let asked: Vec<Asked> = match &change.act {
            Act::Create | Act::ForgetAndCreate => each(self.making(after), after),
            Act::Delete => return (each(&self.delete, before), Vec::new()),
            Act::Replace { create_first } => {
                let goes = each(&self.delete, before);
                used.clear();
                let comes = self
                    .making(after)
                    .iter()
                    .filter_map(|operation| self.call(operation, after, &all, &mut used));
                let comes: Vec<Asked> = comes.collect();
                let (first, then) = if *create_first { (comes, goes) } else { (goes, comes) };
                first.into_iter().chain(then).collect()
            }
            Act::Update => return self.updates(change),
            Act::NoOp | Act::Read | Act::Forget | Act::Unknown(_) => return (Vec::new(), Vec::new()),
        };
        let is_said = |name: &&&str| after.get(**name).is_some_and(|value| says(value) && !is_new(value));
        let left = WEIGHTY.iter().filter(is_said).filter(|name| !used.contains(**name));
        (asked, left.map(|name| (*name).to_owned()).collect())
    }

    /// What makes it, with these attributes.
    fn making(&self, attributes: &Value) -> &[String] {
        let by = self.made_by.iter().find(|(name, _)| attributes.get(*name).is_some_and(says));
        by.map_or(&self.create, |(_, operations)| operations)
    }

    fn updates(&self, change: &Change) -> (Vec<Asked>, Vec<String>) {
        let changed = changed(change);
        let attributes = over(change);
        let carried: BTreeSet<&String> = self.update.values().flatten().collect();
        let is_own = |name: &String| OWN.contains(&name.as_str());
        let rest = changed.iter().any(|name| !carried.contains(name) && !is_own(name));
        let (mut asked, mut used) = (Vec::new(), BTreeSet::new());
        for (operation, triggers) in &self.update {
            let due =
                if triggers.is_empty() { rest } else { triggers.iter().any(|name| changed.contains(name)) };
            if !due {
                continue;
            }
            let sent = |name: &str, required: bool| {
                let own = triggers.is_empty() || triggers.iter().any(|trigger| trigger == name);
                let key = self.keys.iter().any(|key| key == name);
                required || key || replaces(operation) || (own && changed.contains(name))
            };
            let mut call = self.call(operation, &attributes, &sent, &mut used);
            if let Some(members) = call.as_mut().and_then(|(_, _, parameters)| parameters.as_object_mut()) {
                members.extend(self.over.clone());
            }
            asked.extend(call);
        }
        used.extend(self.carries.iter().cloned());
        let gone = |name: &String| {
            !change.after.get(name).is_some_and(says) && !change.before.get(name).is_some_and(says)
        };
        let left = changed.iter().filter(|name| !used.contains(*name) && !is_own(name) && !gone(name));
        (asked, left.cloned().collect())
    }

    fn call(
        &self,
        operation: &str,
        attributes: &Value,
        sent: &dyn Fn(&str, bool) -> bool,
        used: &mut BTreeSet<String>,
    ) -> Option<Asked> {
        let service = Catalogue::get().service(&self.service)?;
        let known = service.operation(operation)?;
        let (parameters, carried) = like(&service, known, attributes, &self.names, sent);
        used.extend(carried);
        Some((self.service.clone(), operation.to_owned(), parameters))
    }
}

/// Whether an operation writes a thing as a whole: what it does not say is gone.
fn replaces(operation: &str) -> bool {
    operation.starts_with("Replace")
}

/// Whether an attribute says anything.
fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Whether it names nothing but what the same plan makes.
fn is_new(value: &Value) -> bool {
    match value {
        Value::String(text) => text.starts_with('{'),
        Value::Array(list) => list.iter().all(is_new),
        _ => false,
    }
}

/// The attributes then. Who is meant goes by the names of now; what is not known yet is not said.
fn over(change: &Change) -> Value {
    let mut all = change.before.as_object().cloned().unwrap_or_default();
    for (name, mark) in change.unknown.as_object().into_iter().flatten() {
        if holds(mark) {
            all.remove(name);
        }
    }
    for (name, value) in change.after.as_object().into_iter().flatten() {
        if !NAMES.contains(&name.as_str()) || !all.contains_key(name) {
            all.insert(name.clone(), value.clone());
        }
    }
    Value::Object(all)
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_operations_of_the_catalogue() {
        assert!(ROWS.len() > 100, "{}", ROWS.len());
        for row in ROWS.values() {
            let service = Catalogue::get().service(&row.service).unwrap_or_else(|| panic!("{}", row.service));
            for operation in row
                .create
                .iter()
                .chain(&row.delete)
                .chain(row.update.keys())
                .chain(&row.around)
                .chain(row.made_by.values().flatten())
            {
                assert!(service.operation(operation).is_some(), "{}: {}:{operation}", row.kind, row.service);
            }
        }
    }
}
