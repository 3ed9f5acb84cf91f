//! Snapshots of RDS databases and clusters, Redshift clusters, ElastiCache replication groups and MemoryDB clusters: final ones,
//! and those made before.
//!
//! Depends on the key that it is encrypted with. Drill: restored as another store, private and unprotected, of a cache in the
//! subnets that the snapshot names; compared by engine, size, node type, nodes or shards, database, master user and key;
//! removed without a snapshot of its own. A restored database cluster has no instance: what is shown is that the volume comes
//! back. A copy of ElastiCache or MemoryDB asks for no password while it stands: whoever is in the default security group of its
//! network reaches it. Reads: the snapshot's record and its tags, the copy's record.

use interlock_action::{Answers, Call, Read, Step};
use interlock_flow::custody::{Restored, Scratch, Sight};
use serde_json::{Map, Value, json};

use super::{
    super::way::{found, list, wait},
    At, Kind, born, compare, goes, is_marked, made_for, mark, marked, same_id, text,
};

/// A read: the operation, the parameter that names the thing, and where the records stand.
type Lookup = (&'static str, &'static str, &'static str);

/// A service: what its operations and their members are called.
pub(super) struct Store {
    service: &'static str,
    /// What stands in a snapshot's ARN before the name.
    part: &'static str,
    snapshot: Lookup,
    /// The member of the snapshot that says how it is.
    status: &'static str,
    /// The member that is its ARN.
    arn: &'static str,
    /// The read of its tags, with its parameter; none where its own record tells them.
    tags: Option<(&'static str, &'static str)>,
    /// Where the tags stand, in that answer or in the record.
    tagged: &'static str,
    /// The operation that tags, and its parameter for the ARN.
    tag: (&'static str, &'static str),
    copy: Lookup,
    /// The member of the copy that says how it is.
    copied: &'static str,
    /// The members of the copy that are its ARN, where it is restored with the mark, and the time when it was made, where the
    /// service tells that. Where tags have no read, its own record tells its mark.
    made: (Option<&'static str>, Option<&'static str>),
    /// The operation that restores.
    restore: &'static str,
    /// Its parameters: the snapshot's name, its record, and the copy's name.
    given: fn(&str, &Value, &str) -> Value,
    /// The member of the snapshot that says how large it is, and in what.
    size: (&'static str, &'static str),
    /// What a copy has of its snapshot.
    compared: &'static [(&'static str, &'static str)],
    /// The operation that deletes, and what else it is given.
    delete: (&'static str, &'static [&'static str]),
    /// The operation that removes the snapshot itself.
    purge: &'static str,
    /// The read of what a snapshot is of, by what its ARN has before the name; and, of both, the members that are its id, which
    /// is given once, and the time when it was made.
    origins: &'static [(&'static str, Lookup, (&'static str, &'static str))],
}

const DATABASES: Lookup = ("DescribeDBInstances", "DBInstanceIdentifier", "/DBInstances");
const DATABASE_CLUSTERS: Lookup = ("DescribeDBClusters", "DBClusterIdentifier", "/DBClusters");

const REDSHIFT_CLUSTERS: Lookup = ("DescribeClusters", "ClusterIdentifier", "/Clusters");
const GROUPS: Lookup = ("DescribeReplicationGroups", "ReplicationGroupId", "/ReplicationGroups");
const CACHES: Lookup = ("DescribeCacheClusters", "CacheClusterId", "/CacheClusters");
const MEMORYDB_CLUSTERS: Lookup = ("DescribeClusters", "ClusterName", "/Clusters");

/// What a copy of a database has of its snapshot.
const DATABASE: &[(&str, &str)] = &[
    ("/Engine", "/Engine"),
    ("/EngineVersion", "/EngineVersion"),
    ("/AllocatedStorage", "/AllocatedStorage"),
    ("/MasterUsername", "/MasterUsername"),
    ("/KmsKeyId", "/KmsKeyId"),
];

pub(super) static RDS: Store = Store {
    service: "rds",
    part: ":snapshot:",
    snapshot: ("DescribeDBSnapshots", "DBSnapshotIdentifier", "/DBSnapshots"),
    status: "/Status",
    arn: "/DBSnapshotArn",
    tags: None,
    tagged: "/TagList",
    tag: ("AddTagsToResource", "ResourceName"),
    copy: DATABASES,
    copied: "/DBInstanceStatus",
    made: (Some("/DBInstanceArn"), Some("/InstanceCreateTime")),
    restore: "RestoreDBInstanceFromDBSnapshot",
    given: |snapshot, _, scratch| {
        json!({
            "DBInstanceIdentifier": scratch,
            "DBSnapshotIdentifier": snapshot,
            "PubliclyAccessible": false,
            "DeletionProtection": false,
            "Tags": mark(scratch),
        })
    },
    size: ("AllocatedStorage", "GiB"),
    compared: DATABASE,
    delete: ("DeleteDBInstance", &["SkipFinalSnapshot"]),
    purge: "DeleteDBSnapshot",
    origins: &[(":db:", DATABASES, ("/DbiResourceId", "/InstanceCreateTime"))],
};

pub(super) static RDS_CLUSTER: Store = Store {
    service: "rds",
    part: ":cluster-snapshot:",
    snapshot: ("DescribeDBClusterSnapshots", "DBClusterSnapshotIdentifier", "/DBClusterSnapshots"),
    status: "/Status",
    arn: "/DBClusterSnapshotArn",
    tags: None,
    tagged: "/TagList",
    tag: ("AddTagsToResource", "ResourceName"),
    copy: DATABASE_CLUSTERS,
    copied: "/Status",
    made: (Some("/DBClusterArn"), Some("/ClusterCreateTime")),
    restore: "RestoreDBClusterFromSnapshot",
    given: |snapshot, record, scratch| {
        given(json!({
            "DBClusterIdentifier": scratch,
            "SnapshotIdentifier": snapshot,
            "Engine": record.get("Engine"),
            "DeletionProtection": false,
            "Tags": mark(scratch),
        }))
    },
    size: ("AllocatedStorage", "GiB"),
    compared: DATABASE,
    delete: ("DeleteDBCluster", &["SkipFinalSnapshot"]),
    purge: "DeleteDBClusterSnapshot",
    origins: &[(":cluster:", DATABASE_CLUSTERS, ("/DbClusterResourceId", "/ClusterCreateTime"))],
};

pub(super) static REDSHIFT: Store = Store {
    service: "redshift",
    part: ":snapshot:",
    snapshot: ("DescribeClusterSnapshots", "SnapshotIdentifier", "/Snapshots"),
    status: "/Status",
    arn: "/SnapshotArn",
    tags: None,
    tagged: "/Tags",
    tag: ("CreateTags", "ResourceName"),
    copy: REDSHIFT_CLUSTERS,
    copied: "/ClusterStatus",
    // What restores a warehouse takes no tags.
    made: (None, Some("/ClusterCreateTime")),
    restore: "RestoreFromClusterSnapshot",
    given: |snapshot, _, scratch| json!({"ClusterIdentifier": scratch, "SnapshotIdentifier": snapshot, "PubliclyAccessible": false}),
    size: ("TotalBackupSizeInMegaBytes", "MB"),
    compared: &[
        ("/NodeType", "/NodeType"),
        ("/NumberOfNodes", "/NumberOfNodes"),
        ("/DBName", "/DBName"),
        ("/MasterUsername", "/MasterUsername"),
        ("/Encrypted", "/Encrypted"),
        ("/KmsKeyId", "/KmsKeyId"),
    ],
    delete: ("DeleteCluster", &["SkipFinalClusterSnapshot"]),
    purge: "DeleteClusterSnapshot",
    origins: &[(":cluster:", REDSHIFT_CLUSTERS, ("", "/ClusterCreateTime"))],
};

pub(super) static ELASTICACHE: Store = Store {
    service: "elasticache",
    part: ":snapshot:",
    snapshot: ("DescribeSnapshots", "SnapshotName", "/Snapshots"),
    status: "/SnapshotStatus",
    arn: "/ARN",
    tags: Some(("ListTagsForResource", "ResourceName")),
    tagged: "/TagList",
    tag: ("AddTagsToResource", "ResourceName"),
    copy: GROUPS,
    copied: "/Status",
    made: (Some("/ARN"), Some("/ReplicationGroupCreateTime")),
    restore: "CreateReplicationGroup",
    given: |snapshot, record, scratch| {
        let shards = record.get("NumNodeGroups").and_then(Value::as_u64).filter(|shards| *shards > 1);
        let key = text(record, "/KmsKeyId");
        given(json!({
            "ReplicationGroupId": scratch,
            "ReplicationGroupDescription": "a drill of a recovery point",
            "SnapshotName": snapshot,
            "CacheNodeType": record.get("CacheNodeType"),
            "CacheSubnetGroupName": record.get("CacheSubnetGroupName"),
            "NumNodeGroups": shards,
            "AutomaticFailoverEnabled": shards.map(|_| true),
            "AtRestEncryptionEnabled": key.map(|_| true),
            "KmsKeyId": key,
            "Tags": mark(scratch),
        }))
    },
    size: ("TotalBackupSizeInMegaBytes", "MB"),
    compared: &[("/CacheNodeType", "/CacheNodeType"), ("/KmsKeyId", "/KmsKeyId")],
    delete: ("DeleteReplicationGroup", &[]),
    purge: "DeleteSnapshot",
    origins: &[
        (":replicationgroup:", GROUPS, ("", "/ReplicationGroupCreateTime")),
        (":cluster:", CACHES, ("", "/CacheClusterCreateTime")),
    ],
};

pub(super) static MEMORYDB: Store = Store {
    service: "memorydb",
    part: ":snapshot/",
    snapshot: ("DescribeSnapshots", "SnapshotName", "/Snapshots"),
    status: "/Status",
    arn: "/ARN",
    tags: Some(("ListTags", "ResourceArn")),
    tagged: "/TagList",
    tag: ("TagResource", "ResourceArn"),
    copy: MEMORYDB_CLUSTERS,
    copied: "/Status",
    made: (Some("/ARN"), None),
    restore: "CreateCluster",
    given: |snapshot, record, scratch| {
        let of = |member: &str| record.pointer(&format!("/ClusterConfiguration/{member}"));
        given(json!({
            "ClusterName": scratch,
            "SnapshotName": snapshot,
            "ACLName": "open-access",
            "NodeType": of("NodeType"),
            "EngineVersion": of("EngineVersion"),
            "SubnetGroupName": of("SubnetGroupName"),
            "NumShards": of("NumShards"),
            "NumReplicasPerShard": 0,
            "KmsKeyId": record.get("KmsKeyId"),
            "Tags": mark(scratch),
        }))
    },
    size: ("TotalBackupSizeInMegaBytes", "MB"),
    compared: &[
        ("/ClusterConfiguration/NodeType", "/NodeType"),
        ("/ClusterConfiguration/NumShards", "/NumberOfShards"),
        ("/ClusterConfiguration/EngineVersion", "/EngineVersion"),
        ("/KmsKeyId", "/KmsKeyId"),
    ],
    delete: ("DeleteCluster", &[]),
    purge: "DeleteSnapshot",
    // Its ARN is all that tells a cluster apart, and a later one has the same.
    origins: &[(":cluster/", MEMORYDB_CLUSTERS, ("", ""))],
};

/// Parameters without those that are not known.
fn given(all: Value) -> Value {
    let known = all.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    Value::Object(known.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
}

impl Store {
    /// The snapshot's name: what a warehouse's snapshot is of stands in front of it.
    fn name<'a>(&self, at: &At<'a>) -> &'a str {
        let (_, name) = at.kept.id.split_once(self.part).unwrap_or_default();
        name.rsplit('/').next().unwrap_or_default()
    }

    fn look(&self, at: &At<'_>) -> Value {
        json!({ self.snapshot.1: self.name(at) })
    }

    fn record<'a>(&self, at: &At<'_>, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
        let answer = found(answers, self.service, self.snapshot.0, &self.look(at))?;
        let all = answer.map_or(&[][..], |answer| list(answer, self.snapshot.2));
        // Services write names small that requests write large.
        let same = |arn: &str| arn.eq_ignore_ascii_case(&at.kept.id);
        Ok(all.iter().find(|record| text(record, self.arn).is_some_and(same)))
    }

    fn tag_look(&self, arn: &str) -> Option<(&'static str, Value)> {
        self.tags.map(|(operation, parameter)| (operation, json!({ parameter: arn })))
    }

    /// Whether this is the copy of that drill.
    fn is_copy(&self, scratch: &Scratch, copy: &Value, answers: &Answers) -> Result<(), String> {
        let tags = match (self.made.0, self.copy_tags(copy)) {
            (None, _) => None,
            (Some(_), Some((operation, arguments))) => {
                Some(found(answers, self.service, operation, &arguments)?)
            }
            (Some(_), None) => Some(self.tags.is_none().then_some(copy)),
        };
        let own = tags.map(|tags| tags.and_then(|tags| marked(tags, self.tagged)) == Some(&scratch.name));
        made_for(scratch, own, self.made.1.and_then(|member| text(copy, member)))
    }

    /// The read of its tags.
    fn copy_tags(&self, copy: &Value) -> Option<(&'static str, Value)> {
        self.tag_look(self.made.0.and_then(|member| text(copy, member))?)
    }

    fn there<'a>(
        &self,
        (operation, parameter, records): Lookup,
        name: &str,
        answers: &'a Answers,
    ) -> Result<Option<&'a Value>, String> {
        let answer = found(answers, self.service, operation, &json!({ parameter: name }))?;
        Ok(answer.and_then(|answer| list(answer, records).first()))
    }

    /// What the snapshot is of: how it is read, its name, and the members that tell it apart.
    fn origin<'a>(&self, at: &At<'a>) -> Option<(Lookup, &'a str, (&'static str, &'static str))> {
        self.origins.iter().find_map(|(part, lookup, ids)| {
            let (_, name) = at.kept.of.as_str().split_once(part)?;
            Some((*lookup, name, *ids))
        })
    }
}

impl Kind for Store {
    fn is(&self, kept: &interlock_flow::custody::Kept) -> bool {
        kept.id.split(':').nth(2) == Some(self.service) && kept.id.contains(self.part)
    }

    fn reads(&self, at: &At<'_>, so_far: &Answers) -> Vec<Read> {
        let mut reads = vec![at.read(self.service, self.snapshot.0, self.look(at))];
        if self.record(at, so_far).is_ok_and(|record| record.is_some())
            && let Some((operation, arguments)) = self.tag_look(&at.kept.id)
        {
            reads.push(at.read(self.service, operation, arguments));
        }
        reads
    }

    fn see(&self, at: &At<'_>, answers: &Answers) -> Result<Sight, String> {
        let Some(record) = self.record(at, answers)? else { return Ok(Sight::default()) };
        // Redshift tells the key of what is not encrypted, too.
        let encrypted = record.get("Encrypted") != Some(&json!(false));
        let key = text(record, "/KmsKeyId").filter(|key| encrypted && !key.is_empty());
        Ok(Sight {
            there: true,
            ready: text(record, self.status) == Some("available"),
            ids: text(record, self.arn).map(str::to_owned).into_iter().collect(),
            of: self.origin(at).and_then(|(_, _, ids)| born(at, record, ids)),
            depends: key.map(Into::into).into_iter().collect(),
            size: record.get(self.size.0).map(|size| format!("{size} {}", self.size.1)),
        })
    }

    fn mark(&self, at: &At<'_>, answers: &Answers) -> Option<Call> {
        let record = self.record(at, answers).ok()??;
        let tags = match self.tag_look(&at.kept.id) {
            None => record,
            // What has a mark, nobody can tell: it is guarded all the same.
            Some((operation, arguments)) => found(answers, self.service, operation, &arguments).ok()??,
        };
        if is_marked(tags, self.tagged) {
            return None;
        }
        let arguments = json!({ self.tag.1: at.kept.id, "Tags": mark(at.kept.of.as_str()) });
        Some(at.call(self.service, self.tag.0, arguments))
    }

    fn copy_reads(&self, at: &At<'_>, scratch: &Scratch, so_far: &Answers) -> Vec<Read> {
        let copy = at.read(self.service, self.copy.0, json!({ self.copy.1: scratch.name }));
        let there = self.there(self.copy, &scratch.name, so_far).ok().flatten();
        // While it is being made or goes, the service tells no tags.
        let stands = there.filter(|copy| !matches!(text(copy, self.copied), Some("creating" | "deleting")));
        let tags = stands.and_then(|copy| self.copy_tags(copy));
        let tags = tags.map(|(operation, arguments)| at.read(self.service, operation, arguments));
        std::iter::once(copy).chain(tags).collect()
    }

    fn restore(&self, at: &At<'_>, scratch: &Scratch, answers: &Answers) -> Result<Restored, String> {
        let record = self.record(at, answers)?.ok_or("the snapshot is not there")?;
        let name = format!("restore {} as {}", at.kept.id, scratch.name);
        let Some(copy) = self.there(self.copy, &scratch.name, answers)? else {
            let arguments = (self.given)(self.name(at), record, &scratch.name);
            return Ok(Restored::Not(at.step(name, self.service, self.restore, arguments)));
        };
        // A warehouse can be asked before its data has come back.
        let whole = text(copy, "/RestoreStatus/Status").is_none_or(|status| status == "completed");
        if text(copy, self.copied) != Some("available") || !whole {
            return Ok(Restored::Not(wait(name)));
        }
        self.is_copy(scratch, copy, answers)?;
        let mut compared = compare(record, copy, self.compared);
        if let Some(shards) = record.get("NumNodeGroups").and_then(Value::as_u64) {
            let found = list(copy, "/NodeGroups").len() as u64;
            compared.figures.insert("NodeGroups".to_owned(), found.to_string());
            if found != shards {
                compared.differs.push(format!("it has {found} node groups, not {shards}"));
            }
        }
        Ok(Restored::Ready(compared))
    }

    fn remove(&self, at: &At<'_>, scratch: &Scratch, answers: &Answers) -> Result<Option<Step>, String> {
        let name = format!("remove {}", scratch.name);
        Ok(match self.there(self.copy, &scratch.name, answers)? {
            None => None,
            Some(copy) if text(copy, self.copied) == Some("deleting") => Some(wait(name)),
            // While it is being made, the service takes no deletion.
            Some(copy) if text(copy, self.copied) == Some("creating") => Some(wait(name)),
            Some(copy) => {
                self.is_copy(scratch, copy, answers)?;
                let mut arguments = json!({ self.copy.1: scratch.name });
                if let Some(members) = arguments.as_object_mut() {
                    members.extend(self.delete.1.iter().map(|skip| ((*skip).to_owned(), json!(true))));
                }
                Some(at.step(name, self.service, self.delete.0, arguments))
            }
        })
    }

    fn origin_reads(&self, at: &At<'_>, _so_far: &Answers) -> Vec<Read> {
        let read =
            |(lookup, name, _): (Lookup, &str, _)| at.read(self.service, lookup.0, json!({ lookup.1: name }));
        self.origin(at).map(read).into_iter().collect()
    }

    fn stands(&self, at: &At<'_>, answers: &Answers) -> Result<bool, String> {
        let (lookup, name, ids) = self.origin(at).ok_or("nobody can tell what it is of")?;
        let Some(there) = self.there(lookup, name, answers)? else { return Ok(false) };
        if goes(there) {
            return Ok(false);
        }
        let record = self.record(at, answers)?.ok_or("the snapshot is not there")?;
        same_id(born(at, record, ids), born(at, there, ids))
    }

    fn purge(&self, at: &At<'_>, answers: &Answers) -> Result<Option<Step>, String> {
        let name = format!("remove the snapshot {}", at.kept.id);
        Ok(match self.record(at, answers)? {
            None => None,
            Some(record) if text(record, self.status) == Some("deleting") => Some(wait(name)),
            Some(_) => Some(at.step(name, self.service, self.purge, self.look(at))),
        })
    }
}
