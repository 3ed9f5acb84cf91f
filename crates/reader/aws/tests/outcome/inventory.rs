//! What there is, by the services' own listings: a witness that knows nothing of forecasters.
//!
//! A thing goes by the id that a forecast must call it by: its ARN, or whatever else is unambiguous. What stands within
//! a thing (an item of a table, a record of a zone) goes by the thing's id, `#`, and its own name.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::wire_common::bed::{ACCOUNT, Bed, REGION};

/// Members that change by themselves, or only mirror what changed elsewhere.
const VOLATILE: [&str; 9] = [
    "Timestamp",
    "LatestRestorableTime",
    "EarliestRestorableDateTime",
    "LatestRestorableDateTime",
    "AvailableIpAddressCount",
    "LastAccessedDate",
    "LastUpdatedTime",
    "CallerReference",
    "ResponseMetadata",
];

/// Everything that a look found, by id.
#[derive(Debug, Default)]
pub(crate) struct Inventory(BTreeMap<String, Value>);

/// What is different between two looks.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    pub(crate) gone: Vec<String>,
    pub(crate) new: Vec<String>,
    pub(crate) changed: Vec<String>,
}

impl Inventory {
    /// One thing more.
    pub(crate) fn add(&mut self, id: impl Into<String>, mut record: Value) {
        settle(&mut record);
        let id = id.into();
        assert!(self.0.insert(id.clone(), record).is_none(), "{id} is listed twice");
    }

    /// Every entry of a listing. `id` gives `None` for what counts as gone already.
    pub(crate) fn list(
        &mut self,
        bed: &Bed,
        (service, verb, parameters): (&str, &str, Value),
        pointer: &str,
        id: impl Fn(&Value) -> Option<String>,
    ) -> Vec<Value> {
        let entries = entries(&bed.ok(service, verb, parameters), pointer);
        for entry in &entries {
            if let Some(id) = id(entry) {
                self.add(id, entry.clone());
            }
        }
        entries
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// What another, later look found different.
    pub(crate) fn difference(&self, later: &Self) -> Difference {
        let gone = self.0.keys().filter(|id| !later.0.contains_key(*id));
        let new = later.0.keys().filter(|id| !self.0.contains_key(*id));
        let changed = self.0.iter().filter(|(id, record)| later.0.get(*id).is_some_and(|now| now != *record));
        Difference {
            gone: gone.cloned().collect(),
            new: new.cloned().collect(),
            changed: changed.map(|(id, _)| id.clone()).collect(),
        }
    }
}

/// The entries of a list in an answer; an empty list may be left out.
pub(crate) fn entries(answer: &Value, pointer: &str) -> Vec<Value> {
    match answer.pointer(pointer) {
        Some(Value::Array(entries)) => entries.clone(),
        None | Some(Value::Null) => Vec::new(),
        Some(other) => panic!("{pointer} is no list: {other}"),
    }
}

/// The text of a member that must be there.
pub(crate) fn text<'a>(of: &'a Value, member: &str) -> &'a str {
    of[member].as_str().unwrap_or_else(|| panic!("no {member} in {of}"))
}

/// The text of a member as an id: for services that hand out ARNs.
pub(crate) fn named(member: &'static str) -> impl Fn(&Value) -> Option<String> {
    move |entry| Some(text(entry, member).to_owned())
}

/// The ARN of a thing of the account and the region.
pub(crate) fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

/// Without what changes by itself, and with lists of plain texts in order.
fn settle(record: &mut Value) {
    match record {
        Value::Object(members) => {
            members.retain(|name, _| !VOLATILE.contains(&name.as_str()));
            members.values_mut().for_each(settle);
        }
        Value::Array(entries) => {
            entries.iter_mut().for_each(settle);
            entries.sort_by_key(ToString::to_string);
        }
        _ => {}
    }
}
