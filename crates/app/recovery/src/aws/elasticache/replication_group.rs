//! A replication group that is deleted: created again from its final snapshot, under its name.
//!
//! Kept: node type, shards and replicas, engine, networks, groups, windows, encryption. Back: it is created from the
//! snapshot. Compared: all that is kept. Lost: what was written after the snapshot. One without a final snapshot, and one
//! that is opened by a token (which nobody tells), has no way back.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{
    Way, at, busy, call, found, is, list, only, read, sorted, standing, step, text, wait, what, with, word,
};

/// The way.
pub(super) struct ReplicationGroup;

const MEMBERS: &[&str] = &[
    "CacheNodeType",
    "AtRestEncryptionEnabled",
    "TransitEncryptionEnabled",
    "TransitEncryptionMode",
    "KmsKeyId",
    "SnapshotRetentionLimit",
    "SnapshotWindow",
    "AutoMinorVersionUpgrade",
    "NetworkType",
    "IpDiscovery",
    "ClusterMode",
    "UserGroupIds",
    "Engine",
];

/// The group, and its final snapshot.
fn of(deed: &Deed) -> Option<(&str, &str)> {
    let keeps = deed.arguments.get("RetainPrimaryCluster") == Some(&Value::Bool(true));
    let ours = is(deed, "elasticache", &["DeleteReplicationGroup"]) && !keeps;
    text(deed, "/ReplicationGroupId").zip(text(deed, "/FinalSnapshotIdentifier")).filter(|_| ours)
}

fn asks(deed: &Deed) -> Value {
    json!({"ReplicationGroupId": text(deed, "/ReplicationGroupId")})
}

fn current<'a>(deed: &Deed, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
    let answer = found(answers, "elasticache", "DescribeReplicationGroups", &asks(deed))?;
    Ok(answer.and_then(|answer| list(answer, "/ReplicationGroups").first()))
}

/// One member, which tells what the group does not: its engine's version, its networks and groups.
fn member(deed: &Deed, answers: &Answers) -> Option<Value> {
    let group = current(deed, answers).ok().flatten()?;
    Some(json!({"CacheClusterId": list(group, "/MemberClusters").first()?}))
}

impl Way for ReplicationGroup {
    fn name(&self) -> &'static str {
        "elasticache/replication-group"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        of(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let mut reads = vec![read(deed, "elasticache", "DescribeReplicationGroups", asks(deed))];
        reads.extend(member(deed, so_far).map(|one| read(deed, "elasticache", "DescribeCacheClusters", one)));
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let group = current(deed, answers)?;
        let leaves = group.is_some_and(|group| word(group, "/Status") == Some("deleting"));
        let Some(group) = group.filter(|_| !leaves) else {
            return Ok(standing(Value::Null, json!({"busy": leaves})));
        };
        let cluster = match member(deed, answers) {
            Some(one) => found(answers, "elasticache", "DescribeCacheClusters", &one)?,
            None => None,
        };
        let cluster = cluster.map_or(&Value::Null, |answer| at(answer, "/CacheClusters/0"));
        let groups = list(cluster, "/SecurityGroups").iter().map(|one| at(one, "/SecurityGroupId").clone());
        let shards = list(group, "/NodeGroups");
        let on = |pointer: &str| word(group, pointer).is_some_and(|state| state.starts_with("enabl"));
        let more = json!({
            "ReplicationGroupDescription": at(group, "/Description"),
            "NumNodeGroups": shards.len(),
            "ReplicasPerNodeGroup": shards.first().map_or(0, |shard| list(shard, "/NodeGroupMembers").len().saturating_sub(1)),
            "AutomaticFailoverEnabled": on("/AutomaticFailover"),
            "MultiAZEnabled": on("/MultiAZ"),
            "token": at(group, "/AuthTokenEnabled") == &Value::Bool(true),
        });
        let of_member =
            only(cluster, &["EngineVersion", "CacheSubnetGroupName", "PreferredMaintenanceWindow"]);
        let of_member = with(
            of_member,
            json!({
                "SecurityGroupIds": sorted(groups.collect()),
                "CacheParameterGroupName": at(cluster, "/CacheParameterGroup/CacheParameterGroupName"),
                "Port": at(shards.first().unwrap_or(&Value::Null), "/PrimaryEndpoint/Port"),
            }),
        );
        let working = matches!(word(group, "/Status"), Some("creating" | "modifying" | "snapshotting"));
        Ok(standing(with(with(only(group, MEMBERS), of_member), more), json!({"busy": working})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let was = what(before);
        let closed = at(was, "/token") == &Value::Bool(true);
        let lost = ["what was written after the final snapshot", "its tags"];
        (!was.is_null() && !closed).then(|| Terms::from_recovery_point(30, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (group, snapshot) = of(deed).ok_or("there is no final snapshot")?;
        let waits = wait(format!("wait for {group}"));
        if !what(now).is_null() {
            return match busy(now) {
                true => Ok(vec![waits]),
                false => Err(format!("another replication group stands in the place of {group}")),
            };
        }
        let mut kept = what(before).clone();
        if let Some(kept) = kept.as_object_mut() {
            kept.retain(|name, value| name != "token" && value != &json!([]));
        }
        let place = json!({"ReplicationGroupId": group, "SnapshotName": snapshot});
        let create = call(deed, "elasticache", "CreateReplicationGroup", with(kept, place));
        let mut steps =
            if busy(now) { vec![wait(format!("wait until {group} is gone"))] } else { Vec::new() };
        steps.push(step(format!("create {group} again from {snapshot}"), create));
        steps.push(waits);
        Ok(steps)
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Next, compared};

    use super::*;
    use crate::aws::testing;

    fn deed(arguments: Value) -> Deed {
        testing::deed("elasticache", "DeleteReplicationGroup", arguments)
    }

    fn told(deed: &Deed, status: &str, token: bool) -> Value {
        let shard = json!({"PrimaryEndpoint": {"Port": 6379}, "NodeGroupMembers": [{}, {}]});
        let group = json!({
            "ReplicationGroupId": "sessions", "Description": "sessions", "Status": status, "NodeGroups": [shard],
            "MemberClusters": ["sessions-001"], "AutomaticFailover": "enabled", "MultiAZ": "disabled",
            "CacheNodeType": "cache.t3.micro", "AuthTokenEnabled": token,
        });
        let cluster = json!({"EngineVersion": "7.1", "SecurityGroups": [{"SecurityGroupId": "sg-1"}]});
        let mut answers = Answers::new();
        for _ in 0..3 {
            for read in ReplicationGroup.reads(deed, &answers) {
                let answer = match (read.call.operation.verb(), status) {
                    (_, "gone") => Answer::NotFound,
                    ("DescribeReplicationGroups", _) => Answer::Found(json!({"ReplicationGroups": [group]})),
                    _ => Answer::Found(json!({"CacheClusters": [cluster]})),
                };
                answers.insert(read.key, answer);
            }
        }
        ReplicationGroup.state(deed, &answers).unwrap()
    }

    #[test]
    fn a_group_is_created_again_once_the_old_one_is_gone() {
        let deed = deed(json!({"ReplicationGroupId": "sessions", "FinalSnapshotIdentifier": "last"}));
        let before = told(&deed, "available", false);
        assert!(ReplicationGroup.terms(&deed, &before).is_some());
        let leaving = ReplicationGroup.back(&deed, &before, &told(&deed, "deleting", false)).unwrap();
        let gone = ReplicationGroup.back(&deed, &before, &told(&deed, "gone", false)).unwrap();
        let [first, create, last] = leaving.as_slice() else { panic!("{leaving:?}") };
        assert_eq!((&first.next, &last.next), (&Next::Wait, &Next::Wait));
        assert_eq!(gone.as_slice(), [create.clone(), last.clone()], "an end of the plan");
        let Next::Call(call) = &create.next else { panic!("{create:?}") };
        assert_eq!(call.arguments["SnapshotName"], "last");
        assert_eq!(
            (&call.arguments["NumNodeGroups"], &call.arguments["ReplicasPerNodeGroup"]),
            (&json!(1), &json!(1))
        );
        assert_eq!(call.arguments["SecurityGroupIds"], json!(["sg-1"]));
        assert_eq!(call.arguments.get("token"), None);

        let creating = told(&deed, "creating", false);
        assert_eq!(compared(&creating), compared(&before));
    }

    #[test]
    fn without_a_snapshot_and_behind_a_token_there_is_no_way() {
        let bare = json!({"ReplicationGroupId": "sessions"});
        assert!(!ReplicationGroup.undoes(&deed(bare)));
        let deed = deed(json!({"ReplicationGroupId": "sessions", "FinalSnapshotIdentifier": "last"}));
        assert!(ReplicationGroup.terms(&deed, &told(&deed, "available", true)).is_none());
    }
}
