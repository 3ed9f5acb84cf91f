//! The ledger: entry by entry, and whether it holds.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use interlock_action::SessionId;
use interlock_api::{LedgerQuery, exact};
use serde::Deserialize;

use super::{Frame, fault, page, sign_in::Nothing};
use crate::{Console, Shared, Verified, form::Posted, show::entry::EntryRow, visitor::Visitor};

/// Entries on the page.
const MANY: u32 = 100;

#[derive(Default, Deserialize)]
pub(crate) struct Which {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    session: String,
}

#[derive(Template)]
#[template(path = "ledger.html")]
struct LedgerPage {
    frame: Frame,
    rows: Vec<EntryRow>,
    kind: String,
    session: String,
    verified: Option<Verified>,
}

pub(crate) async fn show(
    State(console): Shared,
    _visitor: Visitor,
    frame: Frame,
    Query(which): Query<Which>,
) -> Response {
    shown(&console, frame, &which, None)
}

/// Goes through the whole log first.
pub(crate) async fn verify(State(console): Shared, frame: Frame, _posted: Posted<Nothing>) -> Response {
    match console.desk.verify().await {
        Ok(verified) => shown(&console, frame, &Which::default(), Some(verified)),
        Err(why) => fault(frame, why),
    }
}

fn shown(console: &Console, frame: Frame, which: &Which, verified: Option<Verified>) -> Response {
    let some = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    let query = LedgerQuery {
        session: some(&which.session).map(SessionId::new),
        kind: some(&which.kind),
        limit: Some(MANY),
    };
    let rows = match console.desk.ledger(&query) {
        Ok(rows) => rows.iter().map(EntryRow::of).collect(),
        Err(why) => return fault(frame, why),
    };
    let (kind, session) = (exact(&which.kind), exact(&which.session));
    page(&LedgerPage { frame: frame.at("/ledger"), rows, kind, session, verified })
}
