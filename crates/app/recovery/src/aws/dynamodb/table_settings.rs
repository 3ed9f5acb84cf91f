//! The settings of a table: billing, capacity, protection, class, stream.
//!
//! Kept: those settings, and the names of the indexes. Back: they are set again. Compared: the settings. Lost: the records of a
//! stream that is turned off, and its ARN. Not a way back: indexes that are made or deleted; another billing of a table whose
//! indexes have a capacity of their own; what says more than is kept.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::way::{Way, at, call, is, list, only, read, sends_only, sorted, step, text, wanted, word};

/// The way.
pub(super) struct TableSettings;

/// The name in a table's name or ARN.
pub(super) fn table(deed: &Deed) -> Option<&str> {
    let name = text(deed, "/TableName")?;
    Some(name.split_once(":table/").map_or(name, |(_, table)| table))
}

/// The settings of a table's record, as UpdateTable takes them.
pub(super) fn settings(record: &Value) -> Value {
    let mode =
        record.pointer("/BillingModeSummary/BillingMode").cloned().unwrap_or_else(|| json!("PROVISIONED"));
    let mut kept = Map::new();
    if mode == json!("PROVISIONED") {
        let capacity = record.get("ProvisionedThroughput").unwrap_or(&Value::Null);
        let capacity = only(capacity, &["ReadCapacityUnits", "WriteCapacityUnits"]);
        kept.insert("ProvisionedThroughput".to_owned(), capacity);
    }
    kept.insert("BillingMode".to_owned(), mode);
    let protected = record.get("DeletionProtectionEnabled").cloned().unwrap_or(Value::Bool(false));
    kept.insert("DeletionProtectionEnabled".to_owned(), protected);
    let class = record.pointer("/TableClassSummary/TableClass").cloned();
    kept.insert("TableClass".to_owned(), class.unwrap_or_else(|| json!("STANDARD")));
    let stream =
        record.get("StreamSpecification").filter(|stream| stream.get("StreamEnabled") == Some(&json!(true)));
    kept.insert(
        "StreamSpecification".to_owned(),
        stream.cloned().unwrap_or_else(|| json!({"StreamEnabled": false})),
    );
    let names =
        list(record, "/GlobalSecondaryIndexes").iter().filter_map(|index| index.get("IndexName").cloned());
    kept.insert("indexes".to_owned(), sorted(names.collect()));
    Value::Object(kept)
}

/// The parameters of the UpdateTable that sets what differs.
pub(super) fn update(table: &str, before: Option<&Value>, now: Option<&Value>) -> Option<Value> {
    let before = before?.as_object()?;
    let differs = |name: &str| now.and_then(|now| now.get(name)) != before.get(name);
    let mut set: Map<String, Value> = before
        .iter()
        .filter(|(name, _)| *name != "indexes" && differs(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if set.is_empty() {
        return None;
    }
    // Capacity is set together with the mode that has it.
    if let Some(capacity) = before.get("ProvisionedThroughput").filter(|_| set.contains_key("BillingMode")) {
        set.insert("ProvisionedThroughput".to_owned(), capacity.clone());
    }
    set.insert("TableName".to_owned(), table.into());
    Some(Value::Object(set))
}

impl Way for TableSettings {
    fn name(&self) -> &'static str {
        "dynamodb/table-settings"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        let known = [
            "TableName",
            "AttributeDefinitions",
            "BillingMode",
            "ProvisionedThroughput",
            "DeletionProtectionEnabled",
            "TableClass",
            "StreamSpecification",
        ];
        is(deed, "dynamodb", &["UpdateTable"]) && sends_only(deed, &[&known]) && table(deed).is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        vec![read(deed, "dynamodb", "DescribeTable", json!({"TableName": table(deed)}))]
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let answer = wanted(answers, "dynamodb", "DescribeTable", &json!({"TableName": table(deed)}))?;
        Ok(settings(answer.get("Table").ok_or("DescribeTable told no table")?))
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let was = word(before, "/BillingMode");
        let other = text(deed, "/BillingMode").is_some_and(|new| Some(new) != was);
        if other && was == Some("PROVISIONED") && !list(before, "/indexes").is_empty() {
            return None;
        }
        let streamed = at(before, "/StreamSpecification/StreamEnabled") == &Value::Bool(true);
        let ends = deed.arguments.pointer("/StreamSpecification/StreamEnabled") == Some(&Value::Bool(false));
        let lost = ["the stream's records and its ARN"];
        Some(if streamed && ends { Terms::lossy(1, &lost) } else { Terms::exact() })
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let table = table(deed).ok_or("the table is not named")?;
        let update = update(table, Some(before), Some(now));
        let name = format!("set the settings of table {table} again");
        Ok(update
            .map(|arguments| step(name, call(deed, "dynamodb", "UpdateTable", arguments)))
            .into_iter()
            .collect())
    }
}
