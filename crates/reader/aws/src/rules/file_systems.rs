//! Amazon EFS and FSx: backups that are turned off, files that move to slower storage.

use interlock_action::{Claim, Effect};

use super::{Rule, Shape, claim, only_if};
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
        id: "efs-replication-overwrites",
        finds: "a file system that is written over by another's replication",
        shape: Shape::Setting,
        operations: &[("efs", "CreateReplicationConfiguration")],
        test: |subject| {
            only_if(
                !subject.texts("Destinations[].FileSystemId").is_empty(),
                claim(Effect::Destroy, "writes over what the destination file system holds"),
            )
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
