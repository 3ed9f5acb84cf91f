use interlock_action::{Action, Answer, Bears, Effect, Kind, Securing, Survey};
use serde_json::{Value, json};

use crate::forecast::testing::{action, found, survey, target};

const ID: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/school/*";

fn delete() -> Action {
    let mut delete = action("cloudformation", "DeleteStack", json!({"StackName": "school"}));
    delete.targets = vec![target(ID, Kind::Stack, "school")];
    delete
}

fn deleted(kind: &str, physical: &str, template: &Value) -> Survey {
    let resources = json!([{
        "LogicalResourceId": "Data", "PhysicalResourceId": physical, "ResourceType": kind,
        "ResourceStatus": "CREATE_COMPLETE",
    }]);
    let template = template.to_string();
    survey(&delete(), move |operation, _| match operation {
        "DescribeStacks" => found(json!({"Stacks": [
            {"StackName": "school", "StackId": "arn:aws:cloudformation:us-east-1:1:stack/school/1", "Tags": []},
        ]})),
        "ListStackResources" => found(json!({ "StackResourceSummaries": resources })),
        "GetTemplate" => found(json!({ "TemplateBody": template })),
        "DescribeDBInstances" => found(json!({"DBInstances": [{
            "DBInstanceIdentifier": "school", "Engine": "postgres", "DbiResourceId": "db-1", "AllocatedStorage": 100,
            "DBInstanceStatus": "available", "BackupRetentionPeriod": 0, "TagList": [],
        }]})),
        "DescribeDBSnapshots" => found(json!({"DBSnapshots": []})),
        "DescribeDBInstanceAutomatedBackups" => found(json!({"DBInstanceAutomatedBackups": []})),
        other => panic!("{other} was not expected"),
    })
}

fn resources(policy: Option<&str>) -> Value {
    match policy {
        Some(policy) => json!({"Resources": {"Data": {"DeletionPolicy": policy}}}),
        None => json!({"Resources": {"Data": {}}}),
    }
}

#[test]
fn a_database_of_a_stack_gets_a_snapshot_first() {
    let survey = deleted("AWS::RDS::DBInstance", "school", &resources(Some("Delete")));
    let Securing::ByCalls { calls, proof, makes } = &survey.securing else { panic!("{:?}", survey.securing) };
    assert_eq!(calls[0].operation.verb(), "CreateDBSnapshot");
    assert_eq!(proof[0].2, json!("available"));
    assert!(makes[0].contains(":snapshot:interlock-school-"), "{makes:?}");
    assert!(
        survey
            .forecast
            .changes
            .iter()
            .any(|change| change.what.contains("100 GiB") && change.effect == Effect::Destroy)
    );
    assert_eq!(survey.discovered[0].kind, Kind::Database);
    assert!(!survey.forecast.data_loss.is_empty());
}

#[test]
fn what_the_template_keeps_is_kept() {
    let kept = deleted("AWS::RDS::DBInstance", "school", &resources(Some("Snapshot")));
    assert_eq!((kept.securing, kept.forecast.recovery.after), (Securing::Exists, Some(1)));
    assert!(kept.forecast.data_loss.is_empty());
    let retained = deleted("AWS::RDS::DBInstance", "school", &resources(Some("Retain")));
    assert_eq!(retained.securing, Securing::NotNeeded);
    assert_eq!(retained.observed[&ID.into()].data, Bears::No);
    assert!(retained.discovered.is_empty());
}

#[test]
fn what_nobody_looks_into_is_never_promised() {
    for kind in ["AWS::FSx::FileSystem", "Custom::Wipe"] {
        let survey = deleted(kind, "fs-1", &resources(None));
        assert!(matches!(survey.securing, Securing::Impossible(_)), "{kind}");
        assert_eq!(survey.forecast.recovery.after, None);
        assert_eq!(survey.observed[&ID.into()].data, Bears::Yes);
    }
    let topic = deleted("AWS::SNS::Topic", "arn:aws:sns:us-east-1:1:news", &resources(None));
    assert_eq!((topic.securing, topic.observed[&ID.into()].data), (Securing::NotNeeded, Bears::No));
    let detector = deleted("AWS::GuardDuty::Detector", "d-1", &resources(None));
    assert_eq!(detector.discovered[0].kind, Kind::Trail, "flow judges it as the record that it is");
}

#[test]
fn a_stack_that_is_not_there_is_refused_and_one_unread_is_not_promised() {
    let absent = survey(&delete(), |_, _| Answer::NotFound);
    assert!(absent.forecast.changes[0].what.contains("the service will refuse"));
    let unread = survey(&delete(), |_, _| Answer::Unreadable("denied".to_owned()));
    assert!(matches!(unread.securing, Securing::Impossible(_)));
}
