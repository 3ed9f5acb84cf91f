//! Items written, written over or deleted by their keys.
//!
//! Kept: each item whole, or that there was none. Back: the item is put again, or deleted. Compared: every attribute.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::way::{Way, call, found, is, list, read, step, text};

/// The way.
pub(super) struct Items;

/// Of one deed so many items are kept.
const MOST: usize = 25;

/// The tables of a deed, and of each the items or keys that it writes.
fn written(deed: &Deed) -> Option<Vec<(&str, &Value)>> {
    let arguments = &deed.arguments;
    let one = |member: &str| Some(vec![(text(deed, "/TableName")?, arguments.get(member)?)]);
    let written = match deed.operation.verb() {
        "PutItem" => one("Item")?,
        "UpdateItem" | "DeleteItem" => one("Key")?,
        "BatchWriteItem" => {
            let mut all = Vec::new();
            for (table, requests) in arguments.get("RequestItems")?.as_object()? {
                for request in requests.as_array()? {
                    let put = request.pointer("/PutRequest/Item");
                    all.push((table.as_str(), put.or_else(|| request.pointer("/DeleteRequest/Key"))?));
                }
            }
            all
        }
        "TransactWriteItems" => {
            let mut all = Vec::new();
            for request in list(arguments, "/TransactItems") {
                let of = |kind: &str, member: &str| {
                    request.get(kind).map(|one| (one.get("TableName"), one.get(member)))
                };
                let written =
                    of("Put", "Item").or_else(|| of("Update", "Key")).or_else(|| of("Delete", "Key"));
                match written {
                    Some((Some(table), Some(item))) => all.push((table.as_str()?, item)),
                    Some(_) => return None,
                    // A check writes nothing.
                    None => {}
                }
            }
            all
        }
        _ => return None,
    };
    (is(deed, "dynamodb", &[deed.operation.verb()]) && written.len() <= MOST).then_some(written)
}

fn describe(table: &str) -> Value {
    json!({"TableName": table})
}

/// The key of an item, as the table's schema names it.
fn key(answers: &Answers, table: &str, item: &Value) -> Result<Option<Map<String, Value>>, String> {
    let Some(answer) = found(answers, "dynamodb", "DescribeTable", &describe(table))? else {
        return Ok(None);
    };
    let names = list(answer, "/Table/KeySchema").iter().filter_map(|one| one.get("AttributeName")?.as_str());
    let key: Option<Map<String, Value>> =
        names.map(|name| Some((name.to_owned(), item.get(name)?.clone()))).collect();
    key.filter(|key| !key.is_empty())
        .map(Some)
        .ok_or_else(|| format!("the key of an item of {table} is not whole"))
}

fn get(table: &str, key: &Map<String, Value>) -> Value {
    json!({"TableName": table, "Key": key, "ConsistentRead": true})
}

impl Way for Items {
    fn name(&self) -> &'static str {
        "dynamodb/items"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        written(deed).is_some_and(|written| !written.is_empty())
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let mut reads = Vec::new();
        for (table, item) in written(deed).unwrap_or_default() {
            reads.push(read(deed, "dynamodb", "DescribeTable", describe(table)));
            if let Ok(Some(key)) = key(so_far, table, item) {
                reads.push(read(deed, "dynamodb", "GetItem", get(table, &key)));
            }
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let mut items = Vec::new();
        for (table, item) in written(deed).ok_or("the items are not named")? {
            let Some(key) = key(answers, table, item)? else { return Ok(Value::Null) };
            let answer = found(answers, "dynamodb", "GetItem", &get(table, &key))?;
            let item = answer.and_then(|answer| answer.get("Item")).cloned().unwrap_or_default();
            items.push(json!({"table": table, "key": key, "item": item}));
        }
        Ok(json!({"items": items}))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        (!before.is_null()).then(Terms::exact)
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        if now.is_null() {
            return Err("its table is gone".to_owned());
        }
        let mut steps = Vec::new();
        for (was, is) in list(before, "/items").iter().zip(list(now, "/items")) {
            let (Some(item), Some(table), Some(key)) = (was.get("item"), was.get("table"), was.get("key"))
            else {
                continue;
            };
            if is.get("item") == Some(item) {
                continue;
            }
            let table_name = table.as_str().unwrap_or_default();
            steps.push(if item.is_null() {
                let arguments = json!({"TableName": table, "Key": key});
                let name = format!("delete an item of {table_name} that was not there");
                step(name, call(deed, "dynamodb", "DeleteItem", arguments))
            } else {
                let arguments = json!({"TableName": table, "Item": item});
                let name = format!("put an earlier item of {table_name} back");
                step(name, call(deed, "dynamodb", "PutItem", arguments))
            });
        }
        // Told apart by how many are left: what remains is called the same after each step.
        let all = steps.len();
        for (at, step) in steps.iter_mut().enumerate() {
            let left = all.saturating_sub(at).saturating_sub(1);
            step.name.push_str(&format!(", {left} more to go"));
        }
        Ok(steps)
    }
}
