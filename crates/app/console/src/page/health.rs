//! Whether the questions are worth asking: what people did with what each rule asked them.
//!
//! A rule that is always answered yes, or before anybody can have read it, protects nobody: it is a rubber stamp, and the page says
//! what could stand in its place.

use askama::Template;
use axum::{extract::State, response::Response};
use interlock_api::{exact, span};

use super::{Frame, page};
use crate::{Health, Shared, visitor::Visitor};

/// Fewer decisions say nothing.
const ENOUGH: usize = 50;
/// Yes more often than this, of a hundred.
const ALWAYS: usize = 97;
/// Half of them faster than this, in milliseconds: nobody has read anything.
const UNREAD: u64 = 5_000;
/// Fewer decisions than this say nothing about how fast they are.
const SOME: usize = 5;

#[derive(Template)]
#[template(path = "health.html")]
struct HealthPage {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    rule: String,
    decisions: usize,
    rate: String,
    median: String,
    stamp: Option<String>,
}

pub(crate) async fn show(State(console): Shared, _visitor: Visitor, frame: Frame) -> Response {
    let rows = console.desk.health().iter().map(row).collect();
    page(&HealthPage { frame: frame.at("/health"), rows })
}

fn row(health: &Health) -> Row {
    let of = health.decisions.max(1);
    Row {
        rule: exact(&health.rule),
        decisions: health.decisions,
        rate: format!("{} %", health.approved.saturating_mul(100) / of),
        median: if health.median < 60_000 {
            format!("{:.1} s", f64::from(u32::try_from(health.median).unwrap_or(u32::MAX)) / 1_000.0)
        } else {
            span(health.median)
        },
        stamp: stamp(health),
    }
}

/// Why a rule is a rubber stamp, and what could stand in its place.
fn stamp(health: &Health) -> Option<String> {
    let always = health.decisions >= ENOUGH
        && health.approved.saturating_mul(100) > health.decisions.saturating_mul(ALWAYS);
    let unread = health.decisions >= SOME && health.median < UNREAD;
    let why = match (always, unread) {
        (true, true) => "nearly always approved, and faster than anybody reads",
        (true, false) => "nearly always approved",
        (false, true) => "decided faster than anybody reads",
        (false, false) => return None,
    };
    let instead = if health.rule.starts_with("destroy") || health.rule.starts_with("update") {
        "a recovery point or a registered undo that lets it flow as T2"
    } else if health.rule == "outside-task" {
        "a wider `--scope` on the sessions that keep asking"
    } else {
        "a narrower rule that asks only where something is lost"
    };
    Some(format!("Rubber stamp: {why}. Consider {instead}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_told_from_a_decision() {
        let health = |decisions, approved, median| Health {
            rule: "destroy-production".into(),
            decisions,
            approved,
            median,
        };
        assert!(stamp(&health(49, 49, 60_000)).is_none(), "too few");
        assert!(stamp(&health(50, 50, 60_000)).is_some());
        assert!(stamp(&health(100, 97, 60_000)).is_none());
        assert!(stamp(&health(5, 1, 4_000)).is_some(), "nobody read them");
        assert!(stamp(&health(5, 1, 6_000)).is_none());
    }
}
