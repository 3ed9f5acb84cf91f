//! The calls that change labels, where one service labels its things alike.

use serde_json::{Map, Value, json};

use super::Asked;
use crate::plan::Change;

/// The calls of a change of labels, where it is known by which they are changed.
pub(super) fn calls(change: &Change, service: &str) -> Vec<Asked> {
    let side = |side: &Value| side.get("tags_all").and_then(Value::as_object).cloned().unwrap_or_default();
    let (before, after) = (side(&change.before), side(&change.after));
    if before == after {
        return Vec::new();
    }
    match (service, change.kind.as_str()) {
        ("ec2", _) => things(change, &before, &after),
        ("s3", "aws_s3_bucket") => bucket(change, &after),
        _ => Vec::new(),
    }
}

/// What is said no more, and what is said anew or otherwise.
fn things(change: &Change, before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Asked> {
    let Some(id) = change.attribute("id") else { return Vec::new() };
    let gone = before.keys().filter(|name| !after.contains_key(*name)).map(|name| json!({ "Key": name }));
    let said = after.iter().filter(|(name, value)| before.get(*name) != Some(*value));
    let said = said.map(|(name, value)| json!({"Key": name, "Value": value}));
    let all: [(&str, Vec<Value>); 2] = [("DeleteTags", gone.collect()), ("CreateTags", said.collect())];
    let call = |(operation, tags): (&str, Vec<Value>)| {
        ("ec2".to_owned(), operation.to_owned(), json!({"Resources": [id], "Tags": tags}))
    };
    all.into_iter().filter(|(_, tags)| !tags.is_empty()).map(call).collect()
}

/// A bucket's labels are put as a whole.
fn bucket(change: &Change, after: &Map<String, Value>) -> Vec<Asked> {
    let Some(name) = change.attribute("bucket") else { return Vec::new() };
    let tags: Vec<Value> = after.iter().map(|(name, value)| json!({"Key": name, "Value": value})).collect();
    let (operation, parameters) = match tags.is_empty() {
        true => ("DeleteBucketTagging", json!({ "Bucket": name })),
        false => ("PutBucketTagging", json!({"Bucket": name, "Tagging": {"TagSet": tags}})),
    };
    vec![("s3".to_owned(), operation.to_owned(), parameters)]
}
