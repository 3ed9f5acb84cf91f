//! AWS Secrets Manager: secrets that go, or whose current version changes under programs.

use interlock_action::Effect;

use super::facts::{SECRETSMANAGER_CURRENT_MOVES, SECRETSMANAGER_RECOVERY_SKIPPED};
use super::{Rule, Shape, claim, claim_when, only_if, yes};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "secretsmanager-no-recovery",
        finds: "a secret deleted at once",
        shape: Shape::Setting,
        operations: &[("secretsmanager", "DeleteSecret")],
        test: |subject| {
            only_if(
                subject.on("ForceDeleteWithoutRecovery"),
                claim_when(
                    Effect::RecoveryLoss,
                    "deletes the secret at once, with no time to take it back",
                    vec![yes(SECRETSMANAGER_RECOVERY_SKIPPED)],
                ),
            )
        },
    },
    Rule {
        id: "secretsmanager-short-window",
        finds: "a secret's deletion with less than the longest time to take it back",
        shape: Shape::GuardRemoval,
        operations: &[("secretsmanager", "DeleteSecret")],
        test: |subject| {
            let days = subject.number("RecoveryWindowInDays").unwrap_or(30);
            only_if(
                days < 30,
                claim(
                    Effect::GuardRemoval,
                    format!("leaves only {days} days to take the secret's deletion back"),
                ),
            )
        },
    },
    Rule {
        id: "secretsmanager-replica-overwrites",
        finds: "a replica that is written over a secret of its name in another region",
        shape: Shape::Setting,
        operations: &[("secretsmanager", "ReplicateSecretToRegions"), ("secretsmanager", "CreateSecret")],
        test: |subject| {
            only_if(
                subject.on("ForceOverwriteReplicaSecret"),
                claim(Effect::Destroy, "writes over a secret of the same name in another region"),
            )
        },
    },
    Rule {
        id: "secretsmanager-current-moved",
        finds: "another version that programs get",
        shape: Shape::Setting,
        operations: &[("secretsmanager", "UpdateSecretVersionStage")],
        test: |subject| {
            only_if(
                subject.text("VersionStage") == Some("AWSCURRENT"),
                claim_when(
                    Effect::Interrupt,
                    "gives every program that asks for the secret another value",
                    vec![yes(SECRETSMANAGER_CURRENT_MOVES)],
                ),
            )
        },
    },
    Rule {
        id: "secretsmanager-value-replaced",
        finds: "another value of a secret, which programs get from now on",
        shape: Shape::Setting,
        operations: &[("secretsmanager", "UpdateSecret"), ("secretsmanager", "PutSecretValue")],
        test: |subject| {
            let value = subject.has("SecretString") || subject.has("SecretBinary");
            let stages = subject.texts("VersionStages[]");
            let current = stages.is_empty() || stages.contains(&"AWSCURRENT");
            only_if(
                value && current,
                claim(Effect::Interrupt, "gives every program that asks for the secret another value"),
            )
        },
    },
    Rule {
        id: "secretsmanager-policy-unchecked",
        finds: "a policy of a secret, put in force without the check that it lets the public in",
        shape: Shape::GuardRemoval,
        operations: &[("secretsmanager", "PutResourcePolicy")],
        test: |subject| {
            only_if(
                subject.off("BlockPublicPolicy"),
                claim(
                    Effect::GuardRemoval,
                    "skips the check that would turn away a policy open to the public",
                ),
            )
        },
    },
];
