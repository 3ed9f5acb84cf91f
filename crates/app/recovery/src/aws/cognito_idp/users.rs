//! The users of a pool: who they are, as far as another pool can be told.
//!
//! Kept: the name that they sign in with, attributes, groups, whether they are shut out. Who comes from an outside provider
//! is made by the service when he signs in again.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::way::{at, list, texts, word};

/// More are not made one by one.
pub(super) const MOST: usize = 300;

/// What is found of the users.
pub(super) struct Users {
    /// By the name that they sign in with.
    pub(super) all: Map<String, Value>,
    /// Whether some come from outside.
    pub(super) outside: bool,
    /// Whether each can be told to another pool.
    pub(super) known: bool,
}

fn value<'a>(user: &'a Value, attribute: &str) -> Option<&'a str> {
    let own = |one: &&Value| word(one, "/Name") == Some(attribute);
    list(user, "/Attributes").iter().find(own).and_then(|one| word(one, "/Value"))
}

/// The name that a user signs in with: in some pools an attribute, and the name that is told is an id.
fn name<'a>(pool: &Value, user: &'a Value) -> Option<&'a str> {
    let instead = texts(pool, "/UsernameAttributes");
    if instead.is_empty() {
        return word(user, "/Username");
    }
    instead.into_iter().find_map(|attribute| value(user, attribute))
}

/// Attributes but those that the service gives.
fn attributes(user: &Value) -> Map<String, Value> {
    let given = |name: &str| matches!(name, "sub" | "identities") || name.starts_with("cognito:");
    let all =
        list(user, "/Attributes").iter().filter_map(|one| Some((word(one, "/Name")?, at(one, "/Value"))));
    all.filter(|(name, value)| !given(name) && !value.is_null())
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

/// The users of these answers: of all, and of each group.
pub(super) fn users(pool: &Value, told: &Value, groups: &BTreeMap<&str, &Value>) -> Users {
    let mut found = Users { all: Map::new(), outside: false, known: true };
    for user in list(told, "/Users") {
        if word(user, "/UserStatus") == Some("EXTERNAL_PROVIDER") {
            found.outside = true;
            continue;
        }
        let id = word(user, "/Username");
        let member = |answer: &Value| list(answer, "/Users").iter().any(|one| word(one, "/Username") == id);
        let of = groups.iter().filter(|(_, answer)| member(answer));
        let of: Map<String, Value> = of.map(|(group, _)| ((*group).to_owned(), true.into())).collect();
        let mut record = Map::new();
        record.insert("attributes".to_owned(), attributes(user).into());
        record.insert("groups".to_owned(), of.into());
        if at(user, "/Enabled") == &Value::Bool(false) {
            record.insert("shut out".to_owned(), true.into());
        }
        let twice = match name(pool, user) {
            Some(name) => found.all.insert(name.to_owned(), record.into()).is_some(),
            None => true,
        };
        found.known &= !twice;
    }
    found.known &= found.all.len() <= MOST;
    // The order of the steps follows.
    found.all.sort_keys();
    found
}

/// The attributes as a request says them.
pub(super) fn said(user: &Value) -> Value {
    let all = at(user, "/attributes").as_object().into_iter().flatten();
    all.map(|(name, value)| json!({"Name": name, "Value": value})).collect()
}
