//! Who may see a page: whoever has signed in. Anybody else is led to where they do, and whoever is suspended to what asks for that.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::FromRequestParts,
    http::{Method, StatusCode, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use interlock_api::exact;

use super::{Frame, page};
use crate::{
    Console,
    form::encoded,
    visitor::{Visitor, find},
};

#[derive(Template)]
#[template(path = "suspended.html")]
struct SuspendedPage {
    frame: Frame,
    /// What asks for it.
    requests: Vec<String>,
}

/// Where somebody goes whose key is suspended: to say no to that, and to ask in turn.
fn is_open_to_suspended(path: &str) -> bool {
    ["/requests/", "/words/", "/sign-out"].iter().any(|begins| path.starts_with(begins))
}

impl FromRequestParts<Arc<Console>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Response> {
        match find(&parts.headers, console) {
            Some(visitor) if visitor.suspended && !is_open_to_suspended(parts.uri.path()) => {
                let by = console.desk.suspended_by(&visitor.person, &visitor.by);
                let requests = by.iter().map(|id| exact(id)).collect();
                let frame = Frame::from_request_parts(parts, console).await?;
                Err((StatusCode::FORBIDDEN, page(&SuspendedPage { frame, requests })).into_response())
            }
            Some(visitor) => Ok(visitor),
            None if matches!(parts.method, Method::GET | Method::HEAD) => {
                let next = parts.uri.path_and_query().map_or("/", |path| path.as_str());
                Err(Redirect::to(&format!("/sign-in?next={}", encoded(next))).into_response())
            }
            None => Err((StatusCode::UNAUTHORIZED, "sign in first: /sign-in\n").into_response()),
        }
    }
}
