//! What went wrong, in words that a program and a person can use.

use std::fmt::Display;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What went wrong: the body of every answer that is not a success.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Fault {
    /// A stable word: `not-found`, `refused`, `bad-request`, `conflict`, `unavailable`.
    pub code: String,
    /// In words.
    pub message: String,
    /// The next thing to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Fault {
    fn of(code: &str, message: impl Display) -> Self {
        Self { code: code.to_owned(), message: message.to_string(), hint: None }
    }

    /// There is no such thing.
    pub fn not_found(message: impl Display) -> Self {
        Self::of("not-found", message)
    }

    /// It is not for who asks.
    pub fn refused(message: impl Display) -> Self {
        Self::of("refused", message)
    }

    /// It cannot be read, or makes no sense.
    pub fn bad_request(message: impl Display) -> Self {
        Self::of("bad-request", message)
    }

    /// It does not go with what is there.
    pub fn conflict(message: impl Display) -> Self {
        Self::of("conflict", message)
    }

    /// Not now.
    pub fn unavailable(message: impl Display) -> Self {
        Self::of("unavailable", message)
    }

    /// Its status in HTTP.
    pub fn status(&self) -> StatusCode {
        match self.code.as_str() {
            "not-found" => StatusCode::NOT_FOUND,
            "refused" => StatusCode::FORBIDDEN,
            "conflict" => StatusCode::CONFLICT,
            "unavailable" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// With the next thing to do.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        (self.status(), Json(self)).into_response()
    }
}

/// Whether somebody has said why: the ledger keeps it, and whoever looks back reads it.
///
/// # Errors
/// No word.
pub fn reasoned(reason: &str) -> Result<(), Fault> {
    if reason.trim().is_empty() {
        let why = Fault::bad_request("a decision needs a reason");
        return Err(why.hint("say why, in a few words, and send it again"));
    }
    Ok(())
}
