//! Words, times and spans as people read them. Text of agents and of targets is hostile.

use unicode_width::UnicodeWidthChar as _;

/// Text of an agent or a target, with what could fool a reader made visible: control and bidirectional characters,
/// whatever takes no column of its own, and blanks that are no spaces. Lines stay lines.
pub fn visible(text: &str) -> String {
    shown(text, |c| {
        c == '\n'
            || c == ' '
            || (!c.is_control() && !c.is_whitespace() && c.width().is_some_and(|columns| columns > 0))
    })
}

/// The same of a name, where one letter may look like another: whatever is not ASCII is shown as its number.
pub fn exact(name: &str) -> String {
    shown(name, |c| c == ' ' || c.is_ascii_graphic())
}

fn shown(text: &str, plain: impl Fn(char) -> bool) -> String {
    text.chars().fold(String::new(), |mut shown, c| {
        if plain(c) {
            shown.push(c)
        } else {
            shown.push_str(&format!("\\u{{{:x}}}", u32::from(c)))
        }
        shown
    })
}

/// A time in the reader's own words: RFC 3339, UTC.
pub fn time(millis: u64) -> String {
    let millis = i64::try_from(millis).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis)
        .map(|at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
        .unwrap_or_default()
}

/// A span of time in the largest two units.
pub fn span(millis: u64) -> String {
    let minutes = millis / 60_000;
    match (minutes / 1_440, minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => format!("{} s", millis / 1_000),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_fool_a_reader_is_shown() {
        assert_eq!(visible("a\u{202e}b\u{1b}[31m\u{200b}"), "a\\u{202e}b\\u{1b}[31m\\u{200b}");
        assert_eq!(visible("Größe\nzwei"), "Größe\nzwei");
        assert_eq!(exact("pr\u{43e}d-db"), "pr\\u{43e}d-db");
        assert_eq!(exact("line\nbreak"), "line\\u{a}break");
    }
}
