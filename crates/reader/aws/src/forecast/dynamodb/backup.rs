//! DynamoDB backups.
//!
//! A deleted on-demand backup is gone; what counts is whether its table has another recovery point. Reads:
//! DescribeBackup, then the table's ListBackups and DescribeContinuousBackups, DescribeTable and the key of either.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, live, number, text},
        arn,
        draft::Draft,
        keys, words,
    },
    points::{self, Fate, Table},
    table_name,
};

const BACKUP: &str = "dynamodb backup";
const TABLE: &str = "dynamodb table of the backup";

/// The forecaster of deletions of backups.
pub(in crate::forecast) struct Backup;

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let given = action.arguments.get("BackupArn")?.as_str()?;
    let resource = arn::parse(given).map(|arn| arn.resource).unwrap_or(given);
    Some((given, arn::target(action, Kind::Snapshot, "dynamodb", resource, given)))
}

impl Look for Backup {
    fn knows(&self, action: &Action) -> bool {
        action.operation.as_str() == "aws:dynamodb:DeleteBackup" && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((given, _)) = subject(action) else { return Vec::new() };
        let resource = arn::parse(given).map(|arn| arn.resource).unwrap_or_default();
        let mut reads = vec![crate::call::read(
            action,
            BACKUP,
            "dynamodb",
            "DescribeBackup",
            json!({ "BackupArn": given }),
        )];
        if resource.starts_with("table/") {
            let name = table_name(given);
            reads.extend(points::reads(action, name));
            let table = json!({ "TableName": name });
            reads.push(crate::call::read(action, TABLE, "dynamodb", "DescribeTable", table));
        }
        reads.extend(keys::reads(action, table(table_name(given), so_far).key));
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((given, id)) = subject(action) else { return };
        let name = table_name(given);
        let found = match live(answers, BACKUP) {
            Live::Found(found) => found,
            Live::Absent => {
                draft.observe(&id, Observed { exists: Some(false), ..Observed::default() });
                return;
            }
            Live::Unread(why) => {
                draft.unknown(format!("the backup could not be read: {why}"));
                draft.lose_unread("the backup", format!("a backup of table {name}"), &why);
                return;
            }
        };
        draft.saw();
        gone(given, name, &id, found, answers, draft);
    }
}

/// The table that the backup is of. The key that its backups are closed with is the table's, or the one that it had.
fn table<'a>(name: &'a str, answers: &'a Answers) -> Table<'a> {
    let at = |read: &str, pointer: &str| live(answers, read).found().and_then(|found| found.pointer(pointer));
    let source = at(BACKUP, "/BackupDescription/SourceTableDetails").unwrap_or(&Value::Null);
    let (id, made) = (text(source, "/TableId"), text(source, "/TableCreationDateTime"));
    let same = |there: &&Value| {
        let own = Table::of(name, there);
        if id.is_some() { own.id == id } else { made.is_some() && own.made == made }
    };
    let there = at(TABLE, "/Table").filter(same);
    let had = || at(BACKUP, "/BackupDescription/SourceTableFeatureDetails").and_then(points::key_of);
    Table { name, id, made, key: there.and_then(points::key_of).or_else(had), stands: there.is_some() }
}

fn gone(given: &str, name: &str, id: &TargetId, found: &Value, answers: &Answers, draft: &mut Draft) {
    let details = "/BackupDescription/BackupDetails";
    let called = text(found, &format!("{details}/BackupName")).unwrap_or(given);
    let at = text(found, &format!("{details}/BackupCreationDateTime")).unwrap_or("an unknown time");
    let size = number(found, &format!("{details}/BackupSizeBytes")).map(words::bytes);
    let sized = size.as_ref().map(|size| format!(" ({size})")).unwrap_or_default();
    // Backups bear no tags of their own: Interlock's are known by name, and marked like its other points.
    let own = called.starts_with(super::super::OWN);
    let tags = own
        .then(|| std::collections::BTreeMap::from([(interlock_action::POINT.to_owned(), called.to_owned())]));
    draft.observe(id, Observed { exists: Some(true), data: Bears::Yes, size, tags, ..Observed::default() });
    draft.bind(id.as_str(), json!({ "at": at }));
    let what = format!("backup {called}{sized} of table {name} as of {at} is deleted for good");
    draft.change(id, Kind::Snapshot, Effect::RecoveryLoss, what);
    let fate = Fate { history: true, goes: Some(given) };
    let table = table(name, answers);
    let tally = points::count(answers, table, fate, draft);
    if let Live::Unread(why) = live(answers, TABLE) {
        draft.unknown(format!("whether table {name} is still there could not be read: {why}"));
    } else if !table.stands {
        draft.lose(format!(
            "table {name} itself is gone: this may be the last copy of its data as of {at}{sized}"
        ));
    }
    draft.reversibility = Reversibility::None;
    let how = if tally.survives() {
        Securing::Exists
    } else {
        draft.lose(format!("the last known recovery point of table {name}, as of {at}{sized}"));
        Securing::Impossible(format!("it is the last known recovery point of table {name}"))
    };
    draft.secure(how);
    draft.tally(tally);
}
