//! stdout carries data only; everything else goes to stderr.

use std::io::{IsTerminal as _, Write as _};

use clap::ValueEnum;
use serde::Serialize;
use unicode_width::UnicodeWidthChar as _;

use crate::fault::Fault;

/// How faults are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ErrorFormat {
    /// For a person, in colour on a terminal.
    #[default]
    Human,
    /// One line, no colour.
    Plain,
    /// One JSON object.
    Json,
}

/// Where and how a command writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
    errors: ErrorFormat,
}

impl Output {
    pub(crate) fn new(json: bool, errors: ErrorFormat) -> Self {
        Self { json, errors }
    }

    /// Writes data: JSON if asked for, else the words.
    pub(crate) fn show<T: Serialize>(&self, data: &T, words: impl FnOnce(&T) -> String) {
        let text = if self.json {
            serde_json::to_string_pretty(data).unwrap_or_default()
        } else {
            words(data).trim_end().to_owned()
        };
        if !text.is_empty() {
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    /// One line of JSON, flushed: for lines that a program waits for.
    pub(crate) fn line<T: Serialize>(&self, data: &T) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{}", serde_json::to_string(data).unwrap_or_default());
        let _ = out.flush();
    }

    /// Words on the side, for people.
    pub(crate) fn say(&self, words: &str) {
        let _ = writeln!(std::io::stderr(), "{words}");
    }

    /// A fault.
    pub(crate) fn fault(&self, fault: &Fault) {
        let mut err = std::io::stderr().lock();
        let _ = match self.errors {
            ErrorFormat::Json => writeln!(err, "{}", serde_json::to_string(fault).unwrap_or_default()),
            ErrorFormat::Plain => {
                let hint = fault.hint.as_ref().map(|hint| format!("; hint: {hint}")).unwrap_or_default();
                writeln!(err, "error: {fault}{hint}")
            }
            ErrorFormat::Human => {
                let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
                let (red, off) = if colour { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
                let hint = fault.hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
                writeln!(err, "{red}error{off}: {fault}{hint}")
            }
        };
    }
}

/// A table for people: a heading, then rows, columns as wide as they need to be.
pub(crate) fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = heading.iter().map(|cell| cell.len()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(heading.to_vec())];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}

/// Text of an agent or a target, with what could fool a terminal made visible: control and bidirectional characters,
/// whatever takes no column of its own, and blanks that are no spaces. Lines stay lines.
pub(crate) fn visible(text: &str) -> String {
    text.chars().fold(String::new(), |mut shown, c| {
        let plain = c == '\n'
            || c == ' '
            || (!c.is_control() && !c.is_whitespace() && c.width().is_some_and(|columns| columns > 0));
        if plain {
            shown.push(c)
        } else {
            shown.push_str(&format!("\\u{{{:x}}}", u32::from(c)))
        }
        shown
    })
}

/// A time in the reader's own words: RFC 3339, UTC.
pub(crate) fn time(millis: u64) -> String {
    let millis = i64::try_from(millis).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis)
        .map(|at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
        .unwrap_or_default()
}

/// A span of time in the largest two units.
pub(crate) fn span(millis: u64) -> String {
    let minutes = millis / 60_000;
    match (minutes / 1_440, minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => format!("{} s", millis / 1_000),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}
