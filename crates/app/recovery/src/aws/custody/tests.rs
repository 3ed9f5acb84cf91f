use interlock_action::{Answer, Next, Operation, Surface};

use super::*;

mod stores;

fn kept(id: &str, of: &str, operation: &str) -> Point {
    Point::of(&Kept {
        id: id.to_owned(),
        of: of.into(),
        born: None,
        operation: Operation::new(operation),
        session: "ses-1".into(),
        surface: Surface::Aws,
        account: Some("111122223333".into()),
        region: Some("eu-west-1".to_owned()),
        made: 1,
    })
}

fn database() -> Point {
    kept(
        "arn:aws:rds:eu-west-1:111122223333:snapshot:interlock-school-1a2b",
        "arn:aws:rds:eu-west-1:111122223333:db:school",
        "aws:rds:DeleteDBInstance",
    )
}

fn capture() -> Point {
    kept(
        "arn:aws:s3:::interlock-recovery-111122223333-eu-west-1/0a1b/files/a b+c",
        "arn:aws:s3:::files/a b+c",
        "aws:s3:DeleteObject",
    )
}

/// The copy of a drill that began on 2026-11-01.
fn scratch() -> Scratch {
    Scratch { name: "interlock-drill-x".to_owned(), begun: 1_793_491_200_000 }
}

const SINCE: &str = "2026-11-01T00:01:00Z";
const BEFORE: &str = "2026-10-31T23:50:00Z";

/// The answers to all reads of a drill, by operation and parameters.
fn answers(point: &Point, answer: impl Fn(&str, &Value) -> Answer) -> Answers {
    let mut answers = Answers::new();
    loop {
        let mut reads = AwsKeep.drill_reads(point, &scratch(), &answers);
        reads.retain(|read| !answers.contains_key(&read.key));
        if reads.is_empty() {
            return answers;
        }
        for read in reads {
            let told = answer(read.call.operation.verb(), &read.call.arguments);
            answers.insert(read.key, told);
        }
    }
}

fn next(restored: Restored) -> (String, Value) {
    match restored {
        Restored::Not(Step { next: Next::Call(call), .. }) => {
            (call.operation.verb().to_owned(), call.arguments)
        }
        other => panic!("no call: {other:?}"),
    }
}

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/k";

fn snapshot() -> Answer {
    Answer::Found(json!({"DBSnapshots": [{
        "DBSnapshotArn": database().kept.id, "Status": "available", "Engine": "postgres", "EngineVersion": "16.3",
        "AllocatedStorage": 20, "KmsKeyId": KEY,
    }]}))
}

#[test]
fn a_snapshot_needs_its_key_and_gets_its_mark() {
    let kept = database();
    let answers =
        answers(&kept, |verb, _| if verb == "DescribeDBSnapshots" { snapshot() } else { Answer::NotFound });
    let sight = AwsKeep.see(&kept, &answers).unwrap();
    assert!(sight.there && sight.ready);
    assert_eq!(sight.depends, [KEY.into()]);
    let mark = AwsKeep.mark(&kept, &answers).unwrap();
    assert_eq!(mark.operation.verb(), "AddTagsToResource");
    assert_eq!(mark.arguments["Tags"][0]["Value"], kept.kept.of.as_str());
}

#[test]
fn a_database_is_restored_beside_the_one_that_is_there_compared_and_removed() {
    let kept = database();
    let with = |copy: Value| {
        answers(&kept, |verb, _| match verb {
            "DescribeDBSnapshots" => snapshot(),
            _ if copy.is_null() => Answer::NotFound,
            _ => Answer::Found(json!({"DBInstances": [copy]})),
        })
    };
    let (verb, arguments) = next(AwsKeep.restore(&kept, &scratch(), &with(Value::Null)).unwrap());
    assert_eq!(verb, "RestoreDBInstanceFromDBSnapshot");
    assert_eq!(arguments["DBInstanceIdentifier"], "interlock-drill-x");
    assert_eq!(arguments["PubliclyAccessible"], false);
    let making = with(json!({"DBInstanceStatus": "creating"}));
    assert!(matches!(
        AwsKeep.restore(&kept, &scratch(), &making).unwrap(),
        Restored::Not(Step { next: Next::Wait, .. })
    ));
    let copy = json!({"DBInstanceStatus": "available", "Engine": "postgres", "EngineVersion": "16.3",
        "AllocatedStorage": 20, "KmsKeyId": KEY, "InstanceCreateTime": SINCE, "TagList": mark("interlock-drill-x")});
    let Restored::Ready(compared) = AwsKeep.restore(&kept, &scratch(), &with(copy.clone())).unwrap() else {
        panic!("it is there");
    };
    assert!(compared.differs.is_empty(), "{compared:?}");
    assert_eq!(compared.figures["AllocatedStorage"], "20");
    let mut smaller = copy.clone();
    smaller["AllocatedStorage"] = json!(5);
    let Restored::Ready(compared) = AwsKeep.restore(&kept, &scratch(), &with(smaller)).unwrap() else {
        panic!("it is there");
    };
    assert_eq!(compared.differs, ["AllocatedStorage is 5, not 20"]);
    let step = AwsKeep.remove(&kept, &scratch(), &with(copy)).unwrap().unwrap();
    let Next::Call(call) = step.next else { panic!("{step:?}") };
    assert_eq!(call.arguments["DBInstanceIdentifier"], "interlock-drill-x", "only ever the copy");
    assert_eq!(AwsKeep.remove(&kept, &scratch(), &with(Value::Null)).unwrap(), None);
}

/// What stands where a copy should is neither taken for one nor removed.
fn is_left_alone(kept: &Point, answers: &Answers, why: &str) {
    let restored = AwsKeep.restore(kept, &scratch(), answers).unwrap_err();
    assert!(restored.contains(why), "{restored}");
    assert_eq!(AwsKeep.remove(kept, &scratch(), answers).unwrap_err(), restored);
}

#[test]
fn a_database_that_only_has_the_name_of_a_copy_is_left_alone() {
    let kept = database();
    let with = |made: &str, tags: Value| {
        let copy = json!({"DBInstanceStatus": "available", "Engine": "postgres", "EngineVersion": "16.3",
            "AllocatedStorage": 20, "KmsKeyId": KEY, "InstanceCreateTime": made, "TagList": tags});
        answers(&kept, |verb, _| match verb {
            "DescribeDBSnapshots" => snapshot(),
            _ => Answer::Found(json!({"DBInstances": [copy]})),
        })
    };
    for (made, tags) in [
        (SINCE, json!([])),
        (SINCE, mark("interlock-drill-y")),
        (SINCE, mark(kept.kept.of.as_str())),
        (BEFORE, json!([])),
    ] {
        is_left_alone(&kept, &with(made, tags), "was not restored here");
    }
    is_left_alone(&kept, &with(BEFORE, mark("interlock-drill-x")), "before the drill");
    is_left_alone(&kept, &with("whenever", mark("interlock-drill-x")), "before the drill");
}

#[test]
fn a_table_a_volume_and_an_object_that_only_have_the_name_of_a_copy_are_left_alone() {
    let table = backup();
    let with = |summary: Value| {
        answers(&table, |verb, _| {
            Answer::Found(match verb {
                "ListBackups" => {
                    json!({"BackupSummaries": [{"BackupName": table.kept.id, "BackupArn": "arn:b"}]})
                }
                "DescribeBackup" => json!({"BackupDescription": {
                    "BackupDetails": {"BackupArn": "arn:b", "BackupStatus": "AVAILABLE"},
                    "SourceTableDetails": {"ItemCount": 1, "KeySchema": []}}}),
                "DescribeTable" => {
                    json!({"Table": {"TableStatus": "ACTIVE", "KeySchema": [], "RestoreSummary": summary}})
                }
                _ => json!({"Count": 1}),
            })
        })
    };
    is_left_alone(&table, &with(Value::Null), "was not restored here");
    let other = json!({"SourceBackupArn": "arn:other", "RestoreDateTime": SINCE});
    is_left_alone(&table, &with(other), "was not restored here");
    let old = json!({"SourceBackupArn": "arn:b", "RestoreDateTime": BEFORE});
    is_left_alone(&table, &with(old), "before the drill");

    let volume = kept(
        "interlock-vol-1-1a2b",
        "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1",
        "aws:ec2:DeleteVolume",
    );
    let with = |made: &str, tags: Value| {
        answers(&volume, |verb, _| {
            Answer::Found(match verb {
                "DescribeSnapshots" => json!({"Snapshots": [{"SnapshotId": "snap-1", "State": "completed"}]}),
                "DescribeVolumes" => json!({"Volumes": [{"VolumeId": "vol-2", "State": "available",
                    "CreateTime": made, "Tags": tags}]}),
                _ => json!({}),
            })
        })
    };
    is_left_alone(&volume, &with(BEFORE, mark("interlock-drill-x")), "before the drill");
    is_left_alone(&volume, &with(SINCE, json!([])), "was not restored here");

    let object = capture();
    let with = |told: Value| answers(&object, |_, _| Answer::Found(told.clone()));
    is_left_alone(&object, &with(json!({"ETag": "x", "LastModified": BEFORE})), "before the drill");
    is_left_alone(&object, &with(json!({"ETag": "x"})), "nobody can tell");
    let since = with(json!({"ETag": "x", "LastModified": SINCE}));
    assert!(AwsKeep.remove(&object, &scratch(), &since).unwrap().is_some());
}

#[test]
fn a_captured_object_is_copied_once_more() {
    let kept = capture();
    let head = json!({"ContentLength": 3, "ETag": "\"x\"", "ContentType": "a/b", "Metadata": {}});
    let answers = answers(&kept, |_, arguments| match arguments["Key"].as_str() {
        Some(key) if key.starts_with("drill/") => Answer::NotFound,
        _ => Answer::Found(head.clone()),
    });
    let (verb, arguments) = next(AwsKeep.restore(&kept, &scratch(), &answers).unwrap());
    assert_eq!(verb, "CopyObject");
    assert_eq!(arguments["CopySource"], "interlock-recovery-111122223333-eu-west-1/0a1b/files/a%20b%2Bc");
    assert_eq!(arguments["Key"], "drill/interlock-drill-x");
    let depends = AwsKeep.see(&kept, &answers).unwrap().depends;
    assert_eq!(depends, ["arn:aws:s3:::interlock-recovery-111122223333-eu-west-1".into()]);
}

#[test]
fn an_emptied_table_is_no_backup() {
    let kept = backup();
    let schema = json!([{"AttributeName": "k", "KeyType": "HASH"}]);
    let with = |count: u64| {
        answers(&kept, |verb, _| {
            Answer::Found(match verb {
                "ListBackups" => {
                    json!({"BackupSummaries": [{"BackupName": kept.kept.id, "BackupArn": "arn:b"}]})
                }
                "DescribeBackup" => json!({"BackupDescription": {
                    "BackupDetails": {"BackupArn": "arn:b", "BackupStatus": "AVAILABLE"},
                    "SourceTableDetails": {"ItemCount": 7, "KeySchema": schema},
                }}),
                "DescribeTable" => json!({"Table": {"TableStatus": "ACTIVE", "KeySchema": schema,
                    "RestoreSummary": {"SourceBackupArn": "arn:b", "RestoreDateTime": SINCE}}}),
                "Scan" => json!({ "Count": count }),
                other => panic!("{other}"),
            })
        })
    };
    let compared = |count| match AwsKeep.restore(&kept, &scratch(), &with(count)).unwrap() {
        Restored::Ready(compared) => compared,
        other => panic!("{other:?}"),
    };
    assert!(compared(6).differs.is_empty(), "the service's own count is hours old");
    assert_eq!(compared(0).differs, ["it holds no items, not about 7"]);
}

fn backup() -> Point {
    kept(
        "interlock-orders-1a2b",
        "arn:aws:dynamodb:eu-west-1:111122223333:table/orders",
        "aws:dynamodb:DeleteTable",
    )
}

/// Of these backups of its name: their ARNs, and the tables that they are of.
fn backups(point: &Point, all: &[(&str, Option<&str>)]) -> Answers {
    let summary = |(arn, table): &(&str, Option<&str>)| json!({"BackupName": point.kept.id, "BackupArn": arn, "TableId": table});
    purge_answers(point, |verb, arguments| match verb {
        "ListBackups" => {
            Answer::Found(json!({"BackupSummaries": all.iter().map(summary).collect::<Vec<_>>()}))
        }
        "DescribeBackup" => {
            let one = all.iter().find(|(arn, _)| arguments["BackupArn"] == *arn);
            one.map_or(Answer::NotFound, |(arn, table)| {
                Answer::Found(json!({"BackupDescription": {
                    "BackupDetails": {"BackupArn": arn, "BackupStatus": "AVAILABLE"},
                    "SourceTableDetails": {"TableId": table, "TableCreationDateTime": "2026-01-01T00:00:00Z"},
                }}))
            })
        }
        _ => Answer::NotFound,
    })
}

#[test]
fn a_backup_is_the_one_that_was_seen_or_the_only_one_of_its_name_and_table() {
    let (own, other) = (("arn:b", Some("t-1")), ("arn:c", Some("t-2")));
    let fresh = Point {
        kept: Kept { born: Some("t-1 2026-01-01T00:00:00Z".to_owned()), ..backup().kept },
        ..backup()
    };
    let ids = |point: &Point, all: &[_]| AwsKeep.see(point, &backups(point, all)).map(|sight| sight.ids);
    for all in [&[other, own][..], &[own, other], &[own]] {
        assert_eq!(ids(&fresh, all), Ok(vec!["arn:b".to_owned()]), "{all:?}");
    }
    assert_eq!(ids(&fresh, &[other]), Ok(Vec::new()));
    // Two of its name and table, or two where nobody knows the table.
    let twins = [own, ("arn:d", Some("t-1"))];
    assert!(ids(&fresh, &twins).unwrap_err().contains("several backups"));
    assert!(ids(&backup(), &[other, own]).unwrap_err().contains("several backups"));
    let unseen = backups(&fresh, &twins);
    assert!(purges(&fresh, &unseen).is_err() && AwsKeep.stands(&fresh, &unseen) == Ok(false));
    // Once it was seen, whatever has its name is another one.
    let seen = point(backup(), &["arn:b"]);
    assert_eq!(ids(&seen, &twins), Ok(vec!["arn:b".to_owned()]));
    let (verb, arguments) = purges(&seen, &backups(&seen, &twins)).unwrap().unwrap();
    assert_eq!((verb.as_str(), &arguments), ("DeleteBackup", &json!({"BackupArn": "arn:b"})));
    assert_eq!(purges(&seen, &backups(&seen, &[other])), Ok(None), "it is gone");
}

#[test]
fn what_a_point_is_of_is_known_by_what_no_later_thing_has() {
    let of = |point: &Point, all: Answers| AwsKeep.see(point, &all).unwrap().of;
    let seen = point(backup(), &["arn:b"]);
    let table = |id| of(&seen, backups(&seen, &[("arn:b", id)]));
    assert_eq!(table(Some("t-1")).as_deref(), Some("t-1"));
    let made = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders 2026-01-01T00:00:00Z";
    assert_eq!(table(None).as_deref(), Some(made));
    let told = |kept: Point, record: Value| {
        let all = answers(&kept, |verb, _| match verb {
            "DescribeDBSnapshots" => Answer::Found(json!({"DBSnapshots": [record]})),
            "DescribeSnapshots" => Answer::Found(json!({"Snapshots": [record]})),
            "HeadObject" => Answer::Found(record.clone()),
            _ => Answer::NotFound,
        });
        of(&kept, all)
    };
    assert_eq!(
        told(database(), json!({"DBSnapshotArn": database().kept.id, "DbiResourceId": "db-A"})).as_deref(),
        Some("db-A")
    );
    assert_eq!(told(database(), json!({"DBSnapshotArn": database().kept.id})), None);
    let volume = |name| kept(name, "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1", "aws:ec2:DeleteVolume");
    let record = json!({"SnapshotId": "snap-9", "VolumeId": "vol-1"});
    assert_eq!(told(volume("interlock-vol-1-1a2b"), record.clone()).as_deref(), Some("vol-1"));
    assert_eq!(told(volume("interlock-snap-1-1a2b"), record), None, "a copy names any volume");
    assert_ne!(told(capture(), json!({"ETag": "one"})), told(capture(), json!({"ETag": "two"})));
    assert_eq!(told(capture(), json!({})), None);
}

#[test]
fn what_cannot_be_read_is_not_seen() {
    let kept = database();
    let answers = answers(&kept, |_, _| Answer::Unreadable("denied".to_owned()));
    assert!(AwsKeep.see(&kept, &answers).is_err());
    assert!(AwsKeep.restore(&kept, &scratch(), &answers).is_err());
    assert!(
        AwsKeep.remove(&kept, &scratch(), &answers).is_err(),
        "a copy that may be there is not forgotten"
    );
}

/// The answers to all reads of a removal.
fn purge_answers(point: &Point, answer: impl Fn(&str, &Value) -> Answer) -> Answers {
    let mut answers = Answers::new();
    loop {
        let mut reads = AwsKeep.purge_reads(point, &answers);
        reads.extend(AwsKeep.origin_reads(point, &answers));
        reads.retain(|read| !answers.contains_key(&read.key));
        if reads.is_empty() {
            return answers;
        }
        for read in reads {
            let told = answer(read.call.operation.verb(), &read.call.arguments);
            answers.insert(read.key, told);
        }
    }
}

/// A point that was seen under these ids.
fn point(point: Point, ids: &[&str]) -> Point {
    let ids = ids.iter().map(|id| (*id).to_owned()).collect();
    Point { sight: Some(Sight { there: true, ready: true, ids, ..Sight::default() }), ..point }
}

fn purges(point: &Point, answers: &Answers) -> Result<Option<(String, Value)>, String> {
    Ok(AwsKeep.purge(point, answers)?.map(|step| next(Restored::Not(step))))
}

#[test]
fn only_what_was_seen_is_removed() {
    let kept = kept(
        "interlock-vol-1-1a2b",
        "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1",
        "aws:ec2:DeleteVolume",
    );
    let with = |id: &'static str| {
        move |verb: &str, _: &Value| match verb {
            "DescribeSnapshots" => Answer::Found(json!({"Snapshots": [
                {"SnapshotId": id, "State": "completed", "VolumeId": "vol-1"}]})),
            _ => Answer::NotFound,
        }
    };
    let arn = |account: &str| format!("arn:aws:ec2:eu-west-1:{account}:snapshot/snap-1");
    let point = point(kept, &["snap-1", &arn("111122223333"), &arn("")]);
    let own = purge_answers(&point, with("snap-1"));
    let (verb, arguments) = purges(&point, &own).unwrap().unwrap();
    assert_eq!((verb.as_str(), &arguments), ("DeleteSnapshot", &json!({"SnapshotId": "snap-1"})));
    assert_eq!(AwsKeep.stands(&point, &own), Ok(false), "the volume is gone");
    // Whatever carries the mark by now.
    let other = purge_answers(&point, with("snap-2"));
    assert!(purges(&point, &other).unwrap_err().contains("another thing"));
    let gone = purge_answers(&point, |_, _| Answer::Found(json!({"Snapshots": []})));
    assert_eq!(purges(&point, &gone), Ok(None));
    // Without its mark it is still there.
    let unmarked = purge_answers(&point, |verb, arguments| match arguments.get("SnapshotIds") {
        Some(ids) => with("snap-1")(verb, ids),
        None => Answer::Found(json!({"Snapshots": []})),
    });
    assert_eq!(purges(&point, &unmarked).unwrap().unwrap().1, json!({"SnapshotId": "snap-1"}));
}

/// Groups, fleets and stacks end what volumes hang on, too.
#[test]
fn a_snapshot_of_a_volume_is_one_whatever_it_was_made_before() {
    for operation in [
        "aws:autoscaling:SetDesiredCapacity",
        "aws:cloudformation:DeleteStack",
        "aws:cloudcontrol:DeleteResource",
        "aws:ec2:DeleteVolume",
    ] {
        let kept = kept("interlock-vol-1-1a2b", "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1", operation);
        assert!(AwsKeep.drills(&kept.kept), "{operation}");
    }
}

#[test]
fn what_is_being_deleted_stands_no_longer() {
    let database = point(database(), &[&database().kept.id]);
    let with = |status: &'static str| {
        move |verb: &str, _: &Value| {
            Answer::Found(match verb {
                "DescribeDBSnapshots" => json!({"DBSnapshots": [{"DBSnapshotArn": self::database().kept.id,
                    "Status": "available", "DbiResourceId": "db-OLD"}]}),
                _ => json!({"DBInstances": [{"DBInstanceStatus": status, "DbiResourceId": "db-OLD"}]}),
            })
        }
    };
    let stands = |status| AwsKeep.stands(&database, &purge_answers(&database, with(status)));
    assert_eq!((stands("available"), stands("deleting")), (Ok(true), Ok(false)));

    let table = point(backup(), &["arn:b"]);
    let with = |status: &'static str| {
        move |verb: &str, _: &Value| {
            Answer::Found(match verb {
                "DescribeBackup" => json!({"BackupDescription": {"BackupDetails": {"BackupArn": "arn:b"},
                    "SourceTableDetails": {"TableId": "t-1"}}}),
                _ => json!({"Table": {"TableStatus": status, "TableId": "t-1"}}),
            })
        }
    };
    let stands = |status| AwsKeep.stands(&table, &purge_answers(&table, with(status)));
    assert_eq!((stands("ACTIVE"), stands("DELETING")), (Ok(true), Ok(false)));

    let volume = kept(
        "interlock-vol-1-1a2b",
        "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1",
        "aws:ec2:DetachVolume",
    );
    let volume = point(volume, &["snap-1"]);
    let with = |state: &'static str| {
        move |verb: &str, _: &Value| {
            Answer::Found(match verb {
                "DescribeSnapshots" => json!({"Snapshots": [{"SnapshotId": "snap-1", "VolumeId": "vol-1"}]}),
                _ => json!({"Volumes": [{"VolumeId": "vol-1", "State": state}]}),
            })
        }
    };
    let stands = |state| AwsKeep.stands(&volume, &purge_answers(&volume, with(state)));
    assert_eq!((stands("in-use"), stands("deleting")), (Ok(true), Ok(false)));
}

#[test]
fn a_database_of_the_same_name_is_not_the_one_that_is_gone() {
    let point = point(database(), &[&database().kept.id]);
    let with = |id: &'static str| {
        move |verb: &str, _: &Value| {
            Answer::Found(match verb {
                "DescribeDBSnapshots" => json!({"DBSnapshots": [{"DBSnapshotArn": database().kept.id,
                    "Status": "available", "DbiResourceId": "db-OLD"}]}),
                _ => json!({"DBInstances": [{"DBInstanceIdentifier": "school", "DbiResourceId": id}]}),
            })
        }
    };
    assert_eq!(AwsKeep.stands(&point, &purge_answers(&point, with("db-OLD"))), Ok(true));
    assert_eq!(AwsKeep.stands(&point, &purge_answers(&point, with("db-NEW"))), Ok(false));
    let (verb, arguments) = purges(&point, &purge_answers(&point, with("db-OLD"))).unwrap().unwrap();
    assert_eq!(verb, "DeleteDBSnapshot");
    assert_eq!(arguments, json!({"DBSnapshotIdentifier": "interlock-school-1a2b"}));
    let unread = purge_answers(&point, |_, _| Answer::Unreadable("denied".to_owned()));
    assert!(AwsKeep.stands(&point, &unread).is_err() && purges(&point, &unread).is_err());
}

#[test]
fn every_version_of_a_captured_object_goes_and_no_other() {
    let point = point(capture(), &[]);
    let key = "0a1b/files/a b+c";
    let with = |versions: Value, markers: Value, etag: &'static str| {
        move |verb: &str, arguments: &Value| match verb {
            "ListObjectVersions" => Answer::Found(json!({"Versions": versions, "DeleteMarkers": markers})),
            _ if arguments["Bucket"] == "files" => Answer::Found(json!({ "ETag": etag })),
            _ => Answer::Found(json!({"ETag": "one"})),
        }
    };
    let other = json!({"Key": format!("{key}d"), "VersionId": "v0"});
    let two = with(json!([other, {"Key": key, "VersionId": "v1"}]), json!([]), "one");
    let answers = purge_answers(&point, two);
    let (verb, arguments) = purges(&point, &answers).unwrap().unwrap();
    assert_eq!(
        (verb.as_str(), &arguments["VersionId"], &arguments["Key"]),
        ("DeleteObject", &json!("v1"), &json!(key))
    );
    assert_eq!(AwsKeep.stands(&point, &answers), Ok(true));
    let marker = purge_answers(&point, with(json!([other]), json!([{"Key": key, "VersionId": "m"}]), "two"));
    assert_eq!(purges(&point, &marker).unwrap().unwrap().1["VersionId"], "m");
    assert_eq!(AwsKeep.stands(&point, &marker), Ok(false), "another content has its name");
    let none = purge_answers(&point, with(json!([other]), json!([]), "one"));
    assert_eq!(purges(&point, &none), Ok(None));
}
