//! The attributes of a load balancer, a target group or a listener.
//!
//! Kept: the attributes that are set. Back: they are set again. Compared: those attributes.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, list, sorted, step, text},
};

/// The way.
pub(super) struct Attributes;

/// The member that names the thing, and the operations: read, modify.
const THINGS: [(&str, &str, &str); 3] = [
    ("LoadBalancerArn", "DescribeLoadBalancerAttributes", "ModifyLoadBalancerAttributes"),
    ("TargetGroupArn", "DescribeTargetGroupAttributes", "ModifyTargetGroupAttributes"),
    ("ListenerArn", "DescribeListenerAttributes", "ModifyListenerAttributes"),
];

fn of(deed: &Deed) -> Option<(&'static str, &'static str, &'static str, &str)> {
    let (member, read, modify) = THINGS.into_iter().find(|thing| is(deed, "elbv2", &[thing.2]))?;
    Some((member, read, modify, text(deed, &format!("/{member}"))?))
}

impl OneRead for Attributes {
    fn called(&self) -> &'static str {
        "elbv2/attributes"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let (member, read, _, arn) = of(deed)?;
        Some(Ask("elbv2", read, json!({member: arn})))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("it is not there")?;
        let set = list(&deed.arguments, "/Attributes");
        let named = |one: &&Value| set.iter().any(|other| at(other, "/Key") == at(one, "/Key"));
        let kept: Vec<Value> = list(answer, "/Attributes").iter().filter(named).cloned().collect();
        if kept.len() != set.len() {
            return Err("not every attribute that is set is told".to_owned());
        }
        Ok(json!({"Attributes": sorted(kept)}))
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let (member, _, modify, arn) = of(deed).ok_or("it is not named")?;
        let arguments = json!({member: arn, "Attributes": at(before, "/Attributes")});
        Ok(vec![step("set its attributes back", call(deed, "elbv2", modify, arguments))])
    }
}
