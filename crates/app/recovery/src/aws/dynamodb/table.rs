//! A table deleted.
//!
//! Kept: keys, indexes, capacity, streams, class, protection, time to live, tags, and whether it had point-in-time
//! recovery; the items stand in the backup that Interlock made before. Back: the table is restored from that backup and what
//! a restore leaves out is set again (Amazon DynamoDB Developer Guide, "Restoring a table": auto scaling, alarms, tags,
//! streams, time to live and point-in-time recovery are not restored). Compared: all that is kept. Lost: what was written
//! after the backup, the stream's records and its ARN, auto scaling.

use interlock_action::{Answers, Deed, HANDLE, Read, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::way::{Way, call, found, is, later, list, read, set_by_service, sorted, step, wait},
    table_settings::{self, settings},
};

/// The way.
pub(super) struct Table;

fn name(deed: &Deed) -> Option<&str> {
    table_settings::table(deed)
}

/// The read of the backups: those of a table that is gone are still listed by its name.
fn backups(table: &str) -> Value {
    json!({"TableName": table, "BackupType": "ALL"})
}

impl Way for Table {
    fn name(&self) -> &'static str {
        "dynamodb/table"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        is(deed, "dynamodb", &["DeleteTable"]) && name(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let Some(table) = name(deed) else { return Vec::new() };
        let named = json!({"TableName": table});
        let mut reads = vec![
            read(deed, "dynamodb", "DescribeTable", named.clone()),
            read(deed, "dynamodb", "ListBackups", backups(table)),
        ];
        if let Ok(Some(answer)) = found(so_far, "dynamodb", "DescribeTable", &named) {
            reads.push(read(deed, "dynamodb", "DescribeTimeToLive", named.clone()));
            reads.push(read(deed, "dynamodb", "DescribeContinuousBackups", named));
            let tags = json!({"ResourceArn": answer.pointer("/Table/TableArn")});
            reads.push(read(deed, "dynamodb", "ListTagsOfResource", tags));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let table = name(deed).ok_or("the table is not named")?;
        let named = json!({"TableName": table});
        let listed = found(answers, "dynamodb", "ListBackups", &backups(table))?;
        let made = listed.map_or(&[][..], |answer| list(answer, "/BackupSummaries")).iter().find(|backup| {
            let called = backup.get("BackupName").and_then(Value::as_str).unwrap_or_default();
            deed.points.iter().any(|point| point == called)
        });
        let backup = made.and_then(|backup| backup.get("BackupArn")).cloned().unwrap_or_default();
        let Some(answer) = found(answers, "dynamodb", "DescribeTable", &named)? else {
            return Ok(json!({"table": null, HANDLE: {"backup": backup}}));
        };
        let record = answer.get("Table").ok_or("DescribeTable told no table")?;
        let ttl = found(answers, "dynamodb", "DescribeTimeToLive", &named)?;
        let ttl = ttl.and_then(|answer| answer.get("TimeToLiveDescription"));
        let ttl = ttl.filter(|ttl| ttl.get("TimeToLiveStatus") == Some(&json!("ENABLED")));
        let continuous = found(answers, "dynamodb", "DescribeContinuousBackups", &named)?;
        let history =
            "/ContinuousBackupsDescription/PointInTimeRecoveryDescription/PointInTimeRecoveryStatus";
        let history = continuous.and_then(|answer| answer.pointer(history)) == Some(&json!("ENABLED"));
        let tags = json!({"ResourceArn": record.get("TableArn")});
        let tags = found(answers, "dynamodb", "ListTagsOfResource", &tags)?;
        let tags = tags.map(|answer| list(answer, "/Tags").to_vec()).unwrap_or_default();
        Ok(json!({
            "table": settings(record),
            "keys": record.get("KeySchema"),
            "time to live": ttl.and_then(|ttl| ttl.get("AttributeName")),
            "history": history,
            "tags": sorted(tags),
            HANDLE: {"backup": backup, "status": record.get("TableStatus"), "arn": record.get("TableArn")},
        }))
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let lost =
            ["what is written after the backup", "the stream's records and its ARN", "auto scaling, alarms"];
        let there = before.get("table").is_some_and(|table| !table.is_null());
        (there && !deed.points.is_empty()).then(|| Terms::from_recovery_point(20, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let table = name(deed).ok_or("the table is not named")?;
        let mut steps = Vec::new();
        let gone = now.get("table").is_none_or(Value::is_null);
        let restore = format!("restore table {table} from Interlock's backup");
        if gone {
            let backup = now.pointer("/handle/backup").filter(|backup| backup.is_string());
            let backup = backup.ok_or_else(|| format!("the backup of {table} is not there"))?;
            let arguments = json!({"TargetTableName": table, "BackupArn": backup});
            steps.push(step(restore, call(deed, "dynamodb", "RestoreTableFromBackup", arguments)));
        } else if now.pointer("/handle/status") != Some(&json!("ACTIVE")) {
            steps.push(wait(restore));
        }
        let ready = steps.is_empty();
        let mut set = |name: String, operation: &str, arguments: Value| {
            steps.push(if ready {
                step(name, call(deed, "dynamodb", operation, arguments))
            } else {
                later(name)
            });
        };
        if let Some(arguments) = table_settings::update(table, before.get("table"), now.get("table")) {
            set(format!("set the capacity and protection of {table} again"), "UpdateTable", arguments);
        }
        if let Some(attribute) =
            before.get("time to live").filter(|ttl| ttl.is_string() && now.get("time to live") != Some(*ttl))
        {
            let specification = json!({"Enabled": true, "AttributeName": attribute});
            let arguments = json!({"TableName": table, "TimeToLiveSpecification": specification});
            set(format!("set the time to live of {table} again"), "UpdateTimeToLive", arguments);
        }
        if before.get("history") == Some(&json!(true)) && now.get("history") != Some(&json!(true)) {
            let specification = json!({"PointInTimeRecoveryEnabled": true});
            let arguments = json!({"TableName": table, "PointInTimeRecoverySpecification": specification});
            set(
                format!("turn point-in-time recovery of {table} on again"),
                "UpdateContinuousBackups",
                arguments,
            );
        }
        let tags = before.get("tags").filter(|tags| **tags != json!([]) && now.get("tags") != Some(*tags));
        if let Some(tags) = tags {
            let arguments = json!({"ResourceArn": now.pointer("/handle/arn"), "Tags": tags});
            set(format!("tag table {table} again"), "TagResource", arguments);
        }
        Ok(steps)
    }

    fn between(&self, _deed: &Deed, before: &Value, now: &Value) -> Vec<Value> {
        let table = now.get("table").filter(|table| !table.is_null());
        // A restored table has a capacity and no protection of its own until they are set.
        let ready = now.pointer("/handle/status") == Some(&json!("ACTIVE"));
        let own = |table: &Value| {
            if ready { set_by_service(before, &[("/table", table.clone())]) } else { now.clone() }
        };
        table.map(own).into_iter().collect()
    }
}
