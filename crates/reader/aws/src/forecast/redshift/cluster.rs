//! Redshift clusters.
//!
//! Deleting a cluster deletes its automated snapshots; manual ones stay, and a final one is made unless the request
//! skips it (Redshift Management Guide, "Deleting a cluster"). Interlock rewrites the request so that it is made. An
//! automated retention of 0 deletes the automated snapshots at once. Pausing, restarting and resizing interrupt; fewer
//! nodes have less room. Reads: DescribeClusters, DescribeClusterSnapshots of the cluster, kms:DescribeKey.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{number, text},
    compare::diff,
    draft::{Draft, leading},
    finals::REDSHIFT,
    store::{Found, Store},
    words,
};

/// The forecaster of clusters.
pub(in crate::forecast) struct Cluster;

const OPERATIONS: [&str; 6] =
    ["DeleteCluster", "ModifyCluster", "RebootCluster", "PauseCluster", "ResumeCluster", "ResizeCluster"];

const STORE: Store = Store {
    shape: REDSHIFT,
    kind: Kind::DatabaseCluster,
    noun: "warehouse",
    member: "ClusterIdentifier",
    prefix: "cluster:",
    born: Some("ClusterCreateTime"),
    parts: "NumberOfNodes",
    kept: "AutomatedSnapshotRetentionPeriod",
};

impl Look for Cluster {
    fn knows(&self, action: &Action) -> bool {
        STORE.knows(action, &OPERATIONS)
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        STORE.reads(action, so_far)
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(found) = STORE.found(action, answers, draft) else { return };
        let Found { name, id, record } = &found;
        // Of nodes that the service does not count the room of it tells nothing, or zero.
        let size = number(record, "/TotalStorageCapacityInMegaBytes")
            .filter(|size| *size > 0)
            .map(|size| format!("up to {}", words::bytes(size.saturating_mul(1_000_000))));
        draft.observe(id, Observed { data: Bears::Yes, size, ..Observed::default() });
        let endpoint = text(record, "/Endpoint/Address").unwrap_or(name);
        draft.depend(format!("everything that connects to {endpoint}"));
        let called = describe(name, record);
        match action.operation.verb() {
            "DeleteCluster" => delete(action, answers, &found, draft),
            "ModifyCluster" => modify(action, answers, &found, draft),
            "ResizeCluster" => {
                diff::changes(action, id, Kind::DatabaseCluster, record, draft);
                let what = format!("{called} is out of reach, or read-only, while it is resized");
                draft.change(id, Kind::DatabaseCluster, Effect::Interrupt, what);
                draft.reversibility = Reversibility::Lossy;
            }
            verb => {
                let what = match verb {
                    "PauseCluster" => "is paused: nobody can query it",
                    "ResumeCluster" => "is resumed",
                    _ => "restarts",
                };
                draft.change(id, Kind::DatabaseCluster, leading(action), format!("{called} {what}"));
                draft.reversibility = Reversibility::Exact;
            }
        }
    }
}

/// `warehouse w (2 nodes of dc2.large)`.
fn describe(name: &str, record: &Value) -> String {
    let nodes = number(record, "/NumberOfNodes").map(|nodes| words::count(nodes, "node"));
    let nodes = nodes.unwrap_or_else(|| "an unknown number of nodes".to_owned());
    let kind = text(record, "/NodeType").map(|kind| format!(" of {kind}")).unwrap_or_default();
    format!("warehouse {name} ({nodes}{kind})")
}

fn delete(action: &Action, answers: &Answers, found: &Found<'_>, draft: &mut Draft) {
    let Found { name, id, record } = found;
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
    STORE.deleted(action, answers, found, &format!("the data of {called}"), draft);
}

fn modify(action: &Action, answers: &Answers, found: &Found<'_>, draft: &mut Draft) {
    diff::changes(action, &found.id, Kind::DatabaseCluster, found.record, draft);
    let told = diff::tells_all(action, found.record, &["ClusterIdentifier"]);
    draft.reversibility =
        if told && action.secrets.is_empty() { Reversibility::Exact } else { Reversibility::None };
    STORE.keeps(action, answers, found, draft);
}

#[cfg(test)]
mod tests;
