//! What waits for people, the oldest first; behind it, what was decided.

use std::convert::Infallible;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{
        Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, StreamExt as _, stream};
use interlock_action::Millis;
use interlock_api::{exact, span, visible};
use interlock_flow::MOST_TOGETHER;
use serde::Deserialize;

use super::{Frame, page};
use crate::{Console, QueueRow, Shared, form::encoded, visitor::Visitor};

/// Requests on one page.
const MANY: usize = 50;
/// Plans that are looked through for what waits.
const PLANS: usize = 20;

#[derive(Deserialize)]
pub(crate) struct Which {
    #[serde(default)]
    all: bool,
    #[serde(default)]
    from: usize,
}

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    frame: Frame,
    rows: Vec<Row>,
    all: bool,
    of: usize,
    waiting: usize,
    from: usize,
    earlier: Option<usize>,
    later: Option<usize>,
    /// Requests of one session that want the same done: how many, what, and their page.
    together: Vec<(usize, String, String)>,
    /// Plans of which something waits: their page, and how many.
    plans: Vec<(String, usize)>,
}

struct Row {
    id: String,
    state: String,
    tier: String,
    sentence: String,
    vanishes: Vec<String>,
    approvals: String,
    left: String,
}

pub(crate) async fn show(
    State(console): Shared,
    _visitor: Visitor,
    frame: Frame,
    Query(which): Query<Which>,
) -> Response {
    let queue = console.desk.queue(which.all, which.from, MANY);
    let now = console.desk.now();
    let next = which.from.saturating_add(MANY);
    let (together, plans) =
        if which.all { Default::default() } else { (alike(&queue.rows), plans(&console)) };
    page(&QueuePage {
        frame: frame.at("/"),
        together,
        plans,
        rows: queue.rows.iter().map(|row| shown(row, now)).collect(),
        all: which.all,
        of: queue.of,
        waiting: queue.waiting,
        from: which.from,
        earlier: which.from.checked_sub(MANY),
        later: (next < queue.of).then_some(next),
    })
}

/// Those of one session that want the same done, where there are two and more.
fn alike(rows: &[QueueRow]) -> Vec<(usize, String, String)> {
    let mut groups: Vec<((&str, &str), Vec<&str>)> = Vec::new();
    for QueueRow { row, together, .. } in rows {
        let Some(session) = together else { continue };
        let of = (session.as_str(), row.operation.as_str());
        match groups.iter_mut().find(|(known, _)| *known == of) {
            Some((_, ids)) if ids.len() < MOST_TOGETHER => ids.push(row.id.as_str()),
            Some(_) => {}
            None => groups.push((of, vec![row.id.as_str()])),
        }
    }
    let line = |((_, operation), ids): ((&str, &str), Vec<&str>)| {
        (ids.len(), exact(operation), format!("/together?ids={}", encoded(&ids.join(","))))
    };
    groups.into_iter().filter(|(_, ids)| ids.len() > 1).map(line).collect()
}

/// Plans of which something waits, the newest first.
fn plans(console: &Console) -> Vec<(String, usize)> {
    console.desk.waiting_plans(PLANS).into_iter().map(|(id, waiting)| (exact(&id), waiting)).collect()
}

fn shown(row: &QueueRow, now: Millis) -> Row {
    let QueueRow { row, sentence, vanishes, .. } = row;
    let open = row.state == "pending" || row.state == "approved";
    Row {
        id: exact(row.id.as_str()),
        state: row.state.clone(),
        tier: row.tier.clone(),
        sentence: visible(sentence),
        vanishes: vanishes.iter().map(|line| visible(line)).collect(),
        approvals: row.approvals.clone(),
        left: if open { format!("{} left", span(row.expires.saturating_sub(now))) } else { String::new() },
    }
}

/// Says how many wait, whenever that may have changed.
pub(crate) async fn live(
    State(console): Shared,
    visitor: Visitor,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (moved, later) = (console.desk.moved(), super::feed::later(&console));
    let events = stream::unfold((moved, None), move |(mut moved, mut last)| {
        let (console, visitor) = (std::sync::Arc::clone(&console), visitor.clone());
        async move {
            loop {
                let size = *moved.borrow_and_update();
                if !visitor.still(&console) {
                    return None;
                }
                let waiting = super::feed::waiting(&console, size);
                if last != Some(waiting) {
                    let first = last.is_none();
                    last = Some(waiting);
                    let words = if waiting == 1 { "1 waits".to_owned() } else { format!("{waiting} wait") };
                    let words = if first { words } else { format!("{words}: what you see has changed") };
                    return Some((Ok(Event::default().id(size.to_string()).data(words)), (moved, last)));
                }
                moved.changed().await.ok()?;
                // Whatever comes in the next moment is told with it.
                tokio::time::sleep(later).await;
            }
        }
    });
    Sse::new(events.boxed().take_until(tokio::time::sleep(super::feed::LONGEST)))
        .keep_alive(KeepAlive::default())
}
