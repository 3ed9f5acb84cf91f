//! What holds of every forecaster.

use interlock_action::{Action, Answer, Answers, Bears, Effect, Kind, Method, Read, Reversibility, Securing};
use serde_json::{Value, json};

use super::testing::{action, having, survey, target};

/// A request, and the one target that it acts on.
type Request = (&'static str, Value, &'static str, Kind);

/// One request of each kind, with as little as it needs.
fn requests() -> Vec<Request> {
    let mut all = databases();
    all.extend(others());
    all.extend(stores());
    all
}

#[rustfmt::skip]
fn stores() -> Vec<Request> {
    use Kind::{Cluster, DatabaseCluster, DatabaseSnapshot, Dns, FileSystem, Key, Secret, Snapshot};
    vec![
        ("efs:DeleteFileSystem", json!({"FileSystemId": "fs-1"}), "arn:aws:elasticfilesystem:us-east-1:1:file-system/fs-1", FileSystem),
        ("elasticache:DeleteReplicationGroup", json!({"ReplicationGroupId": "g"}), "arn:aws:elasticache:us-east-1:1:replicationgroup:g", Cluster),
        ("elasticache:DeleteCacheCluster", json!({"CacheClusterId": "c"}), "arn:aws:elasticache:us-east-1:1:cluster:c", Cluster),
        ("elasticache:DeleteSnapshot", json!({"SnapshotName": "s"}), "arn:aws:elasticache:us-east-1:1:snapshot:s", Snapshot),
        ("memorydb:DeleteCluster", json!({"ClusterName": "m"}), "arn:aws:memorydb:us-east-1:1:cluster/m", Cluster),
        ("redshift:DeleteCluster", json!({"ClusterIdentifier": "w"}), "arn:aws:redshift:us-east-1:1:cluster:w", DatabaseCluster),
        ("redshift:DeleteClusterSnapshot", json!({"SnapshotIdentifier": "s"}), "arn:aws:redshift:us-east-1:1:snapshot:s", DatabaseSnapshot),
        ("kms:ScheduleKeyDeletion", json!({"KeyId": "k"}), "arn:aws:kms:us-east-1:1:key/k", Key),
        ("secretsmanager:DeleteSecret", json!({"SecretId": "s"}), "arn:aws:secretsmanager:us-east-1:1:secret:s", Secret),
        ("ssm:DeleteParameter", json!({"Name": "/p"}), "arn:aws:ssm:us-east-1:1:parameter/p", Secret),
        ("route53:DeleteHostedZone", json!({"Id": "Z"}), "arn:aws:route53:::hostedzone/Z", Dns),
        ("autoscaling:DeleteAutoScalingGroup", json!({"AutoScalingGroupName": "g"}), "arn:aws:autoscaling:us-east-1:1:autoScalingGroup:*:autoScalingGroupName/g", Kind::Group),
    ]
}

#[rustfmt::skip]
fn databases() -> Vec<Request> {
    use Kind::{Database, DatabaseCluster, DatabaseSnapshot, Snapshot, Table};
    let item = json!({"TableName": "t", "Key": {"id": {"S": "1"}}});
    let backup = "arn:aws:dynamodb:us-east-1:1:table/t/backup/b";
    vec![
        ("rds:DeleteDBInstance", json!({"DBInstanceIdentifier": "d"}), "arn:aws:rds:us-east-1:1:db:d", Database),
        ("rds:DeleteDBCluster", json!({"DBClusterIdentifier": "d"}), "arn:aws:rds:us-east-1:1:cluster:d", DatabaseCluster),
        ("rds:DeleteDBSnapshot", json!({"DBSnapshotIdentifier": "d"}), "arn:aws:rds:us-east-1:1:snapshot:d", DatabaseSnapshot),
        ("dynamodb:DeleteTable", json!({"TableName": "t"}), "arn:aws:dynamodb:us-east-1:1:table/t", Table),
        ("dynamodb:DeleteItem", item, "arn:aws:dynamodb:us-east-1:1:table/t", Table),
        ("dynamodb:DeleteBackup", json!({ "BackupArn": backup }), backup, Snapshot),
    ]
}

#[rustfmt::skip]
fn others() -> Vec<Request> {
    use Kind::{Cluster, Image, Instance, LogGroup, Object, Other, Queue, Snapshot, Stack, Stream, Volume};
    vec![
        ("s3:DeleteObject", json!({"Bucket": "b", "Key": "k"}), "arn:aws:s3:::b/k", Object),
        ("s3:DeleteObject", json!({"Bucket": "b", "Key": "k", "VersionId": "v"}), "arn:aws:s3:::b/k", Object),
        ("ec2:TerminateInstances", json!({"InstanceIds": ["i-1"]}), "arn:aws:ec2:us-east-1:1:instance/i-1", Instance),
        ("ec2:DeleteVolume", json!({"VolumeId": "vol-1"}), "arn:aws:ec2:us-east-1:1:volume/vol-1", Volume),
        ("ec2:DeleteSnapshot", json!({"SnapshotId": "snap-1"}), "arn:aws:ec2:us-east-1:1:snapshot/snap-1", Snapshot),
        ("ec2:DeregisterImage", json!({"ImageId": "ami-1"}), "arn:aws:ec2:us-east-1::image/ami-1", Image),
        ("logs:DeleteLogGroup", json!({"logGroupName": "g"}), "arn:aws:logs:us-east-1:1:log-group:g", LogGroup),
        ("sqs:PurgeQueue", json!({"QueueUrl": "u"}), "arn:aws:sqs:us-east-1:1:q", Queue),
        ("eks:DeleteCluster", json!({"name": "c"}), "arn:aws:eks:us-east-1:1:cluster/c", Cluster),
        ("kinesis:DeleteStream", json!({"StreamName": "s"}), "arn:aws:kinesis:us-east-1:1:stream/s", Stream),
        ("opensearch:DeleteDomain", json!({"DomainName": "d"}), "arn:aws:es:us-east-1:1:domain/d", Cluster),
        ("ecr:DeleteRepository", json!({"repositoryName": "r"}), "arn:aws:ecr:us-east-1:1:repository/r", Image),
        ("backup:DeleteBackupVault", json!({"BackupVaultName": "v"}), "arn:aws:backup:us-east-1:1:backup-vault:v", Snapshot),
        ("backup:DeleteRecoveryPoint", json!({"BackupVaultName": "v", "RecoveryPointArn": "arn:aws:backup:us-east-1:1:recovery-point:p"}), "arn:aws:backup:us-east-1:1:recovery-point:p", Snapshot),
        ("cloudformation:DeleteStack", json!({"StackName": "s"}), "arn:aws:cloudformation:us-east-1:1:stack/s/*", Stack),
        ("cloudformation:UpdateStack", json!({"StackName": "s"}), "arn:aws:cloudformation:us-east-1:1:stack/s/*", Stack),
        ("cloudformation:ExecuteChangeSet", json!({"StackName": "s", "ChangeSetName": "c"}), "arn:aws:cloudformation:us-east-1:1:stack/s/*", Stack),
        ("glacier:DeleteArchive", json!({}), "arn:aws:glacier:us-east-1:1:vaults/v", Other),
    ]
}

#[test]
fn who_sees_nothing_promises_nothing() {
    for (name, arguments, id, kind) in requests() {
        let (service, operation) = name.split_once(':').unwrap();
        let mut action = action(service, operation, arguments);
        action.targets = vec![target(id, kind, super::arn::last(id))];
        let blind = survey(&action, |_, _| Answer::Unreadable("denied".to_owned()));
        assert!(matches!(blind.securing, Securing::Impossible(_)), "{name}: {:?}", blind.securing);
        assert!(!blind.forecast.unknowns.is_empty(), "{name}");
        assert_eq!(blind.forecast.recovery.after, None, "{name}");
        assert_eq!(blind.forecast.method, Method::Assumed, "{name}");
        assert_ne!(blind.forecast.reversibility, Reversibility::Exact, "{name}");
        assert!(!blind.forecast.changes.is_empty(), "{name}");
        assert!(!blind.forecast.data_loss.is_empty(), "{name}");
        // What these requests skip or name stands in the request itself.
        let told = ["s3", "secretsmanager"].contains(&service);
        assert!(
            blind.facts.0.values().all(|fact| fact != &json!(false)) || told,
            "{name}: {:?}",
            blind.facts
        );
        let seen = blind.observed.values();
        assert!(seen.into_iter().all(|seen| seen.exists.is_none() && seen.data != Bears::No), "{name}");
    }
}

/// A forecaster that says what it is told to, and forgets the recovery point.
struct Forgets(fn(&mut super::Draft));

impl super::Look for Forgets {
    fn knows(&self, _action: &Action) -> bool {
        true
    }
    fn wants(&self, _action: &Action, _so_far: &Answers) -> Vec<Read> {
        Vec::new()
    }
    fn tell(&self, _action: &Action, _answers: &Answers, draft: &mut super::Draft) {
        (self.0)(draft);
    }
}

#[test]
fn a_forecaster_that_forgot_is_no_recovery_point() {
    let id = "arn:aws:glacier:us-east-1:1:vaults/v";
    let securing = |effect, data, says: fn(&mut super::Draft)| {
        let mut action = having(action("glacier", "DeleteVault", json!({})), effect);
        action.targets = vec![target(id, Kind::Other, "v")];
        action.targets[0].data = data;
        super::plain(&Forgets(says), &action, &Answers::new()).securing
    };
    let lost = |securing| matches!(securing, Securing::Impossible(_));
    assert!(lost(securing(Effect::Destroy, Bears::Yes, |_| {})));
    assert!(lost(securing(Effect::Destroy, Bears::Unknown, |_| {})));
    assert!(lost(securing(Effect::Update, Bears::No, |draft| draft.lose("all of it"))));
    assert!(lost(securing(Effect::Update, Bears::No, |draft| {
        draft.secure(Securing::NotNeeded);
        draft.lose("all of it");
    })));
    assert_eq!(securing(Effect::Destroy, Bears::No, |_| {}), Securing::NotNeeded);
    assert_eq!(securing(Effect::Update, Bears::Yes, |_| {}), Securing::NotNeeded);
    let kept = |draft: &mut super::Draft| draft.secure(Securing::NotNeeded);
    assert_eq!(securing(Effect::Destroy, Bears::Yes, kept), Securing::NotNeeded, "who decided is believed");
    let late = |draft: &mut super::Draft| {
        draft.secure(Securing::Impossible("unread".to_owned()));
        draft.secure(Securing::Exists);
    };
    assert!(lost(securing(Effect::Destroy, Bears::Yes, late)), "what is said last does not win");
}

#[test]
fn plain_reads_cost_no_reads() {
    let mut action = having(action("rds", "DescribeDBInstances", json!({})), Effect::Read);
    action.targets = vec![target("arn:aws:rds:us-east-1:1:db:d", Kind::Database, "d")];
    survey(&action, |operation, _| panic!("{operation} was not expected"));
}

#[test]
fn a_generic_destroy_of_what_bears_no_data_needs_no_point() {
    let mut action = action("sns", "DeleteTopic", json!({"TopicArn": "arn:aws:sns:us-east-1:1:t"}));
    action.targets = vec![target("arn:aws:sns:us-east-1:1:t", Kind::Topic, "t")];
    action.targets[0].data = Bears::No;
    let survey = survey(&action, |operation, _| match operation {
        "GetTopicAttributes" => {
            super::testing::found(json!({"Attributes": {"TopicArn": "arn:aws:sns:us-east-1:1:t"}}))
        }
        _ => super::testing::found(json!({"Tags": [{"Key": "env", "Value": "dev"}]})),
    });
    assert_eq!(survey.securing, Securing::NotNeeded);
    assert_eq!(survey.forecast.method, Method::Read);
    assert_eq!(survey.observed[&"arn:aws:sns:us-east-1:1:t".into()].tags.as_ref().unwrap()["env"], "dev");
}

#[test]
fn what_no_table_lists_the_catalogue_may_say_how_to_find() {
    let mut action = action("glue", "DeleteDatabase", json!({"Name": "lake"}));
    let id = "arn:aws:glue:us-east-1:111122223333:database/lake";
    action.targets = vec![target(id, Kind::Schema, "lake")];
    let there = survey(&action, |operation, arguments| {
        assert_eq!((operation, &arguments["Name"]), ("GetDatabase", &json!("lake")));
        super::testing::found(json!({"Database": {"Name": "lake"}}))
    });
    assert_eq!((there.observed[&id.into()].exists, there.forecast.method), (Some(true), Method::Read));
    assert!(there.forecast.unknowns.iter().any(|one| one.contains("name and parameters alone")));
    assert!(matches!(there.securing, Securing::Impossible(_)));
    assert_eq!(there.forecast.reversibility, Reversibility::None);
    let absent = survey(&action, |_, _| Answer::NotFound);
    assert!(absent.forecast.changes[0].what.contains("the service will refuse"));
    let unread = survey(&action, |_, _| Answer::Unreadable("denied".to_owned()));
    assert_eq!((unread.observed[&id.into()].exists, unread.forecast.method), (None, Method::Assumed));
}
