//! Tags of EC2's things: put on, written over, taken off.
//!
//! Kept: the named tags of every named thing; all of its tags, where none is named. Back: tags are put on and taken off.
//! Compared: those tags.

use interlock_action::{Deed, Step};
use serde_json::{Map, Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, list, step, texts, word},
};

/// The way.
pub(super) struct Tags;

impl OneRead for Tags {
    fn called(&self) -> &'static str {
        "ec2/tags"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let things = texts(&deed.arguments, "/Resources");
        let ours = is(deed, "ec2", &["CreateTags", "DeleteTags"]) && !things.is_empty();
        let filters = json!({"Filters": [{"Name": "resource-id", "Values": things}]});
        ours.then_some(Ask("ec2", "DescribeTags", filters))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the tags are not told")?;
        let named: Vec<&str> =
            list(&deed.arguments, "/Tags").iter().filter_map(|tag| word(tag, "/Key")).collect();
        let mut state: Map<String, Value> = Map::new();
        for thing in texts(&deed.arguments, "/Resources") {
            let ours = list(answer, "/Tags").iter().filter(|tag| word(tag, "/ResourceId") == Some(thing));
            let kept =
                ours.filter_map(|tag| word(tag, "/Key").zip(Some(word(tag, "/Value").unwrap_or_default())));
            let kept =
                kept.filter(|(key, _)| !key.starts_with("aws:") && (named.is_empty() || named.contains(key)));
            let kept: Map<String, Value> =
                kept.map(|(key, value)| (key.to_owned(), Value::from(value))).collect();
            state.insert(thing.to_owned(), Value::Object(kept));
        }
        Ok(Value::Object(state))
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let mut steps = Vec::new();
        for (thing, was) in before.as_object().into_iter().flatten() {
            let (was, is) = (was.as_object(), now.get(thing).and_then(Value::as_object));
            let was: Vec<(&String, &Value)> = was.into_iter().flatten().collect();
            let is: Vec<(&String, &Value)> = is.into_iter().flatten().collect();
            let put: Vec<Value> = was
                .iter()
                .filter(|tag| !is.contains(tag))
                .map(|(key, value)| json!({"Key": key, "Value": value}))
                .collect();
            let off: Vec<Value> = is
                .iter()
                .filter(|(key, _)| !was.iter().any(|(name, _)| name == key))
                .map(|(key, _)| json!({"Key": key}))
                .collect();
            for (tags, operation, words) in
                [(put, "CreateTags", "put its tags back on"), (off, "DeleteTags", "take its new tags off")]
            {
                if !tags.is_empty() {
                    let keys: Vec<&str> = tags.iter().filter_map(|tag| at(tag, "/Key").as_str()).collect();
                    let name = format!("{words} {thing}: {}", keys.join(", "));
                    let arguments = json!({"Resources": [thing], "Tags": tags});
                    steps.push(step(name, call(deed, "ec2", operation, arguments)));
                }
            }
        }
        Ok(steps)
    }
}
