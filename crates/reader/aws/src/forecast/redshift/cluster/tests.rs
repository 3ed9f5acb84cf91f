use interlock_action::{Effect, Kind, Reversibility, Securing, Survey};
use serde_json::{Value, json};

use crate::forecast::testing::{action, found, having, survey, target};
use crate::rules::facts;

const ID: &str = "arn:aws:redshift:us-east-1:111122223333:cluster:warehouse";

fn ask(operation: &str, arguments: Value, effect: Effect) -> Survey {
    let mut action = having(action("redshift", operation, arguments), effect);
    action.targets = vec![target(ID, Kind::DatabaseCluster, "warehouse")];
    survey(&action, |operation, _| match operation {
        "DescribeClusterSnapshots" => found(json!({"Snapshots": [
            {"SnapshotIdentifier": "rs:1", "SnapshotType": "automated", "Status": "available", "SnapshotArn": "arn:1",
             "ClusterCreateTime": "t"},
            // Of an earlier warehouse of the name.
            {"SnapshotIdentifier": "old", "SnapshotType": "manual", "Status": "available", "SnapshotArn": "arn:2",
             "ClusterCreateTime": "s"},
        ]})),
        _ => found(json!({"Clusters": [{
            "ClusterIdentifier": "warehouse", "ClusterCreateTime": "t", "ClusterNamespaceArn": "n", "NumberOfNodes": 2,
            "AutomatedSnapshotRetentionPeriod": 7, "Tags": [],
        }]})),
    })
}

#[test]
fn a_warehouse_goes_with_a_final_snapshot() {
    let arguments = json!({"ClusterIdentifier": "warehouse", "SkipFinalClusterSnapshot": true});
    let survey = ask("DeleteCluster", arguments, Effect::Destroy);
    // What is told is what is sent.
    assert_eq!(survey.facts.get(facts::FINAL_SNAPSHOT_SKIPPED), Some(&json!(false)));
    assert!(survey.forecast.data_loss.is_empty());
    let rewrite = survey.rewrite.unwrap();
    assert_eq!(rewrite["SkipFinalClusterSnapshot"], json!(false));
    let name = rewrite["FinalClusterSnapshotIdentifier"].as_str().unwrap();
    assert!(name.starts_with("interlock-warehouse-"));
    // The automated one goes, the final one comes.
    assert_eq!((survey.forecast.recovery.before, survey.forecast.recovery.after), (Some(1), Some(1)));
}

#[test]
fn no_retention_is_no_automated_snapshots() {
    let arguments = json!({"ClusterIdentifier": "warehouse", "AutomatedSnapshotRetentionPeriod": 0});
    let survey = ask("ModifyCluster", arguments, Effect::Update);
    assert_eq!(survey.forecast.recovery.after, Some(0));
    assert_eq!(survey.forecast.changes[0].effect, Effect::RecoveryLoss);
    assert!(matches!(survey.securing, Securing::Impossible(_)));
}

#[test]
fn a_shorter_retention_is_a_loss_and_a_longer_one_is_none() {
    let keep = |days: u64| {
        let arguments = json!({"ClusterIdentifier": "warehouse", "AutomatedSnapshotRetentionPeriod": days});
        ask("ModifyCluster", arguments, Effect::Update)
    };
    let shorter = keep(1);
    assert_eq!(shorter.forecast.changes[0].effect, Effect::RecoveryLoss);
    assert!(shorter.forecast.changes[0].what.contains("older than 1 day"), "{:?}", shorter.forecast.changes);
    assert_eq!(
        (shorter.forecast.recovery.after, shorter.forecast.reversibility),
        (Some(0), Reversibility::Lossy)
    );
    assert!(matches!(shorter.securing, Securing::Impossible(_)));
    let longer = keep(35);
    assert_eq!((longer.securing, longer.forecast.reversibility), (Securing::NotNeeded, Reversibility::Exact));
}

#[test]
fn what_was_and_what_becomes_is_told() {
    let arguments = json!({"ClusterIdentifier": "warehouse", "NumberOfNodes": 1});
    let survey = ask("ResizeCluster", arguments, Effect::Interrupt);
    let words: Vec<&str> = survey.forecast.changes.iter().map(|change| change.what.as_str()).collect();
    assert!(words.iter().any(|what| what.contains("NumberOfNodes changes from 2 to 1")), "{words:?}");
}
