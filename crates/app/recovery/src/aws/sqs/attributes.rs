//! The attributes of a queue that are set.
//!
//! Kept: those attributes. Back: they are set again; one that had no value is set to none. Compared: those attributes. Lost:
//! messages that a shorter retention drops; where those stood that were moved to a dead-letter queue.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::{
    iam::inline_policy::document,
    one_read::{Ask, OneRead},
    way::{at, call, is, is_less, step, text},
};

/// The way.
pub(super) struct Attributes;

/// Attributes that are JSON, however it is spelled.
const DOCUMENTS: [&str; 3] = ["Policy", "RedrivePolicy", "RedriveAllowPolicy"];

fn queue(deed: &Deed) -> Option<&str> {
    text(deed, "/QueueUrl").filter(|_| is(deed, "sqs", &["SetQueueAttributes"]))
}

/// The value of an attribute, a document as JSON.
pub(super) fn value(name: &str, value: &Value) -> Value {
    if DOCUMENTS.contains(&name) { document(Some(value)) } else { value.clone() }
}

/// The same as the text that it is set as.
pub(super) fn spelled(attributes: &Value) -> Value {
    let all = attributes.as_object().into_iter().flatten();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let one = |(name, value): (&String, &Value)| (name.clone(), Value::String(text(value)));
    Value::Object(all.map(one).collect::<Map<_, _>>())
}

/// What the deed has the queue do at once with what it holds.
fn lost(deed: &Deed, before: &Value) -> Option<&'static str> {
    let sent = at(&deed.arguments, "/Attributes");
    let seconds = |of: &Value| at(of, "/MessageRetentionPeriod").as_str().and_then(|text| text.parse().ok());
    if is_less(seconds(sent), seconds(before)) {
        return Some("messages that were too old for the shorter retention");
    }
    let moves = sent
        .get("RedrivePolicy")
        .is_some_and(|new| value("RedrivePolicy", new) != *at(before, "/RedrivePolicy"));
    moves.then_some("where messages stood that were moved to a dead-letter queue meanwhile")
}

impl OneRead for Attributes {
    fn called(&self) -> &'static str {
        "sqs/attributes"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let arguments = json!({"QueueUrl": queue(deed)?, "AttributeNames": ["All"]});
        Some(Ask("sqs", "GetQueueAttributes", arguments))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let all = at(answer.ok_or("the queue is not there")?, "/Attributes");
        let set = at(&deed.arguments, "/Attributes").as_object().ok_or("no attributes are set")?;
        let one = |name: &String| {
            (name.clone(), all.get(name).map_or_else(|| json!(""), |found| value(name, found)))
        };
        Ok(Value::Object(set.keys().map(one).collect::<Map<_, _>>()))
    }

    fn on(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        Some(lost(deed, before).map_or_else(Terms::exact, |lost| Terms::lossy(1, &[lost])))
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let queue = queue(deed).ok_or("the queue is not named")?;
        let arguments = json!({"QueueUrl": queue, "Attributes": spelled(before)});
        let set = call(deed, "sqs", "SetQueueAttributes", arguments);
        Ok(vec![step("set the attributes of the queue back", set)])
    }
}
