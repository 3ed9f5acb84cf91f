//! What happens, as it happens: every entry of the ledger in words. Whoever comes back goes on where they were.

use std::{
    convert::Infallible,
    sync::{Arc, PoisonError},
    time::Duration,
};

use askama::Template;
use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::{
        Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, StreamExt as _, stream};
use interlock_api::{LedgerQuery, LedgerRow};

use super::{Frame, fault, page};
use crate::{Console, Shared, show::entry::EntryRow, visitor::Visitor};

/// Entries on the page when it is opened.
const MANY: u32 = 50;
/// A stream ends after so long; the browser comes again and goes on where it was.
pub(super) const LONGEST: Duration = Duration::from_secs(600);
/// The least of it.
const LATER: Duration = Duration::from_millis(150);
/// Entries in one message.
const AT_ONCE: u32 = 100;

#[derive(Template)]
#[template(path = "feed.html")]
struct FeedPage {
    frame: Frame,
    rows: Vec<EntryRow>,
    after: u64,
}

/// Some entries, the newest first, as they stand in the page.
#[derive(Template)]
#[template(path = "entries.html")]
struct Entries<'r> {
    rows: &'r [EntryRow],
}

pub(crate) async fn show(State(console): Shared, _visitor: Visitor, frame: Frame) -> Response {
    let query = LedgerQuery { limit: Some(MANY), ..LedgerQuery::default() };
    match console.desk.ledger(&query) {
        Ok(rows) => {
            let after = rows.first().map_or(0, |row| row.index.saturating_add(1));
            page(&FeedPage { frame: frame.at("/feed"), rows: rows.iter().map(EntryRow::of).collect(), after })
        }
        Err(why) => fault(frame, why),
    }
}

/// What the page has already.
#[derive(serde::Deserialize)]
pub(crate) struct Shown {
    after: Option<u64>,
}

/// What has happened since the entry that the browser has last, or from now on.
pub(crate) async fn live(
    State(console): Shared,
    visitor: Visitor,
    Query(shown): Query<Shown>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let moved = console.desk.moved();
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse::<u64>().ok());
    let later = later(&console);
    let from = last.or(shown.after).unwrap_or_else(|| *moved.borrow());
    let events = stream::unfold((moved, from), move |(mut moved, from)| {
        let (console, visitor) = (Arc::clone(&console), visitor.clone());
        async move {
            loop {
                moved.borrow_and_update();
                if !visitor.still(&console) {
                    return None;
                }
                match news(&console, from) {
                    Some((event, next)) => return Some((Ok(event), (moved, next))),
                    None => {
                        moved.changed().await.ok()?;
                        // Whoever waits to go on comes first; what comes in this moment is told together.
                        tokio::time::sleep(later).await;
                    }
                }
            }
        }
    });
    Sse::new(events.boxed().take_until(tokio::time::sleep(LONGEST))).keep_alive(KeepAlive::default())
}

/// How much later than those who wait to go on somebody who looks on is told; not all at one moment.
pub(super) fn later(console: &Console) -> Duration {
    let drawn = console.desk.draw();
    let spread = drawn.get(..2).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default();
    LATER + Duration::from_millis(2 * spread)
}

/// What was last told to whoever looks on.
#[derive(Default)]
pub(crate) struct Told {
    /// From which entry on, up to which, and the words.
    news: Option<(u64, u64, String)>,
    /// With how many entries how many requests waited.
    waiting: Option<(u64, usize)>,
}

/// What comes from this entry on, and where it ends; made once for all who are there.
fn news(console: &Console, from: u64) -> Option<(Event, u64)> {
    let event = |next: u64, html: &str| (Event::default().id(next.to_string()).data(html), next);
    let mut told = console.told.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((have, next, html)) = &told.news
        && *have == from
    {
        return Some(event(*next, html));
    }
    let mut rows: Vec<LedgerRow> = console.desk.since(from, AT_ONCE).ok()?;
    let next = rows.last()?.index.saturating_add(1);
    rows.reverse();
    let rows: Vec<EntryRow> = rows.iter().map(EntryRow::of).collect();
    let html = Entries { rows: &rows }.render().ok()?.replace('\n', " ");
    let made = event(next, &html);
    told.news = Some((from, next, html));
    Some(made)
}

/// How many requests wait; counted once for so many entries.
pub(super) fn waiting(console: &Console, size: u64) -> usize {
    let mut told = console.told.lock().unwrap_or_else(PoisonError::into_inner);
    match told.waiting {
        Some((have, waiting)) if have == size => waiting,
        _ => {
            let waiting = console.desk.waiting();
            told.waiting = Some((size, waiting));
            waiting
        }
    }
}
