//! Point-in-time recovery of a table: turned on, turned off.
//!
//! Kept: whether it is on, and for how many days. Back: it is set again. Compared: the same. Lost, where it was turned off
//! or its days were made fewer: the history until then.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::{
        one_read::{Ask, OneRead},
        way::{at, call, is, step, value, with, word},
    },
    table_settings::table,
};

/// The way.
pub(super) struct History;

impl OneRead for History {
    fn called(&self) -> &'static str {
        "dynamodb/history"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let table = table(deed).filter(|_| is(deed, "dynamodb", &["UpdateContinuousBackups"]))?;
        Some(Ask("dynamodb", "DescribeContinuousBackups", json!({"TableName": table})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the table is not there")?;
        let told = at(answer, "/ContinuousBackupsDescription/PointInTimeRecoveryDescription");
        let on = word(told, "/PointInTimeRecoveryStatus").is_some_and(|status| status.starts_with("ENABL"));
        let days = if on { at(told, "/RecoveryPeriodInDays").clone() } else { Value::Null };
        Ok(with(json!({"on": on}), json!({"days": days})))
    }

    fn on(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let asked = value(deed, "/PointInTimeRecoverySpecification");
        let off = at(asked, "/PointInTimeRecoveryEnabled") != &Value::Bool(true);
        let fewer = at(asked, "/RecoveryPeriodInDays").as_u64().zip(at(before, "/days").as_u64());
        let loses =
            at(before, "/on") == &Value::Bool(true) && (off || fewer.is_some_and(|(new, old)| new < old));
        Some(if loses { Terms::lossy(1, &["the history of the table until then"]) } else { Terms::exact() })
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let table = table(deed).ok_or("the table is not named")?;
        let on = at(before, "/on");
        let set = json!({"PointInTimeRecoveryEnabled": on, "RecoveryPeriodInDays": at(before, "/days")});
        let arguments = json!({"TableName": table, "PointInTimeRecoverySpecification": with(set, json!({}))});
        let words = if on == &Value::Bool(true) { "on" } else { "off" };
        let name = format!("turn point-in-time recovery of {table} {words} again");
        Ok(vec![step(name, call(deed, "dynamodb", "UpdateContinuousBackups", arguments))])
    }
}
