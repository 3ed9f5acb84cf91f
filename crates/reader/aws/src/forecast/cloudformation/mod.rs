//! CloudFormation: stacks, their updates, change sets, stack sets.

mod calls;
pub(super) mod change_set;
mod kinds;
mod parts;
mod plan;
mod properties;
mod sends;
pub(super) mod stack;
pub(super) mod stack_set;
mod template;
mod touch;
pub(super) mod update;

use interlock_action::{Action, Answers, Bears, Kind, Read, Relation, TargetId};
use serde_json::{Value, json};

use super::{
    answer::{Listed, Live, listed, live, text},
    existence,
};

const RESOURCES: &str = "resources of the stack";
const TEMPLATE: &str = "template of the stack";
const ORIGINAL: &str = "template of the stack as it was given";

/// Whether a resource of a type that templates name bears data. What is part of the record of what happened does.
pub fn resource_type_bears(kind: &str) -> Bears {
    if kinds::records(kind) { Bears::Yes } else { kinds::bears(kind) }
}

/// Whether it is this operation.
fn is(action: &Action, verbs: &[&str]) -> bool {
    action.operation.service() == "cloudformation" && verbs.contains(&action.operation.verb())
}

/// The stack that the request names, and its target.
fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = action.arguments.get("StackName")?.as_str()?;
    let stack = |target: &&interlock_action::Target| {
        target.kind == Kind::Stack && target.relation != Relation::Reaches
    };
    let id = action.targets.iter().find(stack).map(|target| target.id.clone());
    Some((name, id.unwrap_or_else(|| TargetId::new(name))))
}

/// The name that people know a stack by.
fn called(given: &str) -> &str {
    let resource = super::arn::parse(given).map(|arn| arn.resource);
    resource.and_then(|resource| resource.split('/').nth(1)).unwrap_or(given)
}

/// The reads of what a stack holds and of its template.
fn reads(action: &Action, stack: &str) -> Vec<Read> {
    let read = |key: &str, operation: &str| {
        crate::call::read(action, key, "cloudformation", operation, json!({ "StackName": stack }))
    };
    vec![read(RESOURCES, "ListStackResources"), read(TEMPLATE, "GetTemplate")]
}

/// The read of the template as it was given, before macros and transforms made another of it.
fn original_read(action: &Action, stack: &str) -> Read {
    let arguments = json!({"StackName": stack, "TemplateStage": "Original"});
    crate::call::read(action, ORIGINAL, "cloudformation", "GetTemplate", arguments)
}

/// The template as it was given.
fn original(answers: &Answers) -> Live<'_, str> {
    match live(answers, ORIGINAL) {
        Live::Found(answer) => match text(answer, "/TemplateBody") {
            Some(body) => Live::Found(body),
            None => Live::Unread("the answer has no text".to_owned()),
        },
        Live::Absent => Live::Absent,
        Live::Unread(why) => Live::Unread(why),
    }
}

/// The role that the stack keeps, if it does: CloudFormation takes it where a request names none.
fn role(record: &Value) -> Option<&str> {
    text(record, "/RoleARN").filter(|role| !role.is_empty())
}

/// What a stack holds.
fn resources(answers: &Answers) -> Listed<'_> {
    listed(answers, RESOURCES, "StackResourceSummaries")
}

/// The template that the stack was last brought to, with all that macros and transforms made of it.
fn template(answers: &Answers) -> Option<&str> {
    match live(answers, TEMPLATE) {
        Live::Found(answer) => text(answer, "/TemplateBody"),
        Live::Absent | Live::Unread(_) => None,
    }
}

/// The stack's record.
fn record<'a>(action: &Action, answers: &'a Answers, id: &TargetId) -> Live<'a> {
    existence::of(action, answers, id)
}

/// The fields of a stack that an approval is bound to.
fn bound(record: &Value) -> Value {
    json!({
        "StackId": record.get("StackId"),
        "LastUpdatedTime": record.get("LastUpdatedTime"),
        "EnableTerminationProtection": record.get("EnableTerminationProtection"),
        "RoleARN": record.get("RoleARN"),
    })
}
