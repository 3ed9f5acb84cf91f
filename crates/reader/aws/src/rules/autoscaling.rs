//! Amazon EC2 Auto Scaling and Application Auto Scaling: sizes that fall, groups that no longer heal.

use interlock_action::{Claim, Effect};

use super::facts::AUTOSCALING_SIZE_LOWERED;
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "autoscaling-shrunk",
        finds: "a group that may become smaller",
        shape: Shape::Setting,
        operations: &[
            ("autoscaling", "SetDesiredCapacity"),
            ("autoscaling", "UpdateAutoScalingGroup"),
            ("autoscaling", "PutScheduledUpdateGroupAction"),
        ],
        test: shrunk,
    },
    Rule {
        id: "autoscaling-forced-delete",
        finds: "a group deleted with its instances",
        shape: Shape::Setting,
        operations: &[("autoscaling", "DeleteAutoScalingGroup")],
        test: |subject| {
            only_if(
                subject.on("ForceDelete"),
                claim(Effect::Interrupt, "terminates every instance of the group"),
            )
        },
    },
    Rule {
        id: "autoscaling-healing-off",
        finds: "a group that no longer replaces what fails",
        shape: Shape::GuardRemoval,
        operations: &[("autoscaling", "SuspendProcesses")],
        test: |subject| {
            let processes = subject.texts("ScalingProcesses[]");
            // Without these two nothing is missed: they only move instances about.
            let harmless = ["AZRebalance", "InstanceRefresh"];
            only_if(
                processes.is_empty() || processes.iter().any(|process| !harmless.contains(process)),
                claim(
                    Effect::GuardRemoval,
                    "stops the group from replacing instances that fail, or from scaling",
                ),
            )
        },
    },
    Rule {
        id: "autoscaling-protection-off",
        finds: "instances that may be terminated when the group shrinks",
        shape: Shape::GuardRemoval,
        operations: &[("autoscaling", "SetInstanceProtection"), ("autoscaling", "UpdateAutoScalingGroup")],
        test: |subject| {
            only_if(
                subject.off("ProtectedFromScaleIn") || subject.off("NewInstancesProtectedFromScaleIn"),
                claim(Effect::GuardRemoval, "lets instances be terminated when the group shrinks"),
            )
        },
    },
    Rule {
        id: "scaled-to-nothing",
        finds: "a service that may have no capacity at all",
        shape: Shape::Setting,
        operations: &[("application-autoscaling", "RegisterScalableTarget")],
        test: |subject| {
            only_if(
                subject.number("MaxCapacity") == Some(0),
                claim(Effect::Interrupt, "scales what it names to nothing"),
            )
        },
    },
    Rule {
        id: "scalable-target-lowered",
        finds: "fewer tasks, items or machines at least or at most",
        shape: Shape::Setting,
        operations: &[("application-autoscaling", "RegisterScalableTarget")],
        test: |subject| {
            only_if(
                subject.has("MinCapacity") || subject.number("MaxCapacity").is_some_and(|most| most > 0),
                claim_when(
                    Effect::Interrupt,
                    "lets what it names become smaller than it may be now",
                    vec![yes(AUTOSCALING_SIZE_LOWERED)],
                ),
            )
        },
    },
];

fn shrunk(subject: &Subject<'_>) -> Vec<Claim> {
    let sizes = ["DesiredCapacity", "MaxSize", "MinSize"];
    let sent: Vec<i64> = sizes.iter().filter_map(|member| subject.number(member)).collect();
    let down = "terminates instances until the group is as small as asked";
    if sent.is_empty() {
        return Vec::new();
    }
    vec![claim_when(Effect::Interrupt, down, vec![yes(AUTOSCALING_SIZE_LOWERED)])]
}
