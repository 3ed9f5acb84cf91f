//! What is refused of every request, before anybody asks which operation it is: forms that two HTTP or query parsers
//! could read differently.

use super::limits::{MAX_TARGET, check_size};
use super::request::{Body, Request};
use super::uri;
use crate::ReadError;

/// Headers that may stand once only.
const SINGLE: [&str; 14] = [
    "host",
    "authorization",
    "content-length",
    "content-type",
    "content-encoding",
    "content-md5",
    "transfer-encoding",
    "expect",
    "x-amz-target",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
    "x-amz-decoded-content-length",
    "smithy-protocol",
];

/// Headers by which some servers take another method or path than the request line's.
const OVERRIDES: [&str; 5] =
    ["x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url"];

/// Refuses a request that could be read in two ways, or is larger than what is read.
pub fn check(request: &Request) -> Result<(), ReadError> {
    check_headers(request)?;
    check_path(&request.path)?;
    if request.query.len() > MAX_TARGET {
        return Err(ReadError::TooLarge(format!("a query longer than {MAX_TARGET} bytes")));
    }
    let Body::Bytes(body) = &request.body else { return Ok(()) };
    check_size(body.len())?;
    check_action(request, body)
}

fn check_headers(request: &Request) -> Result<(), ReadError> {
    for name in SINGLE {
        if request.headers.iter().filter(|(have, _)| have == name).count() > 1 {
            return Err(ReadError::Ambiguous(format!("the header `{name}` stands twice")));
        }
    }
    if let Some(name) = OVERRIDES.iter().find(|name| request.header(name).is_some()) {
        return Err(ReadError::Ambiguous(format!("the header `{name}` asks for another method or path")));
    }
    if request.header("content-length").is_some() && request.header("transfer-encoding").is_some() {
        return Err(ReadError::Ambiguous("`Content-Length` with `Transfer-Encoding`".to_owned()));
    }
    let broken = |text: &str| text.chars().any(|letter| matches!(letter, '\0' | '\r' | '\n'));
    match request.headers.iter().find(|(name, value)| broken(name) || broken(value)) {
        Some(_) => Err(ReadError::Malformed("a header with a line break or a zero byte".to_owned())),
        None => Ok(()),
    }
}

fn check_path(path: &str) -> Result<(), ReadError> {
    if path.len() > MAX_TARGET {
        return Err(ReadError::TooLarge(format!("a path longer than {MAX_TARGET} bytes")));
    }
    if !path.starts_with('/') || path.contains(['?', '#', '\\']) || path.chars().any(char::is_control) {
        return Err(ReadError::Malformed("the path is not an absolute path".to_owned()));
    }
    for segment in path.split('/') {
        // Clients, proxies and servers disagree on who removes these.
        if matches!(uri::decode(segment, false)?.as_str(), "." | "..") {
            return Err(ReadError::Ambiguous("the path has a `.` or `..` segment".to_owned()));
        }
    }
    Ok(())
}

/// One `Action` at most, and none beside a target header or an RPC v2 protocol header.
fn check_action(request: &Request, body: &[u8]) -> Result<(), ReadError> {
    let is_action = |(key, _): &(String, String)| key.eq_ignore_ascii_case("Action");
    let in_query = uri::pairs(&request.query)?.iter().filter(|pair| is_action(pair)).count();
    let in_form = match std::str::from_utf8(body) {
        Ok(text) if is_form(request) && request.method == "POST" => {
            uri::pairs(text)?.iter().filter(|pair| is_action(pair)).count()
        }
        _ => 0,
    };
    if in_query + in_form > 1 {
        return Err(ReadError::Ambiguous("`Action` stands more than once".to_owned()));
    }
    let other = ["x-amz-target", "smithy-protocol"].into_iter().find(|name| request.header(name).is_some());
    match other {
        Some(name) if in_query + in_form > 0 => {
            Err(ReadError::Ambiguous(format!("`{name}` together with `Action`")))
        }
        Some("x-amz-target") if request.header("smithy-protocol").is_some() => {
            Err(ReadError::Ambiguous("`x-amz-target` together with `smithy-protocol`".to_owned()))
        }
        _ => Ok(()),
    }
}

/// Whether the content type says that the body is a form.
pub(crate) fn is_form(request: &Request) -> bool {
    let kind = request.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
