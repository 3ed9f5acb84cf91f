//! AWS KMS: keys that go, or that others may use.

use interlock_action::{Claim, Effect};

use super::facts::KMS_ALIAS_REPOINTED;
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::arn;
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "kms-short-window",
        finds: "a key's deletion with less than the longest time to take it back",
        shape: Shape::GuardRemoval,
        operations: &[("kms", "ScheduleKeyDeletion")],
        test: |subject| {
            let days = subject.number("PendingWindowInDays").unwrap_or(30);
            only_if(
                days < 30,
                claim(
                    Effect::GuardRemoval,
                    format!("leaves only {days} days to take the key's deletion back"),
                ),
            )
        },
    },
    Rule {
        id: "kms-policy-lockout",
        finds: "a key policy put in force without the check that somebody can still change it",
        shape: Shape::GuardRemoval,
        operations: &[("kms", "PutKeyPolicy"), ("kms", "CreateKey"), ("kms", "ReplicateKey")],
        test: |subject| {
            only_if(
                subject.on("BypassPolicyLockoutSafetyCheck"),
                claim(Effect::GuardRemoval, "may leave nobody who could ever change the key's policy again"),
            )
        },
    },
    Rule {
        id: "kms-grant-elsewhere",
        finds: "a grant to another account",
        shape: Shape::Setting,
        operations: &[("kms", "CreateGrant")],
        test: grant,
    },
    Rule {
        id: "kms-alias-repointed",
        finds: "a name that stands for another key",
        shape: Shape::Setting,
        operations: &[("kms", "UpdateAlias")],
        test: |_| {
            vec![claim_when(
                Effect::Interrupt,
                "makes programs that go by the name use another key",
                vec![yes(KMS_ALIAS_REPOINTED)],
            )]
        },
    },
];

fn grant(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for member in ["GranteePrincipal", "RetiringPrincipal"] {
        let account = subject.text(member).and_then(arn::account).unwrap_or_default();
        if subject.foreign(account) {
            claims.push(claim(Effect::Expose, format!("lets account {account} use the key")));
        }
    }
    claims
}
