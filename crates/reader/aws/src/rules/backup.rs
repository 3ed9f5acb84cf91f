//! AWS Backup, Amazon EFS and FSx: backups that stop or expire, files that move to slower storage.

use interlock_action::{Claim, Effect};

use super::facts::{BACKUP_PLAN_WEAKENED, BACKUP_RETENTION_LOWERED};
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "backup-off",
        finds: "a file system's backups turned off",
        shape: Shape::GuardRemoval,
        operations: &[("efs", "PutBackupPolicy"), ("fsx", "UpdateFileSystem")],
        test: backup,
    },
    Rule {
        id: "backup-retention-lowered",
        finds: "a recovery point kept for a shorter time",
        shape: Shape::GuardRemoval,
        operations: &[("backup", "UpdateRecoveryPointLifecycle")],
        test: |subject| {
            only_if(
                subject.has("Lifecycle.DeleteAfterDays"),
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
    Rule {
        id: "efs-files-moved",
        finds: "files that are not used moved to slower storage",
        shape: Shape::Setting,
        operations: &[("efs", "PutLifecycleConfiguration")],
        test: |subject| {
            let moves = ["LifecyclePolicies[].TransitionToIA", "LifecyclePolicies[].TransitionToArchive"];
            only_if(
                moves.iter().any(|path| !subject.texts(path).is_empty()),
                claim(
                    Effect::Interrupt,
                    "moves files to storage that answers slower and charges for each read",
                ),
            )
        },
    },
];

fn backup(subject: &Subject<'_>) -> Vec<Claim> {
    match subject.operation {
        "PutBackupPolicy" => only_if(
            subject.text("BackupPolicy.Status").is_some_and(|status| status.starts_with("DISABL")),
            claim(Effect::GuardRemoval, "turns the file system's backups off"),
        ),
        _ => {
            let members =
                ["WindowsConfiguration", "LustreConfiguration", "OntapConfiguration", "OpenZFSConfiguration"];
            let zero = members
                .iter()
                .any(|member| subject.number(&format!("{member}.AutomaticBackupRetentionDays")) == Some(0));
            only_if(
                zero,
                claim(Effect::RecoveryLoss, "turns automatic backups off, and deletes those there are"),
            )
        }
    }
}
