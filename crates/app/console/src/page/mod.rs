//! The pages, one file each.

pub(crate) mod decide;
pub(crate) mod enrol;
pub(crate) mod feed;
pub(crate) mod grant;
pub(crate) mod health;
pub(crate) mod ledger;
pub(crate) mod policies;
pub(crate) mod provider;
pub(crate) mod queue;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod sign;
pub(crate) mod sign_in;
pub(crate) mod ticket;
pub(crate) mod together;
mod visit;
pub(crate) mod words;

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    response::{Html, IntoResponse as _, Response},
};
use interlock_api::Fault;

use crate::{Console, asset, door::Nonce, visitor};

/// What stands around every page.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// What its scripts are known by.
    pub(crate) nonce: String,
    /// Who looks at it.
    pub(crate) person: Option<String>,
    /// What their forms carry.
    pub(crate) token: String,
    /// What everybody is told on every page.
    pub(crate) alarms: Vec<String>,
    /// The pages that they may open.
    pub(crate) places: &'static [(&'static str, &'static str)],
    /// The place in that list.
    pub(crate) here: &'static str,
}

/// The list of pages.
const PLACES: [(&str, &str); 8] = [
    ("/", "Requests"),
    ("/feed", "Feed"),
    ("/grants", "Grants"),
    ("/sessions", "Sessions"),
    ("/policies", "Policies"),
    ("/health", "Rule health"),
    ("/ledger", "Ledger"),
    ("/settings", "Settings"),
];

impl Frame {
    pub(crate) fn asset(&self, name: &str) -> String {
        asset::address(name)
    }
    pub(crate) fn at(mut self, here: &'static str) -> Self {
        self.here = here;
        self
    }
}

impl FromRequestParts<Arc<Console>> for Frame {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Response> {
        let nonce = parts.extensions.get::<Nonce>().map(|nonce| nonce.0.clone());
        let nonce = nonce.ok_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())?;
        let visitor = visitor::find(&parts.headers, console);
        let alarms = if visitor.is_some() { alarms(console) } else { Vec::new() };
        let places: &[_] =
            if visitor.as_ref().is_some_and(|visitor| !visitor.suspended) { &PLACES } else { &[] };
        let (person, token) = visitor.map(|visitor| (visitor.person.to_string(), visitor.token)).unzip();
        Ok(Self { nonce, person, token: token.unwrap_or_default(), alarms, places, here: "" })
    }
}

/// What everybody who looks at any page is told.
fn alarms(console: &Console) -> Vec<String> {
    let status = console.desk.status();
    let mut alarms = Vec::new();
    if status.ledger != "ok" {
        alarms.push(format!("The ledger takes nothing, so no change is let through: {}", status.ledger));
    }
    if status.mode == "observe" {
        alarms.push("Observe mode: everything is written down, and nobody is asked.".to_owned());
    }
    for freeze in &status.freezes {
        alarms.push(format!("Frozen: {} ({}, by {})", freeze.scope, freeze.reason, freeze.by));
    }
    alarms.extend(status.glass.iter().cloned());
    alarms.extend(
        status.alone.iter().map(|change| format!("Too few are left to approve, and one asks: {change}")),
    );
    alarms.iter().map(|alarm| interlock_api::visible(alarm)).collect()
}

/// A page that says what is wrong.
#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage {
    frame: Frame,
    title: &'static str,
    message: String,
    hint: Option<String>,
}

/// Shows a page.
pub(crate) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Shows what is wrong.
pub(crate) fn fault(frame: Frame, fault: Fault) -> Response {
    let status = fault.status();
    let title = match status {
        StatusCode::NOT_FOUND => "There is no such thing",
        StatusCode::FORBIDDEN => "That does not hold",
        StatusCode::CONFLICT => "That does not go with what is there",
        StatusCode::SERVICE_UNAVAILABLE => "Not now",
        _ => "That makes no sense",
    };
    let shown = FaultPage {
        frame,
        title,
        message: interlock_api::visible(&fault.message),
        hint: fault.hint.as_deref().map(interlock_api::visible),
    };
    (status, page(&shown)).into_response()
}

/// Where nothing is.
pub(crate) async fn missing(frame: Frame) -> Response {
    fault(frame, Fault::not_found("there is no such page"))
}

/// Goes on to another page of this site, if it was done.
pub(crate) fn done<T>(done: Result<T, Fault>, frame: Frame, next: &str) -> Response {
    match done {
        Ok(_) => to(next),
        Err(why) => fault(frame, why),
    }
}

/// Goes to another page of this site.
pub(crate) fn to(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, path.to_owned())]).into_response()
}
