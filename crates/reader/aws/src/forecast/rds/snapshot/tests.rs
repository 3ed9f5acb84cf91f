use interlock_action::{Action, Answer, Effect, Kind, Securing};
use serde_json::{Value, json};

use crate::forecast::testing::{action, found, survey, target};

fn delete() -> Action {
    let mut action = action("rds", "DeleteDBSnapshot", json!({"DBSnapshotIdentifier": "mine"}));
    action.targets =
        vec![target("arn:aws:rds:us-east-1:111122223333:snapshot:mine", Kind::DatabaseSnapshot, "mine")];
    action
}

fn snapshot(name: &str) -> Value {
    json!({
        "DBSnapshotIdentifier": name, "DBSnapshotArn": name, "DBInstanceIdentifier": "school", "SnapshotType": "manual",
        "Status": "available", "AllocatedStorage": 100, "SnapshotCreateTime": "2026-02-01T00:00:00Z", "TagList": [],
        "DbiResourceId": "db-ABC",
    })
}

fn answers(others: Vec<Value>, source: bool) -> impl Fn(&str, &Value) -> Answer {
    move |operation, arguments| match operation {
        "DescribeDBSnapshots" if arguments.get("DBSnapshotIdentifier").is_some() => {
            found(json!({"DBSnapshots": [snapshot("mine")]}))
        }
        "DescribeDBSnapshots" => found(json!({ "DBSnapshots": others })),
        "DescribeDBInstances" if source => {
            found(json!({"DBInstances": [{"DBInstanceIdentifier": "school"}]}))
        }
        "DescribeDBInstances" => Answer::NotFound,
        other => panic!("{other} was not expected"),
    }
}

#[test]
fn deleting_one_of_two_leaves_one() {
    let survey = survey(&delete(), answers(vec![snapshot("mine"), snapshot("other")], true));
    assert_eq!((survey.forecast.recovery.before, survey.forecast.recovery.after), (Some(2), Some(1)));
    assert_eq!(survey.securing, Securing::Exists);
    assert_eq!(survey.forecast.changes[0].effect, Effect::RecoveryLoss);
}

#[test]
fn one_of_another_database_of_the_name_is_no_other_one() {
    let mut other = snapshot("other");
    other["DbiResourceId"] = json!("db-OLD");
    let survey = survey(&delete(), answers(vec![snapshot("mine"), other], true));
    assert_eq!((survey.forecast.recovery.before, survey.forecast.recovery.after), (Some(1), Some(0)));
    assert!(matches!(survey.securing, Securing::Impossible(_)));
}

#[test]
fn the_last_one_of_a_database_that_is_gone_is_its_last_copy() {
    let survey = survey(&delete(), answers(vec![snapshot("mine")], false));
    assert_eq!((survey.forecast.recovery.before, survey.forecast.recovery.after), (Some(1), Some(0)));
    assert!(matches!(survey.securing, Securing::Impossible(_)));
    assert!(survey.forecast.data_loss.iter().any(|line| line.contains("may be the last copy")));
}

#[test]
fn an_unread_snapshot_counts_as_unknown() {
    let survey = survey(&delete(), |_, _| Answer::Unreadable("throttled".to_owned()));
    assert_eq!((survey.forecast.recovery.before, survey.forecast.recovery.after), (None, None));
    assert!(matches!(survey.securing, Securing::Impossible(_)));
}
