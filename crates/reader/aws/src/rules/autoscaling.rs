//! Amazon EC2 Auto Scaling and Application Auto Scaling: sizes that fall, groups that no longer heal.

use interlock_action::{Claim, Effect};

use super::facts::{AUTOSCALING_PROTECTS, AUTOSCALING_SIZE_LOWERED};
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
            ("autoscaling", "PutScalingPolicy"),
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
            let why = "lets instances be terminated when the group shrinks";
            if subject.off("ProtectedFromScaleIn") {
                return vec![claim(Effect::GuardRemoval, why)];
            }
            // Clients say it in every update; it takes away only what is there.
            only_if(
                subject.off("NewInstancesProtectedFromScaleIn"),
                claim_when(Effect::GuardRemoval, why, vec![yes(AUTOSCALING_PROTECTS)]),
            )
        },
    },
    Rule {
        id: "scaled-to-nothing",
        finds: "a service that may have no capacity at all",
        shape: Shape::Setting,
        operations: &[("application-autoscaling", "RegisterScalableTarget")],
        test: |subject| match subject.number("MaxCapacity") {
            Some(0) => smaller(subject, |effect| claim(effect, "scales what it names to nothing")),
            _ => Vec::new(),
        },
    },
    Rule {
        id: "scalable-target-lowered",
        finds: "fewer tasks, items or machines at least or at most, now or later",
        shape: Shape::Setting,
        operations: &[
            ("application-autoscaling", "RegisterScalableTarget"),
            ("application-autoscaling", "PutScheduledAction"),
        ],
        test: |subject| {
            // A scheduled action keeps what its update leaves out.
            let sized = subject.operation == "PutScheduledAction"
                || subject.has("MinCapacity")
                || subject.number("MaxCapacity").is_some_and(|most| most > 0);
            let why = "lets what it names become smaller than it may be now";
            match sized {
                true => {
                    smaller(subject, |effect| claim_when(effect, why, vec![yes(AUTOSCALING_SIZE_LOWERED)]))
                }
                false => Vec::new(),
            }
        },
    },
    Rule {
        id: "scalable-target-scaled-in",
        finds: "a policy whose steps scale in by themselves",
        shape: Shape::Setting,
        operations: &[("application-autoscaling", "PutScalingPolicy")],
        test: |subject| {
            let scales_in = match subject.text("PolicyType") {
                // With the load a service comes and goes.
                Some("PredictiveScaling" | "TargetTrackingScaling") => false,
                _ => scales_in(subject),
            };
            let why = "lets what it names become smaller by itself, as small as its limits say";
            if scales_in { smaller(subject, |effect| claim(effect, why)) } else { Vec::new() }
        },
    },
];

/// Whoever makes a group smaller terminates instances, and the volumes that go with them. What is set to scale it later
/// may say so elsewhere: in the policy that is carried out, in the scheduled action whose time alone is changed.
fn shrunk(subject: &Subject<'_>) -> Vec<Claim> {
    let now = ["SetDesiredCapacity", "UpdateAutoScalingGroup"].contains(&subject.operation);
    let sizes = ["DesiredCapacity", "MaxSize", "MinSize"];
    if now && !sizes.iter().any(|member| subject.number(member).is_some()) {
        return Vec::new();
    }
    let down = "terminates instances until the group is as small as asked";
    let lowered = || vec![yes(AUTOSCALING_SIZE_LOWERED)];
    vec![claim_when(Effect::Destroy, down, lowered()), claim_when(Effect::Interrupt, down, lowered())]
}

/// Whether a step of the policy takes capacity away, or sets one.
fn scales_in(subject: &Subject<'_>) -> bool {
    let steps = subject.all("StepScalingPolicyConfiguration.StepAdjustments[].ScalingAdjustment");
    let down = |step: &&serde_json::Value| step.as_i64().is_none_or(|by| by < 0);
    let exact = subject.text("StepScalingPolicyConfiguration.AdjustmentType") == Some("ExactCapacity");
    exact || steps.is_empty() || steps.iter().any(down)
}

/// What it is that something becomes smaller: machines of a fleet or a cluster go, with what is on their disks.
fn smaller(subject: &Subject<'_>, claim: impl Fn(Effect) -> Claim) -> Vec<Claim> {
    let machines = matches!(subject.text("ServiceNamespace"), Some("ec2" | "elasticmapreduce"));
    let mut claims = vec![claim(Effect::Interrupt)];
    claims.extend(machines.then(|| claim(Effect::Destroy)));
    claims
}
