//! An alias of a function: created, pointed to another version, deleted.
//!
//! Kept: version, weights, description. Back: it is created, updated or deleted. Compared: all that is kept. Lost by a deletion:
//! what hangs on the alias, which goes with it.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, only, step, text, with},
};

/// The way.
pub(super) struct Alias;

fn of(deed: &Deed) -> Option<(&str, &str)> {
    let ours = is(deed, "lambda", &["CreateAlias", "UpdateAlias", "DeleteAlias"]);
    text(deed, "/FunctionName").zip(text(deed, "/Name")).filter(|_| ours)
}

fn named(function: &str, alias: &str) -> Value {
    json!({"FunctionName": function, "Name": alias})
}

impl OneRead for Alias {
    fn called(&self) -> &'static str {
        "lambda/alias"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let (function, alias) = of(deed)?;
        Some(Ask("lambda", "GetAlias", named(function, alias)))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let Some(alias) = answer else { return Ok(Value::Null) };
        let weights = at(alias, "/RoutingConfig/AdditionalVersionWeights").clone();
        let weights = if weights.is_null() { json!({}) } else { weights };
        let more = json!({
            "Description": at(alias, "/Description").as_str().unwrap_or_default(),
            "RoutingConfig": {"AdditionalVersionWeights": weights},
        });
        Ok(with(only(alias, &["FunctionVersion"]), more))
    }

    fn on(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let gone = is(deed, "lambda", &["DeleteAlias"]) && !before.is_null();
        let lost = "its own permissions, address, provisioned concurrency and settings of invocations";
        Some(if gone { Terms::lossy(1, &[lost]) } else { Terms::exact() })
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (function, alias) = of(deed).ok_or("the alias is not named")?;
        let (operation, words) = match (before, now) {
            (Value::Null, _) => ("DeleteAlias", "delete the alias"),
            (_, Value::Null) => ("CreateAlias", "create the alias"),
            _ => ("UpdateAlias", "point back the alias"),
        };
        let mut arguments = with(before.clone(), named(function, alias));
        let unweighted = at(before, "/RoutingConfig/AdditionalVersionWeights") == &json!({});
        if let (true, "CreateAlias", Some(members)) = (unweighted, operation, arguments.as_object_mut()) {
            members.shift_remove("RoutingConfig");
        }
        Ok(vec![step(format!("{words} {alias} of {function}"), call(deed, "lambda", operation, arguments))])
    }
}
