//! RDS snapshots and retained automated backups.
//!
//! A manual snapshot that is deleted is gone for good; what counts is whether the database it was taken of has another
//! recovery point. Reads: DescribeDBSnapshots or DescribeDBClusterSnapshots, of the snapshot and then of its source,
//! DescribeDBInstances or DescribeDBClusters of the source, kms:DescribeKey.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, given, listed, live, number, text},
        arn,
        draft::Draft,
        existence,
    },
    ours, points,
};

const OTHERS: &str = "rds snapshots of the source";
const SOURCE: &str = "rds source";

/// The forecaster of deletions of snapshots and retained backups.
pub(in crate::forecast) struct Snapshot;

/// What differs between the four operations.
struct Flavour {
    member: &'static str,
    prefix: &'static str,
    describe: &'static str,
    shape: points::Shape,
    source: &'static str,
    describe_source: &'static str,
}

fn flavour(action: &Action) -> Option<Flavour> {
    let cluster = |member, prefix, describe| Flavour {
        member,
        prefix,
        describe,
        shape: points::OF_CLUSTERS,
        source: "DBClusterIdentifier",
        describe_source: "DescribeDBClusters",
    };
    let instance = |member, prefix, describe| Flavour {
        member,
        prefix,
        describe,
        shape: points::OF_INSTANCES,
        source: "DBInstanceIdentifier",
        describe_source: "DescribeDBInstances",
    };
    Some(match action.operation.verb() {
        "DeleteDBSnapshot" => instance("DBSnapshotIdentifier", "snapshot:", "DescribeDBSnapshots"),
        "DeleteDBClusterSnapshot" => {
            cluster("DBClusterSnapshotIdentifier", "cluster-snapshot:", "DescribeDBClusterSnapshots")
        }
        "DeleteDBInstanceAutomatedBackup" => {
            let member = match given(action, "DBInstanceAutomatedBackupsArn") {
                Some(_) => "DBInstanceAutomatedBackupsArn",
                None => "DbiResourceId",
            };
            instance(member, "auto-backup:", "DescribeDBInstanceAutomatedBackups")
        }
        "DeleteDBClusterAutomatedBackup" => {
            cluster("DbClusterResourceId", "cluster-auto-backup:", "DescribeDBClusterAutomatedBackups")
        }
        _ => return None,
    })
}

fn subject<'a>(action: &'a Action, flavour: &Flavour) -> Option<(&'a str, TargetId)> {
    let name = given(action, flavour.member)?;
    let last = arn::last(name);
    let resource = format!("{}{last}", flavour.prefix);
    Some((name, arn::target(action, Kind::DatabaseSnapshot, "rds", &resource, last)))
}

/// The record in the answer, whichever listing it came from.
fn record<'a>(answers: &'a Answers, id: &TargetId) -> Live<'a> {
    let lists =
        ["DBSnapshots", "DBClusterSnapshots", "DBInstanceAutomatedBackups", "DBClusterAutomatedBackups"];
    match live(answers, &existence::live_key(id)) {
        Live::Found(answer) => match lists.iter().find_map(|list| answer.get(*list)?.as_array()) {
            Some(list) => list.first().map_or(Live::Absent, Live::Found),
            None => Live::Unread("the answer was not understood".to_owned()),
        },
        other => other,
    }
}

impl Look for Snapshot {
    fn knows(&self, action: &Action) -> bool {
        ours(action) && flavour(action).is_some_and(|flavour| subject(action, &flavour).is_some())
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some(flavour) = flavour(action) else { return Vec::new() };
        let Some((name, id)) = subject(action, &flavour) else { return Vec::new() };
        let service = action.operation.service();
        let live = existence::live_key(&id);
        let mut reads =
            vec![crate::call::read(action, live, service, flavour.describe, json!({ flavour.member: name }))];
        let Live::Found(found) = record(so_far, &id) else { return reads };
        let key = text(found, "/KmsKeyId").into_iter();
        reads.extend(super::super::keys::reads(action, key));
        if let Some(source) = found.get(flavour.source).and_then(Value::as_str) {
            let of_source = json!({ flavour.source: source });
            let list = match flavour.shape.list {
                "DBSnapshots" => "DescribeDBSnapshots",
                _ => "DescribeDBClusterSnapshots",
            };
            reads.push(crate::call::read(action, OTHERS, service, list, of_source.clone()));
            reads.push(crate::call::read(action, SOURCE, service, flavour.describe_source, of_source));
            reads.extend(points::key_reads(action, &listed(so_far, OTHERS, flavour.shape.list)));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(flavour) = flavour(action) else { return };
        let Some((name, id)) = subject(action, &flavour) else { return };
        let found = match record(answers, &id) {
            Live::Found(found) => found,
            Live::Absent => {
                draft.observe(&id, Observed { exists: Some(false), ..Observed::default() });
                return;
            }
            Live::Unread(why) => {
                draft.unknown(format!("snapshot {name} could not be read: {why}"));
                draft.lose_unread(&format!("snapshot {name}"), format!("the recovery point {name}"), &why);
                return;
            }
        };
        draft.saw();
        tell_found(&flavour, arn::last(name), &id, found, answers, draft);
    }
}

fn tell_found(
    flavour: &Flavour,
    name: &str,
    id: &TargetId,
    found: &Value,
    answers: &Answers,
    draft: &mut Draft,
) {
    let source = found.get(flavour.source).and_then(Value::as_str).unwrap_or("an unknown database");
    let size = number(found, "/AllocatedStorage").filter(|gib| *gib > 1).map(|gib| format!("{gib} GiB"));
    let sized = size.as_ref().map(|size| format!(" ({size})")).unwrap_or_default();
    let at = text(found, "/SnapshotCreateTime")
        .or_else(|| text(found, "/RestoreWindow/LatestTime"))
        .unwrap_or("an unknown time");
    draft.observe(id, Observed { exists: Some(true), data: Bears::Yes, size, ..Observed::default() });
    let kind = text(found, "/SnapshotType").unwrap_or("automated backup of");
    let what = format!("recovery point {name}{sized}, {kind}, of {source} as of {at}, is deleted for good");
    draft.change(id, Kind::DatabaseSnapshot, Effect::RecoveryLoss, what);
    draft.bind(id.as_str(), json!({"source": source, "at": at}));

    let others = listed(answers, OTHERS, flavour.shape.list);
    let own = |snapshot: &Value| text(snapshot, flavour.shape.name) == Some(name);
    let mut tally = points::count(answers, (&others, found), flavour.shape, |snapshot| !own(snapshot), draft);
    if !others.entries().iter().any(|snapshot| own(snapshot)) {
        // A retained automated backup is no entry of that list.
        tally.have(id.as_str(), format!("{name}, of {source} as of {at}"), false);
    }
    match live(answers, SOURCE) {
        Live::Found(_) => draft.depend(format!("{source} exists; this is one of its ways back")),
        Live::Absent => {
            draft.lose(format!(
                "{source} itself is gone: this may be the last copy of its data as of {at}{sized}"
            ));
        }
        Live::Unread(why) => draft.unknown(format!("whether {source} still exists could not be read: {why}")),
    }
    draft.reversibility = Reversibility::None;
    let how = if tally.survives() {
        Securing::Exists
    } else {
        draft.lose(format!("the last known recovery point of {source}, as of {at}{sized}"));
        Securing::Impossible(format!("it is the last known recovery point of {source}"))
    };
    draft.secure(how);
    draft.tally(tally);
}

#[cfg(test)]
mod tests;
