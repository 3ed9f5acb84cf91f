//! Operations that take away something data could be restored from.

use interlock_action::Effect::{Destroy, GuardRemoval, RecoveryLoss};

use super::Row;

const SNAPSHOT: &str = "deletes a snapshot or backup that data could be restored from";

pub(super) const ROWS: &[Row] = &[
    (
        "rds",
        &[
            "DeleteDBSnapshot",
            "DeleteDBClusterSnapshot",
            "DeleteDBInstanceAutomatedBackup",
            "DeleteDBClusterAutomatedBackup",
        ],
        &[RecoveryLoss, Destroy],
        SNAPSHOT,
    ),
    (
        "rds",
        &["StopDBInstanceAutomatedBackupsReplication"],
        &[RecoveryLoss],
        "stops and deletes the copy of automated backups in the second region",
    ),
    ("ec2", &["DeleteSnapshot"], &[RecoveryLoss, Destroy], SNAPSHOT),
    ("dynamodb", &["DeleteBackup"], &[RecoveryLoss, Destroy], SNAPSHOT),
    ("backup", &["DeleteRecoveryPoint", "DeleteBackupVault"], &[RecoveryLoss, Destroy], SNAPSHOT),
    (
        "backup",
        &[
            "DisassociateRecoveryPoint",
            "DisassociateRecoveryPointFromParent",
            "DisassociateBackupVaultMpaApprovalTeam",
        ],
        &[RecoveryLoss],
        "takes a recovery point out of the care of its vault",
    ),
    (
        "backup",
        &["PutBackupVaultNotifications", "DeleteBackupVaultNotifications"],
        &[GuardRemoval],
        "changes who is told of backups that fail",
    ),
    ("elasticache", &["DeleteSnapshot", "DeleteServerlessCacheSnapshot"], &[RecoveryLoss, Destroy], SNAPSHOT),
    ("memorydb", &["DeleteSnapshot"], &[RecoveryLoss, Destroy], SNAPSHOT),
    (
        "redshift",
        &["DeleteClusterSnapshot", "BatchDeleteClusterSnapshots"],
        &[RecoveryLoss, Destroy],
        SNAPSHOT,
    ),
    ("redshift-serverless", &["DeleteSnapshot"], &[RecoveryLoss, Destroy], SNAPSHOT),
    ("fsx", &["DeleteBackup", "DeleteSnapshot"], &[RecoveryLoss, Destroy], SNAPSHOT),
    ("docdb-elastic", &["DeleteClusterSnapshot"], &[RecoveryLoss, Destroy], SNAPSHOT),
    ("neptune-graph", &["DeleteGraphSnapshot"], &[RecoveryLoss, Destroy], SNAPSHOT),
    ("cloudhsmv2", &["DeleteBackup"], &[RecoveryLoss, Destroy], SNAPSHOT),
    ("ds", &["DeleteSnapshot"], &[RecoveryLoss, Destroy], SNAPSHOT),
    (
        "lightsail",
        &[
            "DeleteInstanceSnapshot",
            "DeleteDiskSnapshot",
            "DeleteRelationalDatabaseSnapshot",
            "DeleteAutoSnapshot",
        ],
        &[RecoveryLoss, Destroy],
        SNAPSHOT,
    ),
    (
        "drs",
        &["DeleteSourceServer", "DisconnectSourceServer", "StopReplication", "DeleteRecoveryInstance"],
        &[RecoveryLoss],
        "stops the copy that a disaster recovery would start from",
    ),
    ("efs", &["DeleteReplicationConfiguration"], &[GuardRemoval], "stops the copy of the file system"),
    (
        "kinesis",
        &["DecreaseStreamRetentionPeriod"],
        &[RecoveryLoss, Destroy],
        "drops the records that are older than the new retention",
    ),
    (
        "kms",
        &["ScheduleKeyDeletion", "DeleteImportedKeyMaterial"],
        &[Destroy],
        "makes everything encrypted under the key unreadable",
    ),
    ("cloudhsmv2", &["DeleteHsm", "DeleteCluster"], &[Destroy], "deletes keys"),
];
