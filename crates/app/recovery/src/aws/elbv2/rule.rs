//! A rule of a listener that is modified.
//!
//! Kept: conditions and actions. Back: it is modified again. Compared: all that is kept. Not a way back: other transforms.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::{
    super::{
        one_read::{Ask, OneRead},
        way::{call, is, list, sends_only, step, text, with},
    },
    listener::action,
};

/// The way.
pub(super) struct Rule;

fn arn(deed: &Deed) -> Option<&str> {
    let known = sends_only(deed, &[&["RuleArn", "Conditions", "Actions"]]);
    text(deed, "/RuleArn").filter(|_| known && is(deed, "elbv2", &["ModifyRule"]))
}

/// What of a rule is kept.
pub(super) fn kept(rule: &Value) -> Value {
    // A condition is told twice, the older form beside the newer one; only one of them may be set.
    let condition = |one: &Value| {
        let mut one = one.clone();
        let newer = one.as_object().is_some_and(|one| one.keys().any(|name| name.ends_with("Config")));
        if let (true, Some(members)) = (newer, one.as_object_mut()) {
            members.shift_remove("Values");
        }
        one
    };
    let conditions: Vec<Value> = list(rule, "/Conditions").iter().map(condition).collect();
    let actions: Vec<Value> = list(rule, "/Actions").iter().map(action).collect();
    json!({"Conditions": conditions, "Actions": actions})
}

impl OneRead for Rule {
    fn called(&self) -> &'static str {
        "elbv2/rule"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("elbv2", "DescribeRules", json!({"RuleArns": [arn(deed)?]})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let rule = answer.and_then(|answer| list(answer, "/Rules").first());
        Ok(kept(rule.ok_or("the rule is not there")?))
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let arn = arn(deed).ok_or("the rule is not named")?;
        let arguments = with(before.clone(), json!({"RuleArn": arn}));
        Ok(vec![step("set the rule back", call(deed, "elbv2", "ModifyRule", arguments))])
    }
}
