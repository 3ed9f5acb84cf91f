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
    Answer, Shared,
    door::{limit::Counted, too_many},
    form::{encoded, within},
    visitor::{self, BEGUN},
};

/// A longer way to go on is none: browsers keep no such cookies.
const LONGEST_NEXT: usize = 1024;

/// Sends a browser to the provider.
pub(crate) async fn leave(
    State(console): Shared,
    headers: HeaderMap,
    frame: Frame,
    Query(next): Query<Next>,
) -> Response {
    let next = within(next.next.as_deref().filter(|next| next.len() <= LONGEST_NEXT));
    // Nobody is signed in by a page of somebody else's: it leads to where people begin themselves.
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    if !matches!(site, None | Some(b"same-origin" | b"none")) {
        return to(&format!("/sign-in?next={}", encoded(next)));
    }
    match console.desk.leave(next).await {
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
    let kept = BEGUN.kept(&console, &headers).unwrap_or_default();
    // Each answer that was asked for here has the provider asked, which is somebody else's server.
    let asks = console.desk.is_awaited(kept, &answer);
    if asks && !console.admits(visitor::known(&console, &headers).as_ref(), Counted::Questions) {
        return too_many();
    }
    match console.desk.come_back(kept, &answer).await {
        Ok((person, by, next)) => {
            let came = begin(&console, &headers, (person, by), within(Some(&next)));
            with_cookie(came, &BEGUN.drop(&console))
        }
        Err(why) => turned_away(&console, frame, why),
    }
}
