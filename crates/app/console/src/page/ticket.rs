//! One request: what would happen, why it is held, who wants it, and the form to say no or yes.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use interlock_action::Surface;
use interlock_api::{Fault, RequestView};
use serde::Deserialize;

use super::{Frame, fault, page};
use crate::{
    Shared,
    show::card::{Card, card},
    visitor::Visitor,
};

#[derive(Deserialize)]
pub(crate) struct Which {
    #[serde(default)]
    diff: usize,
}

#[derive(Template)]
#[template(path = "ticket.html")]
struct TicketPage {
    frame: Frame,
    card: Card,
    /// Whether who looks has decided on it already.
    decided: bool,
}

pub(crate) async fn show(
    State(console): Shared,
    visitor: Visitor,
    frame: Frame,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Response {
    let found = console.desk.request(&id).and_then(|view| Ok((console.desk.trail(&id)?, view)));
    let (trail, view) = match found {
        Ok(found) => found,
        Err(why) => return fault(frame, why),
    };
    if let Err(why) = is_shown_to(&visitor, &view) {
        return fault(frame, why);
    }
    let decided = view.ticket.approvals.iter().any(|approval| approval.person == visitor.person);
    let card = card(&view, &trail, which.diff, console.desk.now());
    page(&TicketPage { frame: frame.at("/"), card, decided })
}

/// Whoever is suspended sees what is asked about people, and nothing else.
pub(super) fn is_shown_to(visitor: &Visitor, view: &RequestView) -> Result<(), Fault> {
    if visitor.suspended && view.ticket.held.action.surface != Surface::Interlock {
        return Err(Fault::refused("your key is suspended: only what is asked about people is shown to you"));
    }
    Ok(())
}
