//! CloudFormation change sets: making one has a change worked out, dropping one changes no resource.
//!
//! What a change set would do is told when it is executed. Making one for a stack that is not there yet leaves an empty
//! stack in review. Where it takes the stack's own template again, that is read for macros; where the stack keeps a role,
//! that is who works it out. Reads: DescribeStacks, DescribeChangeSet, GetTemplate.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Relation, Reversibility, TargetId,
};
use serde_json::{Map, Value, json};

use super::{
    super::{
        Look,
        answer::{Live, live, text},
        draft::Draft,
    },
    called, is, record, subject,
};
use crate::{rules::facts, stack_template};

const SET: &str = "the change set";

/// The forecaster of change sets that are made and dropped.
pub(in crate::forecast) struct ChangeSet;

fn named(action: &Action) -> Option<(&str, Value)> {
    let name = text(&action.arguments, "/ChangeSetName")?;
    let mut arguments = Map::from_iter([("ChangeSetName".to_owned(), json!(name))]);
    if let Some(stack) = text(&action.arguments, "/StackName") {
        arguments.insert("StackName".to_owned(), json!(stack));
    }
    Some((name, Value::Object(arguments)))
}

/// The target that is the change set.
fn id(action: &Action) -> TargetId {
    let own = |target: &&interlock_action::Target| {
        target.id.as_str().contains(":changeSet/") && target.relation != Relation::Reaches
    };
    let any = action.targets.iter().find(own).or_else(|| action.targets.first());
    any.map_or_else(|| TargetId::new("the change set"), |target| target.id.clone())
}

impl Look for ChangeSet {
    fn knows(&self, action: &Action) -> bool {
        is(action, &["CreateChangeSet", "DeleteChangeSet"]) && named(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((_, arguments)) = named(action) else { return Vec::new() };
        let mut reads =
            vec![crate::call::read(action, SET, "cloudformation", "DescribeChangeSet", arguments)];
        if let Some((stack, _)) = subject(action).filter(|_| again(action)) {
            reads.push(super::original_read(action, stack));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, _)) = named(action) else { return };
        let (name, id) = (super::super::arn::last(name), id(action));
        let exists = match live(answers, SET) {
            Live::Found(set) => {
                draft.saw();
                draft.bind(id.as_str(), json!({ "ChangeSetId": set.get("ChangeSetId") }));
                Some(true)
            }
            Live::Absent => {
                draft.saw();
                Some(false)
            }
            Live::Unread(why) => {
                draft.unknown(format!("change set {name} could not be read: {why}"));
                None
            }
        };
        draft.observe(&id, Observed { exists, data: Bears::No, ..Observed::default() });
        match (action.operation.verb(), exists) {
            ("CreateChangeSet", Some(true)) => {
                let refused = format!("there is a change set {name} already: the service will refuse");
                draft.change(&id, Kind::Other, Effect::Create, refused);
            }
            ("CreateChangeSet", _) => {
                runs(action, answers, draft);
                made(action, answers, name, &id, draft);
            }
            (_, Some(false)) => {}
            _ => {
                let what = format!("change set {name} is dropped; no resource of the stack is touched");
                draft.change(&id, Kind::Other, Effect::Destroy, what);
                draft.reversibility = Reversibility::Lossy;
            }
        }
    }
}

/// Whether it takes the template that the stack has once more.
fn again(action: &Action) -> bool {
    is(action, &["CreateChangeSet"]) && action.arguments.get("UsePreviousTemplate") == Some(&json!(true))
}

/// What runs, and as whom, when a change set is worked out, as far as the stack itself decides that.
fn runs(action: &Action, answers: &Answers, draft: &mut Draft) {
    let Some((stack, id)) = subject(action) else { return };
    if again(action) {
        let expands = match super::original(answers) {
            Live::Found(body) => Some(stack_template::expands(body)),
            Live::Absent => Some(false),
            Live::Unread(why) => {
                draft.unknown(format!("the template of stack {} could not be read: {why}", called(stack)));
                None
            }
        };
        draft.fact(facts::CLOUDFORMATION_PREVIOUS_EXPANDS, true, expands);
    }
    let stored = match record(action, answers, &id) {
        Live::Found(record) => {
            draft.bind(format!("{id} role"), json!(super::role(record)));
            Some(super::role(record).is_some())
        }
        Live::Absent => Some(false),
        Live::Unread(_) => None,
    };
    draft.fact(facts::CLOUDFORMATION_ROLE_STORED, true, stored);
}

fn made(action: &Action, answers: &Answers, name: &str, id: &TargetId, draft: &mut Draft) {
    let what = format!("change set {name} is worked out; nothing is carried out");
    draft.change(id, Kind::Other, Effect::Create, what);
    draft.reversibility = Reversibility::Exact;
    let Some((stack, stack_id)) = subject(action) else { return };
    if record(action, answers, &stack_id) == Live::Absent {
        let what = format!("stack {} is made, empty and in review", called(stack));
        draft.change(&stack_id, Kind::Stack, Effect::Create, what);
    }
    if text(&action.arguments, "/ChangeSetType") == Some("IMPORT") {
        draft.depend("resources that are there already would come under the stack".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Effect, Kind, Securing};
    use serde_json::json;

    use crate::forecast::testing::{action, found, having, survey, target};
    use crate::rules::facts;

    const ID: &str = "arn:aws:cloudformation:us-east-1:111122223333:changeSet/next";

    #[test]
    fn dropping_a_plan_is_no_loss() {
        let asked = json!({"ChangeSetName": "next", "StackName": "school"});
        let mut drop = having(action("cloudformation", "DeleteChangeSet", asked), Effect::Update);
        drop.targets = vec![target(ID, Kind::Other, "next")];
        let seen = survey(&drop, |_, _| found(json!({"ChangeSetId": "arn:x", "Status": "CREATE_COMPLETE"})));
        assert_eq!(seen.securing, Securing::NotNeeded);
        assert!(seen.forecast.changes[0].what.contains("no resource of the stack is touched"));
        let blind = survey(&drop, |_, _| Answer::Unreadable("denied".to_owned()));
        assert_eq!(blind.observed[&ID.into()].exists, None);
        assert!(blind.forecast.data_loss.is_empty() && !blind.forecast.unknowns.is_empty());
    }

    #[test]
    fn a_stack_says_what_runs_and_as_whom() {
        let stack = "arn:aws:cloudformation:us-east-1:111122223333:stack/school/*";
        let asked = json!({"ChangeSetName": "next", "StackName": "school", "UsePreviousTemplate": true});
        let mut make = having(action("cloudformation", "CreateChangeSet", asked), Effect::Create);
        make.targets = vec![target(ID, Kind::Other, "next"), target(stack, Kind::Stack, "school")];
        make.targets[1].relation = interlock_action::Relation::Source;
        let seen = |body: Answer, role: Option<&str>| {
            let seen = survey(&make, |operation, arguments| match operation {
                "GetTemplate" => {
                    assert_eq!(arguments["TemplateStage"], "Original");
                    body.clone()
                }
                "DescribeStacks" => found(json!({"Stacks": [{"StackName": "school", "RoleARN": role}]})),
                _ => Answer::NotFound,
            });
            let fact = |name: &str| seen.facts.get(name).and_then(serde_json::Value::as_bool);
            (fact(facts::CLOUDFORMATION_PREVIOUS_EXPANDS), fact(facts::CLOUDFORMATION_ROLE_STORED))
        };
        let body = |text: &str| found(json!({ "TemplateBody": text }));
        assert_eq!(seen(body("Resources: {}"), None), (Some(false), Some(false)));
        assert_eq!(
            seen(body("Transform: Evil"), Some("arn:aws:iam::1:role/admin")),
            (Some(true), Some(true))
        );
        assert_eq!(seen(Answer::Unreadable("denied".to_owned()), None), (None, Some(false)));
    }
}
