//! An alias of a key: created, pointed to another key, deleted.
//!
//! Kept: which key it names. Back: it is created, pointed back or deleted. Compared: the key.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, step, text, with},
};

/// The way.
pub(super) struct Alias;

fn alias(deed: &Deed) -> Option<&str> {
    text(deed, "/AliasName").filter(|_| is(deed, "kms", &["CreateAlias", "UpdateAlias", "DeleteAlias"]))
}

impl OneRead for Alias {
    fn called(&self) -> &'static str {
        "kms/alias"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("kms", "DescribeKey", json!({"KeyId": alias(deed)?})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let key = answer.map(|answer| json!({"TargetKeyId": at(answer, "/KeyMetadata/KeyId")}));
        Ok(key.unwrap_or_default())
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let alias = alias(deed).ok_or("the alias is not named")?;
        let (operation, words) = match (before, now) {
            (Value::Null, _) => ("DeleteAlias", "delete"),
            (_, Value::Null) => ("CreateAlias", "create"),
            _ => ("UpdateAlias", "point back"),
        };
        let arguments = with(json!({"AliasName": alias}), before.clone());
        Ok(vec![step(format!("{words} {alias}"), call(deed, "kms", operation, arguments))])
    }
}
