//! CloudFormation: stacks, their updates, change sets, stack sets. What a stack makes has no name before it is made:
//! the cases take away.

use serde_json::json;

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, arn, entries, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

/// The id that a forecast calls a stack by.
fn stack(name: &str) -> String {
    arn("cloudformation", &format!("stack/{name}/*"))
}

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    for found in entries(&bed.ok("cloudformation", "DescribeStacks", json!({})), "/Stacks") {
        let name = text(&found, "StackName").to_owned();
        let of = json!({ "StackName": name });
        for resource in
            entries(&bed.ok("cloudformation", "ListStackResources", of.clone()), "/StackResourceSummaries")
        {
            all.add(format!("{}#{}", stack(&name), text(&resource, "LogicalResourceId")), resource);
        }
        for set in entries(&bed.ok("cloudformation", "ListChangeSets", of), "/Summaries") {
            if text(&set, "StackName") == name {
                let id = arn("cloudformation", &format!("changeSet/{}", text(&set, "ChangeSetName")));
                all.add(id, json!({ "ChangeSetId": set["ChangeSetId"] }));
            }
        }
        all.add(stack(&name), found);
    }
    for set in entries(&bed.ok("cloudformation", "ListStackSets", json!({})), "/Summaries") {
        if text(&set, "Status") == "ACTIVE" {
            all.add(arn("cloudformation", &format!("stackset/{}:*", text(&set, "StackSetName"))), set);
        }
    }
    for table in entries(&bed.ok("dynamodb", "ListTables", json!({})), "/TableNames") {
        let name = table.as_str().expect("a name").to_owned();
        let record = bed.ok("dynamodb", "DescribeTable", json!({ "TableName": name }));
        all.add(arn("dynamodb", &format!("table/{name}")), record);
    }
    for topic in entries(&bed.ok("sns", "ListTopics", json!({})), "/Topics") {
        all.add(text(&topic, "TopicArn").to_owned(), topic);
    }
    for backup in entries(&bed.ok("dynamodb", "ListBackups", json!({})), "/BackupSummaries") {
        all.add(text(&backup, "BackupArn").to_owned(), backup);
    }
    all
}

fn backups(bed: &Bed) -> Vec<String> {
    let all = entries(&bed.ok("dynamodb", "ListBackups", json!({})), "/BackupSummaries");
    all.iter().map(|one| text(one, "BackupArn").to_owned()).collect()
}

/// A template with a table, kept or not, and a topic.
fn template(table: bool, policy: Option<&str>) -> String {
    let mut resources = json!({"News": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news"}}});
    if table {
        resources["Courses"] = json!({"Type": "AWS::DynamoDB::Table", "Properties": {
            "TableName": "courses", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        }});
        if let Some(policy) = policy {
            resources["Courses"]["DeletionPolicy"] = json!(policy);
        }
    }
    json!({ "Resources": resources }).to_string()
}

/// A stack with a topic and a table that holds an item.
fn school(bed: &Bed, policy: Option<&str>) {
    let create = json!({"StackName": "school", "TemplateBody": template(true, policy)});
    bed.ok("cloudformation", "CreateStack", create);
    let item = json!({"TableName": "courses", "Item": {"id": {"S": "1"}}});
    bed.ok("dynamodb", "PutItem", item);
}

const CASES: &[Case] = &[
    Case {
        name: "an update that removes a table",
        forecaster: "cloudformation/update",
        scene: |bed| {
            school(bed, None);
            let update = json!({"StackName": "school", "TemplateBody": template(false, None)});
            Scene::request("cloudformation", "UpdateStack", update).points(backups)
        },
    },
    Case {
        name: "a change set that removes a topic",
        forecaster: "cloudformation/update",
        scene: |bed| {
            school(bed, None);
            let mut body: serde_json::Value = serde_json::from_str(&template(true, None)).expect("JSON");
            body["Resources"].as_object_mut().expect("resources").shift_remove("News");
            let set = json!({
                "StackName": "school", "ChangeSetName": "next", "ChangeSetType": "UPDATE",
                "TemplateBody": body.to_string(),
            });
            bed.ok("cloudformation", "CreateChangeSet", set);
            let execute = json!({"StackName": "school", "ChangeSetName": "next"});
            Scene::request("cloudformation", "ExecuteChangeSet", execute)
        },
    },
    Case {
        name: "a stack goes with its table",
        forecaster: "cloudformation/stack",
        scene: |bed| {
            school(bed, None);
            let delete = json!({"StackName": "school"});
            Scene::request("cloudformation", "DeleteStack", delete).points(backups)
        },
    },
    Case {
        name: "a stack goes and leaves the table that it keeps",
        forecaster: "cloudformation/stack",
        scene: |bed| {
            school(bed, Some("Retain"));
            Scene::request("cloudformation", "DeleteStack", json!({"StackName": "school"}))
        },
    },
    Case {
        name: "a change set is worked out",
        forecaster: "cloudformation/change_set",
        scene: |bed| {
            school(bed, None);
            let set = json!({
                "StackName": "school", "ChangeSetName": "next", "ChangeSetType": "UPDATE",
                "TemplateBody": template(false, None),
            });
            Scene::request("cloudformation", "CreateChangeSet", set)
        },
    },
    Case {
        name: "a change set is dropped",
        forecaster: "cloudformation/change_set",
        scene: |bed| {
            school(bed, None);
            let set = json!({
                "StackName": "school", "ChangeSetName": "next", "ChangeSetType": "UPDATE",
                "TemplateBody": template(false, None),
            });
            bed.ok("cloudformation", "CreateChangeSet", set);
            let drop = json!({"StackName": "school", "ChangeSetName": "next"});
            Scene::request("cloudformation", "DeleteChangeSet", drop)
        },
    },
    Case {
        name: "an empty stack set goes",
        forecaster: "cloudformation/stack_set",
        scene: |bed| {
            let set = json!({"StackSetName": "baseline", "TemplateBody": template(false, None)});
            bed.ok("cloudformation", "CreateStackSet", set);
            Scene::request("cloudformation", "DeleteStackSet", json!({"StackSetName": "baseline"}))
        },
    },
];

const EMULATOR: &[Deviation] = &[Deviation {
    case: "a change set is worked out",
    says: "`the change set` could not be read",
    why: "moto answers ValidationError where AWS answers ChangeSetNotFound (API Reference, DescribeChangeSet)",
}];
