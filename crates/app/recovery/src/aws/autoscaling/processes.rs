//! The processes of an Auto Scaling group: suspended, resumed.
//!
//! Kept: which are suspended. Back: they are suspended or resumed. Compared: the same.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, list, missing, sorted, step, text},
};

/// The way.
pub(super) struct Processes;

fn group(deed: &Deed) -> Option<&str> {
    let ours = is(deed, "autoscaling", &["SuspendProcesses", "ResumeProcesses"]);
    text(deed, "/AutoScalingGroupName").filter(|_| ours)
}

impl OneRead for Processes {
    fn called(&self) -> &'static str {
        "autoscaling/processes"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let names = json!({"AutoScalingGroupNames": [group(deed)?]});
        Some(Ask("autoscaling", "DescribeAutoScalingGroups", names))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let group = answer.and_then(|answer| list(answer, "/AutoScalingGroups").first());
        let suspended = list(group.ok_or("the group is not there")?, "/SuspendedProcesses").iter();
        Ok(json!({"suspended": sorted(suspended.map(|one| at(one, "/ProcessName").clone()).collect())}))
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let group = group(deed).ok_or("the group is not named")?;
        let (was, is) = (at(before, "/suspended"), at(now, "/suspended"));
        let mut steps = Vec::new();
        for (processes, operation, words) in [
            (missing(was, is), "ResumeProcesses", "resume"),
            (missing(is, was), "SuspendProcesses", "suspend"),
        ] {
            if !processes.is_empty() {
                let names: Vec<&str> = processes.iter().filter_map(Value::as_str).collect();
                let name = format!("{words} {} of {group}", names.join(", "));
                let arguments = json!({"AutoScalingGroupName": group, "ScalingProcesses": processes});
                steps.push(step(name, call(deed, "autoscaling", operation, arguments)));
            }
        }
        Ok(steps)
    }
}
