//! What services share whose stores have snapshots and may make a final one: ElastiCache, MemoryDB, Redshift.

use interlock_action::{Action, Answers, Read, Reversibility, Securing};
use serde_json::{Value, json};

use super::{
    answer::{Listed, listed, text},
    draft::Draft,
    keys,
    tally::Tally,
};

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

/// Counts the snapshots. `survives` says which the action leaves.
pub(super) fn count(
    answers: &Answers,
    shape: Shape,
    survives: impl Fn(&Value) -> bool,
    draft: &mut Draft,
) -> Tally {
    let Shape { arn, name, status, at, .. } = shape;
    let told = Told { arn, name, status, at, key_of, automated: &|snapshot| automated(shape, snapshot) };
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
        keys::count(answers, (told.key_of)(snapshot), (id, what), survives(snapshot), (&mut tally, draft));
    }
    tally
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

/// The members of a deletion that say whether a final snapshot is made.
pub(super) struct Members {
    /// The member that names it.
    pub(super) snapshot: &'static str,
    /// The member that skips it, where there is one.
    pub(super) skip: Option<&'static str>,
}

/// Ends the forecast of a deletion: a final snapshot is made, by changing the request where it makes none, and what the
/// request as it stands `loses` is said.
pub(super) fn deleted(
    action: &Action,
    answers: &Answers,
    of: (Shape, &Members),
    store: (&str, Option<&Value>),
    point: impl Fn(&str) -> String,
    (loses, mut tally, draft): (&str, Tally, &mut Draft),
) {
    if !secure(action, answers, of, store, point, (&mut tally, draft)) {
        let but = if tally.survives() { ", but for what its manual snapshots hold" } else { "" };
        draft.lose(format!("{loses}{but}"));
    }
    draft.reversibility = Reversibility::FromRecoveryPoint;
    draft.tally(tally);
}

/// Has the deletion make a final snapshot, by changing the request where it does not. Says whether the request as it
/// stands makes one. `born` is what no later store of the name will have; `point` makes the snapshot's ARN of its name.
fn secure(
    action: &Action,
    answers: &Answers,
    (shape, members): (Shape, &Members),
    (store, born): (&str, Option<&Value>),
    point: impl Fn(&str) -> String,
    (tally, draft): (&mut Tally, &mut Draft),
) -> bool {
    let snapshots = all(answers, shape);
    let taken: Vec<&str> = snapshots.entries().iter().filter_map(|one| text(one, shape.name)).collect();
    let skips = |member: &str| action.arguments.get(member) == Some(&json!(true));
    let own = action.arguments.get(members.snapshot).and_then(Value::as_str);
    let kept = own.is_some() && !members.skip.is_some_and(skips);
    let snapshot = own.map_or_else(|| free_name(action, store, born, &taken), str::to_owned);
    if kept {
        if taken.contains(&snapshot.as_str()) {
            draft.depend(format!("a snapshot named {snapshot} is there already: the service will refuse"));
        }
        tally.made(point(&snapshot), format!("final snapshot {snapshot}, made by the request"));
    }
    let mut arguments = action.arguments.clone();
    if let Some(given) = arguments.as_object_mut() {
        given.insert(members.snapshot.to_owned(), json!(snapshot));
        if let Some(skip) = members.skip {
            given.insert(skip.to_owned(), json!(false));
        }
    }
    if arguments != action.arguments {
        draft.rewrite = Some(arguments);
    }
    draft.secure(Securing::ByRewrite { makes: vec![point(&snapshot)] });
    kept
}

/// A name of Interlock's own that no snapshot of the store has: the same store gets the same one again until it is taken.
fn free_name(action: &Action, store: &str, born: Option<&Value>, taken: &[&str]) -> String {
    let name = |round: usize| {
        let parts = json!([action.account, action.region, store, born, round]);
        let digest = interlock_action::digest_of("interlock final snapshot v1", &parts);
        let digits: String =
            digest.map(|digest| digest.short()).unwrap_or_default().chars().take(8).collect();
        format!("{}{store}-{digits}", super::OWN)
    };
    (0..=taken.len()).map(name).find(|name| !taken.contains(&name.as_str())).unwrap_or_else(|| name(0))
}
