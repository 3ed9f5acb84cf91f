//! A queue that is deleted: created again, empty.
//!
//! Kept: its attributes and tags. Back: it is created under its name, which the service holds back for 60 seconds. Compared:
//! all that is kept. Lost: every message that it held.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::{
    super::way::{Way, at, call, found, is, read, step, text, with},
    attributes,
};

/// The way.
pub(super) struct Queue;

/// What is measured, not set.
const MEASURED: &[&str] = &["QueueArn", "CreatedTimestamp", "LastModifiedTimestamp"];

fn queue(deed: &Deed) -> Option<&str> {
    text(deed, "/QueueUrl").filter(|_| is(deed, "sqs", &["DeleteQueue"]))
}

fn asks(deed: &Deed) -> Value {
    json!({"QueueUrl": queue(deed), "AttributeNames": ["All"]})
}

impl Way for Queue {
    fn name(&self) -> &'static str {
        "sqs/queue"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        queue(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let mut reads = vec![read(deed, "sqs", "GetQueueAttributes", asks(deed))];
        if let Ok(Some(_)) = found(so_far, "sqs", "GetQueueAttributes", &asks(deed)) {
            reads.push(read(deed, "sqs", "ListQueueTags", json!({"QueueUrl": queue(deed)})));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let Some(answer) = found(answers, "sqs", "GetQueueAttributes", &asks(deed))? else {
            return Ok(Value::Null);
        };
        let set = |(name, _): &(&String, &Value)| {
            !MEASURED.contains(&name.as_str()) && !name.starts_with("Approximate")
        };
        let all = at(answer, "/Attributes").as_object().into_iter().flatten().filter(set);
        let kept: Map<String, Value> =
            all.map(|(name, value)| (name.clone(), attributes::value(name, value))).collect();
        let labels = found(answers, "sqs", "ListQueueTags", &json!({"QueueUrl": queue(deed)}))?;
        let labels = labels.map_or(&Value::Null, |labels| at(labels, "/Tags")).as_object().cloned();
        Ok(json!({"attributes": kept, "tags": labels.unwrap_or_default()}))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        (!before.is_null()).then(|| Terms::lossy(2, &["every message that the queue held"]))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let url = queue(deed).ok_or("the queue is not named")?;
        let name = url.rsplit('/').next().unwrap_or(url);
        if !now.is_null() {
            return Err(format!("another queue stands in the place of {name}"));
        }
        let mut kept = at(before, "/attributes").clone();
        // What a queue is unless it is said: said, it is refused of some kinds of queue.
        if let Some(kept) = kept.as_object_mut() {
            kept.retain(|name, value| !(name == "FifoQueue" && value.as_str() == Some("false")));
        }
        let make = with(
            json!({"QueueName": name, "Attributes": attributes::spelled(&kept)}),
            json!({"tags": at(before, "/tags")}),
        );
        Ok(vec![step(format!("create the queue {name} again"), call(deed, "sqs", "CreateQueue", make))])
    }
}
