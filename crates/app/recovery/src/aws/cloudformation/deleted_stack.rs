//! A stack that is deleted and bore no data: made again from its template.
//!
//! Kept: template, parameters, tags, capabilities, role, topics, policy, what is done when it fails. Back: it is created again
//! under its name. Compared: all that is kept, and that its creation did not fail. Lost: the ids of all its resources are new,
//! and what they held that no template tells is gone.
//!
//! Not a way back: a stack with a resource that bears data, or of which nobody knows (an empty one of the same name would hide
//! the loss); one with a value that is not told, with resources that stay behind, or within another stack; a template that is
//! too long to be sent (51,200 bytes; CloudFormation User Guide, "Quotas").

use interlock_action::{Answers, Bears, Deed, Read, Step, Terms};
use interlock_reader_aws::forecast::resource_type_bears;
use serde_json::{Value, json};

use super::super::way::{
    Way, at, busy, call, found, is, list, only, read, sends_only, sorted, standing, step, tags, text, token,
    wait, what, with, word,
};
use super::stack::HIDDEN;

/// The way.
pub(super) struct DeletedStack;

/// So many bytes of template a request takes.
const LONGEST: usize = 51_200;
/// Of a stack that was not made, or not taken away, nobody knows what is there.
const FAILED: [&str; 5] =
    ["CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "IMPORT_ROLLBACK_FAILED"];
const KEPT: &[&str] = &["RoleARN", "RollbackConfiguration", "DisableRollback", "TimeoutInMinutes"];

/// The stack's name, of which its ARN is the longer form: `…:stack/NAME/ID`.
fn name(deed: &Deed) -> Option<&str> {
    let known = sends_only(deed, &[&["StackName", "RoleARN"]]);
    let named = text(deed, "/StackName").filter(|_| known && is(deed, "cloudformation", &["DeleteStack"]))?;
    Some(named.split_once(":stack/").map_or(named, |(_, rest)| rest.split('/').next().unwrap_or(rest)))
}

fn one(deed: &Deed) -> Value {
    json!({"StackName": name(deed)})
}

fn template(deed: &Deed) -> Value {
    with(one(deed), json!({"TemplateStage": "Original"}))
}

fn stack<'a>(deed: &Deed, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
    let answer = found(answers, "cloudformation", "DescribeStacks", &one(deed))?;
    let gone = |stack: &&Value| word(stack, "/StackStatus") == Some("DELETE_COMPLETE");
    Ok(answer.map(|answer| at(answer, "/Stacks/0")).filter(|stack| !stack.is_null() && !gone(stack)))
}

fn status(stack: &Value) -> &str {
    word(stack, "/StackStatus").unwrap_or_default()
}

/// A template as text.
fn body(template: &Value) -> String {
    template.as_str().map_or_else(|| template.to_string(), str::to_owned)
}

/// Whether everything in the stack is known to hold nothing.
fn is_empty(deed: &Deed, answers: &Answers) -> bool {
    let told = found(answers, "cloudformation", "ListStackResources", &one(deed)).ok().flatten();
    let Some(told) = told.filter(|told| at(told, "/NextToken").is_null()) else { return false };
    let holds_nothing =
        |one: &Value| word(one, "/ResourceType").is_some_and(|kind| resource_type_bears(kind) == Bears::No);
    list(told, "/StackResourceSummaries").iter().all(holds_nothing)
}

impl Way for DeletedStack {
    fn name(&self) -> &'static str {
        "cloudformation/deleted-stack"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        name(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let mut reads = vec![read(deed, "cloudformation", "DescribeStacks", one(deed))];
        if let Ok(Some(_)) = stack(deed, so_far) {
            reads.push(read(deed, "cloudformation", "GetTemplate", template(deed)));
            reads.push(read(deed, "cloudformation", "GetStackPolicy", one(deed)));
            reads.push(read(deed, "cloudformation", "ListStackResources", one(deed)));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let stack = stack(deed, answers)?;
        let leaves = stack.is_some_and(|stack| status(stack) == "DELETE_IN_PROGRESS");
        let Some(stack) = stack.filter(|_| !leaves) else {
            return Ok(standing(Value::Null, json!({"busy": leaves})));
        };
        let working = status(stack).ends_with("_IN_PROGRESS");
        let told = found(answers, "cloudformation", "GetTemplate", &template(deed))?;
        let policy = found(answers, "cloudformation", "GetStackPolicy", &one(deed))?;
        let policy =
            policy.and_then(|policy| word(policy, "/StackPolicyBody")).filter(|body| !body.is_empty());
        let parameters = list(stack, "/Parameters").iter();
        let parameters = parameters.map(|one| only(one, &["ParameterKey", "ParameterValue"]));
        let more = json!({
            "TemplateBody": at(told.ok_or("the stack has no template")?, "/TemplateBody"),
            "StackPolicyBody": policy,
            "Parameters": sorted(parameters.collect()),
            "Capabilities": sorted(list(stack, "/Capabilities").to_vec()),
            "NotificationARNs": sorted(list(stack, "/NotificationARNs").to_vec()),
            "Tags": tags(at(stack, "/Tags")),
            "whole": !working && !FAILED.contains(&status(stack)),
        });
        let nested = !at(stack, "/ParentId").is_null();
        let found = json!({"busy": working, "nested": nested, "empty": is_empty(deed, answers)});
        Ok(standing(with(only(stack, KEPT), more), found))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let was = what(before);
        let text = body(at(was, "/TemplateBody"));
        let hidden = list(was, "/Parameters").iter().any(|one| word(one, "/ParameterValue") == Some(HIDDEN));
        let own = at(was, "/whole") == &Value::Bool(true)
            && at(before, "/handle/empty") == &Value::Bool(true)
            && at(before, "/handle/nested") == &Value::Bool(false);
        // What the template keeps would stand in the way of what it makes.
        let sayable = !hidden && !text.contains("Retain") && text.len() <= LONGEST;
        let lost = [
            "the ids, ARNs and addresses of its resources: whoever names the old ones must name the new ones",
            "what its resources held that the template does not tell",
        ];
        (own && sayable).then(|| Terms::lossy(30, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let name = name(deed).ok_or("the stack is not named")?;
        let (was, is) = (what(before), what(now));
        let waits = || wait(format!("wait for the stack {name}"));
        if !is.is_null() {
            return match busy(now) {
                true => Ok(vec![waits()]),
                false => Err(format!("the stack {name} that stands in its place is another, or failed")),
            };
        }
        let mut steps =
            if busy(now) { vec![wait(format!("wait until the stack {name} is gone"))] } else { Vec::new() };
        let more = json!({
            "StackName": name,
            "TemplateBody": body(at(was, "/TemplateBody")),
            "ClientRequestToken": token(deed, "stack"),
        });
        let members = ["Parameters", "Capabilities", "NotificationARNs", "Tags", "StackPolicyBody"];
        let mut make = with(with(only(was, KEPT), only(was, &members)), more);
        if let Some(members) = make.as_object_mut() {
            members.retain(|_, value| value != &json!([]) && value != &json!({}));
        }
        let create = call(deed, "cloudformation", "CreateStack", make);
        steps.push(step(format!("create the stack {name} again from its template"), create));
        steps.push(waits());
        Ok(steps)
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Next};

    use super::*;
    use crate::aws::testing;

    fn deed(arguments: Value) -> Deed {
        testing::deed("cloudformation", "DeleteStack", arguments)
    }

    /// The state, with the stack as it is told; of kinds that its resources are.
    fn state(deed: &Deed, stack: &Value, body: &str, kinds: &[&str]) -> Value {
        let resources: Vec<Value> = kinds.iter().map(|kind| json!({"ResourceType": kind})).collect();
        let mut answers = Answers::new();
        for _ in 0..2 {
            for read in DeletedStack.reads(deed, &answers) {
                let told = match read.call.operation.verb() {
                    "DescribeStacks" if stack.is_null() => None,
                    "DescribeStacks" => Some(json!({"Stacks": [stack]})),
                    "GetTemplate" => Some(json!({"TemplateBody": body})),
                    "ListStackResources" => Some(json!({"StackResourceSummaries": resources})),
                    _ => Some(json!({})),
                };
                answers.insert(read.key, told.map_or(Answer::NotFound, Answer::Found));
            }
        }
        DeletedStack.state(deed, &answers).unwrap()
    }

    fn stack(status: &str) -> Value {
        json!({"StackName": "site", "StackStatus": status, "Parameters": [{"ParameterKey": "P", "ParameterValue": "y"}]})
    }

    const TOPIC: &[&str] = &["AWS::SNS::Topic"];

    #[test]
    fn a_stack_is_waited_for_and_a_failed_one_is_no_stack() {
        let deed = deed(json!({"StackName": "arn:aws:cloudformation:us-east-1:123456789012:stack/site/1-2"}));
        let told = |status: &str| state(&deed, &stack(status), "{}", TOPIC);
        let before = told("UPDATE_COMPLETE");
        assert!(DeletedStack.terms(&deed, &before).is_some());
        let words = |now: &Value| -> Vec<String> {
            let steps = DeletedStack.back(&deed, &before, now).unwrap();
            steps.into_iter().map(|step| step.name).collect()
        };
        let leaving = words(&told("DELETE_IN_PROGRESS"));
        assert_eq!(leaving.len(), 3, "{leaving:?}");
        let gone = state(&deed, &Value::Null, "", &[]);
        assert_eq!(words(&gone), leaving[1..]);
        assert_eq!(words(&told("CREATE_IN_PROGRESS")), leaving[2..]);
        let done = told("CREATE_COMPLETE");
        assert_eq!(interlock_action::compared(&done), interlock_action::compared(&before));
        assert!(DeletedStack.back(&deed, &before, &told("ROLLBACK_COMPLETE")).is_err());
        let steps = DeletedStack.back(&deed, &before, &gone).unwrap();
        let Next::Call(call) = &steps[0].next else { panic!("{steps:?}") };
        assert_eq!(
            (&call.arguments["StackName"], &call.arguments["TemplateBody"]),
            (&json!("site"), &json!("{}"))
        );
    }

    #[test]
    fn what_holds_data_or_is_not_told_has_no_way() {
        let deed = deed(json!({"StackName": "site"}));
        let terms = |stack: &Value, body: &str, kinds: &[&str]| {
            DeletedStack.terms(&deed, &state(&deed, stack, body, kinds)).is_some()
        };
        let plain = stack("CREATE_COMPLETE");
        assert!(terms(&plain, "{}", TOPIC));
        for kind in [
            "AWS::SQS::Queue",
            "AWS::S3::Bucket",
            "AWS::DynamoDB::Table",
            "Custom::Nobody",
            "AWS::New::Thing",
        ] {
            assert!(!terms(&plain, "{}", &["AWS::SNS::Topic", kind]), "{kind}");
        }
        assert!(!terms(&plain, "{\"DeletionPolicy\": \"Retain\"}", TOPIC));
        assert!(!terms(&plain, &"x".repeat(LONGEST + 1), TOPIC));
        let mut hidden = plain.clone();
        hidden["Parameters"][0]["ParameterValue"] = json!("****");
        assert!(!terms(&hidden, "{}", TOPIC));
        let mut nested = plain;
        nested["ParentId"] = json!("arn:aws:cloudformation:us-east-1:123456789012:stack/other/1");
        assert!(!terms(&nested, "{}", TOPIC));
        assert!(!terms(&stack("DELETE_FAILED"), "{}", TOPIC));
    }

    #[test]
    fn what_keeps_some_of_it_has_no_way() {
        assert!(!DeletedStack.undoes(&deed(json!({"StackName": "site", "RetainResources": ["Q"]}))));
    }
}
