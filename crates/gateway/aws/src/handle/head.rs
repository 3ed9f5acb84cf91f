//! The head of a request, as the reader wants it.

use http::request::Parts;
use interlock_reader_aws::wire::{Body, Request};

use super::Arrival;

/// Method, path, query and headers as sent; the host is among the headers whatever the HTTP version. The body is
/// described, not read.
pub(super) fn read(arrival: &Arrival, parts: &Parts) -> Result<Request, String> {
    let mut headers = Vec::with_capacity(parts.headers.len().saturating_add(1));
    for (name, value) in &parts.headers {
        let value = value.to_str().map_err(|_| format!("the header `{name}` is not text"))?;
        headers.push((name.as_str().to_owned(), value.to_owned()));
    }
    if !headers.iter().any(|(name, _)| name == "host") {
        // HTTP/2 has the host in the authority.
        let authority = parts.uri.authority().ok_or("it names no host")?;
        headers.push(("host".to_owned(), authority.as_str().to_owned()));
    }
    let request = Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body: Body::Streamed { length: length(&headers)? },
        headers,
    };
    if let Arrival::Proxied { host } = arrival {
        let named = request.header("host").unwrap_or_default();
        if !bare(named).eq_ignore_ascii_case(host) {
            return Err(format!("it came for `{host}` but names the host `{named}`"));
        }
    }
    Ok(request)
}

fn length(headers: &[(String, String)]) -> Result<Option<u64>, String> {
    let Some((_, text)) = headers.iter().find(|(name, _)| name == "content-length") else { return Ok(None) };
    text.parse().map(Some).map_err(|_| "its content length is not a number".to_owned())
}

/// A host without its port.
pub(super) fn bare(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}
