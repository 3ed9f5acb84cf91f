//! The settings of a database instance or cluster, changed in place.
//!
//! Kept: the settings that can be set again, as they will be once what is pending is done. Back: those that differ are set, at
//! once. Compared: the same. Not a way back: a new engine version, more storage, a new password or name, and what the database
//! does not tell: none of these can be set back, so that such a change has none. Lost: the backups that a shorter retention
//! drops; storage that grew under a higher limit.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::way::{Way, call, is, is_less, list, read, step, text, wanted};

/// The way of one kind of database.
pub(super) struct Settings {
    name: &'static str,
    /// What people call it.
    pub(super) words: &'static str,
    /// The operation that sets.
    pub(super) modify: &'static str,
    /// The operation that tells of it.
    pub(super) describe: &'static str,
    /// Where the answer has its record.
    pub(super) records: &'static str,
    /// The parameter that names it.
    pub(super) id: &'static str,
    /// What can be set back: the parameter, and where the record tells it.
    settings: &'static [(&'static str, &'static str)],
}

/// Instances.
pub(super) static INSTANCE: Settings = Settings {
    name: "rds/instance-settings",
    words: "database",
    modify: "ModifyDBInstance",
    describe: "DescribeDBInstances",
    records: "/DBInstances/0",
    id: "DBInstanceIdentifier",
    settings: &[
        ("DeletionProtection", "/DeletionProtection"),
        ("BackupRetentionPeriod", "/BackupRetentionPeriod"),
        ("DBInstanceClass", "/DBInstanceClass"),
        ("MultiAZ", "/MultiAZ"),
        ("PubliclyAccessible", "/PubliclyAccessible"),
        ("AutoMinorVersionUpgrade", "/AutoMinorVersionUpgrade"),
        ("CopyTagsToSnapshot", "/CopyTagsToSnapshot"),
        ("EnableIAMDatabaseAuthentication", "/IAMDatabaseAuthenticationEnabled"),
        ("PreferredBackupWindow", "/PreferredBackupWindow"),
        ("PreferredMaintenanceWindow", "/PreferredMaintenanceWindow"),
        ("MaxAllocatedStorage", "/MaxAllocatedStorage"),
    ],
};

/// Clusters.
pub(super) static CLUSTER: Settings = Settings {
    name: "rds/cluster-settings",
    words: "cluster",
    modify: "ModifyDBCluster",
    describe: "DescribeDBClusters",
    records: "/DBClusters/0",
    id: "DBClusterIdentifier",
    settings: &[
        ("DeletionProtection", "/DeletionProtection"),
        ("BackupRetentionPeriod", "/BackupRetentionPeriod"),
        ("CopyTagsToSnapshot", "/CopyTagsToSnapshot"),
        ("EnableIAMDatabaseAuthentication", "/IAMDatabaseAuthenticationEnabled"),
        ("PreferredBackupWindow", "/PreferredBackupWindow"),
        ("PreferredMaintenanceWindow", "/PreferredMaintenanceWindow"),
    ],
};

const GROUPS: &str = "VpcSecurityGroupIds";
const HOW: [&str; 2] = ["ApplyImmediately", "AllowMajorVersionUpgrade"];

/// The ids of the security groups of a record, in order.
fn groups(record: &Value) -> Value {
    let ids =
        list(record, "/VpcSecurityGroups").iter().filter_map(|one| one.get("VpcSecurityGroupId").cloned());
    super::super::way::sorted(ids.collect())
}

impl Settings {
    /// The settings of a record.
    pub(super) fn of(&self, record: &Value) -> Value {
        let kept = self.settings.iter().filter_map(|(name, at)| {
            let pending = record.pointer(&format!("/PendingModifiedValues{at}"));
            let told = pending.filter(|value| !value.is_null()).or_else(|| record.pointer(at));
            Some(((*name).to_owned(), told.filter(|value| !value.is_null())?.clone()))
        });
        let mut kept: Map<String, Value> = kept.collect();
        kept.insert(GROUPS.to_owned(), groups(record));
        Value::Object(kept)
    }

    /// The parameters that set what differs.
    pub(super) fn set(&self, id: &str, before: &Value, now: &Value) -> Option<Value> {
        let before = before.as_object()?;
        let mut set: Map<String, Value> = before
            .iter()
            .filter(|(name, value)| now.get(name.as_str()) != Some(*value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if set.is_empty() {
            return None;
        }
        set.insert(self.id.to_owned(), id.into());
        set.insert("ApplyImmediately".to_owned(), Value::Bool(true));
        Some(Value::Object(set))
    }

    fn named<'a>(&self, deed: &'a Deed) -> Option<&'a str> {
        text(deed, &format!("/{}", self.id))
    }
}

impl Way for Settings {
    fn name(&self) -> &'static str {
        self.name
    }

    fn undoes(&self, deed: &Deed) -> bool {
        let ours = |name: &String| {
            *name == self.id
                || name == GROUPS
                || HOW.contains(&name.as_str())
                || self.settings.iter().any(|(known, _)| known == name)
        };
        let all = deed.arguments.as_object().is_some_and(|arguments| arguments.keys().all(ours));
        is(deed, "rds", &[self.modify]) && all && self.named(deed).is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        vec![read(deed, "rds", self.describe, json!({self.id: self.named(deed)}))]
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let answer = wanted(answers, "rds", self.describe, &json!({self.id: self.named(deed)}))?;
        Ok(self.of(answer.pointer(self.records).ok_or("the database was not told of")?))
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let retention = |value: Option<&Value>| value.and_then(Value::as_u64);
        let new = retention(deed.arguments.get("BackupRetentionPeriod"));
        let drops =
            new.is_some_and(|new| retention(before.get("BackupRetentionPeriod")).is_none_or(|old| new < old));
        let sent = deed.arguments.as_object()?.keys();
        let mut settings = sent.filter(|name| self.settings.iter().any(|(known, _)| known == name));
        if !settings.all(|name| before.get(name).is_some()) {
            return None;
        }
        let limit = |value: &Value| value.get("MaxAllocatedStorage").and_then(Value::as_f64);
        Some(if drops {
            Terms::lossy(10, &["the automated backups that the shorter retention drops"])
        } else if is_less(limit(before), limit(&deed.arguments)) {
            Terms::lossy(10, &["storage that grows meanwhile does not shrink"])
        } else {
            Terms { minutes: 10, ..Terms::exact() }
        })
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let id = self.named(deed).ok_or("the database is not named")?;
        let name = format!("set the settings of {} {id} again", self.words);
        let set = self.set(id, before, now);
        Ok(set.map(|arguments| step(name, call(deed, "rds", self.modify, arguments))).into_iter().collect())
    }
}
