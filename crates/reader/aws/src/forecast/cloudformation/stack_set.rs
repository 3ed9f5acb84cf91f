//! CloudFormation stack sets: what they change stands in other accounts and regions.
//!
//! Interlock reads which accounts and regions the instances are in, and nothing of what they hold: a stack set's deletion
//! needs it to be empty, everything else may change or delete resources in every one of them, and nobody here can make a
//! recovery point there. Reads: DescribeStackSet, ListStackInstances.

use interlock_action::{Action, Answers, Effect, Read, Relation, Reversibility, Securing, TargetId};
use serde_json::json;

use super::super::{
    Look,
    answer::{Live, listed, live, text},
    draft::{Draft, leading},
    tally::Tally,
    words,
};

const SET: &str = "stack set";
const INSTANCES: &str = "stack instances";

/// The forecaster of stack sets.
pub(in crate::forecast) struct StackSet;

fn name(action: &Action) -> Option<&str> {
    text(&action.arguments, "/StackSetName")
}

impl Look for StackSet {
    fn knows(&self, action: &Action) -> bool {
        let verbs = [
            "UpdateStackSet",
            "DeleteStackSet",
            "CreateStackInstances",
            "UpdateStackInstances",
            "DeleteStackInstances",
        ];
        super::is(action, &verbs) && name(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let arguments = json!({ "StackSetName": name(action) });
        let read = |key: &str, operation: &str| {
            crate::call::read(action, key, "cloudformation", operation, arguments.clone())
        };
        vec![read(SET, "DescribeStackSet"), read(INSTANCES, "ListStackInstances")]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(name) = name(action) else { return };
        let acts = action.targets.iter().find(|target| target.relation == Relation::Acts);
        let any = acts.or_else(|| action.targets.first());
        let id = any.map_or_else(|| TargetId::new(name), |target| target.id.clone());
        let kind = any.map(|target| target.kind).unwrap_or_default();
        match live(answers, SET) {
            Live::Found(answer) => {
                draft.saw();
                draft.bind(id.as_str(), json!({ "StackSetId": answer.pointer("/StackSet/StackSetId") }));
            }
            Live::Absent => {
                draft.saw();
                let refused = format!("there is no stack set {name}: the service will refuse");
                draft.change(&id, kind, leading(action), refused);
                return;
            }
            Live::Unread(why) => draft.unknown(format!("stack set {name} could not be read: {why}")),
        }
        let instances = listed(answers, INSTANCES, "Summaries");
        draft.gap(instances.gap(&format!("instances of stack set {name}")));
        let places: Vec<String> = instances.entries().iter().map(|one| place(one)).collect();
        let many = words::count(places.len() as u64, "instance");
        let where_ = if places.is_empty() { String::new() } else { format!(": {}", words::some(&places, 8)) };
        draft.bind(format!("{id} instances"), json!(places));
        let empty = instances.complete() && places.is_empty();
        let effect = leading(action);
        let verb = match action.operation.verb() {
            "DeleteStackSet" if !empty => "is to be deleted; the service will refuse while it has instances",
            "DeleteStackSet" => "is deleted",
            "DeleteStackInstances" => "loses instances, and their stacks are deleted unless retained",
            "CreateStackInstances" => "makes stacks in further accounts or regions",
            _ => "is changed, and the stacks of its instances with it",
        };
        draft.change(&id, kind, effect, format!("stack set {name} ({many}{where_}) {verb}"));
        draft.reversibility = Reversibility::None;
        let deep = !matches!(action.operation.verb(), "DeleteStackSet" | "CreateStackInstances");
        if !deep || empty {
            return;
        }
        draft.unknown(format!(
            "what the stacks of {name} hold in those accounts and regions was not looked at"
        ));
        if effect == Effect::Destroy || action.operation.verb() != "DeleteStackInstances" {
            draft.lose(format!("whatever the stacks of {name} lose: it was not looked at"));
            draft.tally(Tally::unread());
            let why = format!("nobody here can make recovery points where the stacks of {name} are");
            draft.secure(Securing::Impossible(why));
        }
    }
}

fn place(instance: &serde_json::Value) -> String {
    let of = |member: &str| text(instance, member).unwrap_or("?").to_owned();
    format!("{} {}", of("/Account"), of("/Region"))
}

#[cfg(test)]
mod tests {
    use interlock_action::{Kind, Securing};
    use serde_json::json;

    use crate::forecast::testing::{action, found, survey, target};

    #[test]
    fn other_accounts_are_named_and_not_promised_for() {
        let mut delete = action(
            "cloudformation",
            "DeleteStackInstances",
            json!({
                "StackSetName": "baseline", "Regions": ["us-east-1"], "RetainStacks": false,
            }),
        );
        let id = "arn:aws:cloudformation:us-east-1:111122223333:stackset/baseline:*";
        delete.targets = vec![target(id, Kind::Stack, "baseline")];
        let seen = survey(&delete, |operation, _| match operation {
            "DescribeStackSet" => found(json!({"StackSet": {"StackSetId": "baseline:1"}})),
            _ => found(json!({"Summaries": [{"Account": "444455556666", "Region": "us-east-1"}]})),
        });
        assert!(seen.forecast.changes[0].what.contains("444455556666 us-east-1"));
        assert!(matches!(seen.securing, Securing::Impossible(_)));
        assert_eq!(seen.forecast.recovery.after, None);
    }
}
