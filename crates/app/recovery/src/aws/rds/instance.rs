//! A database instance deleted.
//!
//! Kept: its settings, groups, subnets, parameter groups, tags; the data stand in the final snapshot that Interlock made of
//! the request. Back: restored from that snapshot under the same name, with groups, subnets and tags, and the settings set
//! again. Compared: engine, class, port, settings, groups, subnets, tags. Lost: what was written after the snapshot, the
//! resource id, the history of automated backups; 10 to 60 minutes without the database.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::way::{Way, call, found, is, later, list, read, step, text, wait},
    restored::{available, between, snapshot, state},
    settings::INSTANCE,
};

/// The way.
pub(super) struct Instance;

const TOLD: &[&str] = &["Engine", "LicenseModel", "StorageType"];

fn named(deed: &Deed) -> Value {
    json!({"DBInstanceIdentifier": text(deed, "/DBInstanceIdentifier")})
}

impl Way for Instance {
    fn name(&self) -> &'static str {
        "rds/instance"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        is(deed, "rds", &["DeleteDBInstance"]) && snapshot(deed, "snapshot").is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        vec![read(deed, "rds", "DescribeDBInstances", named(deed))]
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let answer = found(answers, "rds", "DescribeDBInstances", &named(deed))?;
        let record = answer.and_then(|answer| list(answer, "/DBInstances").first());
        Ok(record.map_or(Value::Null, |record| state(record, &INSTANCE, TOLD, "DBInstanceStatus")))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let lost =
            ["what is written after the snapshot", "the resource id and the history of automated backups"];
        (!before.is_null()).then(|| Terms::from_recovery_point(60, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let id = text(deed, "/DBInstanceIdentifier").ok_or("the database is not named")?;
        let snapshot = snapshot(deed, "snapshot").ok_or("no snapshot was made")?;
        let restore = format!("restore database {id} from snapshot {snapshot}");
        let settings = format!("set the settings of database {id} again");
        let of = |name: &str| before.pointer(name).filter(|value| !value.is_null());
        let set = INSTANCE.set(
            id,
            before.get("settings").unwrap_or(&Value::Null),
            now.get("settings").unwrap_or(&Value::Null),
        );
        if now.is_null() {
            let mut arguments = json!({"DBInstanceIdentifier": id, "DBSnapshotIdentifier": snapshot});
            if let Some(into) = arguments.as_object_mut() {
                for (name, at) in [
                    ("DBInstanceClass", "/settings/DBInstanceClass"),
                    ("MultiAZ", "/settings/MultiAZ"),
                    ("PubliclyAccessible", "/settings/PubliclyAccessible"),
                    ("DeletionProtection", "/settings/DeletionProtection"),
                    ("CopyTagsToSnapshot", "/settings/CopyTagsToSnapshot"),
                    ("VpcSecurityGroupIds", "/settings/VpcSecurityGroupIds"),
                    ("DBSubnetGroupName", "/subnets"),
                    ("Tags", "/tags"),
                ] {
                    into.extend(of(at).map(|value| (name.to_owned(), value.clone())));
                }
            }
            let restore = step(restore, call(deed, "rds", "RestoreDBInstanceFromDBSnapshot", arguments));
            return Ok(vec![restore, later(settings)]);
        }
        if !available(now) {
            return Ok(vec![wait(restore), later(settings)]);
        }
        Ok(set.map(|set| step(settings, call(deed, "rds", "ModifyDBInstance", set))).into_iter().collect())
    }

    fn between(&self, _deed: &Deed, before: &Value, now: &Value) -> Vec<Value> {
        between(before, now)
    }
}
