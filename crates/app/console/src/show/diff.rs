//! What would be different: first structure, attribute by attribute, then text line by line. In pages, so that a long one hides
//! nothing: every change is named before it, and no line of it is left out.

use interlock_action::Change;
use interlock_api::{PlannedChange, exact, planned, visible};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

/// Lines on one page.
pub(crate) const LINES: usize = 400;

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It names a change.
    Head,
    /// It would be there.
    Plus,
    /// It would be gone.
    Minus,
    /// It would be another.
    Swap,
    /// It stays, and stands here for what is around it.
    Same,
}

impl Mark {
    /// Its class in the page.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Plus => "plus",
            Self::Minus => "minus",
            Self::Swap => "swap",
            Self::Same => "same",
        }
    }
    /// Its sign: colour is never alone.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Head | Self::Same => " ",
            Self::Plus => "+",
            Self::Minus => "−",
            Self::Swap => "~",
        }
    }
    /// Its sign in words, for whoever listens.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Head | Self::Same => "",
            Self::Plus => "added: ",
            Self::Minus => "removed: ",
            Self::Swap => "changed: ",
        }
    }
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) mark: Mark,
    pub(crate) text: String,
}

impl Line {
    fn new(mark: Mark, text: impl AsRef<str>) -> Self {
        Self { mark, text: visible(text.as_ref()) }
    }
}

/// One page of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DiffPage {
    pub(crate) lines: Vec<Line>,
    /// Which, from 1.
    pub(crate) page: usize,
    pub(crate) pages: usize,
    pub(crate) of: usize,
}

/// A page of the differences of a request.
pub(crate) fn page(arguments: &Value, changes: &[Change], page: usize) -> DiffPage {
    let all = lines(arguments, changes);
    let pages = all.len().div_ceil(LINES).max(1);
    let page = page.clamp(1, pages);
    let of = all.len();
    let lines = all.into_iter().skip((page - 1).saturating_mul(LINES)).take(LINES).collect();
    DiffPage { lines, page, pages, of }
}

fn lines(arguments: &Value, changes: &[Change]) -> Vec<Line> {
    let plan = planned(arguments);
    if !plan.is_empty() {
        return plan.iter().flat_map(of_plan).collect();
    }
    let mut lines: Vec<Line> = changes.iter().flat_map(of_change).collect();
    lines.push(Line::new(Mark::Head, "the call's arguments"));
    lines.extend(pretty(arguments).lines().map(|line| Line::new(Mark::Same, line)));
    lines
}

fn of_plan(change: &PlannedChange) -> Vec<Line> {
    let mut lines = vec![Line::new(Mark::Head, &change.says)];
    for attribute in &change.attributes {
        let after =
            if attribute.later { Some("known once it is applied") } else { attribute.after.as_deref() };
        let forces = if attribute.forces { " (forces the replacement)" } else { "" };
        let name = &attribute.name;
        match (&attribute.before, after) {
            (Some(before), Some(after)) if is_text(before) && is_text(after) => {
                lines.push(Line::new(Mark::Swap, format!("{name}{forces}:")));
                lines.extend(of_text(&unquoted(before), &unquoted(after)));
            }
            (Some(before), Some(after)) => {
                lines.push(Line::new(Mark::Swap, format!("{name}: {before} → {after}{forces}")));
            }
            (Some(before), None) => lines.push(Line::new(Mark::Minus, format!("{name}: {before}{forces}"))),
            (None, after) => {
                lines.push(Line::new(Mark::Plus, format!("{name}: {}{forces}", after.unwrap_or("nothing"))));
            }
        }
    }
    lines
}

fn of_change(change: &Change) -> Vec<Line> {
    let mut lines =
        vec![Line::new(Mark::Head, format!("{} ({})", change.what, exact(change.target.as_str())))];
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => lines.extend(of_text(&pretty(before), &pretty(after))),
        (Some(before), None) => {
            lines.extend(pretty(before).lines().map(|line| Line::new(Mark::Minus, line)));
        }
        (None, Some(after)) => lines.extend(pretty(after).lines().map(|line| Line::new(Mark::Plus, line))),
        (None, None) => {}
    }
    lines
}

/// Line by line, with three lines around what differs.
fn of_text(before: &str, after: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(before, after);
    let changes =
        diff.grouped_ops(3).into_iter().flatten().flat_map(|op| diff.iter_changes(&op).collect::<Vec<_>>());
    let line = |change: similar::Change<&str>| {
        let mark = match change.tag() {
            ChangeTag::Delete => Mark::Minus,
            ChangeTag::Insert => Mark::Plus,
            ChangeTag::Equal => Mark::Same,
        };
        Line::new(mark, format!("  {}", change.value().trim_end_matches('\n')))
    };
    changes.map(line).collect()
}

/// Whether an attribute is a text of several lines, or JSON in one.
fn is_text(value: &str) -> bool {
    let text = unquoted(value);
    text.contains('\n')
}

/// The text that a JSON string says; JSON in it laid out line by line.
fn unquoted(value: &str) -> String {
    match serde_json::from_str::<Value>(value) {
        Ok(Value::String(text)) => match serde_json::from_str::<Value>(&text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => pretty(&inner),
            _ => text,
        },
        Ok(other @ (Value::Object(_) | Value::Array(_))) => pretty(&other),
        _ => value.to_owned(),
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn structure_comes_first_and_no_line_is_left_out() {
        let policy = |who: &str| json!({"Statement": [{"Effect": "Allow", "Principal": who}]}).to_string();
        let plan = json!({"changes": [{
            "address": "aws_s3_bucket_policy.a", "action": "update", "says": "a policy changes",
            "before": {"policy": policy("me"), "n": 1}, "after": {"policy": policy("*"), "n": 2}, "after_unknown": {},
        }]});
        let shown = page(&plan, &[], 1);
        let text: Vec<String> =
            shown.lines.iter().map(|line| format!("{}{}", line.mark.sign(), line.text)).collect();
        assert_eq!(text.first().map(String::as_str), Some(" a policy changes"));
        assert!(text.contains(&"~n: 1 → 2".to_owned()), "{text:?}");
        assert!(text.iter().any(|line| line.starts_with('−') && line.contains("\"me\"")), "{text:?}");
        assert!(text.iter().any(|line| line.starts_with('+') && line.contains("\"*\"")), "{text:?}");
    }

    #[test]
    fn a_long_one_comes_in_pages_that_make_the_whole() {
        let before: Vec<u32> = (0..10_000).collect();
        let plan = json!({"changes": [{"says": "a list changes", "action": "update",
            "before": {"l": before}, "after": {"l": [1]}, "after_unknown": {}}]});
        let first = page(&plan, &[], 1);
        let all: usize = (1..=first.pages).map(|n| page(&plan, &[], n).lines.len()).sum();
        assert_eq!((all, first.pages), (first.of, first.of.div_ceil(LINES)));
        assert!(first.of > 10_000 && page(&plan, &[], 9_999).page == first.pages);
    }
}
