//! CloudFormation stacks: made, deleted, protected, turned back.
//!
//! A stack's deletion deletes everything that it holds, but for what the template keeps with `DeletionPolicy`. Each
//! thing is forecast as its own service's deletion would be, and its recovery point is made first; CloudFormation deletes
//! with its own parameters, so that no request can be changed to keep more. Protection from termination has CloudFormation
//! refuse. Reads: DescribeStacks, ListStackResources, GetTemplate, GetStackPolicy, then those of each thing.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, flag, live, text, texts},
        draft::{Draft, leading},
        generic::tell_plainly,
        tally::Tally,
        words,
    },
    bound, called, is, parts,
    parts::Part,
    plan, record, resources, subject, template,
};
const POLICY: &str = "policy of the stack";

/// The forecaster of stacks.
pub(in crate::forecast) struct Stack;

const OPERATIONS: [&str; 7] = [
    "CreateStack",
    "DeleteStack",
    "CancelUpdateStack",
    "UpdateTerminationProtection",
    "SetStackPolicy",
    "RollbackStack",
    "ContinueUpdateRollback",
];

fn deletes(action: &Action) -> bool {
    action.operation.verb() == "DeleteStack"
}

/// What goes with the stack.
fn taken(action: &Action, answers: &Answers) -> Vec<Part> {
    let mut parts = plan::everything(&resources(answers), template(answers), true);
    let kept = super::super::answer::strings(&action.arguments, "/RetainResources");
    for part in &mut parts {
        if kept.contains(&part.logical.as_str()) {
            part.keep = super::template::Keep::Retain;
        }
    }
    parts
}

impl Look for Stack {
    fn knows(&self, action: &Action) -> bool {
        is(action, &OPERATIONS) && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((stack, _)) = subject(action) else { return Vec::new() };
        match action.operation.verb() {
            "DeleteStack" => {
                let mut reads = super::reads(action, stack);
                reads.extend(parts::reads(action, &taken(action, so_far), so_far));
                reads
            }
            "SetStackPolicy" => {
                let arguments = json!({ "StackName": stack });
                vec![crate::call::read(action, POLICY, "cloudformation", "GetStackPolicy", arguments)]
            }
            _ => Vec::new(),
        }
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((stack, id)) = subject(action) else { return };
        let name = called(stack);
        if action.operation.verb() == "CreateStack" {
            return create(action, answers, name, &id, draft);
        }
        let record = match record(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => return unread(action, name, &id, &why, draft),
        };
        draft.bind(id.as_str(), bound(record));
        match action.operation.verb() {
            "DeleteStack" => delete(action, answers, name, &id, record, draft),
            "CancelUpdateStack" => {
                let what =
                    format!("the update of stack {name} is stopped, and what it changed is turned back");
                draft.change(&id, Kind::Stack, leading(action), what);
                draft.unknown("what the update has changed so far was not looked at");
                draft.observe(&id, Observed { data: Bears::No, ..Observed::default() });
                draft.reversibility = Reversibility::Lossy;
            }
            "UpdateTerminationProtection" => protection(action, name, &id, record, draft),
            "SetStackPolicy" => policy(action, answers, name, &id, draft),
            _ => {
                draft.unknown(format!("what turning stack {name} back would change was not looked at"));
                tell_plainly(action, draft);
            }
        }
    }
}

fn unread(action: &Action, name: &str, id: &TargetId, why: &str, draft: &mut Draft) {
    draft.unknown(format!("stack {name} could not be read: {why}"));
    if !deletes(action) {
        return tell_plainly(action, draft);
    }
    draft.change(id, Kind::Stack, Effect::Destroy, format!("stack {name}, unread, is deleted"));
    draft.lose_unread(
        &format!("stack {name}"),
        format!("whatever stack {name} holds: it could not be read"),
        why,
    );
}

fn create(action: &Action, answers: &Answers, name: &str, id: &TargetId, draft: &mut Draft) {
    match record(action, answers, id) {
        Live::Found(_) => {
            let refused = format!("there is a stack {name} already: the service will refuse");
            draft.change(id, Kind::Stack, Effect::Create, refused);
        }
        Live::Absent => {
            draft.change(id, Kind::Stack, Effect::Create, format!("stack {name} is made"));
            draft.reversibility = Reversibility::Lossy;
            draft.unknown("which resources its template makes was not looked at");
        }
        Live::Unread(why) => {
            draft.unknown(format!("whether there is a stack {name} could not be read: {why}"))
        }
    }
    if text(&action.arguments, "/TemplateURL").is_some() {
        draft.unknown("the template stands at an address: whoever can write there decides what is made");
    }
}

fn delete(action: &Action, answers: &Answers, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    let held = resources(answers);
    draft.gap(held.gap(&format!("resources of stack {name}")));
    let gone = taken(action, answers);
    let what = format!("stack {name} ({}) is deleted", words::count(gone.len() as u64, "resource"));
    draft.change(id, Kind::Stack, Effect::Destroy, what);
    if flag(record, "/EnableTerminationProtection") == Some(true) {
        let refused = format!("stack {name} is protected from termination: the service will refuse");
        draft.change(id, Kind::Stack, Effect::Destroy, refused);
    }
    let exports: Vec<&str> = texts(record, "/Outputs", "ExportName");
    if !exports.is_empty() {
        draft.depend(format!("stacks that import {}", words::some(&exports, 5)));
    }
    if text(record, "/ParentId").is_some() {
        draft.depend(format!("{name} is nested in another stack"));
    }
    if template(answers).is_none() {
        draft
            .unknown(format!("the template of stack {name} could not be read: nothing counts as kept by it"));
    }
    draft.reversibility = Reversibility::None;
    let sum = parts::tell(action, id, &gone, answers, draft);
    if held.complete() {
        draft.observe(id, Observed { data: sum.data(), ..Observed::default() });
        draft.secure(sum.securing());
        draft.reversibility = match (draft.secured(), draft.loses()) {
            (Some(Securing::Impossible(_)), _) => Reversibility::None,
            (_, true) => Reversibility::FromRecoveryPoint,
            (_, false) => Reversibility::Lossy,
        };
    } else {
        draft.lose(format!("what stack {name} holds beyond what was read"));
        draft.tally(Tally::unread());
        draft.secure(Securing::Impossible(format!("not everything that stack {name} holds was read")));
    }
}

fn protection(action: &Action, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    let now = flag(record, "/EnableTerminationProtection");
    let asked = flag(&action.arguments, "/EnableTerminationProtection");
    let word = |on: Option<bool>| match on {
        Some(true) => "on",
        Some(false) => "off",
        None => "not told",
    };
    let what = format!("termination protection of stack {name} goes from {} to {}", word(now), word(asked));
    draft.change_from(id, Kind::Stack, leading(action), what, now.map(Value::Bool), asked.map(Value::Bool));
    draft.reversibility = if now.is_some() { Reversibility::Exact } else { Reversibility::Lossy };
}

fn policy(action: &Action, answers: &Answers, name: &str, id: &TargetId, draft: &mut Draft) {
    let now = match live(answers, POLICY) {
        Live::Found(answer) => answer.get("StackPolicyBody").filter(|body| !body.is_null()).cloned(),
        Live::Absent => None,
        Live::Unread(why) => {
            draft.unknown(format!("the present policy of stack {name} could not be read: {why}"));
            draft.change(id, Kind::Stack, leading(action), format!("the policy of stack {name} is replaced"));
            return;
        }
    };
    draft.saw();
    draft.bind(format!("{id} policy"), now.clone().unwrap_or(Value::Null));
    let had = if now.is_some() { "replaced" } else { "set for good: a stack policy cannot be removed" };
    let asked = action.arguments.get("StackPolicyBody").cloned();
    let exact = now.is_some();
    let what = format!("the policy that says what updates of stack {name} may touch is {had}");
    draft.change_from(id, Kind::Stack, leading(action), what, now, asked);
    draft.reversibility = if exact { Reversibility::Exact } else { Reversibility::Lossy };
}

#[cfg(test)]
mod tests;
