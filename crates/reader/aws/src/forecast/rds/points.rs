//! The recovery points of databases: snapshots, automated and manual, whose status and key let them be restored.

use interlock_action::{Action, Answers, Read};
use serde_json::Value;

use super::super::{
    answer::{Listed, text},
    draft::Draft,
    finals::{self, Told},
    keys,
    tally::Tally,
};

/// The members by which instance snapshots and cluster snapshots differ.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// The listing's member.
    pub(super) list: &'static str,
    /// A pointer to the ARN.
    pub(super) arn: &'static str,
    /// A pointer to the name.
    pub(super) name: &'static str,
    /// Pointers to what tells what it is of apart from another one of that name, in the records of both; the first that both
    /// tell counts.
    ids: [&'static str; 2],
}

/// Snapshots of instances.
pub(super) const OF_INSTANCES: Shape = Shape {
    list: "DBSnapshots",
    arn: "/DBSnapshotArn",
    name: "/DBSnapshotIdentifier",
    ids: ["/DbiResourceId", "/InstanceCreateTime"],
};

/// Snapshots of clusters.
pub(super) const OF_CLUSTERS: Shape = Shape {
    list: "DBClusterSnapshots",
    arn: "/DBClusterSnapshotArn",
    name: "/DBClusterSnapshotIdentifier",
    ids: ["/DbClusterResourceId", "/ClusterCreateTime"],
};

/// The key a snapshot needs: none unless it is encrypted.
fn key_of(snapshot: &Value) -> Option<&str> {
    let encrypted = ["/Encrypted", "/StorageEncrypted"]
        .iter()
        .any(|pointer| snapshot.pointer(pointer).and_then(Value::as_bool) == Some(true));
    text(snapshot, "/KmsKeyId").filter(|_| encrypted)
}

/// The reads of the keys that the snapshots need.
pub(super) fn key_reads(action: &Action, snapshots: &Listed<'_>) -> Vec<Read> {
    keys::reads(action, snapshots.entries().iter().filter_map(|snapshot| key_of(snapshot)))
}

/// Whether RDS made the snapshot by itself: such snapshots go with the automated backups.
pub(super) fn automated(snapshot: &Value) -> bool {
    let kind = text(snapshot, "/SnapshotType").unwrap_or("manual");
    kind == "automated"
        || text(snapshot, "/DBSnapshotIdentifier").is_some_and(|name| name.starts_with("rds:"))
}

/// Counts the snapshots of one database or cluster, whose record this is, or that of a snapshot of it. `survives` says which
/// the action leaves.
pub(super) fn count(
    answers: &Answers,
    (snapshots, of): (&Listed<'_>, &Value),
    shape: Shape,
    survives: impl Fn(&Value) -> bool,
    draft: &mut Draft,
) -> Tally {
    let Shape { arn, name, ids, .. } = shape;
    let told = |snapshot: &Value| ids.iter().find_map(|id| Some(text(snapshot, id)? == text(of, id)?));
    let is_of = &|snapshot: &Value| told(snapshot) == Some(true);
    let (status, at) = ("/Status", "/SnapshotCreateTime");
    finals::counted(
        answers,
        snapshots,
        &Told { arn, name, status, at, key_of, automated: &automated, is_of },
        survives,
        draft,
    )
}
