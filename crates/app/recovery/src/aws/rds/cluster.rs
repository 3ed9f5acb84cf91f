//! A database cluster deleted.
//!
//! Kept: its settings, groups, subnets, tags; the data stand in the final snapshot that Interlock made of the request. Back:
//! the cluster is restored from that snapshot under the same name and its settings set again. Its instances were deleted
//! before it, each a change of its own. Compared: engine, settings, groups, subnets, tags. Lost: what was written after the
//! snapshot, the resource id.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::way::{Way, call, found, is, later, list, read, step, text, wait},
    restored::{available, between, snapshot, state},
    settings::CLUSTER,
};

/// The way.
pub(super) struct Cluster;

const TOLD: &[&str] = &["Engine", "Port", "StorageEncrypted"];

fn named(deed: &Deed) -> Value {
    json!({"DBClusterIdentifier": text(deed, "/DBClusterIdentifier")})
}

impl Way for Cluster {
    fn name(&self) -> &'static str {
        "rds/cluster"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        is(deed, "rds", &["DeleteDBCluster"]) && snapshot(deed, "cluster-snapshot").is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        vec![read(deed, "rds", "DescribeDBClusters", named(deed))]
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let answer = found(answers, "rds", "DescribeDBClusters", &named(deed))?;
        let record = answer.and_then(|answer| list(answer, "/DBClusters").first());
        Ok(record.map_or(Value::Null, |record| state(record, &CLUSTER, TOLD, "Status")))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let lost =
            ["what is written after the snapshot", "the resource id and the history of automated backups"];
        (!before.is_null()).then(|| Terms::from_recovery_point(60, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let id = text(deed, "/DBClusterIdentifier").ok_or("the cluster is not named")?;
        let snapshot = snapshot(deed, "cluster-snapshot").ok_or("no snapshot was made")?;
        let restore = format!("restore cluster {id} from snapshot {snapshot}");
        let settings = format!("set the settings of cluster {id} again");
        if now.is_null() {
            let mut arguments = json!({
                "DBClusterIdentifier": id, "SnapshotIdentifier": snapshot, "Engine": before.pointer("/told/Engine"),
            });
            if let Some(into) = arguments.as_object_mut() {
                for (name, at) in [
                    ("Port", "/told/Port"),
                    ("VpcSecurityGroupIds", "/settings/VpcSecurityGroupIds"),
                    ("DeletionProtection", "/settings/DeletionProtection"),
                    ("DBSubnetGroupName", "/subnets"),
                    ("Tags", "/tags"),
                ] {
                    let value = before.pointer(at).filter(|value| !value.is_null());
                    into.extend(value.map(|value| (name.to_owned(), value.clone())));
                }
            }
            let restore = step(restore, call(deed, "rds", "RestoreDBClusterFromSnapshot", arguments));
            return Ok(vec![restore, later(settings)]);
        }
        if !available(now) {
            return Ok(vec![wait(restore), later(settings)]);
        }
        let (was, is) =
            (before.get("settings").unwrap_or(&Value::Null), now.get("settings").unwrap_or(&Value::Null));
        let set = CLUSTER.set(id, was, is);
        Ok(set.map(|set| step(settings, call(deed, "rds", "ModifyDBCluster", set))).into_iter().collect())
    }

    fn between(&self, _deed: &Deed, before: &Value, now: &Value) -> Vec<Value> {
        between(before, now)
    }
}
