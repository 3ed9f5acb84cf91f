//! A resource that is patched.
//!
//! Kept: its properties. Back: a patch that replaces those that differ, and removes those that it did not have. Compared: all
//! properties. Lost: what a property does when it is written, which is the resource's own affair, and values that are not told.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{call, is, only, step, text, with, word},
};

/// The way.
pub(super) struct Resource;

fn place(deed: &Deed) -> Option<Value> {
    text(deed, "/Identifier").filter(|_| is(deed, "cloudcontrol", &["UpdateResource"]))?;
    Some(only(&deed.arguments, &["TypeName", "Identifier", "RoleArn", "TypeVersionId"]))
}

/// A name as a part of a JSON pointer (RFC 6901).
fn part(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

impl OneRead for Resource {
    fn called(&self) -> &'static str {
        "cloudcontrol/resource"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        place(deed).map(|place| Ask("cloudcontrol", "GetResource", place))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the resource is not there")?;
        let text = word(answer, "/ResourceDescription/Properties").ok_or("its properties are not told")?;
        let read: Result<Value, _> = serde_json::from_str(text);
        read.ok().filter(Value::is_object).ok_or_else(|| "its properties are no JSON object".to_owned())
    }

    fn on(&self, _deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(Terms::lossy(1, &["what the properties did when they were written", "values that are not told"]))
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let place = place(deed).ok_or("the resource is not named")?;
        let members = |state: &Value| state.as_object().cloned().unwrap_or_default();
        let (was, is) = (members(before), members(now));
        let mut patch = Vec::new();
        for (name, value) in was.iter().filter(|(name, value)| is.get(*name) != Some(*value)) {
            // What is there is replaced by this, too.
            patch.push(json!({"op": "add", "path": part(name), "value": value}));
        }
        for name in is.keys().filter(|name| !was.contains_key(*name)) {
            patch.push(json!({"op": "remove", "path": part(name)}));
        }
        let text = Value::Array(patch).to_string();
        let name = format!("patch {} back", text_of(deed));
        let arguments = with(place, json!({"PatchDocument": text}));
        Ok(vec![step(name, call(deed, "cloudcontrol", "UpdateResource", arguments))])
    }
}

fn text_of(deed: &Deed) -> &str {
    text(deed, "/Identifier").unwrap_or("it")
}

#[cfg(test)]
mod tests {
    use interlock_action::Next;

    use super::*;
    use crate::aws::testing;

    #[test]
    fn a_resource_is_patched_back() {
        let deed = testing::deed(
            "cloudcontrol",
            "UpdateResource",
            json!({"TypeName": "AWS::SQS::Queue", "Identifier": "jobs", "PatchDocument": "[]"}),
        );
        let told = |properties: Value| {
            let text = properties.to_string();
            let answer = json!({"ResourceDescription": {"Properties": text}});
            Resource.kept(&deed, Some(&answer)).unwrap()
        };
        let before =
            told(json!({"QueueName": "jobs", "DelaySeconds": 1, "Tags": [{"Key": "a", "Value": "b"}]}));
        let now = told(json!({"QueueName": "jobs", "DelaySeconds": 2, "a/b": true}));
        let steps = Resource.remains(&deed, &before, &now).unwrap();
        let Next::Call(call) = &steps[0].next else { panic!("{steps:?}") };
        let patch: Value = serde_json::from_str(call.arguments["PatchDocument"].as_str().unwrap()).unwrap();
        let wanted = json!([
            {"op": "add", "path": "/DelaySeconds", "value": 1},
            {"op": "add", "path": "/Tags", "value": [{"Key": "a", "Value": "b"}]},
            {"op": "remove", "path": "/a~1b"},
        ]);
        assert_eq!(patch, wanted);
    }
}
