//! An Auto Scaling group: its capacity set, updated, deleted.
//!
//! Kept: all that it is created with, its scaling policies, lifecycle hooks, scheduled actions and suspended processes.
//! Back: what differs is updated; a group that is gone is created again, with what belonged to it. Compared: all that is
//! kept. Lost: instances that were ended; others are started. Of a group that grew, the group itself chooses which ones it ends
//! again. Not a way back: an update that says more than is kept.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{
    Way, at, busy, call, changed, found, is, list, missing, only, read, sends_any, sends_only, sorted,
    standing, step, tags, text, wait, what, with, word,
};

/// The way.
pub(super) struct Group;

const OPERATIONS: &[&str] = &["SetDesiredCapacity", "UpdateAutoScalingGroup", "DeleteAutoScalingGroup"];

/// What an update takes.
const UPDATED: &[&str] = &[
    "LaunchConfigurationName",
    "LaunchTemplate",
    "MixedInstancesPolicy",
    "MinSize",
    "MaxSize",
    "DesiredCapacity",
    "DefaultCooldown",
    "AvailabilityZones",
    "HealthCheckType",
    "HealthCheckGracePeriod",
    "PlacementGroup",
    "VPCZoneIdentifier",
    "TerminationPolicies",
    "NewInstancesProtectedFromScaleIn",
    "ServiceLinkedRoleARN",
    "MaxInstanceLifetime",
    "CapacityRebalance",
    "Context",
    "DesiredCapacityType",
    "DefaultInstanceWarmup",
    "CapacityReservationSpecification",
    "AvailabilityZoneDistribution",
    "AvailabilityZoneImpairmentPolicy",
];
/// What only a creation takes.
const CREATED: &[&str] = &["LoadBalancerNames", "TargetGroupARNs"];

/// What belongs to a group: the read, where it stands in the answer, what of it is kept.
const PARTS: [(&str, &str, &str, &[&str]); 3] = [
    (
        "policies",
        "DescribePolicies",
        "/ScalingPolicies",
        &[
            "PolicyName",
            "PolicyType",
            "AdjustmentType",
            "MinAdjustmentStep",
            "MinAdjustmentMagnitude",
            "ScalingAdjustment",
            "Cooldown",
            "StepAdjustments",
            "MetricAggregationType",
            "EstimatedInstanceWarmup",
            "TargetTrackingConfiguration",
            "Enabled",
            "PredictiveScalingConfiguration",
        ],
    ),
    (
        "hooks",
        "DescribeLifecycleHooks",
        "/LifecycleHooks",
        &[
            "LifecycleHookName",
            "LifecycleTransition",
            "NotificationTargetARN",
            "RoleARN",
            "NotificationMetadata",
            "HeartbeatTimeout",
            "DefaultResult",
        ],
    ),
    (
        "schedule",
        "DescribeScheduledActions",
        "/ScheduledUpdateGroupActions",
        &[
            "ScheduledActionName",
            "StartTime",
            "EndTime",
            "Recurrence",
            "MinSize",
            "MaxSize",
            "DesiredCapacity",
            "TimeZone",
        ],
    ),
];

fn group(deed: &Deed) -> Option<&str> {
    let how = ["AutoScalingGroupName", "HonorCooldown", "ForceDelete"];
    let known = is(deed, "autoscaling", OPERATIONS) && sends_only(deed, &[UPDATED, &how]);
    text(deed, "/AutoScalingGroupName").filter(|_| known)
}

fn asks(name: &str) -> Value {
    json!({"AutoScalingGroupNames": [name]})
}

fn number(value: &Value, pointer: &str) -> Option<i64> {
    at(value, pointer).as_i64()
}

impl Way for Group {
    fn name(&self) -> &'static str {
        "autoscaling/group"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        group(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let Some(name) = group(deed) else { return Vec::new() };
        let mut reads = vec![read(deed, "autoscaling", "DescribeAutoScalingGroups", asks(name))];
        let there = found(so_far, "autoscaling", "DescribeAutoScalingGroups", &asks(name));
        if there.is_ok_and(|answer| answer.is_some_and(|all| !list(all, "/AutoScalingGroups").is_empty())) {
            let one = || json!({"AutoScalingGroupName": name});
            reads.extend(PARTS.iter().map(|part| read(deed, "autoscaling", part.1, one())));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let name = group(deed).ok_or("the group is not named")?;
        let all = found(answers, "autoscaling", "DescribeAutoScalingGroups", &asks(name))?;
        let group = all.and_then(|all| list(all, "/AutoScalingGroups").first());
        // Only a group that is being deleted has a status.
        let leaving = group.is_some_and(|group| word(group, "/Status").is_some());
        let Some(group) = group.filter(|_| !leaving) else {
            return Ok(standing(Value::Null, json!({"busy": leaving})));
        };
        let suspended = list(group, "/SuspendedProcesses").iter();
        let suspended = suspended.map(|one| at(one, "/ProcessName").clone()).collect();
        let labels = tags(at(group, "/Tags"));
        let labels = labels.as_array().into_iter().flatten();
        let labels: Vec<Value> =
            labels.map(|tag| only(tag, &["Key", "Value", "PropagateAtLaunch"])).collect();
        let mut kept = with(only(group, UPDATED), only(group, CREATED));
        // A template is told by id and by name; it takes one of both.
        if let Some(template) = kept.pointer_mut("/LaunchTemplate").and_then(Value::as_object_mut) {
            template.shift_remove("LaunchTemplateName");
        }
        for (member, operation, pointer, members) in PARTS {
            let answer = found(answers, "autoscaling", operation, &json!({"AutoScalingGroupName": name}))?;
            let parts = answer.map_or(&[][..], |answer| list(answer, pointer));
            let plain = |part: &Value| {
                let mut part = only(part, members);
                if let Some(part) = part.as_object_mut() {
                    part.retain(|_, value| value != &json!([]) && value != &json!({}));
                }
                part
            };
            kept = with(kept, json!({member: sorted(parts.iter().map(plain).collect())}));
        }
        Ok(standing(with(kept, json!({"Tags": labels, "suspended": sorted(suspended)})), json!({})))
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let was = what(before);
        let had = number(was, "/DesiredCapacity").filter(|_| !was.is_null())?;
        let ends = is(deed, "autoscaling", &["DeleteAutoScalingGroup"])
            // Instances in a zone that is left are ended.
            || sends_any(deed, &["AvailabilityZones", "VPCZoneIdentifier"])
            || ["/DesiredCapacity", "/MaxSize"]
                .iter()
                .any(|most| number(&deed.arguments, most).is_some_and(|most| most < had));
        Some(match ends {
            true => Terms::lossy(10, &["the instances that were ended: others are started"]),
            false => Terms { minutes: 5, ..Terms::exact() },
        })
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let name = group(deed).ok_or("the group is not named")?;
        let place = json!({"AutoScalingGroupName": name});
        let (was, is) = (what(before), what(now));
        let mut steps = Vec::new();
        if busy(now) {
            steps.push(wait(format!("wait until {name} is gone")));
        }
        let differing = only(&changed(was, is), UPDATED);
        if is.is_null() {
            let kept = with(only(was, UPDATED), only(was, CREATED));
            let mut make = with(with(kept, json!({"Tags": at(was, "/Tags")})), place.clone());
            if let Some(members) = make.as_object_mut() {
                members.retain(|_, value| value != &json!([]) && value != &json!(""));
            }
            let make = call(deed, "autoscaling", "CreateAutoScalingGroup", make);
            steps.push(step(format!("create the group {name} again"), make));
        } else if differing != json!({}) {
            let words: Vec<&String> = differing.as_object().into_iter().flatten().map(|one| one.0).collect();
            let words = words.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let update =
                call(deed, "autoscaling", "UpdateAutoScalingGroup", with(differing.clone(), place.clone()));
            steps.push(step(format!("set {words} of {name} back"), update));
        }
        for (member, operation, named, words) in [
            ("/hooks", "PutLifecycleHook", "/LifecycleHookName", "hook"),
            ("/policies", "PutScalingPolicy", "/PolicyName", "policy"),
            ("/schedule", "PutScheduledUpdateGroupAction", "/ScheduledActionName", "scheduled action"),
        ] {
            for part in missing(at(is, member), at(was, member)) {
                let name = format!("put the {words} {} back", word(&part, named).unwrap_or("?"));
                steps.push(step(name, call(deed, "autoscaling", operation, with(part, place.clone()))));
            }
        }
        let suspended = missing(at(is, "/suspended"), at(was, "/suspended"));
        if !suspended.is_empty() {
            let arguments = with(place, json!({"ScalingProcesses": suspended}));
            let suspend = call(deed, "autoscaling", "SuspendProcesses", arguments);
            steps.push(step(format!("suspend the processes of {name} again"), suspend));
        }
        Ok(steps)
    }
}
