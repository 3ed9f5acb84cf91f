//! Kinesis data streams: deleted, kept for a shorter time, resharded.
//!
//! Records live in the stream alone, for as long as its retention says; a shorter one drops what is older at once, and a
//! longer one brings nothing back. How much a stream holds is not told. Reads: DescribeStreamSummary,
//! ListStreamConsumers, lambda:ListEventSourceMappings.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use crate::rules::facts;

use super::super::{
    Look,
    answer::{Live, flag, listed, live, number, text, texts},
    arn,
    compare::diff,
    draft::{Draft, leading},
    words,
};

const STREAM: &str = "the stream";
const CONSUMERS: &str = "consumers of the stream";
const FUNCTIONS: &str = "functions that read the stream";

/// The forecaster of streams.
pub(in crate::forecast) struct Stream;

const OPERATIONS: [&str; 5] = [
    "DeleteStream",
    "DecreaseStreamRetentionPeriod",
    "IncreaseStreamRetentionPeriod",
    "UpdateShardCount",
    "UpdateStreamMode",
];

fn subject(action: &Action) -> Option<(Value, &str, TargetId)> {
    let by_name = text(&action.arguments, "/StreamName").map(|name| ("StreamName", name));
    let (member, given) =
        by_name.or_else(|| text(&action.arguments, "/StreamARN").map(|arn| ("StreamARN", arn)))?;
    let name = arn::last(given);
    let id = arn::target(action, Kind::Stream, "kinesis", &format!("stream/{name}"), name);
    Some((json!({ member: given }), name, id))
}

impl Look for Stream {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "kinesis"
            && OPERATIONS.contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((which, ..)) = subject(action) else { return Vec::new() };
        let mut reads = vec![crate::call::read(action, STREAM, "kinesis", "DescribeStreamSummary", which)];
        let found = live(so_far, STREAM);
        if let Some(arn) = found.found().and_then(|found| text(found, "/StreamDescriptionSummary/StreamARN"))
        {
            let of = json!({ "StreamARN": arn });
            reads.push(crate::call::read(action, CONSUMERS, "kinesis", "ListStreamConsumers", of));
            let of = json!({ "EventSourceArn": arn });
            reads.push(crate::call::read(action, FUNCTIONS, "lambda", "ListEventSourceMappings", of));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((_, name, id)) = subject(action) else { return };
        let record = match live(answers, STREAM) {
            Live::Found(answer) => answer.get("StreamDescriptionSummary").unwrap_or(&Value::Null),
            Live::Absent => {
                draft.saw();
                draft.observe(&id, Observed { exists: Some(false), ..Observed::default() });
                return;
            }
            Live::Unread(why) => return unread(action, name, &id, &why, draft),
        };
        draft.saw();
        let shards = number(record, "/OpenShardCount")
            .map_or_else(|| "shards not told".to_owned(), |many| words::count(many, "open shard"));
        let size =
            format!("{shards}, records of the last {}", hours(number(record, "/RetentionPeriodHours")));
        let seen = Observed {
            exists: Some(true),
            data: Bears::Yes,
            size: Some(size.clone()),
            ..Observed::default()
        };
        draft.observe(&id, seen);
        draft.bind(
            id.as_str(),
            json!({
                "StreamCreationTimestamp": record.get("StreamCreationTimestamp"),
                "RetentionPeriodHours": record.get("RetentionPeriodHours"),
            }),
        );
        let consumers = depend(answers, name, draft);
        match action.operation.verb() {
            "DeleteStream" => {
                let what = format!("stream {name} ({size}) is deleted");
                draft.change(&id, Kind::Stream, Effect::Destroy, what);
                if consumers && flag(&action.arguments, "/EnforceConsumerDeletion") != Some(true) {
                    let refused = format!("{name} has registered consumers: the service will refuse");
                    draft.change(&id, Kind::Stream, Effect::Destroy, refused);
                }
                lost(name, &size, draft);
                draft.reversibility = Reversibility::None;
            }
            "DecreaseStreamRetentionPeriod" | "IncreaseStreamRetentionPeriod" => {
                retain(action, name, &id, record, draft);
            }
            _ => {
                diff::changes(action, &id, Kind::Stream, record, draft);
                draft.reversibility = Reversibility::Lossy;
                if let Some(asked) = number(&action.arguments, "/TargetShardCount") {
                    let fewer = diff::lowered(action, record, &[("/TargetShardCount", "/OpenShardCount")]);
                    draft.fact(facts::AUTOSCALING_SIZE_LOWERED, true, Some(fewer));
                    if !fewer {
                        draft.reversibility = Reversibility::Exact;
                    }
                    let now = number(record, "/OpenShardCount");
                    let what = format!(
                        "{name} goes from {} to {asked} shards; records stay where they are until they expire",
                        now.map_or_else(|| "an unknown number of".to_owned(), |now| now.to_string())
                    );
                    draft.change(&id, Kind::Stream, leading(action), what);
                }
            }
        }
    }
}

fn hours(hours: Option<u64>) -> String {
    hours.map_or_else(|| "unknown time".to_owned(), |hours| words::count(hours, "hour"))
}

fn unread(action: &Action, name: &str, id: &TargetId, why: &str, draft: &mut Draft) {
    draft.unknown(format!("stream {name} could not be read: {why}"));
    let verb = action.operation.verb();
    draft.change(id, Kind::Stream, leading(action), format!("stream {name}, unread: {verb}"));
    if matches!(verb, "DeleteStream" | "DecreaseStreamRetentionPeriod") {
        lost(name, "how many could not be read", draft);
    }
}

fn lost(name: &str, size: &str, draft: &mut Draft) {
    draft.lose(format!("records of stream {name}: {size}"));
    draft.unknown(format!("how many records {name} holds, and whether all were consumed, is not told"));
    let why =
        "records of a stream cannot be kept elsewhere by a call; consumers would have to write them down";
    draft.secure(Securing::Impossible(format!("no recovery point can be made of {name}: {why}")));
}

/// Who reads it; whether consumers are registered.
fn depend(answers: &Answers, name: &str, draft: &mut Draft) -> bool {
    let consumers = listed(answers, CONSUMERS, "Consumers");
    draft.gap(consumers.gap(&format!("consumers of {name}")));
    for consumer in consumers.entries() {
        draft.depend(format!("consumer {}", text(consumer, "/ConsumerName").unwrap_or("?")));
    }
    match live(answers, FUNCTIONS) {
        Live::Found(found) => {
            for function in texts(found, "/EventSourceMappings", "FunctionArn") {
                draft.depend(format!("function {} reads it", arn::last(function)));
            }
        }
        Live::Absent => {}
        Live::Unread(why) => draft.unknown(format!("which functions read {name} could not be read: {why}")),
    }
    !consumers.entries().is_empty()
}

fn retain(action: &Action, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    let (now, asked) =
        (number(record, "/RetentionPeriodHours"), number(&action.arguments, "/RetentionPeriodHours"));
    let what = format!("{name} keeps records for {}, now {}", hours(asked), hours(now));
    let shorter = action.operation.verb() == "DecreaseStreamRetentionPeriod";
    // What is taken away is the time in which a record can be read again.
    let effect = if shorter { Effect::RecoveryLoss } else { Effect::Update };
    draft.change_from(id, Kind::Stream, effect, what, now.map(Value::from), asked.map(Value::from));
    let wrong = now.zip(asked).is_some_and(|(now, asked)| if shorter { asked > now } else { asked < now });
    if wrong {
        let refused = format!("{name} has {} now: the service will refuse", hours(now));
        draft.change(id, Kind::Stream, effect, refused);
    }
    draft.reversibility = if shorter { Reversibility::Lossy } else { Reversibility::Exact };
    if shorter && !wrong && now != asked {
        lost(name, &format!("whatever is older than {}", hours(asked)), draft);
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Bears, Kind, Securing, Survey};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, survey, target};

    const ID: &str = "arn:aws:kinesis:us-east-1:111122223333:stream/clicks";

    fn look(operation: &str, mut arguments: Value) -> Survey {
        arguments["StreamName"] = json!("clicks");
        let mut asked = action("kinesis", operation, arguments);
        asked.targets = vec![target(ID, Kind::Stream, "clicks")];
        survey(&asked, |operation, _| match operation {
            "DescribeStreamSummary" => found(json!({"StreamDescriptionSummary": {
                "StreamName": "clicks", "StreamARN": ID, "RetentionPeriodHours": 168, "OpenShardCount": 2,
                "StreamCreationTimestamp": 1,
            }})),
            "ListStreamConsumers" => found(json!({"Consumers": [{"ConsumerName": "billing"}]})),
            "ListEventSourceMappings" => found(json!({"EventSourceMappings": [
                {"FunctionArn": "arn:aws:lambda:us-east-1:111122223333:function:sum"},
            ]})),
            _ => Answer::NotFound,
        })
    }

    #[test]
    fn records_go_with_their_stream() {
        let gone = look("DeleteStream", json!({"EnforceConsumerDeletion": true}));
        assert_eq!(gone.observed[&ID.into()].data, Bears::Yes);
        assert!(gone.forecast.data_loss[0].contains("records of the last 168 hours"));
        assert_eq!(gone.forecast.dependents, ["consumer billing", "function sum reads it"]);
        assert!(matches!(gone.securing, Securing::Impossible(_)));
        let refused = look("DeleteStream", json!({}));
        assert!(refused.forecast.changes.iter().any(|change| change.what.contains("will refuse")));
    }

    #[test]
    fn a_shorter_retention_drops_what_is_older() {
        let shorter = look("DecreaseStreamRetentionPeriod", json!({"RetentionPeriodHours": 24}));
        assert!(shorter.forecast.data_loss[0].contains("older than 24 hours"));
        assert!(matches!(shorter.securing, Securing::Impossible(_)));
        let longer = look("IncreaseStreamRetentionPeriod", json!({"RetentionPeriodHours": 200}));
        assert!(longer.forecast.data_loss.is_empty());
        let wrong = look("DecreaseStreamRetentionPeriod", json!({"RetentionPeriodHours": 200}));
        assert!(wrong.forecast.changes[1].what.contains("will refuse"));
    }
}
