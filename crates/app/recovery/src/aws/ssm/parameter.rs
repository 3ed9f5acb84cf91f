//! Parameters: written, written over, deleted.
//!
//! Kept: value, type, key, description, pattern, kind of value, policies, tags; the value may be secret. Back: the parameter
//! is put again, or deleted. Compared: all that is kept. Lost: earlier versions of what was deleted; the number of the
//! version; an advanced parameter stays advanced.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::way::{Way, at, call, found, is, list, only, read, step, tags, text, texts, with, word};

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
        let mut state = Map::new();
        for name in names(deed) {
            state.insert(name.to_owned(), one(answers, name)?);
        }
        Ok(Value::Object(state))
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let deletes = is(deed, "ssm", &["DeleteParameter", "DeleteParameters"]);
        if before.as_object()?.values().all(Value::is_null) && deletes {
            return None;
        }
        Some(match deletes {
            true => Terms::lossy(1, &["the parameter's earlier versions, and their numbers and labels"]),
            false => Terms::exact(),
        })
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
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
