//! The canonical request. Clients differ in how they spell paths and queries before signing; a verifier tries each
//! spelling that means the same request.

use std::{borrow::Cow, fmt::Write as _};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{Head, claim::field};

/// RFC 3986's unreserved characters stay.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// As [`STRICT`], and slashes stay.
const PATH: &AsciiSet = &STRICT.remove(b'/');

/// Percent-encodes bytes that need not be text.
fn encode(text: &str, set: &'static AsciiSet) -> String {
    let bytes: Cow<'_, [u8]> = percent_decode_str(text).into();
    percent_encoding::percent_encode(&bytes, set).to_string()
}

/// Removes dot segments and empty segments (RFC 3986 section 5.2.4, and runs of slashes made one).
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    let ends_in_slash = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    let tail = if ends_in_slash && !kept.is_empty() { "/" } else { "" };
    format!("/{}{tail}", kept.join("/"))
}

/// The spellings of a path under which it may have been signed, the likeliest first.
pub(super) fn paths(raw: &str, s3: bool) -> Vec<String> {
    let raw = if raw.is_empty() { "/" } else { raw };
    let mut spellings = if s3 {
        vec![raw.to_owned(), encode(raw, PATH)]
    } else {
        let twice = |path: &str| utf8_percent_encode(path, PATH).to_string();
        let clean = without_dots(raw);
        let strict = twice(&encode(&clean, PATH));
        vec![twice(&clean), strict, twice(raw), twice(&encode(raw, PATH))]
    };
    distinct(&mut spellings);
    spellings
}

/// The spellings of a query under which it may have been signed, the likeliest first.
pub(super) fn queries(raw: &str) -> Vec<String> {
    let pairs = || {
        raw.split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .filter(|(key, _)| *key != "X-Amz-Signature")
    };
    if raw.is_empty() {
        return vec![String::new()];
    }
    let strict = |text: &str| encode(text, STRICT);
    let form = |text: &str| encode(&text.replace('+', "%20"), STRICT);
    let mut spellings = vec![
        sorted(pairs().map(|(key, value)| (key.to_owned(), value.to_owned()))),
        sorted(pairs().map(|(key, value)| (strict(key), strict(value)))),
        sorted(pairs().map(|(key, value)| (form(key), form(value)))),
    ];
    distinct(&mut spellings);
    spellings
}

fn sorted(pairs: impl Iterator<Item = (String, String)>) -> String {
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort();
    let mut text = String::new();
    for (key, value) in pairs {
        let _ = write!(text, "{}{key}={value}", if text.is_empty() { "" } else { "&" });
    }
    text
}

fn distinct(spellings: &mut Vec<String>) {
    let mut seen: Vec<String> = Vec::with_capacity(spellings.len());
    spellings.retain(|spelling| {
        let new = !seen.contains(spelling);
        if new {
            seen.push(spelling.clone());
        }
        new
    });
}

/// Surrounding space removed, runs of space made one.
fn trimmed(value: &str) -> Cow<'_, str> {
    let value = value.trim();
    if value.contains("  ") || value.contains('\t') {
        Cow::Owned(value.split_whitespace().collect::<Vec<_>>().join(" "))
    } else {
        Cow::Borrowed(value)
    }
}

/// The canonical request for one spelling of path and query.
pub(super) fn request(head: &Head<'_>, path: &str, query: &str, signed: &[&str], payload: &str) -> String {
    let mut text = String::with_capacity(512);
    let _ = write!(text, "{}\n{path}\n{query}\n", head.method);
    for name in signed {
        let mut values =
            head.headers.iter().filter(|(have, _)| have == field(name)).map(|(_, value)| trimmed(value));
        let first = values.next().unwrap_or_default();
        let _ = write!(text, "{name}:{first}");
        for value in values {
            let _ = write!(text, ",{value}");
        }
        text.push('\n');
    }
    text.push('\n');
    for (at, name) in signed.iter().enumerate() {
        let _ = write!(text, "{}{name}", if at == 0 { "" } else { ";" });
    }
    let _ = write!(text, "\n{payload}");
    text
}

/// The string to sign.
pub(super) fn to_sign(timestamp: &str, scope: &str, canonical: &str) -> String {
    format!("{}\n{timestamp}\n{scope}\n{}", super::ALGORITHM, super::sha256_hex(canonical.as_bytes()))
}
