//! A cluster that is deleted: restored from its final snapshot, under its name.
//!
//! Kept: node type and count, port, networks, groups, parameter group, roles, tags. Back: it is restored. Compared: all that
//! is kept. Lost: what was written after the snapshot, sessions. A cluster without a final snapshot has no way back.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{
    Way, at, busy, call, found, is, list, only, read, sorted, standing, step, tags, text, wait, what, with,
    word,
};

/// The way.
pub(super) struct Cluster;

const MEMBERS: &[&str] = &[
    "NodeType",
    "NumberOfNodes",
    "AvailabilityZone",
    "ClusterSubnetGroupName",
    "PubliclyAccessible",
    "PreferredMaintenanceWindow",
    "AutomatedSnapshotRetentionPeriod",
    "EnhancedVpcRouting",
    "AllowVersionUpgrade",
    "KmsKeyId",
    "Encrypted",
    "DBName",
    "MasterUsername",
];

/// The cluster, and its final snapshot.
fn of(deed: &Deed) -> Option<(&str, &str)> {
    let skips = deed.arguments.get("SkipFinalClusterSnapshot") == Some(&Value::Bool(true));
    let ours = is(deed, "redshift", &["DeleteCluster"]) && !skips;
    text(deed, "/ClusterIdentifier").zip(text(deed, "/FinalClusterSnapshotIdentifier")).filter(|_| ours)
}

fn asks(deed: &Deed) -> Value {
    json!({"ClusterIdentifier": text(deed, "/ClusterIdentifier")})
}

impl Way for Cluster {
    fn name(&self) -> &'static str {
        "redshift/cluster"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        of(deed).is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        vec![read(deed, "redshift", "DescribeClusters", asks(deed))]
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let answer = found(answers, "redshift", "DescribeClusters", &asks(deed))?;
        let cluster = answer.and_then(|answer| list(answer, "/Clusters").first());
        let status = cluster.and_then(|cluster| word(cluster, "/ClusterStatus")).unwrap_or("gone");
        let leaves = status == "deleting" || status == "final-snapshot";
        let Some(cluster) = cluster.filter(|_| !leaves) else {
            return Ok(standing(Value::Null, json!({"busy": leaves})));
        };
        let names = |pointer: &str, member: &str| {
            sorted(list(cluster, pointer).iter().map(|one| at(one, member).clone()).collect())
        };
        let more = json!({
            "Port": at(cluster, "/Endpoint/Port"),
            "ClusterParameterGroupName": at(cluster, "/ClusterParameterGroups/0/ParameterGroupName"),
            "VpcSecurityGroupIds": names("/VpcSecurityGroups", "/VpcSecurityGroupId"),
            "IamRoles": names("/IamRoles", "/IamRoleArn"),
            "Tags": tags(at(cluster, "/Tags")),
        });
        let working = matches!(status, "creating" | "restoring" | "modifying");
        Ok(standing(with(only(cluster, MEMBERS), more), json!({"busy": working})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let lost = ["what was written after the final snapshot", "sessions and queries at work"];
        (!what(before).is_null()).then(|| Terms::from_recovery_point(60, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (cluster, snapshot) = of(deed).ok_or("there is no final snapshot")?;
        let was = what(before);
        let waits = wait(format!("wait for {cluster}"));
        if !what(now).is_null() {
            return match busy(now) {
                true => Ok(vec![waits]),
                false => Err(format!("another cluster stands in the place of {cluster}")),
            };
        }
        // Said of a cluster with one node, the count is refused by some node types.
        let mut kept = only(was, MEMBERS);
        if let Some(kept) = kept.as_object_mut() {
            kept.retain(|name, value| {
                !matches!(name.as_str(), "DBName" | "MasterUsername" | "Encrypted")
                    && (name != "NumberOfNodes" || value != &json!(1))
            });
        }
        let more = only(was, &["Port", "ClusterParameterGroupName", "VpcSecurityGroupIds", "IamRoles"]);
        let place = json!({"ClusterIdentifier": cluster, "SnapshotIdentifier": snapshot});
        let restore = call(deed, "redshift", "RestoreFromClusterSnapshot", with(with(kept, more), place));
        let mut steps =
            if busy(now) { vec![wait(format!("wait until {cluster} is gone"))] } else { Vec::new() };
        steps.push(step(format!("restore {cluster} from {snapshot}"), restore));
        steps.push(waits);
        Ok(steps)
    }
}
