//! AWS CloudFormation: stacks that lose resources or their guards.

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::facts::CLOUDFORMATION_REMOVES;
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::{effect::Subject, stack_template};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "cloudformation-removes",
        finds: "a stack's change that may remove or replace resources",
        shape: Shape::FullReplace { difference: CLOUDFORMATION_REMOVES },
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
        shape: Shape::GuardRemoval,
        operations: &[("cloudformation", "UpdateTerminationProtection")],
        test: |subject| {
            only_if(
                !subject.on("EnableTerminationProtection"),
                claim(Effect::GuardRemoval, "lets the stack, and all that it holds, be deleted"),
            )
        },
    },
    Rule {
        id: "cloudformation-policy-loosened",
        finds: "a stack policy under which every resource may be updated",
        shape: Shape::GuardRemoval,
        operations: &[("cloudformation", "SetStackPolicy"), ("cloudformation", "UpdateStack")],
        test: stack_policy,
    },
    Rule {
        id: "change-set-expands",
        finds: "a change set whose template is put together by macros, or stands elsewhere",
        shape: Shape::Delegation { identity: &[] },
        operations: &[("cloudformation", "CreateChangeSet")],
        test: expands,
    },
];

/// Working out a change set runs the macros of its template, though nothing of the stack is touched.
fn expands(subject: &Subject<'_>) -> Vec<Claim> {
    only_if(
        subject.has("TemplateURL")
            || subject.texts("Capabilities[]").contains(&"CAPABILITY_AUTO_EXPAND")
            || subject.text("TemplateBody").is_some_and(stack_template::expands),
        claim(Effect::Execute, "runs the macros that the template names"),
    )
}

/// Whether a stack policy, for good or for one update, denies nothing: then nothing of the stack is guarded.
fn stack_policy(subject: &Subject<'_>) -> Vec<Claim> {
    let place = ["StackPolicyURL", "StackPolicyDuringUpdateURL"].iter().any(|member| subject.has(member));
    let bodies = ["StackPolicyBody", "StackPolicyDuringUpdateBody"];
    let guards = |text: &str| {
        let document: Option<Value> = serde_json::from_str(text).ok();
        let statements = document.as_ref().and_then(|document| document.get("Statement"));
        let statements = statements.and_then(Value::as_array).into_iter().flatten();
        statements.filter_map(|statement| statement.get("Effect")).any(|effect| effect == "Deny")
    };
    only_if(
        place || bodies.iter().any(|member| subject.text(member).is_some_and(|text| !guards(text))),
        claim(
            Effect::GuardRemoval,
            "lets an update of the stack replace or delete what its policy may guard now",
        ),
    )
}
