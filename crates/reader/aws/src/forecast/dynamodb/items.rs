//! DynamoDB items: PutItem, UpdateItem, DeleteItem, BatchWriteItem, TransactWriteItems and PartiQL.
//!
//! Looks, by keys alone, whether the written items exist (at most 25); a write that meets none replaces nothing. What
//! is replaced or deleted comes back only from point-in-time recovery, or from a backup of the whole table that
//! Interlock takes first. Pre-images of single items are not kept yet. PartiQL statements are not read: what they match
//! is unknown. Reads: DescribeTable, GetItem (keys only), DescribeContinuousBackups, ListBackups.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing};
use serde_json::{Map, Value, json};

use super::{
    super::{
        Look,
        answer::{Live, entries, live, texts},
        draft::{Draft, leading},
        existence, words,
    },
    points::{self, Fate},
    table_id, table_name,
};
use crate::rules::facts;

/// Of one action so many items are looked for.
const MOST: usize = 25;

/// The forecaster of writes to items.
pub(in crate::forecast) struct Items;

/// One written item.
struct Written<'a> {
    table: &'a str,
    /// The key, or an item that contains it.
    item: &'a Value,
    deletes: bool,
}

const OPERATIONS: [&str; 8] = [
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "TransactWriteItems",
    "ExecuteStatement",
    "BatchExecuteStatement",
    "ExecuteTransaction",
];

fn written(action: &Action) -> Vec<Written<'_>> {
    let arguments = &action.arguments;
    match action.operation.verb() {
        "PutItem" => single_write(arguments, "Item", false).into_iter().collect(),
        "UpdateItem" => single_write(arguments, "Key", false).into_iter().collect(),
        "DeleteItem" => single_write(arguments, "Key", true).into_iter().collect(),
        "BatchWriteItem" => batch(arguments),
        "TransactWriteItems" => entries(arguments, "/TransactItems").iter().filter_map(transact).collect(),
        _ => Vec::new(),
    }
}

fn single_write<'a>(request: &'a Value, member: &str, deletes: bool) -> Option<Written<'a>> {
    Some(Written {
        table: table_name(request.get("TableName")?.as_str()?),
        item: request.get(member)?,
        deletes,
    })
}

fn batch(arguments: &Value) -> Vec<Written<'_>> {
    let Some(tables) = arguments.get("RequestItems").and_then(Value::as_object) else { return Vec::new() };
    let mut written = Vec::new();
    for (table, requests) in tables {
        for request in requests.as_array().into_iter().flatten() {
            let put = request.pointer("/PutRequest/Item").map(|item| (item, false));
            let delete = request.pointer("/DeleteRequest/Key").map(|key| (key, true));
            if let Some((item, deletes)) = put.or(delete) {
                written.push(Written { table: table_name(table), item, deletes });
            }
        }
    }
    written
}

fn transact(entry: &Value) -> Option<Written<'_>> {
    let put = entry.get("Put").and_then(|put| single_write(put, "Item", false));
    let update = || entry.get("Update").and_then(|update| single_write(update, "Key", false));
    let delete = || entry.get("Delete").and_then(|delete| single_write(delete, "Key", true));
    put.or_else(update).or_else(delete)
}

/// The tables that the action writes to, each once.
fn tables<'a>(action: &'a Action, written: &[Written<'a>]) -> Vec<&'a str> {
    let mut tables: Vec<&str> = Vec::new();
    let targets = action.targets.iter().filter(|target| target.kind == Kind::Table);
    let named = targets.filter_map(|target| target.name.as_deref());
    for table in written.iter().map(|one| one.table).chain(named) {
        if !tables.contains(&table) && !table.contains('*') {
            tables.push(table);
        }
    }
    tables
}

fn item_key(at: usize) -> String {
    format!("dynamodb item {at}")
}

/// A read of the item's keys and nothing else.
fn item_read(action: &Action, at: usize, one: &Written<'_>, record: &Value) -> Option<Read> {
    let names = texts(record, "/KeySchema", "AttributeName");
    let key: Option<Map<String, Value>> =
        names.iter().map(|name| Some(((*name).to_owned(), one.item.get(*name)?.clone()))).collect();
    let key = key.filter(|key| !key.is_empty())?;
    let aliases: Vec<String> = (0..names.len()).map(|at| format!("#k{at}")).collect();
    let map: Map<String, Value> =
        aliases.iter().cloned().zip(names).map(|(alias, name)| (alias, json!(name))).collect();
    let arguments = json!({
        "TableName": one.table,
        "Key": key,
        "ConsistentRead": true,
        "ProjectionExpression": aliases.join(", "),
        "ExpressionAttributeNames": map,
    });
    Some(crate::call::read(action, item_key(at), "dynamodb", "GetItem", arguments))
}

impl Look for Items {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "dynamodb"
            && OPERATIONS.contains(&action.operation.verb())
            && action.mutates()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let written = written(action);
        let mut reads = Vec::new();
        for table in tables(action, &written) {
            let id = table_id(action, table);
            let by_name = json!({ "TableName": table });
            reads.push(crate::call::read(
                action,
                existence::live_key(&id),
                "dynamodb",
                "DescribeTable",
                by_name,
            ));
            reads.extend(points::reads(action, table));
        }
        for (at, one) in written.iter().enumerate().take(MOST) {
            let id = table_id(action, one.table);
            if let Live::Found(record) = existence::of(action, so_far, &id) {
                reads.extend(super::super::keys::reads(action, points::key_of(record)));
                reads.extend(item_read(action, at, one, record));
            }
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let written = written(action);
        let tables = tables(action, &written);
        let mut worst = Fold::default();
        if written.is_empty() {
            draft.fact(facts::DYNAMODB_ITEM_EXISTS, true, None);
            draft.unknown("which items the statement matches was not looked at");
            worst.any = true;
        }
        for at in 0..written.len() {
            let there = if at < MOST { item_there(answers, at) } else { None };
            draft.fact(facts::DYNAMODB_ITEM_EXISTS, true, there);
            worst.add(there);
        }
        if worst.unread > 0 {
            draft.unknown(format!(
                "whether {} exist was not or could not be read",
                words::count(worst.unread, "item")
            ));
        }
        for table in tables {
            tell_table(action, answers, table, &written, &worst, draft);
        }
    }
}

/// What becomes of the items.
#[derive(Default)]
struct Fold {
    any: bool,
    unread: u64,
}

impl Fold {
    fn add(&mut self, there: Option<bool>) {
        self.any |= there != Some(false);
        self.unread += u64::from(there.is_none());
    }
}

/// Whether an item of that key is there. GetItem leaves `Item` out where there is none.
fn item_there(answers: &Answers, at: usize) -> Option<bool> {
    match live(answers, &item_key(at)) {
        Live::Found(answer) => {
            let item = answer.get("Item").and_then(Value::as_object);
            Some(item.is_some_and(|item| !item.is_empty()))
        }
        Live::Absent | Live::Unread(_) => None,
    }
}

fn tell_table(
    action: &Action,
    answers: &Answers,
    table: &str,
    written: &[Written<'_>],
    fold: &Fold,
    draft: &mut Draft,
) {
    let id = table_id(action, table);
    let record = match existence::of(action, answers, &id) {
        Live::Found(record) => record,
        Live::Absent => return,
        Live::Unread(why) => {
            draft.unknown(format!("table {table} could not be read: {why}"));
            draft.lose_unread(&format!("table {table}"), format!("items of table {table}"), &why);
            return;
        }
    };
    let data = if fold.any { Bears::Yes } else { Bears::No };
    draft.observe(&id, Observed { data, ..Observed::default() });
    draft.bind(id.as_str(), json!({"TableId": record.get("TableId"), "KeySchema": record.get("KeySchema")}));
    let here = || written.iter().filter(|one| one.table == table);
    let deletes = here().filter(|one| one.deletes).count() as u64;
    let puts = here().filter(|one| !one.deletes).count() as u64;
    if deletes > 0 {
        let what = format!("{} of table {table}: deleted", words::count(deletes, "item"));
        draft.change(&id, Kind::Table, Effect::Destroy, what);
    }
    if puts > 0 {
        let effect = if fold.any { leading(action) } else { Effect::Create };
        draft.change(
            &id,
            Kind::Table,
            effect,
            format!("{} of table {table}: written", words::count(puts, "item")),
        );
    }
    if !fold.any {
        // Taking new items away again is the whole way back.
        draft.reversibility = Reversibility::Exact;
        return;
    }
    // Backups of the whole table hold the items as they were then, not as they are now: only the history counts.
    let tally = points::count(answers, points::Table::of(table, record), Fate::STAYS, draft);
    let number = if written.is_empty() {
        "the matched items".to_owned()
    } else {
        words::count(deletes + puts, "item")
    };
    if points::has_history(answers, table) == Some(true) {
        draft.secure(Securing::Exists);
    } else {
        draft.lose(format!("what {number} of table {table} held before"));
        draft.secure(points::by_backup(action, answers, table, record));
    }
    draft.reversibility = Reversibility::FromRecoveryPoint;
    draft.tally(tally);
}

#[cfg(test)]
mod tests;
