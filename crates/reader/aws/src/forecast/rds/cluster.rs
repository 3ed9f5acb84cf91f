//! RDS clusters: Aurora, Multi-AZ DB clusters, DocumentDB, Neptune.
//!
//! Deleting a cluster takes its volume and its automated snapshots; manual cluster snapshots stay. Interlock rewrites
//! the request to make a final snapshot and, where the service has the member (RDS), to keep the automated backups. A
//! cluster that still has instances is refused by the service (Aurora User Guide, "Deleting Aurora DB clusters").
//! Reads: DescribeDBClusters, DescribeDBClusterSnapshots, kms:DescribeKey.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Listed, Live, flag, given, listed, number, or_dash, text, texts},
        arn,
        compare::diff,
        draft::{Draft, leading},
        existence,
        generic::tell_plainly,
        tally::Tally,
        words,
    },
    describe, final_name, full, ours, points,
};
use crate::rules::facts;

const SNAPSHOTS: &str = "rds cluster snapshots";

/// The forecaster of clusters.
pub(in crate::forecast) struct Cluster;

const OPERATIONS: [&str; 8] = [
    "DeleteDBCluster",
    "ModifyDBCluster",
    "StopDBCluster",
    "StartDBCluster",
    "RebootDBCluster",
    "FailoverDBCluster",
    "BacktrackDBCluster",
    "PromoteReadReplicaDBCluster",
];

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = arn::last(given(action, "DBClusterIdentifier")?);
    Some((name, arn::target(action, Kind::DatabaseCluster, "rds", &format!("cluster:{name}"), name)))
}

fn weighty(action: &Action) -> bool {
    let lowers = action.arguments.get("BackupRetentionPeriod").is_some();
    action.operation.verb() == "DeleteDBCluster" || (action.operation.verb() == "ModifyDBCluster" && lowers)
}

impl Look for Cluster {
    fn knows(&self, action: &Action) -> bool {
        ours(action) && OPERATIONS.contains(&action.operation.verb()) && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((name, id)) = subject(action) else { return Vec::new() };
        let service = action.operation.service();
        let by_name = json!({"DBClusterIdentifier": name});
        let live = existence::live_key(&id);
        let mut reads = vec![crate::call::read(action, live, service, "DescribeDBClusters", by_name.clone())];
        if weighty(action) {
            reads.push(crate::call::read(action, SNAPSHOTS, service, "DescribeDBClusterSnapshots", by_name));
            reads.extend(points::key_reads(action, &listed(so_far, SNAPSHOTS, points::OF_CLUSTERS.list)));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                draft.unknown(format!("cluster {name} could not be read: {why}"));
                if weighty(action) {
                    draft.tally(Tally::unread());
                    draft.lose(format!("cluster {name}: how much it holds could not be read"));
                    draft.change(
                        &id,
                        Kind::DatabaseCluster,
                        leading(action),
                        format!("cluster {name}, unread"),
                    );
                    draft.secure(Securing::Impossible(format!("cluster {name} could not be read: {why}")));
                }
                return;
            }
        };
        see(action, &id, record, draft);
        match action.operation.verb() {
            "DeleteDBCluster" => delete(action, answers, name, &id, record, draft),
            "ModifyDBCluster" => modify(action, answers, name, &id, record, draft),
            "StopDBCluster" | "RebootDBCluster" | "FailoverDBCluster" => {
                let what = format!("cluster {name}: its writer is not reachable for a while");
                draft.change(&id, Kind::DatabaseCluster, Effect::Interrupt, what);
                draft.depend(format!("everything connected to {}", or_dash(record, "/Endpoint")));
                draft.reversibility = Reversibility::Exact;
            }
            _ => tell_plainly(action, draft),
        }
    }
}

fn see(action: &Action, id: &TargetId, record: &Value, draft: &mut Draft) {
    draft.observe(id, Observed { data: Bears::Yes, ..Observed::default() });
    draft.bind(
        id.as_str(),
        json!({
            "DbClusterResourceId": record.get("DbClusterResourceId"),
            "ClusterCreateTime": record.get("ClusterCreateTime"),
            "DeletionProtection": record.get("DeletionProtection"),
            "EngineVersion": record.get("EngineVersion"),
            "BackupRetentionPeriod": record.get("BackupRetentionPeriod"),
            "members": texts(record, "/DBClusterMembers", "DBInstanceIdentifier"),
        }),
    );
    draft.fact(facts::RDS_DELETION_PROTECTED, true, flag(record, "/DeletionProtection"));
    let lowered = number(&action.arguments, "/BackupRetentionPeriod")
        .map(|new| number(record, "/BackupRetentionPeriod").map(|now| new < now));
    draft.fact(facts::RDS_RETENTION_LOWERED, true, lowered.unwrap_or(Some(false)));
    draft.fact(facts::RDS_PUBLICLY_ACCESSIBLE, false, flag(record, "/PubliclyAccessible"));
    let groups = action.arguments.get("VpcSecurityGroupIds").map(|_| {
        let mut now = texts(record, "/VpcSecurityGroups", "VpcSecurityGroupId");
        let mut new = super::super::answer::strings(&action.arguments, "/VpcSecurityGroupIds");
        now.sort_unstable();
        new.sort_unstable();
        now != new
    });
    draft.fact(facts::RDS_GROUPS_CHANGED, true, Some(groups.unwrap_or(false)));
    let differs =
        |member: &&str| action.arguments.get(*member).is_some_and(|asked| record.get(*member) != Some(asked));
    let restarting = [
        "EngineVersion",
        "Engine",
        "Port",
        "DBPortNumber",
        "DBClusterInstanceClass",
        "StorageType",
        "OptionGroupName",
        "CACertificateIdentifier",
        "DBSubnetGroupName",
        "Domain",
        "NetworkType",
    ];
    let interrupts = restarting.iter().any(differs);
    draft.fact(facts::RDS_CHANGE_INTERRUPTS, true, Some(interrupts));
    let members = texts(record, "/DBClusterMembers", "DBInstanceIdentifier");
    if !members.is_empty() {
        draft.depend(format!("instances {}", words::some(&members, 5)));
    }
}

fn delete(action: &Action, answers: &Answers, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    let what = format!("cluster {name} ({}) is deleted", describe(record));
    let before = json!({"endpoint": record.get("Endpoint"), "status": record.get("Status")});
    draft.change_from(id, Kind::DatabaseCluster, Effect::Destroy, what, Some(before), None);
    draft.depend(format!("everything that connects to {}", or_dash(record, "/Endpoint")));
    if flag(record, "/DeletionProtection") == Some(true) {
        let refused = format!("deletion protection of {name} is on: the service will refuse");
        draft.change(id, Kind::DatabaseCluster, Effect::Destroy, refused);
    }
    if !texts(record, "/DBClusterMembers", "DBInstanceIdentifier").is_empty() {
        draft.depend(format!("while {name} has instances, the service refuses to delete it"));
    }
    draft.unknown(format!("how much cluster {name} holds is not told by the service"));
    let snapshots = listed(answers, SNAPSHOTS, points::OF_CLUSTERS.list);
    let keeps = full(action) && flag(&action.arguments, "/DeleteAutomatedBackups") == Some(false);
    let survives = |snapshot: &Value| keeps || !points::automated(snapshot);
    let mut tally = points::count(answers, (&snapshots, record), points::OF_CLUSTERS, survives, draft);
    let kept = rewrite(action, name, record, &snapshots, &mut tally, draft);
    draft.fact(facts::FINAL_SNAPSHOT_SKIPPED, true, Some(!kept));
    // DocumentDB and Neptune cannot keep their automated backups.
    let lost =
        if keeps { Some(false) } else { snapshots.complete().then_some(!full(action) || tally.loses()) };
    draft.fact(facts::RDS_AUTOMATED_BACKUPS_LOST, true, lost);
    if !kept {
        let but = if tally.survives() { ", but for what the surviving recovery points hold" } else { "" };
        draft.lose(format!("the data of cluster {name}{but}"));
    }
    let mut manual: Vec<&str> = snapshots
        .entries()
        .iter()
        .filter(|snapshot| !points::automated(snapshot))
        .filter_map(|snapshot| text(snapshot, points::OF_CLUSTERS.name))
        .filter(|name| !name.starts_with(super::super::OWN))
        .collect();
    manual.sort_unstable();
    draft.bind(format!("{id} points"), json!(manual));
    draft.reversibility = Reversibility::FromRecoveryPoint;
    draft.tally(tally);
}

/// Makes the request take a final snapshot; says whether it does so already.
fn rewrite(
    action: &Action,
    name: &str,
    record: &Value,
    snapshots: &Listed<'_>,
    tally: &mut Tally,
    draft: &mut Draft,
) -> bool {
    let taken: Vec<&str> =
        snapshots.entries().iter().filter_map(|snapshot| text(snapshot, points::OF_CLUSTERS.name)).collect();
    let identity = [text(record, "/DbClusterResourceId"), text(record, "/ClusterCreateTime")];
    let own = given(action, "FinalDBSnapshotIdentifier");
    let asked = own.filter(|_| flag(&action.arguments, "/SkipFinalSnapshot") != Some(true));
    let snapshot = own.map_or_else(|| final_name(action, name, identity, &taken), str::to_owned);
    let point = arn::build(action, "rds", &format!("cluster-snapshot:{snapshot}"));
    if let Some(asked) = asked {
        tally.made(&point, format!("final snapshot {asked}, made by the request"));
    }
    let mut arguments = action.arguments.clone();
    if let Some(members) = arguments.as_object_mut() {
        members.insert("SkipFinalSnapshot".to_owned(), json!(false));
        members.insert("FinalDBSnapshotIdentifier".to_owned(), json!(snapshot));
        if full(action) {
            members.insert("DeleteAutomatedBackups".to_owned(), json!(false));
        }
    }
    if arguments != action.arguments {
        draft.rewrite = Some(arguments);
    }
    draft.secure(Securing::ByRewrite { makes: vec![point] });
    asked.is_some()
}

fn modify(action: &Action, answers: &Answers, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    diff::changes(action, id, Kind::DatabaseCluster, record, draft);
    let upgrade =
        action.arguments.get("EngineVersion").is_some_and(|asked| record.get("EngineVersion") != Some(asked));
    let secret = action.arguments.get("MasterUserPassword").is_some() || !action.secrets.is_empty();
    let set_nothing = ["DBClusterIdentifier", "ApplyImmediately", "AllowMajorVersionUpgrade"];
    let told = diff::tells_all(action, record, &set_nothing);
    draft.reversibility = if upgrade || secret || !told { Reversibility::None } else { Reversibility::Exact };
    if let Some(days) = diff::shorter(action, record, "BackupRetentionPeriod") {
        let snapshots = listed(answers, SNAPSHOTS, points::OF_CLUSTERS.list);
        // Which of the automated ones stay depends on the day: none is counted on.
        let tally = points::count(
            answers,
            (&snapshots, record),
            points::OF_CLUSTERS,
            |one| !points::automated(one),
            draft,
        );
        let backups = format!("automated backups of cluster {name}");
        diff::expire((id, Kind::DatabaseCluster), &backups, days, tally.survives(), draft);
        draft.tally(tally);
    }
}

#[cfg(test)]
mod tests;
