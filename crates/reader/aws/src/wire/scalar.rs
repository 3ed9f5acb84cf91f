//! Scalars as text: in paths, queries, headers, forms and XML.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Number, Value};

use super::time;
use super::walk::{Path, malformed, unwritable};
use crate::ReadError;
use crate::catalogue::{Kind, TimestampFormat};

/// Reads a scalar of the given kind from text. Text is taken as it is; whitespace around anything else is left out.
pub(super) fn from_text(
    kind: &Kind,
    text: &str,
    format: TimestampFormat,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    let trimmed = text.trim();
    match kind {
        Kind::String => Some(Value::from(text)),
        Kind::Boolean => boolean(trimmed).map(Value::Bool),
        Kind::Integer | Kind::Long => integer(trimmed).map(Value::from),
        Kind::Float | Kind::Double => float_text(trimmed),
        Kind::Blob { .. } => blob(trimmed).map(Value::String),
        Kind::Timestamp(_) => time::from_text(trimmed, format).map(Value::String),
        Kind::Structure(_) | Kind::List { .. } | Kind::Map { .. } | Kind::Document => None,
    }
    .ok_or_else(|| malformed(path, wanted(kind)))
}

/// Writes a scalar of the given kind as text.
pub(super) fn to_text(
    kind: &Kind,
    value: &Value,
    format: TimestampFormat,
    path: &Path<'_>,
) -> Result<String, ReadError> {
    let text = match (kind, value) {
        (Kind::String, Value::String(text)) => Some(text.clone()),
        (Kind::Boolean, Value::Bool(flag)) => Some(flag.to_string()),
        (Kind::Integer | Kind::Long, Value::Number(number)) => {
            number.as_i64().map(|number| number.to_string())
        }
        (Kind::Float | Kind::Double, value) => float(value).map(|value| match value {
            Value::String(name) => name,
            number => number.to_string(),
        }),
        (Kind::Blob { .. }, Value::String(text)) => blob(text),
        (Kind::Timestamp(_), Value::String(text)) => time::to_wire(text, format).map(|value| match value {
            Value::String(text) => text,
            number => number.to_string(),
        }),
        _ => None,
    };
    text.ok_or_else(|| unwritable(path, &format!("is not {}", wanted(kind))))
}

/// What a value of this kind is called in an error.
pub(super) fn wanted(kind: &Kind) -> &'static str {
    match kind {
        Kind::Structure(_) => "a structure",
        Kind::List { .. } => "a list",
        Kind::Map { .. } => "a map",
        Kind::String => "text",
        Kind::Blob { .. } => "base64",
        Kind::Integer | Kind::Long => "an integer",
        Kind::Float | Kind::Double => "a number",
        Kind::Boolean => "`true` or `false`",
        Kind::Timestamp(_) => "a point in time",
        Kind::Document => "a document",
    }
}

/// Bytes as base64 text.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of base64 text.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Canonical base64 of valid base64.
pub(super) fn blob(text: &str) -> Option<String> {
    bytes(text).map(|bytes| base64(&bytes))
}

/// A float as a parameter: a JSON number that is always a float, or the name of a value that JSON has no number for.
pub(super) fn from_float(value: f64) -> Value {
    match Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => Value::from("NaN"),
        None if value > 0.0 => Value::from("Infinity"),
        None => Value::from("-Infinity"),
    }
}

/// A float parameter, from a JSON number or one of the three names.
pub(super) fn float(value: &Value) -> Option<Value> {
    number(value).map(from_float)
}

/// The number that it is.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(name) => match name.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

fn is_special(name: &str) -> bool {
    matches!(name, "NaN" | "Infinity" | "-Infinity")
}

fn float_text(text: &str) -> Option<Value> {
    if is_special(text) {
        return Some(Value::from(text));
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let number: f64 = text.parse().ok().filter(|_| digits)?;
    number.is_finite().then(|| from_float(number))
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn integer(text: &str) -> Option<i64> {
    // `+7` and `007` have more than one reading; what is written back must be what was sent.
    text.parse::<i64>().ok().filter(|number| number.to_string() == text)
}
