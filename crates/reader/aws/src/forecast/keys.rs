//! Whether the encryption key of a recovery point is there: a snapshot whose key is gone restores nothing.

use interlock_action::{Action, Answers, Read};
use serde_json::json;

use super::{
    answer::{Live, live, text},
    draft::Draft,
    tally::Tally,
};

/// Of one survey so many keys are looked at.
const MOST: usize = 5;

fn key(id: &str) -> String {
    format!("key {id}")
}

/// The reads of the distinct keys.
pub(super) fn reads<'a>(action: &Action, ids: impl IntoIterator<Item = &'a str>) -> Vec<Read> {
    let mut seen: Vec<&str> = Vec::new();
    for id in ids {
        if !seen.contains(&id) && seen.len() < MOST {
            seen.push(id);
        }
    }
    seen.into_iter()
        .map(|id| crate::call::read(action, key(id), "kms", "DescribeKey", json!({ "KeyId": id })))
        .collect()
}

/// Counts a recovery point, if the key is there that it is closed with: `point` is its id and what it is.
pub(super) fn count(
    answers: &Answers,
    key: Option<&str>,
    point: (&str, String),
    survives: bool,
    (tally, draft): (&mut Tally, &mut Draft),
) {
    let (id, what) = point;
    match usable(answers, key) {
        Usable::Yes => tally.have(id, what, survives),
        Usable::No(why) => tally.uncounted(id, format!("{what}: not counted, {why}")),
        Usable::Unread(why) => {
            tally.partial();
            draft.unknown(format!("{what} is not counted: {why}"));
            tally.uncounted(id, format!("{what}: not counted, its key could not be read"));
        }
    }
}

/// What is known of a key.
enum Usable {
    /// It opens what it closed.
    Yes,
    /// It does not: why.
    No(String),
    /// Nobody could tell: why.
    Unread(String),
}

/// Whether the key can be used; without a key there is nothing that could be missing.
fn usable(answers: &Answers, id: Option<&str>) -> Usable {
    let Some(id) = id else { return Usable::Yes };
    match live(answers, &key(id)) {
        Live::Found(answer) => match text(answer, "/KeyMetadata/KeyState") {
            Some("Enabled") => Usable::Yes,
            Some(state) => Usable::No(format!("its key {id} is {state}")),
            None => Usable::Unread(format!("the state of key {id} is not told")),
        },
        Live::Absent => Usable::No(format!("its key {id} does not exist")),
        Live::Unread(why) => Usable::Unread(format!("key {id} could not be read: {why}")),
    }
}
