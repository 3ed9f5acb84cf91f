//! Requests that replace a setting: the present one is read, the two are compared, and the present one is what the way
//! back would put again.
//!
//! One row a request in [`super::rows`] and [`super::whole`]: the read, the fact that it answers, and the comparison.

use interlock_action::{Action, Answers, Read, Relation, Reversibility};
use serde_json::Value;

use super::{
    super::{
        Look,
        answer::{Live, live},
        draft::{Draft, leading},
        generic::tell_plainly,
    },
    rows, whole,
};

/// The forecaster of replaced settings.
pub(in crate::forecast) struct Settings;

/// One request whose danger depends on what is there now.
pub(super) struct Setting {
    /// The service of the request, and of the read unless that names another.
    pub(super) service: &'static str,
    /// The request.
    pub(super) operation: &'static str,
    /// The read: its service, operation and parameters; `None` where the request names too little.
    pub(super) read: fn(&Action) -> Option<(&'static str, &'static str, Value)>,
    /// The fact that it answers: true is worst.
    pub(super) fact: &'static str,
    /// The fact's value; `None` is unknown.
    pub(super) judge: fn(&Action, &Live<'_>) -> Option<bool>,
    /// The setting in words.
    pub(super) words: &'static str,
    /// The present setting's member in the answer; nothing where it is not shown.
    pub(super) shown: &'static str,
    /// Whether putting the present setting again takes the request back wholly.
    pub(super) exact: bool,
}

/// A fact that is known only from a found answer; where there is nothing yet it is false.
pub(super) fn compared(answer: &Live<'_>, found: impl Fn(&Value) -> Option<bool>) -> Option<bool> {
    match answer {
        Live::Found(answer) => found(answer),
        Live::Absent => Some(false),
        Live::Unread(_) => None,
    }
}

const KEY: &str = "setting";
/// Longer settings are bound, not shown.
const LONGEST: usize = 4000;

fn row(action: &Action) -> Option<&'static Setting> {
    let fits = |row: &&Setting| {
        row.service == action.operation.service() && row.operation == action.operation.verb()
    };
    rows::ROWS.iter().chain(whole::ROWS).find(fits)
}

impl Look for Settings {
    fn knows(&self, action: &Action) -> bool {
        row(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let asked = row(action).and_then(|row| (row.read)(action));
        let (service, operation, arguments) = match asked {
            Some(asked) => asked,
            None => return Vec::new(),
        };
        vec![crate::call::read(action, KEY, service, operation, arguments)]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(row) = row(action) else { return };
        let answer = live(answers, KEY);
        let value = (row.judge)(action, &answer);
        draft.fact(row.fact, true, value);
        if !action.mutates() {
            // Nothing is written: what was asked is only what it is that would be read.
            match &answer {
                Live::Unread(why) => draft.unknown(format!("the {} could not be read: {why}", row.words)),
                _ => draft.saw(),
            }
            return;
        }
        tell_plainly(action, draft);
        let present = match &answer {
            Live::Found(answer) => answer.pointer(row.shown).filter(|_| !row.shown.is_empty()).cloned(),
            Live::Absent => None,
            Live::Unread(why) => {
                draft.unknown(format!("the present {} could not be read: {why}", row.words));
                return;
            }
        };
        draft.saw();
        let Some(target) = action
            .targets
            .iter()
            .find(|target| target.relation == Relation::Acts)
            .or_else(|| action.targets.iter().find(|target| target.relation != Relation::Reaches))
        else {
            return;
        };
        let bound = present.clone().or_else(|| answer.found().cloned()).unwrap_or(Value::Null);
        draft.bind(format!("{} {}", target.id, row.words), super::super::draft::digest(&bound));
        if row.exact {
            draft.reversibility = Reversibility::Exact;
        }
        if draft.seen(&target.id).and_then(|seen| seen.exists) == Some(false) {
            // It will be made, or the service will refuse: whoever closes the survey knows which.
            return;
        }
        let shown = present.filter(|present| present.to_string().len() <= LONGEST);
        let state = match (value, answer.found()) {
            (_, None) => "there is none now",
            (Some(true), _) => "the present one is given up",
            (Some(false), _) => "nothing of the present one is given up",
            (None, _) => "how it compares could not be told",
        };
        let of = target.name.as_deref().unwrap_or(target.id.as_str());
        let what = format!("the {} of {of} is written: {state}", row.words);
        draft.change_from(&target.id, target.kind, leading(action), what, shown, None);
    }
}

#[cfg(test)]
mod tests;
