use interlock_action::{Answer, Effect, Kind, Reversibility, Securing, Survey};
use serde_json::{Value, json};

use crate::{
    forecast::testing::{action, found, having, survey, target},
    rules::facts,
};

fn ask(operation: &str, arguments: Value, record: Answer) -> Survey {
    let mut asked = having(action("secretsmanager", operation, arguments), Effect::Update);
    asked.targets =
        vec![target("arn:aws:secretsmanager:us-east-1:111122223333:secret:db", Kind::Secret, "db")];
    survey(&asked, |_, _| record.clone())
}

fn there() -> Answer {
    let stages = json!({"v1": ["AWSPREVIOUS"], "v2": ["AWSCURRENT"]});
    found(json!({"ARN": "arn:1", "Name": "db", "Tags": [], "VersionIdsToStages": stages}))
}

#[test]
fn a_forced_deletion_of_a_secret_gets_a_window() {
    let arguments = json!({"SecretId": "db", "ForceDeleteWithoutRecovery": true});
    let survey = ask("DeleteSecret", arguments, there());
    assert_eq!(survey.rewrite, Some(json!({"SecretId": "db", "RecoveryWindowInDays": 30})));
    assert_eq!(survey.facts.get(facts::SECRETSMANAGER_RECOVERY_SKIPPED), Some(&json!(false)));
    assert_eq!(survey.forecast.reversibility, Reversibility::FromRecoveryPoint);
    assert!(survey.forecast.data_loss.is_empty());
    assert!(survey.forecast.changes.last().unwrap().what.contains("no ForceDeleteWithoutRecovery"));
}

#[test]
fn a_secret_that_could_not_be_read_is_not_promised_back() {
    let survey = ask("DeleteSecret", json!({"SecretId": "db"}), Answer::Unreadable("denied".to_owned()));
    assert!(matches!(survey.securing, Securing::Impossible(_)));
    assert!(!survey.forecast.data_loss.is_empty());
}

#[test]
fn a_label_that_moves_is_seen() {
    let moved = |to: &str| {
        let arguments = json!({"SecretId": "db", "VersionStage": "AWSCURRENT", "MoveToVersionId": to});
        let survey = ask("UpdateSecretVersionStage", arguments, there());
        survey.facts.get(facts::SECRETSMANAGER_CURRENT_MOVES).cloned()
    };
    assert_eq!((moved("v1"), moved("v2")), (Some(json!(true)), Some(json!(false))));
}

#[test]
fn the_value_before_the_last_may_go() {
    let survey = ask("PutSecretValue", json!({"SecretId": "db", "SecretString": "x"}), there());
    assert!(survey.forecast.dependents.iter().any(|line| line.starts_with("version v1")));
    assert_eq!(survey.forecast.reversibility, Reversibility::FromRecoveryPoint);
}
