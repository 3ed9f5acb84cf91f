//! ElastiCache cache clusters.
//!
//! A Memcached cluster keeps nothing: what its nodes hold is lost with them, with a node that is taken out, and with a
//! restart. A cluster of its own with Redis or Valkey makes a final snapshot where the request names one, and Interlock
//! has it do so; a node of a replication group makes none, and the group keeps the data (ElastiCache User Guide,
//! "Creating a final backup", "Rebooting nodes"). Automatic snapshots go with the cluster. Reads:
//! DescribeCacheClusters, DescribeSnapshots of the cluster, kms:DescribeKey.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing};
use serde_json::Value;

use super::{
    super::{
        Look,
        answer::{number, strings, text},
        compare::diff,
        draft::Draft,
        finals::ELASTICACHE,
        store::{Found, Store},
        words,
    },
    describe,
};
use crate::rules::facts;

/// The forecaster of cache clusters.
pub(in crate::forecast) struct CacheCluster;

const OPERATIONS: [&str; 3] = ["DeleteCacheCluster", "ModifyCacheCluster", "RebootCacheCluster"];

const STORE: Store = Store {
    shape: ELASTICACHE,
    kind: Kind::Cluster,
    noun: "cache cluster",
    member: "CacheClusterId",
    prefix: "cluster:",
    born: Some("CacheClusterCreateTime"),
    parts: "NumCacheNodes",
    kept: "SnapshotRetentionLimit",
};

impl Look for CacheCluster {
    fn knows(&self, action: &Action) -> bool {
        STORE.knows(action, &OPERATIONS)
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        STORE.reads(action, so_far)
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(found) = STORE.found(action, answers, draft) else { return };
        let group = text(found.record, "/ReplicationGroupId");
        let data = if group.is_some() { Bears::Unknown } else { Bears::Yes };
        draft.observe(&found.id, Observed { data, ..Observed::default() });
        if let Some(group) = group {
            draft.depend(format!("it is a node of replication group {group}"));
        }
        draft.depend(format!("everything that connects to {}", found.name));
        match action.operation.verb() {
            "DeleteCacheCluster" => delete(action, answers, &found, draft),
            "ModifyCacheCluster" => modify(action, answers, &found, draft),
            _ => reboot(action, &found, draft),
        }
    }
}

fn memcached(record: &Value) -> bool {
    text(record, "/Engine") == Some("memcached")
}

fn delete(action: &Action, answers: &Answers, found: &Found<'_>, draft: &mut Draft) {
    let Found { name, id, record } = found;
    let nodes = number(record, "/NumCacheNodes").map(|nodes| format!(", {}", words::count(nodes, "node")));
    let called = format!("cache cluster {name} ({}{})", describe(record), nodes.unwrap_or_default());
    draft.change(id, Kind::Cluster, Effect::Destroy, format!("{called} is deleted"));
    draft.unknown(format!("how much {name} holds is not told by the service"));
    let cannot = if memcached(record) {
        Some("Memcached makes no snapshots".to_owned())
    } else {
        let group = text(record, "/ReplicationGroupId");
        group.map(|group| format!("a node of replication group {group} makes no final snapshot"))
    };
    let Some(why) = cannot else {
        return STORE.deleted(action, answers, found, &format!("what {called} holds"), draft);
    };
    let left = STORE.left(answers, found, draft);
    draft.lose(format!("what {called} holds: {why}"));
    draft.fact(facts::FINAL_SNAPSHOT_SKIPPED, true, Some(true));
    draft.secure(match left.survives() {
        true => Securing::Exists,
        false => Securing::Impossible(format!("{name}: {why}")),
    });
    draft.reversibility =
        if left.survives() { Reversibility::FromRecoveryPoint } else { Reversibility::None };
    draft.tally(left);
}

fn modify(action: &Action, answers: &Answers, found: &Found<'_>, draft: &mut Draft) {
    let Found { name, id, record } = found;
    diff::changes(action, id, Kind::Cluster, record, draft);
    let fewer = number(&action.arguments, "/NumCacheNodes")
        .zip(number(record, "/NumCacheNodes"))
        .filter(|(asked, now)| asked < now);
    let removed = strings(&action.arguments, "/CacheNodeIdsToRemove");
    if fewer.is_some() || !removed.is_empty() {
        let which = if removed.is_empty() { "some".to_owned() } else { removed.join(", ") };
        draft.change(id, Kind::Cluster, Effect::Destroy, format!("nodes {which} of {name} are taken out"));
        draft.lose(format!("what nodes {which} of {name} hold"));
        draft.reversibility = Reversibility::None;
        draft.secure(Securing::Impossible(format!("what single nodes of {name} hold cannot be kept")));
    } else {
        let told = diff::tells_all(action, record, &["CacheClusterId", "ApplyImmediately"]);
        draft.reversibility = if told { Reversibility::Exact } else { Reversibility::None };
    }
    STORE.keeps(action, answers, found, draft);
    let interrupts = ["CacheNodeType", "EngineVersion", "Engine", "CacheParameterGroupName"];
    if interrupts.iter().any(|member| action.arguments.get(*member).is_some()) {
        let what = format!("nodes of {name} are replaced or restarted");
        draft.change(id, Kind::Cluster, Effect::Interrupt, what);
        if memcached(record) {
            draft.lose(format!("what nodes of {name} hold: they start empty"));
        }
    }
}

fn reboot(action: &Action, found: &Found<'_>, draft: &mut Draft) {
    let Found { name, id, record } = found;
    let nodes = strings(&action.arguments, "/CacheNodeIdsToReboot").join(", ");
    draft.change(id, Kind::Cluster, Effect::Interrupt, format!("nodes {nodes} of {name} restart"));
    draft.lose(format!(
        "what nodes {nodes} of {name} hold in memory: they start empty unless something replays it"
    ));
    draft.reversibility = Reversibility::None;
    draft.unknown(format!("whether {name} ({}) has anything that refills it is not told", describe(record)));
}

#[cfg(test)]
mod tests;
