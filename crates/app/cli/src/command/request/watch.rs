//! `interlock request watch`: requests as they come.
//!
//! What is on the screen is a pure function of a state that keys and news move (`view`, `draw`); here are the terminal,
//! the daemon and the clock.

use std::{
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::mpsc,
    time::Duration,
};

use interlock_api::{Feed, RequestView};

use super::decide;
use crate::{
    client::Client,
    command::Global,
    exit::Exit,
    fault::Fault,
    output::{Output, time, visible},
    time::now,
};

mod draw;
mod terminal;
mod view;

use terminal::Terminal;
use view::{Asked, View};

/// How long the daemon may wait before it answers that nothing moved.
const PATIENCE: u64 = 25;
/// How long a daemon that does not answer is left alone.
const PAUSE: Duration = Duration::from_secs(1);
/// How often ages and the size of the terminal are looked at.
const TICK: Duration = Duration::from_millis(250);

#[derive(Debug, clap::Args)]
pub(crate) struct Watch {
    /// Your OpenSSH key, to have it filled in where you decide.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Write lines even on a terminal.
    #[arg(long)]
    lines: bool,
}

/// What the daemon said, and whether it was asked for everything.
type News = Result<(Feed, bool), Fault>;

impl Watch {
    pub(super) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let sockets = global.sockets()?;
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !dumb;
        if terminal && !self.lines && !output.json {
            return self.screen(&sockets);
        }
        let client = Client::new(&sockets)?;
        let mut after = None;
        loop {
            let feed = ask(&client, after)?;
            after = Some(feed.sequence);
            for view in &feed.requests {
                let line =
                    if output.json { serde_json::to_string(view).unwrap_or_default() } else { line(view) };
                let mut out = std::io::stdout().lock();
                // Whoever read it has gone.
                if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
                    return Ok(Exit::Ok.into());
                }
            }
        }
    }

    fn screen(self, sockets: &Path) -> Result<ExitCode, Fault> {
        let client = Client::new(sockets)?;
        // A daemon that is not there is said before the screen changes.
        let first = ask(&client, None)?;
        let key = self.key.map(|key| key.display().to_string()).unwrap_or_default();
        let mut view = View::new(key);
        let news = follow(sockets.to_owned(), first.sequence);
        view.take(first, true);
        let colour = std::env::var_os("NO_COLOR").is_none();
        let mut terminal = Terminal::enter(colour)?;
        loop {
            while let Ok(news) = news.try_recv() {
                match news {
                    Ok((feed, whole)) => view.take(feed, whole),
                    Err(fault) => view.lost(&fault.to_string()),
                }
            }
            let (width, height) = terminal.size();
            terminal.show(&draw::draw(&mut view, width, height, now()))?;
            if terminal.told_to_stop() {
                return Ok(Exit::Ok.into());
            }
            let Some(key) = terminal.key(TICK)? else { continue };
            match view.press(key) {
                Asked::Nothing => {}
                Asked::Quit => return Ok(Exit::Ok.into()),
                Asked::Decide { request, verb, key, reason } => {
                    // OpenSSH asks for passphrases and touches on the plain terminal.
                    let decided = terminal
                        .aside(|| decide::decide(&client, &request, verb, &expanded(&key), &reason))?;
                    view.decided(decided.map(|view| decide::words(&view)).map_err(
                        |fault| match &fault.hint {
                            Some(hint) => format!("{fault}; {hint}"),
                            None => fault.to_string(),
                        },
                    ));
                }
            }
        }
    }
}

/// Asks once.
fn ask(client: &Client, after: Option<u64>) -> Result<Feed, Fault> {
    let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
    client.get(&format!("/v1/requests/feed?seconds={PATIENCE}{after}"))
}

/// Goes on asking, beside the screen.
fn follow(sockets: PathBuf, after: u64) -> mpsc::Receiver<News> {
    let (send, news) = mpsc::channel();
    std::thread::spawn(move || {
        let mut after = Some(after);
        loop {
            let asked = Client::new(&sockets).and_then(|client| {
                let whole = after.is_none();
                ask(&client, after).map(|feed| (feed, whole))
            });
            // After a silence everything may have moved.
            after = asked.as_ref().ok().map(|(feed, _)| feed.sequence);
            let gone = asked.is_err();
            if send.send(asked).is_err() {
                return;
            }
            if gone {
                std::thread::sleep(PAUSE);
            }
        }
    });
    news
}

/// A request as one line, with what would be gone below it.
fn line(view: &RequestView) -> String {
    let ticket = &view.ticket;
    let mut lines = vec![format!(
        "{}  {:<8}  {}  {}  {} of {}  {}",
        time(now()),
        ticket.state.name(),
        ticket.held.tier,
        ticket.id,
        ticket.filled(),
        ticket.quorum.slots.len(),
        view.sentence
    )];
    if ticket.state == interlock_approval::State::Pending {
        lines.extend(view.vanishes.iter().map(|what| format!("    - {what}")));
    }
    lines.iter().map(|line| visible(line).replace('\n', " ")).collect::<Vec<_>>().join("\n")
}

/// A key's path as people type it: `~` is their home.
fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(below), Some(home)) => Path::new(&home).join(below),
        _ => PathBuf::from(path),
    }
}

#[cfg(test)]
mod tests;
