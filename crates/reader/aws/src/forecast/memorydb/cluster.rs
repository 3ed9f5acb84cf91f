//! MemoryDB clusters.
//!
//! Deleting a cluster deletes its automatic snapshots; manual ones stay, and a final one is made only where the request
//! names it (MemoryDB Developer Guide, "Deleting a cluster"). Interlock rewrites the request so that it does. Reads:
//! DescribeClusters, DescribeSnapshots of the cluster, kms:DescribeKey. How much a cluster holds is not told.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, TargetId};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Live, text},
    arn,
    draft::Draft,
    existence,
    finals::{self, MEMORYDB, Members},
};

/// The forecaster of clusters.
pub(in crate::forecast) struct Cluster;

const FINAL: Members = Members { snapshot: "FinalSnapshotName", skip: None };

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = action.arguments.get("ClusterName")?.as_str()?;
    Some((name, arn::target(action, Kind::Cluster, "memorydb", &format!("cluster/{name}"), name)))
}

impl Look for Cluster {
    fn knows(&self, action: &Action) -> bool {
        action.operation.as_str() == "aws:memorydb:DeleteCluster" && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((name, _)) = subject(action) else { return Vec::new() };
        finals::reads(action, so_far, MEMORYDB, json!({ "ClusterName": name }))
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                draft.unknown(format!("{name} could not be read: {why}"));
                let what = format!("memory database {name}, whose state could not be read, is deleted");
                draft.change(&id, Kind::Cluster, Effect::Destroy, what);
                draft.lose_unread(name, format!("what {name} holds: how much could not be read"), &why);
                return;
            }
        };
        draft.observe(&id, Observed { data: Bears::Yes, ..Observed::default() });
        draft.bind(
            id.as_str(),
            json!({"arn": record.get("ARN"), "points": finals::lasting(answers, MEMORYDB)}),
        );
        let kind = text(record, "/NodeType").map(|kind| format!(" ({kind})")).unwrap_or_default();
        draft.change(&id, Kind::Cluster, Effect::Destroy, format!("memory database {name}{kind} is deleted"));
        let endpoint = text(record, "/ClusterEndpoint/Address").unwrap_or(name);
        draft.depend(format!("everything that connects to {endpoint}"));
        draft.unknown(format!("how much {name} holds is not told by the service"));
        let survives = |snapshot: &Value| !finals::automated(MEMORYDB, snapshot);
        let tally = finals::count(answers, MEMORYDB, survives, draft);
        let point = |snapshot: &str| arn::build(action, "memorydb", &format!("snapshot/{snapshot}"));
        let of = (MEMORYDB, &FINAL);
        let loses = format!("what memory database {name} holds");
        finals::deleted(action, answers, of, (name, record.get("ARN")), point, (&loses, tally, draft));
    }
}
