//! What every request passes before any page sees it: whom it is for, where it comes from, how many there are; and what every
//! answer carries.

pub(crate) mod headers;
pub(crate) mod limit;

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use interlock_action::PersonId;
use interlock_approval::Site;

use self::limit::Counted;
use crate::{Attempt, Console};

/// What the scripts of one answer are known by.
#[derive(Clone, Debug)]
pub(crate) struct Nonce(pub(crate) String);

/// No form is longer: a reason, and a signature.
pub(crate) const LONGEST: usize = 64 * 1024;

/// Lets a request in, and sees its answer out.
pub(crate) async fn through(
    State(console): State<Arc<Console>>,
    mut request: Request,
    next: Next,
) -> Response {
    let nonce = console.desk.draw();
    let site = console.desk.site();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let person = crate::visitor::known(&console, request.headers());
    let mut answer = match stop(&console, &site, &request, person.as_ref()) {
        Some(stopped) => stopped,
        None => {
            request.extensions_mut().insert(Nonce(nonce.clone()));
            next.run(request).await
        }
    };
    if answer.status() == StatusCode::METHOD_NOT_ALLOWED {
        let why = format!("nothing is done there by {method}");
        console.desk.tried(Attempt::new("page", path, why).by(person));
    }
    headers::put(answer.headers_mut(), &nonce, console.is_secure());
    answer
}

/// Why a request goes no further.
fn stop(console: &Console, site: &Site, request: &Request, person: Option<&PersonId>) -> Option<Response> {
    let headers = request.headers();
    // INVARIANT: a name that leads here and is not this site's is somebody else's page, come in by another name for this machine.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !site.origins.iter().any(|origin| origin.split_once("://").is_some_and(|(_, own)| own == host)) {
        let why = format!("`{host}` is no name of this console");
        console.desk.tried(Attempt::new("page", request.uri().path(), why));
        return Some((StatusCode::MISDIRECTED_REQUEST, "this is no name of this console\n").into_response());
    }
    let path = request.uri().path();
    match *request.method() {
        Method::GET | Method::HEAD => None,
        Method::POST => {
            if let Some(why) = foreign(headers, site) {
                console.desk.tried(Attempt::new("form", path, why));
                return Some((StatusCode::FORBIDDEN, format!("{why}\n")).into_response());
            }
            let what = if path.starts_with("/enrol") { Counted::Enrolments } else { Counted::Forms };
            (!console.admits(person, what)).then(too_many)
        }
        _ => Some(StatusCode::METHOD_NOT_ALLOWED.into_response()),
    }
}

/// Turns away what comes too often.
pub(crate) fn too_many() -> Response {
    (StatusCode::TOO_MANY_REQUESTS, "too many at once: wait a minute\n").into_response()
}

/// Why a form is not this site's own.
fn foreign(headers: &HeaderMap, site: &Site) -> Option<&'static str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let own = |origin: &str| site.origins.iter().any(|have| have == origin);
    if !text("origin").is_some_and(own) {
        return Some("the form does not come from this console");
    }
    match text("sec-fetch-site") {
        None | Some("same-origin") => None,
        Some(_) => Some("the form does not come from this console"),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_form_is_this_sites_own_or_nobodys() {
        let site = Site { id: "localhost".into(), origins: vec!["http://localhost:1".into()] };
        let of = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            pairs
                .iter()
                .map(|(name, value)| {
                    (axum::http::HeaderName::from_static(name), HeaderValue::from_static(value))
                })
                .collect()
        };
        let own = ("origin", "http://localhost:1");
        assert_eq!(foreign(&of(&[own]), &site), None);
        assert_eq!(foreign(&of(&[own, ("sec-fetch-site", "same-origin")]), &site), None);
        for other in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "http://localhost:2")],
            &[("origin", "http://localhost:1.evil.example")],
            &[own, ("sec-fetch-site", "cross-site")],
            &[own, ("sec-fetch-site", "same-site")],
            &[own, ("sec-fetch-site", "none")],
        ] {
            assert!(foreign(&of(other), &site).is_some(), "{other:?}");
        }
    }
}
