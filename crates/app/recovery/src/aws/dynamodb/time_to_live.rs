//! The time to live of a table's items: turned on, turned off.
//!
//! Kept: the attribute that says when an item ends, where it is on. Back: it is set again; the service takes one change an
//! hour. Compared: the same. Lost, where it was turned on: the items that ended meanwhile.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::{
        one_read::{Ask, OneRead},
        way::{at, call, is, step, word},
    },
    table_settings::table,
};

/// The way.
pub(super) struct TimeToLive;

impl OneRead for TimeToLive {
    fn called(&self) -> &'static str {
        "dynamodb/time-to-live"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let table = table(deed).filter(|_| is(deed, "dynamodb", &["UpdateTimeToLive"]))?;
        Some(Ask("dynamodb", "DescribeTimeToLive", json!({"TableName": table})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let told = at(answer.ok_or("the table is not there")?, "/TimeToLiveDescription");
        let on = word(told, "/TimeToLiveStatus").is_some_and(|status| status.starts_with("ENABL"));
        Ok(json!({"attribute": if on { at(told, "/AttributeName") } else { &Value::Null }}))
    }

    fn on(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let was = at(before, "/attribute").is_string();
        let ends = ["the items that ended meanwhile"];
        Some(if was { Terms { minutes: 60, ..Terms::exact() } } else { Terms::lossy(60, &ends) })
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let table = table(deed).ok_or("the table is not named")?;
        let (was, is) = (word(before, "/attribute"), word(now, "/attribute"));
        let set = json!({"Enabled": was.is_some(), "AttributeName": was.or(is)});
        let arguments = json!({"TableName": table, "TimeToLiveSpecification": set});
        let name = format!("set the time to live of {table} back");
        Ok(vec![step(name, call(deed, "dynamodb", "UpdateTimeToLive", arguments))])
    }
}
