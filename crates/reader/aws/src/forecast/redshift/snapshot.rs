//! Redshift snapshots.
//!
//! A deleted snapshot is gone for good. What counts is whether its cluster has another one that can be used. Reads:
//! DescribeClusterSnapshots by name, then of the same cluster, and DescribeClusters; kms:DescribeKey.

use interlock_action::{Action, Answers, Kind, Read, TargetId};
use serde_json::json;

use super::super::{
    Look,
    answer::{Live, given, number, text},
    arn,
    draft::Draft,
    existence,
    finals::{self, REDSHIFT},
    point::{self, Point},
    words,
};

/// The forecaster of snapshots.
pub(in crate::forecast) struct Snapshot;

const SOURCE: &str = "redshift source";

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = given(action, "SnapshotIdentifier")?;
    Some((name, arn::target(action, Kind::DatabaseSnapshot, "redshift", &format!("snapshot:{name}"), name)))
}

impl Look for Snapshot {
    fn knows(&self, action: &Action) -> bool {
        action.operation.as_str() == "aws:redshift:DeleteClusterSnapshot" && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((_, id)) = subject(action) else { return Vec::new() };
        let Live::Found(record) = existence::of(action, so_far, &id) else { return Vec::new() };
        let Some(of) = text(record, "/ClusterIdentifier") else { return Vec::new() };
        let mut reads = finals::reads(action, so_far, REDSHIFT, json!({ "ClusterIdentifier": of }));
        let by_name = json!({ "ClusterIdentifier": of });
        reads.push(crate::call::read(action, SOURCE, "redshift", "DescribeClusters", by_name));
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => return point::unread((name, &id), Kind::DatabaseSnapshot, &why, draft),
        };
        let of = text(record, "/ClusterIdentifier").unwrap_or("an unknown cluster");
        let size = number(record, "/TotalBackupSizeInMegaBytes")
            .map(|size| words::bytes(size.saturating_mul(1_000_000)));
        let gone = Point { name, id: &id, kind: Kind::DatabaseSnapshot, record, of, size };
        point::goes(&gone, answers, (REDSHIFT, SOURCE), draft);
    }
}
