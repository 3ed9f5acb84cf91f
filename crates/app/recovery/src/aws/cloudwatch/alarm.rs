//! Alarms: put, written over, deleted.
//!
//! Kept: all that an alarm is put with, its tags among it. Back: it is put again, or deleted. Compared: all that is kept.
//! Its state is found anew; its history stays for 30 days. Not a way back: an alarm that says more than is kept.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::way::{
    Way, at, call, found, is, list, only, read, sends_only, step, tags, text, texts, with, word,
};

/// The way.
pub(super) struct Alarm;

const METRIC: &[&str] = &[
    "AlarmDescription",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
    "Metrics",
    "ThresholdMetricId",
];
const COMPOSITE: &[&str] = &[
    "AlarmDescription",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "AlarmRule",
    "ActionsSuppressor",
    "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
];

fn names(deed: &Deed) -> Vec<&str> {
    if is(deed, "cloudwatch", &["DeleteAlarms"]) {
        return texts(&deed.arguments, "/AlarmNames");
    }
    let known = sends_only(deed, &[METRIC, COMPOSITE, &["AlarmName", "Tags"]]);
    let ours = known && is(deed, "cloudwatch", &["PutMetricAlarm", "PutCompositeAlarm"]);
    text(deed, "/AlarmName").filter(|_| ours).into_iter().collect()
}

fn asks(deed: &Deed) -> Value {
    json!({"AlarmNames": names(deed), "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]})
}

/// Every alarm of the answer: what kind it is, and its record.
fn alarms<'a>(deed: &Deed, answers: &'a Answers) -> Result<Vec<(&'static str, &'a Value)>, String> {
    let answer = found(answers, "cloudwatch", "DescribeAlarms", &asks(deed))?;
    let answer = answer.ok_or("the alarms are not told")?;
    let metric = list(answer, "/MetricAlarms").iter().map(|one| ("metric", one));
    Ok(metric.chain(list(answer, "/CompositeAlarms").iter().map(|one| ("composite", one))).collect())
}

/// Whether an alarm is put with what is kept of it: one that watches nothing that is known is put otherwise.
fn sayable(alarm: &Value) -> bool {
    let said = |member: &str| !at(at(alarm, "/alarm"), member).is_null();
    alarm.is_null() || ["/MetricName", "/Metrics", "/AlarmRule"].into_iter().any(said)
}

fn labels(alarm: &Value) -> Value {
    json!({"ResourceARN": at(alarm, "/AlarmArn")})
}

impl Way for Alarm {
    fn name(&self) -> &'static str {
        "cloudwatch/alarm"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        !names(deed).is_empty()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let mut reads = vec![read(deed, "cloudwatch", "DescribeAlarms", asks(deed))];
        for (_, alarm) in alarms(deed, so_far).unwrap_or_default() {
            reads.push(read(deed, "cloudwatch", "ListTagsForResource", labels(alarm)));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let mut state: Map<String, Value> =
            names(deed).into_iter().map(|name| (name.to_owned(), Value::Null)).collect();
        for (kind, alarm) in alarms(deed, answers)? {
            let name = word(alarm, "/AlarmName").ok_or("an alarm has no name")?;
            let mut kept = only(alarm, if kind == "metric" { METRIC } else { COMPOSITE });
            if let Some(members) = kept.as_object_mut() {
                members.retain(|_, value| value != &json!([]) && value != &json!(""));
            }
            let put = found(answers, "cloudwatch", "ListTagsForResource", &labels(alarm))?;
            let put = put.map_or(json!([]), |put| tags(at(put, "/Tags")));
            state.insert(name.to_owned(), json!({"kind": kind, "alarm": kept, "Tags": put}));
        }
        // Agents choose the names: none of them is a member of the state itself.
        Ok(json!({"alarms": state}))
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let alarms = at(before, "/alarms").as_object()?;
        if !alarms.values().all(sayable) {
            return None;
        }
        let none = alarms.values().all(Value::is_null);
        (!none || !is(deed, "cloudwatch", &["DeleteAlarms"])).then(Terms::exact)
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (before, now) = (at(before, "/alarms"), at(now, "/alarms"));
        let mut steps = Vec::new();
        // Composite alarms name others: those are put first.
        let order = |kind: &'static str| {
            before.as_object().into_iter().flatten().filter(move |(_, was)| word(was, "/kind") == Some(kind))
        };
        for (name, was) in order("metric").chain(order("composite")) {
            let is = now.get(name).unwrap_or(&Value::Null);
            if was == is {
                continue;
            }
            let operation =
                if word(was, "/kind") == Some("metric") { "PutMetricAlarm" } else { "PutCompositeAlarm" };
            let put = with(at(was, "/alarm").clone(), json!({"AlarmName": name}));
            // Tags are put with a new alarm only.
            let put = if is.is_null() { with(put, only(was, &["Tags"])) } else { put };
            steps.push(step(format!("put the alarm {name} back"), call(deed, "cloudwatch", operation, put)));
        }
        for (name, was) in before.as_object().into_iter().flatten() {
            if was.is_null() && now.get(name).is_some_and(|is| !is.is_null()) {
                let delete = call(deed, "cloudwatch", "DeleteAlarms", json!({"AlarmNames": [name]}));
                steps.push(step(format!("delete the alarm {name}"), delete));
            }
        }
        Ok(steps)
    }
}
