//! Forms: each carries the token of its visit, and comes from this site's own pages.

use std::sync::Arc;

use axum::{
    Form,
    extract::{FromRequest, FromRequestParts as _, Request},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::de::DeserializeOwned;

use crate::{Attempt, Console, visitor::Visitor};

/// What every form of a visit carries.
#[derive(serde::Deserialize)]
struct Carried<T> {
    token: String,
    #[serde(flatten)]
    fields: T,
}

/// A form of somebody who has signed in.
pub(crate) struct Posted<T> {
    pub(crate) visitor: Visitor,
    pub(crate) fields: T,
}

impl<T: DeserializeOwned> FromRequest<Arc<Console>> for Posted<T> {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, console).await?;
        let path = parts.uri.path().to_owned();
        let request = Request::from_parts(parts, body);
        let form = Form::<Carried<T>>::from_request(request, console).await;
        let Form(Carried { token, fields }) = form.map_err(|why| why.into_response())?;
        if !visitor.holds(&token) {
            let why = "the form is not of this visit";
            console.desk.tried(Attempt::new("form", path, why).by(visitor.person));
            return Err((StatusCode::FORBIDDEN, why).into_response());
        }
        Ok(Self { visitor, fields })
    }
}

/// A text as it stands in a query.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

/// Where to go on after signing in: a page of this site and nothing else.
pub(crate) fn within(next: Option<&str>) -> &str {
    match next {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains('\\')
                && !path.contains(char::is_control) =>
        {
            path
        }
        _ => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        assert_eq!(within(Some("/requests/tk-1?page=2")), "/requests/tk-1?page=2");
        for away in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "evil",
            "/a\r\nSet-Cookie: b",
            "/\t/evil.example",
        ] {
            assert_eq!(within(Some(away)), "/", "{away}");
        }
        assert_eq!(encoded("/requests?a=b&c"), "/requests%3Fa%3Db%26c");
    }
}
