//! Backups, snapshots and records that are kept for a shorter time than now, in whatever service.

use interlock_action::{Claim, Effect};

use super::facts::RECOVERY_RETENTION_LOWERED;
use super::{Rule, Shape, claim_when, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[Rule {
    id: "retention-lowered",
    finds: "backups, snapshots or records kept for a shorter time than now",
    shape: Shape::Setting,
    operations: &[
        ("redshift", "ModifyCluster"),
        ("redshift", "ModifyClusterSnapshot"),
        ("redshift", "BatchModifyClusterSnapshots"),
        ("redshift", "ModifySnapshotCopyRetentionPeriod"),
        ("redshift-serverless", "UpdateSnapshot"),
        ("redshift-serverless", "UpdateSnapshotCopyConfiguration"),
        ("elasticache", "ModifyReplicationGroup"),
        ("elasticache", "ModifyCacheCluster"),
        ("elasticache", "ModifyServerlessCache"),
        ("memorydb", "UpdateCluster"),
        ("fsx", "UpdateFileSystem"),
        ("docdb-elastic", "UpdateCluster"),
        ("rbin", "UpdateRule"),
        ("dlm", "UpdateLifecyclePolicy"),
        ("drs", "UpdateReplicationConfiguration"),
        ("drs", "UpdateReplicationConfigurationTemplate"),
        ("config", "PutRetentionConfiguration"),
        ("events", "UpdateArchive"),
        ("timestream-write", "UpdateTable"),
        ("kinesisvideo", "UpdateDataRetention"),
        ("amp", "UpdateWorkspaceConfiguration"),
        ("lambda", "UpdateFunctionConfiguration"),
    ],
    test,
}];

/// What is kept, for how long a member says, and what it is to keep it for less.
pub(super) struct Kept {
    pub(super) service: &'static str,
    pub(super) operations: &'static [&'static str],
    /// The member of the request.
    pub(super) member: &'static str,
    /// The number that means for ever.
    forever: Option<i64>,
    effect: Effect,
    why: &'static str,
}

const fn kept(
    service: &'static str,
    operations: &'static [&'static str],
    member: &'static str,
    effect: Effect,
    why: &'static str,
) -> Kept {
    Kept { service, operations, member, forever: None, effect, why }
}

const SNAPSHOTS: &str = "drops snapshots or backups that are older than the new retention";
const LATER: &str = "keeps the snapshots that are made from now on for a shorter time";
const DATA: &str = "drops data that is older than the new retention";

/// What is kept.
pub(super) const KEPT: &[Kept] = &[
    kept("redshift", &["ModifyCluster"], "AutomatedSnapshotRetentionPeriod", Effect::RecoveryLoss, SNAPSHOTS),
    Kept {
        forever: Some(-1),
        ..kept("redshift", &["ModifyCluster"], "ManualSnapshotRetentionPeriod", Effect::GuardRemoval, LATER)
    },
    Kept {
        forever: Some(-1),
        ..kept(
            "redshift",
            &["ModifyClusterSnapshot", "BatchModifyClusterSnapshots"],
            "ManualSnapshotRetentionPeriod",
            Effect::RecoveryLoss,
            SNAPSHOTS,
        )
    },
    Kept {
        forever: Some(-1),
        ..kept(
            "redshift",
            &["ModifySnapshotCopyRetentionPeriod"],
            "RetentionPeriod",
            Effect::RecoveryLoss,
            SNAPSHOTS,
        )
    },
    Kept {
        forever: Some(-1),
        ..kept("redshift-serverless", &["UpdateSnapshot"], "retentionPeriod", Effect::RecoveryLoss, SNAPSHOTS)
    },
    kept(
        "redshift-serverless",
        &["UpdateSnapshotCopyConfiguration"],
        "snapshotRetentionPeriod",
        Effect::GuardRemoval,
        LATER,
    ),
    kept(
        "elasticache",
        &["ModifyReplicationGroup", "ModifyCacheCluster", "ModifyServerlessCache"],
        "SnapshotRetentionLimit",
        Effect::RecoveryLoss,
        SNAPSHOTS,
    ),
    kept("memorydb", &["UpdateCluster"], "SnapshotRetentionLimit", Effect::RecoveryLoss, SNAPSHOTS),
    kept(
        "fsx",
        &["UpdateFileSystem"],
        "WindowsConfiguration.AutomaticBackupRetentionDays",
        Effect::RecoveryLoss,
        SNAPSHOTS,
    ),
    kept(
        "fsx",
        &["UpdateFileSystem"],
        "LustreConfiguration.AutomaticBackupRetentionDays",
        Effect::RecoveryLoss,
        SNAPSHOTS,
    ),
    kept(
        "fsx",
        &["UpdateFileSystem"],
        "OntapConfiguration.AutomaticBackupRetentionDays",
        Effect::RecoveryLoss,
        SNAPSHOTS,
    ),
    kept(
        "fsx",
        &["UpdateFileSystem"],
        "OpenZFSConfiguration.AutomaticBackupRetentionDays",
        Effect::RecoveryLoss,
        SNAPSHOTS,
    ),
    kept("docdb-elastic", &["UpdateCluster"], "backupRetentionPeriod", Effect::RecoveryLoss, SNAPSHOTS),
    kept(
        "rbin",
        &["UpdateRule"],
        "RetentionPeriod.RetentionPeriodValue",
        Effect::GuardRemoval,
        "keeps what is deleted in the recycle bin for a shorter time",
    ),
    // A policy's details replace the present ones: schedules, targets and how long each snapshot is kept.
    kept("dlm", &["UpdateLifecyclePolicy"], "PolicyDetails", Effect::GuardRemoval, LATER),
    kept("dlm", &["UpdateLifecyclePolicy"], "RetainInterval", Effect::GuardRemoval, LATER),
    kept(
        "drs",
        &["UpdateReplicationConfiguration", "UpdateReplicationConfigurationTemplate"],
        "pitPolicy",
        Effect::RecoveryLoss,
        "keeps the points that a recovery would start from for a shorter time",
    ),
    kept(
        "config",
        &["PutRetentionConfiguration"],
        "RetentionPeriodInDays",
        Effect::GuardRemoval,
        "drops the record of configuration that is older than the new retention",
    ),
    Kept {
        forever: Some(0),
        ..kept("events", &["UpdateArchive"], "RetentionDays", Effect::RecoveryLoss, DATA)
    },
    kept(
        "timestream-write",
        &["UpdateTable"],
        "RetentionProperties.MagneticStoreRetentionPeriodInDays",
        Effect::Destroy,
        DATA,
    ),
    kept("amp", &["UpdateWorkspaceConfiguration"], "retentionPeriodInDays", Effect::Destroy, DATA),
    kept(
        "lambda",
        &["UpdateFunctionConfiguration"],
        "DurableConfig.RetentionPeriodInDays",
        Effect::Destroy,
        DATA,
    ),
];

fn test(subject: &Subject<'_>) -> Vec<Claim> {
    if subject.is("kinesisvideo", "UpdateDataRetention") {
        let longer = subject.text("Operation") == Some("INCREASE_DATA_RETENTION");
        return super::only_if(!longer, super::claim(Effect::Destroy, DATA));
    }
    let of = |kept: &&Kept| {
        subject.family() == kept.service
            && kept.operations.contains(&subject.operation)
            && subject.has(kept.member)
            && (kept.forever.is_none() || subject.number(kept.member) != kept.forever)
    };
    let lowered = || vec![yes(RECOVERY_RETENTION_LOWERED)];
    KEPT.iter().filter(of).map(|kept| claim_when(kept.effect, kept.why, lowered())).collect()
}
