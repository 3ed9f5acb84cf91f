//! The recovery table: every row of it is run, or named with the reason why not.

use std::collections::{BTreeMap, BTreeSet};

use interlock_action::{Deed, Sealer, Securing};
use interlock_flow::Undo as _;
use interlock_recovery::AwsUndo;
use serde::Deserialize;
use serde_json::Value;

use crate::bed::act;
use crate::scene::{files, scenes};

/// A row of the recovery table, in its own words.
#[derive(Debug, Deserialize)]
struct Row {
    service: String,
    op: String,
    inverse: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "origin")]
    _origin: String,
    rows: Vec<Row>,
    /// Rows that are not run: why.
    not_run: BTreeMap<String, String>,
}

fn table() -> Table {
    serde_json::from_str(include_str!("rows.json")).unwrap()
}

fn run() -> BTreeSet<String> {
    files().iter().flat_map(|file| scenes(file)).map(|scene| scene.deed.what).collect()
}

#[test]
fn every_row_is_run_or_named() {
    let (table, run) = (table(), run());
    let mut missing = Vec::new();
    let mut names = BTreeSet::new();
    for row in &table.rows {
        let name = format!("{}:{}", row.service, row.op);
        let reason = table.not_run.get(&name);
        assert!(reason.is_none_or(|reason| !reason.is_empty()), "{name}: no reason");
        if run.contains(&name) == reason.is_some() {
            missing.push(name.clone());
        }
        names.insert(name);
    }
    assert!(missing.is_empty(), "neither run nor named, or both: {missing:#?}");
    let strangers: Vec<&String> = table.not_run.keys().filter(|name| !names.contains(*name)).collect();
    assert!(strangers.is_empty(), "no rows of the table: {strangers:?}");
    assert_eq!(table.rows.len(), 79);
}

/// What the table calls irreversible has no way, whatever the parameters.
#[test]
fn what_is_irreversible_has_no_way() {
    for row in table().rows.iter().filter(|row| row.inverse.is_empty()) {
        let parameters = Value::Object(serde_json::Map::new());
        let deed =
            Deed::of(&act(&row.service, &row.op, &parameters), &Securing::NotNeeded, &Sealer::new([7; 32]));
        assert_eq!(AwsUndo.way(&deed), None, "{}:{}", row.service, row.op);
    }
}

/// Every way is walked by some scene.
#[test]
fn every_way_is_walked() {
    let walked: BTreeSet<String> =
        files().iter().flat_map(|file| scenes(file)).map(|scene| scene.way).collect();
    let unwalked: Vec<&str> =
        interlock_recovery::ways().map(|way| way.name()).filter(|name| !walked.contains(*name)).collect();
    // Their tests stand beside them: moto disables no alarm actions, keeps neither the volumes nor the tags of an image that
    // is registered, leaves a deleted replication group for good in its deletion, describes no image anew, and knows nothing
    // of the other requests.
    let known = [
        "ce/cost-tags",
        "cloudcontrol/resource",
        "cloudfront/invalidation",
        "cloudwatch/alarm-actions",
        "ec2/image",
        "ec2/instance",
        "elasticache/replication-group",
        "ec2/spot-fleet",
        "ec2/fleet",
        "elasticache/group-settings",
        "dms/task",
        "efs/backup-policy",
        "backup/recovery-point-lifecycle",
        "backup/plan",
        "acm/certificate-options",
        "cloudformation/termination-protection",
        "globalaccelerator/accelerator",
        "apigatewayv2/stage",
        "ec2/image-description",
    ];
    assert_eq!(unwalked, known, "no scene walks these");
}
