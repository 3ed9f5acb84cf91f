//! Redshift clusters.
//!
//! Deleting a cluster deletes its automated snapshots; manual ones stay, and a final one is made unless the request
//! skips it (Redshift Management Guide, "Deleting a cluster"). Interlock rewrites the request so that it is made. An
//! automated retention of 0 deletes the automated snapshots at once. Pausing, restarting and resizing interrupt; fewer
//! nodes have less room. Reads: DescribeClusters, DescribeClusterSnapshots of the cluster, kms:DescribeKey.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, number, text},
        arn,
        compare::diff,
        draft::{Draft, leading},
        existence,
        finals::{self, Members, REDSHIFT},
        words,
    },
    given, snapshot_arn,
};

/// The forecaster of clusters.
pub(in crate::forecast) struct Cluster;

const OPERATIONS: [&str; 6] =
    ["DeleteCluster", "ModifyCluster", "RebootCluster", "PauseCluster", "ResumeCluster", "ResizeCluster"];

const FINAL: Members =
    Members { snapshot: "FinalClusterSnapshotIdentifier", skip: Some("SkipFinalClusterSnapshot") };

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = given(action, "ClusterIdentifier")?;
    Some((name, arn::target(action, Kind::DatabaseCluster, "redshift", &format!("cluster:{name}"), name)))
}

/// Whether what is restored from matters to it.
fn weighty(action: &Action) -> bool {
    let retention = action.arguments.get("AutomatedSnapshotRetentionPeriod").is_some();
    action.operation.verb() == "DeleteCluster" || retention
}

impl Look for Cluster {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "redshift"
            && OPERATIONS.contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((name, _)) = subject(action).filter(|_| weighty(action)) else { return Vec::new() };
        finals::reads(action, so_far, REDSHIFT, json!({ "ClusterIdentifier": name }))
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => return unread(action, name, &id, &why, draft),
        };
        // Of nodes that the service does not count the room of it tells nothing, or zero.
        let size = number(record, "/TotalStorageCapacityInMegaBytes")
            .filter(|size| *size > 0)
            .map(|size| format!("up to {}", words::bytes(size.saturating_mul(1_000_000))));
        draft.observe(&id, Observed { data: Bears::Yes, size, ..Observed::default() });
        draft.bind(
            id.as_str(),
            json!({
                "created": record.get("ClusterCreateTime"),
                "nodes": record.get("NumberOfNodes"),
                "points": finals::lasting(answers, REDSHIFT),
            }),
        );
        let endpoint = text(record, "/Endpoint/Address").unwrap_or(name);
        draft.depend(format!("everything that connects to {endpoint}"));
        match action.operation.verb() {
            "DeleteCluster" => delete(action, answers, (name, &id), record, draft),
            "ModifyCluster" => modify(action, answers, (name, &id), record, draft),
            "ResizeCluster" => {
                diff::changes(action, &id, Kind::DatabaseCluster, record, draft);
                let what =
                    format!("{} is out of reach, or read-only, while it is resized", describe(name, record));
                draft.change(&id, Kind::DatabaseCluster, Effect::Interrupt, what);
                draft.reversibility = Reversibility::Lossy;
            }
            verb => {
                let what = match verb {
                    "PauseCluster" => "is paused: nobody can query it",
                    "ResumeCluster" => "is resumed",
                    _ => "restarts",
                };
                let called = describe(name, record);
                draft.change(&id, Kind::DatabaseCluster, leading(action), format!("{called} {what}"));
                draft.reversibility = Reversibility::Exact;
            }
        }
    }
}

fn unread(action: &Action, name: &str, id: &TargetId, why: &str, draft: &mut Draft) {
    draft.unread(action, (&format!("warehouse {name}"), id, Kind::DatabaseCluster), why);
    if weighty(action) {
        draft.lose_unread(
            &format!("warehouse {name}"),
            format!("warehouse {name}: how much it holds could not be read"),
            why,
        );
    }
}

/// `warehouse w (2 nodes of dc2.large)`.
fn describe(name: &str, record: &Value) -> String {
    let nodes = number(record, "/NumberOfNodes").map(|nodes| words::count(nodes, "node"));
    let nodes = nodes.unwrap_or_else(|| "an unknown number of nodes".to_owned());
    let kind = text(record, "/NodeType").map(|kind| format!(" of {kind}")).unwrap_or_default();
    format!("warehouse {name} ({nodes}{kind})")
}

fn delete(
    action: &Action,
    answers: &Answers,
    (name, id): (&str, &TargetId),
    record: &Value,
    draft: &mut Draft,
) {
    let called = describe(name, record);
    let before = json!({
        "database": record.get("DBName"),
        "subnet_group": record.get("ClusterSubnetGroupName"),
        "status": record.get("ClusterStatus"),
    });
    let what = format!("{called} is deleted");
    draft.change_from(id, Kind::DatabaseCluster, Effect::Destroy, what, Some(before), None);
    if draft.seen(id).is_none_or(|seen| seen.size.is_none()) {
        draft.unknown(format!("how much {name} holds is not told"));
    }
    let survives = |snapshot: &Value| !finals::automated(REDSHIFT, snapshot);
    let tally = finals::count(answers, REDSHIFT, survives, draft);
    let born = record.get("ClusterCreateTime");
    let point = |snapshot: &str| snapshot_arn(action, name, snapshot);
    let of = (REDSHIFT, &FINAL);
    let loses = format!("the data of {called}");
    finals::deleted(action, answers, of, (name, born), point, (&loses, tally, draft));
}

fn modify(
    action: &Action,
    answers: &Answers,
    (name, id): (&str, &TargetId),
    record: &Value,
    draft: &mut Draft,
) {
    diff::changes(action, id, Kind::DatabaseCluster, record, draft);
    let told = diff::tells_all(action, record, &["ClusterIdentifier"]);
    draft.reversibility =
        if told && action.secrets.is_empty() { Reversibility::Exact } else { Reversibility::None };
    if !weighty(action) {
        return;
    }
    let shorter = diff::shorter(action, record, "AutomatedSnapshotRetentionPeriod");
    // Which of the automated ones stay depends on the day: none is counted on.
    let survives = |snapshot: &Value| shorter.is_none() || !finals::automated(REDSHIFT, snapshot);
    let tally = finals::count(answers, REDSHIFT, survives, draft);
    if let Some(days) = shorter {
        let backups = format!("automated snapshots of {name}");
        diff::expire((id, Kind::DatabaseCluster), &backups, days, tally.survives(), draft);
    }
    draft.tally(tally);
}

#[cfg(test)]
mod tests;
