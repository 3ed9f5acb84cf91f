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
    super::way::{Way, call, found, is, later, list, only, read, set_by_service, sorted, step, wait, word},
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

/// The backups that have the name of the deed's, or are it.
fn made(deed: &Deed, listed: Option<&Value>) -> Vec<Value> {
    let all = listed.map_or(&[][..], |answer| list(answer, "/BackupSummaries")).iter();
    let called = |backup: &&Value| {
        let names = ["/BackupName", "/BackupArn"].into_iter().filter_map(|member| word(backup, member));
        names.into_iter().any(|name| deed.points.iter().any(|point| point == name))
    };
    all.filter(called).map(|backup| only(backup, &["BackupArn", "TableId"])).collect()
}

/// The ARN of the backup that the table comes back from: the one that was seen when it was made, else the only one of its
/// name and of the very table.
fn backup<'a>(deed: &Deed, before: &Value, now: &'a Value) -> Result<&'a str, &'static str> {
    let seen = deed.points.iter().any(|point| point.starts_with("arn:"));
    let table = word(before, "/handle/id");
    let own = |backup: &&Value| match (seen, word(backup, "/TableId").zip(table)) {
        (true, _) => {
            word(backup, "/BackupArn").is_some_and(|arn| deed.points.iter().any(|point| point == arn))
        }
        (false, of) => of.is_none_or(|(of, table)| of == table),
    };
    let mut own = list(now, "/handle/backups").iter().filter(own);
    match (own.next(), own.next()) {
        (Some(_), Some(_)) => Err("is one of several of its name: nobody can tell which"),
        (only, _) => only.and_then(|backup| word(backup, "/BackupArn")).ok_or("is not there"),
    }
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
        let backups = made(deed, found(answers, "dynamodb", "ListBackups", &backups(table))?);
        let Some(answer) = found(answers, "dynamodb", "DescribeTable", &named)? else {
            return Ok(json!({"table": null, HANDLE: {"backups": backups}}));
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
            HANDLE: {
                "backups": backups,
                "id": record.get("TableId"),
                "status": record.get("TableStatus"),
                "arn": record.get("TableArn"),
            },
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
            let backup = backup(deed, before, now).map_err(|why| format!("the backup of {table} {why}"))?;
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

#[cfg(test)]
mod tests {
    use super::{super::super::testing, *};

    const NAME: &str = "interlock-orders-1a2b";

    /// What is restored of `t-1` once it is gone, while there are these backups: their ARNs, names and tables.
    fn restores(points: &[&str], all: &[(&str, &str, &str)]) -> Result<Value, String> {
        let deed = testing::deed("dynamodb", "DeleteTable", json!({"TableName": "orders"}));
        let deed = Deed { points: points.iter().map(|point| (*point).to_owned()).collect(), ..deed };
        let summary = |(arn, name, table): &(&str, &str, &str)| json!({"BackupArn": arn, "BackupName": name, "TableId": table});
        let all: Vec<Value> = all.iter().map(summary).collect();
        let state = |table: Value| {
            testing::state(&Table, &deed, |verb, _| match verb {
                "ListBackups" => Some(json!({ "BackupSummaries": all })),
                "DescribeTable" => table.is_object().then(|| json!({ "Table": table })),
                _ => Some(json!({})),
            })
        };
        let before = state(json!({"TableId": "t-1", "TableStatus": "ACTIVE", "TableArn": "arn:t"}))?;
        let steps = Table.back(&deed, &before, &state(Value::Null)?)?;
        Ok(testing::called(&steps[0]).arguments["BackupArn"].clone())
    }

    #[test]
    fn a_table_comes_back_from_its_own_backup_alone() {
        let (own, forged, nightly) =
            (("arn:b", NAME, "t-1"), ("arn:c", NAME, "t-2"), ("arn:d", "nightly", "t-1"));
        for all in [&[forged, nightly, own][..], &[own, forged]] {
            assert_eq!(restores(&[NAME], all), Ok(json!("arn:b")), "the one of its table");
            assert_eq!(restores(&[NAME, "arn:b"], all), Ok(json!("arn:b")), "the one that was seen");
        }
        let twins = [own, ("arn:e", NAME, "t-1")];
        assert_eq!(restores(&[NAME, "arn:e"], &twins), Ok(json!("arn:e")));
        assert!(restores(&[NAME], &twins).unwrap_err().contains("one of several of its name"));
        assert!(restores(&[NAME], &[forged, nightly]).unwrap_err().contains("is not there"));
        assert!(restores(&[NAME, "arn:b"], &[forged, twins[1]]).unwrap_err().contains("is not there"));
    }
}
