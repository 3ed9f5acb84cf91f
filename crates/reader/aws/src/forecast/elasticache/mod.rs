//! Amazon ElastiCache: replication groups, cache clusters, snapshots.

pub(super) mod cache_cluster;
pub(super) mod replication_group;
pub(super) mod snapshot;

use interlock_action::{Action, Answers, Effect, Kind, Securing, TargetId};
use serde_json::Value;

use super::{
    arn,
    compare::diff,
    draft::Draft,
    finals::{self, ELASTICACHE, Members},
    tally::Tally,
};

/// The members of a deletion that say whether a final snapshot is made.
const FINAL: Members = Members { snapshot: "FinalSnapshotIdentifier", skip: None };

/// A text among the arguments.
fn given<'a>(action: &'a Action, member: &str) -> Option<&'a str> {
    action.arguments.get(member)?.as_str()
}

/// The ARN of a snapshot of this name.
fn snapshot_arn(action: &Action, name: &str) -> String {
    arn::build(action, "elasticache", &format!("snapshot:{name}"))
}

/// What is said of a cache that could not be read.
fn unread(action: &Action, (name, id): (&str, &TargetId), why: &str, draft: &mut Draft) {
    draft.unknown(format!("{name} could not be read: {why}"));
    let what = format!("{name}, whose state could not be read");
    draft.change(id, Kind::Cluster, super::draft::leading(action), what);
    draft.tally(Tally::unread());
    if action.operation.verb().starts_with("Delete") {
        draft.lose(format!("what {name} holds: how much could not be read"));
        draft.secure(Securing::Impossible(format!("{name} could not be read: {why}")));
    }
}

/// Counts the snapshots of a cache whose settings change, and tells of those that go because they are kept for less long.
fn kept_for(
    action: &Action,
    answers: &Answers,
    (name, id): (&str, &TargetId),
    record: &Value,
    draft: &mut Draft,
) {
    let shorter = diff::shorter(action, record, "SnapshotRetentionLimit");
    // Which of the automatic ones stay depends on the day, and for how long once there are to be none is not told.
    let survives = |snapshot: &Value| shorter.is_none() || !finals::automated(ELASTICACHE, snapshot);
    let tally = finals::count(answers, ELASTICACHE, survives, draft);
    if let Some(days) = shorter {
        let backups = format!("automatic snapshots of {name}");
        diff::expire((id, Kind::Cluster), &backups, days, tally.survives(), draft);
    }
    draft.tally(tally);
}

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
