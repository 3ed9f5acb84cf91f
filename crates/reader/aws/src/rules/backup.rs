//! AWS Backup and Data Lifecycle Manager: backups that stop or expire.

use interlock_action::Effect;

use super::facts::{BACKUP_PLAN_WEAKENED, BACKUP_RETENTION_LOWERED};
use super::{Rule, Shape, claim, claim_when, only_if, yes};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "snapshot-policy-off",
        finds: "a policy that makes snapshots turned off",
        shape: Shape::GuardRemoval,
        operations: &[("dlm", "UpdateLifecyclePolicy")],
        test: |subject| {
            only_if(
                subject.text("State").is_some_and(|state| state != "ENABLED"),
                claim(Effect::GuardRemoval, "stops the making of snapshots"),
            )
        },
    },
    Rule {
        id: "backup-retention-lowered",
        finds: "a recovery point kept for a shorter time",
        shape: Shape::GuardRemoval,
        operations: &[("backup", "UpdateRecoveryPointLifecycle")],
        test: |subject| {
            only_if(
                subject.has("Lifecycle.DeleteAfterDays") || subject.has("Lifecycle.DeleteAfterEvent"),
                claim_when(
                    Effect::RecoveryLoss,
                    "lets a recovery point expire earlier",
                    vec![yes(BACKUP_RETENTION_LOWERED)],
                ),
            )
        },
    },
    Rule {
        id: "backup-plan-replaced",
        finds: "a backup plan written anew, without a rule or with a weaker one",
        shape: Shape::FullReplace { difference: BACKUP_PLAN_WEAKENED },
        operations: &[("backup", "UpdateBackupPlan")],
        test: |_| {
            vec![claim(
                Effect::GuardRemoval,
                "makes fewer backups than now, or keeps them for a shorter time",
            )]
        },
    },
];
