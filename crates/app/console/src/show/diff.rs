//! What would be different: first structure, attribute by attribute, then text line by line. In pages, so that a long one hides
//! nothing: every change is named before it, and no line of it is left out.

use interlock_action::{Action, Change};
use interlock_api::{PlannedChange, exact, planned, visible};
use serde_json::{Value, json};
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
pub(crate) fn page(action: &Action, changes: &[Change], page: usize) -> DiffPage {
    let all = lines(action, changes);
    let pages = all.len().div_ceil(LINES).max(1);
    let page = page.clamp(1, pages);
    let of = all.len();
    let lines = all.into_iter().skip((page - 1).saturating_mul(LINES)).take(LINES).collect();
    DiffPage { lines, page, pages, of }
}

fn lines(action: &Action, changes: &[Change]) -> Vec<Line> {
    let plan = planned(action);
    if !plan.is_empty() {
        return plan.iter().flat_map(of_plan).collect();
    }
    let mut lines: Vec<Line> = changes.iter().flat_map(of_change).collect();
    lines.push(Line::new(Mark::Head, "the call's arguments"));
    lines.extend(laid_out(&action.arguments).iter().map(|line| Line::new(Mark::Same, line)));
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

/// JSON line by line, and texts in it too, where they have lines or are JSON themselves: a policy is read, not deciphered.
fn laid_out(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) if !members.is_empty() => {
            members.iter().flat_map(|(name, member)| named(name, member)).collect()
        }
        Value::Array(list) if !list.is_empty() => {
            list.iter().enumerate().flat_map(|(at, item)| named(&format!("[{at}]"), item)).collect()
        }
        other => vec![other.to_string()],
    }
}

fn named(name: &str, value: &Value) -> Vec<String> {
    let text = value.as_str().map(|text| unquoted(&Value::String(text.to_owned()).to_string()));
    let inner: Vec<String> = match (text, value) {
        (Some(text), _) if text.contains('\n') => text.lines().map(str::to_owned).collect(),
        (None, Value::Object(_) | Value::Array(_)) if *value != json!({}) && *value != json!([]) => {
            laid_out(value)
        }
        _ => return vec![format!("{name}: {value}")],
    };
    std::iter::once(format!("{name}:")).chain(inner.iter().map(|line| format!("  {line}"))).collect()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use interlock_action::Surface;

    use super::*;

    fn action(surface: Surface, arguments: Value) -> Action {
        let said = json!({"surface": surface, "operation": "a:b:C", "claims": [], "targets": [], "arguments": arguments});
        serde_json::from_value(said).unwrap()
    }

    #[test]
    fn structure_comes_first_and_no_line_is_left_out() {
        let policy = |who: &str| json!({"Statement": [{"Effect": "Allow", "Principal": who}]}).to_string();
        let plan = json!({"changes": [{
            "address": "aws_s3_bucket_policy.a", "action": "update", "says": "a policy changes",
            "before": {"policy": policy("me"), "n": 1}, "after": {"policy": policy("*"), "n": 2}, "after_unknown": {},
        }]});
        let shown = page(&action(Surface::Terraform, plan.clone()), &[], 1);
        let text: Vec<String> =
            shown.lines.iter().map(|line| format!("{}{}", line.mark.sign(), line.text)).collect();
        assert_eq!(text.first().map(String::as_str), Some(" a policy changes"));
        assert!(text.contains(&"~n: 1 → 2".to_owned()), "{text:?}");
        assert!(text.iter().any(|line| line.starts_with('−') && line.contains("\"me\"")), "{text:?}");
        assert!(text.iter().any(|line| line.starts_with('+') && line.contains("\"*\"")), "{text:?}");
    }

    #[test]
    fn a_policy_in_a_text_is_read_line_by_line() {
        let document = json!({"Statement": [{"Action": "*"}]}).to_string();
        let arguments = json!({"RoleName": "ops", "PolicyDocument": document, "Tags": []});
        let shown = page(&action(Surface::Aws, arguments), &[], 1).lines;
        let text: Vec<&str> = shown.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            text.get(..3),
            Some(&["the call's arguments", "RoleName: \"ops\"", "PolicyDocument:"][..])
        );
        assert!(text.iter().any(|line| line.trim() == "\"Action\": \"*\""), "{text:?}");
        assert_eq!(text.last(), Some(&"Tags: []"));
    }

    #[test]
    fn a_long_one_comes_in_pages_that_make_the_whole() {
        let before: Vec<u32> = (0..10_000).collect();
        let plan = json!({"changes": [{"says": "a list changes", "action": "update",
            "before": {"l": before}, "after": {"l": [1]}, "after_unknown": {}}]});
        let first = page(&action(Surface::Terraform, plan.clone()), &[], 1);
        let all: usize = (1..=first.pages)
            .map(|n| page(&action(Surface::Terraform, plan.clone()), &[], n).lines.len())
            .sum();
        assert_eq!((all, first.pages), (first.of, first.of.div_ceil(LINES)));
        assert!(
            first.of > 10_000
                && page(&action(Surface::Terraform, plan.clone()), &[], 9_999).page == first.pages
        );
    }
}
