//! A stream that is deleted: created again, empty, so that what writes to it can.
//!
//! Kept: mode, shards, retention, encryption, tags. Back: it is created and set up again. Compared: all that is kept. Lost:
//! every record that it held, where its readers stood, its consumers.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::way::{
    Way, at, busy, call, found, is, later, list, only, read, set_by_service, standing, step, text, wait,
    what, with, word,
};

/// The way.
pub(super) struct Stream;

fn name(deed: &Deed) -> Option<&str> {
    text(deed, "/StreamName").filter(|_| is(deed, "kinesis", &["DeleteStream"]))
}

fn one(deed: &Deed) -> Value {
    json!({"StreamName": name(deed)})
}

impl Way for Stream {
    fn name(&self) -> &'static str {
        "kinesis/stream"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        name(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let mut reads = vec![read(deed, "kinesis", "DescribeStreamSummary", one(deed))];
        if let Ok(Some(_)) = found(so_far, "kinesis", "DescribeStreamSummary", &one(deed)) {
            reads.push(read(deed, "kinesis", "ListTagsForStream", one(deed)));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let answer = found(answers, "kinesis", "DescribeStreamSummary", &one(deed))?;
        let stream = answer.map(|answer| at(answer, "/StreamDescriptionSummary"));
        let status = stream.and_then(|stream| word(stream, "/StreamStatus")).unwrap_or("gone");
        let Some(stream) = stream.filter(|_| status != "DELETING") else {
            return Ok(standing(Value::Null, json!({"busy": status == "DELETING"})));
        };
        let put = found(answers, "kinesis", "ListTagsForStream", &one(deed))?;
        let put = put.map_or(&[][..], |put| list(put, "/Tags")).iter();
        let put = put.filter_map(|tag| Some((word(tag, "/Key")?.to_owned(), at(tag, "/Value").clone())));
        let on_demand = word(stream, "/StreamModeDetails/StreamMode") == Some("ON_DEMAND");
        let more = json!({
            // How many an on-demand stream has is the service's own affair.
            "ShardCount": if on_demand { &Value::Null } else { at(stream, "/OpenShardCount") },
            "StreamModeDetails": at(stream, "/StreamModeDetails"),
            "Tags": put.collect::<Map<_, _>>(),
        });
        let kept = only(stream, &["RetentionPeriodHours", "EncryptionType", "KeyId"]);
        let working = matches!(status, "CREATING" | "UPDATING");
        Ok(standing(with(kept, more), json!({"busy": working})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let lost = ["every record that the stream held", "where its readers stood, and its consumers"];
        (!what(before).is_null()).then(|| Terms::lossy(3, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let name = name(deed).ok_or("the stream is not named")?;
        let (was, is) = (what(before), what(now));
        let mut steps = Vec::new();
        let waits = || wait(format!("wait for {name}"));
        if busy(now) {
            steps.push(waits());
        }
        let fresh = is.is_null();
        if fresh {
            let kept = only(was, &["ShardCount", "StreamModeDetails"]);
            let create = call(deed, "kinesis", "CreateStream", with(kept, one(deed)));
            steps.push(step(format!("create the stream {name} again"), create));
            steps.push(waits());
        }
        if at(was, "/Tags") != at(is, "/Tags") && at(was, "/Tags") != &json!({}) {
            let arguments = with(one(deed), only(was, &["Tags"]));
            let name = format!("put the tags of {name} back on");
            let put = call(deed, "kinesis", "AddTagsToStream", arguments);
            steps.push(if fresh { later(name) } else { step(name, put) });
        }
        // A new stream keeps records for a day, unencrypted.
        let hours = |state: &Value| at(state, "/RetentionPeriodHours").as_u64().unwrap_or(24);
        if hours(was) != hours(is) {
            let operation = if hours(was) > hours(is) { "Increase" } else { "Decrease" };
            let operation = format!("{operation}StreamRetentionPeriod");
            let arguments = with(one(deed), json!({"RetentionPeriodHours": hours(was)}));
            let name = format!("keep the records of {name} as long as before");
            steps.push(if fresh {
                later(name)
            } else {
                step(name, call(deed, "kinesis", &operation, arguments))
            });
        }
        let encrypted = |state: &Value| word(state, "/EncryptionType") == Some("KMS");
        if encrypted(was) && !encrypted(is) {
            let arguments = with(one(deed), only(was, &["EncryptionType", "KeyId"]));
            let name = format!("encrypt {name} again");
            let encrypt = call(deed, "kinesis", "StartStreamEncryption", arguments);
            steps.push(if fresh { later(name) } else { step(name, encrypt) });
        }
        Ok(steps)
    }

    fn between(&self, _deed: &Deed, before: &Value, _now: &Value) -> Vec<Value> {
        let fresh = [
            ("/is/RetentionPeriodHours", 24.into()),
            ("/is/EncryptionType", "NONE".into()),
            ("/is/KeyId", Value::Null),
        ];
        vec![set_by_service(before, &fresh)]
    }
}
