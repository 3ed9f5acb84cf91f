use interlock_action::{Answer, Kind, Reversibility, Securing, Survey};
use serde_json::{Value, json};

use crate::forecast::testing::{action, found, survey, target};

const ID: &str = "arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/fs-1";

fn delete(points: Value, key: &'static str) -> Survey {
    let mut delete = action("efs", "DeleteFileSystem", json!({"FileSystemId": "fs-1"}));
    delete.targets = vec![target(ID, Kind::FileSystem, "fs-1")];
    survey(&delete, |operation, _| match operation {
        "DescribeFileSystems" => found(json!({"FileSystems": [{
            "FileSystemId": "fs-1", "CreationTime": 1, "NumberOfMountTargets": 0, "SizeInBytes": {"Value": 5_000_000},
        }]})),
        "ListRecoveryPointsByResource" => found(json!({ "RecoveryPoints": points.clone() })),
        "DescribeMountTargets" => found(json!({"MountTargets": []})),
        "DescribeAccessPoints" => found(json!({"AccessPoints": []})),
        "DescribeKey" => found(json!({"KeyMetadata": {"KeyState": key}})),
        _ => Answer::NotFound,
    })
}

fn point(status: &str) -> Value {
    json!([{
        "RecoveryPointArn": "arn:aws:backup:us-east-1:111122223333:recovery-point:1", "Status": status,
        "BackupVaultName": "v", "EncryptionKeyArn": "arn:aws:kms:us-east-1:111122223333:key/k",
    }])
}

#[test]
fn what_backup_holds_counts_only_while_it_can_be_opened() {
    let kept = delete(point("COMPLETED"), "Enabled");
    assert_eq!((kept.forecast.recovery.before, kept.forecast.recovery.after), (Some(1), Some(1)));
    assert_eq!(kept.securing, Securing::Exists);
    assert_eq!(kept.forecast.reversibility, Reversibility::FromRecoveryPoint);
    assert!(kept.forecast.data_loss[0].contains("5.0 MB"), "{:?}", kept.forecast.data_loss);
    for lost in [delete(point("COMPLETED"), "PendingDeletion"), delete(point("PARTIAL"), "Enabled")] {
        assert_eq!(lost.forecast.recovery.after, Some(0));
        assert!(matches!(lost.securing, Securing::Impossible(_)));
        assert!(!lost.forecast.points[0].survives);
    }
}
