//! What holds of every forecaster.

use interlock_action::{Answer, Bears, Effect, Kind, Method, Reversibility, Securing};
use serde_json::{Value, json};

use super::testing::{action, having, survey, target};

/// One request of each kind, with as little as it needs.
fn requests() -> Vec<(&'static str, &'static str, Value, &'static str, Kind)> {
    vec![
        ("rds", "DeleteDBInstance", json!({"DBInstanceIdentifier": "d"}), "arn:aws:rds:us-east-1:1:db:d", Kind::Database),
        ("rds", "DeleteDBCluster", json!({"DBClusterIdentifier": "d"}), "arn:aws:rds:us-east-1:1:cluster:d", Kind::DatabaseCluster),
        ("rds", "DeleteDBSnapshot", json!({"DBSnapshotIdentifier": "d"}), "arn:aws:rds:us-east-1:1:snapshot:d", Kind::DatabaseSnapshot),
        ("dynamodb", "DeleteTable", json!({"TableName": "t"}), "arn:aws:dynamodb:us-east-1:1:table/t", Kind::Table),
        ("dynamodb", "DeleteItem", json!({"TableName": "t", "Key": {"id": {"S": "1"}}}), "arn:aws:dynamodb:us-east-1:1:table/t", Kind::Table),
        ("dynamodb", "DeleteBackup", json!({"BackupArn": "arn:aws:dynamodb:us-east-1:1:table/t/backup/b"}), "arn:aws:dynamodb:us-east-1:1:table/t/backup/b", Kind::Other),
        ("s3", "DeleteObject", json!({"Bucket": "b", "Key": "k"}), "arn:aws:s3:::b/k", Kind::Object),
        ("s3", "DeleteObject", json!({"Bucket": "b", "Key": "k", "VersionId": "v"}), "arn:aws:s3:::b/k", Kind::Object),
        ("ec2", "TerminateInstances", json!({"InstanceIds": ["i-1"]}), "arn:aws:ec2:us-east-1:1:instance/i-1", Kind::Instance),
        ("ec2", "DeleteVolume", json!({"VolumeId": "vol-1"}), "arn:aws:ec2:us-east-1:1:volume/vol-1", Kind::Volume),
        ("ec2", "DeleteSnapshot", json!({"SnapshotId": "snap-1"}), "arn:aws:ec2:us-east-1:1:snapshot/snap-1", Kind::Snapshot),
        ("sqs", "PurgeQueue", json!({"QueueUrl": "u"}), "arn:aws:sqs:us-east-1:1:q", Kind::Queue),
        ("glacier", "DeleteArchive", json!({}), "arn:aws:glacier:us-east-1:1:vaults/v", Kind::Other),
    ]
}

#[test]
fn who_sees_nothing_promises_nothing() {
    for (service, operation, arguments, id, kind) in requests() {
        let mut action = action(service, operation, arguments);
        action.targets = vec![target(id, kind, super::arn::last(id))];
        let blind = survey(&action, |_, _| Answer::Unreadable("denied".to_owned()));
        let name = format!("{service} {operation}");
        assert!(matches!(blind.securing, Securing::Impossible(_)), "{name}: {:?}", blind.securing);
        assert!(!blind.forecast.unknowns.is_empty(), "{name}");
        assert_eq!(blind.forecast.recovery.after, None, "{name}");
        assert_eq!(blind.forecast.method, Method::Assumed, "{name}");
        assert_ne!(blind.forecast.reversibility, Reversibility::Exact, "{name}");
        assert!(!blind.forecast.changes.is_empty(), "{name}");
        assert!(!blind.forecast.data_loss.is_empty(), "{name}");
        assert!(blind.facts.0.values().all(|fact| fact != &json!(false)) || service == "s3", "{name}: {:?}", blind.facts);
        let seen = blind.observed.values();
        assert!(seen.into_iter().all(|seen| seen.exists.is_none() && seen.data != Bears::No), "{name}");
    }
}

#[test]
fn plain_reads_cost_no_reads() {
    let mut action = having(action("rds", "DescribeDBInstances", json!({})), Effect::Read);
    action.targets = vec![target("arn:aws:rds:us-east-1:1:db:d", Kind::Database, "d")];
    survey(&action, |operation, _| panic!("{operation} was not expected"));
}

#[test]
fn a_generic_destroy_of_what_bears_no_data_needs_no_point() {
    let mut action = action("sns", "DeleteTopic", json!({"TopicArn": "arn:aws:sns:us-east-1:1:t"}));
    action.targets = vec![target("arn:aws:sns:us-east-1:1:t", Kind::Topic, "t")];
    action.targets[0].data = Bears::No;
    let survey = survey(&action, |operation, _| match operation {
        "GetTopicAttributes" => super::testing::found(json!({"Attributes": {"TopicArn": "arn:aws:sns:us-east-1:1:t"}})),
        _ => super::testing::found(json!({"Tags": [{"Key": "env", "Value": "dev"}]})),
    });
    assert_eq!(survey.securing, Securing::NotNeeded);
    assert_eq!(survey.forecast.method, Method::Read);
    assert_eq!(survey.observed[&"arn:aws:sns:us-east-1:1:t".into()].tags.as_ref().unwrap()["env"], "dev");
}
