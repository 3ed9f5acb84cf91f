//! ElastiCache cache clusters.
//!
//! A Memcached cluster keeps nothing: what its nodes hold is lost with them, with a node that is taken out, and with a
//! restart. A cluster of its own with Redis or Valkey makes a final snapshot where the request names one, and Interlock
//! has it do so; a node of a replication group makes none, and the group keeps the data (ElastiCache User Guide,
//! "Creating a final backup", "Rebooting nodes"). Automatic snapshots go with the cluster. Reads:
//! DescribeCacheClusters, DescribeSnapshots of the cluster, kms:DescribeKey.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, number, strings, text},
        arn,
        compare::diff,
        draft::Draft,
        existence,
        finals::{self, ELASTICACHE},
        words,
    },
    FINAL, describe, given, kept_for, snapshot_arn, unread,
};

/// The forecaster of cache clusters.
pub(in crate::forecast) struct CacheCluster;

const OPERATIONS: [&str; 3] = ["DeleteCacheCluster", "ModifyCacheCluster", "RebootCacheCluster"];

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = given(action, "CacheClusterId")?;
    Some((name, arn::target(action, Kind::Cluster, "elasticache", &format!("cluster:{name}"), name)))
}

impl Look for CacheCluster {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "elasticache"
            && OPERATIONS.contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((name, _)) = subject(action) else { return Vec::new() };
        finals::reads(action, so_far, ELASTICACHE, json!({ "CacheClusterId": name }))
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => return unread(action, (name, &id), &why, draft),
        };
        let group = text(record, "/ReplicationGroupId");
        let data = if group.is_some() { Bears::Unknown } else { Bears::Yes };
        draft.observe(&id, Observed { data, ..Observed::default() });
        draft.bind(
            id.as_str(),
            json!({
                "created": record.get("CacheClusterCreateTime"),
                "nodes": record.get("NumCacheNodes"),
                "points": finals::lasting(answers, ELASTICACHE),
            }),
        );
        if let Some(group) = group {
            draft.depend(format!("it is a node of replication group {group}"));
        }
        draft.depend(format!("everything that connects to {name}"));
        match action.operation.verb() {
            "DeleteCacheCluster" => delete(action, answers, (name, &id), record, draft),
            "ModifyCacheCluster" => modify(action, answers, (name, &id), record, draft),
            _ => reboot(action, (name, &id), record, draft),
        }
    }
}

fn memcached(record: &Value) -> bool {
    text(record, "/Engine") == Some("memcached")
}

fn delete(
    action: &Action,
    answers: &Answers,
    (name, id): (&str, &TargetId),
    record: &Value,
    draft: &mut Draft,
) {
    let nodes = number(record, "/NumCacheNodes").map(|nodes| format!(", {}", words::count(nodes, "node")));
    let called = format!("cache cluster {name} ({}{})", describe(record), nodes.unwrap_or_default());
    draft.change(id, Kind::Cluster, Effect::Destroy, format!("{called} is deleted"));
    draft.unknown(format!("how much {name} holds is not told by the service"));
    let survives = |snapshot: &Value| !finals::automated(ELASTICACHE, snapshot);
    let tally = finals::count(answers, ELASTICACHE, survives, draft);
    let cannot = if memcached(record) {
        Some("Memcached makes no snapshots".to_owned())
    } else {
        let group = text(record, "/ReplicationGroupId");
        group.map(|group| format!("a node of replication group {group} makes no final snapshot"))
    };
    if let Some(why) = cannot {
        draft.lose(format!("what {called} holds: {why}"));
        draft.secure(match tally.survives() {
            true => Securing::Exists,
            false => Securing::Impossible(format!("{name}: {why}")),
        });
        draft.reversibility =
            if tally.survives() { Reversibility::FromRecoveryPoint } else { Reversibility::None };
        draft.tally(tally);
        return;
    }
    let born = record.get("CacheClusterCreateTime");
    let point = |name: &str| snapshot_arn(action, name);
    let of = (ELASTICACHE, &FINAL);
    let loses = format!("what {called} holds");
    finals::deleted(action, answers, of, (name, born), point, (&loses, tally, draft));
}

fn modify(
    action: &Action,
    answers: &Answers,
    (name, id): (&str, &TargetId),
    record: &Value,
    draft: &mut Draft,
) {
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
    kept_for(action, answers, (name, id), record, draft);
    let interrupts = ["CacheNodeType", "EngineVersion", "Engine", "CacheParameterGroupName"];
    if interrupts.iter().any(|member| action.arguments.get(*member).is_some()) {
        let what = format!("nodes of {name} are replaced or restarted");
        draft.change(id, Kind::Cluster, Effect::Interrupt, what);
        if memcached(record) {
            draft.lose(format!("what nodes of {name} hold: they start empty"));
        }
    }
}

fn reboot(action: &Action, (name, id): (&str, &TargetId), record: &Value, draft: &mut Draft) {
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
