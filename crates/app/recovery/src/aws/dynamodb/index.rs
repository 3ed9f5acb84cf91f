//! An index that is made.
//!
//! Kept: which of the named indexes the table has. Back: the others are deleted. Compared: the same. An index that is
//! changed or deleted has no way back here.

use interlock_action::{Deed, HANDLE, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::{
        one_read::{Ask, OneRead},
        way::{at, busy, call, is, list, missing, sorted, step, wait, word},
    },
    table_settings::table,
};

/// The way.
pub(super) struct Index;

const UPDATES: &str = "/GlobalSecondaryIndexUpdates";

fn named(deed: &Deed) -> Vec<&str> {
    let known = ["TableName", "AttributeDefinitions", "GlobalSecondaryIndexUpdates"];
    let sent = deed.arguments.as_object();
    let ours = sent.is_some_and(|sent| sent.keys().all(|name| known.contains(&name.as_str())));
    let updates = list(&deed.arguments, UPDATES);
    let made: Vec<&str> = updates.iter().filter_map(|one| word(one, "/Create/IndexName")).collect();
    let all = made.len() == updates.len() && ours && is(deed, "dynamodb", &["UpdateTable"]);
    if all { made } else { Vec::new() }
}

impl OneRead for Index {
    fn called(&self) -> &'static str {
        "dynamodb/index"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let table = table(deed).filter(|_| !named(deed).is_empty())?;
        Some(Ask("dynamodb", "DescribeTable", json!({"TableName": table})))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the table is not there")?;
        let named = named(deed);
        let own = |one: &&Value| word(one, "/IndexName").is_some_and(|name| named.contains(&name));
        let stays = |one: &&Value| word(one, "/IndexStatus") != Some("DELETING");
        let all = || list(answer, "/Table/GlobalSecondaryIndexes").iter().filter(own);
        let has = all().filter(stays).map(|one| at(one, "/IndexName").clone()).collect();
        let works = all().any(|one| word(one, "/IndexStatus") == Some("CREATING"));
        Ok(json!({"indexes": sorted(has), HANDLE: {"busy": works}}))
    }

    fn on(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        list(before, "/indexes").is_empty().then(|| Terms { minutes: 60, ..Terms::exact() })
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let table = table(deed).ok_or("the table is not named")?;
        let mut steps = Vec::new();
        if busy(now) {
            steps.push(wait(format!("wait for the index of {table}")));
        }
        for index in missing(at(before, "/indexes"), at(now, "/indexes")) {
            let name = format!("delete the index {} of {table}", index.as_str().unwrap_or("?"));
            let delete = json!({"Delete": {"IndexName": index}});
            let arguments = json!({"TableName": table, "GlobalSecondaryIndexUpdates": [delete]});
            steps.push(step(name, call(deed, "dynamodb", "UpdateTable", arguments)));
        }
        if steps.is_empty() {
            return Err(format!("an index of {table} is gone"));
        }
        Ok(steps)
    }
}
