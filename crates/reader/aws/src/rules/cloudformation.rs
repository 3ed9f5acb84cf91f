//! AWS CloudFormation: stacks that lose resources or their guards.

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::facts::{
    CLOUDFORMATION_EXPOSES, CLOUDFORMATION_GRANTS, CLOUDFORMATION_GRANTS_ADMINISTRATOR,
    CLOUDFORMATION_LOSES_RECOVERY, CLOUDFORMATION_PREVIOUS_EXPANDS, CLOUDFORMATION_REMOVES,
    CLOUDFORMATION_REROUTES, CLOUDFORMATION_ROLE_STORED, CLOUDFORMATION_UNGUARDS,
};
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::{effect::Subject, stack_template};

/// What brings a stack to another template.
const UPDATES: &[(&str, &str)] = &[("cloudformation", "UpdateStack"), ("cloudformation", "ExecuteChangeSet")];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "cloudformation-removes",
        finds: "a stack's change that may remove or replace resources",
        shape: Shape::FullReplace { difference: CLOUDFORMATION_REMOVES },
        operations: &[
            ("cloudformation", "UpdateStack"),
            ("cloudformation", "ExecuteChangeSet"),
            // Of these no plan is made: what they would change is not known.
            ("cloudformation", "UpdateStackSet"),
            ("cloudformation", "UpdateStackInstances"),
            ("cloudformation", "RollbackStack"),
            ("cloudformation", "CancelUpdateStack"),
            ("cloudformation", "ContinueUpdateRollback"),
        ],
        test: |_| {
            vec![claim_when(
                Effect::Destroy,
                "may remove or replace resources of the stack, or have data in them expire",
                vec![yes(CLOUDFORMATION_REMOVES)],
            )]
        },
    },
    Rule {
        id: "cloudformation-weakens",
        finds: "a stack's change that may take protections from what the stack holds",
        shape: Shape::GuardRemoval,
        operations: UPDATES,
        test: |_| {
            vec![
                claim_when(
                    Effect::GuardRemoval,
                    "may take a protection from what the stack holds",
                    vec![yes(CLOUDFORMATION_UNGUARDS)],
                ),
                claim_when(
                    Effect::RecoveryLoss,
                    "may take away what data of the stack could be restored from",
                    vec![yes(CLOUDFORMATION_LOSES_RECOVERY)],
                ),
            ]
        },
    },
    Rule {
        id: "cloudformation-opens",
        finds: "a stack's change that may change who reaches or may do what",
        shape: Shape::Setting,
        operations: UPDATES,
        test: |_| {
            let all = [
                (Effect::Network, "may change who can reach what", CLOUDFORMATION_REROUTES),
                (Effect::Expose, "may open something to others", CLOUDFORMATION_EXPOSES),
                (Effect::Privilege, "may change who may do what", CLOUDFORMATION_GRANTS),
            ];
            all.into_iter().map(|(effect, why, fact)| claim_when(effect, why, vec![yes(fact)])).collect()
        },
    },
    Rule {
        id: "cloudformation-grants-administrator",
        finds: "a stack's change that may give administrator rights",
        shape: Shape::Setting,
        operations: UPDATES,
        test: |_| {
            vec![claim_when(
                Effect::Privilege,
                "may give administrator rights, or the means to take them",
                vec![yes(CLOUDFORMATION_GRANTS_ADMINISTRATOR)],
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
        id: "elasticbeanstalk-environments-terminated",
        finds: "an application deleted with the stacks that it runs in",
        shape: Shape::Setting,
        operations: &[("elasticbeanstalk", "DeleteApplication")],
        test: |subject| {
            only_if(
                subject.on("TerminateEnvByForce"),
                claim(
                    Effect::Destroy,
                    "terminates every environment of the application, with the databases that belong to it",
                ),
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
    Rule {
        id: "change-set-expands-again",
        finds: "a change set of the template that the stack has, whose macros run once more",
        shape: Shape::Delegation { identity: &[] },
        operations: &[("cloudformation", "CreateChangeSet")],
        test: |subject| {
            only_if(
                subject.on("UsePreviousTemplate"),
                claim_when(
                    Effect::Execute,
                    "runs the macros that the stack's template names",
                    vec![yes(CLOUDFORMATION_PREVIOUS_EXPANDS)],
                ),
            )
        },
    },
    Rule {
        id: "change-set-under-stored-role",
        finds: "a change set worked out under the role that the stack keeps",
        shape: Shape::Delegation { identity: &[] },
        operations: &[("cloudformation", "CreateChangeSet")],
        test: |subject| {
            only_if(
                !subject.has("RoleARN") && subject.text("ChangeSetType") != Some("CREATE"),
                claim_when(
                    Effect::Execute,
                    "is worked out under the role that the stack keeps",
                    vec![yes(CLOUDFORMATION_ROLE_STORED)],
                ),
            )
        },
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
