//! A stack that is updated.
//!
//! Kept: template, parameters, tags, capabilities, role, topics. Back: it is updated again. Compared: all that is kept; a
//! parameter that is not told keeps its value. Lost: what resources held that the update replaced or removed.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{
    Way, at, busy, call, found, is, list, only, read, sorted, standing, step, tags, text, token, wait, what,
    with, word,
};

/// The way.
pub(super) struct Stack;

/// What stands for a parameter that is not told.
pub(super) const HIDDEN: &str = "****";

fn name(deed: &Deed) -> Option<&str> {
    text(deed, "/StackName").filter(|_| is(deed, "cloudformation", &["UpdateStack"]))
}

fn one(deed: &Deed) -> Value {
    json!({"StackName": name(deed)})
}

fn template(deed: &Deed) -> Value {
    with(one(deed), json!({"TemplateStage": "Original"}))
}

impl Way for Stack {
    fn name(&self) -> &'static str {
        "cloudformation/stack"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        name(deed).is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        vec![
            read(deed, "cloudformation", "DescribeStacks", one(deed)),
            read(deed, "cloudformation", "GetTemplate", template(deed)),
        ]
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let stacks = found(answers, "cloudformation", "DescribeStacks", &one(deed))?;
        let stack = at(stacks.ok_or("the stack is not there")?, "/Stacks/0");
        let body = found(answers, "cloudformation", "GetTemplate", &template(deed))?;
        let body = at(body.ok_or("the stack has no template")?, "/TemplateBody");
        let parameters = list(stack, "/Parameters").iter();
        let parameters = parameters.map(|one| only(one, &["ParameterKey", "ParameterValue"]));
        let more = json!({
            "TemplateBody": body,
            "Parameters": sorted(parameters.collect()),
            "Capabilities": sorted(list(stack, "/Capabilities").to_vec()),
            "NotificationARNs": sorted(list(stack, "/NotificationARNs").to_vec()),
            "Tags": tags(at(stack, "/Tags")),
        });
        let working = word(stack, "/StackStatus").is_some_and(|status| status.ends_with("_IN_PROGRESS"));
        Ok(standing(with(only(stack, &["RoleARN"]), more), json!({"busy": working})))
    }

    fn terms(&self, _deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(Terms::lossy(30, &["what resources held that the update replaced or removed, and their ids"]))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let stack = name(deed).ok_or("the stack is not named")?;
        let was = what(before);
        let known = list(what(now), "/Parameters");
        let parameter = |one: &Value| {
            let key = at(one, "/ParameterKey");
            let hidden = word(one, "/ParameterValue") == Some(HIDDEN);
            if !hidden {
                return Ok(one.clone());
            }
            let there = known.iter().any(|other| at(other, "/ParameterKey") == key);
            let kept = json!({"ParameterKey": key, "UsePreviousValue": true});
            there.then_some(kept).ok_or_else(|| format!("the value of parameter {key} is not told"))
        };
        let parameters: Result<Vec<Value>, String> = list(was, "/Parameters").iter().map(parameter).collect();
        let body = at(was, "/TemplateBody");
        let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        let more = json!({
            "TemplateBody": body,
            "Parameters": parameters?,
            "ClientRequestToken": token(deed, "stack"),
            "StackName": stack,
        });
        let kept = only(was, &["RoleARN", "Capabilities", "NotificationARNs", "Tags"]);
        let update = call(deed, "cloudformation", "UpdateStack", with(kept, more));
        let mut steps = if busy(now) { vec![wait(format!("wait for {stack}"))] } else { Vec::new() };
        steps.push(step(format!("update {stack} back to what it was"), update));
        Ok(steps)
    }
}
