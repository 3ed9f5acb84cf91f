//! Amazon RDS, DocumentDB, Neptune: what loses data, or what data could be restored from.

use interlock_action::{Claim, Effect};

use super::facts::{
    FINAL_SNAPSHOT_SKIPPED, RDS_AUTOMATED_BACKUPS_LOST, RDS_DELETION_PROTECTED, RDS_RETENTION_LOWERED,
    S3_DESTINATION_FOREIGN,
};
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::effect::Subject;

/// The changes of a database's settings.
pub(super) const MODIFY: &[(&str, &str)] = &[("rds", "ModifyDBInstance"), ("rds", "ModifyDBCluster")];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "rds-skip-final-snapshot",
        finds: "a database deleted without a final snapshot",
        shape: Shape::Setting,
        operations: &[("rds", "DeleteDBInstance"), ("rds", "DeleteDBCluster")],
        test: |subject| {
            only_if(
                subject.on("SkipFinalSnapshot") || !subject.has("FinalDBSnapshotIdentifier"),
                claim_when(
                    Effect::RecoveryLoss,
                    "deletes the database without keeping a final snapshot of its data",
                    vec![yes(FINAL_SNAPSHOT_SKIPPED)],
                ),
            )
        },
    },
    Rule {
        id: "rds-automated-backups-deleted",
        finds: "a database deleted together with its automated backups, which is the default",
        shape: Shape::Setting,
        operations: &[("rds", "DeleteDBInstance"), ("rds", "DeleteDBCluster")],
        test: |subject| {
            only_if(
                !subject.off("DeleteAutomatedBackups"),
                claim_when(
                    Effect::RecoveryLoss,
                    "deletes the database's automated backups with it",
                    vec![yes(RDS_AUTOMATED_BACKUPS_LOST)],
                ),
            )
        },
    },
    Rule {
        id: "rds-deletion-protection-off",
        finds: "deletion protection turned off",
        shape: Shape::GuardRemoval,
        operations: &[
            ("rds", "ModifyDBInstance"),
            ("rds", "ModifyDBCluster"),
            ("rds", "ModifyGlobalCluster"),
        ],
        test: |subject| {
            only_if(
                subject.off("DeletionProtection"),
                claim_when(
                    Effect::GuardRemoval,
                    "lets the database be deleted",
                    vec![yes(RDS_DELETION_PROTECTED)],
                ),
            )
        },
    },
    Rule {
        id: "rds-retention-lowered",
        finds: "automated backups kept for a shorter time, or none at all",
        shape: Shape::GuardRemoval,
        operations: MODIFY,
        test: retention,
    },
    Rule {
        id: "rds-copy-deleted",
        finds: "the databases of a blue/green deployment deleted with it",
        shape: Shape::Setting,
        operations: &[("rds", "DeleteBlueGreenDeployment")],
        test: |subject| {
            only_if(
                subject.on("DeleteTarget"),
                claim(
                    Effect::Destroy,
                    "deletes the databases of the deployment, with what was written there",
                ),
            )
        },
    },
    Rule {
        id: "rds-snapshot-shared",
        finds: "a snapshot shared with the public or with other accounts",
        shape: Shape::Setting,
        operations: &[("rds", "ModifyDBSnapshotAttribute"), ("rds", "ModifyDBClusterSnapshotAttribute")],
        test: snapshot_shared,
    },
    Rule {
        id: "rds-export-elsewhere",
        finds: "data exported to a bucket that is not the account's own",
        shape: Shape::Setting,
        operations: &[("rds", "StartExportTask")],
        test: |_| {
            vec![claim_when(
                Effect::Exfiltrate,
                "exports the database's data to a bucket whose owner the request does not name",
                vec![yes(S3_DESTINATION_FOREIGN)],
            )]
        },
    },
];

fn retention(subject: &Subject<'_>) -> Vec<Claim> {
    let Some(days) = subject.number("BackupRetentionPeriod") else { return Vec::new() };
    let lowered = || vec![yes(RDS_RETENTION_LOWERED)];
    let mut claims = vec![claim_when(
        Effect::GuardRemoval,
        format!("keeps automated backups for {days} days, and drops older ones"),
        lowered(),
    )];
    if days == 0 {
        claims.push(claim_when(
            Effect::RecoveryLoss,
            "turns automated backups off, which deletes every one there is",
            lowered(),
        ));
    }
    claims
}

fn snapshot_shared(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for value in subject.texts("ValuesToAdd[]") {
        if value == "all" {
            claims.push(claim(Effect::Expose, "lets anybody restore the snapshot, with all its data"));
        } else if subject.account != Some(value) {
            claims.push(claim(Effect::Exfiltrate, format!("lets account {value} restore the snapshot")));
        }
    }
    claims
}
