//! Queries and forms, taken apart.

use percent_encoding::percent_decode_str;

use crate::ReadError;

/// Keys and values of a query or form, decoded; `+` is a space, as in forms.
pub(super) fn pairs(text: &str) -> Result<Vec<(String, String)>, ReadError> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(&key.replace('+', " "))?, decode(&value.replace('+', " "))?))
        })
        .collect()
}

/// Percent-decodes. What is no well-formed encoding of UTF-8 is refused.
pub(super) fn decode(text: &str) -> Result<String, ReadError> {
    let malformed = || ReadError::Malformed(format!("`{}` is not percent-encoded UTF-8", clip(text)));
    let digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' && !(digit(bytes.next()) && digit(bytes.next())) {
            return Err(malformed());
        }
    }
    percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| malformed())
}

/// The beginning of a text, for messages.
pub(super) fn clip(text: &str) -> String {
    let mut short: String = text.chars().filter(|letter| !letter.is_control()).take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
