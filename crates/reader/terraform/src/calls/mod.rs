//! The calls of the AWS API by which the provider carries a change out, as the wire's own reader judges them.
//!
//! Kept as data (`data/calls.json`): for each type the service, the operations that make, change and remove it, and the parameters
//! that are called otherwise than the attributes. What is no row of that form is in [`special`].

mod special;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use interlock_action::Action;
use interlock_reader_aws::{catalogue::Catalogue, judge, like};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::plan::{Act, Change};

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
    #[serde(default)]
    names: BTreeMap<String, String>,
}

static ROWS: LazyLock<BTreeMap<String, Row>> = LazyLock::new(|| {
    let rows: Vec<Row> = serde_json::from_str(TABLE).unwrap_or_default();
    rows.into_iter().map(|row| (row.kind.clone(), row)).collect()
});

/// Where the calls go.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place<'a> {
    pub(crate) region: Option<&'a str>,
    pub(crate) account: Option<&'a str>,
}

/// One call with its parameters.
pub(crate) type Asked = (String, String, Value);

/// The calls of a change, as they are judged, in the order in which they are made; `None` where nobody knows them.
pub(crate) fn calls(change: &Change, place: Place<'_>) -> Option<Vec<Action>> {
    let asked = match special::calls(change) {
        Some(asked) => asked,
        None => ROWS.get(&change.kind)?.calls(change),
    };
    let judged = asked.into_iter().map(|(service, operation, mut parameters)| {
        // What is not known yet is not said.
        if let Some(members) = parameters.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        let service = Catalogue::get().service(&service)?;
        let operation = service.operation(&operation)?;
        Some(judge(&service, operation, place.region, place.account, &parameters))
    });
    judged.collect()
}

/// The attributes of the outermost level that are different, those that are not known yet among them.
pub(crate) fn changed(change: &Change) -> BTreeSet<String> {
    let members = |side: &Value| side.as_object().cloned().unwrap_or_default();
    let (before, after, unknown) =
        (members(&change.before), members(&change.after), members(&change.unknown));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).chain(unknown.keys()).collect();
    let value =
        |side: &Map<String, Value>, name: &String| side.get(name).filter(|value| !value.is_null()).cloned();
    let is_different = |name: &&String| {
        unknown.get(*name) == Some(&Value::Bool(true)) || value(&before, name) != value(&after, name)
    };
    names.into_iter().filter(is_different).cloned().collect()
}

impl Row {
    fn calls(&self, change: &Change) -> Vec<Asked> {
        let all = |_: &str, _: bool| true;
        let each = |operations: &[String], attributes: &Value| -> Vec<Asked> {
            operations.iter().filter_map(|operation| self.call(operation, attributes, &all)).collect()
        };
        let removes = || each(&self.delete, &change.before);
        let makes = || each(&self.create, &change.after);
        match &change.act {
            Act::Create | Act::ForgetAndCreate => makes(),
            Act::Delete => removes(),
            Act::Replace { create_first: true } => makes().into_iter().chain(removes()).collect(),
            Act::Replace { create_first: false } => removes().into_iter().chain(makes()).collect(),
            Act::Update => self.updates(change),
            Act::NoOp | Act::Read | Act::Forget | Act::Unknown(_) => Vec::new(),
        }
    }

    fn updates(&self, change: &Change) -> Vec<Asked> {
        let changed = changed(change);
        let attributes = over(&change.before, &change.after);
        let carried: BTreeSet<&String> = self.update.values().flatten().collect();
        let rest = changed.iter().any(|name| !carried.contains(name) && !OWN.contains(&name.as_str()));
        let mut asked = Vec::new();
        for (operation, triggers) in &self.update {
            let due =
                if triggers.is_empty() { rest } else { triggers.iter().any(|name| changed.contains(name)) };
            let sent = |name: &str, required: bool| {
                let own = triggers.is_empty() || triggers.iter().any(|trigger| trigger == name);
                required || (own && changed.contains(name))
            };
            asked.extend(self.call(operation, &attributes, &sent).filter(|_| due));
        }
        asked
    }

    fn call(&self, operation: &str, attributes: &Value, sent: &dyn Fn(&str, bool) -> bool) -> Option<Asked> {
        let service = Catalogue::get().service(&self.service)?;
        let known = service.operation(operation)?;
        let names: Vec<(String, String)> =
            self.names.iter().map(|(name, path)| (name.clone(), path.clone())).collect();
        let parameters = like(&service, known, attributes, &names, sent);
        Some((self.service.clone(), operation.to_owned(), parameters))
    }
}

/// The attributes then, those that are not known yet as they are now.
fn over(before: &Value, after: &Value) -> Value {
    let mut all = before.as_object().cloned().unwrap_or_default();
    for (name, value) in after.as_object().into_iter().flatten() {
        all.insert(name.clone(), value.clone());
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
            for operation in row.create.iter().chain(&row.delete).chain(row.update.keys()) {
                assert!(service.operation(operation).is_some(), "{}: {}:{operation}", row.kind, row.service);
            }
        }
    }
}
