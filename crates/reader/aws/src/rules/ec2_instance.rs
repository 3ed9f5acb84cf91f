//! Amazon EC2: instances, fleets and what runs on them.

use interlock_action::{Claim, Effect};

use super::facts::{
    AUTOSCALING_SIZE_LOWERED, EC2_HAS_INSTANCE_STORE, EC2_IN_AUTO_SCALING_GROUP, EC2_INSTANCE_PROTECTED,
    EC2_TAGS_CHANGED, EC2_TEMPLATE_HAS_PROFILE, EC2_VOLUME_DELETED_ON_TERMINATION,
};
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::effect::Subject;

const ATTRIBUTE: &[(&str, &str)] = &[("ec2", "ModifyInstanceAttribute")];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "ec2-stop-loses-disk",
        finds: "a stop that loses instance-store data, or makes a group replace the instance",
        shape: Shape::Setting,
        operations: &[("ec2", "StopInstances")],
        test: |_| {
            vec![
                claim_when(
                    Effect::Destroy,
                    "loses what is on the instance's own disks",
                    vec![yes(EC2_HAS_INSTANCE_STORE)],
                ),
                claim_when(
                    Effect::Destroy,
                    "makes the Auto Scaling group terminate and replace the instance",
                    vec![yes(EC2_IN_AUTO_SCALING_GROUP)],
                ),
            ]
        },
    },
    Rule {
        id: "ec2-terminate-loses-volume",
        finds: "a termination that takes volumes with it",
        shape: Shape::Setting,
        operations: &[("ec2", "TerminateInstances")],
        test: |_| {
            vec![claim_when(
                Effect::Destroy,
                "deletes the instance's volumes with it",
                vec![yes(EC2_VOLUME_DELETED_ON_TERMINATION)],
            )]
        },
    },
    Rule {
        id: "ec2-termination-protection-off",
        finds: "protection from termination or from stopping turned off",
        shape: Shape::GuardRemoval,
        operations: ATTRIBUTE,
        test: |subject| {
            let named = ["disableApiTermination", "disableApiStop"].contains(&attribute(subject));
            only_if(
                subject.off("DisableApiTermination.Value")
                    || subject.off("DisableApiStop.Value")
                    || (named && subject.text("Value") != Some("true")),
                claim_when(
                    Effect::GuardRemoval,
                    "lets the instance be terminated or stopped",
                    vec![yes(EC2_INSTANCE_PROTECTED)],
                ),
            )
        },
    },
    Rule {
        id: "ec2-volume-goes-with-instance",
        finds: "a volume that from now on goes when its instance is terminated",
        shape: Shape::GuardRemoval,
        operations: ATTRIBUTE,
        test: |subject| {
            let on = subject
                .all("BlockDeviceMappings[].Ebs.DeleteOnTermination")
                .iter()
                .any(|flag| flag.as_bool() == Some(true));
            only_if(
                on,
                claim(Effect::GuardRemoval, "lets the volume be deleted when the instance is terminated"),
            )
        },
    },
    Rule {
        id: "ec2-shutdown-terminates",
        finds: "an instance that goes for good when it is shut down from inside",
        shape: Shape::GuardRemoval,
        operations: ATTRIBUTE,
        test: |subject| {
            let named = attribute(subject) == "instanceInitiatedShutdownBehavior";
            only_if(
                subject.text("InstanceInitiatedShutdownBehavior.Value") == Some("terminate")
                    || (named && subject.text("Value") != Some("stop")),
                claim(Effect::GuardRemoval, "makes a shutdown from inside terminate the instance"),
            )
        },
    },
    Rule {
        id: "ec2-user-data",
        finds: "code that runs at the next start of an instance",
        shape: Shape::Delegation { identity: &[] },
        operations: ATTRIBUTE,
        test: |subject| {
            only_if(
                subject.has("UserData") || attribute(subject) == "userData",
                claim(
                    Effect::Execute,
                    "sets the script that the instance runs, as its administrator, when it starts",
                ),
            )
        },
    },
    Rule {
        id: "ec2-instance-groups",
        finds: "other security groups on an instance or interface",
        shape: Shape::Setting,
        operations: &[("ec2", "ModifyInstanceAttribute"), ("ec2", "ModifyNetworkInterfaceAttribute")],
        test: |subject| {
            only_if(
                subject.has("Groups") || attribute(subject) == "groupSet" || subject.has("SourceDestCheck"),
                claim(Effect::Network, "changes who can reach the instance"),
            )
        },
    },
    Rule {
        id: "ec2-run-with-profile",
        finds: "a machine that runs under a role",
        shape: Shape::Delegation {
            identity: &[
                "IamInstanceProfile.Arn",
                "IamInstanceProfile.Name",
                "LaunchSpecification.IamInstanceProfile.Arn",
                "LaunchTemplateData.IamInstanceProfile.Arn",
            ],
        },
        operations: &[
            ("ec2", "RunInstances"),
            ("ec2", "RequestSpotInstances"),
            ("ec2", "RequestSpotFleet"),
            ("ec2", "CreateFleet"),
            ("ec2", "CreateLaunchTemplate"),
            ("ec2", "CreateLaunchTemplateVersion"),
            ("autoscaling", "CreateLaunchConfiguration"),
            ("autoscaling", "CreateAutoScalingGroup"),
            ("autoscaling", "UpdateAutoScalingGroup"),
        ],
        test: profile,
    },
    Rule {
        id: "ec2-metadata-loosened",
        finds: "instance metadata that hands out credentials without a token",
        shape: Shape::GuardRemoval,
        operations: &[("ec2", "ModifyInstanceMetadataOptions"), ("ec2", "ModifyInstanceMetadataDefaults")],
        test: |subject| {
            only_if(
                subject.text("HttpTokens") == Some("optional"),
                claim(Effect::GuardRemoval, "lets a forged request read the instance's credentials"),
            )
        },
    },
    Rule {
        id: "ec2-fleet-shrunk",
        finds: "a fleet's smaller target capacity",
        shape: Shape::Setting,
        operations: &[
            ("ec2", "ModifySpotFleetRequest"),
            ("ec2", "ModifyFleet"),
            ("ec2", "CancelSpotFleetRequests"),
            ("ec2", "DeleteFleets"),
        ],
        test: fleet,
    },
    Rule {
        id: "ec2-tag-guards",
        finds: "tags that backups, patches, schedules, rights or bills go by, changed or removed",
        shape: Shape::GuardRemoval,
        operations: &[("ec2", "CreateTags"), ("ec2", "DeleteTags")],
        test: tags,
    },
];

/// The attribute that the older form of the request names.
fn attribute<'a>(subject: &Subject<'a>) -> &'a str {
    subject.text("Attribute").unwrap_or_default()
}

fn profile(subject: &Subject<'_>) -> Vec<Claim> {
    let places = [
        "IamInstanceProfile",
        "LaunchSpecification.IamInstanceProfile",
        "SpotFleetRequestConfig.LaunchSpecifications[].IamInstanceProfile",
        "LaunchTemplateData.IamInstanceProfile",
    ];
    if places.iter().any(|path| subject.has(path)) {
        return vec![claim(
            Effect::Execute,
            "lets what runs on the machine act under the role that is passed",
        )];
    }
    let templates = [
        "LaunchTemplate",
        "LaunchTemplateConfigs",
        "SpotFleetRequestConfig.LaunchTemplateConfigs",
        "MixedInstancesPolicy.LaunchTemplate",
        "LaunchConfigurationName",
        "SourceVersion",
    ];
    only_if(
        templates.iter().any(|path| subject.has(path)),
        claim_when(
            Effect::Execute,
            "starts machines from a template, which may pass a role",
            vec![yes(EC2_TEMPLATE_HAS_PROFILE)],
        ),
    )
}

fn fleet(subject: &Subject<'_>) -> Vec<Claim> {
    let keeps =
        subject.text("ExcessCapacityTerminationPolicy").is_some_and(|policy| policy.starts_with("no"));
    let capacity = subject
        .number("TargetCapacity")
        .or_else(|| subject.number("TargetCapacitySpecification.TotalTargetCapacity"));
    let why = "terminates the instances of the fleet that are more than its new capacity";
    match (subject.operation, capacity) {
        ("CancelSpotFleetRequests" | "DeleteFleets", _) => only_if(
            subject.on("TerminateInstances") || !subject.has("TerminateInstances"),
            claim(Effect::Destroy, "terminates every instance of the fleet"),
        ),
        (_, None) => Vec::new(),
        (_, Some(_)) if keeps => Vec::new(),
        (_, Some(0)) => vec![claim(Effect::Destroy, why)],
        (_, Some(_)) => vec![claim_when(Effect::Destroy, why, vec![yes(AUTOSCALING_SIZE_LOWERED)])],
    }
}

/// Words in the keys of tags that services, scripts, rights and bills go by.
const GUARDING_KEYS: [&str; 14] = [
    "backup",
    "snapshot",
    "dlm",
    "retention",
    "patch",
    "schedule",
    "protect",
    "abac",
    "access",
    "permission",
    "policy",
    "role",
    "cost",
    "environment",
];

fn tags(subject: &Subject<'_>) -> Vec<Claim> {
    let keys = subject.texts("Tags[].Key");
    let all = subject.operation == "DeleteTags" && keys.is_empty();
    let guards = keys.iter().any(|key| {
        let key = key.to_lowercase();
        GUARDING_KEYS.iter().any(|word| key.contains(word))
    });
    only_if(
        all || guards,
        claim_when(
            Effect::GuardRemoval,
            "changes tags that backups, patches, schedules, rights or bills go by",
            vec![yes(EC2_TAGS_CHANGED)],
        ),
    )
}
