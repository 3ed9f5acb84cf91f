//! Whether backups, snapshots or records are kept for a shorter time than now: the request against the live record.
//!
//! One row a member; a record that was not read, or does not tell, leaves the fact unknown, which is its worst.

use interlock_action::{Action, Answers, Relation};
use serde_json::Value;

use super::{answer::Live, draft::Draft, existence};
use crate::rules::facts;

/// Service, operation, the member asked for, and where the record has the present value.
type Row = (&'static str, &'static str, &'static str, &'static str);

const ROWS: [Row; 12] = [
    ("redshift", "ModifyCluster", "/AutomatedSnapshotRetentionPeriod", "/AutomatedSnapshotRetentionPeriod"),
    ("redshift", "ModifyCluster", "/ManualSnapshotRetentionPeriod", "/ManualSnapshotRetentionPeriod"),
    ("elasticache", "ModifyReplicationGroup", "/SnapshotRetentionLimit", "/SnapshotRetentionLimit"),
    ("elasticache", "ModifyCacheCluster", "/SnapshotRetentionLimit", "/SnapshotRetentionLimit"),
    ("elasticache", "ModifyServerlessCache", "/SnapshotRetentionLimit", "/SnapshotRetentionLimit"),
    ("memorydb", "UpdateCluster", "/SnapshotRetentionLimit", "/SnapshotRetentionLimit"),
    ("fsx", "UpdateFileSystem", "/WindowsConfiguration", "/WindowsConfiguration"),
    ("fsx", "UpdateFileSystem", "/LustreConfiguration", "/LustreConfiguration"),
    ("fsx", "UpdateFileSystem", "/OntapConfiguration", "/OntapConfiguration"),
    ("fsx", "UpdateFileSystem", "/OpenZFSConfiguration", "/OpenZFSConfiguration"),
    ("docdb-elastic", "UpdateCluster", "/backupRetentionPeriod", "/backupRetentionPeriod"),
    ("rbin", "UpdateRule", "/RetentionPeriod/RetentionPeriodValue", "/RetentionPeriod/RetentionPeriodValue"),
];

/// Answers the fact for every target that the action acts on.
pub(super) fn tell(action: &Action, answers: &Answers, draft: &mut Draft) {
    let of = |(service, operation, ..): &&Row| {
        *service == action.operation.service() && *operation == action.operation.verb()
    };
    for (service, _, asked, now) in ROWS.iter().filter(of) {
        // Of a file system the days stand in the part of its kind.
        let member = if *service == "fsx" { "/AutomaticBackupRetentionDays" } else { "" };
        let days = |of: &Value, at: &str| of.pointer(&format!("{at}{member}")).and_then(Value::as_i64);
        let Some(asked) = days(&action.arguments, asked) else { continue };
        let acted = action.targets.iter().filter(|target| target.relation == Relation::Acts);
        for target in acted {
            let lowered = match existence::of(action, answers, &target.id) {
                Live::Found(record) => days(record, now).map(|now| lasting(asked) < lasting(now)),
                Live::Absent => Some(false),
                Live::Unread(_) => None,
            };
            draft.fact(facts::RECOVERY_RETENTION_LOWERED, true, lowered);
        }
    }
}

/// How long, where -1 is for ever.
fn lasting(days: i64) -> i64 {
    if days < 0 { i64::MAX } else { days }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Kind};
    use serde_json::{Value, json};

    use crate::{
        forecast::testing::{action, found, survey, target},
        rules::facts,
    };

    fn lowered(arguments: Value, now: Value) -> Option<bool> {
        let mut asked = action("redshift", "ModifyCluster", arguments);
        asked.arguments["ClusterIdentifier"] = json!("warehouse");
        let id = "arn:aws:redshift:us-east-1:111122223333:cluster:warehouse";
        asked.targets = vec![target(id, Kind::DatabaseCluster, "warehouse")];
        let survey = survey(&asked, |operation, _| match operation {
            "DescribeClusters" => found(json!({ "Clusters": [now.clone()] })),
            _ => Answer::NotFound,
        });
        survey.facts.get(facts::RECOVERY_RETENTION_LOWERED).and_then(Value::as_bool)
    }

    #[test]
    fn shorter_is_told_from_longer_by_the_live_record() {
        let automated = |days: i64| json!({ "AutomatedSnapshotRetentionPeriod": days });
        assert_eq!(lowered(automated(1), automated(35)), Some(true));
        assert_eq!(lowered(automated(35), automated(7)), Some(false));
        assert_eq!(lowered(automated(7), automated(7)), Some(false));
        assert_eq!(lowered(automated(7), json!({})), None, "what the record does not tell is unknown");
        let manual = |days: i64| json!({ "ManualSnapshotRetentionPeriod": days });
        assert_eq!(lowered(manual(7), manual(-1)), Some(true), "-1 is for ever");
        assert_eq!(lowered(manual(-1), manual(7)), Some(false));
    }
}
