//! DynamoDB tables.
//!
//! Deleting a table deletes its items, its indexes and its point-in-time history; on-demand backups stay. Interlock
//! takes an on-demand backup first (CreateBackup, proved by ListBackups). A restore gives a new table without
//! autoscaling, alarms, tags, streams, time to live and point-in-time settings (DynamoDB Developer Guide, "Restoring a
//! table"). Item count and size are DynamoDB's own, brought up to date about every six hours: a table bears no data only
//! if both are zero *and* a scan of one item finds none. Reads: DescribeTable, ListBackups, DescribeContinuousBackups,
//! DescribeTimeToLive, Scan (one item, keys only), kms:DescribeKey.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, entries, flag, live, number, text, texts},
        draft::{Draft, leading},
        existence, keys,
        tally::Tally,
        words,
    },
    points::{self, Fate},
    table_id, table_name,
};
use crate::rules::facts;

const ONE: &str = "dynamodb one item";
const TTL: &str = "dynamodb time to live";

/// The forecaster of tables.
pub(in crate::forecast) struct Table;

const OPERATIONS: [&str; 5] = [
    "DeleteTable",
    "UpdateTable",
    "UpdateContinuousBackups",
    "UpdateTimeToLive",
    "UpdateTableReplicaAutoScaling",
];

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = table_name(action.arguments.get("TableName")?.as_str()?);
    Some((name, table_id(action, name)))
}

impl Look for Table {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "dynamodb"
            && OPERATIONS.contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((name, id)) = subject(action) else { return Vec::new() };
        let table = json!({ "TableName": name });
        let live = existence::live_key(&id);
        let mut reads = vec![crate::call::read(action, live, "dynamodb", "DescribeTable", table.clone())];
        reads.extend(points::reads(action, name));
        if action.operation.verb() == "UpdateTimeToLive" {
            reads.push(crate::call::read(action, TTL, "dynamodb", "DescribeTimeToLive", table));
        }
        if let Live::Found(record) = existence::of(action, so_far, &id) {
            reads.extend(keys::reads(action, points::key_of(record)));
            if number(record, "/ItemCount") == Some(0) && action.operation.verb() == "DeleteTable" {
                reads.push(crate::call::read(action, ONE, "dynamodb", "Scan", scan(name, record)));
            }
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => return unread(action, name, &id, &why, draft),
        };
        see(&id, record, answers, draft);
        compared(action, answers, name, record, draft);
        match action.operation.verb() {
            "DeleteTable" => delete(action, answers, name, &id, record, draft),
            "UpdateContinuousBackups" => history(action, answers, name, &id, record, draft),
            "UpdateTimeToLive" => expire(action, answers, name, &id, record, draft),
            _ => update(action, answers, name, &id, record, draft),
        }
    }
}

/// A scan that reads one item's keys and nothing else.
fn scan(name: &str, record: &Value) -> Value {
    let names = texts(record, "/KeySchema", "AttributeName");
    let aliases: Vec<String> = (0..names.len()).map(|at| format!("#k{at}")).collect();
    let mut arguments = json!({"TableName": name, "Limit": 1, "ConsistentRead": true});
    if let (Some(members), false) = (arguments.as_object_mut(), names.is_empty()) {
        members.insert("ProjectionExpression".to_owned(), json!(aliases.join(", ")));
        let map: serde_json::Map<String, Value> =
            aliases.into_iter().zip(names).map(|(alias, name)| (alias, json!(name))).collect();
        members.insert("ExpressionAttributeNames".to_owned(), Value::Object(map));
    }
    arguments
}

fn unread(action: &Action, name: &str, id: &TargetId, why: &str, draft: &mut Draft) {
    draft.unknown(format!("table {name} could not be read: {why}"));
    if matches!(action.operation.verb(), "DeleteTable" | "UpdateTimeToLive" | "UpdateContinuousBackups") {
        draft.tally(Tally::unread());
        draft.change(
            id,
            Kind::Table,
            leading(action),
            format!("table {name}, whose state could not be read"),
        );
        draft.secure(Securing::Impossible(format!("table {name} could not be read: {why}")));
    }
    if action.operation.verb() == "DeleteTable" {
        draft.lose(format!("table {name}: how much it holds could not be read"));
    }
}

/// `1,234 items, 5.6 MB`.
fn size(record: &Value) -> Option<String> {
    let items = number(record, "/ItemCount")?;
    let bytes = number(record, "/TableSizeBytes").map(|bytes| format!(", {}", words::bytes(bytes)));
    Some(format!("{}{}", words::count(items, "item"), bytes.unwrap_or_default()))
}

fn see(id: &TargetId, record: &Value, answers: &Answers, draft: &mut Draft) {
    let none = match live(answers, ONE) {
        Live::Found(answer) => {
            answer.get("Items").and_then(Value::as_array).is_some_and(Vec::is_empty)
                && text(answer, "/LastEvaluatedKey").is_none()
                && answer.get("LastEvaluatedKey").is_none_or(Value::is_null)
        }
        _ => false,
    };
    let data = if none && number(record, "/ItemCount") == Some(0) { Bears::No } else { Bears::Yes };
    draft.observe(id, Observed { data, size: size(record), ..Observed::default() });
    // The number of items is left out: it moves by itself.
    let bound = json!({
        "TableId": record.get("TableId"),
        "CreationDateTime": record.get("CreationDateTime"),
        "KeySchema": record.get("KeySchema"),
        "DeletionProtectionEnabled": record.get("DeletionProtectionEnabled"),
        "empty": data == Bears::No,
    });
    draft.bind(id.as_str(), bound);
    let indexes = texts(record, "/GlobalSecondaryIndexes", "IndexName");
    if !indexes.is_empty() {
        draft.depend(format!("global indexes {}", words::some(&indexes, 5)));
    }
    let replicas = texts(record, "/Replicas", "RegionName");
    if !replicas.is_empty() {
        draft.depend(format!("replicas in {}", words::some(&replicas, 5)));
    }
    if text(record, "/LatestStreamArn").is_some()
        && flag(record, "/StreamSpecification/StreamEnabled") == Some(true)
    {
        draft.depend("consumers of its stream".to_owned());
    }
}

fn compared(action: &Action, answers: &Answers, name: &str, record: &Value, draft: &mut Draft) {
    // Older tables leave the member out; that is "off".
    let protected = flag(record, "/DeletionProtectionEnabled").unwrap_or(false);
    draft.fact(facts::DYNAMODB_DELETION_PROTECTED, true, Some(protected));
    draft.fact(facts::DYNAMODB_PITR_ENABLED, true, points::has_history(answers, name));
    let lower = |unit: &str| {
        let new = number(&action.arguments, &format!("/ProvisionedThroughput/{unit}"))?;
        Some(number(record, &format!("/ProvisionedThroughput/{unit}")).is_none_or(|now| new < now))
    };
    // A table that is paid by the request has no limit to fall below: any number is less.
    let limited = text(&action.arguments, "/BillingMode") == Some("PROVISIONED")
        && text(record, "/BillingModeSummary/BillingMode") == Some("PAY_PER_REQUEST");
    let lowered = limited
        || ["ReadCapacityUnits", "WriteCapacityUnits"].into_iter().filter_map(lower).any(|lower| lower);
    let indexes = entries(&action.arguments, "/GlobalSecondaryIndexUpdates")
        .iter()
        .any(|update| update.pointer("/Update/ProvisionedThroughput").is_some());
    draft.fact(
        facts::DYNAMODB_CAPACITY_LOWERED,
        true,
        if indexes && !lowered { None } else { Some(lowered) },
    );
    if let Live::Found(answer) = live(answers, TTL) {
        let enabled = text(answer, "/TimeToLiveDescription/TimeToLiveStatus") == Some("ENABLED");
        let same = text(answer, "/TimeToLiveDescription/AttributeName")
            == text(&action.arguments, "/TimeToLiveSpecification/AttributeName");
        draft.fact(facts::DYNAMODB_TTL_ENABLED, false, Some(enabled && same));
    }
}

fn delete(action: &Action, answers: &Answers, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    let sized = size(record).map(|size| format!(" ({size})")).unwrap_or_default();
    draft.change(id, Kind::Table, Effect::Destroy, format!("table {name}{sized} is deleted"));
    if size(record).is_none() {
        draft.unknown(format!("how many items {name} holds is not told"));
    }
    if flag(record, "/DeletionProtectionEnabled") == Some(true) {
        let refused = format!("deletion protection of {name} is on: the service will refuse");
        draft.change(id, Kind::Table, Effect::Destroy, refused);
    }
    let tally = points::count(answers, points::Table::of(name, record), Fate::NO_HISTORY, draft);
    draft.bind(format!("{id} points"), points::lasting(answers, name));
    if draft.seen(id).is_some_and(|seen| seen.data == Bears::No) {
        draft.reversibility = Reversibility::Lossy;
    } else {
        let but = if tally.survives() { ", but for what the surviving backups hold" } else { "" };
        let held = size(record).map(|size| format!(": {size}")).unwrap_or_default();
        draft.lose(format!("all items of table {name}{held}{but}"));
        draft.secure(points::by_backup(action, answers, name, record));
        draft.reversibility = Reversibility::FromRecoveryPoint;
    }
    draft.tally(tally);
}

fn history(action: &Action, answers: &Answers, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    let off = flag(&action.arguments, "/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled")
        == Some(false);
    let days = number(&action.arguments, "/PointInTimeRecoverySpecification/RecoveryPeriodInDays");
    let shorter = days.filter(|days| {
        points::has_history(answers, name) != Some(false)
            && points::history_days(answers, name).is_none_or(|now| *days < now)
    });
    let what = match shorter {
        _ if off => format!("the point-in-time history of table {name} is dropped"),
        Some(days) => {
            let days = words::count(days, "day");
            format!("the point-in-time history of table {name} is dropped but for the last {days}")
        }
        None => {
            let what = format!("table {name} keeps a point-in-time history");
            draft.change(id, Kind::Table, leading(action), what);
            draft.reversibility = Reversibility::Exact;
            return;
        }
    };
    draft.change(id, Kind::Table, Effect::RecoveryLoss, what);
    let fate = Fate { history: !off, goes: None };
    let tally = points::count(answers, points::Table::of(name, record), fate, draft);
    draft.secure(points::by_backup(action, answers, name, record));
    draft.reversibility = Reversibility::Lossy;
    draft.tally(tally);
}

fn expire(action: &Action, answers: &Answers, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    let attribute = text(&action.arguments, "/TimeToLiveSpecification/AttributeName").unwrap_or("?");
    if flag(&action.arguments, "/TimeToLiveSpecification/Enabled") != Some(true) {
        draft.change(
            id,
            Kind::Table,
            leading(action),
            format!("items of {name} no longer expire by {attribute}"),
        );
        draft.reversibility = Reversibility::Exact;
        return;
    }
    let sized = size(record).map(|size| format!(" of {size}")).unwrap_or_default();
    let what =
        format!("items{sized} of table {name} whose {attribute} lies in the past are deleted, from now on");
    draft.change(id, Kind::Table, Effect::Destroy, what);
    draft.unknown(format!("how many items of {name} have a past {attribute} was not counted"));
    draft.lose(format!("items of table {name} whose {attribute} lies in the past"));
    let tally = points::count(answers, points::Table::of(name, record), Fate::STAYS, draft);
    draft.secure(if points::has_history(answers, name) == Some(true) {
        Securing::Exists
    } else {
        points::by_backup(action, answers, name, record)
    });
    draft.reversibility = Reversibility::FromRecoveryPoint;
    draft.tally(tally);
}

fn update(action: &Action, answers: &Answers, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    super::super::compare::diff::changes(action, id, Kind::Table, record, draft);
    let deleted = |list: &str| {
        entries(&action.arguments, list).iter().filter_map(|update| update.get("Delete")).collect::<Vec<_>>()
    };
    for index in deleted("/GlobalSecondaryIndexUpdates") {
        let index = text(index, "/IndexName").unwrap_or("?");
        let what = format!("index {index} of table {name} is dropped; its items stay in the table");
        draft.change(id, Kind::Table, leading(action), what);
        draft.depend(format!("queries on index {index}"));
    }
    let replicas = deleted("/ReplicaUpdates");
    for replica in &replicas {
        let region = text(replica, "/RegionName").unwrap_or("?");
        draft.change(
            id,
            Kind::Table,
            Effect::Destroy,
            format!("the replica of table {name} in {region} is deleted"),
        );
        draft.depend(format!("whoever reads {name} in {region}"));
    }
    draft.reversibility = if replicas.is_empty() && deleted("/GlobalSecondaryIndexUpdates").is_empty() {
        Reversibility::Exact
    } else {
        Reversibility::Lossy
    };
    if !replicas.is_empty() {
        // The table itself stays; a backup of it holds what the replica held.
        let tally = points::count(answers, points::Table::of(name, record), Fate::STAYS, draft);
        draft.tally(tally);
        draft.secure(points::by_backup(action, answers, name, record));
    }
}

#[cfg(test)]
mod tests;
