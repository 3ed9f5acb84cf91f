//! Stop before terminate: a running instance is stopped first, and waited for, before snapshots of its volumes are taken.
//!
//! A snapshot of a volume in use is crash-consistent; one of a stopped instance's is whole. What must come to rest first
//! makes no recovery point: once it has, the action is judged again. Reads: those of the instances.

use interlock_action::{Action, Answers, Kind, Securing, Survey};
use serde_json::json;

use super::{
    super::{
        answer::{Live, text},
        existence,
    },
    id_of, ids,
};

/// Stops what runs, where something would be secured.
pub(in crate::forecast) fn before(action: &Action, answers: &Answers, survey: &mut Survey) {
    if action.operation.as_str() != "aws:ec2:TerminateInstances"
        || !matches!(&survey.securing, Securing::ByCalls { .. })
    {
        return;
    }
    let (mut running, mut resting) = (Vec::new(), Vec::new());
    for instance in ids(action, "InstanceId", "InstanceIds") {
        let id = id_of(action, Kind::Instance, "instance", instance);
        let Live::Found(record) = existence::of(action, answers, &id) else { return };
        // A scaling group would start another, and what was requested of spare capacity may not stop.
        let stops = text(record, "/InstanceLifecycle").is_none()
            && super::points::tag(record, "aws:autoscaling:groupName").is_none()
            && text(record, "/RootDeviceType") != Some("instance-store");
        match text(record, "/State/Name") {
            Some("running") if stops => running.push(instance),
            Some("stopping") => resting.push(instance),
            _ => {}
        }
    }
    if running.is_empty() && resting.is_empty() {
        return;
    }
    let stop = || crate::call::call(action, "ec2", "StopInstances", json!({ "InstanceIds": running }));
    let calls = if running.is_empty() { Vec::new() } else { vec![stop()] };
    let stopped = |instance: &&str| {
        let look =
            crate::call::call(action, "ec2", "DescribeInstances", json!({ "InstanceIds": [instance] }));
        (look, "/Reservations/0/Instances/0/State/Name".to_owned(), json!("stopped"))
    };
    let all: Vec<&str> = running.iter().chain(&resting).copied().collect();
    survey.told.push(format!(
        "interlock stops {} before termination, so that the snapshots of its volumes are whole",
        all.join(", ")
    ));
    survey.securing =
        Securing::ByCalls { calls, proof: all.iter().map(stopped).collect(), makes: Vec::new() };
}
