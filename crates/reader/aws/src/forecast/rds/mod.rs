//! RDS, and DocumentDB and Neptune, which speak its API.

pub(super) mod cluster;
pub(super) mod instance;
mod points;
pub(super) mod snapshot;

use interlock_action::Action;
use serde_json::{Value, json};

use super::answer::{number, text};

/// Whether the operation is of RDS or of a service that speaks its API.
fn ours(action: &Action) -> bool {
    matches!(action.operation.service(), "rds" | "docdb" | "neptune")
}

/// Whether it keeps automated backups after a deletion, and takes final snapshots of instances: RDS alone.
fn full(action: &Action) -> bool {
    action.operation.service() == "rds"
}

/// Engines whose instances hold no data of their own: the cluster's volume does.
fn shares_storage(record: &Value) -> bool {
    let engine = text(record, "/Engine").unwrap_or_default();
    engine.starts_with("aurora") || engine == "docdb" || engine == "neptune"
}

/// `postgres 14.7, db.t3.micro, 100 GiB`.
fn describe(record: &Value) -> String {
    let engine = text(record, "/Engine").unwrap_or("unknown engine");
    let mut parts = vec![match text(record, "/EngineVersion") {
        Some(version) => format!("{engine} {version}"),
        None => engine.to_owned(),
    }];
    parts.extend(text(record, "/DBInstanceClass").map(str::to_owned));
    parts.extend(size(record));
    parts.join(", ")
}

/// The allocated storage; an engine that shares its cluster's volume states a number that means nothing.
fn size(record: &Value) -> Option<String> {
    let storage = number(record, "/AllocatedStorage").filter(|_| !shares_storage(record))?;
    Some(format!("{storage} GiB"))
}

/// A name for a final snapshot that none of `taken` has: `interlock-course-management-prod-1f2e3d4c`. The same database
/// gets the same name again until a snapshot of that name is there.
fn final_name(action: &Action, id: &str, identity: [Option<&str>; 2], taken: &[&str]) -> String {
    let free = (0..=taken.len()).map(|round| {
        let parts = json!([action.account, action.region, id, identity, round]);
        super::own_name("interlock final snapshot v1", id, &parts)
    });
    let free: Vec<String> = free.collect();
    free.iter().find(|name| !taken.contains(&name.as_str())).or(free.first()).cloned().unwrap_or_default()
}
