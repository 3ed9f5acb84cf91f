use interlock_action::{Action, Answer, Bears, Effect, Kind, Reversibility, Securing};
use serde_json::{Value, json};

use crate::{
    forecast::testing::{action, found, having, survey, target},
    rules::facts,
};

const ID: &str = "arn:aws:dynamodb:us-east-1:111122223333:table/courses";

fn write(operation: &str, arguments: Value) -> Action {
    let mut action = having(action("dynamodb", operation, arguments), Effect::Update);
    action.targets = vec![target(ID, Kind::Table, "courses")];
    action
}

fn answers(there: bool, history: &'static str) -> impl Fn(&str, &Value) -> Answer {
    move |operation, arguments| match operation {
        "DescribeTable" => found(json!({"Table": {
            "TableName": "courses", "TableArn": ID, "TableId": "t-1", "CreationDateTime": "2024-01-01T00:00:00Z",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        }})),
        "ListTagsOfResource" => found(json!({"Tags": []})),
        "ListBackups" => found(json!({"BackupSummaries": []})),
        "DescribeContinuousBackups" => found(json!({"ContinuousBackupsDescription": {
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": history},
        }})),
        "GetItem" => {
            assert_eq!(arguments["Key"], json!({"id": {"S": "1"}}));
            assert_eq!(
                arguments["ExpressionAttributeNames"],
                json!({"#k0": "id"}),
                "nothing but keys is read"
            );
            found(if there { json!({"Item": {"id": {"S": "1"}}}) } else { json!({}) })
        }
        other => panic!("{other} was not expected"),
    }
}

#[test]
fn a_new_item_replaces_nothing() {
    let put =
        write("PutItem", json!({"TableName": "courses", "Item": {"id": {"S": "1"}, "title": {"S": "x"}}}));
    let new = survey(&put, answers(false, "DISABLED"));
    assert_eq!(new.facts.get(facts::DYNAMODB_ITEM_EXISTS), Some(&json!(false)));
    assert_eq!((new.securing, new.forecast.reversibility), (Securing::NotNeeded, Reversibility::Exact));
    assert_eq!(new.observed[&ID.into()].data, Bears::No);
    let over = survey(&put, answers(true, "DISABLED"));
    assert_eq!(over.facts.get(facts::DYNAMODB_ITEM_EXISTS), Some(&json!(true)));
    assert!(matches!(over.securing, Securing::ByCalls { .. }));
}

#[test]
fn the_history_is_a_recovery_point_of_items() {
    let delete = write("DeleteItem", json!({"TableName": "courses", "Key": {"id": {"S": "1"}}}));
    let kept = survey(&delete, answers(true, "ENABLED"));
    assert_eq!((kept.forecast.recovery.before, kept.forecast.recovery.after), (Some(1), Some(1)));
    assert_eq!(kept.securing, Securing::Exists);
}

#[test]
fn batches_say_how_many_are_deleted() {
    let delete = json!({"DeleteRequest": {"Key": {"id": {"S": "1"}}}});
    let put = json!({"PutRequest": {"Item": {"id": {"S": "1"}}}});
    let batch = write("BatchWriteItem", json!({"RequestItems": {"courses": [delete, delete, put]}}));
    let survey = survey(&batch, answers(true, "DISABLED"));
    let lines: Vec<&str> = survey.forecast.changes.iter().map(|change| change.what.as_str()).collect();
    assert_eq!(lines, ["2 items of table courses: deleted", "1 item of table courses: written"]);
    assert_eq!(survey.forecast.changes[0].effect, Effect::Destroy);
}

#[test]
fn every_table_that_loses_is_kept() {
    let delete = json!([{"DeleteRequest": {"Key": {"id": {"S": "1"}}}}]);
    let batch = write("BatchWriteItem", json!({"RequestItems": {"courses": delete, "grades": delete}}));
    let of = |kept: &'static str, broken: &'static str| {
        let (bare, full) = (answers(true, "DISABLED"), answers(true, "ENABLED"));
        survey(&batch, move |operation, arguments| match arguments["TableName"].as_str() {
            Some(table) if table == broken => Answer::Unreadable("denied".to_owned()),
            Some(table) if table == kept => full(operation, arguments),
            _ => bare(operation, arguments),
        })
        .securing
    };
    let backed_up = |securing: &Securing| match securing {
        Securing::ByCalls { calls, proof, makes } => {
            assert_eq!((calls.len(), proof.len()), (makes.len(), makes.len()));
            calls.iter().map(|call| call.arguments["TableName"].as_str().unwrap().to_owned()).collect()
        }
        _ => Vec::new(),
    };
    assert_eq!(backed_up(&of("", "")), ["courses", "grades"]);
    assert_eq!(
        backed_up(&of("grades", "")),
        ["courses"],
        "the history of another table holds none of its items"
    );
    assert_eq!(backed_up(&of("courses", "")), ["grades"]);
    assert!(matches!(of("grades", "courses"), Securing::Impossible(_)), "the unread one is not forgotten");
}

#[test]
fn a_statement_matches_nobody_knows_what() {
    let statement = write("ExecuteStatement", json!({"Statement": "DELETE FROM courses WHERE id = '1'"}));
    let survey = survey(&statement, answers(true, "DISABLED"));
    assert_eq!(survey.facts.get(facts::DYNAMODB_ITEM_EXISTS), None);
    assert!(!survey.forecast.unknowns.is_empty());
}
