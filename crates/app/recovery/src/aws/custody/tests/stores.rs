//! Warehouses, caches and memory databases.

use super::*;

/// A snapshot of a service, its record, a copy that is as it should be, and the calls that restore and remove that.
struct Row {
    kept: Point,
    snapshots: (&'static str, Value),
    copies: (&'static str, &'static str, Value),
    restore: (&'static str, Value),
    delete: (&'static str, Value),
    purge: (&'static str, Value),
}

fn rows() -> Vec<Row> {
    let arn = |rest: &str| format!("arn:aws:{rest}");
    let (at, scratch) = ("eu-west-1:111122223333", "interlock-drill-x");
    let tags = json!([{"Key": POINT, "Value": scratch}]);
    let id = arn(&format!("redshift:{at}:snapshot:wh/interlock-wh-1a2b"));
    let redshift = Row {
        kept: kept(&id, &arn(&format!("redshift:{at}:cluster:wh")), "aws:redshift:DeleteCluster"),
        snapshots: (
            "DescribeClusterSnapshots",
            json!({"Snapshots": [{"SnapshotArn": id, "Status": "available", "NodeType": "ra3.large",
                "NumberOfNodes": 2, "DBName": "d", "Encrypted": true, "KmsKeyId": KEY, "Tags": []}]}),
        ),
        copies: (
            "DescribeClusters",
            "/Clusters/0/ClusterStatus",
            json!({"Clusters": [{"ClusterStatus": "available", "NodeType": "ra3.large", "NumberOfNodes": 2,
                "DBName": "d", "Encrypted": true, "KmsKeyId": KEY, "RestoreStatus": {"Status": "completed"},
                "ClusterCreateTime": SINCE}]}),
        ),
        restore: (
            "RestoreFromClusterSnapshot",
            json!({"ClusterIdentifier": scratch, "SnapshotIdentifier": "interlock-wh-1a2b", "PubliclyAccessible": false}),
        ),
        delete: ("DeleteCluster", json!({"ClusterIdentifier": scratch, "SkipFinalClusterSnapshot": true})),
        purge: ("DeleteClusterSnapshot", json!({"SnapshotIdentifier": "interlock-wh-1a2b"})),
    };
    let id = arn(&format!("elasticache:{at}:snapshot:interlock-c-1a2b"));
    let elasticache = Row {
        kept: kept(
            &id,
            &arn(&format!("elasticache:{at}:replicationgroup:c")),
            "aws:elasticache:DeleteReplicationGroup",
        ),
        snapshots: (
            "DescribeSnapshots",
            json!({"Snapshots": [{"ARN": id, "SnapshotStatus": "available", "CacheNodeType": "cache.t4g.micro",
                "CacheSubnetGroupName": "private", "NumNodeGroups": 2, "KmsKeyId": KEY}]}),
        ),
        copies: (
            "DescribeReplicationGroups",
            "/ReplicationGroups/0/Status",
            json!({"ReplicationGroups": [{"Status": "available", "CacheNodeType": "cache.t4g.micro", "KmsKeyId": KEY,
                "ARN": "arn:copy", "ReplicationGroupCreateTime": SINCE, "NodeGroups": [{}, {}]}]}),
        ),
        restore: (
            "CreateReplicationGroup",
            json!({"ReplicationGroupId": scratch, "ReplicationGroupDescription": "a drill of a recovery point",
                "SnapshotName": "interlock-c-1a2b", "CacheNodeType": "cache.t4g.micro",
                "CacheSubnetGroupName": "private", "NumNodeGroups": 2, "AutomaticFailoverEnabled": true,
                "AtRestEncryptionEnabled": true, "KmsKeyId": KEY, "Tags": tags}),
        ),
        delete: ("DeleteReplicationGroup", json!({ "ReplicationGroupId": scratch })),
        purge: ("DeleteSnapshot", json!({"SnapshotName": "interlock-c-1a2b"})),
    };
    let id = arn(&format!("memorydb:{at}:snapshot/interlock-m-1a2b"));
    let of = json!({"NodeType": "db.t4g.small", "EngineVersion": "7.1", "SubnetGroupName": "private", "NumShards": 1});
    let memorydb = Row {
        kept: kept(&id, &arn(&format!("memorydb:{at}:cluster/m")), "aws:memorydb:DeleteCluster"),
        snapshots: (
            "DescribeSnapshots",
            json!({"Snapshots": [{"ARN": id, "Status": "available", "KmsKeyId": KEY, "ClusterConfiguration": of}]}),
        ),
        copies: (
            "DescribeClusters",
            "/Clusters/0/Status",
            json!({"Clusters": [{"Status": "available", "NodeType": "db.t4g.small", "EngineVersion": "7.1",
                "NumberOfShards": 1, "KmsKeyId": KEY, "ARN": "arn:copy"}]}),
        ),
        restore: (
            "CreateCluster",
            json!({"ClusterName": scratch, "SnapshotName": "interlock-m-1a2b", "ACLName": "open-access",
                "NodeType": "db.t4g.small", "EngineVersion": "7.1", "SubnetGroupName": "private", "NumShards": 1,
                "NumReplicasPerShard": 0, "KmsKeyId": KEY, "Tags": tags}),
        ),
        delete: ("DeleteCluster", json!({ "ClusterName": scratch })),
        purge: ("DeleteSnapshot", json!({"SnapshotName": "interlock-m-1a2b"})),
    };
    vec![redshift, elasticache, memorydb]
}

#[test]
fn stores_are_restored_beside_what_there_is_compared_and_removed() {
    for row in rows() {
        let scratch = &scratch();
        let with = |copy: Option<Value>| {
            answers(&row.kept, |verb, arguments| match verb {
                verb if verb == row.snapshots.0 => Answer::Found(row.snapshots.1.clone()),
                verb if verb == row.copies.0 => copy.clone().map_or(Answer::NotFound, Answer::Found),
                _ if arguments.to_string().contains("arn:copy") => {
                    Answer::Found(json!({"TagList": mark(&scratch.name)}))
                }
                _ => Answer::Found(json!({"TagList": []})),
            })
        };
        let none = with(None);
        let sight = AwsKeep.see(&row.kept, &none).unwrap();
        assert_eq!((sight.there, sight.ready, &sight.depends[..]), (true, true, &[KEY.into()][..]));
        let marks = AwsKeep.mark(&row.kept, &none).unwrap();
        assert_eq!(marks.arguments["Tags"], json!([{"Key": POINT, "Value": row.kept.kept.of}]));
        let (verb, arguments) = next(AwsKeep.restore(&row.kept, scratch, &none).unwrap());
        assert_eq!((verb.as_str(), &arguments), (row.restore.0, &row.restore.1));
        assert_eq!(AwsKeep.remove(&row.kept, scratch, &none).unwrap(), None);
        let mut making = row.copies.2.clone();
        *making.pointer_mut(row.copies.1).unwrap() = json!("creating");
        let making = with(Some(making));
        let waits = |step: &Step| matches!(step.next, Next::Wait);
        let Restored::Not(step) = AwsKeep.restore(&row.kept, scratch, &making).unwrap() else {
            panic!("{verb}")
        };
        assert!(waits(&step) && waits(&AwsKeep.remove(&row.kept, scratch, &making).unwrap().unwrap()));
        let whole = with(Some(row.copies.2.clone()));
        let Restored::Ready(compared) = AwsKeep.restore(&row.kept, scratch, &whole).unwrap() else {
            panic!("{verb}")
        };
        assert!(compared.differs.is_empty() && compared.figures["KmsKeyId"] == KEY, "{compared:?}");
        let Next::Call(call) = AwsKeep.remove(&row.kept, scratch, &whole).unwrap().unwrap().next else {
            panic!("{verb}");
        };
        assert_eq!((call.operation.verb(), &call.arguments), (row.delete.0, &row.delete.1));
        // Under another key it is not the same.
        let other = row.copies.2.to_string().replace(KEY, "arn:aws:kms:eu-west-1:111122223333:key/other");
        let other = with(Some(serde_json::from_str(&other).unwrap()));
        let Restored::Ready(compared) = AwsKeep.restore(&row.kept, scratch, &other).unwrap() else {
            panic!("{verb}")
        };
        assert_eq!(compared.differs.len(), 1, "{compared:?}");

        // Nor is it the copy without the mark, or if it is older than the drill.
        for (own, foreign) in [("arn:copy", "arn:other"), (SINCE, BEFORE)] {
            let told = row.copies.2.to_string();
            if told.contains(own) {
                let other = with(Some(serde_json::from_str(&told.replace(own, foreign)).unwrap()));
                let restored = AwsKeep.restore(&row.kept, scratch, &other).unwrap_err();
                assert!(restored.contains("it is left alone"), "{restored}");
                assert!(AwsKeep.remove(&row.kept, scratch, &other).is_err(), "nothing else is removed");
            }
        }

        let seen = point(row.kept.clone(), &[&row.kept.kept.id]);
        let gone = purge_answers(&seen, |verb, _| match verb {
            verb if verb == row.snapshots.0 => Answer::Found(row.snapshots.1.clone()),
            verb if verb.starts_with("List") => Answer::Found(json!({"TagList": []})),
            _ => Answer::NotFound,
        });
        assert_eq!(AwsKeep.stands(&seen, &gone), Ok(false));
        assert_eq!(purges(&seen, &gone).unwrap().unwrap(), (row.purge.0.to_owned(), row.purge.1.clone()));
    }
}

#[test]
fn a_store_that_is_being_deleted_stands_no_longer() {
    for row in rows() {
        let seen = point(row.kept.clone(), &[&row.kept.kept.id]);
        let going = purge_answers(&seen, |verb, _| match verb {
            verb if verb == row.snapshots.0 => Answer::Found(row.snapshots.1.clone()),
            verb if verb.starts_with("List") => Answer::Found(json!({"TagList": []})),
            _ => Answer::Found(
                serde_json::from_str(&row.copies.2.to_string().replace("available", "deleting")).unwrap(),
            ),
        });
        assert_eq!(AwsKeep.stands(&seen, &going), Ok(false), "{}", row.kept.kept.id);
    }
}
