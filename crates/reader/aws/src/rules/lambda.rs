//! AWS Lambda: functions that stop, open, run, or run other code.

use std::collections::BTreeSet;

use interlock_action::{Claim, Effect};

use super::facts::LAMBDA_LIMITS_LOWERED;
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::arn;
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "lambda-off",
        finds: "a function or its source of events turned off",
        shape: Shape::Setting,
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
        shape: Shape::Delegation { identity: &["Role"] },
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
        shape: Shape::Delegation { identity: &[] },
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
        shape: Shape::Setting,
        operations: &[
            ("lambda", "AddPermission"),
            ("lambda", "AddLayerVersionPermission"),
            ("lambda", "CreateFunctionUrlConfig"),
            ("lambda", "UpdateFunctionUrlConfig"),
        ],
        test: lambda_opens,
    },
    Rule {
        id: "lambda-code-replaced",
        finds: "other code for a function",
        shape: Shape::Delegation { identity: &[] },
        operations: &[("lambda", "UpdateFunctionCode")],
        test: |subject| {
            let kept = subject.on("Publish");
            let why = if kept {
                "puts other code into the function"
            } else {
                "puts other code into the function, and keeps no version of it"
            };
            vec![claim(Effect::Execute, why)]
        },
    },
    Rule {
        id: "lambda-source-changed",
        finds: "another function for a source of events, another filter, or another network for a function",
        shape: Shape::Setting,
        operations: &[("lambda", "UpdateEventSourceMapping"), ("lambda", "UpdateFunctionConfiguration")],
        test: source,
    },
    Rule {
        id: "lambda-limits-lowered",
        finds: "less time or memory for a function",
        shape: Shape::Setting,
        operations: &[("lambda", "UpdateFunctionConfiguration")],
        test: |subject| {
            only_if(
                subject.has("Timeout") || subject.has("MemorySize"),
                claim_when(
                    Effect::Interrupt,
                    "gives the function less time or memory: what needs more fails",
                    vec![yes(LAMBDA_LIMITS_LOWERED)],
                ),
            )
        },
    },
];

fn lambda_opens(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    if subject.text("AuthType") == Some("NONE") {
        claims.push(claim(Effect::Expose, "lets anybody call the function by its address"));
    }
    let principal = subject.text("Principal").unwrap_or_default();
    let account = principal.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(3)).unwrap_or(principal);
    if principal == "*" && !subject.has("SourceAccount") && !subject.has("PrincipalOrgID") {
        claims.push(claim(Effect::Expose, "lets anybody call the function"));
    }
    let by_arn = subject.text("SourceArn").and_then(arn::account);
    let accounts = [Some(account), subject.text("SourceAccount"), by_arn].into_iter().flatten();
    for account in accounts.filter(|account| subject.foreign(account)).collect::<BTreeSet<_>>() {
        claims.push(claim(Effect::Expose, format!("lets account {account} call the function")));
    }
    // An organisation may be anybody's.
    if let Some(organisation) = subject.text("PrincipalOrgID") {
        claims
            .push(claim(Effect::Expose, format!("lets every account of `{organisation}` call the function")));
    }
    claims
}

fn source(subject: &Subject<'_>) -> Vec<Claim> {
    if subject.operation == "UpdateFunctionConfiguration" {
        return only_if(
            subject.has("VpcConfig"),
            claim(Effect::Network, "changes what the function can reach"),
        );
    }
    let mut claims = Vec::new();
    if subject.has("FunctionName") {
        claims.push(claim(
            Effect::Execute,
            "has the function take what the queue or stream holds, under its own role",
        ));
    }
    if subject.has("FilterCriteria") {
        claims.push(claim(Effect::Interrupt, "passes over whatever the filter does not name"));
    }
    claims
}
