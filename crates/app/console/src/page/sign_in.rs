//! Coming in and leaving. It opens pages and decides nothing.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use interlock_action::PersonId;
use interlock_api::{Fault, exact};
use interlock_approval::challenge;
use serde::Deserialize;

use super::{Frame, fault, page, to};
use crate::{
    Attempt, By, Console, Shared,
    desk::Entering,
    form::{Posted, encoded, within},
    visitor::VISIT,
};

#[derive(Deserialize)]
pub(crate) struct Next {
    pub(super) next: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    challenge: String,
    nonce: String,
    site: String,
    next: String,
    provider: Option<Way>,
}

/// The way in by a provider.
struct Way {
    called: String,
    leads: String,
}

pub(crate) async fn show(State(console): Shared, frame: Frame, Query(next): Query<Next>) -> Response {
    let next = within(next.next.as_deref()).to_owned();
    let nonce = console.desk.nonce();
    match challenge(&Entering { nonce: nonce.clone() }) {
        Ok(challenge) => page(&SignInPage {
            frame,
            challenge: URL_SAFE_NO_PAD.encode(challenge),
            nonce,
            site: console.desk.site().id,
            provider: console.desk.provider().map(|called| Way {
                called: exact(&called),
                leads: format!("/sign-in/oidc?next={}", encoded(&next)),
            }),
            next,
        }),
        Err(error) => fault(frame, Fault::unavailable(error)),
    }
}

/// What a passkey has signed.
#[derive(Deserialize)]
pub(crate) struct Entry {
    nonce: String,
    #[serde(default)]
    signature: String,
    next: Option<String>,
}

pub(crate) async fn enter(
    State(console): Shared,
    headers: HeaderMap,
    frame: Frame,
    Form(entry): Form<Entry>,
) -> Response {
    match console.desk.enter(&entry.nonce, &entry.signature).await {
        Ok(who) => begin(&console, &headers, who, within(entry.next.as_deref())),
        Err(why) => turned_away(&console, frame, why),
    }
}

/// A link that a command line was given: shown first, so that nothing that only looks at links uses it up.
#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage {
    frame: Frame,
    link: String,
}

pub(crate) async fn link(frame: Frame, Path(link): Path<String>) -> Response {
    page(&LinkPage { frame, link: exact(&link) })
}

pub(crate) async fn follow(
    State(console): Shared,
    headers: HeaderMap,
    frame: Frame,
    Path(link): Path<String>,
) -> Response {
    match console.desk.follow(&link).await {
        Ok(who) => begin(&console, &headers, who, "/"),
        Err(why) => turned_away(&console, frame, why),
    }
}

/// Begins a visit, in the place of the one that this browser may have had.
pub(super) fn begin(console: &Console, headers: &HeaderMap, who: (PersonId, By), next: &str) -> Response {
    if let Some(old) = VISIT.kept(console, headers) {
        console.visitors(|visitors| visitors.end(old));
    }
    let (cookie, token, now) =
        (console.desk.draw() + &console.desk.draw(), console.desk.draw(), console.desk.now());
    console.visitors(|visitors| visitors.begin(&cookie, token, who, now));
    with_cookie(to(next), &VISIT.set(console, &cookie))
}

pub(super) fn turned_away(console: &Console, frame: Frame, why: Fault) -> Response {
    console.desk.tried(Attempt::new("sign-in", "console", &why.message));
    fault(frame, why)
}

pub(super) fn with_cookie(mut answer: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
    answer
}

#[derive(Deserialize)]
pub(crate) struct Nothing {}

pub(crate) async fn leave(State(console): Shared, headers: HeaderMap, _left: Posted<Nothing>) -> Response {
    if let Some(cookie) = VISIT.kept(&console, &headers) {
        console.visitors(|visitors| visitors.end(cookie));
    }
    with_cookie(to("/sign-in"), &VISIT.drop(&console))
}
