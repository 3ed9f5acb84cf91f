//! Lambda event source mappings: what feeds a function from a queue or a stream.
//!
//! A mapping that is turned off can be turned on again, and a queue keeps what waits for as long as its retention says; a
//! stream's mapping that is deleted forgets how far it had come. Reads: GetEventSourceMapping.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Relation, Reversibility, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, flag, live, or_dash, text},
        arn,
        compare::diff,
        draft::{Draft, leading},
    },
    is,
};

const MAPPING: &str = "the mapping";

/// The forecaster of event source mappings.
pub(in crate::forecast) struct EventSource;

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let uuid = text(&action.arguments, "/UUID")?;
    let own = |target: &&interlock_action::Target| {
        target.relation == Relation::Acts && target.id.as_str().contains("event-source-mapping")
    };
    let id = action.targets.iter().find(own).map(|target| target.id.clone());
    Some((uuid, id.unwrap_or_else(|| TargetId::new(uuid))))
}

impl Look for EventSource {
    fn knows(&self, action: &Action) -> bool {
        is(action, &["UpdateEventSourceMapping", "DeleteEventSourceMapping"]) && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((uuid, _)) = subject(action) else { return Vec::new() };
        vec![crate::call::read(action, MAPPING, "lambda", "GetEventSourceMapping", json!({ "UUID": uuid }))]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((uuid, id)) = subject(action) else { return };
        let now = match live(answers, MAPPING) {
            Live::Found(now) => now,
            Live::Absent => {
                draft.saw();
                draft.observe(&id, Observed { exists: Some(false), data: Bears::No, ..Observed::default() });
                return;
            }
            Live::Unread(why) => {
                draft.unknown(format!("mapping {uuid} could not be read: {why}"));
                return draft.change(&id, Kind::Other, leading(action), format!("mapping {uuid}, unread"));
            }
        };
        draft.saw();
        draft.observe(&id, Observed { exists: Some(true), data: Bears::No, ..Observed::default() });
        draft.bind(
            id.as_str(),
            json!({
                "State": now.get("State"), "FunctionArn": now.get("FunctionArn"),
                "EventSourceArn": now.get("EventSourceArn"), "BatchSize": now.get("BatchSize"),
            }),
        );
        let function = text(now, "/FunctionArn").map(arn::last).unwrap_or("?");
        let source = text(now, "/EventSourceArn").map(arn::last).unwrap_or("its source");
        draft.depend(format!("function {function} takes what comes from {source}"));
        if let (Some(function), Some(source)) = (text(now, "/FunctionArn"), text(now, "/EventSourceArn")) {
            draft.reaches(&id, [TargetId::new(function), TargetId::new(source)]);
        }
        if action.operation.verb() == "DeleteEventSourceMapping" {
            let what = format!("{function} no longer takes what comes from {source}; the mapping is deleted");
            draft.change(&id, Kind::Other, Effect::Destroy, what);
            draft.unknown(format!("how far the mapping of {source} had come is forgotten with it"));
            draft.reversibility = Reversibility::Lossy;
            return;
        }
        let mut sets = action.arguments.as_object().into_iter().flat_map(|members| members.keys());
        let only = sets.all(|member| ["UUID", "Enabled", "BatchSize"].contains(&member.as_str()));
        if let Some(on) = flag(&action.arguments, "/Enabled") {
            let (effect, verb) = match on {
                true => (leading(action), "takes again"),
                false => (Effect::Interrupt, "no longer takes"),
            };
            let before = Some(json!(or_dash(now, "/State")));
            let what = format!("{function} {verb} what comes from {source}");
            draft.change_from(&id, Kind::Other, effect, what, before, Some(Value::Bool(on)));
        }
        if let Some(other) = text(&action.arguments, "/FunctionName") {
            let what = format!("what comes from {source} goes to {other}, no longer to {function}");
            draft.change(&id, Kind::Other, leading(action), what);
        }
        diff::changes(action, &id, Kind::Other, now, draft);
        draft.reversibility = if only { Reversibility::Exact } else { Reversibility::Lossy };
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Effect, Kind, Reversibility, Survey};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, survey, target};

    const ID: &str = "arn:aws:lambda:us-east-1:111122223333:event-source-mapping:u-1";

    fn look(operation: &str, mut arguments: Value) -> Survey {
        arguments["UUID"] = json!("u-1");
        let mut asked = action("lambda", operation, arguments);
        asked.targets = vec![target(ID, Kind::Other, "u-1")];
        survey(&asked, |operation, _| match operation {
            "GetEventSourceMapping" => found(json!({
                "UUID": "u-1", "State": "Enabled", "BatchSize": 10,
                "FunctionArn": "arn:aws:lambda:us-east-1:111122223333:function:pay",
                "EventSourceArn": "arn:aws:sqs:us-east-1:111122223333:jobs",
            })),
            _ => Answer::NotFound,
        })
    }

    #[test]
    fn off_can_be_on_again_and_gone_cannot() {
        let off = look("UpdateEventSourceMapping", json!({"Enabled": false}));
        assert_eq!(off.forecast.changes[0].effect, Effect::Interrupt);
        assert_eq!(off.forecast.reversibility, Reversibility::Exact);
        assert_eq!(off.observed[&ID.into()].attached_to.len(), 2);
        let smaller = look("UpdateEventSourceMapping", json!({"BatchSize": 1}));
        assert!(smaller.forecast.changes[0].what.contains("BatchSize changes from 10 to 1"));
        let other = look("UpdateEventSourceMapping", json!({"FunctionName": "steal"}));
        assert_eq!(other.forecast.reversibility, Reversibility::Lossy);
        let gone = look("DeleteEventSourceMapping", json!({}));
        assert_eq!(gone.forecast.reversibility, Reversibility::Lossy);
    }
}
