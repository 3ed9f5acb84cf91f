//! Backups of DynamoDB tables. They carry no tags, and are found by their name.
//!
//! Depends on the key that the table was encrypted with. Drill: restored as another table; its key schema must be the
//! one of the backup, and where the backup held items, the table must hold some: the service counts a table's items only
//! every six hours (Amazon DynamoDB API Reference, `TableDescription`), so that numbers are told and not compared. Reads:
//! ListBackups, DescribeBackup, DescribeTable and a count of the copy's first thousand items.

use interlock_action::{Answers, Read, Step};
use interlock_flow::custody::{Restored, Scratch, Sight};
use serde_json::{Value, json};

use super::{
    super::way::{found, list, wait, wanted},
    At, Kind, born, compare, goes, made_for, same_id, text, words,
};

/// The kind.
pub(super) struct Backup;

/// So many items are counted at most.
const COUNTED: u64 = 1_000;

fn table<'a>(at: &At<'a>) -> &'a str {
    at.kept.of.as_str().rsplit('/').next().unwrap_or_default()
}

fn backups(at: &At<'_>) -> Value {
    json!({"TableName": table(at), "BackupType": "ALL"})
}

/// The ARN of the backup: the one that was seen; until then that of the only one that has its name and is of its table.
fn arn<'a>(at: &At<'a>, answers: &'a Answers) -> Result<Option<&'a str>, String> {
    if let Some(seen) = at.seen.first() {
        return Ok(Some(seen));
    }
    let answer = found(answers, "dynamodb", "ListBackups", &backups(at))?;
    let all = answer.map_or(&[][..], |answer| list(answer, "/BackupSummaries"));
    // A forecast tells the table's id and when it was made.
    let table = at.kept.born.as_deref().and_then(|born| born.split(' ').next());
    let mut named = all.iter().filter(|backup| {
        let own = text(backup, "/TableId").zip(table).is_none_or(|(id, table)| id == table);
        own && text(backup, "/BackupName") == Some(&at.kept.id)
    });
    match (named.next(), named.next()) {
        (_, Some(_)) => Err(format!("several backups are called `{}`", at.kept.id)),
        (only, None) => Ok(only.and_then(|backup| text(backup, "/BackupArn"))),
    }
}

fn look(arn: &str) -> Value {
    json!({ "BackupArn": arn })
}

/// The record of the backup.
fn record<'a>(at: &At<'a>, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
    let Some(arn) = arn(at, answers)? else { return Ok(None) };
    let described = found(answers, "dynamodb", "DescribeBackup", &look(arn))?;
    let record = described.and_then(|answer| answer.get("BackupDescription"));
    Ok(record.filter(|record| text(record, "/BackupDetails/BackupStatus") != Some("DELETED")))
}

/// The members of a backup that tell its table apart, and those of a table.
const SOURCE: (&str, &str) = ("/SourceTableDetails/TableId", "/SourceTableDetails/TableCreationDateTime");
const TABLE: (&str, &str) = ("/TableId", "/CreationDateTime");

fn named<'a>(name: &str, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
    let answer = found(answers, "dynamodb", "DescribeTable", &json!({"TableName": name}))?;
    Ok(answer.and_then(|answer| answer.get("Table")))
}

/// Whether this is the copy of that drill.
fn is_copy(at: &At<'_>, scratch: &Scratch, copy: &Value, answers: &Answers) -> Result<(), String> {
    let backup = arn(at, answers)?;
    let from = text(copy, "/RestoreSummary/SourceBackupArn");
    let made = text(copy, "/RestoreSummary/RestoreDateTime").ok_or("when the table was restored is not told");
    // A table carries no tags until it has been restored.
    let own = backup.is_some() && from == backup;
    made_for(scratch, Some(own), own.then_some(made).transpose()?)
}

fn count(scratch: &Scratch) -> Value {
    json!({"TableName": scratch.name, "Select": "COUNT", "Limit": COUNTED})
}

fn is_active(table: &Value) -> bool {
    text(table, "/TableStatus") == Some("ACTIVE")
}

impl Kind for Backup {
    fn is(&self, kept: &interlock_flow::custody::Kept) -> bool {
        let of = kept.of.as_str();
        of.split(':').nth(2) == Some("dynamodb") && of.contains(":table/") && !kept.id.starts_with("arn:")
    }

    fn reads(&self, at: &At<'_>, so_far: &Answers) -> Vec<Read> {
        let listed = at.seen.is_empty().then(|| at.read("dynamodb", "ListBackups", backups(at)));
        let arn = arn(at, so_far).ok().flatten();
        let described = arn.map(|arn| at.read("dynamodb", "DescribeBackup", look(arn)));
        listed.into_iter().chain(described).collect()
    }

    fn see(&self, at: &At<'_>, answers: &Answers) -> Result<Sight, String> {
        let Some(record) = record(at, answers)? else { return Ok(Sight::default()) };
        let key = ["/SourceTableFeatureDetails/SSEDescription", "/SourceTableDetails/SSEDescription"];
        let key = key.into_iter().find_map(|at| text(record, &format!("{at}/KMSMasterKeyArn")));
        let items = record.pointer("/SourceTableDetails/ItemCount");
        Ok(Sight {
            there: true,
            ready: text(record, "/BackupDetails/BackupStatus") == Some("AVAILABLE"),
            ids: text(record, "/BackupDetails/BackupArn").map(str::to_owned).into_iter().collect(),
            of: born(at, record, SOURCE),
            depends: key.map(Into::into).into_iter().collect(),
            size: items.map(|items| format!("about {items} items")),
        })
    }

    fn copy_reads(&self, at: &At<'_>, scratch: &Scratch, so_far: &Answers) -> Vec<Read> {
        let mut reads = vec![at.read("dynamodb", "DescribeTable", json!({"TableName": scratch.name}))];
        if named(&scratch.name, so_far).is_ok_and(|table| table.is_some_and(is_active)) {
            reads.push(at.read("dynamodb", "Scan", count(scratch)));
        }
        reads
    }

    fn restore(&self, at: &At<'_>, scratch: &Scratch, answers: &Answers) -> Result<Restored, String> {
        let record = record(at, answers)?.ok_or("the backup is not there")?;
        let name = format!("restore {} as table {}", at.kept.id, scratch.name);
        let Some(copy) = named(&scratch.name, answers)? else {
            let arn = record.pointer("/BackupDetails/BackupArn");
            let arguments = json!({"TargetTableName": scratch.name, "BackupArn": arn});
            return Ok(Restored::Not(at.step(name, "dynamodb", "RestoreTableFromBackup", arguments)));
        };
        if !is_active(copy) {
            return Ok(Restored::Not(wait(name)));
        }
        is_copy(at, scratch, copy, answers)?;
        let source = record.get("SourceTableDetails").unwrap_or(&Value::Null);
        let mut compared = compare(source, copy, &[("/KeySchema", "/KeySchema")]);
        let found = wanted(answers, "dynamodb", "Scan", &count(scratch))?;
        let found = found.get("Count").and_then(Value::as_u64).ok_or("the items could not be counted")?;
        let held = source.get("ItemCount").unwrap_or(&Value::Null);
        let at_least = if found >= COUNTED { "at least " } else { "" };
        compared.figures.insert("items".to_owned(), format!("{at_least}{found}"));
        compared.figures.insert("items when it was backed up, about".to_owned(), words(held));
        if found == 0 && held.as_u64().unwrap_or_default() > 0 {
            compared.differs.push(format!("it holds no items, not about {}", words(held)));
        }
        Ok(Restored::Ready(compared))
    }

    fn remove(&self, at: &At<'_>, scratch: &Scratch, answers: &Answers) -> Result<Option<Step>, String> {
        let name = format!("remove table {}", scratch.name);
        Ok(match named(&scratch.name, answers)? {
            None => None,
            Some(copy) if is_active(copy) => {
                is_copy(at, scratch, copy, answers)?;
                Some(at.step(name, "dynamodb", "DeleteTable", json!({"TableName": scratch.name})))
            }
            Some(_) => Some(wait(name)),
        })
    }

    fn origin_reads(&self, at: &At<'_>, _so_far: &Answers) -> Vec<Read> {
        vec![at.read("dynamodb", "DescribeTable", json!({ "TableName": table(at) }))]
    }

    fn stands(&self, at: &At<'_>, answers: &Answers) -> Result<bool, String> {
        let Some(there) = named(table(at), answers)? else { return Ok(false) };
        if goes(there) {
            return Ok(false);
        }
        let record = record(at, answers)?.ok_or("the backup is not there")?;
        same_id(born(at, record, SOURCE), born(at, there, TABLE))
    }

    fn purge(&self, at: &At<'_>, answers: &Answers) -> Result<Option<Step>, String> {
        let name = format!("remove the backup {}", at.kept.id);
        let backup = record(at, answers)?.and_then(|record| text(record, "/BackupDetails/BackupArn"));
        Ok(backup.map(|arn| at.step(name, "dynamodb", "DeleteBackup", look(arn))))
    }
}
