use interlock_action::{Action, Answer, Kind, Securing, Survey};
use serde_json::{Value, json};

use super::Measures;
use crate::forecast::{
    forecaster_for,
    testing::{action, found, gather, target},
};

fn under(measures: Measures, action: &Action, answer: impl Fn(&str, &Value) -> Answer) -> Survey {
    let answers = gather(action, answer);
    forecaster_for(action).fold_under(action, &answers, &measures)
}

fn delete_database() -> Action {
    let mut action = action(
        "rds",
        "DeleteDBInstance",
        json!({"DBInstanceIdentifier": "school", "SkipFinalSnapshot": true, "DeleteAutomatedBackups": true}),
    );
    action.targets = vec![target("arn:aws:rds:us-east-1:111122223333:db:school", Kind::Database, "school")];
    action
}

fn school(operation: &str, _: &Value) -> Answer {
    found(match operation {
        "DescribeDBInstances" => json!({"DBInstances": [{
            "DBInstanceIdentifier": "school", "DBInstanceStatus": "available", "Engine": "postgres",
            "AllocatedStorage": 20, "DeletionProtection": false,
        }]}),
        "DescribeDBSnapshots" => json!({"DBSnapshots": []}),
        _ => json!({}),
    })
}

#[test]
fn each_member_is_changed_only_where_it_may_be() {
    let all = under(Measures::default(), &delete_database(), school);
    let rewrite = all.rewrite.unwrap();
    assert_eq!(
        (&rewrite["SkipFinalSnapshot"], &rewrite["DeleteAutomatedBackups"]),
        (&json!(false), &json!(false))
    );
    assert!(all.told[0].starts_with("interlock changes the request: "), "{:?}", all.told);

    let no_backups = Measures { keep_automated_backups: false, ..Measures::default() };
    let rewrite = under(no_backups, &delete_database(), school).rewrite.unwrap();
    assert_eq!(
        (&rewrite["SkipFinalSnapshot"], &rewrite["DeleteAutomatedBackups"]),
        (&json!(false), &json!(true))
    );

    let no_snapshot = Measures { final_snapshots: false, ..Measures::default() };
    let survey = under(no_snapshot, &delete_database(), school);
    let rewrite = survey.rewrite.unwrap();
    assert_eq!(rewrite["SkipFinalSnapshot"], json!(true));
    assert_eq!(rewrite.get("FinalDBSnapshotIdentifier"), None);
    assert_eq!(survey.securing, Securing::Impossible("`[recovery] final_snapshots` is off".to_owned()));

    let neither = Measures { keep_automated_backups: false, ..no_snapshot };
    let survey = under(neither, &delete_database(), school);
    assert_eq!((survey.rewrite, survey.told.len()), (None, 0));
    assert!(matches!(survey.securing, Securing::Impossible(_)));
}

#[test]
fn objects_are_copied_up_to_a_limit() {
    let mut delete = action("s3", "DeleteObject", json!({"Bucket": "files", "Key": "a"}));
    delete.targets = vec![target("arn:aws:s3:::files/a", Kind::Object, "a")];
    let answer = |operation: &str, _: &Value| match operation {
        "GetBucketVersioning" => found(json!({})),
        "HeadObject" => found(json!({"ContentLength": 1_000, "ETag": "x"})),
        _ => Answer::NotFound,
    };
    let securing = |measures| under(measures, &delete, answer).securing;
    assert!(matches!(securing(Measures::default()), Securing::ByCalls { .. }));
    let small = Measures { capture_limit: 999, ..Measures::default() };
    let Securing::Impossible(why) = securing(small) else { panic!("it is too large") };
    assert!(why.contains("capture_gib"), "{why}");
    assert!(matches!(
        securing(Measures { capture_objects: false, ..Measures::default() }),
        Securing::Impossible(_)
    ));
}

fn terminate(state: &str) -> (Action, impl Fn(&str, &Value) -> Answer) {
    let mut terminate = action("ec2", "TerminateInstances", json!({"InstanceIds": ["i-1"]}));
    terminate.targets =
        vec![target("arn:aws:ec2:us-east-1:111122223333:instance/i-1", Kind::Instance, "i-1")];
    let state = state.to_owned();
    let answer = move |operation: &str, _: &Value| match operation {
        "DescribeInstances" => found(json!({"Reservations": [{"Instances": [{
            "InstanceId": "i-1", "InstanceType": "t3.micro", "State": {"Name": state}, "RootDeviceType": "ebs",
            "BlockDeviceMappings": [{"Ebs": {"VolumeId": "vol-1", "DeleteOnTermination": true}}],
        }]}]})),
        "DescribeVolumes" => found(json!({"Volumes": [{"VolumeId": "vol-1", "Size": 8, "CreateTime": "t"}]})),
        "DescribeInstanceTypes" => found(json!({"InstanceTypes": [{"InstanceStorageSupported": false}]})),
        "DescribeSnapshots" => found(json!({"Snapshots": []})),
        _ => found(json!({})),
    };
    (terminate, answer)
}

fn calls(securing: &Securing) -> Vec<&str> {
    match securing {
        Securing::ByCalls { calls, .. } => calls.iter().map(|call| call.operation.verb()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_running_instance_is_stopped_before_its_snapshots_are_taken() {
    let (action, answer) = terminate("running");
    let survey = under(Measures::default(), &action, answer);
    assert_eq!(calls(&survey.securing), ["StopInstances"]);
    assert!(survey.told[0].contains("i-1"), "{:?}", survey.told);
    let (action, answer) = terminate("stopping");
    let Securing::ByCalls { calls: none, proof, makes } =
        under(Measures::default(), &action, answer).securing
    else {
        panic!("it is waited for");
    };
    assert!(none.is_empty() && makes.is_empty() && proof.len() == 1);
    let (action, answer) = terminate("stopped");
    assert_eq!(calls(&under(Measures::default(), &action, answer).securing), ["CreateSnapshot"]);
    let (action, answer) = terminate("running");
    let off = Measures { stop_first: false, ..Measures::default() };
    assert_eq!(calls(&under(off, &action, answer).securing), ["CreateSnapshot"]);
}

#[test]
fn a_key_in_use_is_made_inactive_instead_of_deleted() {
    let arguments = json!({"UserName": "ci", "AccessKeyId": "AKIAEXAMPLE"});
    let mut delete = action("iam", "DeleteAccessKey", arguments);
    delete.targets = vec![target("arn:aws:iam::111122223333:user/ci", Kind::User, "ci")];
    let with = |status: &'static str| {
        move |operation: &str, _: &Value| match operation {
            "ListAccessKeys" => {
                found(json!({"AccessKeyMetadata": [{"AccessKeyId": "AKIAEXAMPLE", "Status": status}]}))
            }
            _ => found(json!({})),
        }
    };
    let survey = under(Measures::default(), &delete, with("Active"));
    assert_eq!(survey.instead.unwrap().as_str(), "aws:iam:UpdateAccessKey");
    assert_eq!(survey.rewrite.unwrap()["Status"], "Inactive");
    assert_eq!(survey.forecast.reversibility, interlock_action::Reversibility::Exact);
    assert!(survey.told[0].contains("inactive"), "{:?}", survey.told);
    assert_eq!(under(Measures::default(), &delete, with("Inactive")).instead, None);
    let off = Measures { inactive_keys: false, ..Measures::default() };
    assert_eq!(under(off, &delete, with("Active")).instead, None);
}

#[test]
fn a_window_that_is_switched_off_keeps_nothing() {
    let off = Measures { longest_windows: false, ..Measures::default() };
    let secret = |arguments: Value, measures| {
        let mut asked = action("secretsmanager", "DeleteSecret", arguments);
        let id = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db";
        asked.targets = vec![target(id, Kind::Secret, "db")];
        under(measures, &asked, |_, _| found(json!({"Name": "db", "Tags": []})))
    };
    let forced = json!({"SecretId": "db", "ForceDeleteWithoutRecovery": true});
    let gone = secret(forced.clone(), off);
    assert_eq!(gone.rewrite, None);
    assert_eq!(gone.securing, Securing::Impossible("`[recovery] longest_windows` is off".to_owned()));
    assert_eq!(secret(forced, Measures::default()).securing, Securing::Exists);
    let week = secret(json!({"SecretId": "db", "RecoveryWindowInDays": 7}), off);
    assert_eq!((week.rewrite, week.securing), (None, Securing::Exists), "a shorter window is one");
}
