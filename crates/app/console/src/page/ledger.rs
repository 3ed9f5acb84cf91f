//! The ledger: entry by entry, and whether it holds.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use interlock_action::SessionId;
use interlock_api::{LedgerQuery, exact};
use serde::Deserialize;

use super::{Frame, fault, page};
use crate::{Shared, Verified, show::entry::EntryRow, visitor::Visitor};

/// Entries on the page.
const MANY: u32 = 100;

#[derive(Default, Deserialize)]
pub(crate) struct Which {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    session: String,
    #[serde(default)]
    verify: bool,
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
    visitor: Visitor,
    frame: Frame,
    Query(which): Query<Which>,
) -> Response {
    let _ = visitor;
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
    let verified = match which.verify {
        true => match console.desk.verify().await {
            Ok(verified) => Some(verified),
            Err(why) => return fault(frame, why),
        },
        false => None,
    };
    page(&LedgerPage {
        frame: frame.at("/ledger"),
        rows,
        kind: exact(&which.kind),
        session: exact(&which.session),
        verified,
    })
}
