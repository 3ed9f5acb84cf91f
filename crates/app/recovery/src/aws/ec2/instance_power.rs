//! Instances started and stopped.
//!
//! Kept: whether each instance runs. Back: those that ran are started, those that stood are stopped. Compared: whether each
//! runs; one on its way there counts as being there. Lost by a stop: what was in memory and on an instance store, and a
//! public address that is not elastic.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, busy, call, is, list, standing, step, texts, wait, what, word},
};

/// The way.
pub(super) struct Power;

fn ids(state: &Value, before: &Value, wanted: &str) -> Vec<String> {
    let all = before.as_object().into_iter().flatten();
    let differs = |(id, _): &(&String, &Value)| at(state, &format!("/{id}")).as_str() != Some(wanted);
    all.filter(|(_, value)| value.as_str() == Some(wanted))
        .filter(differs)
        .map(|(id, _)| id.clone())
        .collect()
}

impl OneRead for Power {
    fn called(&self) -> &'static str {
        "ec2/instance-power"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let ids = texts(&deed.arguments, "/InstanceIds");
        let ours = is(deed, "ec2", &["StartInstances", "StopInstances"]) && !ids.is_empty();
        ours.then(|| Ask("ec2", "DescribeInstances", json!({"InstanceIds": ids})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("one of the instances is not there")?;
        let (mut states, mut working) = (Map::new(), false);
        for instance in list(answer, "/Reservations").iter().flat_map(|one| list(one, "/Instances")) {
            let (id, name) = (word(instance, "/InstanceId"), word(instance, "/State/Name"));
            let (id, name) = id.zip(name).ok_or("the answer tells no state")?;
            working |= matches!(name, "pending" | "stopping");
            let goal = match name {
                "pending" => "running",
                "stopping" => "stopped",
                other => other,
            };
            states.insert(id.to_owned(), goal.into());
        }
        Ok(standing(Value::Object(states), json!({"busy": working})))
    }

    fn on(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let states = what(before).as_object()?;
        if !states.values().all(|state| matches!(state.as_str(), Some("running" | "stopped"))) {
            return None;
        }
        if is(deed, "ec2", &["StartInstances"]) {
            return Some(Terms { minutes: 5, ..Terms::exact() });
        }
        let loses = ["what was in memory and on an instance store", "a public address that is not elastic"];
        Some(Terms::lossy(5, &loses))
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let mut steps = Vec::new();
        if busy(now) {
            steps.push(wait("wait for the instances"));
        }
        for (wanted, operation, verb) in
            [("running", "StartInstances", "start"), ("stopped", "StopInstances", "stop")]
        {
            let ids = ids(what(now), what(before), wanted);
            if !ids.is_empty() {
                let name = format!("{verb} {}", ids.join(", "));
                steps.push(step(name, call(deed, "ec2", operation, json!({"InstanceIds": ids}))));
            }
        }
        Ok(steps)
    }
}
