//! A new part of something that is there, which changes it.

use interlock_action::{Claim, Effect};

use super::{Rule, Shape, claim};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[Rule {
    id: "parent-changed",
    finds: "a new part of something that is there, which changes it",
    shape: Shape::Setting,
    operations: &[
        ("elbv2", "CreateRule"),
        ("elbv2", "CreateListener"),
        ("lambda", "CreateEventSourceMapping"),
        ("route53", "CreateHostedZone"),
        ("ecs", "CreateService"),
        ("ecs", "CreateTaskSet"),
        ("ec2", "CreateTrafficMirrorSession"),
        ("ec2", "CreateFlowLogs"),
    ],
    test: parent,
}];

fn parent(subject: &Subject<'_>) -> Vec<Claim> {
    let (effect, why) = match subject.operation {
        "CreateRule" | "CreateListener" => {
            (Effect::Network, "decides where traffic of the load balancer goes")
        }
        "CreateHostedZone" if !subject.has("VPC") => return Vec::new(),
        "CreateHostedZone" => (Effect::Network, "decides what names mean inside the network"),
        "CreateEventSourceMapping" => {
            (Effect::Execute, "has the function take what the queue or stream holds, under its own role")
        }
        "CreateTrafficMirrorSession" => (Effect::Exfiltrate, "copies the traffic of a network interface"),
        "CreateFlowLogs" => (Effect::Update, "records the traffic of a network"),
        _ => (Effect::Execute, "runs containers in the cluster, under the task's role"),
    };
    vec![claim(effect, why)]
}
