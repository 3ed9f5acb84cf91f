//! A revision of a task definition that is deregistered: registered again, as a new revision.
//!
//! Kept: all that it is registered with. Back: it is registered, with a tag that says which revision it restores. Compared:
//! all that is kept. Lost: the number of the revision. What runs of the old one goes on.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{
    RESTORES, Way, at, call, found, is, list, only, read, standing, step, tags, text, what, with, word,
};

/// The way.
pub(super) struct TaskDefinition;

const MEMBERS: &[&str] = &[
    "family",
    "containerDefinitions",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "inferenceAccelerators",
    "ephemeralStorage",
    "runtimePlatform",
    "enableFaultInjection",
];

/// `family:7`, of either form of its name.
fn revision(deed: &Deed) -> Option<&str> {
    let name = text(deed, "/taskDefinition").filter(|_| is(deed, "ecs", &["DeregisterTaskDefinition"]))?;
    Some(name.rsplit('/').next().unwrap_or(name)).filter(|name| name.contains(':'))
}

fn asks(name: &str) -> Value {
    json!({"taskDefinition": name, "include": ["TAGS"]})
}

fn family(revision: &str) -> &str {
    revision.split(':').next().unwrap_or(revision)
}

/// What the new revision is marked with: it is one of the same family.
fn number(revision: &str) -> &str {
    revision.rsplit(':').next().unwrap_or(revision)
}

/// The revision itself while it is active, else the one that restores it.
fn current<'a>(deed: &Deed, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
    let revision = revision(deed).ok_or("the revision is not named")?;
    let own = found(answers, "ecs", "DescribeTaskDefinition", &asks(revision))?;
    let active = |answer: &&Value| word(answer, "/taskDefinition/status") == Some("ACTIVE");
    if let Some(own) = own.filter(active) {
        return Ok(Some(own));
    }
    let latest = match found(answers, "ecs", "DescribeTaskDefinition", &asks(family(revision))) {
        Ok(latest) => latest,
        // So the service says that a family has no active revision.
        Err(why) if why.contains("ClientException") => None,
        Err(why) => return Err(why),
    };
    let mark = deed.mark(number(revision));
    let made = |tag: &Value| word(tag, "/key") == Some(RESTORES) && word(tag, "/value") == mark.as_deref();
    let restores = |answer: &&Value| mark.is_some() && list(answer, "/tags").iter().any(made);
    Ok(latest.filter(active).filter(restores))
}

impl Way for TaskDefinition {
    fn name(&self) -> &'static str {
        "ecs/task-definition"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        revision(deed).is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        let Some(revision) = revision(deed) else { return Vec::new() };
        [revision, family(revision)]
            .map(|name| read(deed, "ecs", "DescribeTaskDefinition", asks(name)))
            .into()
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let Some(answer) = current(deed, answers)? else { return Ok(standing(Value::Null, json!({}))) };
        let kept = only(at(answer, "/taskDefinition"), MEMBERS);
        Ok(standing(with(kept, json!({"tags": tags(at(answer, "/tags"))})), json!({})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let lost = ["the number of the revision: what names it must name the new one"];
        (!what(before).is_null()).then(|| Terms::lossy(1, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let revision = revision(deed).ok_or("the revision is not named")?;
        if !what(now).is_null() {
            return Err("another revision stands in its place".to_owned());
        }
        let mut labels = list(what(before), "/tags").to_vec();
        labels.extend(deed.mark(number(revision)).map(|mark| json!({"key": RESTORES, "value": mark})));
        let make = with(what(before).clone(), json!({"tags": labels}));
        let register = call(deed, "ecs", "RegisterTaskDefinition", make);
        Ok(vec![step(format!("register {revision} again"), register)])
    }
}
