//! MemoryDB clusters.
//!
//! Deleting a cluster deletes its automatic snapshots; manual ones stay, and a final one is made only where the request
//! names it (MemoryDB Developer Guide, "Deleting a cluster"). Interlock rewrites the request so that it does. Reads:
//! DescribeClusters, DescribeSnapshots of the cluster, kms:DescribeKey. How much a cluster holds is not told.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read};

use super::super::{Look, answer::text, draft::Draft, finals::MEMORYDB, store::Store};

/// The forecaster of clusters.
pub(in crate::forecast) struct Cluster;

const STORE: Store = Store {
    shape: MEMORYDB,
    kind: Kind::Cluster,
    noun: "memory database",
    member: "ClusterName",
    prefix: "cluster/",
    born: None,
    parts: "NumberOfShards",
    kept: "SnapshotRetentionLimit",
};

impl Look for Cluster {
    fn knows(&self, action: &Action) -> bool {
        STORE.knows(action, &["DeleteCluster"])
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        STORE.reads(action, so_far)
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(found) = STORE.found(action, answers, draft) else { return };
        let (name, record) = (found.name, found.record);
        draft.observe(&found.id, Observed { data: Bears::Yes, ..Observed::default() });
        let kind = text(record, "/NodeType").map(|kind| format!(" ({kind})")).unwrap_or_default();
        let what = format!("memory database {name}{kind} is deleted");
        draft.change(&found.id, Kind::Cluster, Effect::Destroy, what);
        let endpoint = text(record, "/ClusterEndpoint/Address").unwrap_or(name);
        draft.depend(format!("everything that connects to {endpoint}"));
        draft.unknown(format!("how much {name} holds is not told by the service"));
        STORE.deleted(action, answers, &found, &format!("what memory database {name} holds"), draft);
    }
}
