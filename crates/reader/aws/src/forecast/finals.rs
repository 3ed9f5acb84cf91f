//! What services share whose stores have snapshots and may make a final one: ElastiCache, MemoryDB, Redshift.

use interlock_action::{Action, Answers, Read, Reversibility, Securing};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    answer::{Listed, given, listed, text},
    arn,
    draft::Draft,
    keys,
    tally::Tally,
};
use crate::rules::facts;

/// How a service tells of its snapshots.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// The service.
    pub(super) service: &'static str,
    /// The listing.
    pub(super) describe: &'static str,
    /// The listing's member.
    pub(super) list: &'static str,
    /// The pointer to a snapshot's name.
    pub(super) name: &'static str,
    /// The pointer to its ARN.
    pub(super) arn: &'static str,
    /// The pointer to its state.
    pub(super) status: &'static str,
    /// The pointer to who made it: `manual`, `automated`.
    pub(super) made_by: &'static str,
    /// The pointer to when.
    pub(super) at: &'static str,
    /// The pointer to when what it is of was made, where it tells that.
    pub(super) born: Option<&'static str>,
    /// The member of a deletion that names its final snapshot.
    asks: &'static str,
    /// The member of a deletion that skips it, where there is one.
    skips: Option<&'static str>,
    /// The resource part of the ARN of a store's snapshot.
    resource: fn(&str, &str) -> String,
}

/// ElastiCache.
pub(super) const ELASTICACHE: Shape = Shape {
    service: "elasticache",
    describe: "DescribeSnapshots",
    list: "Snapshots",
    name: "/SnapshotName",
    arn: "/ARN",
    status: "/SnapshotStatus",
    made_by: "/SnapshotSource",
    at: "/NodeSnapshots/0/SnapshotCreateTime",
    born: Some("/CacheClusterCreateTime"),
    asks: "FinalSnapshotIdentifier",
    skips: None,
    resource: |_, snapshot| format!("snapshot:{snapshot}"),
};

/// MemoryDB.
pub(super) const MEMORYDB: Shape = Shape {
    service: "memorydb",
    describe: "DescribeSnapshots",
    list: "Snapshots",
    name: "/Name",
    arn: "/ARN",
    status: "/Status",
    made_by: "/Source",
    at: "/ClusterConfiguration/Shards/0/SnapshotCreationTime",
    born: None,
    asks: "FinalSnapshotName",
    skips: None,
    resource: |_, snapshot| format!("snapshot/{snapshot}"),
};

/// Redshift.
pub(super) const REDSHIFT: Shape = Shape {
    service: "redshift",
    describe: "DescribeClusterSnapshots",
    list: "Snapshots",
    name: "/SnapshotIdentifier",
    arn: "/SnapshotArn",
    status: "/Status",
    made_by: "/SnapshotType",
    at: "/SnapshotCreateTime",
    born: Some("/ClusterCreateTime"),
    asks: "FinalClusterSnapshotIdentifier",
    skips: Some("SkipFinalClusterSnapshot"),
    resource: |store, snapshot| format!("snapshot:{store}/{snapshot}"),
};

const SNAPSHOTS: &str = "snapshots of the store";

fn key_of(snapshot: &Value) -> Option<&str> {
    // Redshift tells the key of what is not encrypted, too.
    text(snapshot, "/KmsKeyId")
        .filter(|key| !key.is_empty() && snapshot.get("Encrypted") != Some(&json!(false)))
}

/// Whether the service made it by itself, and takes it away with the store.
pub(super) fn automated(shape: Shape, snapshot: &Value) -> bool {
    text(snapshot, shape.made_by).is_some_and(|by| by.contains("auto"))
}

/// The reads of a store's snapshots and of the keys that they need. `of` says which store.
pub(super) fn reads(action: &Action, so_far: &Answers, shape: Shape, of: Value) -> Vec<Read> {
    let mut reads = vec![crate::call::read(action, SNAPSHOTS, shape.service, shape.describe, of)];
    let snapshots = all(so_far, shape);
    reads.extend(keys::reads(action, snapshots.entries().iter().filter_map(|one| key_of(one))));
    reads
}

/// The snapshots that the read gave.
pub(super) fn all(answers: &Answers, shape: Shape) -> Listed<'_> {
    listed(answers, SNAPSHOTS, shape.list)
}

/// Counts the snapshots. `is_of` says which are of the very store, `survives` which the action leaves.
pub(super) fn count(
    answers: &Answers,
    shape: Shape,
    is_of: &dyn Fn(&Value) -> bool,
    survives: impl Fn(&Value) -> bool,
    draft: &mut Draft,
) -> Tally {
    let Shape { arn, name, status, at, .. } = shape;
    let automated = &|snapshot: &Value| automated(shape, snapshot);
    let told = Told { arn, name, status, at, key_of, automated, is_of };
    counted(answers, &all(answers, shape), &told, survives, draft)
}

/// How the snapshots of a listing are told.
pub(super) struct Told<'a> {
    /// The pointer to its ARN.
    pub(super) arn: &'static str,
    /// The pointer to its name.
    pub(super) name: &'static str,
    /// The pointer to its state.
    pub(super) status: &'static str,
    /// The pointer to when it was made.
    pub(super) at: &'static str,
    /// The key that it needs.
    pub(super) key_of: fn(&Value) -> Option<&str>,
    /// Whether the service made it by itself.
    pub(super) automated: &'a dyn Fn(&Value) -> bool,
    /// Whether it is of the very thing, and not of another one of its name.
    pub(super) is_of: &'a dyn Fn(&Value) -> bool,
}

/// Counts the snapshots of a listing that could be restored from. `survives` says which the action leaves.
pub(super) fn counted(
    answers: &Answers,
    snapshots: &Listed<'_>,
    told: &Told<'_>,
    survives: impl Fn(&Value) -> bool,
    draft: &mut Draft,
) -> Tally {
    let mut tally = if snapshots.complete() { Tally::default() } else { Tally::unread() };
    draft.gap(snapshots.gap("snapshots"));
    for snapshot in snapshots.entries() {
        let name = text(snapshot, told.name).unwrap_or("?");
        let id = text(snapshot, told.arn).unwrap_or(name);
        let kind = if (told.automated)(snapshot) { "automated snapshot" } else { "manual snapshot" };
        let at = text(snapshot, told.at).map(|at| format!(" of {at}")).unwrap_or_default();
        let what = format!("{kind} {name}{at}");
        let status = text(snapshot, told.status).unwrap_or("in an unknown state");
        if status != "available" {
            tally.uncounted(id, format!("{what}: not counted, it is {status}"));
            continue;
        }
        if !(told.is_of)(snapshot) {
            tally.uncounted(id, format!("{what}: not counted, it is of another one of that name"));
            continue;
        }
        keys::count(answers, (told.key_of)(snapshot), (id, what), survives(snapshot), (&mut tally, draft));
    }
    tally
}

/// Whether something was done after something was made, as far as both are told.
pub(super) fn is_since(done: Option<&str>, made: Option<&str>) -> bool {
    let at = |text: Option<&str>| text?.parse::<Timestamp>().ok();
    at(done).zip(at(made)).is_some_and(|(done, made)| done >= made)
}

/// Names of the manual snapshots but Interlock's own: what an approval is bound to.
pub(super) fn lasting(answers: &Answers, shape: Shape) -> Value {
    let snapshots = all(answers, shape);
    let mut names: Vec<&str> = snapshots
        .entries()
        .iter()
        .filter(|one| !automated(shape, one))
        .filter_map(|one| text(one, shape.name))
        .filter(|name| !name.starts_with(super::OWN))
        .collect();
    names.sort_unstable();
    json!(names)
}

/// Ends the forecast of a deletion: a final snapshot is made, by changing the request where it makes none, and what the
/// request as it stands `loses` is said. `born` is what no later store of the name has.
pub(super) fn deleted(
    action: &Action,
    answers: &Answers,
    shape: Shape,
    (store, born): (&str, Option<&str>),
    (loses, mut tally, draft): (&str, Tally, &mut Draft),
) {
    let snapshots = all(answers, shape);
    let taken: Vec<&str> = snapshots.entries().iter().filter_map(|one| text(one, shape.name)).collect();
    let skips = |member: &str| action.arguments.get(member) == Some(&json!(true));
    let own = given(action, shape.asks);
    let kept = own.is_some() && !shape.skips.is_some_and(skips);
    let snapshot = own.map_or_else(|| free_name(action, store, born, &taken), str::to_owned);
    let point = arn::build(action, shape.service, &(shape.resource)(store, &snapshot));
    if kept {
        if taken.contains(&snapshot.as_str()) {
            draft.depend(format!("a snapshot named {snapshot} is there already: the service will refuse"));
        }
        tally.made(&point, format!("final snapshot {snapshot}, made by the request"));
    } else {
        let but = if tally.survives() { ", but for what its manual snapshots hold" } else { "" };
        draft.lose(format!("{loses}{but}"));
    }
    let mut arguments = action.arguments.clone();
    if let Some(members) = arguments.as_object_mut() {
        members.insert(shape.asks.to_owned(), json!(snapshot));
        if let Some(skip) = shape.skips {
            members.insert(skip.to_owned(), json!(false));
        }
    }
    if arguments != action.arguments {
        draft.rewrite = Some(arguments);
    }
    draft.fact(facts::FINAL_SNAPSHOT_SKIPPED, true, Some(!kept));
    draft.secure(Securing::ByRewrite { makes: vec![point] });
    draft.reversibility = Reversibility::FromRecoveryPoint;
    draft.tally(tally);
}

/// A name of Interlock's own that no snapshot of the store has: the same store gets the same one again until it is taken.
fn free_name(action: &Action, store: &str, born: Option<&str>, taken: &[&str]) -> String {
    let name = |round: usize| {
        let parts = json!([action.account, action.region, store, born, round]);
        let digest = interlock_action::digest_of("interlock final snapshot v1", &parts);
        let digits: String =
            digest.map(|digest| digest.short()).unwrap_or_default().chars().take(8).collect();
        format!("{}{store}-{digits}", super::OWN)
    };
    (0..=taken.len()).map(name).find(|name| !taken.contains(&name.as_str())).unwrap_or_else(|| name(0))
}
