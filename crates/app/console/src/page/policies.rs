//! The rules in force, why each is there, and what is proved of all of them together.

use askama::Template;
use axum::{extract::State, response::Response};
use interlock_api::visible;

use super::{Frame, page};
use crate::{InvariantRow, RuleRow, Shared, visitor::Visitor};

#[derive(Template)]
#[template(path = "policies.html")]
struct PoliciesPage {
    frame: Frame,
    bundle: String,
    invariants: Vec<InvariantRow>,
    rules: Vec<RuleRow>,
}

pub(crate) async fn show(State(console): Shared, _visitor: Visitor, frame: Frame) -> Response {
    let mut rules = console.desk.rules();
    for rule in &mut rules {
        for text in [&mut rule.id, &mut rule.why, &mut rule.next, &mut rule.text] {
            *text = visible(text);
        }
    }
    page(&PoliciesPage {
        frame: frame.at("/policies"),
        bundle: console.desk.status().bundle.to_string(),
        invariants: console.desk.invariants(),
        rules,
    })
}
