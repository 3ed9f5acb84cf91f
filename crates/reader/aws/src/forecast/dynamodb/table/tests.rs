use interlock_action::{Action, Answer, Bears, Effect, Kind, Reversibility, Securing, value_at};
use serde_json::{Value, json};

use crate::{
    forecast::testing::{action, found, survey, target},
    rules::facts,
};

const ID: &str = "arn:aws:dynamodb:us-east-1:111122223333:table/courses";

fn delete() -> Action {
    let mut action = action("dynamodb", "DeleteTable", json!({"TableName": "courses"}));
    action.targets = vec![target(ID, Kind::Table, "courses")];
    action
}

fn answers(
    items: u64,
    backups: Vec<Value>,
    history: &'static str,
    first: Vec<Value>,
) -> impl Fn(&str, &Value) -> Answer {
    move |operation, arguments| match operation {
        "DescribeTable" => found(json!({"Table": {
            "TableName": "courses", "TableArn": ID, "TableId": "t-1", "CreationDateTime": "2024-01-01T00:00:00Z",
            "ItemCount": items, "TableSizeBytes": items * 100, "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10},
        }})),
        "ListTagsOfResource" => found(json!({"Tags": [{"Key": "env", "Value": "prod"}]})),
        "ListBackups" => found(json!({ "BackupSummaries": backups })),
        "DescribeContinuousBackups" => found(json!({"ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": history},
        }})),
        "Scan" => {
            assert_eq!(arguments["ProjectionExpression"], json!("#k0"), "nothing but keys is read");
            found(json!({ "Items": first }))
        }
        other => panic!("{other} was not expected"),
    }
}

fn backup(name: &str) -> Value {
    json!({"BackupName": name, "BackupArn": format!("{ID}/backup/{name}"), "BackupStatus": "AVAILABLE", "BackupType": "USER",
        "TableId": "t-1"})
}

#[test]
fn the_history_dies_with_the_table_and_backups_stay() {
    let survey = survey(&delete(), answers(1234, vec![backup("nightly")], "ENABLED", Vec::new()));
    assert_eq!((survey.forecast.recovery.before, survey.forecast.recovery.after), (Some(2), Some(1)));
    assert!(
        survey.forecast.points.iter().any(|point| point.what.contains("system backup") && !point.survives)
    );
    assert_eq!(survey.forecast.changes[0].what, "table courses (1,234 items, 123.4 kB) is deleted");
    assert_eq!(survey.facts.get(facts::DYNAMODB_PITR_ENABLED), Some(&json!(true)));
    assert_eq!(survey.fingerprint[ID]["TableId"], json!("t-1"));
    assert!(survey.fingerprint[ID].get("ItemCount").is_none(), "it moves by itself");
}

#[test]
fn backups_of_an_earlier_table_of_the_name_do_not_count() {
    let of = |member: &str, told: &str| {
        let mut earlier = backup("earlier");
        earlier["TableId"] = Value::Null;
        earlier[member] = json!(told);
        let survey = survey(&delete(), answers(5, vec![earlier], "DISABLED", Vec::new()));
        assert!(matches!(survey.securing, Securing::ByCalls { .. }));
        let but = survey.forecast.data_loss[0].contains("but for what the surviving backups hold");
        (survey.forecast.recovery.after, but)
    };
    assert_eq!(of("TableId", "t-0"), (Some(0), false));
    assert_eq!(of("TableId", "t-1"), (Some(1), true));
    // Where the service tells no id: whether it was made since the table was.
    assert_eq!(of("BackupCreationDateTime", "2023-12-31T23:59:59Z"), (Some(0), false));
    assert_eq!(of("BackupCreationDateTime", "2024-01-01T00:00:00.5Z"), (Some(1), true));
    assert_eq!(of("BackupSizeBytes", "1"), (Some(0), false), "it does not tell of which");
}

#[test]
fn deleting_a_backup_leaves_nothing_of_a_table_that_is_gone() {
    let arn = format!("{ID}/backup/nightly");
    let leaves = |table: &'static str, other: &'static str| {
        let mut action = action("dynamodb", "DeleteBackup", json!({ "BackupArn": arn }));
        action.targets = vec![target(&arn, Kind::Snapshot, "nightly")];
        let mut second = backup("weekly");
        second["TableId"] = json!(other);
        let inner = answers(5, vec![backup("nightly"), second], "ENABLED", Vec::new());
        let survey = survey(&action, move |operation, arguments| match operation {
            "DescribeBackup" => found(json!({"BackupDescription": {
                "BackupDetails": {"BackupName": "nightly", "BackupStatus": "AVAILABLE"},
                "SourceTableDetails": {"TableId": "t-1"},
            }})),
            "DescribeTable" => found(json!({"Table": {"TableName": "courses", "TableId": table}})),
            _ => inner(operation, arguments),
        });
        (survey.forecast.recovery.after, survey.securing)
    };
    assert_eq!(leaves("t-1", "t-1"), (Some(2), Securing::Exists), "another backup, and the history");
    let (after, securing) = leaves("t-2", "t-2");
    assert_eq!(after, Some(0), "neither is the later table's history of it, nor its backup");
    assert!(matches!(securing, Securing::Impossible(_)));
}

#[test]
fn a_backup_is_taken_first_and_proved_by_its_name() {
    let survey = survey(&delete(), answers(5, vec![backup("nightly")], "DISABLED", Vec::new()));
    let Securing::ByCalls { calls, proof, makes } = survey.securing else { panic!("not by calls") };
    assert_eq!(calls[0].operation.verb(), "CreateBackup");
    let name = calls[0].arguments["BackupName"].as_str().unwrap().to_owned();
    assert!(name.starts_with("interlock-courses-"));
    assert_eq!(makes, std::slice::from_ref(&name));
    let (_, pointer, wanted) = &proof[0];
    let listing = json!({"BackupSummaries": [backup("nightly"), backup(&name)]});
    assert_eq!(value_at(&listing, pointer), Some(wanted));
    assert_eq!(value_at(&json!({"BackupSummaries": [backup("nightly")]}), pointer), None);
}

#[test]
fn only_a_table_that_was_looked_into_is_empty() {
    let empty = survey(&delete(), answers(0, Vec::new(), "DISABLED", Vec::new()));
    assert_eq!(empty.observed[&ID.into()].data, Bears::No);
    assert_eq!(empty.securing, Securing::NotNeeded);
    assert!(empty.forecast.data_loss.is_empty());
    let stale = survey(&delete(), answers(0, Vec::new(), "DISABLED", vec![json!({"id": {"S": "1"}})]));
    assert_eq!(stale.observed[&ID.into()].data, Bears::Yes, "the count is hours old");
    let inner = answers(0, Vec::new(), "DISABLED", Vec::new());
    let unread = survey(&delete(), |operation, arguments| match operation {
        "Scan" => Answer::Unreadable("denied".to_owned()),
        _ => inner(operation, arguments),
    });
    assert_eq!(unread.observed[&ID.into()].data, Bears::Yes);
}

#[test]
fn unread_points_are_no_zero() {
    let inner = answers(5, Vec::new(), "DISABLED", Vec::new());
    let survey = survey(&delete(), |operation, arguments| match operation {
        "ListBackups" => Answer::Unreadable("denied".to_owned()),
        _ => inner(operation, arguments),
    });
    assert_eq!((survey.forecast.recovery.before, survey.forecast.recovery.after), (None, None));
}

#[test]
fn capacity_is_compared_with_the_present_one() {
    let update = |write: u64| {
        let mut action = action(
            "dynamodb",
            "UpdateTable",
            json!({
                "TableName": "courses", "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": write},
            }),
        );
        action.targets = vec![target(ID, Kind::Table, "courses")];
        survey(&action, answers(5, Vec::new(), "DISABLED", Vec::new()))
    };
    assert_eq!(update(1).facts.get(facts::DYNAMODB_CAPACITY_LOWERED), Some(&json!(true)));
    assert_eq!(update(20).facts.get(facts::DYNAMODB_CAPACITY_LOWERED), Some(&json!(false)));
}

#[test]
fn a_limit_is_less_than_none() {
    let update = |mode: &'static str| {
        let arguments = json!({
            "TableName": "courses", "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 20},
        });
        let mut action = action("dynamodb", "UpdateTable", arguments);
        action.targets = vec![target(ID, Kind::Table, "courses")];
        let inner = answers(5, Vec::new(), "DISABLED", Vec::new());
        survey(&action, move |operation: &str, arguments: &serde_json::Value| {
            match (operation, inner(operation, arguments)) {
                ("DescribeTable", interlock_action::Answer::Found(mut answer)) => {
                    answer["Table"]["BillingModeSummary"] = json!({ "BillingMode": mode });
                    interlock_action::Answer::Found(answer)
                }
                (_, answer) => answer,
            }
        })
    };
    assert_eq!(update("PAY_PER_REQUEST").facts.get(facts::DYNAMODB_CAPACITY_LOWERED), Some(&json!(true)));
    assert_eq!(update("PROVISIONED").facts.get(facts::DYNAMODB_CAPACITY_LOWERED), Some(&json!(false)));
}

#[test]
fn a_shorter_history_is_a_loss() {
    let keep = |days: u64, now: Option<u64>, status: &'static str| {
        let specification = json!({"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": days});
        let arguments = json!({"TableName": "courses", "PointInTimeRecoverySpecification": specification});
        let mut asked = action("dynamodb", "UpdateContinuousBackups", arguments);
        asked.claims[0].effect = Effect::Update;
        asked.targets = vec![target(ID, Kind::Table, "courses")];
        let inner = answers(3, Vec::new(), status, Vec::new());
        survey(&asked, |operation, arguments| {
            let mut answer = inner(operation, arguments);
            if let (Answer::Found(answer), "DescribeContinuousBackups") = (&mut answer, operation) {
                let history = "/ContinuousBackupsDescription/PointInTimeRecoveryDescription";
                answer.pointer_mut(history).unwrap()["RecoveryPeriodInDays"] = json!(now);
            }
            answer
        })
    };
    for shorter in [keep(1, Some(35), "ENABLED"), keep(1, None, "ENABLED")] {
        assert_eq!(shorter.forecast.changes[0].effect, Effect::RecoveryLoss);
        assert_eq!(shorter.forecast.reversibility, Reversibility::Lossy);
        assert!(matches!(shorter.securing, Securing::ByCalls { .. }));
    }
    for kept in [keep(35, Some(1), "ENABLED"), keep(1, None, "DISABLED")] {
        assert_eq!((kept.securing, kept.forecast.reversibility), (Securing::NotNeeded, Reversibility::Exact));
    }
}
