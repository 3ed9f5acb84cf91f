//! DynamoDB: tables, items, backups.

use serde_json::{Value, json};

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, entries, named, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    for name in entries(&bed.ok("dynamodb", "ListTables", json!({})), "/TableNames") {
        let by_name = json!({ "TableName": name });
        let mut table = bed.ok("dynamodb", "DescribeTable", by_name.clone())["Table"].clone();
        let id = text(&table, "TableArn").to_owned();
        let history = bed.ok("dynamodb", "DescribeContinuousBackups", by_name.clone());
        all.add(format!("{id}#history"), history);
        for item in entries(&bed.ok("dynamodb", "Scan", by_name), "/Items") {
            all.add(format!("{id}#item {}", item["id"]), item);
        }
        // What the items add up to are the items, which are looked at one by one.
        table
            .as_object_mut()
            .unwrap()
            .retain(|member, _| !["ItemCount", "TableSizeBytes"].contains(&member.as_str()));
        all.add(id, table);
    }
    all.list(bed, ("dynamodb", "ListBackups", json!({})), "/BackupSummaries", named("BackupArn"));
    all
}

fn table(bed: &Bed) {
    for name in ["courses", "other"] {
        bed.ok(
            "dynamodb",
            "CreateTable",
            json!({
                "TableName": name, "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            }),
        );
        for number in ["1", "2"] {
            bed.ok("dynamodb", "PutItem", put(name, number, "history"));
        }
    }
}

fn put(table: &str, number: &str, title: &str) -> Value {
    json!({"TableName": table, "Item": {"id": {"S": number}, "title": {"S": title}}})
}

fn backup(bed: &Bed) -> Value {
    let make = json!({"TableName": "courses", "BackupName": "mine"});
    bed.ok("dynamodb", "CreateBackup", make)["BackupDetails"]["BackupArn"].clone()
}

/// The table's backups, and its history where that is kept and the table is there.
fn points(bed: &Bed) -> Vec<String> {
    let backups =
        entries(&bed.ok("dynamodb", "ListBackups", json!({"TableName": "courses"})), "/BackupSummaries");
    let mut all: Vec<String> = backups.iter().map(|one| text(one, "BackupArn").to_owned()).collect();
    if let Ok(history) = bed.call("dynamodb", "DescribeContinuousBackups", &json!({"TableName": "courses"})) {
        let status = "/ContinuousBackupsDescription/PointInTimeRecoveryDescription/PointInTimeRecoveryStatus";
        all.extend(
            (history.pointer(status) == Some(&json!("ENABLED"))).then(|| "history of courses".to_owned()),
        );
    }
    all
}

const CASES: &[Case] = &[
    Case {
        name: "a table is deleted",
        forecaster: "dynamodb/table",
        scene: |bed| {
            table(bed);
            Scene::request("dynamodb", "DeleteTable", json!({"TableName": "courses"})).points(points)
        },
    },
    Case {
        name: "a table with a history is deleted",
        forecaster: "dynamodb/table",
        scene: |bed| {
            table(bed);
            let on = json!({"PointInTimeRecoveryEnabled": true});
            let on = json!({"TableName": "courses", "PointInTimeRecoverySpecification": on});
            bed.ok("dynamodb", "UpdateContinuousBackups", on);
            Scene::request("dynamodb", "DeleteTable", json!({"TableName": "courses"})).points(points)
        },
    },
    Case {
        name: "an item is deleted",
        forecaster: "dynamodb/items",
        scene: |bed| {
            table(bed);
            backup(bed);
            let delete = json!({"TableName": "courses", "Key": {"id": {"S": "1"}}});
            Scene::request("dynamodb", "DeleteItem", delete).points(points)
        },
    },
    Case {
        name: "an item is overwritten",
        forecaster: "dynamodb/items",
        scene: |bed| {
            table(bed);
            backup(bed);
            Scene::request("dynamodb", "PutItem", put("courses", "1", "law")).points(points).overwrites()
        },
    },
    Case {
        name: "an item is new",
        forecaster: "dynamodb/items",
        scene: |bed| {
            table(bed);
            Scene::request("dynamodb", "PutItem", put("courses", "3", "law"))
        },
    },
    Case {
        name: "one of two backups is deleted",
        forecaster: "dynamodb/backup",
        scene: |bed| {
            table(bed);
            backup(bed);
            Scene::request("dynamodb", "DeleteBackup", json!({"BackupArn": backup(bed)})).points(points)
        },
    },
];

const EMULATOR: &[Deviation] = &[];
