//! A rule and its targets: put, enabled, disabled, deleted; targets put and removed.
//!
//! Kept: pattern, schedule, state, role, tags; every target. Back: the rule is put again, its targets put or removed; it is
//! deleted where there was none. Compared: all that is kept. Lost: events that came meanwhile.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{
    Way, at, call, found, is, list, missing, only, read, sorted, step, tags, text, with, word,
};

/// The way.
pub(super) struct Rule;

const OPERATIONS: &[&str] = &["PutRule", "DeleteRule", "EnableRule", "DisableRule"];
const MEMBERS: &[&str] = &["EventPattern", "ScheduleExpression", "State", "Description", "RoleArn"];

/// The rule's name, and its event bus where it is named.
fn of(deed: &Deed) -> Option<(&str, Option<&str>)> {
    let member = match deed.operation.verb() {
        "PutTargets" | "RemoveTargets" => "/Rule",
        _ => "/Name",
    };
    let ours = is(deed, "events", OPERATIONS) || is(deed, "events", &["PutTargets", "RemoveTargets"]);
    Some((text(deed, member).filter(|_| ours)?, text(deed, "/EventBusName")))
}

/// The rule in the parameters of a call, under the name that it has there.
fn place(deed: &Deed, member: &str) -> Value {
    let (name, bus) = of(deed).unwrap_or_default();
    with(json!({member: name}), json!({"EventBusName": bus}))
}

fn rule<'a>(deed: &Deed, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
    found(answers, "events", "DescribeRule", &place(deed, "Name"))
}

fn labels(rule: &Value) -> Value {
    json!({"ResourceARN": at(rule, "/Arn")})
}

impl Way for Rule {
    fn name(&self) -> &'static str {
        "events/rule"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        of(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let mut reads = vec![read(deed, "events", "DescribeRule", place(deed, "Name"))];
        if let Ok(Some(rule)) = rule(deed, so_far) {
            reads.push(read(deed, "events", "ListTargetsByRule", place(deed, "Rule")));
            reads.push(read(deed, "events", "ListTagsForResource", labels(rule)));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let Some(rule) = rule(deed, answers)? else { return Ok(Value::Null) };
        let targets = found(answers, "events", "ListTargetsByRule", &place(deed, "Rule"))?;
        let targets = targets.map_or(&[][..], |targets| list(targets, "/Targets"));
        let put = found(answers, "events", "ListTagsForResource", &labels(rule))?;
        Ok(json!({
            "rule": only(rule, MEMBERS),
            "Tags": put.map_or(json!([]), |put| tags(at(put, "/Tags"))),
            "targets": sorted(targets.to_vec()),
        }))
    }

    fn terms(&self, _deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(Terms::exact())
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (name, _) = of(deed).ok_or("the rule is not named")?;
        let mut steps = Vec::new();
        if at(before, "/rule") != at(now, "/rule") && !before.is_null() {
            let put = with(at(before, "/rule").clone(), place(deed, "Name"));
            let put = if now.is_null() { with(put, only(before, &["Tags"])) } else { put };
            steps.push(step(format!("put the rule {name} back"), call(deed, "events", "PutRule", put)));
        }
        let id = |target: &Value| word(target, "/Id").unwrap_or_default().to_owned();
        let (was, is) = (at(before, "/targets"), at(now, "/targets"));
        let put = missing(is, was);
        let off: Vec<String> = list(now, "/targets").iter().map(id).collect();
        let off: Vec<String> = off
            .into_iter()
            .filter(|one| !list(before, "/targets").iter().any(|was| id(was) == *one))
            .collect();
        if !put.is_empty() {
            let words =
                format!("put targets of {name} back: {}", put.iter().map(id).collect::<Vec<_>>().join(", "));
            let arguments = with(place(deed, "Rule"), json!({"Targets": put}));
            steps.push(step(words, call(deed, "events", "PutTargets", arguments)));
        }
        if !off.is_empty() {
            let words = format!("remove targets of {name}: {}", off.join(", "));
            let arguments = with(place(deed, "Rule"), json!({"Ids": off}));
            steps.push(step(words, call(deed, "events", "RemoveTargets", arguments)));
        }
        if before.is_null() && !now.is_null() {
            let delete = call(deed, "events", "DeleteRule", place(deed, "Name"));
            steps.push(step(format!("delete the rule {name}"), delete));
        }
        Ok(steps)
    }
}
