//! The view as lines of text, none wider than the terminal. Text that is not Interlock's own is made visible first, so that
//! no width is a lie.

use interlock_action::Millis;
use interlock_api::RequestView;
use interlock_approval::State;
use unicode_width::UnicodeWidthStr as _;

use super::view::{Form, Screen, View};
use interlock_flow::Decisive;

use crate::{
    command::request::card,
    output::{span, visible},
};

/// How a line looks where there is colour. What it means stands in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Strong,
    Loss,
    Quiet,
    Bar,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) style: Style,
}

fn line(style: Style, text: impl Into<String>) -> Line {
    Line { text: text.into(), style }
}

/// Draws: a bar, what there is to see, a message, and the keys. Exactly as many lines as there are.
pub(super) fn draw(view: &mut View, width: usize, height: usize, now: Millis) -> Vec<Line> {
    let width = width.max(20);
    let foot = foot(view, width);
    let room = height.saturating_sub(foot.len().saturating_add(1)).max(1);
    view.page = room;
    let mut screen = std::mem::replace(&mut view.screen, Screen::List);
    let mut lines = vec![bar(view, width)];
    lines.extend(match &mut screen {
        Screen::List => list(view, width, room, now),
        Screen::Card { id, top, seen } => match view.request(id) {
            Some(request) => page(request, width, room, top, seen),
            None => vec![line(Style::Plain, "it is gone")],
        },
        Screen::Form(form) => self::form(form, width),
    });
    lines.resize(room.saturating_add(1), line(Style::Plain, ""));
    view.screen = screen;
    lines.extend(foot);
    lines.truncate(height.max(1));
    lines
}

fn bar(view: &View, width: usize) -> Line {
    let waiting = view.requests.iter().filter(|view| view.ticket.state == State::Pending).count();
    let words = match (&view.lost, waiting) {
        (Some(_), _) => "interlock: THE DAEMON DOES NOT ANSWER; what you see may be old".to_owned(),
        (None, 0) => "interlock: nothing waits".to_owned(),
        (None, 1) => "interlock: 1 request waits".to_owned(),
        (None, many) => format!("interlock: {many} requests wait"),
    };
    let text = wrap(&words, width, 0).into_iter().next().unwrap_or_default();
    let pad = width.saturating_sub(text.width());
    line(Style::Bar, format!("{text}{}", " ".repeat(pad)))
}

fn foot(view: &View, width: usize) -> Vec<Line> {
    let keys = match &view.screen {
        Screen::List => "j/k move  Enter open  q quit",
        Screen::Card { .. } => "Space further  b back  a approve  d deny  Esc list  q quit",
        Screen::Form(_) => "Enter next, at the end sign  Tab/Up move  Esc back without deciding",
    };
    let message = view.message.iter().chain(&view.lost).flat_map(|message| wrap(&visible(message), width, 0));
    let mut lines: Vec<Line> = message.map(|text| line(Style::Strong, text)).collect();
    lines.extend(wrap(keys, width, 0).into_iter().map(|text| line(Style::Quiet, text)));
    lines
}

/// The list, scrolled so that what is selected is seen whole, or as much of it as fits.
fn list(view: &View, width: usize, room: usize, now: Millis) -> Vec<Line> {
    let selected = view.place();
    let mut lines = Vec::new();
    let (mut from, mut to) = (0, 0);
    for (at, request) in view.requests.iter().enumerate() {
        let chosen = selected == Some(at);
        if chosen {
            from = lines.len();
        }
        lines.extend(block(request, chosen, width, now));
        if chosen {
            to = lines.len();
        }
    }
    let skip = to.saturating_sub(room).min(from);
    lines.into_iter().skip(skip).take(room).collect()
}

/// A request in the list: what it asks, what would be gone, what it takes.
fn block(request: &RequestView, chosen: bool, width: usize, now: Millis) -> Vec<Line> {
    let ticket = &request.ticket;
    let state = match &ticket.state {
        State::Pending => format!("{} of {} approvals", ticket.filled(), ticket.quorum.slots.len()),
        other => other.name().to_owned(),
    };
    let (age, left) =
        (span(now.saturating_sub(ticket.held.opened)), span(ticket.held.expires.saturating_sub(now)));
    let marks = [(ticket.advisory, "  ADVISORY"), (ticket.held.launch.unproved, "  UNPROVED")];
    let marks: String = marks.iter().filter(|(set, _)| *set).map(|(_, mark)| *mark).collect();
    let mark = if chosen { '>' } else { ' ' };
    let head = format!("{mark} {}  {}  {state}  {age} old, {left} left{marks}", ticket.held.tier, ticket.id);
    let mut lines = vec![(if chosen { Style::Strong } else { Style::Plain }, head, 4)];
    lines.push((Style::Plain, format!("    {}", request.sentence), 4));
    lines.extend(request.vanishes.iter().map(|what| (Style::Loss, format!("    - {what}"), 6)));
    if request.vanishes.is_empty() {
        lines.push((Style::Plain, "    nothing is known to vanish".to_owned(), 4));
    }
    let unknowns = ticket.held.forecast.unknowns.len().saturating_add(ticket.held.action.unknowns.len());
    if unknowns > 0 {
        lines.push((Style::Loss, format!("    ? {unknowns} unknown: open it"), 6));
    }
    if ticket.state == State::Pending {
        lines.push((Style::Quiet, format!("    needs {}", ticket.held.needs.join(", ")), 4));
    }
    lines
        .into_iter()
        .flat_map(|(style, text, indent)| {
            // Of a text that is not Interlock's own, no line begins where one of Interlock's could.
            let text = visible(&text).replace('\n', " ");
            wrap(&text, width, indent).into_iter().map(move |text| line(style, text)).collect::<Vec<_>>()
        })
        .collect()
}

/// As much of a request as fits, from line `top` on.
fn page(request: &RequestView, width: usize, room: usize, top: &mut usize, seen: &mut bool) -> Vec<Line> {
    let all: Vec<String> = card::lines(request)
        .iter()
        .flat_map(|text| text.split('\n').map(str::to_owned).collect::<Vec<_>>())
        .flat_map(|text| wrap(&text, width, 11))
        .collect();
    let room = room.saturating_sub(1).max(1);
    *top = (*top).min(all.len().saturating_sub(room));
    let end = top.saturating_add(room).min(all.len());
    *seen |= end >= all.len();
    let more = if end < all.len() { "; there is more below" } else { "; the end" };
    let place = format!("-- lines {} to {end} of {}{more}", top.saturating_add(1), all.len());
    let total = all.len();
    let mut lines: Vec<Line> =
        all.into_iter().skip(*top).take(room).map(|text| line(style(&text), text)).collect();
    lines.resize(room.min(total.max(room)), line(Style::Plain, ""));
    lines.extend(wrap(&place, width, 0).into_iter().take(1).map(|text| line(Style::Quiet, text)));
    lines
}

fn style(text: &str) -> Style {
    let loss = ["would ", "data lost", "recovery ", "unknown ", "ADVISORY", "UNPROVED"];
    if loss.iter().any(|label| text.starts_with(label)) { Style::Loss } else { Style::Plain }
}

/// What is decided, and what has to be typed for it.
fn form(form: &Form, width: usize) -> Vec<Line> {
    let verb = match form.verb {
        Decisive::Approve => "APPROVE",
        Decisive::Deny => "DENY",
    };
    let mut lines: Vec<(Style, String, usize)> = vec![
        (Style::Strong, format!("{verb} {}", form.request.ticket.id), 0),
        (Style::Plain, form.request.sentence.clone(), 2),
    ];
    lines.extend(form.request.vanishes.iter().map(|what| (Style::Loss, format!("- {what}"), 2)));
    lines.push((Style::Plain, String::new(), 0));
    for (at, field) in form.fields.iter().enumerate() {
        let (mark, cursor) = if at == form.at { ('>', "_") } else { (' ', "") };
        lines.push((Style::Plain, format!("{mark} {}: {}{cursor}", field.label, field.text), 4));
    }
    let lines = lines.into_iter().flat_map(|(style, text, indent)| {
        let text = visible(&text).replace('\n', " ");
        wrap(&text, width, indent).into_iter().map(move |text| line(style, text)).collect::<Vec<_>>()
    });
    lines.collect()
}

/// Breaks a line where it is too wide, at blanks if it can; what follows is indented. Nothing is left out.
pub(super) fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let indent = indent.min(width / 2);
    let mut lines = Vec::new();
    let mut line = String::new();
    // Where a blank stands in the line, on a boundary of characters.
    let mut blank = None;
    for c in text.chars() {
        if c == ' ' && !line.trim().is_empty() {
            blank = Some(line.len());
        }
        line.push(c);
        if line.width() <= width {
            continue;
        }
        // A word that would not fit behind the indent either is broken where it is.
        let fits = |at: &usize| {
            line.get(*at..).is_some_and(|rest| indent.saturating_add(rest.trim_start().width()) <= width)
        };
        let rest = match blank.take().filter(fits) {
            Some(at) => line.split_off(at),
            None => {
                line.pop();
                c.to_string()
            }
        };
        lines.push(std::mem::replace(&mut line, format!("{}{}", " ".repeat(indent), rest.trim_start())));
    }
    lines.push(line);
    lines
}
