//! AWS Backup: vaults and the recovery points in them.

pub(super) mod points;
pub(super) mod recovery_point;
pub(super) mod vault;

use interlock_action::{Action, Relation, TargetId};

use super::answer::text;

/// Whether it is one of these operations.
fn is(action: &Action, verbs: &[&str]) -> bool {
    action.operation.service() == "backup" && verbs.contains(&action.operation.verb())
}

/// The vault that the request names.
fn vault(action: &Action) -> Option<&str> {
    text(&action.arguments, "/BackupVaultName")
}

/// The target whose ARN has this in it.
fn target(action: &Action, part: &str, otherwise: &str) -> TargetId {
    let own = |target: &&interlock_action::Target| {
        target.relation != Relation::Reaches && target.id.as_str().contains(part)
    };
    let found = action.targets.iter().find(own).map(|target| target.id.clone());
    found.unwrap_or_else(|| TargetId::new(otherwise))
}
