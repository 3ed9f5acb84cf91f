//! A log group that is deleted: created again, empty, so that what writes to it can.
//!
//! Kept: class, key, retention, tags, subscription filters, metric filters. Back: it is created and set up again. Compared:
//! all that is kept. Lost: every event that it held.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{
    Way, at, call, found, is, list, missing, only, read, sorted, step, text, with, word,
};

/// The way.
pub(super) struct LogGroup;

fn group(deed: &Deed) -> Option<&str> {
    text(deed, "/logGroupName").filter(|_| is(deed, "logs", &["DeleteLogGroup"]))
}

fn asks(deed: &Deed) -> Value {
    json!({"logGroupNamePrefix": group(deed)})
}

fn current<'a>(deed: &Deed, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
    let answer = found(answers, "logs", "DescribeLogGroups", &asks(deed))?;
    let groups = answer.map_or(&[][..], |answer| list(answer, "/logGroups"));
    Ok(groups.iter().find(|one| word(one, "/logGroupName") == group(deed)))
}

/// What belongs to a group: the read, where it stands in the answer, what of it is kept, what puts it.
const PARTS: [(&str, &str, &str, &[&str], &str); 2] = [
    (
        "subscriptions",
        "DescribeSubscriptionFilters",
        "/subscriptionFilters",
        &["filterName", "filterPattern", "destinationArn", "roleArn", "distribution"],
        "PutSubscriptionFilter",
    ),
    (
        "metrics",
        "DescribeMetricFilters",
        "/metricFilters",
        &["filterName", "filterPattern", "metricTransformations"],
        "PutMetricFilter",
    ),
];

impl Way for LogGroup {
    fn name(&self) -> &'static str {
        "logs/log-group"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        group(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let mut reads = vec![read(deed, "logs", "DescribeLogGroups", asks(deed))];
        if let Ok(Some(_)) = current(deed, so_far) {
            let one = || json!({"logGroupName": group(deed)});
            reads.extend(PARTS.iter().map(|part| read(deed, "logs", part.1, one())));
            reads.push(read(deed, "logs", "ListTagsLogGroup", one()));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let Some(group) = current(deed, answers)? else { return Ok(Value::Null) };
        let one = json!({"logGroupName": at(group, "/logGroupName")});
        let mut kept = only(group, &["retentionInDays", "kmsKeyId", "logGroupClass"]);
        for (member, operation, pointer, members, _) in PARTS {
            let answer = found(answers, "logs", operation, &one)?;
            let parts = answer.map_or(&[][..], |answer| list(answer, pointer)).iter();
            kept = with(kept, json!({member: sorted(parts.map(|part| only(part, members)).collect())}));
        }
        let labels = found(answers, "logs", "ListTagsLogGroup", &one)?;
        let labels = labels.map_or(&Value::Null, |labels| at(labels, "/tags"));
        let mut labels = labels.as_object().cloned().unwrap_or_default();
        labels.retain(|name, _| !name.starts_with("aws:"));
        Ok(with(kept, json!({"tags": labels})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        (!before.is_null()).then(|| Terms::lossy(1, &["every event that the log group held"]))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let group = group(deed).ok_or("the log group is not named")?;
        let place = json!({"logGroupName": group});
        let mut steps = Vec::new();
        if now.is_null() {
            let mut make = with(only(before, &["kmsKeyId", "logGroupClass", "tags"]), place.clone());
            if let (true, Some(members)) = (at(before, "/tags") == &json!({}), make.as_object_mut()) {
                members.shift_remove("tags");
            }
            steps.push(step(
                format!("create the log group {group} again"),
                call(deed, "logs", "CreateLogGroup", make),
            ));
        }
        let days = only(before, &["retentionInDays"]);
        if days != json!({}) && at(before, "/retentionInDays") != at(now, "/retentionInDays") {
            let put = call(deed, "logs", "PutRetentionPolicy", with(days, place.clone()));
            steps.push(step(format!("keep as long as before in {group}"), put));
        }
        for (member, _, _, _, operation) in PARTS {
            let member = format!("/{member}");
            for part in missing(at(now, &member), at(before, &member)) {
                let name =
                    format!("put the filter {} of {group} back", word(&part, "/filterName").unwrap_or("?"));
                steps.push(step(name, call(deed, "logs", operation, with(part, place.clone()))));
            }
        }
        Ok(steps)
    }
}
