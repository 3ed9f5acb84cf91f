//! Amazon ElastiCache: replication groups, cache clusters, snapshots.

pub(super) mod cache_cluster;
pub(super) mod replication_group;
pub(super) mod snapshot;

use interlock_action::{Action, Effect, Kind, TargetId};
use serde_json::Value;

use super::{arn, draft::Draft};

/// The node that goes with what it is a part of.
fn node_goes(action: &Action, name: &str, of: &str, draft: &mut Draft) {
    let id = TargetId::new(arn::build(action, "elasticache", &format!("cluster:{name}")));
    draft.change(&id, Kind::Cluster, Effect::Destroy, format!("node {name} of {of} is deleted with it"));
}

/// `redis 7.1, cache.r6g.large`.
fn describe(record: &Value) -> String {
    let parts = ["/Engine", "/EngineVersion", "/CacheNodeType"];
    let parts: Vec<&str> = parts.iter().filter_map(|pointer| super::answer::text(record, pointer)).collect();
    if parts.is_empty() { "of an untold engine".to_owned() } else { parts.join(" ") }
}
