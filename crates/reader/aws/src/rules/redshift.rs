//! Amazon Redshift: warehouses that go, or lose their snapshots.

use interlock_action::{Claim, Effect};

use super::facts::FINAL_SNAPSHOT_SKIPPED;
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "redshift-no-final-snapshot",
        finds: "a warehouse deleted without a final snapshot",
        shape: Shape::Setting,
        operations: &[("redshift", "DeleteCluster")],
        test: |subject| {
            only_if(
                subject.on("SkipFinalClusterSnapshot") || !subject.has("FinalClusterSnapshotIdentifier"),
                claim_when(
                    Effect::RecoveryLoss,
                    "deletes the warehouse without keeping a final snapshot",
                    vec![yes(FINAL_SNAPSHOT_SKIPPED)],
                ),
            )
        },
    },
    Rule {
        id: "redshift-weakened",
        finds: "a warehouse without snapshots or encryption, reachable by others, resized, or with another password",
        shape: Shape::Setting,
        operations: &[("redshift", "ModifyCluster")],
        test: redshift,
    },
];

fn redshift(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    if subject.number("AutomatedSnapshotRetentionPeriod") == Some(0) {
        claims
            .push(claim(Effect::RecoveryLoss, "turns automated snapshots off, and deletes those there are"));
    }
    if subject.on("PubliclyAccessible") {
        claims.push(claim(Effect::Expose, "gives the warehouse a public address"));
    }
    if subject.off("Encrypted") {
        claims.push(claim(Effect::GuardRemoval, "stores the warehouse's data unencrypted"));
    }
    if subject.has("VpcSecurityGroupIds") || subject.has("ClusterSecurityGroups") {
        claims.push(claim(Effect::Network, "changes who can reach the warehouse"));
    }
    let moves =
        ["ClusterType", "NodeType", "NumberOfNodes", "NewClusterIdentifier", "Port", "ClusterVersion"];
    if moves.iter().any(|member| subject.has(member)) {
        claims
            .push(claim(Effect::Interrupt, "resizes, upgrades or moves the warehouse: queries are cut off"));
    }
    if subject.has("MasterUserPassword") {
        claims.push(claim(Effect::Privilege, "changes the administrator's password"));
    }
    claims
}
