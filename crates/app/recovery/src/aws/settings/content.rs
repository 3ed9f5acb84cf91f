//! Files, catalogues, backups: how they are kept and described.

use super::{
    Form::{Merged, Only, Or, Whole, Within},
    On, Setting, member, same,
};

/// What a plan's rule is put with; its id is the service's.
const RULE: &[&str] = &[
    "RuleName",
    "TargetBackupVaultName",
    "ScheduleExpression",
    "StartWindowMinutes",
    "CompletionWindowMinutes",
    "Lifecycle",
    "RecoveryPointTags",
    "CopyActions",
    "EnableContinuousBackup",
    "ScheduleExpressionTimezone",
    "IndexActions",
];

const TABLE: &[&str] = &[
    "Name",
    "Description",
    "Owner",
    "LastAccessTime",
    "LastAnalyzedTime",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
    "TargetTable",
];

/// The rows.
pub(super) static ROWS: &[Setting] = &[
    Setting {
        name: "glue/table",
        service: "glue",
        operation: "UpdateTable",
        ids: &["DatabaseName"],
        how: &["CatalogId", "SkipArchive"],
        members: &[member("TableInput", "", Only(TABLE))],
        whole: false,
        read: "GetTable",
        asks: |deed| {
            let name = super::json!({"Name": super::word(&deed.arguments, "/TableInput/Name")});
            super::with(same(deed, &["CatalogId", "DatabaseName"]), name)
        },
        record: "/Table",
        terms: On::Exact(1),
    },
    Setting {
        name: "efs/lifecycle",
        service: "efs",
        operation: "PutLifecycleConfiguration",
        ids: &["FileSystemId"],
        how: &[],
        members: &[member("LifecyclePolicies", "/LifecyclePolicies", Whole)],
        whole: false,
        read: "DescribeLifecycleConfiguration",
        asks: |deed| same(deed, &["FileSystemId"]),
        record: "",
        terms: On::Lossy(1, "where files were kept that were moved meanwhile"),
    },
    Setting {
        name: "efs/backup-policy",
        service: "efs",
        operation: "PutBackupPolicy",
        ids: &["FileSystemId"],
        how: &[],
        members: &[member("BackupPolicy", "/BackupPolicy", Whole)],
        whole: false,
        read: "DescribeBackupPolicy",
        asks: |deed| same(deed, &["FileSystemId"]),
        record: "",
        terms: On::When(
            1,
            |sent, _| super::word(sent, "/BackupPolicy/Status") != Some("ENABLED"),
            "backups that were not made meanwhile",
        ),
    },
    Setting {
        name: "backup/recovery-point-lifecycle",
        service: "backup",
        operation: "UpdateRecoveryPointLifecycle",
        ids: &["BackupVaultName", "RecoveryPointArn"],
        how: &[],
        // A point that no lifecycle was set for is kept for good.
        members: &[member("Lifecycle", "/Lifecycle", Or("{\"DeleteAfterDays\":-1}"))],
        whole: false,
        read: "DescribeRecoveryPoint",
        asks: |deed| same(deed, &["BackupVaultName", "RecoveryPointArn"]),
        record: "",
        terms: On::When(
            1,
            |sent, before| {
                let days = |of: &super::Value| super::at(of, "/Lifecycle/DeleteAfterDays").as_f64();
                let cold = super::at(sent, "/Lifecycle/MoveToColdStorageAfterDays");
                // Where none is said the point is kept for good.
                super::is_less(days(sent), days(before).or(Some(-1.0))) || !cold.is_null()
            },
            "the recovery point, once it has expired; that it was kept warm, once it was moved",
        ),
    },
    Setting {
        name: "backup/plan",
        service: "backup",
        operation: "UpdateBackupPlan",
        ids: &["BackupPlanId"],
        how: &[],
        members: &[member("BackupPlan", "", Within("Rules", RULE))],
        whole: false,
        read: "GetBackupPlan",
        asks: |deed| same(deed, &["BackupPlanId"]),
        record: "/BackupPlan",
        terms: On::Lossy(1, "backups that were not made, or are kept otherwise, meanwhile"),
    },
    Setting {
        name: "acm/certificate-options",
        service: "acm",
        operation: "UpdateCertificateOptions",
        ids: &["CertificateArn"],
        how: &[],
        members: &[member("Options", "/Options", Merged)],
        whole: false,
        read: "DescribeCertificate",
        asks: |deed| same(deed, &["CertificateArn"]),
        record: "/Certificate",
        terms: On::Lossy(1, "whether it stands in a public log: nothing is taken out of one"),
    },
    Setting {
        name: "cloudformation/termination-protection",
        service: "cloudformation",
        operation: "UpdateTerminationProtection",
        ids: &["StackName"],
        how: &[],
        members: &[member("EnableTerminationProtection", "/EnableTerminationProtection", Or("false"))],
        whole: false,
        read: "DescribeStacks",
        asks: |deed| same(deed, &["StackName"]),
        record: "/Stacks/0",
        terms: On::Exact(1),
    },
    Setting {
        name: "s3/object-lock",
        service: "s3",
        operation: "PutObjectLockConfiguration",
        ids: &["Bucket"],
        how: &["ExpectedBucketOwner"],
        // Where objects were never locked there is no way back: it is never turned off.
        members: &[member("ObjectLockConfiguration", "/ObjectLockConfiguration", Whole)],
        whole: false,
        read: "GetObjectLockConfiguration",
        asks: |deed| same(deed, &["Bucket"]),
        record: "",
        terms: On::Lossy(1, "how long objects are locked that were written meanwhile"),
    },
];
