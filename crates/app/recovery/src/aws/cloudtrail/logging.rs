//! Whether a trail is logging.
//!
//! Kept: whether. Back: logging is started or stopped. Compared: the same. Lost by a stop: what happened until it is started
//! again.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, step, text},
};

/// The way.
pub(super) struct Logging;

fn trail(deed: &Deed) -> Option<&str> {
    text(deed, "/Name").filter(|_| is(deed, "cloudtrail", &["StopLogging", "StartLogging"]))
}

impl OneRead for Logging {
    fn called(&self) -> &'static str {
        "cloudtrail/logging"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("cloudtrail", "GetTrailStatus", json!({"Name": trail(deed)?})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let logging = at(answer.ok_or("the trail is not there")?, "/IsLogging") == &Value::Bool(true);
        Ok(json!({"logging": logging}))
    }

    fn on(&self, deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(match is(deed, "cloudtrail", &["StopLogging"]) {
            true => Terms::lossy(1, &["events between the stop and the start: the trail has a gap"]),
            false => Terms::exact(),
        })
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let trail = trail(deed).ok_or("the trail is not named")?;
        let (operation, words) = match at(before, "/logging") == &Value::Bool(true) {
            true => ("StartLogging", "start"),
            false => ("StopLogging", "stop"),
        };
        let name = format!("{words} the logging of {trail}");
        Ok(vec![step(name, call(deed, "cloudtrail", operation, json!({"Name": trail})))])
    }
}
