//! A request as text, and back: what hyper would let through, and no more.

use interlock_gateway_aws::sigv4::{Claim, Head};
use interlock_reader_aws::wire::{Body, Request, Scope};

/// `METHOD TARGET`, lines of `name: value`, an empty line, the body. `None` for what no HTTP parser lets through.
pub(crate) fn parse(bytes: &[u8]) -> Option<Request> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = match end {
        Some(end) => (bytes.get(..end)?, bytes.get(end + 2..)?),
        None => (bytes, [].as_slice()),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = lines.next()?;
    let space = first.iter().position(|byte| *byte == b' ')?;
    let (method, target) = (first.get(..space)?, first.get(space + 1..)?);
    let method = http::Method::from_bytes(method).ok()?;
    let target = http::Uri::try_from(target).ok()?;
    let mut headers = Vec::new();
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = http::HeaderName::from_bytes(line.get(..colon)?).ok()?;
        let value = http::HeaderValue::from_bytes(line.get(colon + 1..)?.trim_ascii()).ok()?;
        headers.push((name.as_str().to_owned(), value.to_str().ok()?.to_owned()));
    }
    Some(Request {
        method: method.as_str().to_owned(),
        path: target.path().to_owned(),
        query: target.query().unwrap_or_default().to_owned(),
        headers,
        body: Body::Bytes(body.to_vec()),
    })
}

/// The text of a request.
pub(crate) fn text(request: &Request) -> Vec<u8> {
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let mut text = format!("{} {}{query}\n", request.method, request.path);
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push('\n');
    let mut text = text.into_bytes();
    if let Body::Bytes(body) = &request.body {
        text.extend_from_slice(body);
    }
    text
}

/// What a signature covers.
pub(crate) fn head(request: &Request) -> Head<'_> {
    Head { method: &request.method, path: &request.path, query: &request.query, headers: &request.headers }
}

/// The scope that the request claims.
pub(crate) fn scope(request: &Request) -> Option<Scope> {
    let (region, service) = Claim::hint(&head(request))?;
    Some(Scope { region, service })
}

/// Whether this can stand in a head.
pub(crate) fn is_header(name: &str, value: &str) -> bool {
    http::HeaderName::from_bytes(name.as_bytes()).is_ok() && http::HeaderValue::from_str(value).is_ok()
}
