//! Amazon EventBridge, its scheduler, and AWS Step Functions: calls that are made later, by a service, under a role.

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::facts::EVENTS_RULE_CHANGED;
use super::{Rule, Shape, claim, only_if};
use crate::catalogue::Catalogue;
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "rule-disabled",
        finds: "a schedule or event rule turned off",
        shape: Shape::Setting,
        operations: &[("events", "PutRule"), ("scheduler", "UpdateSchedule")],
        test: |subject| {
            only_if(
                subject.text("State") == Some("DISABLED"),
                claim(Effect::Interrupt, "stops what the rule sets off"),
            )
        },
    },
    Rule {
        id: "rule-changed",
        finds: "a rule of events written anew that waits for something else",
        shape: Shape::FullReplace { difference: EVENTS_RULE_CHANGED },
        operations: &[("events", "PutRule")],
        test: |_| {
            vec![claim(
                Effect::Interrupt,
                "has the rule that is there no longer set off what it sets off now",
            )]
        },
    },
    Rule {
        id: "scheduled-call",
        finds: "a call that the scheduler makes later",
        shape: Shape::Delegation { identity: &["Target.RoleArn"] },
        operations: &[("scheduler", "CreateSchedule"), ("scheduler", "UpdateSchedule")],
        test: scheduled,
    },
    Rule {
        id: "targets-run",
        finds: "what a rule of events sets off",
        shape: Shape::Delegation { identity: &["Targets[].RoleArn"] },
        operations: &[("events", "PutTargets")],
        test: |subject| {
            let targets = subject.texts("Targets[].Arn").join("`, `");
            vec![claim(Effect::Execute, format!("has events set off `{targets}`"))]
        },
    },
];

/// The call itself is judged too, where the target is one of the scheduler's universal ones:
/// `arn:aws:scheduler:::aws-sdk:rds:deleteDBInstance` (EventBridge Scheduler User Guide, "Universal targets").
fn scheduled(subject: &Subject<'_>) -> Vec<Claim> {
    let target = subject.text("Target.Arn").unwrap_or_default();
    let mut claims = vec![claim(Effect::Execute, format!("has the scheduler call `{target}` later"))];
    let Some((service, operation)) =
        target.split_once(":aws-sdk:").and_then(|(_, call)| call.split_once(':'))
    else {
        return claims;
    };
    let inner = call(subject, service, operation);
    claims.extend(inner.into_iter().filter(|inner| inner.effect.mutates()).map(|inner| Claim {
        why: format!("later: {}", inner.why),
        target: None,
        rule: None,
        ..inner
    }));
    claims
}

/// What the call would do if it came now. Its members are written as the scheduler wants them, which is not always as
/// the service does.
fn call(subject: &Subject<'_>, service: &str, operation: &str) -> Vec<Claim> {
    let alias = match service {
        "sfn" => "stepfunctions",
        "eventbridge" => "events",
        "cloudwatchlogs" => "logs",
        "elasticloadbalancingv2" => "elbv2",
        service => service,
    };
    let Some(service) = Catalogue::get().service(alias) else { return Vec::new() };
    let found = service.operations.iter().find(|have| have.name.eq_ignore_ascii_case(operation));
    let Some(operation) = found else { return Vec::new() };
    let input: Option<Value> = subject.text("Target.Input").and_then(|text| serde_json::from_str(text).ok());
    let known: Vec<&str> = service
        .input(operation)
        .into_iter()
        .flat_map(|input| &input.members)
        .map(|member| member.name)
        .collect();
    let parameters = input.as_ref().and_then(Value::as_object).into_iter().flatten().map(|(name, value)| {
        let own = known.iter().find(|known| known.eq_ignore_ascii_case(name)).copied().unwrap_or(name);
        (own.to_owned(), value.clone())
    });
    let parameters = Value::Object(parameters.collect());
    crate::judge(&service, operation, subject.region, subject.account, &parameters).claims
}
