//! CloudWatch log groups: deleted, or kept for a shorter time.
//!
//! Log events have no recovery point and no way back: what should be kept has to be exported first, and whether it was is
//! nowhere to be read. A group without streams bears no data. Without a retention everything is kept for ever, so that
//! any retention set then is a shorter one; how much of what is stored is older than the new retention is not told, so
//! that all of it counts. Reads: DescribeLogGroups, DescribeLogStreams (one entry), DescribeSubscriptionFilters,
//! DescribeMetricFilters.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Relation, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Listed, Live, flag, listed, number, text, texts},
    arn,
    draft::{Draft, leading},
    existence, words,
};
use crate::rules::facts;

const STREAMS: &str = "log streams";
const FORWARDS: &str = "subscription filters";
const WATCHES: &str = "metric filters";

/// The forecaster of log groups.
pub(in crate::forecast) struct LogGroup;

const OPERATIONS: [&str; 4] =
    ["DeleteLogGroup", "DeleteLogStream", "PutRetentionPolicy", "DeleteRetentionPolicy"];

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = text(&action.arguments, "/logGroupName")?;
    Some((name, arn::target(action, Kind::LogGroup, "logs", &format!("log-group:{name}"), name)))
}

/// The stream that goes, where it is one.
fn stream(action: &Action) -> Option<(&str, TargetId)> {
    let name = text(&action.arguments, "/logStreamName")?;
    let own = |target: &&interlock_action::Target| {
        target.relation == Relation::Acts && target.id.as_str().contains(":log-stream:")
    };
    let found = action.targets.iter().find(own).map(|target| target.id.clone());
    Some((name, found.unwrap_or_else(|| TargetId::new(name))))
}

impl Look for LogGroup {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "logs"
            && OPERATIONS.contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((name, id)) = subject(action) else { return Vec::new() };
        let read = |key: &str, operation: &str, arguments: Value| {
            crate::call::read(action, key, "logs", operation, arguments)
        };
        let streams = match stream(action) {
            Some((stream, _)) => json!({"logGroupName": name, "logStreamNamePrefix": stream}),
            None => json!({"logGroupName": name, "limit": 1}),
        };
        let prefix = json!({ "logGroupNamePrefix": name });
        let of = json!({ "logGroupName": name });
        vec![
            read(&existence::live_key(&id), "DescribeLogGroups", prefix),
            read(STREAMS, "DescribeLogStreams", streams),
            read(FORWARDS, "DescribeSubscriptionFilters", of.clone()),
            read(WATCHES, "DescribeMetricFilters", of),
        ]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => return unread(action, name, &id, &why, draft),
        };
        depend(answers, name, draft);
        let (empty, held) = held(answers, record);
        if empty.is_none() {
            draft.unknown(format!("{name}: {held}"));
        }
        let data = if empty == Some(true) { Bears::No } else { Bears::Yes };
        let held = held.as_str();
        draft.bind(
            id.as_str(),
            json!({
                "creationTime": record.get("creationTime"), "retentionInDays": record.get("retentionInDays"),
                "empty": empty,
            }),
        );
        match action.operation.verb() {
            "DeleteLogStream" => one_stream(action, answers, name, data, draft),
            "PutRetentionPolicy" => retain(action, name, &id, record, (data, held), draft),
            "DeleteRetentionPolicy" => {
                draft.observe(&id, Observed { data: Bears::Yes, ..Observed::default() });
                let what = format!("{name} keeps its log events for ever, no longer {}", days(record));
                draft.change(&id, Kind::LogGroup, leading(action), what);
                draft.reversibility = Reversibility::Exact;
            }
            _ => {
                draft.observe(&id, Observed { data, size: Some(held.to_owned()), ..Observed::default() });
                delete(name, &id, record, held, data, draft);
            }
        }
    }
}

/// `for 30 days`.
fn days(record: &Value) -> String {
    number(record, "/retentionInDays")
        .map_or_else(|| "for ever".to_owned(), |days| format!("for {}", words::count(days, "day")))
}

fn unread(action: &Action, name: &str, id: &TargetId, why: &str, draft: &mut Draft) {
    draft.unknown(format!("log group {name} could not be read: {why}"));
    let verb = action.operation.verb();
    draft.change(id, Kind::LogGroup, leading(action), format!("log group {name}, unread: {verb}"));
    if verb == "DeleteRetentionPolicy" {
        return;
    }
    draft.lose(format!("log events of {name}: how many could not be read"));
    draft.secure(Securing::Impossible(format!("log group {name} could not be read: {why}")));
}

/// Whether there is nothing in it, and how much there is.
fn held(answers: &Answers, record: &Value) -> (Option<bool>, String) {
    let stored = number(record, "/storedBytes")
        .map(|stored| format!(", {} by the last count", words::bytes(stored)))
        .unwrap_or_default();
    match listed(answers, STREAMS, "logStreams") {
        Listed::All(entries) if entries.is_empty() => (Some(true), "no log streams".to_owned()),
        Listed::All(_) | Listed::Page(_) => (Some(false), format!("log streams in it{stored}")),
        Listed::Unread(why) => (None, format!("what it holds could not be read: {why}{stored}")),
    }
}

fn depend(answers: &Answers, name: &str, draft: &mut Draft) {
    let forwards = listed(answers, FORWARDS, "subscriptionFilters");
    draft.gap(forwards.gap(&format!("subscription filters of {name}")));
    for filter in forwards.entries() {
        let to = text(filter, "/destinationArn").unwrap_or("?");
        draft.depend(format!("its events are forwarded to {to}"));
    }
    let watches = listed(answers, WATCHES, "metricFilters");
    draft.gap(watches.gap(&format!("metric filters of {name}")));
    for filter in watches.entries() {
        let metrics = texts(filter, "/metricTransformations", "metricName");
        draft.depend(format!("it feeds the metric {}", words::some(&metrics, 3)));
    }
}

const NONE: &str = "log data would have to be exported first";

fn delete(name: &str, id: &TargetId, record: &Value, held: &str, data: Bears, draft: &mut Draft) {
    let what = format!("log group {name} ({held}), kept {}, is deleted", days(record));
    draft.change(id, Kind::LogGroup, Effect::Destroy, what);
    if flag(record, "/deletionProtectionEnabled") == Some(true) {
        let refused = format!("deletion protection of {name} is on: the service will refuse");
        draft.change(id, Kind::LogGroup, Effect::Destroy, refused);
    }
    draft.reversibility = if data == Bears::No { Reversibility::Lossy } else { Reversibility::None };
    lost(name, held, data, draft);
}

fn lost(name: &str, held: &str, data: Bears, draft: &mut Draft) {
    if data == Bears::No {
        return draft.secure(Securing::NotNeeded);
    }
    draft.lose(format!("what {name} holds: {held}"));
    draft.unknown(format!(
        "whether the events of {name} were exported or forwarded before is nowhere to be read"
    ));
    draft.secure(Securing::Impossible(format!("no recovery point can be made of {name}: {NONE}")));
}

fn one_stream(action: &Action, answers: &Answers, group: &str, data: Bears, draft: &mut Draft) {
    let Some((name, id)) = stream(action) else { return };
    let streams = listed(answers, STREAMS, "logStreams");
    let own = streams.entries().iter().find(|one| text(one, "/logStreamName") == Some(name));
    let exists = match (own, &streams) {
        (Some(_), _) => Some(true),
        (None, Listed::All(_)) => Some(false),
        (None, _) => None,
    };
    let data = match own {
        // A stream that never took an event has no first one.
        Some(own) if number(own, "/firstEventTimestamp").is_none() => Bears::No,
        _ if exists == Some(false) => Bears::No,
        _ => data,
    };
    draft.observe(&id, Observed { exists, data, ..Observed::default() });
    // What goes is the stream; the group stays.
    if let Some((_, group)) = subject(action) {
        draft.observe(&group, Observed { data, ..Observed::default() });
    }
    if exists == Some(false) {
        let refused = format!("there is no log stream {name} in {group}: the service will refuse");
        return draft.change(&id, Kind::LogGroup, Effect::Destroy, refused);
    }
    let last = own.and_then(|own| number(own, "/lastEventTimestamp"));
    let last = last.map(|at| format!(", last event at {at} ms")).unwrap_or_default();
    draft.bind(id.as_str(), json!({ "creationTime": own.and_then(|own| own.get("creationTime")) }));
    // In the group's own words, so that what is remembered of the group is not taken for gone.
    let within =
        subject(action).map_or_else(|| id.clone(), |(_, group)| TargetId::new(format!("{group}#{name}")));
    draft.change(
        &within,
        Kind::LogGroup,
        Effect::Destroy,
        format!("log stream {name} of {group}{last} is deleted"),
    );
    lost(name, "how much is not told", data, draft);
}

fn retain(
    action: &Action,
    name: &str,
    id: &TargetId,
    record: &Value,
    (data, held): (Bears, &str),
    draft: &mut Draft,
) {
    let (now, asked) = (number(record, "/retentionInDays"), number(&action.arguments, "/retentionInDays"));
    let lowered = asked.map(|asked| now.is_none_or(|now| asked < now));
    draft.fact(facts::LOGS_RETENTION_LOWERED, true, lowered);
    draft.observe(id, Observed { data, ..Observed::default() });
    let for_days =
        asked.map_or_else(|| "a time that is not told".to_owned(), |days| words::count(days, "day"));
    let what = format!("{name} keeps its log events for {for_days}, now {}", days(record));
    let (before, after) = (now.map(Value::from), asked.map(Value::from));
    draft.change_from(id, Kind::LogGroup, Effect::Update, what, before, after);
    if lowered == Some(false) {
        draft.reversibility = Reversibility::Exact;
        return;
    }
    draft.reversibility = Reversibility::Lossy;
    if data == Bears::No {
        return;
    }
    // Nothing goes at once, and nothing older comes back.
    draft.lose(format!(
        "log events of {name} older than {for_days}, now and from then on: at most all ({held})"
    ));
    draft.unknown(format!("how many events of {name} are older than {for_days} is not told"));
    draft.secure(Securing::Impossible(format!("no recovery point can be made of {name}: {NONE}")));
}

#[cfg(test)]
mod tests {
    use interlock_action::{Action, Answer, Bears, Effect, Kind, Reversibility, Securing, Survey};
    use serde_json::{Value, json};

    use crate::{
        forecast::testing::{action, found, having, survey, target},
        rules::facts,
    };

    const ID: &str = "arn:aws:logs:us-east-1:111122223333:log-group:/app";

    fn look(mut asked: Action, streams: Answer, days: Option<u64>) -> Survey {
        if asked.targets.is_empty() {
            asked.targets = vec![target(ID, Kind::LogGroup, "/app")];
        }
        survey(&asked, |operation: &str, _: &Value| match operation {
            "DescribeLogStreams" => streams.clone(),
            "DescribeLogGroups" => {
                let mut group = json!({"logGroupName": "/app", "creationTime": 1, "storedBytes": 5_000_000});
                if let Some(days) = days {
                    group["retentionInDays"] = json!(days);
                }
                found(json!({ "logGroups": [group] }))
            }
            "DescribeSubscriptionFilters" => {
                found(json!({"subscriptionFilters": [{"destinationArn": "arn:x"}]}))
            }
            "DescribeMetricFilters" => found(json!({"metricFilters": []})),
            _ => found(json!({"tags": {}})),
        })
    }

    fn delete(streams: Answer) -> Survey {
        look(action("logs", "DeleteLogGroup", json!({"logGroupName": "/app"})), streams, None)
    }

    #[test]
    fn only_a_group_that_was_looked_into_is_empty() {
        let empty = delete(found(json!({"logStreams": []})));
        assert_eq!((empty.observed[&ID.into()].data, empty.securing), (Bears::No, Securing::NotNeeded));
        let full = delete(found(json!({"logStreams": [{"logStreamName": "a"}], "nextToken": "x"})));
        assert_eq!(full.observed[&ID.into()].data, Bears::Yes);
        assert!(full.forecast.changes[0].what.contains("5.0 MB by the last count"));
        assert!(full.forecast.dependents[0].contains("arn:x"));
        assert!(matches!(full.securing, Securing::Impossible(_)));
        let unread = delete(Answer::Unreadable("denied".to_owned()));
        assert_eq!(unread.observed[&ID.into()].data, Bears::Yes);
        assert!(!unread.forecast.unknowns.is_empty());
    }

    #[test]
    fn a_shorter_retention_loses_what_is_older() {
        let put = |now: Option<u64>| {
            let asked = json!({"logGroupName": "/app", "retentionInDays": 7});
            let asked = having(action("logs", "PutRetentionPolicy", asked), Effect::Update);
            look(asked, found(json!({"logStreams": [{"logStreamName": "a"}]})), now)
        };
        for (now, lowered) in [(None, true), (Some(30), true), (Some(7), false), (Some(1), false)] {
            let survey = put(now);
            assert_eq!(survey.facts.get(facts::LOGS_RETENTION_LOWERED), Some(&json!(lowered)), "{now:?}");
            assert_eq!(matches!(survey.securing, Securing::Impossible(_)), lowered, "{now:?}");
            let back = if lowered { Reversibility::Lossy } else { Reversibility::Exact };
            assert_eq!(survey.forecast.reversibility, back);
        }
    }

    #[test]
    fn a_stream_without_events_holds_nothing() {
        let gone = |stream: Value| {
            let mut asked =
                action("logs", "DeleteLogStream", json!({"logGroupName": "/app", "logStreamName": "a"}));
            let id = format!("{ID}:log-stream:a");
            asked.targets = vec![target(&id, Kind::LogGroup, "/app"), target(ID, Kind::LogGroup, "/app")];
            (look(asked, found(json!({ "logStreams": stream })), None), id)
        };
        let (empty, id) = gone(json!([{"logStreamName": "a", "creationTime": 1}]));
        assert_eq!((empty.observed[&id.into()].data, empty.securing), (Bears::No, Securing::NotNeeded));
        let (full, id) =
            gone(json!([{"logStreamName": "a", "firstEventTimestamp": 5, "lastEventTimestamp": 9}]));
        assert_eq!(full.observed[&id.into()].data, Bears::Yes);
        assert!(matches!(full.securing, Securing::Impossible(_)));
        let (absent, _) = gone(json!([{"logStreamName": "abc"}]));
        assert!(absent.forecast.changes[0].what.contains("the service will refuse"));
    }
}
