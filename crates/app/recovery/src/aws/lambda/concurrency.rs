//! The concurrency that is reserved for a function.
//!
//! Kept: how much. Back: it is reserved again, or no longer. Compared: the same.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{call, is, only, step, text, with},
};

/// The way.
pub(super) struct Concurrency;

const MEMBERS: &[&str] = &["ReservedConcurrentExecutions"];

fn function(deed: &Deed) -> Option<&str> {
    let ours = is(deed, "lambda", &["PutFunctionConcurrency", "DeleteFunctionConcurrency"]);
    text(deed, "/FunctionName").filter(|_| ours)
}

impl OneRead for Concurrency {
    fn called(&self) -> &'static str {
        "lambda/concurrency"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("lambda", "GetFunctionConcurrency", json!({"FunctionName": function(deed)?})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        Ok(only(answer.ok_or("the function is not there")?, MEMBERS))
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let function = function(deed).ok_or("the function is not named")?;
        let (operation, words) = match before == &json!({}) {
            true => ("DeleteFunctionConcurrency", "reserve nothing for"),
            false => ("PutFunctionConcurrency", "reserve the concurrency of"),
        };
        let arguments = with(before.clone(), json!({"FunctionName": function}));
        Ok(vec![step(format!("{words} {function} again"), call(deed, "lambda", operation, arguments))])
    }
}
