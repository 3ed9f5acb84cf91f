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
            ("autoscaling", "BatchPutScheduledUpdateGroupAction"),
            ("autoscaling", "ExecutePolicy"),
        ],
        test: shrunk,
    },
    Rule {
        id: "autoscaling-forced-delete",
        finds: "a group deleted with its instances",
        shape: Shape::Setting,
        operations: &[("autoscaling", "DeleteAutoScalingGroup")],
        test: |subject| {
            let why = "terminates every instance of the group";
            match subject.on("ForceDelete") {
                true => vec![claim(Effect::Destroy, why), claim(Effect::Interrupt, why)],
                false => Vec::new(),
            }
        },
    },
    Rule {
        id: "autoscaling-declared-unhealthy",
        finds: "an instance declared unhealthy, so that its group terminates it",
        shape: Shape::Setting,
        operations: &[("autoscaling", "SetInstanceHealth")],
        test: |subject| {
            let why = "has the group terminate the instance, and start another one";
            match subject.text("HealthStatus") {
                Some("Healthy") => Vec::new(),
                _ => vec![claim(Effect::Destroy, why), claim(Effect::Interrupt, why)],
            }
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

/// Whoever makes a group smaller terminates instances, and the volumes that go with them. Which way a policy moves the
/// group stands in the policy.
fn shrunk(subject: &Subject<'_>) -> Vec<Claim> {
    let sizes = ["DesiredCapacity", "MaxSize", "MinSize"];
    let sized = sizes.iter().any(|member| {
        subject.number(member).is_some()
            || !subject.all(&format!("ScheduledUpdateGroupActions[].{member}")).is_empty()
    });
    if !sized && subject.operation != "ExecutePolicy" {
        return Vec::new();
    }
    let down = "terminates instances until the group is as small as asked";
    let lowered = || vec![yes(AUTOSCALING_SIZE_LOWERED)];
    vec![claim_when(Effect::Destroy, down, lowered()), claim_when(Effect::Interrupt, down, lowered())]
}
