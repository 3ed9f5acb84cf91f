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
use interlock_api::Fault;
use interlock_approval::challenge;
use serde::Deserialize;

use super::{Frame, fault, page, to};
use crate::{
    Attempt, Console, Shared,
    desk::Entering,
    form::{Posted, within},
    visitor::{self, SECONDS},
};

#[derive(Deserialize)]
pub(crate) struct Next {
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    challenge: String,
    nonce: String,
    site: String,
    next: String,
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

pub(crate) async fn enter(State(console): Shared, frame: Frame, Form(entry): Form<Entry>) -> Response {
    match console.desk.enter(&entry.nonce, &entry.signature).await {
        Ok(who) => begin(&console, who, within(entry.next.as_deref())),
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

pub(crate) async fn link(State(_): Shared, frame: Frame, Path(link): Path<String>) -> Response {
    page(&LinkPage { frame, link: interlock_api::exact(&link) })
}

pub(crate) async fn follow(State(console): Shared, frame: Frame, Path(link): Path<String>) -> Response {
    match console.desk.follow(&link).await {
        Ok(who) => begin(&console, who, "/"),
        Err(why) => turned_away(&console, frame, why),
    }
}

fn begin(console: &Console, who: (PersonId, String), next: &str) -> Response {
    let (cookie, token, now) =
        (console.desk.draw() + &console.desk.draw(), console.desk.draw(), console.desk.now());
    console.visitors(|visitors| visitors.begin(&cookie, token, who, now));
    kept(to(next), &visitor::cookie(console, &cookie, SECONDS))
}

fn turned_away(console: &Console, frame: Frame, why: Fault) -> Response {
    let attempt =
        Attempt { what: "sign-in", subject: "console".to_owned(), person: None, why: why.message.clone() };
    console.desk.tried(attempt);
    fault(frame, why)
}

fn kept(mut answer: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        answer.headers_mut().insert(header::SET_COOKIE, value);
    }
    answer
}

#[derive(Deserialize)]
pub(crate) struct Nothing {}

pub(crate) async fn leave(State(console): Shared, headers: HeaderMap, left: Posted<Nothing>) -> Response {
    let _ = left;
    if let Some(cookie) = visitor::kept(&console, &headers) {
        console.visitors(|visitors| visitors.end(cookie));
    }
    kept(to("/sign-in"), &visitor::cookie(&console, "", 0))
}
