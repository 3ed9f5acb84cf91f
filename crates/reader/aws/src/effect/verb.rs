//! What an operation's name says, when nothing better is known.
//!
//! Names are weak evidence: this is the last resort for operations that the published level calls a write and that no
//! hand table names. It never makes anything a read.

use interlock_action::Effect;

/// The words of an operation's name: `DeleteDBInstance` gives `Delete`, `DB`, `Instance`.
pub(crate) fn words(operation: &str) -> Vec<&str> {
    let bytes = operation.as_bytes();
    let mut cuts = vec![0];
    for at in 1..bytes.len() {
        let (Some(before), Some(here)) = (bytes.get(at - 1), bytes.get(at)) else { continue };
        let starts_word = here.is_ascii_uppercase()
            && (!before.is_ascii_uppercase() || bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase));
        if starts_word {
            cuts.push(at);
        }
    }
    cuts.push(bytes.len());
    cuts.windows(2)
        .filter_map(|pair| match pair {
            [from, to] if from < to => operation.get(*from..*to),
            _ => None,
        })
        .collect()
}

/// The words without a leading `Batch`, `Admin`, `Bulk`, `Transact`, which only say how.
fn telling(operation: &str) -> Vec<&str> {
    let mut words = words(operation);
    if matches!(words.as_slice(), ["Batch" | "Admin" | "Bulk" | "Transact", _, ..]) {
        words.remove(0);
    }
    words
}

/// The verb: the first word that tells.
pub(crate) fn verb(operation: &str) -> &str {
    telling(operation).first().copied().unwrap_or(operation)
}

/// What the name is about, in lower-case words: `db instance`.
pub(crate) fn noun(operation: &str) -> String {
    telling(operation).into_iter().skip(1).map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// What makes a new thing under a verb that mostly puts something into a thing that is there.
const NEW: [&str; 41] = [
    "RestoreDBClusterFromSnapshot",
    "RestoreDBClusterFromS3",
    "RestoreDBClusterToPointInTime",
    "RestoreDBInstanceFromDBSnapshot",
    "RestoreDBInstanceFromS3",
    "RestoreDBInstanceToPointInTime",
    "RestoreTableFromBackup",
    "RestoreTableToPointInTime",
    "RestoreTable",
    "RestoreTableFromClusterSnapshot",
    "RestoreTableFromSnapshot",
    "RestoreTableFromRecoveryPoint",
    "RestoreFromClusterSnapshot",
    "RestoreClusterFromSnapshot",
    "RestoreGraphFromSnapshot",
    "RestoreBackup",
    "RestoreImageFromRecycleBin",
    "RestoreSnapshotFromRecycleBin",
    "RestoreVolumeFromRecycleBin",
    "RegisterImage",
    "RegisterTaskDefinition",
    "RegisterDaemonTaskDefinition",
    "RegisterJobDefinition",
    "RegisterActivityType",
    "RegisterWorkflowType",
    "RegisterDomain",
    "RegisterThing",
    "RegisterCertificate",
    "RegisterCertificateWithoutCA",
    "RegisterCACertificate",
    "RegisterApplicationRevision",
    "RegisterSchemaVersion",
    "RegisterCluster",
    "RegisterType",
    "RegisterStreamConsumer",
    "RegisterClient",
    "PublishVersion",
    "PublishLayerVersion",
    "PublishPackageVersion",
    "PublishStateMachineVersion",
    "PublishAppVersion",
];

/// The class that the verb suggests.
pub(crate) fn effect(operation: &str) -> Effect {
    match verb(operation) {
        "Restore" | "Register" | "Publish" if !NEW.contains(&operation) => Effect::Update,
        "Create" | "Run" | "Allocate" | "Import" | "Copy" | "Restore" | "Request" | "Clone" | "Upload"
        | "Purchase" | "Issue" | "Generate" | "Build" | "Launch" | "Initiate" | "Subscribe" | "Provision"
        | "Replicate" | "Reserve" | "Export" | "Ingest" | "Publish" | "Register" | "Instantiate" => {
            Effect::Create
        }
        "Delete" | "Terminate" | "Purge" | "Drop" | "Flush" | "Empty" | "Destroy" | "Erase" | "Forget"
        | "Release" | "Expire" | "Discard" | "Dispose" | "Evict" | "Clear" | "Deprovision" | "Withdraw"
        | "Retire" | "Redact" | "Backtrack" | "Undeploy" | "Rebuild" | "Truncate" | "Wipe" => Effect::Destroy,
        "Stop" | "Deregister" | "Unregister" | "Detach" | "Disable" | "Disassociate" | "Dissociate"
        | "Suspend" | "Pause" | "Reboot" | "Restart" | "Failover" | "Switchover" | "Cancel"
        | "Deactivate" | "Revoke" | "Reject" | "Decline" | "Leave" | "Unsubscribe" | "Unassign"
        | "Unmonitor" | "Disconnect" | "Shutdown" | "Drain" | "Decrease" | "Rollback" | "Unlink"
        | "Unshare" | "Unpeer" | "Ungroup" | "Enter" | "Deprecate" | "Archive" | "Remove" | "Unlabel"
        | "Invalidate" | "Swap" | "Logout" | "Deauthorize" | "Deny" | "Unlock" | "Abort" | "Close" => {
            Effect::Interrupt
        }
        _ => Effect::Update,
    }
}

/// What happens, in plain words for a person.
pub(crate) fn sentence(effect: Effect, operation: &str) -> String {
    let noun = noun(operation);
    let what = match effect {
        Effect::Read => "looks at",
        Effect::SensitiveRead => "hands out",
        Effect::Create => "makes",
        Effect::Update => "changes",
        Effect::Interrupt => "interrupts or takes out of service",
        Effect::Destroy => "removes",
        Effect::Network => "changes who can reach what:",
        Effect::Expose => "opens to others:",
        Effect::Privilege => "changes who may do what:",
        Effect::Execute => "runs code under another identity:",
        Effect::Exfiltrate => "sends data to another account:",
        Effect::GuardRemoval => "takes away a protection:",
        Effect::RecoveryLoss => "takes away something to restore from:",
        Effect::AuditTrail => "touches the record of what happened:",
        Effect::Interlock => "touches Interlock itself:",
    };
    if noun.is_empty() { format!("{what} what it names") } else { format!("{what} {noun}") }
}
