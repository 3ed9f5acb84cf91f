//! Whether instances of a group are protected when it shrinks.
//!
//! Kept: the protection of each named instance. Back: it is set again. Compared: the same.

use interlock_action::{Deed, Step};
use serde_json::{Map, Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, list, step, text, texts, word},
};

/// The way.
pub(super) struct Protection;

fn instances(deed: &Deed) -> Vec<&str> {
    let ours = is(deed, "autoscaling", &["SetInstanceProtection"]);
    if ours { texts(&deed.arguments, "/InstanceIds") } else { Vec::new() }
}

impl OneRead for Protection {
    fn called(&self) -> &'static str {
        "autoscaling/instance-protection"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let instances = instances(deed);
        let asked = json!({"InstanceIds": instances});
        (!instances.is_empty()).then_some(Ask("autoscaling", "DescribeAutoScalingInstances", asked))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the instances are not told")?;
        let told = |id: &str| {
            let own = |one: &&Value| word(one, "/InstanceId") == Some(id);
            list(answer, "/AutoScalingInstances").iter().find(own).map(|one| at(one, "/ProtectedFromScaleIn"))
        };
        let kept = instances(deed).into_iter();
        let kept = kept.map(|id| (id.to_owned(), told(id).cloned().unwrap_or_default()));
        Ok(Value::Object(kept.collect::<Map<_, _>>()))
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let group = text(deed, "/AutoScalingGroupName").ok_or("the group is not named")?;
        let mut steps = Vec::new();
        for (protected, words) in [(true, "protect"), (false, "protect no longer")] {
            let was = |id: &&str| {
                before.get(*id) == Some(&Value::Bool(protected)) && now.get(*id) != before.get(*id)
            };
            let those: Vec<&str> = instances(deed).into_iter().filter(was).collect();
            if !those.is_empty() {
                let name = format!("{words} {}", those.join(", "));
                let arguments = json!({
                    "AutoScalingGroupName": group, "InstanceIds": those, "ProtectedFromScaleIn": protected,
                });
                steps.push(step(name, call(deed, "autoscaling", "SetInstanceProtection", arguments)));
            }
        }
        Ok(steps)
    }
}
