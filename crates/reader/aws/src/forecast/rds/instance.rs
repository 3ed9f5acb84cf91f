//! RDS instances.
//!
//! Deleting an instance takes its automated snapshots and its point-in-time history with it unless the request says
//! `DeleteAutomatedBackups=false`; manual snapshots stay; a final snapshot is made only with `SkipFinalSnapshot=false`
//! and a name (RDS User Guide, "Deleting a DB instance"). Interlock rewrites the request so that both happen. What holds
//! no data of its own (a member of an Aurora cluster) or may not make a final snapshot (a read replica, a database that
//! is not available) is said to be so; before those Interlock takes a manual snapshot where the service allows it.
//!
//! Setting `BackupRetentionPeriod` to 0 removes all automated backups at once; an engine upgrade and added storage have
//! no way back but a snapshot. Reads: DescribeDBInstances, DescribeDBSnapshots, DescribeDBInstanceAutomatedBackups,
//! kms:DescribeKey. Recovery points that AWS Backup holds are not looked at: they are not counted.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Listed, Live, flag, given, listed, number, or_dash, strings, text, texts},
        arn,
        compare::diff,
        draft::{Draft, leading},
        existence,
        generic::tell_plainly,
        tally::Tally,
        words,
    },
    describe, final_name, full, ours, points, shares_storage, size,
};
use crate::rules::facts;

const SNAPSHOTS: &str = "rds snapshots";
const AUTOMATED: &str = "rds automated backups";

/// The forecaster of RDS instances.
pub(in crate::forecast) struct Instance;

/// Operations that act on an instance by `DBInstanceIdentifier`.
const OPERATIONS: [&str; 9] = [
    "DeleteDBInstance",
    "ModifyDBInstance",
    "RebootDBInstance",
    "StopDBInstance",
    "StartDBInstance",
    "PromoteReadReplica",
    "SwitchoverReadReplica",
    "AddRoleToDBInstance",
    "RemoveRoleFromDBInstance",
];

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let id = given(action, "DBInstanceIdentifier")?;
    let name = arn::last(id);
    Some((name, arn::target(action, Kind::Database, "rds", &format!("db:{name}"), name)))
}

/// Whether what is restored from matters to it.
fn weighty(action: &Action) -> bool {
    match action.operation.verb() {
        "DeleteDBInstance" => true,
        "ModifyDBInstance" => {
            let has = |member| action.arguments.get(member).is_some();
            has("BackupRetentionPeriod") || has("EngineVersion") || has("AllocatedStorage")
        }
        _ => false,
    }
}

impl Look for Instance {
    fn knows(&self, action: &Action) -> bool {
        ours(action) && OPERATIONS.contains(&action.operation.verb()) && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((name, id)) = subject(action) else { return Vec::new() };
        let service = action.operation.service();
        let by_name = json!({"DBInstanceIdentifier": name});
        let mut reads = vec![crate::call::read(
            action,
            existence::live_key(&id),
            service,
            "DescribeDBInstances",
            by_name.clone(),
        )];
        if weighty(action) && full(action) {
            reads.push(crate::call::read(action, SNAPSHOTS, "rds", "DescribeDBSnapshots", by_name.clone()));
            let automated = "DescribeDBInstanceAutomatedBackups";
            reads.push(crate::call::read(action, AUTOMATED, "rds", automated, by_name));
            reads.extend(points::key_reads(action, &listed(so_far, SNAPSHOTS, points::OF_INSTANCES.list)));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => return unread(action, name, &id, &why, draft),
        };
        see(&id, record, draft);
        compared(action, record, draft);
        match action.operation.verb() {
            "DeleteDBInstance" => delete(action, answers, name, &id, record, draft),
            "ModifyDBInstance" => modify(action, answers, name, &id, record, draft),
            "StopDBInstance" | "RebootDBInstance" => {
                let what = if action.operation.verb() == "StopDBInstance" { "stops" } else { "restarts" };
                draft.change(&id, Kind::Database, Effect::Interrupt, format!("database {name} {what}"));
                draft.depend(format!("everything connected to {} loses its connection", endpoint(record)));
                draft.reversibility = Reversibility::Exact;
            }
            _ => tell_plainly(action, draft),
        }
    }
}

fn unread(action: &Action, name: &str, id: &TargetId, why: &str, draft: &mut Draft) {
    draft.unknown(format!("database {name} could not be read: {why}"));
    if weighty(action) {
        draft.tally(Tally::unread());
        draft.lose(format!("database {name}: how much it holds could not be read"));
        draft.change(
            id,
            Kind::Database,
            leading(action),
            format!("database {name}, whose state could not be read"),
        );
        draft.secure(Securing::Impossible(format!("database {name} could not be read: {why}")));
    }
}

fn endpoint(record: &Value) -> &str {
    text(record, "/Endpoint/Address").unwrap_or_else(|| or_dash(record, "/DBInstanceIdentifier"))
}

/// What every operation on an instance sees and is bound to.
fn see(id: &TargetId, record: &Value, draft: &mut Draft) {
    let data = if shares_storage(record) { Bears::No } else { Bears::Yes };
    draft.observe(id, Observed { data, size: size(record), ..Observed::default() });
    let live = json!({
        "DbiResourceId": record.get("DbiResourceId"),
        "InstanceCreateTime": record.get("InstanceCreateTime"),
        "DeletionProtection": record.get("DeletionProtection"),
        "AllocatedStorage": record.get("AllocatedStorage"),
        "EngineVersion": record.get("EngineVersion"),
        "BackupRetentionPeriod": record.get("BackupRetentionPeriod"),
    });
    draft.bind(id.as_str(), live);
    let replicas = strings(record, "/ReadReplicaDBInstanceIdentifiers");
    if !replicas.is_empty() {
        draft.depend(format!("read replicas {}", words::some(&replicas, 5)));
    }
    if let Some(source) = text(record, "/ReadReplicaSourceDBInstanceIdentifier") {
        draft.depend(format!("it is a read replica of {source}"));
    }
    if let Some(cluster) = text(record, "/DBClusterIdentifier") {
        draft.depend(format!("it is a member of cluster {cluster}"));
    }
    if !shares_storage(record) && size(record).is_none() {
        draft.unknown("how large the database is, is not told");
    }
}

/// The facts that rules wait for.
fn compared(action: &Action, record: &Value, draft: &mut Draft) {
    draft.fact(facts::RDS_DELETION_PROTECTED, true, flag(record, "/DeletionProtection"));
    if action.operation.verb() != "ModifyDBInstance" {
        return;
    }
    let lowered = number(&action.arguments, "/BackupRetentionPeriod")
        .map(|new| number(record, "/BackupRetentionPeriod").map(|now| new < now));
    draft.fact(facts::RDS_RETENTION_LOWERED, true, lowered.unwrap_or(Some(false)));
    draft.fact(facts::RDS_PUBLICLY_ACCESSIBLE, false, flag(record, "/PubliclyAccessible"));
    let groups = action.arguments.get("VpcSecurityGroupIds").map(|_| {
        let mut now = texts(record, "/VpcSecurityGroups", "VpcSecurityGroupId");
        let mut new = strings(&action.arguments, "/VpcSecurityGroupIds");
        now.sort_unstable();
        new.sort_unstable();
        now != new
    });
    // The groups of old have no place in the record that is compared.
    let of_old = action.arguments.get("DBSecurityGroups").is_some();
    let groups = groups.unwrap_or(false);
    draft.fact(facts::RDS_GROUPS_CHANGED, true, if of_old && !groups { None } else { Some(groups) });
    let interrupts = [
        ("/DBInstanceClass", "/DBInstanceClass"),
        ("/EngineVersion", "/EngineVersion"),
        ("/StorageType", "/StorageType"),
        ("/DBSubnetGroupName", "/DBSubnetGroup/DBSubnetGroupName"),
        ("/OptionGroupName", "/OptionGroupMemberships/0/OptionGroupName"),
        ("/DBPortNumber", "/Endpoint/Port"),
        ("/CACertificateIdentifier", "/CACertificateIdentifier"),
        ("/Engine", "/Engine"),
        ("/NetworkType", "/NetworkType"),
        ("/Domain", "/DomainMemberships/0/Domain"),
    ];
    let differs = |(asked, now): &(&str, &str)| {
        action.arguments.pointer(asked).is_some_and(|asked| record.pointer(now) != Some(asked))
    };
    draft.fact(facts::RDS_CHANGE_INTERRUPTS, true, Some(interrupts.iter().any(differs)));
}

fn delete(action: &Action, answers: &Answers, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    let what = format!("database {name} ({}) is deleted", describe(record));
    let before = json!({
        "endpoint": endpoint(record),
        "status": record.get("DBInstanceStatus"),
        "multi_az": record.get("MultiAZ"),
        "security_groups": texts(record, "/VpcSecurityGroups", "VpcSecurityGroupId"),
        "subnet_group": record.pointer("/DBSubnetGroup/DBSubnetGroupName"),
    });
    draft.change_from(id, Kind::Database, Effect::Destroy, what, Some(before), None);
    draft.depend(format!("everything that connects to {}", endpoint(record)));
    if flag(record, "/DeletionProtection") == Some(true) {
        let refused = format!("deletion protection of {name} is on: the service will refuse");
        draft.change(id, Kind::Database, Effect::Destroy, refused);
    }
    if shares_storage(record) {
        member(name, record, draft);
        return;
    }
    let snapshots = listed(answers, SNAPSHOTS, points::OF_INSTANCES.list);
    let keeps = full(action) && action.arguments.get("DeleteAutomatedBackups") == Some(&Value::Bool(false));
    let survives = |snapshot: &Value| keeps || !points::automated(snapshot);
    let mut tally = points::count(answers, (&snapshots, record), points::OF_INSTANCES, survives, draft);
    history(answers, &snapshots, keeps, &mut tally, draft);
    let kept = secure(action, (name, id), record, &snapshots, &mut tally, draft);
    if !kept {
        let size = size(record).map(|size| format!(", up to {size}")).unwrap_or_default();
        let but = if tally.survives() { ", but for what the surviving recovery points hold" } else { "" };
        draft.lose(format!("the data of database {name}{size}{but}"));
    }
    draft.bind(format!("{id} points"), manual(&snapshots));
    let made = matches!(draft.secured(), Some(Securing::ByRewrite { .. }) if kept)
        || matches!(draft.secured(), Some(Securing::ByCalls { .. }));
    draft.fact(facts::FINAL_SNAPSHOT_SKIPPED, true, Some(!made));
    let automated = snapshots.entries().iter().any(|one| points::automated(one));
    let sure = snapshots.complete() && listed(answers, AUTOMATED, "DBInstanceAutomatedBackups").complete();
    let lost = if keeps {
        Some(false)
    } else if automated {
        Some(true)
    } else {
        sure.then_some(tally.loses())
    };
    draft.fact(facts::RDS_AUTOMATED_BACKUPS_LOST, true, lost);
    finish(name, tally, draft);
}

/// A member of a cluster holds nothing of its own.
fn member(name: &str, record: &Value, draft: &mut Draft) {
    let cluster = text(record, "/DBClusterIdentifier").unwrap_or("its cluster");
    draft.depend(format!("the data stays in the volume of {cluster}; only the instance {name} goes"));
    draft.unknown(format!("whether {name} is the last instance of {cluster} was not looked at"));
    draft.reversibility = Reversibility::Lossy;
    draft.secure(Securing::NotNeeded);
    // Nothing that data could be restored from goes with it.
    draft.fact(facts::FINAL_SNAPSHOT_SKIPPED, true, Some(false));
    draft.fact(facts::RDS_AUTOMATED_BACKUPS_LOST, true, Some(false));
}

/// The point-in-time history counts once, where no automated snapshot stands for it.
fn history(answers: &Answers, snapshots: &Listed<'_>, keeps: bool, tally: &mut Tally, draft: &mut Draft) {
    let backups = listed(answers, AUTOMATED, "DBInstanceAutomatedBackups");
    let any_automated = snapshots.entries().iter().any(|snapshot| points::automated(snapshot));
    if any_automated {
        return;
    }
    draft.gap(backups.gap("automated backups"));
    if !backups.complete() {
        tally.partial();
    }
    for backup in backups.entries() {
        let window = text(backup, "/RestoreWindow/LatestTime");
        if let (Some("active"), Some(latest)) = (text(backup, "/Status"), window) {
            let id = or_dash(backup, "/DBInstanceAutomatedBackupsArn");
            tally.have(id, format!("automated backups, restorable up to {latest}"), keeps);
        }
    }
}

/// Decides how a point that survives comes about, and rewrites the request where that does it. Says whether the request
/// as it stands keeps all the data in a final snapshot.
fn secure(
    action: &Action,
    (name, id): (&str, &TargetId),
    record: &Value,
    snapshots: &Listed<'_>,
    tally: &mut Tally,
    draft: &mut Draft,
) -> bool {
    let status = text(record, "/DBInstanceStatus").unwrap_or_default();
    let replica = text(record, "/ReadReplicaSourceDBInstanceIdentifier").is_some();
    let in_cluster = text(record, "/DBClusterIdentifier").is_some();
    if full(action) && !replica && !in_cluster && !cannot_snapshot(status) {
        return rewrite(action, name, record, snapshots, tally, draft);
    }
    let why = if replica {
        "a read replica cannot make a final snapshot"
    } else if in_cluster {
        "a member of a cluster cannot make a final snapshot"
    } else if full(action) {
        "a database in its state cannot make a final snapshot"
    } else {
        "this service makes no snapshots of instances"
    };
    draft.depend(format!("{why}: {name} is {status}"));
    draft.secure(if full(action) && !in_cluster && status == "available" {
        by_snapshot(action, name, id, record, snapshots)
    } else if tally.survives() {
        Securing::Exists
    } else {
        Securing::Impossible(format!("{why}, and no recovery point survives"))
    });
    false
}

/// States in which RDS makes no final snapshot (RDS User Guide, "Deleting a DB instance").
fn cannot_snapshot(status: &str) -> bool {
    status == "failed" || status.starts_with("incompatible-")
}

fn rewrite(
    action: &Action,
    name: &str,
    record: &Value,
    snapshots: &Listed<'_>,
    tally: &mut Tally,
    draft: &mut Draft,
) -> bool {
    let taken: Vec<&str> =
        snapshots.entries().iter().filter_map(|snapshot| text(snapshot, "/DBSnapshotIdentifier")).collect();
    let identity = [text(record, "/DbiResourceId"), text(record, "/InstanceCreateTime")];
    let own = given(action, "FinalDBSnapshotIdentifier");
    let asked = own.filter(|_| flag(&action.arguments, "/SkipFinalSnapshot") != Some(true));
    let snapshot = own.map_or_else(|| final_name(action, name, identity, &taken), str::to_owned);
    let point = arn::build(action, "rds", &format!("snapshot:{snapshot}"));
    if let Some(asked) = asked {
        tally.made(&point, format!("final snapshot {asked}, made by the request"));
        if taken.contains(&asked) {
            draft.depend(format!("a snapshot named {asked} is there already: the service will refuse"));
        }
    }
    let mut arguments = action.arguments.clone();
    if let Some(members) = arguments.as_object_mut() {
        members.insert("SkipFinalSnapshot".to_owned(), json!(false));
        members.insert("FinalDBSnapshotIdentifier".to_owned(), json!(snapshot));
        members.insert("DeleteAutomatedBackups".to_owned(), json!(false));
    }
    if arguments != action.arguments {
        draft.rewrite = Some(arguments);
    }
    draft.secure(Securing::ByRewrite { makes: vec![point] });
    asked.is_some()
}

/// A manual snapshot, made by Interlock first.
fn by_snapshot(
    action: &Action,
    name: &str,
    id: &TargetId,
    record: &Value,
    snapshots: &Listed<'_>,
) -> Securing {
    let taken: Vec<&str> =
        snapshots.entries().iter().filter_map(|snapshot| text(snapshot, "/DBSnapshotIdentifier")).collect();
    let identity = [text(record, "/DbiResourceId"), text(record, "/InstanceCreateTime")];
    let snapshot = final_name(action, name, identity, &taken);
    let tags = json!([{"Key": interlock_action::POINT, "Value": id.as_str()}]);
    let make = json!({"DBInstanceIdentifier": name, "DBSnapshotIdentifier": snapshot, "Tags": tags});
    let look = json!({ "DBSnapshotIdentifier": snapshot });
    Securing::ByCalls {
        calls: vec![crate::call::call(action, "rds", "CreateDBSnapshot", make)],
        proof: vec![(
            crate::call::call(action, "rds", "DescribeDBSnapshots", look),
            "/DBSnapshots/0/Status".to_owned(),
            json!("available"),
        )],
        makes: vec![arn::build(action, "rds", &format!("snapshot:{snapshot}"))],
    }
}

/// Names of the manual snapshots: automated ones come and go by themselves, Interlock's own with tickets.
fn manual(snapshots: &Listed<'_>) -> Value {
    let mut names: Vec<&str> = snapshots
        .entries()
        .iter()
        .filter(|snapshot| !points::automated(snapshot))
        .filter_map(|snapshot| text(snapshot, "/DBSnapshotIdentifier"))
        .filter(|name| !name.starts_with(super::super::OWN))
        .collect();
    names.sort_unstable();
    json!(names)
}

fn finish(name: &str, tally: Tally, draft: &mut Draft) {
    let survives = tally.survives();
    let made = matches!(draft.secured(), Some(Securing::ByRewrite { .. } | Securing::ByCalls { .. }));
    draft.reversibility =
        if survives || made { Reversibility::FromRecoveryPoint } else { Reversibility::None };
    if !survives && !made {
        draft.unknown(format!("recovery points of {name} that AWS Backup holds were not looked at"));
    }
    draft.tally(tally);
}

fn modify(action: &Action, answers: &Answers, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    diff::changes(action, id, Kind::Database, record, draft);
    let shorter = diff::shorter(action, record, "BackupRetentionPeriod");
    let differs =
        |member: &str| action.arguments.get(member).is_some_and(|asked| record.get(member) != Some(asked));
    let one_way = differs("EngineVersion") || differs("AllocatedStorage");
    if shorter.is_none() && !one_way {
        let set_nothing = ["DBInstanceIdentifier", "ApplyImmediately", "AllowMajorVersionUpgrade"];
        let told = diff::tells_all(action, record, &set_nothing);
        draft.reversibility = if told { Reversibility::Exact } else { Reversibility::None };
        // A new password or name has no pre-image.
        if action.arguments.get("MasterUserPassword").is_some() || !action.secrets.is_empty() {
            draft.reversibility = Reversibility::None;
        }
        return;
    }
    if shares_storage(record) {
        draft.reversibility = Reversibility::Lossy;
        return;
    }
    let snapshots = listed(answers, SNAPSHOTS, points::OF_INSTANCES.list);
    // Which of the automated ones stay depends on the day: none is counted on.
    let survives = |snapshot: &Value| shorter.is_none() || !points::automated(snapshot);
    let mut tally = points::count(answers, (&snapshots, record), points::OF_INSTANCES, survives, draft);
    history(answers, &snapshots, shorter != Some(0), &mut tally, draft);
    if let Some(days) = shorter {
        let backups =
            format!("automated backups of {name}, and the point-in-time history that they make up,");
        // Whether anything stays is decided below.
        diff::expire((id, Kind::Database), &backups, days, true, draft);
    }
    if one_way {
        draft.depend(format!(
            "engine upgrades and added storage of {name} cannot be taken back but by a restore"
        ));
    }
    draft.bind(format!("{id} points"), manual(&snapshots));
    draft.secure(match text(record, "/DBInstanceStatus") {
        Some("available") if full(action) => by_snapshot(action, name, id, record, &snapshots),
        _ if tally.survives() => Securing::Exists,
        _ => {
            Securing::Impossible(format!("{name} cannot be snapshotted now, and no recovery point survives"))
        }
    });
    finish(name, tally, draft);
}

#[cfg(test)]
mod tests;
