//! AWS Backup: vaults. moto makes no recovery points.

use serde_json::json;

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, arn, entries, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    for vault in entries(&bed.ok("backup", "ListBackupVaults", json!({})), "/BackupVaultList") {
        all.add(arn("backup", &format!("backup-vault:{}", text(&vault, "BackupVaultName"))), vault);
    }
    all
}

const CASES: &[Case] = &[
    Case {
        name: "an empty vault goes",
        forecaster: "aws_backup/vault",
        scene: |bed| {
            bed.ok("backup", "CreateBackupVault", json!({"BackupVaultName": "safe"}));
            Scene::request("backup", "DeleteBackupVault", json!({"BackupVaultName": "safe"}))
        },
    },
    Case {
        name: "a vault is locked",
        forecaster: "aws_backup/vault",
        scene: |bed| {
            bed.ok("backup", "CreateBackupVault", json!({"BackupVaultName": "safe"}));
            let lock = json!({"BackupVaultName": "safe", "MinRetentionDays": 7});
            Scene::request("backup", "PutBackupVaultLockConfiguration", lock)
        },
    },
    Case {
        name: "a vault's lock is taken off",
        forecaster: "aws_backup/vault",
        scene: |bed| {
            bed.ok("backup", "CreateBackupVault", json!({"BackupVaultName": "safe"}));
            let lock = json!({"BackupVaultName": "safe", "MinRetentionDays": 7});
            bed.ok("backup", "PutBackupVaultLockConfiguration", lock);
            let unlock = json!({"BackupVaultName": "safe"});
            Scene::request("backup", "DeleteBackupVaultLockConfiguration", unlock)
        },
    },
];

const EMULATOR: &[Deviation] = &[];
