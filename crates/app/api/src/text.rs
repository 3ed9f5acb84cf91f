//! Words, times and spans as people read them. Text of agents and of targets is hostile.

use unicode_width::UnicodeWidthChar as _;

/// Text of an agent or a target, with what could fool a reader made visible: control and bidirectional characters,
/// whatever takes no column of its own, blanks that are no spaces, and letters of another script in a word of Latin ones.
/// Lines stay lines.
pub fn visible(text: &str) -> String {
    let word = |c: char| c.is_alphanumeric();
    let mut seen = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| word(c) != word(first)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        let mixed = part.chars().any(|c| c.is_ascii_alphabetic()) && !part.chars().all(is_latin);
        seen.push_str(&shown(part, |c| is_plain(c) && (!mixed || is_latin(c))));
        rest = after;
    }
    seen
}

fn is_plain(c: char) -> bool {
    c == '\n'
        || c == ' '
        || (!c.is_control()
            && !c.is_whitespace()
            && !is_blank(c)
            && !runs_left(c)
            && c.width().is_some_and(|columns| columns > 0))
}

/// A letter without ink.
fn is_blank(c: char) -> bool {
    matches!(c, '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{115f}' | '\u{1160}')
}

/// A letter of a script that is written from right to left: it would turn round what stands beside it, before and after
/// (Unicode Annex 9).
fn runs_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// A letter that Latin words are written with, or no letter.
fn is_latin(c: char) -> bool {
    !c.is_alphabetic()
        || c.is_ascii()
        || ('\u{c0}'..='\u{24f}').contains(&c)
        || ('\u{1e00}'..='\u{1eff}').contains(&c)
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

/// A time as RFC 3339 has it.
pub fn rfc3339(millis: u64) -> String {
    let millis = i64::try_from(millis).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).map(|at| at.to_string()).unwrap_or_default()
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
        assert_eq!(visible("Größe\nzwei, две, 二"), "Größe\nzwei, две, 二");
        assert_eq!(visible("\u{5d0}: 5\u{2800}"), "\\u{5d0}: 5\\u{2800}");
        assert_eq!(visible("delete pr\u{43e}d-db"), "delete pr\\u{43e}d-db");
        assert_eq!(exact("pr\u{43e}d-db"), "pr\\u{43e}d-db");
        assert_eq!(exact("line\nbreak"), "line\\u{a}break");
    }
}
