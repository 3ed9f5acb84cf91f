//! What forecasts say of real things beside what changes, which the outcomes compare: that a thing was not there before
//! it was made, its tags and its immutable id, and what the agent had asked for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod wire_common;

use interlock_action::{Bears, Method, Survey};
use interlock_reader_aws::forecast::forecaster_for;
use serde_json::json;
use wire_common::bed::{Bed, act};

/// What was seen of the target whose id ends so.
fn seen<'a>(survey: &'a Survey, end: &str) -> &'a interlock_action::Observed {
    let found = survey.observed.iter().find(|(id, _)| id.as_str().ends_with(end));
    found.unwrap_or_else(|| panic!("{end} among {:?}", survey.observed.keys())).1
}

#[test]
fn a_database_is_known_and_what_was_asked_is_kept_apart() {
    let bed = Bed::start();
    let create = json!({
        "DBInstanceIdentifier": "school", "Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20,
        "MasterUsername": "root", "MasterUserPassword": "not-a-real-one", "BackupRetentionPeriod": 7,
        "Tags": [{"Key": "env", "Value": "prod"}],
    });
    let before = bed.survey(&act("rds", "CreateDBInstance", create.clone()));
    assert_eq!(seen(&before, "db:school").exists, Some(false), "proof that it was not there");
    bed.ok("rds", "CreateDBInstance", create);
    let delete =
        act("rds", "DeleteDBInstance", json!({"DBInstanceIdentifier": "school", "SkipFinalSnapshot": true}));
    let asked = forecaster_for(&delete).asked(&delete, &bed.answers(&delete)).forecast;
    assert_eq!((asked.recovery.before, asked.recovery.after), (Some(1), Some(0)), "{:?}", asked.points);
    let sent = bed.survey(&delete);
    assert_eq!((sent.forecast.recovery.before, sent.forecast.recovery.after), (Some(1), Some(2)));
    assert_eq!(sent.forecast.method, Method::Read);
    let school = seen(&sent, "db:school");
    assert_eq!(
        (school.exists, school.data, school.size.as_deref()),
        (Some(true), Bears::Yes, Some("20 GiB"))
    );
    assert_eq!(school.tags.as_ref().unwrap()["env"], "prod");
    assert!(school.immutable_id.is_some());
}

#[test]
fn what_is_made_was_not_there_before() {
    let bed = Bed::start();
    let trust = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let cases = [
        ("s3", "CreateBucket", json!({"Bucket": "photos"})),
        ("ec2", "CreateSecurityGroup", json!({"GroupName": "web", "Description": "web"})),
        ("iam", "CreateRole", json!({"RoleName": "worker", "AssumeRolePolicyDocument": trust})),
        ("iam", "CreateUser", json!({"UserName": "ci"})),
        ("iam", "CreatePolicy", json!({"PolicyName": "p", "PolicyDocument": policy})),
        ("iam", "CreateInstanceProfile", json!({"InstanceProfileName": "web"})),
        ("secretsmanager", "CreateSecret", json!({"Name": "app/db", "SecretString": "x"})),
        ("logs", "CreateLogGroup", json!({"logGroupName": "/app/web"})),
        ("sqs", "CreateQueue", json!({"QueueName": "jobs"})),
        ("sns", "CreateTopic", json!({"Name": "news"})),
        ("ecs", "CreateCluster", json!({"clusterName": "c"})),
        ("kinesis", "CreateStream", json!({"StreamName": "s", "ShardCount": 1})),
        ("ssm", "PutParameter", json!({"Name": "/app/x", "Value": "v", "Type": "String"})),
        ("ecr", "CreateRepository", json!({"repositoryName": "team/app"})),
    ];
    for (service, verb, parameters) in cases {
        let action = act(service, verb, parameters.clone());
        let before = bed.survey(&action);
        let said: Vec<_> = before.observed.iter().map(|(id, seen)| (id.as_str(), seen.exists)).collect();
        assert!(said.iter().any(|(_, exists)| *exists == Some(false)), "{service} {verb} before: {said:?}");
        bed.ok(service, verb, parameters);
        let after = bed.survey(&action);
        let said: Vec<_> = after.observed.iter().map(|(id, seen)| (id.as_str(), seen.exists)).collect();
        assert!(said.iter().any(|(_, exists)| *exists == Some(true)), "{service} {verb} after: {said:?}");
    }
}
