//! A database instance or cluster deleted: restored from the final snapshot that Interlock made of the request.
//!
//! Kept: its settings, groups, subnets, tags; the data stand in the snapshot. Back: it is restored under the same name, with
//! groups, subnets and tags, and its settings set again. A cluster's instances were deleted before it, each a change of its
//! own. Compared: engine, settings, groups, subnets, tags. Lost: what was written after the snapshot, the resource id, the
//! history of automated backups; 10 to 60 minutes without the database.

use interlock_action::{Answers, Deed, HANDLE, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::{
    super::way::{
        Way, at, call, found, is, later, list, only, read, set_by_service, sorted, step, text, wait,
    },
    settings::{self, Settings},
};

/// The way of one kind of database.
pub(super) struct Restored {
    name: &'static str,
    settings: &'static Settings,
    delete: &'static str,
    /// What stands in the ARN of a snapshot before its name.
    snapshot: &'static str,
    /// Members of the record that are compared beside the settings.
    told: &'static [&'static str],
    /// The member that says how it is.
    status: &'static str,
    restore: &'static str,
    /// The parameter that names the snapshot.
    from: &'static str,
    /// What else a restore is told, and where the state has it.
    given: &'static [(&'static str, &'static str)],
}

/// Instances.
pub(super) static INSTANCE: Restored = Restored {
    name: "rds/instance",
    settings: &settings::INSTANCE,
    delete: "DeleteDBInstance",
    snapshot: ":snapshot:",
    told: &["Engine", "LicenseModel", "StorageType"],
    status: "DBInstanceStatus",
    restore: "RestoreDBInstanceFromDBSnapshot",
    from: "DBSnapshotIdentifier",
    given: &[
        ("DBInstanceClass", "/settings/DBInstanceClass"),
        ("MultiAZ", "/settings/MultiAZ"),
        ("PubliclyAccessible", "/settings/PubliclyAccessible"),
        ("DeletionProtection", "/settings/DeletionProtection"),
        ("CopyTagsToSnapshot", "/settings/CopyTagsToSnapshot"),
        ("VpcSecurityGroupIds", "/settings/VpcSecurityGroupIds"),
        ("DBSubnetGroupName", "/subnets"),
        ("Tags", "/tags"),
    ],
};

/// Clusters.
pub(super) static CLUSTER: Restored = Restored {
    name: "rds/cluster",
    settings: &settings::CLUSTER,
    delete: "DeleteDBCluster",
    snapshot: ":cluster-snapshot:",
    told: &["Engine", "Port", "StorageEncrypted"],
    status: "Status",
    restore: "RestoreDBClusterFromSnapshot",
    from: "SnapshotIdentifier",
    given: &[
        ("Engine", "/told/Engine"),
        ("Port", "/told/Port"),
        ("VpcSecurityGroupIds", "/settings/VpcSecurityGroupIds"),
        ("DeletionProtection", "/settings/DeletionProtection"),
        ("DBSubnetGroupName", "/subnets"),
        ("Tags", "/tags"),
    ],
};

impl Restored {
    fn id<'a>(&self, deed: &'a Deed) -> Option<&'a str> {
        text(deed, &format!("/{}", self.settings.id))
    }

    fn named(&self, deed: &Deed) -> Value {
        json!({ self.settings.id: self.id(deed) })
    }

    /// The name of the snapshot that was made for the deed.
    fn point<'a>(&self, deed: &'a Deed) -> Option<&'a str> {
        deed.points.iter().find_map(|point| point.split_once(self.snapshot)).map(|(_, name)| name)
    }
}

/// Whether the service has finished with it.
fn available(now: &Value) -> bool {
    now.pointer("/handle/status") == Some(&json!("available"))
}

impl Way for Restored {
    fn name(&self) -> &'static str {
        self.name
    }

    fn undoes(&self, deed: &Deed) -> bool {
        is(deed, "rds", &[self.delete]) && self.point(deed).is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        vec![read(deed, "rds", self.settings.describe, self.named(deed))]
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let answer = found(answers, "rds", self.settings.describe, &self.named(deed))?;
        let Some(record) = answer.and_then(|answer| answer.pointer(self.settings.records)) else {
            return Ok(Value::Null);
        };
        let group = record.pointer("/DBSubnetGroup/DBSubnetGroupName");
        Ok(json!({
            "settings": self.settings.of(record),
            "told": only(record, self.told),
            "subnets": group.or_else(|| record.get("DBSubnetGroup")),
            "tags": sorted(list(record, "/TagList").to_vec()),
            HANDLE: {"status": record.get(self.status)},
        }))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let lost =
            ["what is written after the snapshot", "the resource id and the history of automated backups"];
        (!before.is_null()).then(|| Terms::from_recovery_point(60, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (id, words) = (self.id(deed).ok_or("the database is not named")?, self.settings.words);
        let snapshot = self.point(deed).ok_or("no snapshot was made")?;
        let restore = format!("restore {words} {id} from snapshot {snapshot}");
        let settings = format!("set the settings of {words} {id} again");
        if now.is_null() {
            let known = |(name, place): &(&str, &str)| {
                let value = before.pointer(place).filter(|value| !value.is_null())?;
                Some(((*name).to_owned(), value.clone()))
            };
            let mut arguments: Map<String, Value> = self.given.iter().filter_map(known).collect();
            arguments.insert(self.settings.id.to_owned(), id.into());
            arguments.insert(self.from.to_owned(), snapshot.into());
            let restore = step(restore, call(deed, "rds", self.restore, Value::Object(arguments)));
            return Ok(vec![restore, later(settings)]);
        }
        if !available(now) {
            return Ok(vec![wait(restore), later(settings)]);
        }
        let set = self.settings.set(id, at(before, "/settings"), at(now, "/settings"));
        let modify = |set| step(settings, call(deed, "rds", self.settings.modify, set));
        Ok(set.map(modify).into_iter().collect())
    }

    /// A restored database has settings of its own until they are set; while it is restored, nothing is final.
    fn between(&self, _deed: &Deed, before: &Value, now: &Value) -> Vec<Value> {
        if now.is_null() {
            return Vec::new();
        }
        let settings = at(now, "/settings").clone();
        vec![if available(now) { set_by_service(before, &[("/settings", settings)]) } else { now.clone() }]
    }
}
