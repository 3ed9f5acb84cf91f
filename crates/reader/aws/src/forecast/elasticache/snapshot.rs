//! ElastiCache snapshots.
//!
//! A deleted snapshot is gone for good. What counts is whether the cache it is of has another one that can be used.
//! Reads: DescribeSnapshots by name, then of the same source, and the source's own record; kms:DescribeKey.

use interlock_action::{Action, Answers, Kind, Read, TargetId};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Live, given, text},
    arn,
    draft::Draft,
    existence,
    finals::{self, ELASTICACHE},
    point::{self, Point},
};

/// The forecaster of snapshots.
pub(in crate::forecast) struct Snapshot;

const SOURCE: &str = "elasticache source";

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = given(action, "SnapshotName")?;
    Some((name, arn::target(action, Kind::Snapshot, "elasticache", &format!("snapshot:{name}"), name)))
}

/// The member that names the source, and its value.
fn source(record: &Value) -> Option<(&'static str, &str)> {
    let group = text(record, "/ReplicationGroupId").map(|group| ("ReplicationGroupId", group));
    group.or_else(|| text(record, "/CacheClusterId").map(|cluster| ("CacheClusterId", cluster)))
}

impl Look for Snapshot {
    fn knows(&self, action: &Action) -> bool {
        action.operation.as_str() == "aws:elasticache:DeleteSnapshot" && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((_, id)) = subject(action) else { return Vec::new() };
        let Live::Found(record) = existence::of(action, so_far, &id) else { return Vec::new() };
        let Some((member, of)) = source(record) else { return Vec::new() };
        let mut reads = finals::reads(action, so_far, ELASTICACHE, json!({ member: of }));
        let describe =
            if member == "CacheClusterId" { "DescribeCacheClusters" } else { "DescribeReplicationGroups" };
        reads.push(crate::call::read(action, SOURCE, "elasticache", describe, json!({ member: of })));
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => return point::unread((name, &id), Kind::Snapshot, &why, draft),
        };
        let of = source(record).map_or("an unknown cache", |(_, of)| of);
        let size = text(record, "/NodeSnapshots/0/CacheSize").map(str::to_owned);
        let gone = Point { name, id: &id, kind: Kind::Snapshot, record, of, size };
        point::goes(&gone, answers, (ELASTICACHE, SOURCE), draft);
    }
}
