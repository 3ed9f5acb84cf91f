//! What the ways of instances and clusters share: the snapshot that was made, and the state of what is restored from it.

use interlock_action::{Deed, HANDLE};
use serde_json::{Value, json};

use super::{
    super::way::{list, only, set_by_service, sorted},
    settings::Settings,
};

/// The name of the snapshot that was made for the deed: `kind` is `snapshot` or `cluster-snapshot`.
pub(super) fn snapshot<'a>(deed: &'a Deed, kind: &str) -> Option<&'a str> {
    let part = format!(":{kind}:");
    deed.points.iter().find_map(|point| point.split_once(&part)).map(|(_, name)| name)
}

/// A database as it stood: its settings, what a restore must be told, its tags.
pub(super) fn state(record: &Value, settings: &Settings, told: &[&str], status: &str) -> Value {
    json!({
        "settings": settings.of(record),
        "told": only(record, told),
        "subnets": record.pointer("/DBSubnetGroup/DBSubnetGroupName").or_else(|| record.get("DBSubnetGroup")),
        "tags": sorted(list(record, "/TagList").to_vec()),
        HANDLE: {"status": record.get(status)},
    })
}

/// A restored database has settings of its own until they are set; while it is restored, nothing is final.
pub(super) fn between(before: &Value, now: &Value) -> Vec<Value> {
    if now.is_null() {
        return Vec::new();
    }
    let settings = now.get("settings").cloned().unwrap_or_default();
    vec![if available(now) { set_by_service(before, &[("/settings", settings)]) } else { now.clone() }]
}

/// Whether the service has finished with it.
pub(super) fn available(now: &Value) -> bool {
    now.pointer("/handle/status") == Some(&json!("available"))
}
