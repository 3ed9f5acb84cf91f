//! Parameters: written, written over, deleted.
//!
//! Kept: value, type, key, description, pattern, kind of value, policies, tags; the value may be secret. Back: the parameter
//! is put again, or deleted. Compared: all that is kept. New: the number of the version; labels stay on the versions that they
//! are on. Lost: earlier versions of what was deleted; the oldest versions, once there are a hundred; a parameter that became
//! advanced stays so. Not a way back: policies that are put on a parameter that is there.

use interlock_action::{Answers, Deed, HANDLE, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::way::{
    Way, at, call, found, is, list, only, read, sends_any, step, tags, text, texts, with, word,
};

/// The way.
pub(super) struct Parameter;

fn names(deed: &Deed) -> Vec<&str> {
    if is(deed, "ssm", &["DeleteParameters"]) {
        return texts(&deed.arguments, "/Names");
    }
    let ours = is(deed, "ssm", &["PutParameter", "DeleteParameter"]);
    text(deed, "/Name").filter(|_| ours).into_iter().collect()
}

fn value(name: &str) -> Value {
    json!({"Name": name, "WithDecryption": true})
}

fn description(name: &str) -> Value {
    json!({"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": [name]}]})
}

fn tagged(name: &str) -> Value {
    json!({"ResourceType": "Parameter", "ResourceId": name})
}

/// So many versions a parameter keeps (Systems Manager User Guide, "Working with parameter versions").
const VERSIONS: u64 = 100;

/// Of one parameter, what tells whether more than its value is lost when it is written over.
fn standing(answers: &Answers, name: &str) -> Value {
    let version = found(answers, "ssm", "GetParameter", &value(name)).ok().flatten();
    let described = found(answers, "ssm", "DescribeParameters", &description(name)).ok().flatten();
    let version = version.map_or(&Value::Null, |answer| at(answer, "/Parameter/Version"));
    let tier = described.map_or(&Value::Null, |described| at(described, "/Parameters/0/Tier"));
    json!({"version": version, "tier": tier})
}

/// What is lost when a parameter that is there is written over, and then back.
fn lost(deed: &Deed, was: &Value) -> Option<&'static str> {
    let full = at(was, "/version").as_u64().is_none_or(|version| version.saturating_add(2) > VERSIONS);
    let grows = word(was, "/tier") != Some("Advanced")
        && matches!(text(deed, "/Tier"), Some("Advanced" | "Intelligent-Tiering"));
    match (grows, full) {
        (true, _) => Some("the parameter's tier: it stays advanced"),
        (false, true) => Some("the parameter's oldest versions, for which there is no room"),
        (false, false) => None,
    }
}

/// One parameter; [`Value::Null`] where there is none.
fn one(answers: &Answers, name: &str) -> Result<Value, String> {
    let Some(answer) = found(answers, "ssm", "GetParameter", &value(name))? else { return Ok(Value::Null) };
    let described = found(answers, "ssm", "DescribeParameters", &description(name))?;
    let described = described.map_or(&Value::Null, |described| at(described, "/Parameters/0"));
    let labels = found(answers, "ssm", "ListTagsForResource", &tagged(name))?;
    let policies: Vec<&str> =
        list(described, "/Policies").iter().filter_map(|policy| word(policy, "/PolicyText")).collect();
    let policies = if policies.is_empty() { Value::Null } else { json!(format!("[{}]", policies.join(","))) };
    let kept = with(
        only(at(answer, "/Parameter"), &["Type", "Value", "DataType"]),
        only(described, &["Description", "KeyId", "AllowedPattern"]),
    );
    let labels = labels.map_or(Value::Null, |labels| tags(at(labels, "/TagList")));
    Ok(with(kept, json!({"Policies": policies, "Tags": labels})))
}

impl Way for Parameter {
    fn name(&self) -> &'static str {
        "ssm/parameter"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        // A name with a version or a label is none to write to.
        !names(deed).is_empty()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let mut reads = Vec::new();
        for name in names(deed) {
            reads.push(read(deed, "ssm", "GetParameter", value(name)));
            if found(so_far, "ssm", "GetParameter", &value(name)).is_ok_and(|answer| answer.is_some()) {
                reads.push(read(deed, "ssm", "DescribeParameters", description(name)));
                reads.push(read(deed, "ssm", "ListTagsForResource", tagged(name)));
            }
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let (mut state, mut handle) = (Map::new(), Map::new());
        for name in names(deed) {
            state.insert(name.to_owned(), one(answers, name)?);
            handle.insert(name.to_owned(), standing(answers, name));
        }
        // Agents choose the names: none of them is a member of the state itself.
        Ok(json!({"parameters": state, HANDLE: handle}))
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let deletes = is(deed, "ssm", &["DeleteParameter", "DeleteParameters"]);
        let parameters = at(before, "/parameters").as_object()?;
        let new = parameters.values().all(Value::is_null);
        if deletes {
            let lost = ["the parameter's earlier versions, and their numbers and labels"];
            return (!new).then(|| Terms::lossy(1, &lost));
        }
        if new {
            return Some(Terms::exact());
        }
        if sends_any(deed, &["Policies"]) {
            return None;
        }
        let stood = at(before, "/handle").as_object()?.values().find_map(|was| lost(deed, was));
        Some(stood.map_or_else(Terms::exact, |lost| Terms::lossy(1, &[lost])))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (before, now) = (at(before, "/parameters"), at(now, "/parameters"));
        let mut steps = Vec::new();
        for (name, was) in before.as_object().into_iter().flatten() {
            let is = now.get(name).unwrap_or(&Value::Null);
            if was == is {
                continue;
            }
            if was.is_null() {
                let delete = call(deed, "ssm", "DeleteParameter", json!({"Name": name}));
                steps.push(step(format!("delete the parameter {name}"), delete));
                continue;
            }
            let mut put = was.clone();
            let labels = put.as_object_mut().and_then(|put| put.shift_remove("Tags")).unwrap_or_default();
            let more = match is {
                Value::Null => json!({"Tags": labels}),
                // Tags cannot be put along with a value that is written over.
                _ => json!({
                    "Overwrite": true,
                    "Description": at(was, "/Description").as_str().unwrap_or_default(),
                }),
            };
            let put = call(deed, "ssm", "PutParameter", with(with(put, more), json!({"Name": name})));
            steps.push(step(format!("put the parameter {name} back"), put));
        }
        Ok(steps)
    }
}
