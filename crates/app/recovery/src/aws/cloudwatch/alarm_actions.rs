//! Whether alarms act: their actions enabled, disabled.
//!
//! Kept: whether each named alarm acts. Back: they are enabled or disabled. Compared: the same.

use interlock_action::{Deed, Step};
use serde_json::{Map, Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, list, step, texts, word},
};

/// The way.
pub(super) struct AlarmActions;

impl OneRead for AlarmActions {
    fn called(&self) -> &'static str {
        "cloudwatch/alarm-actions"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let names = texts(&deed.arguments, "/AlarmNames");
        let ours = is(deed, "cloudwatch", &["EnableAlarmActions", "DisableAlarmActions"]);
        let types = ["MetricAlarm", "CompositeAlarm"];
        let arguments = json!({"AlarmNames": names, "AlarmTypes": types});
        (ours && !names.is_empty()).then_some(Ask("cloudwatch", "DescribeAlarms", arguments))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the alarms are not told")?;
        let all = list(answer, "/MetricAlarms").iter().chain(list(answer, "/CompositeAlarms"));
        let one = |alarm: &Value| {
            Some((word(alarm, "/AlarmName")?.to_owned(), at(alarm, "/ActionsEnabled").clone()))
        };
        Ok(json!({"acts": all.filter_map(one).collect::<Map<_, _>>()}))
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (before, now) = (at(before, "/acts"), at(now, "/acts"));
        let mut steps = Vec::new();
        for (wanted, operation, words) in
            [(true, "EnableAlarmActions", "enable"), (false, "DisableAlarmActions", "disable")]
        {
            let all = before.as_object().into_iter().flatten();
            let ours = all.filter(|(name, was)| **was == Value::Bool(wanted) && now.get(*name) != Some(*was));
            let names: Vec<&String> = ours.map(|(name, _)| name).collect();
            if !names.is_empty() {
                let name = format!("{words} the actions of {} alarms", names.len());
                steps.push(step(name, call(deed, "cloudwatch", operation, json!({"AlarmNames": names}))));
            }
        }
        Ok(steps)
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::Next;

    use super::*;
    use crate::aws::testing;

    #[test]
    fn each_alarm_acts_again_as_it_did() {
        let deed = testing::deed(
            "cloudwatch",
            "DisableAlarmActions",
            json!({"AlarmNames": ["cpu", "disk", "rule"]}),
        );
        let told = |cpu: bool, rule: bool| {
            let one = |name: &str, acts: bool| json!({"AlarmName": name, "ActionsEnabled": acts});
            let answer = json!({
                "MetricAlarms": [one("cpu", cpu), one("disk", false)], "CompositeAlarms": [one("rule", rule)],
            });
            AlarmActions.kept(&deed, Some(&answer)).unwrap()
        };
        let (before, now) = (told(true, true), told(false, false));
        let steps = AlarmActions.remains(&deed, &before, &now).unwrap();
        let [Step { next: Next::Call(call), .. }] = steps.as_slice() else { panic!("{steps:?}") };
        assert_eq!(call.operation.verb(), "EnableAlarmActions");
        assert_eq!(call.arguments, json!({"AlarmNames": ["cpu", "rule"]}), "the third never acted");
        assert!(AlarmActions.remains(&deed, &before, &before).unwrap().is_empty());
    }
}
