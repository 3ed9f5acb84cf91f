//! The terminal: raw while the screen is shown, as it was before and after. Two system calls and a few escape sequences;
//! that is all this view needs of a terminal.

use std::{
    io::{Read as _, Write as _},
    os::fd::AsFd as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr},
};

use super::{
    draw::{Line, Style},
    view::Key,
};
use crate::fault::Fault;

/// The other screen, its cursor hidden.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/// A terminal in raw mode; put back when it is dropped.
pub(super) struct Terminal {
    before: Termios,
    colour: bool,
    stop: Arc<AtomicBool>,
    waiting: Vec<u8>,
}

fn fault(error: impl std::fmt::Display) -> Fault {
    Fault::failed(format!("the terminal: {error}"))
}

impl Terminal {
    /// Takes it over.
    pub(super) fn enter(colour: bool) -> Result<Self, Fault> {
        let before = tcgetattr(std::io::stdin()).map_err(fault)?;
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP, signal_hook::consts::SIGINT]
        {
            signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(fault)?;
        }
        let terminal = Self { before, colour, stop, waiting: Vec::new() };
        terminal.raw()?;
        Ok(terminal)
    }

    fn raw(&self) -> Result<(), Fault> {
        let mut raw = self.before.clone();
        raw.make_raw();
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &raw).map_err(fault)?;
        write(ENTER)
    }

    fn plain(&self) -> Result<(), Fault> {
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.before).map_err(fault)?;
        write(LEAVE)
    }

    /// Does something on the terminal as it was before.
    pub(super) fn aside<T>(&mut self, work: impl FnOnce() -> T) -> Result<T, Fault> {
        self.plain()?;
        let done = work();
        self.raw()?;
        Ok(done)
    }

    /// Columns and lines.
    pub(super) fn size(&self) -> (usize, usize) {
        let size = tcgetwinsize(std::io::stdout()).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
        size.map_or((80, 24), |size| (size.ws_col.into(), size.ws_row.into()))
    }

    /// Whether a signal came.
    pub(super) fn told_to_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Shows these lines and nothing else.
    pub(super) fn show(&self, lines: &[Line]) -> Result<(), Fault> {
        let mut text = String::from("\x1b[H");
        for (at, line) in lines.iter().enumerate() {
            if at > 0 {
                text.push_str("\r\n");
            }
            let (on, off) = if self.colour { (code(line.style), "\x1b[0m") } else { ("", "") };
            text.push_str(&format!("{on}{}{off}\x1b[K", line.text));
        }
        text.push_str("\x1b[J");
        write(&text)
    }

    /// The next key, if one is pressed in this time.
    pub(super) fn key(&mut self, patience: Duration) -> Result<Option<Key>, Fault> {
        if let Some(key) = next(&mut self.waiting) {
            return Ok(Some(key));
        }
        let input = std::io::stdin();
        let timeout = rustix::event::Timespec::try_from(patience).map_err(fault)?;
        let handle = input.as_fd();
        let ready = match poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&timeout)) {
            Ok(ready) => ready,
            Err(rustix::io::Errno::INTR) => 0,
            Err(error) => return Err(fault(error)),
        };
        if ready == 0 {
            return Ok(None);
        }
        let mut bytes = [0; 256];
        let read = input.lock().read(&mut bytes).map_err(fault)?;
        if read == 0 {
            // The terminal has gone.
            return Ok(Some(Key::Interrupt));
        }
        self.waiting.extend(bytes.iter().take(read));
        Ok(next(&mut self.waiting))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.plain();
    }
}

fn write(text: &str) -> Result<(), Fault> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(fault)
}

fn code(style: Style) -> &'static str {
    match style {
        Style::Plain => "",
        Style::Strong => "\x1b[1m",
        Style::Loss => "\x1b[31m",
        Style::Quiet => "\x1b[2m",
        Style::Bar => "\x1b[7m",
    }
}

/// Takes the first key off what was typed.
pub(super) fn next(typed: &mut Vec<u8>) -> Option<Key> {
    let (key, length) = match typed.as_slice() {
        [] => return None,
        [0x1b, b'[' | b'O', rest @ ..] => {
            let length = rest.iter().position(|byte| (0x40..=0x7e).contains(byte)).unwrap_or(rest.len());
            let key = match rest.get(..=length) {
                Some(b"A") => Key::Up,
                Some(b"B") => Key::Down,
                Some(b"5~") => Key::PageUp,
                Some(b"6~") => Key::PageDown,
                Some(b"H" | b"1~") => Key::Home,
                Some(b"F" | b"4~") => Key::End,
                _ => Key::Other,
            };
            (key, length.saturating_add(3))
        }
        [0x1b, ..] => (Key::Escape, 1),
        [b'\r' | b'\n', ..] => (Key::Enter, 1),
        [b'\t', ..] => (Key::Tab, 1),
        [0x7f | 0x08, ..] => (Key::Backspace, 1),
        [0x03 | 0x04, ..] => (Key::Interrupt, 1),
        [0..0x20, ..] => (Key::Other, 1),
        bytes => {
            let first = bytes.utf8_chunks().next();
            match first.and_then(|chunk| chunk.valid().chars().next()) {
                Some(c) => (Key::Char(c), c.len_utf8()),
                None => (Key::Other, 1),
            }
        }
    };
    typed.drain(..length.min(typed.len()));
    Some(key)
}
