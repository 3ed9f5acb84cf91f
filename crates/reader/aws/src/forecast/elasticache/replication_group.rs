//! ElastiCache replication groups.
//!
//! Deleting one deletes its nodes and its automatic snapshots; manual ones stay, and a final one is made only where the
//! request names it (ElastiCache User Guide, "Deleting a replication group", "Creating a final backup"). Interlock
//! rewrites the request so that it does. With `RetainPrimaryCluster` the primary stays with its data. Fewer replicas or
//! shards, other node types and engine versions interrupt, and a group without replicas has nothing to fail over to.
//! Reads: DescribeReplicationGroups, DescribeSnapshots of the group, kms:DescribeKey. How much a cache holds is not told.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing};
use serde_json::Value;

use super::{
    super::{
        Look,
        answer::{entries, flag, number, or_dash, strings, text},
        compare::diff,
        draft::{Draft, leading},
        finals::ELASTICACHE,
        store::{Found, Store},
        words,
    },
    describe, node_goes,
};

/// The forecaster of replication groups.
pub(in crate::forecast) struct ReplicationGroup;

const OPERATIONS: [&str; 5] = [
    "DeleteReplicationGroup",
    "ModifyReplicationGroup",
    "ModifyReplicationGroupShardConfiguration",
    "DecreaseReplicaCount",
    "TestFailover",
];

const STORE: Store = Store {
    shape: ELASTICACHE,
    kind: Kind::Cluster,
    noun: "replication group",
    member: "ReplicationGroupId",
    prefix: "replicationgroup:",
    born: Some("ReplicationGroupCreateTime"),
    parts: "MemberClusters",
    kept: "SnapshotRetentionLimit",
};

impl Look for ReplicationGroup {
    fn knows(&self, action: &Action) -> bool {
        STORE.knows(action, &OPERATIONS)
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        STORE.reads(action, so_far)
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(found) = STORE.found(action, answers, draft) else { return };
        let record = found.record;
        draft.observe(&found.id, Observed { data: Bears::Yes, ..Observed::default() });
        if let Some(endpoint) = text(record, "/NodeGroups/0/PrimaryEndpoint/Address")
            .or_else(|| text(record, "/ConfigurationEndpoint/Address"))
        {
            draft.depend(format!("everything that connects to {endpoint}"));
        }
        if let Some(global) = text(record, "/GlobalReplicationGroupInfo/GlobalReplicationGroupId") {
            draft.depend(format!("global datastore {global}, of which it is a part"));
        }
        match action.operation.verb() {
            "DeleteReplicationGroup" => delete(action, answers, &found, draft),
            "ModifyReplicationGroup" => modify(action, answers, &found, draft),
            _ => resize(action, &found, draft),
        }
    }
}

fn delete(action: &Action, answers: &Answers, found: &Found<'_>, draft: &mut Draft) {
    let Found { name, id, record } = found;
    let members = strings(record, "/MemberClusters");
    let nodes = words::count(members.len() as u64, "node");
    let called = format!("replication group {name} ({}, {nodes})", describe(record));
    draft.change(id, Kind::Cluster, Effect::Destroy, format!("{called} is deleted"));
    let retains = flag(&action.arguments, "/RetainPrimaryCluster") == Some(true);
    let primary = primary(record);
    for member in &members {
        if retains && primary == Some(*member) {
            draft.depend(format!("node {member} stays, with the data of the group"));
        } else {
            node_goes(action, member, name, draft);
        }
    }
    draft.unknown(format!("how much {name} holds is not told by the service"));
    if retains && primary.is_some() {
        draft.secure(Securing::NotNeeded);
        draft.reversibility = Reversibility::Lossy;
        let left = STORE.left(answers, found, draft);
        draft.tally(left);
        return;
    }
    if retains {
        draft.unknown(format!("which node of {name} is the primary is not told"));
    }
    STORE.deleted(action, answers, found, &format!("what {called} holds"), draft);
}

/// The node that is written to.
fn primary(record: &Value) -> Option<&str> {
    let groups = entries(record, "/NodeGroups").iter();
    let mut members = groups.flat_map(|group| entries(group, "/NodeGroupMembers"));
    members
        .find(|member| text(member, "/CurrentRole") == Some("primary"))
        .and_then(|member| text(member, "/CacheClusterId"))
}

fn modify(action: &Action, answers: &Answers, found: &Found<'_>, draft: &mut Draft) {
    let Found { name, id, record } = found;
    diff::changes(action, id, Kind::Cluster, record, draft);
    let turned_off = |asked: &str, now: &str| {
        flag(&action.arguments, asked) == Some(false) && text(record, now) != Some("disabled")
    };
    if turned_off("/AutomaticFailoverEnabled", "/AutomaticFailover") {
        let was = or_dash(record, "/AutomaticFailover");
        let what = format!("fail-over of {name}, {was} now, is turned off");
        draft.change(id, Kind::Cluster, Effect::GuardRemoval, what);
    }
    if turned_off("/MultiAZEnabled", "/MultiAZ") {
        draft.change(id, Kind::Cluster, Effect::GuardRemoval, format!("{name} stands in one zone only"));
    }
    let interrupts =
        ["CacheNodeType", "EngineVersion", "Engine", "PrimaryClusterId", "CacheParameterGroupName"];
    let asked: Vec<&str> =
        interrupts.into_iter().filter(|member| action.arguments.get(*member).is_some()).collect();
    if !asked.is_empty() {
        let what = format!("nodes of {name} are replaced or restarted for another {}", asked.join(", "));
        draft.change(id, Kind::Cluster, Effect::Interrupt, what);
    }
    let set_nothing = ["ReplicationGroupId", "ApplyImmediately"];
    let told = diff::tells_all(action, record, &set_nothing);
    draft.reversibility = if told { Reversibility::Exact } else { Reversibility::None };
    STORE.keeps(action, answers, found, draft);
}

fn resize(action: &Action, found: &Found<'_>, draft: &mut Draft) {
    let Found { name, id, record } = found;
    let groups = entries(record, "/NodeGroups");
    let (what, effect) = match action.operation.verb() {
        "DecreaseReplicaCount" => {
            let per_group = groups.first().map(|group| entries(group, "/NodeGroupMembers").len());
            let now = per_group.map_or_else(|| "?".to_owned(), |nodes| nodes.saturating_sub(1).to_string());
            let asked = number(&action.arguments, "/NewReplicaCount");
            if asked == Some(0) {
                draft.depend(format!("without a replica {name} has nothing to fail over to"));
            }
            let asked = asked.map_or_else(|| "?".to_owned(), |asked| asked.to_string());
            (format!("{name} goes from {now} to {asked} replicas a shard"), Effect::Interrupt)
        }
        "TestFailover" => (format!("another node of {name} becomes the primary"), Effect::Interrupt),
        _ => {
            let asked = number(&action.arguments, "/NodeGroupCount");
            let asked = asked.map_or_else(|| "?".to_owned(), |asked| asked.to_string());
            let now = groups.len();
            let what = format!("{name} goes from {now} to {asked} shards; its keys move between them");
            (what, leading(action))
        }
    };
    draft.change(id, Kind::Cluster, effect, what);
    draft.reversibility = Reversibility::Lossy;
    draft.secure(Securing::NotNeeded);
}

#[cfg(test)]
mod tests;
