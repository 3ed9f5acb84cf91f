//! Targets of a target group: registered, deregistered.
//!
//! Kept: which of the named targets are in it. Back: they are registered or deregistered. Compared: the same; one that is
//! draining is out. Requests reach a target again once its health checks pass.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, list, missing, only, sorted, step, text, word},
};

/// The way.
pub(super) struct Targets;

fn group(deed: &Deed) -> Option<&str> {
    let ours = is(deed, "elbv2", &["RegisterTargets", "DeregisterTargets"]);
    text(deed, "/TargetGroupArn").filter(|_| ours && !list(&deed.arguments, "/Targets").is_empty())
}

impl OneRead for Targets {
    fn called(&self) -> &'static str {
        "elbv2/targets"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("elbv2", "DescribeTargetHealth", json!({"TargetGroupArn": group(deed)?})))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the target group is not there")?;
        let named = |target: &Value| {
            list(&deed.arguments, "/Targets").iter().any(|one| {
                let port = at(one, "/Port");
                at(one, "/Id") == at(target, "/Id") && (port.is_null() || port == at(target, "/Port"))
            })
        };
        let within = |one: &&Value| word(one, "/TargetHealth/State") != Some("draining");
        let all = list(answer, "/TargetHealthDescriptions").iter().filter(within);
        let all = all.map(|one| only(at(one, "/Target"), &["Id", "Port", "AvailabilityZone"]));
        Ok(json!({"targets": sorted(all.filter(named).collect())}))
    }

    fn on(&self, _deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(Terms { minutes: 5, ..Terms::exact() })
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let group = group(deed).ok_or("the target group is not named")?;
        let (was, is) = (at(before, "/targets"), at(now, "/targets"));
        let mut steps = Vec::new();
        for (targets, operation, words) in [
            (missing(is, was), "RegisterTargets", "register"),
            (missing(was, is), "DeregisterTargets", "deregister"),
        ] {
            if !targets.is_empty() {
                let ids: Vec<&str> = targets.iter().filter_map(|target| word(target, "/Id")).collect();
                let arguments = json!({"TargetGroupArn": group, "Targets": targets});
                let name = format!("{words} {}", ids.join(", "));
                steps.push(step(name, call(deed, "elbv2", operation, arguments)));
            }
        }
        Ok(steps)
    }
}
