//! Forecasts of real calls against a real server: every read that a forecaster asks for is written by the catalogue,
//! answered by moto, read back, and folded; what Interlock would call first is called, and its proof looked at.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod wire_common;

use interlock_action::{Bears, Method, Reversibility, Securing, Survey};
use interlock_reader_aws::forecast::forecaster_for;
use serde_json::json;
use wire_common::bed::{Bed, act};

/// What was seen of the target whose id ends so.
fn seen<'a>(survey: &'a Survey, end: &str) -> &'a interlock_action::Observed {
    let found = survey.observed.iter().find(|(id, _)| id.as_str().ends_with(end));
    found.unwrap_or_else(|| panic!("{end} among {:?}", survey.observed.keys())).1
}

#[test]
fn a_database_goes_and_its_points_stay() {
    let bed = Bed::start();
    let create = json!({
        "DBInstanceIdentifier": "school", "Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20,
        "MasterUsername": "root", "MasterUserPassword": "not-a-real-one", "BackupRetentionPeriod": 7,
        "Tags": [{"Key": "env", "Value": "prod"}],
    });
    let before = bed.survey(&act("rds", "CreateDBInstance", create.clone()));
    assert_eq!(seen(&before, "db:school").exists, Some(false), "proof that it was not there");
    bed.ok("rds", "CreateDBInstance", create);
    bed.ok(
        "rds",
        "CreateDBSnapshot",
        json!({"DBInstanceIdentifier": "school", "DBSnapshotIdentifier": "mine"}),
    );

    let delete =
        act("rds", "DeleteDBInstance", json!({"DBInstanceIdentifier": "school", "SkipFinalSnapshot": true}));
    let answers = bed.answers(&delete);
    let asked = forecaster_for(&delete).asked(&delete, &answers).forecast;
    assert_eq!((asked.recovery.before, asked.recovery.after), (Some(2), Some(1)), "{:?}", asked.points);
    let sent = bed.survey(&delete);
    assert_eq!((sent.forecast.recovery.before, sent.forecast.recovery.after), (Some(2), Some(3)));
    assert_eq!(sent.forecast.method, Method::Read);
    let school = seen(&sent, "db:school");
    assert_eq!(
        (school.exists, school.data, school.size.as_deref()),
        (Some(true), Bears::Yes, Some("20 GiB"))
    );
    assert_eq!(school.tags.as_ref().unwrap()["env"], "prod");
    assert!(school.immutable_id.is_some());

    // What was forecast is what happens.
    bed.ok("rds", "DeleteDBInstance", sent.rewrite.unwrap());
    let Securing::ByRewrite { makes } = &sent.securing else { panic!("{:?}", sent.securing) };
    let left = bed.ok("rds", "DescribeDBSnapshots", json!({}));
    let arns: Vec<&str> = left["DBSnapshots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["DBSnapshotArn"].as_str().unwrap())
        .collect();
    assert!(arns.contains(&makes[0].as_str()), "{arns:?}");
    assert_eq!(arns.len(), 3, "{arns:?}");

    let again = bed.survey(&delete);
    assert!(
        again.forecast.changes[0].what.starts_with("there is nothing named school"),
        "{:?}",
        again.forecast.changes
    );

    let snapshot = act("rds", "DeleteDBSnapshot", json!({"DBSnapshotIdentifier": "mine"}));
    let survey = bed.survey(&snapshot);
    assert_eq!((survey.forecast.recovery.before, survey.forecast.recovery.after), (Some(3), Some(2)));
    assert_eq!(survey.securing, Securing::Exists);
}

#[test]
fn a_cluster_goes_with_a_final_snapshot() {
    let bed = Bed::start();
    bed.ok(
        "rds",
        "CreateDBCluster",
        json!({
            "DBClusterIdentifier": "campus", "Engine": "aurora-postgresql", "MasterUsername": "root",
            "MasterUserPassword": "not-a-real-one", "Tags": [{"Key": "env", "Value": "dev"}],
        }),
    );
    bed.ok("rds", "CreateDBInstance", json!({
        "DBInstanceIdentifier": "campus-1", "DBClusterIdentifier": "campus", "Engine": "aurora-postgresql",
        "DBInstanceClass": "db.t3.medium",
    }));
    let member = bed.survey(&act("rds", "DeleteDBInstance", json!({"DBInstanceIdentifier": "campus-1"})));
    assert_eq!((member.securing, member.rewrite), (Securing::NotNeeded, None));
    bed.ok("rds", "DeleteDBInstance", json!({"DBInstanceIdentifier": "campus-1", "SkipFinalSnapshot": true}));
    let delete =
        act("rds", "DeleteDBCluster", json!({"DBClusterIdentifier": "campus", "SkipFinalSnapshot": true}));
    let survey = bed.survey(&delete);
    assert_eq!(seen(&survey, "cluster:campus").tags.as_ref().unwrap()["env"], "dev");
    bed.ok("rds", "DeleteDBCluster", survey.rewrite.unwrap());
    let left = bed.ok("rds", "DescribeDBClusterSnapshots", json!({"DBClusterIdentifier": "campus"}));
    let left = left["DBClusterSnapshots"].as_array().unwrap().len();
    assert_eq!(u32::try_from(left).ok(), survey.forecast.recovery.after);
}

#[test]
fn a_table_is_backed_up_before_it_goes() {
    let bed = Bed::start();
    let create = json!({
        "TableName": "courses", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "Tags": [{"Key": "env", "Value": "prod"}],
    });
    assert_eq!(
        seen(&bed.survey(&act("dynamodb", "CreateTable", create.clone())), "table/courses").exists,
        Some(false)
    );
    bed.ok("dynamodb", "CreateTable", create);
    let delete = act("dynamodb", "DeleteTable", json!({"TableName": "courses"}));
    let empty = bed.survey(&delete);
    assert_eq!(seen(&empty, "table/courses").data, Bears::No);
    assert_eq!(empty.securing, Securing::NotNeeded);

    let item = json!({"id": {"S": "1"}, "title": {"S": "history"}});
    let put = act("dynamodb", "PutItem", json!({"TableName": "courses", "Item": item}));
    let new = bed.survey(&put);
    assert_eq!(
        (new.facts.get("dynamodb:item-exists"), new.securing),
        (Some(&json!(false)), Securing::NotNeeded)
    );
    bed.ok("dynamodb", "PutItem", json!({"TableName": "courses", "Item": item}));
    let over = bed.survey(&put);
    assert_eq!(over.facts.get("dynamodb:item-exists"), Some(&json!(true)));

    let full = bed.survey(&delete);
    assert_eq!((full.forecast.recovery.before, full.forecast.recovery.after), (Some(0), Some(0)));
    assert_eq!(seen(&full, "table/courses").tags.as_ref().unwrap()["env"], "prod");
    bed.secure(&full.securing);
    let after = bed.survey(&delete);
    assert_eq!((after.forecast.recovery.before, after.forecast.recovery.after), (Some(1), Some(1)));
    assert_eq!(after.fingerprint, full.fingerprint, "the point that was made does not void the approval");
    bed.secure(&after.securing);

    bed.ok(
        "dynamodb",
        "UpdateContinuousBackups",
        json!({
            "TableName": "courses", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
        }),
    );
    let with_history = bed.survey(&delete);
    assert_eq!(
        (with_history.forecast.recovery.before, with_history.forecast.recovery.after),
        (Some(3), Some(2))
    );
    bed.ok("dynamodb", "DeleteTable", json!({"TableName": "courses"}));
    let left = bed.ok("dynamodb", "ListBackups", json!({"TableName": "courses"}));
    assert_eq!(left["BackupSummaries"].as_array().unwrap().len(), 2);
    let arn = left["BackupSummaries"][0]["BackupArn"].clone();
    let backup = bed.survey(&act("dynamodb", "DeleteBackup", json!({ "BackupArn": arn })));
    assert_eq!(backup.forecast.recovery.after, Some(1), "{:?}", backup.forecast);
}

#[test]
fn objects_are_kept_by_versions_or_by_copies() {
    let bed = Bed::start();
    let create = act("s3", "CreateBucket", json!({"Bucket": "photos"}));
    assert_eq!(seen(&bed.survey(&create), ":photos").exists, Some(false));
    bed.ok("s3", "CreateBucket", json!({"Bucket": "photos"}));
    let empty = bed.survey(&act("s3", "DeleteBucket", json!({"Bucket": "photos"})));
    assert_eq!(seen(&empty, ":photos").data, Bears::No);
    assert_eq!(seen(&empty, ":photos").tags.as_ref().map(|tags| tags.len()), Some(0));
    assert!(seen(&empty, ":photos").immutable_id.is_some());

    let place = json!({"Bucket": "photos", "Key": "2024/a b.jpg"});
    let put = act("s3", "PutObject", place.clone());
    assert_eq!(seen(&bed.survey(&put), "photos/2024/a b.jpg").exists, Some(false));
    bed.ok("s3", "PutObject", place.clone());
    bed.ok(
        "s3",
        "PutBucketTagging",
        json!({"Bucket": "photos", "Tagging": {"TagSet": [{"Key": "env", "Value": "prod"}]}}),
    );
    let full = bed.survey(&act("s3", "DeleteBucket", json!({"Bucket": "photos"})));
    assert_eq!(seen(&full, ":photos").data, Bears::Yes);

    let delete = act("s3", "DeleteObject", place.clone());
    let lost = bed.survey(&delete);
    assert_eq!(lost.facts.get("s3:bucket-versioned"), Some(&json!(false)));
    assert_eq!(seen(&lost, "2024/a b.jpg").tags.as_ref().unwrap()["env"], "prod");
    bed.secure(&lost.securing);
    let again = bed.survey(&delete);
    let Securing::ByCalls { calls, .. } = &again.securing else { panic!("{:?}", again.securing) };
    assert_eq!(calls.len(), 1, "the bucket of copies is there now");

    bed.ok(
        "s3",
        "PutBucketVersioning",
        json!({"Bucket": "photos", "VersioningConfiguration": {"Status": "Enabled"}}),
    );
    bed.ok("s3", "PutObject", place.clone());
    let marked = bed.survey(&delete);
    assert_eq!((marked.securing, marked.forecast.reversibility), (Securing::NotNeeded, Reversibility::Exact));
    let head = bed.ok("s3", "HeadObject", place.clone());
    let version = head["VersionId"].clone();
    let final_one = bed.survey(&act(
        "s3",
        "DeleteObject",
        json!({"Bucket": "photos", "Key": "2024/a b.jpg", "VersionId": version}),
    ));
    assert_eq!((final_one.forecast.recovery.before, final_one.forecast.recovery.after), (Some(2), Some(1)));
    bed.secure(&final_one.securing);
}

#[test]
fn machines_and_their_volumes() {
    let bed = Bed::start();
    let vpc = bed.ok("ec2", "CreateVpc", json!({"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"].clone();
    let subnet = bed.ok("ec2", "CreateSubnet", json!({"VpcId": vpc, "CidrBlock": "10.0.1.0/24"}))["Subnet"]["SubnetId"].clone();
    let make = json!({"GroupName": "web", "Description": "web", "VpcId": vpc});
    let before = bed.survey(&act("ec2", "CreateSecurityGroup", make.clone()));
    assert!(before.observed.values().any(|seen| seen.exists == Some(false)), "{:?}", before.observed);
    let group = bed.ok("ec2", "CreateSecurityGroup", make)["GroupId"].clone();
    let rule = json!({"GroupId": group, "IpPermissions": [
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
    ]});
    let authorize = act("ec2", "AuthorizeSecurityGroupIngress", rule);
    let alone = bed.survey(&authorize);
    assert_eq!(alone.facts.get("ec2:group-in-use"), Some(&json!(false)));
    assert!(seen(&alone, group.as_str().unwrap()).attached_to.is_empty());

    let images = bed.ok("ec2", "DescribeImages", json!({}));
    let image = images["Images"]
        .as_array()
        .unwrap()
        .iter()
        .find(|image| image["RootDeviceType"] == json!("ebs"))
        .unwrap();
    let run = json!({
        "ImageId": image["ImageId"], "MinCount": 1, "MaxCount": 1, "InstanceType": "m5d.large", "SubnetId": subnet,
        "SecurityGroupIds": [group],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "env", "Value": "dev"}]}],
    });
    let instance = bed.ok("ec2", "RunInstances", run)["Instances"][0]["InstanceId"].clone();
    let used = bed.survey(&authorize);
    assert_eq!(used.facts.get("ec2:group-in-use"), Some(&json!(true)));
    let reached = &seen(&used, group.as_str().unwrap()).attached_to;
    assert!(reached.iter().any(|id| id.as_str().ends_with(instance.as_str().unwrap())), "{reached:?}");

    let terminate = act("ec2", "TerminateInstances", json!({"InstanceIds": [instance]}));
    let survey = bed.survey(&terminate);
    assert_eq!(survey.discovered.len(), 1);
    assert_eq!(survey.facts.get("ec2:has-instance-store"), Some(&json!(true)));
    assert_eq!((survey.forecast.recovery.before, survey.forecast.recovery.after), (Some(0), Some(0)));
    assert_eq!(seen(&survey, instance.as_str().unwrap()).tags.as_ref().unwrap()["env"], "dev");
    bed.secure(&survey.securing);
    let after = bed.survey(&terminate);
    assert_eq!(after.forecast.recovery.after, Some(1));
    assert_eq!(after.fingerprint, survey.fingerprint);
    let subnet_goes = bed.survey(&act("ec2", "DeleteSubnet", json!({"SubnetId": subnet})));
    assert!(subnet_goes.forecast.dependents.iter().any(|line| line.contains(instance.as_str().unwrap())));
}

#[test]
fn a_volume_and_its_snapshots() {
    let bed = Bed::start();
    let volume =
        bed.ok("ec2", "CreateVolume", json!({"AvailabilityZone": "us-east-1a", "Size": 8}))["VolumeId"]
            .clone();
    let delete = act("ec2", "DeleteVolume", json!({"VolumeId": volume}));
    let survey = bed.survey(&delete);
    bed.secure(&survey.securing);
    let again = bed.survey(&delete);
    assert_eq!(again.forecast.recovery.after, Some(1));
    bed.secure(&again.securing);
    let found =
        bed.ok("ec2", "DescribeSnapshots", json!({"Filters": [{"Name": "volume-id", "Values": [volume]}]}));
    let snapshot = found["Snapshots"][0]["SnapshotId"].clone();
    let one = bed.survey(&act("ec2", "DeleteSnapshot", json!({ "SnapshotId": snapshot })));
    assert_eq!((one.forecast.recovery.before, one.forecast.recovery.after), (Some(2), Some(1)));
    assert_eq!(one.securing, Securing::Exists);
}

#[test]
fn identities_and_other_things() {
    let bed = Bed::start();
    let trust = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let create = json!({"RoleName": "worker", "AssumeRolePolicyDocument": trust, "Path": "/app/", "Tags": [{"Key": "env", "Value": "dev"}]});
    let before = bed.survey(&act("iam", "CreateRole", create.clone()));
    assert_eq!(seen(&before, "worker").exists, Some(false));
    bed.ok("iam", "CreateRole", create);
    let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let made = bed.ok("iam", "CreatePolicy", json!({"PolicyName": "look", "PolicyDocument": policy}));
    bed.ok("iam", "AttachRolePolicy", json!({"RoleName": "worker", "PolicyArn": made["Policy"]["Arn"]}));
    let delete = bed.survey(&act("iam", "DeleteRole", json!({"RoleName": "worker"})));
    assert!(
        delete.forecast.dependents.contains(&"1 attached policy: look".to_owned()),
        "{:?}",
        delete.forecast
    );
    assert_eq!(seen(&delete, "worker").tags.as_ref().unwrap()["env"], "dev");

    let cases = [
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
