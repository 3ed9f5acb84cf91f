//! Instances of Auto Scaling groups.
//!
//! Terminating one in its group takes it and the volumes that go with it; the group starts another unless its desired
//! size is lowered with it. Detaching and standing by leave the instance running, out of the group's care and out of its
//! load balancers. Reads: DescribeAutoScalingInstances, and what the forecaster of instances reads.

use interlock_action::{Action, Answers, Effect, Kind, Read, Reversibility, TargetId};
use serde_json::json;

use super::super::{
    Look,
    answer::{flag, listed, strings, text},
    arn,
    draft::{Draft, leading},
    ec2::instance::{terminating, terminating_reads},
};

/// The forecaster of members.
pub(in crate::forecast) struct Member;

const MEMBERS: &str = "autoscaling instances";
const OPERATIONS: [&str; 5] = [
    "TerminateInstanceInAutoScalingGroup",
    "DetachInstances",
    "EnterStandby",
    "SetInstanceProtection",
    "SetInstanceHealth",
];

fn instances(action: &Action) -> Vec<&str> {
    let mut ids = strings(&action.arguments, "/InstanceIds");
    ids.extend(action.arguments.get("InstanceId").and_then(|id| id.as_str()));
    ids
}

fn terminates(action: &Action) -> bool {
    match action.operation.verb() {
        "TerminateInstanceInAutoScalingGroup" => true,
        // The group replaces what is not healthy.
        "SetInstanceHealth" => text(&action.arguments, "/HealthStatus") != Some("Healthy"),
        _ => false,
    }
}

impl Look for Member {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "autoscaling"
            && OPERATIONS.contains(&action.operation.verb())
            && !instances(action).is_empty()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let ids = instances(action);
        let by_id = json!({ "InstanceIds": ids });
        let operation = "DescribeAutoScalingInstances";
        let mut reads = vec![crate::call::read(action, MEMBERS, "autoscaling", operation, by_id)];
        if terminates(action) {
            reads.extend(terminating_reads(action, so_far, &ids));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let ids = instances(action);
        let members = listed(answers, MEMBERS, "AutoScalingInstances");
        draft.gap(members.gap("members of the group"));
        if members.complete() {
            draft.saw();
        }
        let lowers = flag(&action.arguments, "/ShouldDecrementDesiredCapacity") == Some(true);
        for instance in &ids {
            let id = arn::target(action, Kind::Instance, "ec2", &format!("instance/{instance}"), instance);
            let member =
                members.entries().iter().find(|one| text(one, "/InstanceId") == Some(*instance)).copied();
            let Some(member) = member else {
                if members.complete() {
                    let what = format!("{instance} is in no group: the service will refuse");
                    draft.change(&id, Kind::Instance, leading(action), what);
                }
                continue;
            };
            let group = text(member, "/AutoScalingGroupName").unwrap_or("its group");
            draft
                .bind(format!("{id} member"), json!({"group": group, "state": member.get("LifecycleState")}));
            let what = match action.operation.verb() {
                "SetInstanceHealth" if !terminates(action) => {
                    draft.settle();
                    continue;
                }
                "SetInstanceProtection" => {
                    let asked = flag(&action.arguments, "/ProtectedFromScaleIn");
                    if flag(member, "/ProtectedFromScaleIn") == asked {
                        draft.settle();
                        continue;
                    }
                    let protected = if asked == Some(true) { "protected" } else { "no longer protected" };
                    format!("{instance} is {protected} when group {group} shrinks")
                }
                "DetachInstances" => {
                    format!("{instance} leaves group {group} and its load balancers; it runs on")
                }
                "EnterStandby" => format!("{instance} stands by: group {group} sends it nothing"),
                _ => format!("group {group} loses {instance}"),
            };
            let effect = match action.operation.verb() {
                "SetInstanceProtection" => leading(action),
                _ => Effect::Interrupt,
            };
            draft.change(&id, Kind::Instance, effect, what.clone());
            let of = TargetId::new(arn::build(
                action,
                "autoscaling",
                &format!("autoScalingGroup:*:autoScalingGroupName/{group}"),
            ));
            let size = if lowers { "its desired size falls by one" } else { "it starts another one" };
            if action.operation.verb() != "SetInstanceProtection" {
                draft.change(&of, Kind::Group, Effect::Interrupt, format!("group {group}: {what}; {size}"));
            }
        }
        draft.reversibility = Reversibility::Exact;
        if terminates(action) {
            terminating(action, answers, &ids, draft);
        }
    }
}
