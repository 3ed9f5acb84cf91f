use interlock_action::{Answer, Kind, Securing, Survey};
use serde_json::{Value, json};

use crate::forecast::testing::{action, found, survey, target};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/k1";

fn ask(operation: &str, arguments: Value) -> Survey {
    let mut delete = action("kms", operation, arguments);
    delete.targets = vec![target(KEY, Kind::Key, "k1")];
    survey(&delete, |operation, _| match operation {
        "ListResourceTags" => found(json!({"Tags": [{"TagKey": "env", "TagValue": "prod"}]})),
        "ListAliases" => found(json!({"Aliases": [{"AliasName": "alias/db"}]})),
        "ListGrants" => found(json!({"Grants": []})),
        "DescribeKey" => found(json!({"KeyMetadata": {"KeyId": "k1", "Arn": KEY, "KeyState": "Enabled"}})),
        "DescribeDBSnapshots" => found(json!({"DBSnapshots": [
            {"DBSnapshotIdentifier": "s1", "Status": "available", "KmsKeyId": KEY},
            {"DBSnapshotIdentifier": "s2", "Status": "available", "KmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/k2"},
        ]})),
        "ListSecrets" => found(json!({"SecretList": [{"Name": "app", "KmsKeyId": "alias/db"}]})),
        "DescribeVolumes" => Answer::Unreadable("denied".to_owned()),
        "DescribeSnapshots" | "DescribeClusterSnapshots" => found(json!({"Snapshots": []})),
        "DescribeDBClusterSnapshots" => found(json!({"DBClusterSnapshots": []})),
        _ => Answer::NotFound,
    })
}

#[test]
fn a_key_gets_the_longest_wait_and_no_promise() {
    let survey = ask("ScheduleKeyDeletion", json!({"KeyId": "k1", "PendingWindowInDays": 7}));
    assert_eq!(survey.rewrite.as_ref().unwrap()["PendingWindowInDays"], json!(30));
    assert_eq!(survey.securing, Securing::Exists, "what is sent has the longest wait");
    assert!(survey.forecast.unknowns.iter().any(|line| line.contains("cannot be listed")));
    assert!(survey.forecast.unknowns.iter().any(|line| line.contains("volumes of ec2 could not be read")));
}

#[test]
fn what_it_closes_is_lost_with_it() {
    let survey = ask("ScheduleKeyDeletion", json!({"KeyId": "k1"}));
    assert_eq!((survey.forecast.recovery.before, survey.forecast.recovery.after), (Some(1), Some(0)));
    let lost = &survey.forecast.data_loss[0];
    assert!(lost.contains("1 secret: app") && lost.contains("1 database snapshot: s1"), "{lost}");
    assert!(!lost.contains("s2"), "{lost}");
}

#[test]
fn a_key_turned_off_loses_nothing() {
    let survey = ask("DisableKey", json!({"KeyId": "k1"}));
    assert!(survey.forecast.data_loss.is_empty());
    assert_eq!(survey.forecast.recovery.before, None);
    assert!(survey.forecast.changes[0].what.contains("1 secret: app"));
}
