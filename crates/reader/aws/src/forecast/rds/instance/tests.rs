use interlock_action::{Action, Answer, Bears, Effect, Kind, Reversibility, Securing, Survey};
use serde_json::{Value, json};

use crate::{
    forecast::{
        Forecaster, forecaster_for,
        testing::{action, found, gather, having, survey, target},
    },
    rules::facts,
};

const ID: &str = "arn:aws:rds:us-east-1:111122223333:db:school";

fn delete(arguments: Value) -> Action {
    let mut action = action("rds", "DeleteDBInstance", arguments);
    action.targets = vec![target(ID, Kind::Database, "school")];
    action
}

fn database() -> Value {
    json!({
        "DBInstanceIdentifier": "school", "DBInstanceArn": ID, "DBInstanceClass": "db.t3.micro", "Engine": "postgres",
        "EngineVersion": "14.7", "DBInstanceStatus": "available", "AllocatedStorage": 100,
        "DbiResourceId": "db-ABC", "InstanceCreateTime": "2024-01-01T00:00:00Z", "DeletionProtection": false,
        "BackupRetentionPeriod": 7, "PubliclyAccessible": false, "StorageEncrypted": false,
        "Endpoint": {"Address": "school.x.us-east-1.rds.amazonaws.com", "Port": 5432},
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "active"}],
        "TagList": [{"Key": "env", "Value": "prod"}],
    })
}

fn snapshot(name: &str, kind: &str) -> Value {
    json!({
        "DBSnapshotIdentifier": name, "DBSnapshotArn": format!("arn:aws:rds:us-east-1:111122223333:snapshot:{name}"),
        "SnapshotType": kind, "Status": "available", "SnapshotCreateTime": "2026-02-01T00:00:00Z", "Encrypted": false,
        "DbiResourceId": "db-ABC",
    })
}

fn answers(database: Value, snapshots: Vec<Value>) -> impl Fn(&str, &Value) -> Answer {
    move |operation, _| match operation {
        "DescribeDBInstances" => found(json!({ "DBInstances": [database] })),
        "DescribeDBSnapshots" => found(json!({ "DBSnapshots": snapshots })),
        "DescribeDBInstanceAutomatedBackups" => found(json!({"DBInstanceAutomatedBackups": []})),
        "DescribeKey" => found(json!({"KeyMetadata": {"KeyState": "Enabled"}})),
        // What a member or replica comes from is looked at for its environment alone.
        "DescribeDBClusters" => Answer::NotFound,
        other => panic!("{other} was not expected"),
    }
}

/// The survey as asked, and as sent.
fn both(action: &Action, answer: impl Fn(&str, &Value) -> Answer) -> (Survey, Survey) {
    let forecaster: &dyn Forecaster = forecaster_for(action);
    let answers = gather(action, answer);
    (forecaster.asked(action, &answers), forecaster.fold(action, &answers))
}

#[test]
fn snapshots_of_an_earlier_database_of_the_name_do_not_count() {
    let action = delete(json!({"DBInstanceIdentifier": "school", "SkipFinalSnapshot": true}));
    let of = |member: &str, told: &str| {
        let mut earlier = snapshot("earlier", "manual");
        earlier["DbiResourceId"] = Value::Null;
        earlier[member] = json!(told);
        let (asked, sent) = both(&action, answers(database(), vec![earlier]));
        let taken = sent.rewrite.unwrap()["FinalDBSnapshotIdentifier"].clone();
        assert_ne!(taken, json!("earlier"));
        (
            asked.forecast.recovery.before,
            asked.forecast.points[0].what.contains("of another one of that name"),
        )
    };
    assert_eq!(of("DbiResourceId", "db-OLD"), (Some(0), true));
    assert_eq!(of("DbiResourceId", "db-ABC"), (Some(1), false));
    assert_eq!(of("InstanceCreateTime", "2023-01-01T00:00:00Z"), (Some(0), true));
    assert_eq!(of("InstanceCreateTime", "2024-01-01T00:00:00Z"), (Some(1), false));
    assert_eq!(of("Engine", "postgres"), (Some(0), true), "it does not tell of which");
}

#[test]
fn automated_snapshots_die_as_asked_and_stay_as_sent() {
    let action = delete(json!({"DBInstanceIdentifier": "school", "SkipFinalSnapshot": true}));
    let snapshots = vec![
        snapshot("rds:school-1", "automated"),
        snapshot("rds:school-2", "automated"),
        snapshot("mine", "manual"),
    ];
    let (asked, sent) = both(&action, answers(database(), snapshots));
    assert_eq!((asked.forecast.recovery.before, asked.forecast.recovery.after), (Some(3), Some(1)));
    assert_eq!((sent.forecast.recovery.before, sent.forecast.recovery.after), (Some(3), Some(4)));
    assert_eq!(asked.facts.get(facts::RDS_AUTOMATED_BACKUPS_LOST), Some(&json!(true)));
    assert_eq!(asked.facts.get(facts::FINAL_SNAPSHOT_SKIPPED), Some(&json!(true)));
    assert_eq!(sent.facts.get(facts::RDS_AUTOMATED_BACKUPS_LOST), Some(&json!(false)));
    assert_eq!(sent.facts.get(facts::FINAL_SNAPSHOT_SKIPPED), Some(&json!(false)));
    assert_eq!(
        asked.forecast.data_loss,
        ["the data of database school, up to 100 GiB, but for what the surviving recovery points hold"]
    );
    assert!(sent.forecast.data_loss.is_empty());
    assert_eq!(
        sent.forecast.changes[0].what,
        "database school (postgres 14.7, db.t3.micro, 100 GiB) is deleted"
    );
    let last = &sent.forecast.changes.last().unwrap().what;
    assert!(last.contains("as asked, 1 recovery points would remain of 3"), "{last}");
    assert_eq!(asked.fingerprint, sent.fingerprint, "the rewrite changes nothing of the live state");
}

#[test]
fn nothing_remains_where_only_automated_snapshots_were() {
    let action = delete(
        json!({"DBInstanceIdentifier": "school", "SkipFinalSnapshot": true, "DeleteAutomatedBackups": true}),
    );
    let (asked, sent) = both(&action, answers(database(), vec![snapshot("rds:school-1", "automated")]));
    assert_eq!((asked.forecast.recovery.before, asked.forecast.recovery.after), (Some(1), Some(0)));
    assert_eq!(sent.forecast.recovery.after, Some(2));
    let none = both(&action, answers(database(), Vec::new())).0;
    assert_eq!((none.forecast.recovery.before, none.forecast.recovery.after), (Some(0), Some(0)));
    assert_eq!(
        none.facts.get(facts::RDS_AUTOMATED_BACKUPS_LOST),
        Some(&json!(false)),
        "there are none to lose"
    );
}

#[test]
fn the_rewrite_names_a_final_snapshot_bound_to_this_very_database() {
    let action = delete(json!({"DBInstanceIdentifier": "school", "SkipFinalSnapshot": true}));
    let sent = survey(&action, answers(database(), Vec::new()));
    let rewrite = sent.rewrite.clone().unwrap();
    assert_eq!(rewrite["SkipFinalSnapshot"], json!(false));
    assert_eq!(rewrite["DeleteAutomatedBackups"], json!(false));
    let name = rewrite["FinalDBSnapshotIdentifier"].as_str().unwrap().to_owned();
    let digits = name.strip_prefix("interlock-school-").unwrap();
    assert!(digits.len() == 8 && digits.chars().all(|digit| digit.is_ascii_hexdigit()), "{name}");
    let arn = format!("arn:aws:rds:us-east-1:111122223333:snapshot:{name}");
    assert_eq!(sent.securing, Securing::ByRewrite { makes: vec![arn] });
    assert_eq!(
        survey(&action, answers(database(), Vec::new())).rewrite,
        Some(rewrite),
        "the same call, the same name"
    );

    let mut younger = database();
    younger["InstanceCreateTime"] = json!("2026-01-01T00:00:00Z");
    let other = survey(&action, answers(younger, Vec::new())).rewrite.unwrap();
    assert_ne!(other["FinalDBSnapshotIdentifier"], json!(name), "a later database of the name gets another");
    let taken = survey(&action, answers(database(), vec![snapshot(&name, "manual")])).rewrite.unwrap();
    assert_ne!(taken["FinalDBSnapshotIdentifier"], json!(name), "a taken name is not used again");
}

#[test]
fn a_final_snapshot_of_the_requests_own_is_kept_and_counts() {
    let action = delete(json!({
        "DBInstanceIdentifier": "school", "SkipFinalSnapshot": false, "FinalDBSnapshotIdentifier": "goodbye",
    }));
    let (asked, sent) = both(&action, answers(database(), Vec::new()));
    assert_eq!(asked.forecast.recovery.after, Some(1));
    assert_eq!(sent.rewrite.unwrap()["FinalDBSnapshotIdentifier"], json!("goodbye"));
    let complete = delete(json!({
        "DBInstanceIdentifier": "school", "SkipFinalSnapshot": false, "FinalDBSnapshotIdentifier": "goodbye",
        "DeleteAutomatedBackups": false,
    }));
    let (_, sent) = both(&complete, answers(database(), Vec::new()));
    assert_eq!(sent.rewrite, None, "nothing is left to change");
    assert!(matches!(sent.securing, Securing::ByRewrite { .. }));
}

#[test]
fn what_is_unread_is_never_zero() {
    let action = delete(json!({"DBInstanceIdentifier": "school", "SkipFinalSnapshot": true}));
    let denied = |operation: &str, _: &Value| match operation {
        "DescribeDBInstances" => found(json!({ "DBInstances": [database()] })),
        _ => Answer::Unreadable("access denied".to_owned()),
    };
    let (asked, _) = both(&action, denied);
    assert_eq!((asked.forecast.recovery.before, asked.forecast.recovery.after), (None, None));
    assert!(asked.forecast.unknowns.iter().any(|unknown| unknown.contains("snapshots could not be read")));
    assert_eq!(asked.facts.get(facts::RDS_AUTOMATED_BACKUPS_LOST), None);

    let blind = survey(&action, |_, _| Answer::Unreadable("access denied".to_owned()));
    assert!(matches!(blind.securing, Securing::Impossible(_)));
    assert_eq!(blind.forecast.recovery.after, None);
    assert_eq!(blind.rewrite, None);
    assert_eq!(blind.observed[&ID.into()].exists, None);
}

#[test]
fn a_snapshot_whose_key_is_gone_restores_nothing() {
    let action = delete(json!({"DBInstanceIdentifier": "school", "SkipFinalSnapshot": true}));
    let mut encrypted = snapshot("mine", "manual");
    encrypted["Encrypted"] = json!(true);
    encrypted["KmsKeyId"] = json!("arn:aws:kms:us-east-1:111122223333:key/k1");
    let with_key = |state: &'static str| {
        let inner = answers(database(), vec![encrypted.clone()]);
        move |operation: &str, arguments: &Value| match operation {
            "DescribeKey" => found(json!({"KeyMetadata": {"KeyState": state}})),
            _ => inner(operation, arguments),
        }
    };
    assert_eq!(both(&action, with_key("Enabled")).0.forecast.recovery.before, Some(1));
    let gone = both(&action, with_key("PendingDeletion")).0.forecast;
    assert_eq!((gone.recovery.before, gone.recovery.after), (Some(0), Some(0)));
    assert!(gone.points[0].what.contains("PendingDeletion"));
}

#[test]
fn replicas_members_and_broken_databases_make_no_final_snapshot() {
    let action = delete(json!({"DBInstanceIdentifier": "school", "SkipFinalSnapshot": true}));
    let mut replica = database();
    replica["ReadReplicaSourceDBInstanceIdentifier"] = json!("main");
    let sent = survey(&action, answers(replica, Vec::new()));
    assert_eq!(sent.rewrite, None);
    let Securing::ByCalls { calls, proof, .. } = &sent.securing else { panic!("{:?}", sent.securing) };
    assert_eq!(calls[0].operation.verb(), "CreateDBSnapshot");
    assert_eq!(proof[0].2, json!("available"));
    assert!(
        sent.forecast
            .dependents
            .iter()
            .any(|line| line.contains("read replica cannot make a final snapshot"))
    );

    let mut member = database();
    member["Engine"] = json!("aurora-postgresql");
    member["DBClusterIdentifier"] = json!("campus");
    let sent = survey(&action, answers(member, Vec::new()));
    assert_eq!((sent.rewrite, sent.securing), (None, Securing::NotNeeded));
    assert_eq!(sent.observed[&ID.into()].data, Bears::No);

    let mut broken = database();
    broken["DBInstanceStatus"] = json!("incompatible-restore");
    let sent = survey(&action, answers(broken, Vec::new()));
    assert!(matches!(sent.securing, Securing::Impossible(_)));
    assert_eq!(sent.forecast.reversibility, Reversibility::None);
}

#[test]
fn protection_existence_tags_and_identity_are_observed() {
    let action = delete(json!({"DBInstanceIdentifier": "school", "SkipFinalSnapshot": true}));
    let mut protected = database();
    protected["DeletionProtection"] = json!(true);
    let sent = survey(&action, answers(protected, Vec::new()));
    assert_eq!(sent.facts.get(facts::RDS_DELETION_PROTECTED), Some(&json!(true)));
    assert!(sent.forecast.changes.iter().any(|change| change.what.contains("the service will refuse")));
    let seen = &sent.observed[&ID.into()];
    assert_eq!((seen.exists, seen.data, seen.size.as_deref()), (Some(true), Bears::Yes, Some("100 GiB")));
    assert_eq!(seen.immutable_id.as_deref(), Some("db-ABC 2024-01-01T00:00:00Z"));
    assert_eq!(seen.tags.as_ref().unwrap()["env"], "prod");

    let gone = survey(&action, |operation, _| match operation {
        "DescribeDBInstances" => Answer::NotFound,
        _ => found(json!({"DBSnapshots": [], "DBInstanceAutomatedBackups": []})),
    });
    assert_eq!(gone.observed[&ID.into()].exists, Some(false));
    assert_eq!(gone.forecast.changes[0].what, "there is nothing named school: the service will refuse");
    assert_eq!(gone.securing, Securing::NotNeeded);
}

#[test]
fn retention_zero_drops_the_automated_backups() {
    let modify = |arguments: Value| {
        let mut action = having(action("rds", "ModifyDBInstance", arguments), Effect::Update);
        action.targets = vec![target(ID, Kind::Database, "school")];
        action
    };
    let action = modify(json!({"DBInstanceIdentifier": "school", "BackupRetentionPeriod": 0}));
    let sent = survey(&action, answers(database(), vec![snapshot("rds:school-1", "automated")]));
    assert_eq!((sent.forecast.recovery.before, sent.forecast.recovery.after), (Some(1), Some(0)));
    assert_eq!(sent.facts.get(facts::RDS_RETENTION_LOWERED), Some(&json!(true)));
    assert!(matches!(sent.securing, Securing::ByCalls { .. }));
    assert_eq!(sent.forecast.changes[0].effect, Effect::RecoveryLoss);

    let shorter = modify(json!({"DBInstanceIdentifier": "school", "BackupRetentionPeriod": 1}));
    let sent = survey(&shorter, answers(database(), vec![snapshot("rds:school-1", "automated")]));
    assert_eq!((sent.forecast.recovery.before, sent.forecast.recovery.after), (Some(1), Some(0)));
    assert!(matches!(sent.securing, Securing::ByCalls { .. }));
    assert_eq!(sent.forecast.changes[0].effect, Effect::RecoveryLoss);
    assert_ne!(sent.forecast.reversibility, Reversibility::Exact);
    let longer = modify(json!({"DBInstanceIdentifier": "school", "BackupRetentionPeriod": 35}));
    let sent = survey(&longer, answers(database(), vec![snapshot("rds:school-1", "automated")]));
    assert_eq!((sent.securing, sent.forecast.reversibility), (Securing::NotNeeded, Reversibility::Exact));

    let resize = modify(
        json!({"DBInstanceIdentifier": "school", "DBInstanceClass": "db.m5.large", "VpcSecurityGroupIds": ["sg-1"]}),
    );
    let sent = survey(&resize, answers(database(), Vec::new()));
    assert_eq!(sent.facts.get(facts::RDS_CHANGE_INTERRUPTS), Some(&json!(true)));
    assert_eq!(sent.facts.get(facts::RDS_GROUPS_CHANGED), Some(&json!(false)));
    assert_eq!(sent.facts.get(facts::RDS_RETENTION_LOWERED), Some(&json!(false)));
    // The record tells the groups under another name: nobody vouches for a way back of them.
    assert_eq!(sent.forecast.reversibility, Reversibility::None);
    assert_eq!(sent.forecast.changes[0].before, Some(json!("db.t3.micro")));
    let alone = modify(json!({"DBInstanceIdentifier": "school", "DBInstanceClass": "db.m5.large"}));
    let sent = survey(&alone, answers(database(), Vec::new()));
    assert_eq!(sent.forecast.reversibility, Reversibility::Exact);
    for hidden in ["Domain", "CACertificateIdentifier", "NetworkType"] {
        let restart =
            modify(json!({"DBInstanceIdentifier": "school", "ApplyImmediately": true, hidden: "x"}));
        let sent = survey(&restart, answers(database(), Vec::new()));
        assert_eq!(sent.facts.get(facts::RDS_CHANGE_INTERRUPTS), Some(&json!(true)), "{hidden}");
    }
}
