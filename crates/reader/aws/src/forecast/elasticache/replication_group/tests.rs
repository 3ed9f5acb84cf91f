use interlock_action::{Effect, Kind, Reversibility, Securing, Survey};
use serde_json::{Value, json};

use crate::forecast::testing::{action, found, having, survey, target};

fn ask(operation: &str, arguments: Value) -> Survey {
    let mut action = having(action("elasticache", operation, arguments), Effect::Update);
    let id = "arn:aws:elasticache:us-east-1:111122223333:replicationgroup:g";
    action.targets = vec![target(id, Kind::Cluster, "g")];
    let member = |id: &str, role: &str| json!({"CacheClusterId": id, "CurrentRole": role});
    let members = [member("g-001", "primary"), member("g-002", "replica")];
    survey(&action, |operation, _| match operation {
        "DescribeSnapshots" => {
            let taken = |name: &str, at: &str| {
                json!({"SnapshotName": name, "SnapshotStatus": "available",
                "SnapshotSource": "manual", "NodeSnapshots": [{"SnapshotCreateTime": at}]})
            };
            let (own, earlier) =
                (taken("own", "2026-01-01T00:00:01.5Z"), taken("old", "2025-12-31T23:59:59Z"));
            found(json!({"Snapshots": [own, earlier]}))
        }
        "DescribeReplicationGroups" => found(json!({"ReplicationGroups": [{
            "ReplicationGroupId": "g", "MemberClusters": ["g-001", "g-002"], "AutomaticFailover": "enabled",
            "ReplicationGroupCreateTime": "2026-01-01T00:00:01Z", "NodeGroups": [{"NodeGroupMembers": members}], "SnapshotRetentionLimit": 5,
        }]})),
        _ => found(json!({"TagList": []})),
    })
}

#[test]
fn every_node_goes_but_a_primary_that_is_retained() {
    let all = ask("DeleteReplicationGroup", json!({"ReplicationGroupId": "g"}));
    let gone = |survey: &Survey| {
        survey.forecast.changes.iter().filter(|change| change.effect == Effect::Destroy).count()
    };
    assert_eq!(gone(&all), 3);
    assert_eq!(all.forecast.recovery.before, Some(1), "what was taken before it was made is of another one");
    assert!(all.rewrite.unwrap()["FinalSnapshotIdentifier"].as_str().unwrap().starts_with("interlock-g-"));
    let kept =
        ask("DeleteReplicationGroup", json!({"ReplicationGroupId": "g", "RetainPrimaryCluster": true}));
    assert_eq!((gone(&kept), kept.rewrite, kept.securing), (2, None, Securing::NotNeeded));
}

#[test]
fn turning_guards_off_is_told() {
    let off =
        json!({"ReplicationGroupId": "g", "AutomaticFailoverEnabled": false, "SnapshotRetentionLimit": 0});
    let effects: Vec<Effect> =
        ask("ModifyReplicationGroup", off).forecast.changes.iter().map(|change| change.effect).collect();
    assert!(
        effects.contains(&Effect::GuardRemoval) && effects.contains(&Effect::RecoveryLoss),
        "{effects:?}"
    );
    let kept = |days: u64| {
        let keep = json!({"ReplicationGroupId": "g", "SnapshotRetentionLimit": days});
        let survey = ask("ModifyReplicationGroup", keep);
        let loss = survey.forecast.changes.iter().any(|change| change.effect == Effect::RecoveryLoss);
        (loss, survey.forecast.reversibility)
    };
    assert_eq!(kept(0), (true, Reversibility::Lossy));
    assert_eq!(kept(1), (true, Reversibility::Lossy));
    assert_eq!(kept(35), (false, Reversibility::Exact));
    let fewer = ask("DecreaseReplicaCount", json!({"ReplicationGroupId": "g", "NewReplicaCount": 0}));
    assert!(fewer.forecast.changes[0].what.contains("from 1 to 0"), "{:?}", fewer.forecast.changes);
}
