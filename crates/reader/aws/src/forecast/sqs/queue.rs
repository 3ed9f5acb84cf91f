//! SQS queues: emptied, deleted, or given other attributes.
//!
//! Messages cannot be kept anywhere: what is purged, or older than a shortened retention, is gone. The counts that SQS
//! gives are approximate, so that a queue is never taken for empty. Without its redrive policy, messages that fail are
//! no longer put aside in the dead-letter queue; a queue that others put theirs into holds what somebody has still to
//! look at. Reads: GetQueueAttributes, ListDeadLetterSourceQueues.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Relation, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Live, listed_flat, live, number, text},
    arn,
    draft::{Draft, leading},
    words,
};
use crate::rules::facts;

const QUEUE: &str = "attributes of the queue";
const SOURCES: &str = "queues that put failures into it";

/// The forecaster of queues.
pub(in crate::forecast) struct Queue;

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let url = text(&action.arguments, "/QueueUrl")?;
    let own = |target: &&interlock_action::Target| {
        target.kind == Kind::Queue && target.relation != Relation::Reaches
    };
    let id = action.targets.iter().find(own).map(|target| target.id.clone());
    Some((url, id.unwrap_or_else(|| TargetId::new(url))))
}

impl Look for Queue {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "sqs"
            && ["PurgeQueue", "DeleteQueue", "SetQueueAttributes"].contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((url, _)) = subject(action) else { return Vec::new() };
        let attributes = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        let of = json!({ "QueueUrl": url });
        vec![
            crate::call::read(action, QUEUE, "sqs", "GetQueueAttributes", attributes),
            crate::call::read(action, SOURCES, "sqs", "ListDeadLetterSourceQueues", of),
        ]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((url, id)) = subject(action) else { return };
        let name = url.rsplit('/').next().unwrap_or(url);
        let attributes = match live(answers, QUEUE) {
            Live::Found(answer) => answer.get("Attributes").unwrap_or(&Value::Null),
            Live::Absent => {
                draft.saw();
                draft.observe(&id, Observed { exists: Some(false), ..Observed::default() });
                return;
            }
            Live::Unread(why) => return unread(action, name, &id, &why, draft),
        };
        draft.saw();
        let held = messages(attributes);
        let seen = Observed {
            exists: Some(true),
            data: Bears::Yes,
            size: Some(held.clone()),
            ..Observed::default()
        };
        draft.observe(&id, seen);
        draft.bind(id.as_str(), json!({ "CreatedTimestamp": attributes.get("CreatedTimestamp") }));
        let sources = listed_flat(answers, SOURCES, "queueUrls");
        draft.gap(sources.gap("queues that put their failures into it"));
        let from: Vec<&str> = sources.entries().iter().filter_map(|one| one.as_str()).map(last).collect();
        if !from.is_empty() {
            draft.depend(format!("it is the dead-letter queue of {}", words::some(&from, 5)));
        }
        if text(attributes, "/Policy").is_some_and(|policy| !policy.is_empty()) {
            draft.depend("its policy lets others send to it or read from it".to_owned());
        }
        match action.operation.verb() {
            "SetQueueAttributes" => set(action, name, &id, attributes, &held, draft),
            verb => {
                let what = if verb == "PurgeQueue" { "is emptied" } else { "is deleted" };
                draft.change(&id, Kind::Queue, Effect::Destroy, format!("queue {name} ({held}) {what}"));
                draft.lose(format!("what {name} holds: {held}"));
                draft.reversibility = Reversibility::None;
                draft.secure(impossible(name));
            }
        }
    }
}

fn last(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

fn impossible(name: &str) -> Securing {
    Securing::Impossible(format!(
        "no recovery point can be made of {name}: messages of a queue cannot be kept"
    ))
}

fn messages(attributes: &Value) -> String {
    let of = |name: &str| text(attributes, &format!("/{name}")).unwrap_or("an unknown number of").to_owned();
    format!(
        "about {} messages waiting, {} in flight, {} delayed",
        of("ApproximateNumberOfMessages"),
        of("ApproximateNumberOfMessagesNotVisible"),
        of("ApproximateNumberOfMessagesDelayed")
    )
}

fn unread(action: &Action, name: &str, id: &TargetId, why: &str, draft: &mut Draft) {
    draft.unknown(format!("queue {name} could not be read: {why}"));
    let verb = action.operation.verb();
    draft.change(id, Kind::Queue, leading(action), format!("queue {name}, unread: {verb}"));
    let loses = verb != "SetQueueAttributes" || asked(action, "MessageRetentionPeriod").is_some();
    if loses {
        draft.lose(format!("messages of {name}: how many could not be read"));
        draft.secure(impossible(name));
    }
}

fn asked<'a>(action: &'a Action, attribute: &str) -> Option<&'a str> {
    text(&action.arguments, &format!("/Attributes/{attribute}"))
}

/// The queue that a redrive policy puts failures into.
fn redrive(policy: Option<&str>) -> Option<String> {
    let policy: Value = serde_json::from_str(policy?).ok()?;
    text(&policy, "/deadLetterTargetArn").filter(|arn| !arn.is_empty()).map(str::to_owned)
}

/// Attributes of which an empty value means that there are none.
fn is_same(asked: &str, now: Option<&str>) -> bool {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
    match now {
        Some(now) => asked == now || (parsed(asked).is_some() && parsed(asked) == parsed(now)),
        None => asked.is_empty(),
    }
}

fn set(action: &Action, name: &str, id: &TargetId, now: &Value, held: &str, draft: &mut Draft) {
    let shorter = asked(action, "MessageRetentionPeriod").map(|asked| {
        let asked = asked.parse::<u64>().ok()?;
        Some(number(now, "/MessageRetentionPeriod").is_none_or(|now| asked < now))
    });
    if let Some(shorter) = shorter {
        draft.fact(facts::SQS_RETENTION_LOWERED, true, shorter);
    }
    if let Some(new) = asked(action, "RedrivePolicy") {
        let present = redrive(text(now, "/RedrivePolicy"));
        let dropped = present.is_some() && redrive(Some(new)) != present;
        draft.fact(facts::SQS_REDRIVE_DROPPED, true, Some(dropped));
        if let (true, Some(present)) = (dropped, present) {
            let what =
                format!("messages that fail in {name} are no longer put aside in {}", arn::last(&present));
            draft.change(id, Kind::Queue, Effect::GuardRemoval, what);
        }
    }
    let attributes = action.arguments.get("Attributes").and_then(Value::as_object);
    let mut present = Vec::new();
    for (attribute, asked) in attributes.into_iter().flatten() {
        let (asked, was) = (asked.as_str().unwrap_or_default(), text(now, &format!("/{attribute}")));
        present.push(json!([attribute, was]));
        if is_same(asked, was) {
            continue;
        }
        let what = match attribute.as_str() {
            "Policy" => format!("{name}: who may send to it and read from it changes"),
            _ => format!("{name}: {attribute} changes from {} to `{asked}`", was.unwrap_or("none")),
        };
        draft.change_from(
            id,
            Kind::Queue,
            leading_of(action),
            what,
            was.map(Value::from),
            Some(json!(asked)),
        );
    }
    draft.bind(format!("{id} attributes"), json!(present));
    if draft.unchanged() {
        draft.change(id, Kind::Queue, Effect::Update, format!("{name} has these attributes already"));
    }
    draft.reversibility = Reversibility::Exact;
    if shorter.is_some_and(|shorter| shorter != Some(false)) {
        draft.reversibility = Reversibility::Lossy;
        draft.lose(format!("messages of {name} older than the new retention, of {held}"));
        draft.unknown(format!("how old the messages of {name} are is not told"));
        draft.secure(impossible(name));
    }
}

/// The effect of one attribute: the destroy is told by itself.
fn leading_of(action: &Action) -> Effect {
    match leading(action) {
        Effect::Destroy | Effect::GuardRemoval => Effect::Update,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Effect, Kind, Reversibility, Securing, Survey};
    use serde_json::{Value, json};

    use crate::{
        forecast::testing::{action, found, survey, target},
        rules::facts,
    };

    const ID: &str = "arn:aws:sqs:us-east-1:111122223333:jobs";
    const URL: &str = "https://sqs.us-east-1.amazonaws.com/111122223333/jobs";

    fn look(operation: &str, mut arguments: Value, sources: Answer) -> Survey {
        arguments["QueueUrl"] = json!(URL);
        let mut asked = action("sqs", operation, arguments);
        asked.targets = vec![target(ID, Kind::Queue, "jobs")];
        survey(&asked, |operation, _| match operation {
            "GetQueueAttributes" => found(json!({"Attributes": {
                "QueueArn": ID, "CreatedTimestamp": "1", "ApproximateNumberOfMessages": "0",
                "ApproximateNumberOfMessagesNotVisible": "3", "ApproximateNumberOfMessagesDelayed": "0",
                "MessageRetentionPeriod": "345600", "VisibilityTimeout": "30",
                "RedrivePolicy": "{\"deadLetterTargetArn\": \"arn:aws:sqs:us-east-1:1:dead\", \"maxReceiveCount\": 3}",
            }})),
            _ => sources.clone(),
        })
    }

    #[test]
    fn a_queue_is_never_taken_for_empty() {
        for (operation, word) in [("PurgeQueue", "is emptied"), ("DeleteQueue", "is deleted")] {
            let gone = look(operation, json!({}), found(json!({"queueUrls": ["https://x/1/orders"]})));
            assert!(gone.forecast.changes[0].what.contains(word));
            assert!(gone.forecast.data_loss[0].contains("about 0 messages waiting, 3 in flight"));
            assert!(gone.forecast.dependents[0].contains("dead-letter queue of orders"));
            assert!(matches!(gone.securing, Securing::Impossible(_)));
        }
    }

    #[test]
    fn attributes_are_compared() {
        let set = |attributes: Value| {
            look("SetQueueAttributes", json!({ "Attributes": attributes }), found(json!({})))
        };
        let longer = set(json!({"MessageRetentionPeriod": "400000", "VisibilityTimeout": "30"}));
        assert_eq!(longer.facts.get(facts::SQS_RETENTION_LOWERED), Some(&json!(false)));
        assert_eq!((longer.forecast.reversibility, longer.forecast.changes.len()), (Reversibility::Exact, 1));
        let shorter = set(json!({"MessageRetentionPeriod": "60"}));
        assert_eq!(shorter.facts.get(facts::SQS_RETENTION_LOWERED), Some(&json!(true)));
        assert!(matches!(shorter.securing, Securing::Impossible(_)));
        let dropped = set(json!({"RedrivePolicy": ""}));
        assert_eq!(dropped.facts.get(facts::SQS_REDRIVE_DROPPED), Some(&json!(true)));
        assert_eq!(dropped.forecast.changes[0].effect, Effect::GuardRemoval);
        let same = set(
            json!({"RedrivePolicy": "{\"maxReceiveCount\":3,\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:1:dead\"}"}),
        );
        assert_eq!(same.facts.get(facts::SQS_REDRIVE_DROPPED), Some(&json!(false)));
        assert!(same.forecast.changes[0].what.contains("already"));
    }
}
