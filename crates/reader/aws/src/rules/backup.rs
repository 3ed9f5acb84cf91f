//! AWS Backup and Data Lifecycle Manager: backups that stop or expire, restores over what is there.

use interlock_action::Effect;

use super::facts::{BACKUP_PLAN_WEAKENED, BACKUP_RETENTION_LOWERED};
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::effect::Subject;

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
    Rule {
        id: "backup-restored-over",
        finds: "a restore into what is there",
        shape: Shape::Setting,
        operations: &[("backup", "StartRestoreJob")],
        test: |subject| {
            let over = only_over(subject);
            only_if(over, claim(Effect::Destroy, "restores an older state into what is there, and over it"))
        },
    },
];

/// Whether a restore makes nothing new (AWS Backup Developer Guide, "Restore a backup by resource type"): its metadata
/// say `newFileSystem` or `newBucket` of false; databases of SAP HANA are restored in their place.
fn only_over(subject: &Subject<'_>) -> bool {
    let made = |(key, value): (&String, &serde_json::Value)| {
        key.to_lowercase().starts_with("new")
            && value.as_str().is_some_and(|said| said.eq_ignore_ascii_case("false"))
    };
    let metadata = subject.one("Metadata").and_then(serde_json::Value::as_object);
    metadata.into_iter().flatten().any(made)
        || subject.text("ResourceType").is_some_and(|kind| kind.starts_with("SAP HANA"))
}

/// The ARN of what a restore goes into, as a template with its value, where it is something that is there.
pub(crate) fn restored_over<'a>(subject: &Subject<'a>) -> Vec<(&'static str, &'a str)> {
    const PLACES: [(&str, &str); 3] = [
        ("Metadata.file-system-id", "elasticfilesystem:{r}:{a}:file-system/{}"),
        ("Metadata.destinationBucketName", "s3:::{}"),
        ("Metadata.DestinationBucketName", "s3:::{}"),
    ];
    if !subject.is("backup", "StartRestoreJob") || !only_over(subject) {
        return Vec::new();
    }
    PLACES.into_iter().filter_map(|(path, template)| Some((template, subject.text(path)?))).collect()
}
