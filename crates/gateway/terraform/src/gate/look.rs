//! Looking into a state: what is in it, without what is secret.

use interlock_action::WorkspaceId;
use serde_json::Value;

use crate::{
    command::{Form, StateVerb},
    gate::{DONE, FAILED, Gate, Stop, tell},
    port::Say,
};

impl Gate {
    pub(super) async fn look(&self, workspace: &WorkspaceId, verb: StateVerb, say: &Say) -> Result<u8, Stop> {
        let Some((version, bytes)) = self.states.read(workspace).await.map_err(Stop::failed)? else {
            tell(say, "interlock: this folder has no state yet");
            return Ok(DONE);
        };
        let state: Value = serde_json::from_slice(&bytes).map_err(|error| Stop::failed(error.to_string()))?;
        match verb {
            StateVerb::List => addresses(&state).into_iter().for_each(|(address, _)| tell(say, address)),
            StateVerb::Output(name, form) => {
                let lines = outputs(&state, name.as_deref(), form).map_err(Stop::failed)?;
                lines.into_iter().for_each(|line| tell(say, line));
            }
            StateVerb::Show(wanted) => {
                let all = addresses(&state);
                let Some((address, attributes)) = all.into_iter().find(|(address, _)| *address == wanted)
                else {
                    tell(say, format!("there is no `{wanted}` in the state (serial {})", version.serial));
                    return Ok(FAILED);
                };
                tell(say, format!("# {address}"));
                let members = attributes.as_object().into_iter().flatten();
                for (name, value) in members.filter(|(_, value)| !value.is_null()) {
                    tell(say, format!("{name} = {value}"));
                }
            }
        }
        Ok(DONE)
    }
}

/// Every address with its attributes, in which secrets are masked.
fn addresses(state: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for resource in state.get("resources").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| resource.get(name).and_then(Value::as_str).unwrap_or_default();
        let mut head = if text("module").is_empty() { String::new() } else { format!("{}.", text("module")) };
        if text("mode") == "data" {
            head.push_str("data.");
        }
        for instance in resource.get("instances").and_then(Value::as_array).into_iter().flatten() {
            let key = instance.get("index_key").map(|key| format!("[{key}]")).unwrap_or_default();
            let mut attributes = instance.get("attributes").cloned().unwrap_or_default();
            for pointer in interlock_reader_aws::secrets_in(&attributes).into_iter().chain(marked(instance)) {
                if let Some(value) = attributes.pointer_mut(&pointer) {
                    *value = Value::String("(sensitive)".to_owned());
                }
            }
            all.push((format!("{head}{}.{}{key}", text("type"), text("name")), attributes));
        }
    }
    all
}

/// What Terraform itself marks: each a list of steps into the attributes.
fn marked(instance: &Value) -> Vec<String> {
    let paths = instance.get("sensitive_attributes").and_then(Value::as_array).into_iter().flatten();
    let step = |step: &Value| match step.get("value") {
        Some(Value::String(name)) => Some(name.clone()),
        Some(Value::Object(inner)) => {
            inner.get("value").map(|value| value.to_string().trim_matches('"').to_owned())
        }
        _ => None,
    };
    let pointer = |path: &Value| {
        let steps: Option<Vec<String>> = path.as_array()?.iter().map(step).collect();
        Some(steps?.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect())
    };
    paths.filter_map(pointer).collect()
}

/// The outputs, or one of them. What is sensitive is not told in any form.
fn outputs(state: &Value, name: Option<&str>, form: Form) -> Result<Vec<String>, String> {
    let all = state.get("outputs").and_then(Value::as_object).cloned().unwrap_or_default();
    let value = |output: &Value| {
        let secret = output.get("sensitive") == Some(&Value::Bool(true));
        output.get("value").filter(|_| !secret).cloned().unwrap_or_else(|| "(sensitive)".into())
    };
    let Some(name) = name else {
        if form == Form::Json {
            let masked = all.iter().map(|(name, output)| {
                let mut output = output.clone();
                if let Some(members) = output.as_object_mut() {
                    let masked = value(&Value::Object(members.clone()));
                    members.insert("value".to_owned(), masked);
                }
                (name.clone(), output)
            });
            return Ok(vec![Value::Object(masked.collect()).to_string()]);
        }
        return Ok(all.iter().map(|(name, output)| format!("{name} = {}", value(output))).collect());
    };
    let value =
        all.get(name).map(value).ok_or_else(|| format!("there is no output `{name}` in the state"))?;
    Ok(vec![match (form, &value) {
        (Form::Raw, Value::String(text)) => text.clone(),
        _ => value.to_string(),
    }])
}
