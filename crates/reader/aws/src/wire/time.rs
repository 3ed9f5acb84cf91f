//! Points in time: from each wire format to RFC 3339 text in UTC, and back.
//!
//! The text keeps the fraction without trailing zeros, so that one instant has one text: `2026-01-01T00:00:00.5Z`.

use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use serde_json::{Number, Value};

use crate::catalogue::TimestampFormat;

/// Reads a number of seconds since the Unix epoch.
pub(super) fn from_number(number: &Number) -> Option<String> {
    match number.as_i64() {
        Some(seconds) => Timestamp::from_second(seconds).ok().map(|at| at.to_string()),
        None => from_float(number.as_f64()?),
    }
}

/// Reads a fractional number of seconds since the Unix epoch.
pub(super) fn from_float(seconds: f64) -> Option<String> {
    // Display gives the shortest decimal that is this float, and never an exponent.
    from_decimal(&seconds.to_string())
}

/// Reads decimal seconds since the Unix epoch, to the nanosecond.
fn from_decimal(text: &str) -> Option<String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let seconds: i64 = whole.parse().ok()?;
    let nanos: i32 =
        fraction.chars().chain(std::iter::repeat('0')).take(9).collect::<String>().parse().ok()?;
    let at = if negative {
        Timestamp::new(seconds.checked_neg()?, nanos.checked_neg()?)
    } else {
        Timestamp::new(seconds, nanos)
    };
    at.ok().map(|at| at.to_string())
}

/// Reads text in the given format.
pub(super) fn from_text(text: &str, format: TimestampFormat) -> Option<String> {
    let text = text.trim();
    match format {
        TimestampFormat::Iso8601 => from_iso(text),
        TimestampFormat::Unix => from_decimal(text),
        TimestampFormat::Rfc822 => from_rfc822(text),
    }
}

/// Reads text in whichever of the formats it is; no text is valid in two of them.
pub(super) fn from_any_text(text: &str) -> Option<String> {
    let text = text.trim();
    from_iso(text).or_else(|| from_decimal(text)).or_else(|| from_rfc822(text))
}

fn from_iso(text: &str) -> Option<String> {
    // jiff reads more than RFC 3339 (zone annotations, spaces, week dates): only what AWS documents is let through.
    let plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'.' | b'T' | b'Z' | b'+');
    if !text.bytes().all(plain) || !text.contains('T') {
        return None;
    }
    text.parse::<Timestamp>().ok().map(|at| at.to_string())
}

fn from_rfc822(text: &str) -> Option<String> {
    DateTimeParser::new().parse_timestamp(text).ok().map(|at| at.to_string())
}

/// Writes RFC 3339 text in the given format; [`TimestampFormat::Unix`] gives a JSON number, the others text. `None` if
/// it is no point in time, or the format cannot hold its fraction.
pub(super) fn to_wire(text: &str, format: TimestampFormat) -> Option<Value> {
    let at: Timestamp = from_iso(text.trim())?.parse().ok()?;
    match format {
        TimestampFormat::Iso8601 => Some(Value::String(at.to_string())),
        TimestampFormat::Unix => to_number(at).map(Value::Number),
        TimestampFormat::Rfc822 if at.subsec_nanosecond() != 0 => None,
        TimestampFormat::Rfc822 => {
            DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok().map(Value::String)
        }
    }
}

fn to_number(at: Timestamp) -> Option<Number> {
    let (seconds, nanos) = (at.as_second(), at.subsec_nanosecond());
    if nanos == 0 {
        return Some(Number::from(seconds));
    }
    let sign = if at.as_nanosecond() < 0 { "-" } else { "" };
    let decimal = format!("{sign}{}.{:09}", seconds.unsigned_abs(), nanos.unsigned_abs());
    Number::from_f64(decimal.parse().ok()?)
}
