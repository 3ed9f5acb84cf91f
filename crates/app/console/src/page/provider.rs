//! Coming in by a provider's word for who somebody is. Like every way in it opens pages and decides nothing.

use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::Response,
};

use super::{
    Frame, fault,
    sign_in::{Next, begin, turned_away, with_cookie},
    to,
};
use crate::{
    Answer, Console, Shared,
    door::{limit::Counted, too_many},
    form::within,
    visitor::{self, BEGUN},
};

/// Sends a browser to the provider.
pub(crate) async fn leave(
    State(console): Shared,
    headers: HeaderMap,
    frame: Frame,
    Query(next): Query<Next>,
) -> Response {
    if !asks(&console, &headers) {
        return too_many();
    }
    match console.desk.leave(within(next.next.as_deref())).await {
        Ok(leaving) => with_cookie(to(&leaving.url), &BEGUN.set(&console, &leaving.kept)),
        Err(why) => fault(frame, why),
    }
}

/// Takes a browser back from it.
pub(crate) async fn back(
    State(console): Shared,
    headers: HeaderMap,
    frame: Frame,
    Query(answer): Query<Answer>,
) -> Response {
    if !asks(&console, &headers) {
        return too_many();
    }
    let kept = BEGUN.kept(&console, &headers).unwrap_or_default();
    let came = match console.desk.come_back(kept, &answer).await {
        Ok((person, by, next)) => begin(&console, (person, by), within(Some(&next))),
        Err(why) => turned_away(&console, frame, why),
    };
    with_cookie(came, &BEGUN.drop(&console))
}

/// Each time the provider is asked, which is somebody else's server.
fn asks(console: &Console, headers: &HeaderMap) -> bool {
    console.admits(visitor::known(console, headers).as_deref(), Counted::Questions)
}
