//! Amazon ECS: services that run fewer tasks or other ones, commands and tasks under a role.

use interlock_action::{Claim, Effect};

use super::facts::AUTOSCALING_SIZE_LOWERED;
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "ecs-service-interrupted",
        finds: "a service that runs fewer tasks, or all of them anew",
        shape: Shape::Setting,
        operations: &[("ecs", "UpdateService")],
        test: ecs_service,
    },
    Rule {
        id: "ecs-task-role",
        finds: "a task definition with a role",
        shape: Shape::Delegation { identity: &["taskRoleArn"] },
        operations: &[("ecs", "RegisterTaskDefinition")],
        test: |subject| {
            only_if(
                subject.has("taskRoleArn"),
                claim(Effect::Execute, "lets what runs in the containers act under the role that is passed"),
            )
        },
    },
    Rule {
        id: "ecs-task-run",
        finds: "a task started, perhaps with another command or role",
        shape: Shape::Delegation { identity: &["overrides.taskRoleArn", "overrides.executionRoleArn"] },
        operations: &[("ecs", "RunTask"), ("ecs", "StartTask")],
        test: |subject| {
            let command = !subject.all("overrides.containerOverrides[].command[]").is_empty();
            let why =
                if command { "runs a command of the request's own in containers" } else { "runs containers" };
            vec![claim(Effect::Execute, why)]
        },
    },
];

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
    if ["networkConfiguration", "loadBalancers", "serviceRegistries", "serviceConnectConfiguration"]
        .iter()
        .any(|member| subject.has(member))
    {
        claims.push(claim(Effect::Network, "changes how the service's tasks are reached"));
    }
    if subject.on("enableExecuteCommand") {
        claims.push(claim(Effect::Execute, "lets commands be run in the service's tasks"));
    }
    if subject.has("taskDefinition") || subject.on("forceNewDeployment") {
        claims.push(claim(Effect::Execute, "puts new code into service under the task's role"));
    }
    claims
}
