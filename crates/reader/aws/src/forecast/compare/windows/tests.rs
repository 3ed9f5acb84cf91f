use interlock_action::{Kind, Reversibility, Securing};
use serde_json::json;

use crate::{
    forecast::testing::{action, found, survey, target},
    rules::facts,
};

#[test]
fn a_forced_deletion_of_a_secret_gets_a_window() {
    let arguments = json!({"SecretId": "db", "ForceDeleteWithoutRecovery": true});
    let mut delete = action("secretsmanager", "DeleteSecret", arguments);
    delete.targets =
        vec![target("arn:aws:secretsmanager:us-east-1:111122223333:secret:db", Kind::Secret, "db")];
    let survey = survey(&delete, |_, _| found(json!({"ARN": "arn:1", "Name": "db", "Tags": []})));
    assert_eq!(survey.rewrite, Some(json!({"SecretId": "db", "RecoveryWindowInDays": 30})));
    assert_eq!(survey.facts.get(facts::SECRETSMANAGER_RECOVERY_SKIPPED), Some(&json!(false)));
    assert_eq!(survey.forecast.reversibility, Reversibility::FromRecoveryPoint);
    assert!(survey.forecast.data_loss.is_empty());
    assert!(survey.forecast.changes.last().unwrap().what.contains("no ForceDeleteWithoutRecovery"));
}

#[test]
fn a_key_gets_the_longest_wait_and_no_promise() {
    let mut delete = action("kms", "ScheduleKeyDeletion", json!({"KeyId": "k1", "PendingWindowInDays": 7}));
    delete.targets = vec![target("arn:aws:kms:us-east-1:111122223333:key/k1", Kind::Key, "k1")];
    let survey = survey(&delete, |operation, _| match operation {
        "ListResourceTags" => found(json!({"Tags": [{"TagKey": "env", "TagValue": "prod"}]})),
        _ => found(json!({"KeyMetadata": {"KeyId": "k1", "KeyState": "Enabled"}})),
    });
    assert_eq!(survey.rewrite.unwrap()["PendingWindowInDays"], json!(30));
    assert!(matches!(survey.securing, Securing::Exists));
    assert!(survey.forecast.unknowns.iter().any(|line| line.contains("was not looked at")));
}
