//! How long a log group keeps its events.
//!
//! Kept: how many days. Back: it is put again, or taken off. Compared: the days. Lost, where the days are made fewer: events
//! that are too old for them, which are deleted within some 72 hours.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, is_less, list, only, step, text, with, word},
};

/// The way.
pub(super) struct Retention;

fn group(deed: &Deed) -> Option<&str> {
    text(deed, "/logGroupName").filter(|_| is(deed, "logs", &["PutRetentionPolicy", "DeleteRetentionPolicy"]))
}

impl OneRead for Retention {
    fn called(&self) -> &'static str {
        "logs/retention"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("logs", "DescribeLogGroups", json!({"logGroupNamePrefix": group(deed)?})))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let groups = answer.map_or(&[][..], |answer| list(answer, "/logGroups"));
        let ours = groups.iter().find(|one| word(one, "/logGroupName") == group(deed));
        Ok(only(ours.ok_or("the log group is not there")?, &["retentionInDays"]))
    }

    fn on(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let days = |of: &Value| at(of, "/retentionInDays").as_f64();
        // Where none is set everything is kept.
        let fewer = is_less(days(&deed.arguments), days(before).or(Some(-1.0)));
        let lost = "events that were too old for the shorter time";
        Some(if fewer { Terms::lossy(1, &[lost]) } else { Terms::exact() })
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let group = group(deed).ok_or("the log group is not named")?;
        let (operation, words) = match before == &json!({}) {
            true => ("DeleteRetentionPolicy", "keep everything"),
            false => ("PutRetentionPolicy", "keep as long as before"),
        };
        let arguments = with(before.clone(), json!({"logGroupName": group}));
        Ok(vec![step(format!("{words} in {group}"), call(deed, "logs", operation, arguments))])
    }
}
