//! Tags that a request writes or removes.
//!
//! Which of them change is told by the tags as they are; the way back is exact where those could be read. Reads: the
//! tags of each target, as for every action.

use std::collections::BTreeMap;

use interlock_action::{Action, Answers, ClassifierWrite, Read, Relation, Reversibility};
use serde_json::json;

use super::super::{
    Look,
    draft::{Draft, leading},
};
use crate::rules::facts;

/// The forecaster of tag writes.
pub(in crate::forecast) struct TagWrites;

const VERBS: [&str; 22] = [
    "CreateTags",
    "DeleteTags",
    "TagResource",
    "UntagResource",
    "TagResources",
    "UntagResources",
    "AddTags",
    "RemoveTags",
    "AddTagsToResource",
    "RemoveTagsFromResource",
    "ChangeTagsForResource",
    "PutBucketTagging",
    "DeleteBucketTagging",
    "TagQueue",
    "UntagQueue",
    "TagLogGroup",
    "UntagLogGroup",
    "TagStream",
    "AddTagsToStream",
    "RemoveTagsFromStream",
    "CreateOrUpdateTags",
    "TagInstanceProfile",
];

impl Look for TagWrites {
    fn knows(&self, action: &Action) -> bool {
        VERBS.contains(&action.operation.verb())
    }

    fn wants(&self, _action: &Action, _so_far: &Answers) -> Vec<Read> {
        Vec::new()
    }

    fn tell(&self, action: &Action, _answers: &Answers, draft: &mut Draft) {
        let mut exact = true;
        for target in action.targets.iter().filter(|target| target.relation == Relation::Acts) {
            let tags = draft.seen(&target.id).and_then(|seen| seen.tags.clone());
            let name = target.name.as_deref().unwrap_or(target.id.as_str());
            let Some(tags) = tags else {
                exact = false;
                draft.fact(facts::EC2_TAGS_CHANGED, true, None);
                draft.unknown(format!("the tags of {name} could not be read"));
                continue;
            };
            let lines = changed(action, &tags);
            // A request whose writes the reader did not name may change anything.
            let changes = if action.writes.is_empty() { None } else { Some(!lines.is_empty()) };
            draft.fact(facts::EC2_TAGS_CHANGED, true, changes);
            draft.bind(target.id.as_str(), json!(tags));
            let what = if lines.is_empty() { "no tag changes".to_owned() } else { lines.join(", ") };
            draft.change(&target.id, target.kind, leading(action), format!("{name}: {what}"));
        }
        if draft.unchanged() {
            return;
        }
        draft.reversibility = if exact { Reversibility::Exact } else { Reversibility::None };
    }
}

/// What changes of the tags that are there. A tag that is new changes nothing of them.
fn changed(action: &Action, tags: &BTreeMap<String, String>) -> Vec<String> {
    let mut lines = Vec::new();
    for write in &action.writes {
        match write {
            ClassifierWrite::AllTags => {
                lines.extend(tags.iter().map(|(key, value)| format!("loses tag {key}={value}")));
            }
            ClassifierWrite::Tag { key, value: Some(value) } => match tags.get(key) {
                Some(now) if now == value => {}
                Some(now) => lines.push(format!("tag {key} changes from {now} to {value}")),
                None => {}
            },
            ClassifierWrite::Tag { key, value: None } => {
                lines.extend(tags.get(key).map(|now| format!("loses tag {key}={now}")));
            }
            ClassifierWrite::Name(_) => {}
        }
    }
    lines
}

#[cfg(test)]
mod tests;
