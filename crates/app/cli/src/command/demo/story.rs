//! How the demo reads: one screen, times on the left, facts below their step. Colour only on a terminal.

use std::{
    io::{IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

use crate::{fault::Fault, output::visible};

/// How wide a line may be.
const WIDTH: usize = 100;
/// Where the words of a step begin.
const INDENT: usize = 11;
/// Where the value of a fact begins.
const VALUE: usize = 33;

/// How a fact is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// As it should be.
    Good,
    /// Lost.
    Bad,
    /// Waiting for people.
    Held,
    /// Neither.
    Plain,
}

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Bad => "31",
            Self::Held => "33",
            Self::Plain => "0",
        }
    }
}

/// The screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Story {
    shown: bool,
    terminal: bool,
    colour: bool,
}

impl Story {
    /// Nothing is shown where JSON is asked for.
    pub(super) fn new(json: bool) -> Self {
        let terminal = std::io::stdout().is_terminal();
        Self { shown: !json, terminal, colour: terminal && std::env::var_os("NO_COLOR").is_none() }
    }

    fn write(self, text: &str) {
        if self.shown {
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour && code != "0" { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A heading, with a blank line before it.
    pub(super) fn heading(self, text: &str) {
        self.write(&format!("\n{}\n", self.paint("1", text)));
    }

    /// A paragraph.
    pub(super) fn say(self, text: &str) {
        for line in wrap(&visible(text), WIDTH - 2) {
            self.write(&format!("  {line}\n"));
        }
    }

    /// Does a step and tells it with the time that it took. On a terminal it says meanwhile what is being done.
    pub(super) fn step<T>(
        self,
        doing: &str,
        work: impl FnOnce() -> Result<T, Fault>,
        done: impl FnOnce(&T) -> String,
    ) -> Result<T, Fault> {
        let begun = Instant::now();
        self.doing(doing);
        let result = work();
        self.forget();
        let value = result?;
        self.done(begun.elapsed(), &done(&value));
        Ok(value)
    }

    /// What is being done, on a terminal, until [`Story::forget`].
    pub(super) fn doing(self, what: &str) {
        if self.terminal {
            self.write(&format!("{:INDENT$}{what} …", ""));
        }
    }

    /// Wipes that away.
    pub(super) fn forget(self) {
        if self.terminal {
            self.write("\r\x1b[2K");
        }
    }

    /// A step that was done.
    pub(super) fn done(self, took: Duration, what: &str) {
        let mut lines = wrap(&visible(what), WIDTH - INDENT).into_iter();
        let first = lines.next().unwrap_or_default();
        self.write(&format!("{:>7.1} s  {first}\n", took.as_secs_f64()));
        for line in lines {
            self.write(&format!("{:INDENT$}{line}\n", ""));
        }
    }

    /// A fact about what was done.
    pub(super) fn fact(self, name: &str, value: &str, tone: Tone) {
        let column = VALUE - INDENT;
        for (at, line) in wrap(&visible(value), WIDTH - VALUE).iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            self.write(&format!("{:INDENT$}{name:<column$}{}\n", "", self.paint(tone.code(), line)));
        }
    }

    /// A table of names and two values.
    pub(super) fn pair(self, name: &str, left: (&str, Tone), right: (&str, Tone)) {
        let column = VALUE - INDENT;
        let cell = |(text, tone): (&str, Tone)| self.paint(tone.code(), &format!("{text:<20}"));
        let line = format!("{:INDENT$}{name:<column$}{}{}", "", cell(left), cell(right));
        self.write(&format!("{}\n", line.trim_end()));
    }

    /// Something to type: never broken.
    pub(super) fn command(self, line: &str) {
        self.write(&format!("      {line}\n"));
    }
}

/// Breaks a text at its blanks.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn long_text_is_broken_at_blanks_and_loses_nothing() {
        let text = "one two three four-and-more-than-fits five";
        let lines = wrap(text, 9);
        assert_eq!(lines, ["one two", "three", "four-and-more-than-fits", "five"]);
        assert_eq!(lines.join(" "), text);
        assert!(wrap("", 9).is_empty());
    }
}
