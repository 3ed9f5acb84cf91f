//! What a key closes, as far as the services' listings tell: volumes, databases, file systems, caches, warehouses,
//! secrets, and the snapshots that could be restored from. Objects in S3, items in DynamoDB, queues, log groups and what
//! programs closed themselves name their key nowhere that could be listed.

use interlock_action::{Action, Answers, Read};
use serde_json::{Value, json};

use super::super::{
    answer::{listed, or_dash, text},
    arn,
    draft::Draft,
    tally::Tally,
    words,
};

/// One listing.
struct User {
    service: &'static str,
    operation: &'static str,
    arguments: fn() -> Value,
    list: &'static str,
    id: &'static str,
    /// One of them in words.
    one: &'static str,
    /// The state in which a recovery point can be used; nothing for what is none.
    point: Option<(&'static str, &'static str)>,
}

const fn user(
    [service, operation, list]: [&'static str; 3],
    (id, one): (&'static str, &'static str),
    arguments: fn() -> Value,
    point: Option<(&'static str, &'static str)>,
) -> User {
    User { service, operation, arguments, list, id, one, point }
}

fn all() -> Value {
    json!({})
}

fn encrypted() -> Value {
    json!({"Filters": [{"Name": "encrypted", "Values": ["true"]}]})
}

fn own_encrypted() -> Value {
    json!({"Filters": [{"Name": "encrypted", "Values": ["true"]}], "OwnerIds": ["self"]})
}

const USERS: &[User] = &[
    user(["ec2", "DescribeVolumes", "Volumes"], ("/VolumeId", "volume"), encrypted, None),
    user(["rds", "DescribeDBInstances", "DBInstances"], ("/DBInstanceIdentifier", "database"), all, None),
    user(
        ["rds", "DescribeDBClusters", "DBClusters"],
        ("/DBClusterIdentifier", "database cluster"),
        all,
        None,
    ),
    user(["efs", "DescribeFileSystems", "FileSystems"], ("/FileSystemId", "file system"), all, None),
    user(["redshift", "DescribeClusters", "Clusters"], ("/ClusterIdentifier", "warehouse"), all, None),
    user(
        ["elasticache", "DescribeReplicationGroups", "ReplicationGroups"],
        ("/ReplicationGroupId", "cache"),
        all,
        None,
    ),
    user(["secretsmanager", "ListSecrets", "SecretList"], ("/Name", "secret"), all, None),
    user(
        ["ec2", "DescribeSnapshots", "Snapshots"],
        ("/SnapshotId", "volume snapshot"),
        own_encrypted,
        Some(("/State", "completed")),
    ),
    user(
        ["rds", "DescribeDBSnapshots", "DBSnapshots"],
        ("/DBSnapshotIdentifier", "database snapshot"),
        all,
        Some(("/Status", "available")),
    ),
    user(
        ["rds", "DescribeDBClusterSnapshots", "DBClusterSnapshots"],
        ("/DBClusterSnapshotIdentifier", "database cluster snapshot"),
        all,
        Some(("/Status", "available")),
    ),
    user(
        ["redshift", "DescribeClusterSnapshots", "Snapshots"],
        ("/SnapshotIdentifier", "warehouse snapshot"),
        all,
        Some(("/Status", "available")),
    ),
];

fn key(user: &User) -> String {
    format!("{} {} by key", user.service, user.operation)
}

/// The reads of all listings.
pub(super) fn reads(action: &Action) -> Vec<Read> {
    let of =
        |user: &User| crate::call::read(action, key(user), user.service, user.operation, (user.arguments)());
    USERS.iter().map(of).collect()
}

/// Whether a record names the key, by its ARN, its id or one of its aliases.
fn closed_by(record: &Value, names: &[&str]) -> bool {
    let named = ["/KmsKeyId", "/KmsKeyArn"].iter().find_map(|pointer| text(record, pointer));
    named.is_some_and(|named| {
        let last = named.strip_prefix("alias/").unwrap_or_else(|| arn::last(named));
        names.iter().any(|name| named == *name || last == *name)
    })
}

/// What the key closes: who uses it, and the recovery points, none of which can be used while the key cannot.
pub(super) fn tell(answers: &Answers, names: &[&str], draft: &mut Draft) -> (Vec<String>, Tally) {
    let mut tally = Tally::default();
    let mut closed = Vec::new();
    for user in USERS {
        let list = listed(answers, &key(user), user.list);
        draft.gap(list.gap(&format!("{}s of {}", user.one, user.service)));
        if !list.complete() && user.point.is_some() {
            tally.partial();
        }
        let mine: Vec<&Value> =
            list.entries().iter().copied().filter(|record| closed_by(record, names)).collect();
        if mine.is_empty() {
            continue;
        }
        let ids: Vec<&str> = mine.iter().map(|record| or_dash(record, user.id)).collect();
        let many = words::count(ids.len() as u64, user.one);
        closed.push(format!("{many}: {}", words::some(&ids, 5)));
        for record in user.point.iter().flat_map(|_| &mine) {
            let id = or_dash(record, user.id);
            let (state, usable) = user.point.unwrap_or_default();
            if text(record, state) == Some(usable) {
                tally.have(id, format!("{} {id}", user.one), false);
            }
        }
    }
    (closed, tally)
}
