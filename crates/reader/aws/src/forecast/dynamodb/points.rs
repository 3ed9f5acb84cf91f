//! The recovery points of a table: on-demand backups, and the history that point-in-time recovery keeps.
//!
//! The history dies with its table. DynamoDB then makes a `SYSTEM` backup by itself and keeps it for 35 days (DynamoDB
//! Developer Guide, "Point-in-time recovery"); it is named, not counted, because nobody can verify it beforehand.

use interlock_action::{Action, Answers, Read, Securing};
use serde_json::{Value, json};

use super::super::{
    answer::{Listed, Live, listed, live, number, text},
    draft::Draft,
    finals::is_since,
    keys,
    tally::Tally,
};

/// The keys of the reads, for a table of this name.
pub(super) fn backups_key(name: &str) -> String {
    format!("dynamodb backups {name}")
}

pub(super) fn history_key(name: &str) -> String {
    format!("dynamodb history {name}")
}

/// The reads of a table's recovery points.
pub(super) fn reads(action: &Action, name: &str) -> Vec<Read> {
    let table = json!({ "TableName": name });
    let backups = json!({"TableName": name, "BackupType": "ALL"});
    vec![
        crate::call::read(action, backups_key(name), "dynamodb", "ListBackups", backups),
        crate::call::read(action, history_key(name), "dynamodb", "DescribeContinuousBackups", table),
    ]
}

/// The key that a table is encrypted with, or was when a backup was made of it, if it is one of the account's own.
pub(super) fn key_of(table: &Value) -> Option<&str> {
    text(table, "/SSEDescription/KMSMasterKeyArn")
}

/// For how many days the history goes back, where it does.
pub(super) fn history_days(answers: &Answers, name: &str) -> Option<u64> {
    let days = "/ContinuousBackupsDescription/PointInTimeRecoveryDescription/RecoveryPeriodInDays";
    number(live(answers, &history_key(name)).found()?, days)
}

/// Whether point-in-time recovery is on; `None` when nobody could tell.
pub(super) fn has_history(answers: &Answers, name: &str) -> Option<bool> {
    let answer = live(answers, &history_key(name));
    let status = "/ContinuousBackupsDescription/PointInTimeRecoveryDescription/PointInTimeRecoveryStatus";
    match answer {
        Live::Found(answer) => match text(answer, status) {
            Some("ENABLED") => Some(true),
            Some("DISABLED") => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// What becomes of the recovery points.
#[derive(Clone, Copy)]
pub(super) struct Fate<'a> {
    /// The history is still there after the action.
    pub(super) history: bool,
    /// The ARN of the backup that the action deletes.
    pub(super) goes: Option<&'a str>,
}

impl Fate<'_> {
    /// Everything stays.
    pub(super) const STAYS: Self = Self { history: true, goes: None };
    /// The history goes, the backups stay.
    pub(super) const NO_HISTORY: Self = Self { history: false, goes: None };
}

/// A table that points are of: a later one of its name is another one.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its id, which no other table ever has.
    pub(super) id: Option<&'a str>,
    /// When it was made.
    pub(super) made: Option<&'a str>,
    /// The key that it is encrypted with.
    pub(super) key: Option<&'a str>,
    /// Whether it is this very table that stands.
    pub(super) stands: bool,
}

impl<'a> Table<'a> {
    /// The table whose record this is.
    pub(super) fn of(name: &'a str, record: &'a Value) -> Self {
        let (id, made) = (text(record, "/TableId"), text(record, "/CreationDateTime"));
        Self { name, id, made, key: key_of(record), stands: true }
    }

    /// Whether a backup is of it, and not of another table of its name.
    fn has(&self, backup: &Value) -> bool {
        match text(backup, "/TableId").zip(self.id) {
            Some((told, id)) => told == id,
            None => is_since(text(backup, "/BackupCreationDateTime"), self.made),
        }
    }
}

/// Counts the points of a table.
pub(super) fn count(answers: &Answers, table: Table<'_>, fate: Fate<'_>, draft: &mut Draft) -> Tally {
    let Table { name, key, .. } = table;
    let backups = listed(answers, &backups_key(name), "BackupSummaries");
    let mut tally = if backups.complete() { Tally::default() } else { Tally::unread() };
    draft.gap(backups.gap(&format!("backups of {name}")));
    for backup in backups.entries() {
        let id = text(backup, "/BackupArn").unwrap_or("?");
        let called = text(backup, "/BackupName").unwrap_or(id);
        let at = text(backup, "/BackupCreationDateTime").map(|at| format!(" of {at}")).unwrap_or_default();
        let what = format!("backup {called}{at}");
        match text(backup, "/BackupStatus") {
            Some("AVAILABLE") if !table.has(backup) => {
                tally.uncounted(id, format!("{what}, of another table of that name: not counted"));
            }
            Some("AVAILABLE") => {
                keys::count(answers, key, (id, what), fate.goes != Some(id), (&mut tally, draft));
            }
            status => {
                let status = status.unwrap_or("in an unknown state");
                tally.uncounted(id, format!("{what}, {status}: not counted"));
            }
        }
    }
    match has_history(answers, name).filter(|_| table.stands) {
        Some(true) => {
            let id = format!("{name} point-in-time history");
            tally.have(id, format!("point-in-time history of {name}"), fate.history);
            if !fate.history {
                let what =
                    format!("the system backup that DynamoDB makes of {name} by itself and keeps 35 days");
                tally.uncounted(
                    format!("{name} system backup"),
                    format!("{what}: not counted, not verifiable"),
                );
            }
        }
        Some(false) => {}
        None if !table.stands => {}
        None => {
            tally.partial();
            draft.unknown(format!("whether {name} has point-in-time recovery could not be read"));
        }
    }
    tally
}

/// The names of the backups that are there.
fn taken<'a>(backups: &Listed<'a>) -> Vec<&'a str> {
    backups.entries().iter().filter_map(|backup| text(backup, "/BackupName")).collect()
}

/// An on-demand backup, made by Interlock first, under a name that no backup of the table has.
pub(super) fn by_backup(action: &Action, answers: &Answers, name: &str, table: &Value) -> Securing {
    let backups = listed(answers, &backups_key(name), "BackupSummaries");
    let taken = taken(&backups);
    // Names of backups go up to 255 characters; those of tables do too.
    let stem: String = name.chars().take(200).collect();
    let names = (0..=taken.len()).map(|round| {
        let parts = json!([
            action.account,
            action.region,
            name,
            table.get("TableId"),
            table.get("CreationDateTime"),
            round
        ]);
        super::super::own_name("interlock backup v1", &stem, &parts)
    });
    let names: Vec<String> = names.collect();
    let free = names.iter().find(|name| !taken.contains(&name.as_str())).or(names.first()).cloned();
    let backup = free.unwrap_or_default();
    let make = json!({"TableName": name, "BackupName": backup});
    let look = json!({"TableName": name, "BackupType": "ALL"});
    Securing::ByCalls {
        calls: vec![crate::call::call(action, "dynamodb", "CreateBackup", make)],
        proof: vec![(
            crate::call::call(action, "dynamodb", "ListBackups", look),
            format!("/BackupSummaries/[BackupName={backup}]/BackupStatus"),
            json!("AVAILABLE"),
        )],
        makes: vec![backup],
    }
}

/// The ARNs of the backups that an approval is bound to: all but Interlock's own and the service's.
pub(super) fn lasting(answers: &Answers, name: &str) -> Value {
    let backups = listed(answers, &backups_key(name), "BackupSummaries");
    let mut arns: Vec<&str> = backups
        .entries()
        .iter()
        .filter(|backup| !text(backup, "/BackupName").unwrap_or_default().starts_with(super::super::OWN))
        .filter_map(|backup| text(backup, "/BackupArn"))
        .collect();
    arns.sort_unstable();
    json!(arns)
}
