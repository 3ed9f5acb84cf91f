//! Amazon ElastiCache and MemoryDB: caches that go, or lose their snapshots and replicas.

use interlock_action::{Claim, Effect};

use super::facts::FINAL_SNAPSHOT_SKIPPED;
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "elasticache-no-final-snapshot",
        finds: "a cache deleted without a final snapshot",
        shape: Shape::Setting,
        operations: &[
            ("elasticache", "DeleteReplicationGroup"),
            ("elasticache", "DeleteCacheCluster"),
            ("elasticache", "DeleteServerlessCache"),
            ("memorydb", "DeleteCluster"),
        ],
        test: |subject| {
            let kept =
                ["FinalSnapshotIdentifier", "FinalSnapshotName"].iter().any(|member| subject.has(member));
            only_if(
                !kept && !subject.on("RetainPrimaryCluster"),
                claim_when(
                    Effect::RecoveryLoss,
                    "deletes the cache without keeping a snapshot of its data",
                    vec![yes(FINAL_SNAPSHOT_SKIPPED)],
                ),
            )
        },
    },
    Rule {
        id: "elasticache-guard-off",
        finds: "snapshots, fail-over, encryption or the password of a cache turned off",
        shape: Shape::GuardRemoval,
        operations: &[("elasticache", "ModifyReplicationGroup"), ("elasticache", "ModifyCacheCluster")],
        test: |subject| {
            only_if(
                subject.number("SnapshotRetentionLimit") == Some(0)
                    || ["AutomaticFailoverEnabled", "MultiAZEnabled", "TransitEncryptionEnabled"]
                        .iter()
                        .any(|member| subject.off(member))
                    || subject.text("AuthTokenUpdateStrategy") == Some("DELETE")
                    || subject.on("RemoveUserGroups"),
                claim(Effect::GuardRemoval, "turns snapshots, fail-over, encryption or the password off"),
            )
        },
    },
    Rule {
        id: "elasticache-changed",
        finds: "other security groups, another password, or a restart of a cache",
        shape: Shape::Setting,
        operations: &[("elasticache", "ModifyReplicationGroup"), ("elasticache", "ModifyCacheCluster")],
        test: changed,
    },
    Rule {
        id: "elasticache-replicas-gone",
        finds: "a cache without any replica",
        shape: Shape::GuardRemoval,
        operations: &[("elasticache", "DecreaseReplicaCount")],
        test: |subject| {
            let counts = ["NewReplicaCount", "ReplicaConfiguration[].NewReplicaCount"];
            let none =
                counts.iter().flat_map(|path| subject.all(path)).any(|count| count.as_i64() == Some(0));
            only_if(
                none,
                claim(Effect::GuardRemoval, "leaves nothing that could take over when a node fails"),
            )
        },
    },
];

fn changed(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    let any = |members: &[&str]| members.iter().any(|member| subject.has(member));
    if any(&["SecurityGroupIds", "CacheSecurityGroupNames"]) {
        claims.push(claim(Effect::Network, "changes who can reach the cache"));
    }
    if any(&["AuthToken", "UserGroupIdsToAdd", "UserGroupIdsToRemove"]) {
        claims.push(claim(Effect::Privilege, "changes who may sign in to the cache"));
    }
    let restarts = ["CacheNodeType", "EngineVersion", "Engine", "CacheParameterGroupName", "NumCacheNodes"];
    if subject.has("PrimaryClusterId") || (subject.on("ApplyImmediately") && any(&restarts)) {
        claims.push(claim(Effect::Interrupt, "fails over or restarts the cache at once"));
    }
    claims
}
