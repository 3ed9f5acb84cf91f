//! How answers are looked into. What is missing is said to be unread, never taken for empty.

use interlock_action::{Action, Answer, Answers};
use serde_json::Value;

/// One thing as the live state has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Live<'a, T: ?Sized = Value> {
    /// It is there.
    Found(&'a T),
    /// The service says there is no such thing.
    Absent,
    /// Nobody could tell: why.
    Unread(String),
}

impl<'a, T: ?Sized> Live<'a, T> {
    /// The record, where there is one.
    pub(super) fn found(&self) -> Option<&'a T> {
        match self {
            Self::Found(value) => Some(value),
            Self::Absent | Self::Unread(_) => None,
        }
    }
}

/// The whole answer to a read.
pub(super) fn live<'a>(answers: &'a Answers, key: &str) -> Live<'a> {
    match answers.get(key) {
        Some(Answer::Found(value)) => Live::Found(value),
        Some(Answer::NotFound) => Live::Absent,
        Some(Answer::Unreadable(why)) => Live::Unread(why.clone()),
        None => Live::Unread("it was not asked for".to_owned()),
    }
}

/// What a listing gave.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Listed<'a> {
    /// All of them.
    All(Vec<&'a Value>),
    /// The first page; there are more.
    Page(Vec<&'a Value>),
    /// Nobody could tell: why.
    Unread(String),
}

impl<'a> Listed<'a> {
    /// The entries that were seen.
    pub(super) fn entries(&self) -> &[&'a Value] {
        match self {
            Self::All(entries) | Self::Page(entries) => entries,
            Self::Unread(_) => &[],
        }
    }

    /// Whether every entry was seen.
    pub(super) fn complete(&self) -> bool {
        matches!(self, Self::All(_))
    }

    /// What to say of what was not seen.
    pub(super) fn gap(&self, of: &str) -> Option<String> {
        match self {
            Self::All(_) => None,
            Self::Page(entries) => Some(format!("only the first {} {of} were looked at", entries.len())),
            Self::Unread(why) => Some(format!("{of} could not be read: {why}")),
        }
    }
}

/// Members of answers that say there is a next page.
const MORE: [&str; 8] = [
    "/Marker",
    "/NextMarker",
    "/NextToken",
    "/nextToken",
    "/NextContinuationToken",
    "/NextKeyMarker",
    "/LastEvaluatedBackupArn",
    "/NextVersionIdMarker",
];

/// The entries under a member of the answer. A service leaves an empty list in its answer; one that is missing was not
/// understood.
pub(super) fn listed<'a>(answers: &'a Answers, key: &str, member: &str) -> Listed<'a> {
    list(answers, key, member, false)
}

/// The same for flattened lists, of which an empty one leaves no trace in XML.
pub(super) fn listed_flat<'a>(answers: &'a Answers, key: &str, member: &str) -> Listed<'a> {
    list(answers, key, member, true)
}

fn list<'a>(answers: &'a Answers, key: &str, member: &str, flat: bool) -> Listed<'a> {
    let answer = match live(answers, key) {
        Live::Found(answer) => answer,
        Live::Absent => return Listed::All(Vec::new()),
        Live::Unread(why) => return Listed::Unread(why),
    };
    let entries: Vec<&Value> = match answer.get(member) {
        Some(Value::Array(entries)) => entries.iter().collect(),
        None | Some(Value::Null) if flat => Vec::new(),
        _ => return Listed::Unread(format!("the answer has no {member}")),
    };
    let cut = match answer.get("IsTruncated").and_then(Value::as_bool) {
        Some(cut) => cut,
        None => MORE.iter().any(|more| text(answer, more).is_some_and(|token| !token.is_empty())),
    };
    if cut { Listed::Page(entries) } else { Listed::All(entries) }
}

/// A text among the arguments.
pub(super) fn given<'a>(action: &'a Action, member: &str) -> Option<&'a str> {
    action.arguments.get(member)?.as_str()
}

/// The text at a pointer.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// The text at a pointer, or a dash.
pub(super) fn or_dash<'a>(value: &'a Value, pointer: &str) -> &'a str {
    text(value, pointer).unwrap_or("?")
}

/// The whole number at a pointer.
pub(super) fn number(value: &Value, pointer: &str) -> Option<u64> {
    let found = value.pointer(pointer)?;
    found.as_u64().or_else(|| found.as_str().and_then(|digits| digits.parse().ok()))
}

/// The truth value at a pointer.
pub(super) fn flag(value: &Value, pointer: &str) -> Option<bool> {
    value.pointer(pointer).and_then(Value::as_bool)
}

/// The entries of a list at a pointer; none if there is no list.
pub(super) fn entries<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The texts at `member` of each entry of a list.
pub(super) fn texts<'a>(value: &'a Value, pointer: &str, member: &str) -> Vec<&'a str> {
    entries(value, pointer).iter().filter_map(|entry| entry.get(member).and_then(Value::as_str)).collect()
}

/// The texts of a list of texts.
pub(super) fn strings<'a>(value: &'a Value, pointer: &str) -> Vec<&'a str> {
    entries(value, pointer).iter().filter_map(Value::as_str).collect()
}
