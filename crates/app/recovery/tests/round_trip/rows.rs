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

const PAGE: &str = "../../../docs/reference/ways.md";

/// The page of all ways is what the scenes were run with.
#[test]
fn the_page_is_as_published() {
    let mut lines = BTreeSet::new();
    for scene in files().iter().flat_map(|file| scenes(file)) {
        let open = scene.days.map_or_else(|| "30".to_owned(), |days| days.min(30).to_string());
        let (what, way, lost) = (scene.deed.what, scene.way, scene.loses.join("; "));
        lines.insert(format!(
            "| `{what}` | `{way}` | {} | {} | {open} | {lost} |",
            scene.class, scene.minutes
        ));
    }
    let mut page = HEAD.to_owned();
    lines.iter().for_each(|line| page.push_str(&format!("{line}\n")));
    page.push_str(WITHOUT);
    for (name, reason) in table().not_run {
        page.push_str(&format!("| `{name}` | {reason} |\n"));
    }
    page.push_str(UNWALKED_HEAD);
    for (name, why) in UNWALKED {
        page.push_str(&format!("| `{name}` | {why} |\n"));
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    if std::env::var_os("INTERLOCK_UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let have = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(have == page, "the page is stale: run this test with INTERLOCK_UPDATE=1");
}

const HEAD: &str = "<!-- Written by `INTERLOCK_UPDATE=1 cargo nextest run -p interlock-recovery --test round_trip`; not edited by hand. -->

# Ways back

Every line was run there and back before an emulated cloud: before, the deed, every step back, after. A way is remembered for 30 \
days, or for as long as the service keeps what it needs.

*exact* is all that the operation changed of a thing; each way's file says what is kept of it. What a thing would have kept by itself \
and did not meanwhile (events, versions, backups, records that expired) counts as lost. What others read, sent or missed while a \
change stood is never taken back, and not counted.

A *lossy* way never opens anything: whatever it loses, an action is judged as if it had no way back. Some are there for some things \
only, as each way's file says: a function's code comes back where it is packaged as an image, and never where it is packaged as an \
archive.

| operation | way | comes back | minutes, expected | days, open | what does not come back |
|---|---|---|---|---|---|
";

const WITHOUT: &str = "
## Rows of the recovery table that no scene runs

| operation | why |
|---|---|
";

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

const UNWALKED_HEAD: &str = "
## Ways that no scene walks

Each has its test beside it.

| way | why |
|---|---|
";

const NO_CALL: &str = "the emulator does not know the request";

/// In the order of the ways.
const UNWALKED: &[(&str, &str)] = &[
    ("ce/cost-tags", NO_CALL),
    ("cloudcontrol/resource", "the emulator does not know the service"),
    ("cloudfront/invalidation", "nothing of it is kept, so that nothing shows"),
    ("cloudwatch/alarm-actions", NO_CALL),
    ("ec2/image", "the emulator keeps neither the volumes nor the tags of an image that is registered"),
    ("ec2/instance", "the emulator keeps neither the volumes nor the tags of an image that is registered"),
    ("elasticache/replication-group", "the emulator never takes a deleted group away"),
    ("ec2/fleet", NO_CALL),
    ("elasticache/group-settings", NO_CALL),
    ("dms/task", NO_CALL),
    ("efs/backup-policy", NO_CALL),
    ("backup/recovery-point-lifecycle", NO_CALL),
    ("backup/plan", NO_CALL),
    ("acm/certificate-options", NO_CALL),
    ("cloudformation/termination-protection", NO_CALL),
    ("globalaccelerator/accelerator", "the emulator does not know the service"),
    ("apigatewayv2/stage", NO_CALL),
    ("ec2/image-description", "the emulator describes no image anew"),
];

/// Every way is walked by some scene.
#[test]
fn every_way_is_walked() {
    let walked: BTreeSet<String> =
        files().iter().flat_map(|file| scenes(file)).map(|scene| scene.way).collect();
    let unwalked: Vec<&str> =
        interlock_recovery::ways().map(|way| way.name()).filter(|name| !walked.contains(*name)).collect();
    let named: Vec<&str> = UNWALKED.iter().map(|(name, _)| *name).collect();
    assert_eq!(unwalked, named, "no scene walks these");
}
