use interlock_action::{Action, Answer, Effect, Kind, Securing};
use serde_json::{Value, json};

use crate::forecast::{
    forecaster_for,
    testing::{action, found, gather, target},
};

fn delete(service: &str) -> Action {
    let mut action = action(
        service,
        "DeleteDBCluster",
        json!({"DBClusterIdentifier": "campus", "SkipFinalSnapshot": true}),
    );
    let id = "arn:aws:rds:us-east-1:111122223333:cluster:campus";
    action.targets = vec![target(id, Kind::DatabaseCluster, "campus")];
    action
}

fn answer(operation: &str, _: &Value) -> Answer {
    let snapshot = |name: &str, kind: &str| json!({"DBClusterSnapshotIdentifier": name, "DBClusterSnapshotArn": name, "SnapshotType": kind, "Status": "available", "DbClusterResourceId": "cluster-1"});
    match operation {
        "DescribeDBClusters" => found(json!({"DBClusters": [{
            "DBClusterIdentifier": "campus", "Engine": "aurora-postgresql", "EngineVersion": "14.6", "Status": "available",
            "DbClusterResourceId": "cluster-1", "ClusterCreateTime": "2024-01-01T00:00:00Z", "AllocatedStorage": 1,
            "DBClusterMembers": [{"DBInstanceIdentifier": "campus-1", "IsClusterWriter": true}], "TagList": [],
        }]})),
        "DescribeDBClusterSnapshots" => {
            found(json!({"DBClusterSnapshots": [snapshot("a", "automated"), snapshot("m", "manual")]}))
        }
        other => panic!("{other} was not expected"),
    }
}

#[test]
fn a_cluster_is_deleted_only_with_a_final_snapshot() {
    let action = delete("rds");
    let answers = gather(&action, answer);
    let forecaster = forecaster_for(&action);
    let (asked, sent) = (forecaster.asked(&action, &answers), forecaster.fold(&action, &answers));
    assert_eq!((asked.forecast.recovery.before, asked.forecast.recovery.after), (Some(2), Some(1)));
    assert_eq!((sent.forecast.recovery.before, sent.forecast.recovery.after), (Some(2), Some(3)));
    let rewrite = sent.rewrite.unwrap();
    assert_eq!(rewrite["DeleteAutomatedBackups"], json!(false));
    assert!(rewrite["FinalDBSnapshotIdentifier"].as_str().unwrap().starts_with("interlock-campus-"));
    assert!(matches!(sent.securing, Securing::ByRewrite { .. }));
    assert!(sent.forecast.dependents.iter().any(|line| line.contains("campus-1")));
    assert_eq!(
        sent.forecast.changes[0].what, "cluster campus (aurora-postgresql 14.6) is deleted",
        "Aurora's storage says nothing"
    );
}

#[test]
fn document_db_has_no_kept_automated_backups() {
    let action = delete("docdb");
    let answers = gather(&action, answer);
    let sent = forecaster_for(&action).fold(&action, &answers);
    let rewrite = sent.rewrite.unwrap();
    assert_eq!(rewrite.get("DeleteAutomatedBackups"), None, "the service has no such member");
    assert_eq!(sent.forecast.recovery.after, Some(2), "the manual one and the final one");
}

#[test]
fn a_retention_that_is_shorter_or_was_not_told_is_a_loss() {
    let mut action = action(
        "rds",
        "ModifyDBCluster",
        json!({"DBClusterIdentifier": "campus", "BackupRetentionPeriod": 1}),
    );
    let id = "arn:aws:rds:us-east-1:111122223333:cluster:campus";
    action.targets = vec![target(id, Kind::DatabaseCluster, "campus")];
    let keep = |now: Value| {
        let told = |operation: &str, arguments: &Value| {
            let mut told = answer(operation, arguments);
            if let (Answer::Found(told), "DescribeDBClusters") = (&mut told, operation) {
                told["DBClusters"][0]["BackupRetentionPeriod"] = now.clone();
            }
            told
        };
        let answers = gather(&action, told);
        forecaster_for(&action).fold(&action, &answers)
    };
    for now in [json!(7), Value::Null] {
        let shorter = keep(now);
        assert!(shorter.forecast.changes.iter().any(|change| change.effect == Effect::RecoveryLoss));
        assert_eq!((shorter.forecast.recovery.after, shorter.securing), (Some(1), Securing::Exists));
    }
    assert!(keep(json!(1)).forecast.changes.iter().all(|change| change.effect != Effect::RecoveryLoss));
}
