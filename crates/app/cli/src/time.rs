//! Times as people type them, and the time.

/// Now, in milliseconds since the epoch.
pub(crate) fn now() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default()
}

/// A time that somebody typed, in milliseconds since the epoch: one in RFC 3339, or how long ago it was.
pub(crate) fn moment(text: &str) -> Result<u64, String> {
    let now = jiff::Timestamp::now();
    let then = match text.parse::<jiff::Timestamp>() {
        Ok(then) => then,
        Err(_) => {
            let unread = || "neither a time such as 2026-11-21T10:00:00Z nor a span such as 2h".to_owned();
            let ago: jiff::Span = text.parse().map_err(|_| unread())?;
            let ago = ago.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| unread())?;
            now.checked_sub(ago).map_err(|error| error.to_string())?
        }
    };
    u64::try_from(then.as_millisecond()).map_err(|_| "before 1970".to_owned())
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn a_time_is_a_date_or_how_long_ago() {
        assert_eq!(moment("1970-01-02T00:00:00Z"), Ok(86_400_000));
        let (day, week) = (moment("24h").unwrap(), moment("7d").unwrap());
        assert!((6 * 86_400_000 - 60_000..=6 * 86_400_000 + 60_000).contains(&(day - week)), "{day} {week}");
        assert!(moment("30m").unwrap() > day);
        for wrong in ["", "yesterday", "7", "-1", "1960-01-01T00:00:00Z"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
