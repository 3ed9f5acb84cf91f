//! EFS file systems.
//!
//! Deleting a file system takes every file at once; the service itself keeps nothing, and refuses while a mount target
//! or a replication is there (EFS User Guide, "Deleting an Amazon EFS file system"). What it could be restored from are
//! recovery points of AWS Backup, which stay. Interlock cannot make one: a backup job needs a role and a vault that are
//! not its own. Turning the backup policy off leaves the points that are there. Reads: DescribeFileSystems,
//! DescribeMountTargets, DescribeAccessPoints, DescribeReplicationConfigurations, DescribeBackupPolicy,
//! backup:ListRecoveryPointsByResource, kms:DescribeKey.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Live, entries, flag, given, listed, live, number, or_dash, text},
    arn,
    aws_backup::points,
    draft::{Draft, leading},
    existence, words,
};

const MOUNTS: &str = "efs mount targets";
const ACCESS: &str = "efs access points";
const REPLICATION: &str = "efs replication";
const POLICY: &str = "efs backup policy";

/// The forecaster of file systems.
pub(in crate::forecast) struct FileSystem;

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = arn::last(given(action, "FileSystemId")?);
    Some((
        name,
        arn::target(action, Kind::FileSystem, "elasticfilesystem", &format!("file-system/{name}"), name),
    ))
}

impl Look for FileSystem {
    fn knows(&self, action: &Action) -> bool {
        let operations = ["aws:efs:DeleteFileSystem", "aws:efs:PutBackupPolicy"];
        operations.contains(&action.operation.as_str()) && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((name, id)) = subject(action) else { return Vec::new() };
        let by_name = json!({ "FileSystemId": name });
        let read =
            |key: &str, operation: &str| crate::call::read(action, key, "efs", operation, by_name.clone());
        let mut reads = points::reads(action, so_far, id.as_str());
        if action.operation.verb() == "DeleteFileSystem" {
            reads.push(read(MOUNTS, "DescribeMountTargets"));
            reads.push(read(ACCESS, "DescribeAccessPoints"));
            reads.push(read(REPLICATION, "DescribeReplicationConfigurations"));
        } else {
            reads.push(read(POLICY, "DescribeBackupPolicy"));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => return unread(action, name, &id, &why, draft),
        };
        let size = number(record, "/SizeInBytes/Value").map(words::bytes);
        draft.observe(&id, Observed { data: Bears::Yes, size: size.clone(), ..Observed::default() });
        draft.bind(
            id.as_str(),
            json!({"CreationTime": record.get("CreationTime"), "points": points::lasting(answers, id.as_str())}),
        );
        let size = size.unwrap_or_else(|| {
            draft.unknown(format!("how much file system {name} holds is not told"));
            "size unknown".to_owned()
        });
        let called = text(record, "/Name").map(|name| format!(" {name}")).unwrap_or_default();
        let called = format!("file system {name}{called} ({size})");
        if action.operation.verb() == "DeleteFileSystem" {
            delete(answers, (name, &id), &called, record, draft);
        } else {
            policy(action, answers, &id, &called, draft);
        }
    }
}

fn unread(action: &Action, name: &str, id: &TargetId, why: &str, draft: &mut Draft) {
    draft.unread(action, (&format!("file system {name}"), id, Kind::FileSystem), why);
    if action.operation.verb() == "DeleteFileSystem" {
        draft.lose_unread(
            &format!("file system {name}"),
            format!("file system {name}: how much it holds could not be read"),
            why,
        );
    }
}

fn delete(answers: &Answers, (name, id): (&str, &TargetId), called: &str, record: &Value, draft: &mut Draft) {
    let before = json!({
        "performance": record.get("PerformanceMode"),
        "throughput": record.get("ThroughputMode"),
        "encrypted": record.get("Encrypted"),
        "created": record.get("CreationTime"),
    });
    let what = format!("{called} is deleted, with every file in it");
    draft.change_from(id, Kind::FileSystem, Effect::Destroy, what, Some(before), None);
    let refuse = |why: String, draft: &mut Draft| {
        let what = format!("{why}: the service will refuse");
        draft.change(id, Kind::FileSystem, Effect::Destroy, what);
    };
    let mounts = listed(answers, MOUNTS, "MountTargets");
    draft.gap(mounts.gap("mount targets"));
    for mount in mounts.entries() {
        let (mount_id, subnet) = (or_dash(mount, "/MountTargetId"), or_dash(mount, "/SubnetId"));
        draft.depend(format!(
            "whatever mounts it in {subnet} at {} ({mount_id})",
            or_dash(mount, "/IpAddress")
        ));
    }
    let mounted = number(record, "/NumberOfMountTargets").unwrap_or(mounts.entries().len() as u64);
    if mounted > 0 {
        refuse(format!("{name} still has {}", words::count(mounted, "mount target")), draft);
    }
    let points = listed(answers, ACCESS, "AccessPoints");
    draft.gap(points.gap("access points"));
    for point in points.entries() {
        let point_id = or_dash(point, "/AccessPointId");
        let arn = text(point, "/AccessPointArn").unwrap_or(point_id);
        let what = format!("access point {point_id} goes with file system {name}");
        draft.change(&TargetId::new(arn), Kind::Gateway, Effect::Destroy, what);
    }
    match live(answers, REPLICATION) {
        Live::Found(answer) if !entries(answer, "/Replications").is_empty() => {
            refuse(format!("{name} is part of a replication"), draft);
        }
        Live::Found(_) | Live::Absent => {}
        Live::Unread(why) => draft.unknown(format!("whether {name} is replicated could not be read: {why}")),
    }
    if text(record, "/FileSystemProtection/ReplicationOverwriteProtection") == Some("REPLICATING") {
        draft.depend(format!("file system {name} is the destination of a replication"));
    }
    let tally = points::count(answers, id.as_str(), draft);
    let but = if tally.survives() { ", but for what AWS Backup holds" } else { "" };
    draft.lose(format!("every file of {called}{but}"));
    if tally.survives() {
        draft.secure(Securing::Exists);
        draft.reversibility = Reversibility::FromRecoveryPoint;
    } else {
        let why =
            "nothing keeps its files, and Interlock cannot make a backup: that needs a role and a vault";
        draft.secure(Securing::Impossible(format!("{name}: {why}")));
    }
    if flag(record, "/Encrypted") == Some(true) && text(record, "/KmsKeyId").is_none() {
        draft.unknown(format!("which key closes {name} is not told"));
    }
    draft.tally(tally);
}

fn policy(action: &Action, answers: &Answers, id: &TargetId, called: &str, draft: &mut Draft) {
    let asked = text(&action.arguments, "/BackupPolicy/Status").unwrap_or("?");
    let now = match live(answers, POLICY) {
        Live::Found(answer) => text(answer, "/BackupPolicy/Status"),
        Live::Absent => Some("DISABLED"),
        Live::Unread(why) => {
            draft.unknown(format!("the present backup policy could not be read: {why}"));
            None
        }
    };
    let was = now.unwrap_or("unknown");
    let what = format!("automatic backups of {called}: {was} becomes {asked}");
    draft.change_from(id, Kind::FileSystem, leading(action), what, Some(json!(now)), Some(json!(asked)));
    if asked.starts_with("DISABL") {
        draft.depend(format!("from then on nothing new is kept of {called}; what AWS Backup holds stays"));
    }
    draft.bind(format!("{id} policy"), json!(now));
    draft.reversibility = if now.is_some() { Reversibility::Exact } else { Reversibility::None };
    let tally = points::count(answers, id.as_str(), draft);
    draft.tally(tally);
}

#[cfg(test)]
mod tests;
