//! AWS Database Migration Service and DataSync: tasks that empty their target.

use interlock_action::Effect;
use serde_json::Value;

use super::{Rule, Shape, claim, only_if};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "dms-target-reloaded",
        finds: "a copy of data that begins anew, over what the target holds",
        shape: Shape::Setting,
        operations: &[("dms", "StartReplicationTask"), ("dms", "StartReplication")],
        test: |subject| {
            let kinds = ["StartReplicationTaskType", "StartReplicationType"];
            only_if(
                kinds.iter().any(|kind| subject.text(kind) == Some("reload-target")),
                claim(Effect::Destroy, "loads the target's tables anew, and may drop them first"),
            )
        },
    },
    Rule {
        id: "dms-target-emptied",
        finds: "a task that drops or empties the tables of its target first",
        shape: Shape::Setting,
        operations: &[("dms", "ModifyReplicationTask"), ("dms", "CreateReplicationTask")],
        test: |subject| {
            only_if(
                subject.text("ReplicationTaskSettings").is_some_and(empties),
                claim(Effect::Destroy, "drops or empties the target's tables when the task starts"),
            )
        },
    },
    Rule {
        id: "dms-tables-changed",
        finds: "other tables for a task",
        shape: Shape::Setting,
        operations: &[("dms", "ModifyReplicationTask")],
        test: |subject| {
            only_if(
                subject.has("TableMappings"),
                claim(
                    Effect::Interrupt,
                    "replaces the list of tables: what is not on it is no longer copied",
                ),
            )
        },
    },
    Rule {
        id: "datasync-destination-emptied",
        finds: "a task that deletes in its destination what the source has not, or writes over what is there",
        shape: Shape::Setting,
        operations: &[
            ("datasync", "StartTaskExecution"),
            ("datasync", "UpdateTask"),
            ("datasync", "CreateTask"),
        ],
        test: |subject| {
            let is = |member: &str, value: &str| {
                let paths = [format!("OverrideOptions.{member}"), format!("Options.{member}")];
                paths.iter().any(|path| subject.text(path) == Some(value))
            };
            only_if(
                is("PreserveDeletedFiles", "REMOVE") || is("OverwriteMode", "ALWAYS"),
                claim(Effect::Destroy, "deletes or writes over what the destination of the task holds"),
            )
        },
    },
];

/// Whether the settings ask for it, or cannot be read.
fn empties(settings: &str) -> bool {
    let Ok(settings) = serde_json::from_str::<Value>(settings) else { return true };
    let mode = settings.pointer("/FullLoadSettings/TargetTablePrepMode");
    mode.is_some_and(|mode| mode != "DO_NOTHING")
}
