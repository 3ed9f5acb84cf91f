//! Compute, scaling, containers, functions: sizes that fall, services that stop, roles that change.

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::facts::{AUTOSCALING_SIZE_LOWERED, CLOUDFORMATION_REMOVES};
use super::{Rule, claim, claim_when, only_if, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "autoscaling-shrunk",
        finds: "a group that may become smaller",
        operations: &[
            ("autoscaling", "SetDesiredCapacity"),
            ("autoscaling", "UpdateAutoScalingGroup"),
            ("autoscaling", "PutScheduledUpdateGroupAction"),
        ],
        test: shrunk,
    },
    Rule {
        id: "scaled-to-nothing",
        finds: "a service that may have no capacity at all",
        operations: &[("application-autoscaling", "RegisterScalableTarget")],
        test: |subject| {
            only_if(
                subject.number("MaxCapacity") == Some(0),
                claim(Effect::Interrupt, "scales what it names to nothing"),
            )
        },
    },
    Rule {
        id: "autoscaling-forced-delete",
        finds: "a group deleted with its instances",
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
        operations: &[("autoscaling", "SuspendProcesses")],
        test: |subject| {
            let processes = subject.texts("ScalingProcesses[]");
            let heals = ["Launch", "ReplaceUnhealthy", "HealthCheck", "Terminate"];
            only_if(
                processes.is_empty() || processes.iter().any(|process| heals.contains(process)),
                claim(Effect::GuardRemoval, "stops the group from replacing instances that fail"),
            )
        },
    },
    Rule {
        id: "autoscaling-protection-off",
        finds: "instances that may be terminated when the group shrinks",
        operations: &[("autoscaling", "SetInstanceProtection"), ("autoscaling", "UpdateAutoScalingGroup")],
        test: |subject| {
            only_if(
                subject.off("ProtectedFromScaleIn") || subject.off("NewInstancesProtectedFromScaleIn"),
                claim(Effect::GuardRemoval, "lets instances be terminated when the group shrinks"),
            )
        },
    },
    Rule {
        id: "ecs-service-interrupted",
        finds: "a service that runs fewer tasks, or all of them anew",
        operations: &[("ecs", "UpdateService")],
        test: ecs_service,
    },
    Rule {
        id: "ecs-task-role",
        finds: "a task definition with a role",
        operations: &[("ecs", "RegisterTaskDefinition")],
        test: |subject| {
            only_if(
                subject.has("taskRoleArn"),
                claim(Effect::Execute, "lets what runs in the containers act under the role that is passed"),
            )
        },
    },
    Rule {
        id: "eks-nodes-shrunk",
        finds: "a node group scaled to nothing",
        operations: &[("eks", "UpdateNodegroupConfig")],
        test: |subject| {
            let zero = ["scalingConfig.desiredSize", "scalingConfig.maxSize"];
            only_if(
                zero.iter().any(|path| subject.number(path) == Some(0)),
                claim(Effect::Interrupt, "takes every machine from the node group"),
            )
        },
    },
    Rule {
        id: "eks-endpoint-opened",
        finds: "a cluster's API open to the internet, or its audit log off",
        operations: &[("eks", "UpdateClusterConfig"), ("eks", "CreateCluster")],
        test: eks_cluster,
    },
    Rule {
        id: "lambda-off",
        finds: "a function or its source of events turned off",
        operations: &[("lambda", "PutFunctionConcurrency"), ("lambda", "UpdateEventSourceMapping")],
        test: |subject| {
            only_if(
                subject.number("ReservedConcurrentExecutions") == Some(0) || subject.off("Enabled"),
                claim(Effect::Interrupt, "stops the function from being run"),
            )
        },
    },
    Rule {
        id: "lambda-configuration-executes",
        finds: "another role, layer, handler or environment for a function's code",
        operations: &[("lambda", "UpdateFunctionConfiguration")],
        test: |subject| {
            let members = ["Role", "Layers", "Handler", "Environment", "Runtime", "ImageConfig"];
            only_if(
                members.iter().any(|member| subject.has(member)),
                claim(Effect::Execute, "changes what the function runs, or as whom"),
            )
        },
    },
    Rule {
        id: "lambda-alias-moved",
        finds: "an alias that stands for another version of a function",
        operations: &[("lambda", "UpdateAlias")],
        test: |subject| {
            only_if(
                subject.has("FunctionVersion") || subject.has("RoutingConfig"),
                claim(Effect::Execute, "puts other code into service under the function's role"),
            )
        },
    },
    Rule {
        id: "lambda-opens",
        finds: "a function that others may call",
        operations: &[
            ("lambda", "AddPermission"),
            ("lambda", "AddLayerVersionPermission"),
            ("lambda", "CreateFunctionUrlConfig"),
            ("lambda", "UpdateFunctionUrlConfig"),
        ],
        test: lambda_opens,
    },
    Rule {
        id: "cloudformation-removes",
        finds: "a stack's change that may remove or replace resources",
        operations: &[("cloudformation", "UpdateStack"), ("cloudformation", "ExecuteChangeSet")],
        test: |_| {
            vec![claim_when(
                Effect::Destroy,
                "may remove or replace resources of the stack",
                vec![yes(CLOUDFORMATION_REMOVES)],
            )]
        },
    },
    Rule {
        id: "cloudformation-protection-off",
        finds: "a stack's termination protection turned off",
        operations: &[("cloudformation", "UpdateTerminationProtection")],
        test: |subject| {
            only_if(
                !subject.on("EnableTerminationProtection"),
                claim(Effect::GuardRemoval, "lets the stack, and all that it holds, be deleted"),
            )
        },
    },
    Rule {
        id: "ssm-parameter-overwritten",
        finds: "a parameter's new value in the place of the old",
        operations: &[("ssm", "PutParameter")],
        test: |subject| {
            only_if(subject.on("Overwrite"), claim(Effect::Update, "gives the parameter another value"))
        },
    },
    Rule {
        id: "ssm-document-shared",
        finds: "a document shared with others",
        operations: &[("ssm", "ModifyDocumentPermission")],
        test: |subject| {
            subject
                .texts("AccountIdsToAdd[]")
                .into_iter()
                .filter(|account| subject.account != Some(account))
                .map(|account| claim(Effect::Expose, format!("lets `{account}` read and run the document")))
                .collect()
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

fn ecs_service(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    if subject.number("desiredCount") == Some(0) {
        claims.push(claim(Effect::Interrupt, "stops every task of the service"));
    } else if subject.has("desiredCount") {
        claims.push(claim_when(
            Effect::Interrupt,
            "may stop tasks of the service",
            vec![yes(AUTOSCALING_SIZE_LOWERED)],
        ));
    }
    if subject.number("deploymentConfiguration.minimumHealthyPercent") == Some(0) {
        claims.push(claim(Effect::Interrupt, "lets a deployment stop every task before new ones run"));
    }
    if subject.has("taskDefinition") || subject.on("forceNewDeployment") {
        claims.push(claim(Effect::Execute, "puts new code into service under the task's role"));
    }
    claims
}

fn eks_cluster(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    let world =
        subject.texts("resourcesVpcConfig.publicAccessCidrs[]").iter().any(|cidr| cidr.ends_with("/0"));
    if world
        || (subject.operation == "UpdateClusterConfig"
            && subject.on("resourcesVpcConfig.endpointPublicAccess"))
    {
        claims.push(claim(Effect::Expose, "opens the cluster's API to the internet"));
    }
    let off = subject
        .all("logging.clusterLogging[]")
        .into_iter()
        .any(|log| log.get("enabled").and_then(Value::as_bool) == Some(false));
    if off && subject.operation == "UpdateClusterConfig" {
        claims.push(claim(Effect::GuardRemoval, "turns off logs of the cluster"));
    }
    claims
}

fn lambda_opens(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    if subject.text("AuthType") == Some("NONE") {
        claims.push(claim(Effect::Expose, "lets anybody call the function by its address"));
    }
    let principal = subject.text("Principal").unwrap_or_default();
    let account = principal.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(3)).unwrap_or(principal);
    if principal == "*" && !subject.has("SourceAccount") && !subject.has("PrincipalOrgID") {
        claims.push(claim(Effect::Expose, "lets anybody call the function"));
    } else if subject.foreign(account) {
        claims.push(claim(Effect::Expose, format!("lets account {account} call the function")));
    }
    claims
}
