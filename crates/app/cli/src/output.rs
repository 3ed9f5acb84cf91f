//! stdout carries data only; everything else goes to stderr.

use std::io::{IsTerminal as _, Write as _};

use clap::ValueEnum;
pub(crate) use interlock_api::{span, time, visible};
use serde::Serialize;

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
        tell(words);
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

/// Words on the side, for people. Whoever has closed that side is told nothing, and what was asked for is done all the same.
pub(crate) fn tell(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

/// Letters of one cell: what somebody makes longer makes no other row longer.
const WIDEST: usize = 100;

/// As much of a cell as there is room for, on one line.
fn cell(text: &str) -> String {
    let text = text.replace('\n', " ");
    if text.chars().count() <= WIDEST {
        return text;
    }
    text.chars().take(WIDEST - 1).chain(['…']).collect()
}

/// A table for people: a heading, then rows, columns as wide as they need to be.
pub(crate) fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|text| cell(text)).collect()).collect();
    let mut widths: Vec<usize> = heading.iter().map(|cell| cell.len()).collect();
    for row in &rows {
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
