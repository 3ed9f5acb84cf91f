//! What the watcher shows and how keys and news move it: no terminal, no daemon, no clock.
//!
//! INVARIANT: no single key decides anything. A decision is a form with a key, words, and for an approval a name that has to
//! be typed; and it can only be opened from a request that was read to its end.

use interlock_action::TicketId;
use interlock_api::{Feed, RequestView, typed};
use interlock_approval::State;

use interlock_flow::Decisive;

/// A key that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Enter,
    Escape,
    Backspace,
    Tab,
    Char(char),
    /// Ctrl-C, or the terminal has gone.
    Interrupt,
    /// One that means nothing here.
    Other,
}

/// What a key asks for beyond the screen.
#[derive(Debug)]
pub(super) enum Asked {
    Nothing,
    Quit,
    Decide { request: Box<RequestView>, verb: Decisive, key: String, reason: String },
}

/// What is on the screen.
#[derive(Debug)]
pub(super) enum Screen {
    /// Everything that waits.
    List,
    /// One request, whole.
    Card {
        /// Which.
        id: TicketId,
        /// The first line shown.
        top: usize,
        /// Whether its last line was shown: as long as it was not, nothing is decided on it.
        seen: bool,
    },
    /// A decision on it.
    Form(Form),
}

/// A decision that is being written.
#[derive(Debug)]
pub(super) struct Form {
    /// On which request, exactly as it was read.
    pub(super) request: Box<RequestView>,
    /// Which way.
    pub(super) verb: Decisive,
    /// What is typed.
    pub(super) fields: Vec<Field>,
    /// Which of them is typed in.
    pub(super) at: usize,
}

/// One line of a form.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) label: String,
    pub(super) text: String,
    /// What must stand in it; anything but nothing where none.
    pub(super) wanted: Option<String>,
}

/// The whole state.
#[derive(Debug)]
pub(super) struct View {
    pub(super) requests: Vec<RequestView>,
    pub(super) selected: Option<TicketId>,
    pub(super) screen: Screen,
    /// The last thing that happened.
    pub(super) message: Option<String>,
    /// Why the daemon cannot be asked, while it cannot.
    pub(super) lost: Option<String>,
    /// The key that was given or used last.
    key: String,
    /// How many lines a page has, as last drawn.
    pub(super) page: usize,
}

fn open(view: &RequestView) -> bool {
    matches!(view.ticket.state, State::Pending | State::Approved { .. })
}

impl View {
    /// Nothing yet, and the key to fill in.
    pub(super) fn new(key: String) -> Self {
        Self {
            requests: Vec::new(),
            selected: None,
            screen: Screen::List,
            message: None,
            lost: None,
            key,
            page: 1,
        }
    }

    /// Takes what the daemon said: everything that is open, or what has moved.
    pub(super) fn take(&mut self, feed: Feed, whole: bool) {
        self.lost = None;
        let looked_at = match &self.screen {
            Screen::Card { id, .. } => Some(id.clone()),
            Screen::Form(form) => Some(form.request.ticket.id.clone()),
            Screen::List => None,
        };
        if whole {
            self.requests.retain(|have| Some(&have.ticket.id) == looked_at.as_ref());
        }
        for view in feed.requests {
            let id = view.ticket.id.clone();
            if !open(&view) {
                self.message = Some(format!("{id} is {}", view.ticket.state.name()));
            }
            match self.requests.iter_mut().find(|have| have.ticket.id == id) {
                Some(have) => *have = view,
                None => self.requests.push(view),
            }
        }
        // What is settled goes, unless somebody is reading it.
        self.requests.retain(|have| open(have) || Some(&have.ticket.id) == looked_at.as_ref());
        self.requests.sort_by(|one, other| {
            (one.ticket.held.opened, &one.ticket.id).cmp(&(other.ticket.held.opened, &other.ticket.id))
        });
        if self.place().is_none() {
            self.selected = self.requests.first().map(|view| view.ticket.id.clone());
        }
    }

    /// The daemon does not answer.
    pub(super) fn lost(&mut self, why: &str) {
        self.lost = Some(why.to_owned());
    }

    /// What came of a decision.
    pub(super) fn decided(&mut self, outcome: Result<String, String>) {
        self.message = Some(match outcome {
            Ok(words) => words.replace('\n', "; "),
            Err(why) => format!("nothing was decided: {why}"),
        });
    }

    /// The request of this id.
    pub(super) fn request(&self, id: &TicketId) -> Option<&RequestView> {
        self.requests.iter().find(|view| view.ticket.id == *id)
    }

    /// Where the selected request stands in the list.
    pub(super) fn place(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.requests.iter().position(|view| view.ticket.id == *selected)
    }

    /// Takes a key.
    pub(super) fn press(&mut self, key: Key) -> Asked {
        if key == Key::Interrupt {
            return Asked::Quit;
        }
        match std::mem::replace(&mut self.screen, Screen::List) {
            Screen::List => self.in_list(key),
            Screen::Card { id, top, seen } => self.in_card(key, id, top, seen),
            Screen::Form(form) => self.in_form(key, form),
        }
    }

    fn in_list(&mut self, key: Key) -> Asked {
        let step: isize = match key {
            Key::Char('q') => return Asked::Quit,
            Key::Char('j') | Key::Down => 1,
            Key::Char('k') | Key::Up => -1,
            Key::Home => isize::MIN,
            Key::End => isize::MAX,
            Key::Enter | Key::Char('o') => {
                if let Some(id) = self.selected.clone() {
                    self.message = None;
                    self.screen = Screen::Card { id, top: 0, seen: false };
                }
                return Asked::Nothing;
            }
            Key::Char('a' | 'd') => {
                self.message = Some("open it first: Enter".to_owned());
                return Asked::Nothing;
            }
            _ => return Asked::Nothing,
        };
        let last = self.requests.len().saturating_sub(1);
        let to = self.place().unwrap_or_default().saturating_add_signed(step).min(last);
        self.selected = self.requests.get(to).map(|view| view.ticket.id.clone());
        Asked::Nothing
    }

    fn in_card(&mut self, key: Key, id: TicketId, top: usize, seen: bool) -> Asked {
        let step = isize::try_from(self.page.saturating_sub(1).max(1)).unwrap_or(1);
        let by: isize = match key {
            Key::Char('q') => return Asked::Quit,
            // Back to the list.
            Key::Escape | Key::Backspace => {
                self.message = None;
                self.requests.retain(open);
                return Asked::Nothing;
            }
            Key::Char('j') | Key::Down => 1,
            Key::Char('k') | Key::Up => -1,
            Key::Char(' ') | Key::PageDown | Key::Enter => step,
            Key::Char('b') | Key::PageUp => step.saturating_neg(),
            Key::Home => isize::MIN,
            Key::End => isize::MAX,
            Key::Char(verb @ ('a' | 'd')) => {
                match self.form(&id, if verb == 'a' { Decisive::Approve } else { Decisive::Deny }, seen) {
                    Ok(form) => {
                        self.message = None;
                        self.screen = Screen::Form(form);
                        return Asked::Nothing;
                    }
                    Err(why) => self.message = Some(why.to_owned()),
                }
                0
            }
            _ => 0,
        };
        self.screen = Screen::Card { id, top: top.saturating_add_signed(by), seen };
        Asked::Nothing
    }

    /// The form of a decision, if one can be taken.
    fn form(&self, id: &TicketId, verb: Decisive, seen: bool) -> Result<Form, &'static str> {
        let request = self.request(id).ok_or("it is gone")?;
        match (&request.ticket.state, verb) {
            (State::Pending, _) | (State::Approved { .. }, Decisive::Deny) => {}
            (State::Approved { .. }, Decisive::Approve) => return Err("it is approved already"),
            _ => return Err("it is settled already"),
        }
        if self.lost.is_some() {
            return Err("the daemon does not answer: it may have moved");
        }
        if verb == Decisive::Approve && !seen {
            return Err("read it to its end first: Space");
        }
        let field =
            |label: &str, text: &str| Field { label: label.to_owned(), text: text.to_owned(), wanted: None };
        let mut fields = vec![field("your key file", &self.key), field("your words", "")];
        if verb == Decisive::Approve {
            let wanted = name(request);
            fields.push(Field { label: format!("type {wanted}"), text: String::new(), wanted: Some(wanted) });
        }
        let at = usize::from(!self.key.is_empty());
        Ok(Form { request: Box::new(request.clone()), verb, fields, at })
    }

    fn in_form(&mut self, key: Key, mut form: Form) -> Asked {
        let last = form.fields.len().saturating_sub(1);
        match key {
            Key::Escape => {
                let id = form.request.ticket.id.clone();
                self.screen = Screen::Card { id, top: 0, seen: false };
                return Asked::Nothing;
            }
            Key::Up => form.at = form.at.saturating_sub(1),
            Key::Down | Key::Tab => form.at = form.at.saturating_add(1).min(last),
            Key::Backspace => {
                form.fields.get_mut(form.at).and_then(|field| field.text.pop());
            }
            Key::Char(c) => form.fields.get_mut(form.at).map(|field| field.text.push(c)).unwrap_or_default(),
            Key::Enter if form.at < last => form.at = form.at.saturating_add(1),
            Key::Enter => {
                if let Some((at, why)) = form.fault() {
                    self.message = Some(why);
                    form.at = at;
                } else {
                    let [key, reason] = [0, 1].map(|at| {
                        form.fields.get(at).map(|field| field.text.trim().to_owned()).unwrap_or_default()
                    });
                    self.key.clone_from(&key);
                    let id = form.request.ticket.id.clone();
                    self.screen = Screen::Card { id, top: 0, seen: false };
                    return Asked::Decide { request: form.request, verb: form.verb, key, reason };
                }
            }
            _ => {}
        }
        self.screen = Screen::Form(form);
        Asked::Nothing
    }
}

impl Form {
    /// The first field that is not filled in, and what it wants.
    fn fault(&self) -> Option<(usize, String)> {
        self.fields.iter().enumerate().find_map(|(at, field)| match &field.wanted {
            Some(wanted) if *wanted != field.text.trim() => {
                Some((at, format!("type {wanted} to approve it")))
            }
            None if field.text.trim().is_empty() => Some((at, format!("{} is missing", field.label))),
            _ => None,
        })
    }
}

/// What has to be typed to approve: for two people the name of what it is about, else the request's id.
fn name(view: &RequestView) -> String {
    typed(&view.ticket).unwrap_or_else(|| view.ticket.id.to_string())
}
