//! Snapshots of databases and of database clusters: final ones, and those made before.
//!
//! Depends on the key that it is encrypted with. Drill: restored under another name, private and unprotected; compared by
//! engine, version, size, master user and key; removed without a snapshot of its own. A restored cluster has no
//! instance: what is shown is that the volume comes back. Reads: DescribeDBSnapshots or DescribeDBClusterSnapshots, and
//! the copy's record.

use interlock_action::{Answers, Call, Read, Step};
use interlock_flow::custody::{Restored, Scratch, Sight};
use serde_json::{Value, json};

use super::{
    super::way::{found, list, wait, wanted},
    At, Kind, born, compare, goes, is_marked, made_for, mark, marked, same_id, text,
};

/// Instances or clusters: what the operations and their members are called.
pub(super) struct Database {
    /// What stands in the ARN before the name.
    part: &'static str,
    /// The read of the snapshot, its parameter, and where the records stand.
    snapshot: (&'static str, &'static str, &'static str),
    /// The read of the copy, its parameter, and where the records stand.
    copy: (&'static str, &'static str, &'static str),
    /// The operation that restores, and its parameter for the snapshot.
    restore: (&'static str, &'static str),
    /// The operation that deletes.
    delete: &'static str,
    /// The member of the copy that says how it is.
    status: &'static str,
    /// The member of the copy, and of what a snapshot is of, that says when it was made; of a snapshot, when that was.
    made: &'static str,
    /// The member of the snapshot that is its ARN.
    arn: &'static str,
    /// The operation that removes the snapshot itself.
    purge: &'static str,
    /// The member of the snapshot and of what it is of that no later thing of the name has.
    id: &'static str,
    /// What this is, in plain words.
    what: &'static str,
}

pub(super) static INSTANCE: Database = Database {
    part: ":snapshot:",
    snapshot: ("DescribeDBSnapshots", "DBSnapshotIdentifier", "/DBSnapshots"),
    copy: ("DescribeDBInstances", "DBInstanceIdentifier", "/DBInstances"),
    restore: ("RestoreDBInstanceFromDBSnapshot", "DBSnapshotIdentifier"),
    delete: "DeleteDBInstance",
    status: "/DBInstanceStatus",
    made: "/InstanceCreateTime",
    arn: "/DBSnapshotArn",
    purge: "DeleteDBSnapshot",
    id: "/DbiResourceId",
    what: "database",
};

pub(super) static CLUSTER: Database = Database {
    part: ":cluster-snapshot:",
    snapshot: ("DescribeDBClusterSnapshots", "DBClusterSnapshotIdentifier", "/DBClusterSnapshots"),
    copy: ("DescribeDBClusters", "DBClusterIdentifier", "/DBClusters"),
    restore: ("RestoreDBClusterFromSnapshot", "SnapshotIdentifier"),
    delete: "DeleteDBCluster",
    status: "/Status",
    made: "/ClusterCreateTime",
    arn: "/DBClusterSnapshotArn",
    purge: "DeleteDBClusterSnapshot",
    id: "/DbClusterResourceId",
    what: "cluster",
};

/// What a copy has of its snapshot.
const COMPARED: &[(&str, &str)] = &[
    ("/Engine", "/Engine"),
    ("/EngineVersion", "/EngineVersion"),
    ("/AllocatedStorage", "/AllocatedStorage"),
    ("/MasterUsername", "/MasterUsername"),
    ("/KmsKeyId", "/KmsKeyId"),
];

impl Database {
    fn name<'a>(&self, at: &At<'a>) -> Option<&'a str> {
        at.kept.id.split_once(self.part).map(|(_, name)| name)
    }

    fn look(&self, at: &At<'_>) -> Value {
        json!({ self.snapshot.1: self.name(at) })
    }

    fn record<'a>(&self, at: &At<'_>, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
        let answer = found(answers, "rds", self.snapshot.0, &self.look(at))?;
        Ok(answer.and_then(|answer| list(answer, self.snapshot.2).first()))
    }

    fn named<'a>(&self, name: &str, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
        let answer = found(answers, "rds", self.copy.0, &json!({ self.copy.1: name }))?;
        Ok(answer.and_then(|answer| list(answer, self.copy.2).first()))
    }

    /// Whether this is the copy of that drill.
    fn is_copy(&self, scratch: &Scratch, copy: &Value) -> Result<(), String> {
        let own = marked(copy, "/TagList") == Some(&scratch.name);
        made_for(scratch, Some(own), text(copy, self.made))
    }
}

impl Kind for Database {
    fn is(&self, kept: &interlock_flow::custody::Kept) -> bool {
        kept.id.split(':').nth(2) == Some("rds") && kept.id.contains(self.part)
    }

    fn reads(&self, at: &At<'_>, _so_far: &Answers) -> Vec<Read> {
        vec![at.read("rds", self.snapshot.0, self.look(at))]
    }

    fn see(&self, at: &At<'_>, answers: &Answers) -> Result<Sight, String> {
        let Some(record) = self.record(at, answers)? else { return Ok(Sight::default()) };
        Ok(Sight {
            there: true,
            ready: text(record, "/Status") == Some("available"),
            ids: text(record, self.arn).map(str::to_owned).into_iter().collect(),
            of: born(at, record, (self.id, self.made)),
            depends: text(record, "/KmsKeyId").map(Into::into).into_iter().collect(),
            size: record.get("AllocatedStorage").map(|size| format!("{size} GiB")),
        })
    }

    fn mark(&self, at: &At<'_>, answers: &Answers) -> Option<Call> {
        let record = self.record(at, answers).ok()??;
        if is_marked(record, "/TagList") {
            return None;
        }
        let arguments = json!({"ResourceName": text(record, self.arn)?, "Tags": mark(at.kept.of.as_str())});
        Some(at.call("rds", "AddTagsToResource", arguments))
    }

    fn copy_reads(&self, at: &At<'_>, scratch: &Scratch, _so_far: &Answers) -> Vec<Read> {
        vec![at.read("rds", self.copy.0, json!({ self.copy.1: scratch.name }))]
    }

    fn restore(&self, at: &At<'_>, scratch: &Scratch, answers: &Answers) -> Result<Restored, String> {
        let answer = wanted(answers, "rds", self.snapshot.0, &self.look(at))?;
        let record = list(answer, self.snapshot.2).first().ok_or("the snapshot is not there")?;
        let name = format!("restore {} as {} {}", at.kept.id, self.what, scratch.name);
        match self.named(&scratch.name, answers)? {
            None => {
                let mut arguments = json!({
                    self.copy.1: scratch.name,
                    self.restore.1: self.name(at),
                    "PubliclyAccessible": false,
                    "DeletionProtection": false,
                    "Tags": mark(&scratch.name),
                });
                if let Some(members) = arguments.as_object_mut().filter(|_| self.what == "cluster") {
                    members.shift_remove("PubliclyAccessible");
                    members.extend(record.get("Engine").map(|engine| ("Engine".to_owned(), engine.clone())));
                }
                Ok(Restored::Not(at.step(name, "rds", self.restore.0, arguments)))
            }
            Some(copy) if text(copy, self.status) == Some("available") => {
                self.is_copy(scratch, copy)?;
                Ok(Restored::Ready(compare(record, copy, COMPARED)))
            }
            Some(_) => Ok(Restored::Not(wait(name))),
        }
    }

    fn remove(&self, at: &At<'_>, scratch: &Scratch, answers: &Answers) -> Result<Option<Step>, String> {
        let name = format!("remove {} {}", self.what, scratch.name);
        Ok(match self.named(&scratch.name, answers)? {
            None => None,
            Some(copy) if text(copy, self.status) == Some("deleting") => Some(wait(name)),
            Some(copy) => {
                self.is_copy(scratch, copy)?;
                let arguments = json!({ self.copy.1: scratch.name, "SkipFinalSnapshot": true });
                Some(at.step(name, "rds", self.delete, arguments))
            }
        })
    }

    fn origin_reads(&self, at: &At<'_>, _so_far: &Answers) -> Vec<Read> {
        vec![at.read("rds", self.copy.0, json!({ self.copy.1: origin(at) }))]
    }

    fn stands(&self, at: &At<'_>, answers: &Answers) -> Result<bool, String> {
        let Some(there) = self.named(origin(at), answers)? else { return Ok(false) };
        if goes(there) {
            return Ok(false);
        }
        let record = self.record(at, answers)?.ok_or("the snapshot is not there")?;
        same_id(born(at, record, (self.id, self.made)), born(at, there, (self.id, self.made)))
    }

    fn purge(&self, at: &At<'_>, answers: &Answers) -> Result<Option<Step>, String> {
        let name = format!("remove the snapshot {}", at.kept.id);
        Ok(match self.record(at, answers)? {
            None => None,
            Some(record) if text(record, "/Status") == Some("deleting") => Some(wait(name)),
            Some(_) => Some(at.step(name, "rds", self.purge, self.look(at))),
        })
    }
}

/// The name of what a snapshot is of.
fn origin<'a>(at: &At<'a>) -> &'a str {
    at.kept.of.as_str().rsplit(':').next().unwrap_or_default()
}
