//! Percent-encoding, queries and forms.

use std::fmt::Write as _;

use super::walk::clip;
use crate::ReadError;

/// Decodes percent-encoding; `plus` makes `+` a space, as queries and forms mean it.
pub(crate) fn decode(text: &str, plus: bool) -> Result<String, ReadError> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| (byte.unwrap_or_default() as char).to_digit(16);
                match (digit(bytes.next()), digit(bytes.next())) {
                    (Some(high), Some(low)) => u8::try_from(high * 16 + low).unwrap_or_default(),
                    _ => return Err(ReadError::Malformed("`%` without two hexadecimal digits".to_owned())),
                }
            }
            b'+' if plus => b' ',
            other => other,
        });
    }
    String::from_utf8(out).map_err(|_| ReadError::Malformed("percent-encoding that is not UTF-8".to_owned()))
}

/// Encodes everything but unreserved characters.
pub(super) fn encode(text: &str) -> String {
    encode_but(text, "")
}

/// Encodes everything but unreserved characters and `/`.
pub(crate) fn encode_path(text: &str) -> String {
    encode_but(text, "/")
}

fn encode_but(text: &str, safe: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let letter = byte as char;
        if byte.is_ascii_alphanumeric() || "-_.~".contains(letter) || safe.contains(letter) {
            out.push(letter);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The decoded pairs of a query or form, in order, repeated keys kept.
pub(crate) fn pairs(raw: &str) -> Result<Vec<(String, String)>, ReadError> {
    raw.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let key = decode(key, true)?;
            // Some parsers part pairs at `;` as well: they would see other keys.
            if part.contains(';') && key != "X-Amz-SignedHeaders" {
                return Err(ReadError::Ambiguous(format!("a raw `;` beside `{}`", clip(&key))));
            }
            Ok((key, decode(value, true)?))
        })
        .collect()
}

/// Writes pairs as a form, spaces as `+`: the way the encoding is defined (WHATWG URL, section 5) and AWS's own SDKs do,
/// so that a service that parses a form and writes it anew to check its digest gets the same bytes.
pub(super) fn write_form(pairs: &[(String, String)]) -> String {
    write_pairs(pairs).replace("%20", "+")
}

/// Writes pairs as a query.
pub(super) fn write_pairs(pairs: &[(String, String)]) -> String {
    let written: Vec<String> =
        pairs.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
    written.join("&")
}

/// Whether a query key belongs to a presigned URL (SigV4 or SigV2) and is no parameter.
pub(crate) fn is_presign_key(key: &str) -> bool {
    const KEYS: [&str; 10] = [
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-expires",
        "x-amz-signedheaders",
        "x-amz-signature",
        "x-amz-security-token",
        "x-amz-content-sha256",
        "awsaccesskeyid",
        "signature",
    ];
    KEYS.iter().any(|have| key.eq_ignore_ascii_case(have))
}
