//! Stores that can be looked into cheaply before they go: log groups, image repositories, queues.
//!
//! One that holds nothing bears no data. None of them has a way back for what it holds. A queue's numbers are
//! approximate, so that a queue is never taken for empty. Reads: DescribeLogStreams, ecr:DescribeImages (one entry),
//! GetQueueAttributes.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Relation, Reversibility, Securing, Target,
};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Listed, Live, listed, live, number, text},
    arn,
    draft::Draft,
    existence, words,
};

const INSIDE: &str = "what it holds";

/// The forecaster of stores that are looked into.
pub(in crate::forecast) struct Stores;

const OPERATIONS: [&str; 4] =
    ["aws:logs:DeleteLogGroup", "aws:ecr:DeleteRepository", "aws:sqs:DeleteQueue", "aws:sqs:PurgeQueue"];

fn given<'a>(action: &'a Action, member: &str) -> Option<&'a str> {
    action.arguments.get(member)?.as_str()
}

impl Look for Stores {
    fn knows(&self, action: &Action) -> bool {
        OPERATIONS.contains(&action.operation.as_str())
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let (operation, arguments) = match action.operation.service() {
            "logs" => {
                ("DescribeLogStreams", json!({"logGroupName": given(action, "logGroupName"), "limit": 1}))
            }
            "ecr" => (
                "DescribeImages",
                json!({"repositoryName": given(action, "repositoryName"), "maxResults": 1}),
            ),
            _ => {
                let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
                (
                    "GetQueueAttributes",
                    json!({"QueueUrl": given(action, "QueueUrl"), "AttributeNames": names}),
                )
            }
        };
        vec![crate::call::read(action, INSIDE, action.operation.service(), operation, arguments)]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(target) = action.targets.iter().find(|target| target.relation == Relation::Acts) else {
            draft.unknown("what it is, was not told");
            draft.securing = Securing::Impossible("no recovery point is known for it".to_owned());
            return;
        };
        let name = target.name.as_deref().unwrap_or(arn::last(target.id.as_str()));
        let seen = draft.seen(&target.id).and_then(|seen| seen.exists);
        if seen == Some(false) {
            return;
        }
        let (empty, size) = match action.operation.service() {
            "logs" => inside(listed(answers, INSIDE, "logStreams"), "log stream"),
            "ecr" => inside(listed(answers, INSIDE, "imageDetails"), "image"),
            _ => messages(answers),
        };
        let stored = existence::of(action, answers, &target.id)
            .found()
            .and_then(|record| number(record, "/storedBytes"))
            .map(|stored| format!(", {} by the last count", words::bytes(stored)))
            .unwrap_or_default();
        tell(action, target, name, empty, &format!("{size}{stored}"), draft);
    }
}

fn tell(action: &Action, target: &Target, name: &str, empty: Option<bool>, size: &str, draft: &mut Draft) {
    if empty.is_none() {
        draft.unknown(format!("{name}: {size}"));
    }
    let data = if empty == Some(true) { Bears::No } else { Bears::Yes };
    draft.observe(&target.id, Observed { data, size: Some(size.to_owned()), ..Observed::default() });
    draft.bind(target.id.as_str(), json!({ "empty": empty }));
    let what = if action.operation.verb() == "PurgeQueue" { "is emptied" } else { "is deleted" };
    draft.change(&target.id, target.kind, Effect::Destroy, format!("{name} ({size}) {what}"));
    draft.reversibility = if data == Bears::No { Reversibility::Lossy } else { Reversibility::None };
    if data == Bears::No {
        return;
    }
    draft.lose(format!("what {name} holds: {size}"));
    let kind = match target.kind {
        Kind::Queue => "messages of a queue cannot be kept",
        Kind::LogGroup => "log data would have to be exported first",
        _ => "images would have to be copied to another repository first",
    };
    draft.securing = Securing::Impossible(format!("no recovery point can be made of {name}: {kind}"));
}

fn inside(list: Listed<'_>, one: &str) -> (Option<bool>, String) {
    match list {
        Listed::All(entries) if entries.is_empty() => (Some(true), format!("no {}", words::several(one))),
        Listed::All(_) | Listed::Page(_) => (Some(false), format!("{} in it", words::several(one))),
        Listed::Unread(why) => (None, format!("what it holds could not be read: {why}")),
    }
}

fn messages(answers: &Answers) -> (Option<bool>, String) {
    match live(answers, INSIDE) {
        Live::Found(answer) => {
            let attributes = answer.get("Attributes").unwrap_or(&Value::Null);
            let of = |name: &str| {
                text(attributes, &format!("/{name}")).unwrap_or("an unknown number of").to_owned()
            };
            let waiting = of("ApproximateNumberOfMessages");
            let taken = of("ApproximateNumberOfMessagesNotVisible");
            (Some(false), format!("about {waiting} messages waiting, {taken} in flight"))
        }
        Live::Absent => (None, "the queue was not found".to_owned()),
        Live::Unread(why) => (None, format!("how many messages it holds could not be read: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Bears, Kind, Securing, Survey};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, survey, target};

    const ID: &str = "arn:aws:logs:us-east-1:111122223333:log-group:/app";

    fn delete(streams: Answer) -> Survey {
        let mut delete = action("logs", "DeleteLogGroup", json!({"logGroupName": "/app"}));
        delete.targets = vec![target(ID, Kind::LogGroup, "/app")];
        survey(&delete, |operation: &str, _: &Value| match operation {
            "DescribeLogStreams" => streams.clone(),
            "DescribeLogGroups" => found(
                json!({"logGroups": [{"logGroupName": "/app", "creationTime": 1, "storedBytes": 5_000_000}]}),
            ),
            _ => found(json!({"tags": {}})),
        })
    }

    #[test]
    fn only_a_store_that_was_looked_into_is_empty() {
        let empty = delete(found(json!({"logStreams": []})));
        assert_eq!((empty.observed[&ID.into()].data, empty.securing), (Bears::No, Securing::NotNeeded));
        let full = delete(found(json!({"logStreams": [{"logStreamName": "a"}], "nextToken": "x"})));
        assert_eq!(full.observed[&ID.into()].data, Bears::Yes);
        assert!(full.forecast.changes[0].what.contains("5.0 MB by the last count"));
        assert!(matches!(full.securing, Securing::Impossible(_)));
        let unread = delete(Answer::Unreadable("denied".to_owned()));
        assert_eq!(unread.observed[&ID.into()].data, Bears::Yes);
        assert!(!unread.forecast.unknowns.is_empty());
    }
}
