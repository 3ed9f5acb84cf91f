//! Taking away what is private: from one entry, and from every entry that carries the same requests, sessions or things.
//!
//! A request stands whole in every entry that moves it, a session's task in everything that the session did; what a change
//! found and left stands in its own entries and in those of the changes of the same thing before and after it. So the unit
//! is the request, the session or the thing, not the entry: what is taken from one of their entries is taken from all.
//! Entries that carry none of them stand alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::PoisonError,
};

use interlock_action::{Millis, PersonId};
use interlock_approval::{Launch, State as TicketState};
use interlock_flow::{Event, Freeze, JournalError, Memory, Receipt, Record, Standing, overlap};
use interlock_ledger::{Entry, EntryKind, Hash, REDACTED_ENTRY, REDACTED_STATE, WrappingKey};
use rusqlite::{Connection, OptionalExtension as _, params};
use tokio::sync::oneshot;

use crate::{
    StoreError,
    draft::{Draft, Replaced, Row},
    private::{self, Subject},
    reader::open_events,
    schema,
    states::{events_of, seal_events},
    writer::Writer,
};

/// What somebody asks to be taken away.
pub(crate) struct Redact {
    pub(crate) index: u64,
    pub(crate) by: String,
    pub(crate) reason: String,
    pub(crate) at: Millis,
    pub(crate) answer: oneshot::Sender<Result<Redacted, StoreError>>,
}

/// What was taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted {
    /// The entries whose private parts are gone: the one that was asked for, and all that carry the same request, session
    /// or thing.
    pub entries: Vec<u64>,
    /// The last of the entries that say so; there is one for each.
    pub receipt: Receipt,
    /// Whether the files themselves hold nothing of it any more. Otherwise somebody was reading them, and it is overwritten
    /// with the first write, or at the first start, after that.
    pub wiped: bool,
}

/// An entry that is concerned.
struct Found {
    hash: Hash,
    has_body: bool,
    /// Its state changes without their private parts; none when they have no such parts.
    kept: Option<Vec<Event>>,
}

/// All that is concerned.
#[derive(Default)]
struct Concerned {
    entries: BTreeMap<u64, Found>,
    subjects: BTreeSet<Subject>,
    freezes: Vec<Freeze>,
}

impl Writer {
    /// Takes one entry's private parts away, and those of all that carry the same. A batch of its own: nothing else may
    /// stand between what it finds and what it writes.
    pub(crate) fn redact(&mut self, redact: Redact) {
        let redacted = self.take_away(&redact);
        // Nobody may be waiting any more; what is gone is gone.
        let _ = redact.answer.send(redacted);
    }

    fn take_away(&mut self, redact: &Redact) -> Result<Redacted, StoreError> {
        let concerned = concerned(&self.connection, &self.shared.keys.wrapping, redact.index)?;
        {
            let memory = self.shared.memory.read().unwrap_or_else(PoisonError::into_inner);
            still_needed(&memory, &concerned, redact)?;
        }
        let mut rows = Vec::new();
        for (index, found) in concerned.entries {
            if found.has_body || found.kept.is_some() {
                rows.push(self.row(redact, index, found)?);
            }
        }
        let entries: Vec<u64> =
            rows.iter().filter_map(|row| row.replaces.as_ref()).map(|replaced| replaced.index).collect();
        if entries.is_empty() {
            return Err(StoreError::NoBody(redact.index));
        }
        self.scrub = true;
        match self.append(&rows) {
            Ok(note) => {
                {
                    let mut memory = self.shared.memory.write().unwrap_or_else(PoisonError::into_inner);
                    concerned.subjects.iter().for_each(|subject| private::forget(&mut memory, subject));
                }
                // Whoever redacts is told only when it is done.
                self.tidy();
                self.shared.anchor.offer(self.frontier.size(), note);
                let receipt = Receipt { index: self.frontier.size().saturating_sub(1) };
                Ok(Redacted { entries, receipt, wiped: !self.scrub })
            }
            Err(error) => {
                let why = error.to_string();
                self.shared.queue.poison(why.clone());
                Err(JournalError::Unavailable(why).into())
            }
        }
    }

    /// The entry that says what was taken from one entry, with what takes its place.
    fn row(&self, redact: &Redact, index: u64, found: Found) -> Result<Row, StoreError> {
        let key = &self.shared.keys.wrapping;
        let mut entry = Entry::new(EntryKind::Redacted, redact.at)
            .public(REDACTED_ENTRY, index)
            .public("asked", redact.index)
            .public("by", &redact.by)
            .public("reason", &redact.reason);
        let mut events = None;
        if let Some(kept) = found.kept {
            let sealing = seal_events(&kept)?;
            entry = entry.public(REDACTED_STATE, sealing.state().digest());
            events = Some(sealing.encrypt(key, &found.hash)?);
        }
        let (mut row, _) = Draft::new(Record::only(entry), key)?.into_row(key)?;
        row.replaces = Some(Replaced { index, events });
        Ok(row)
    }
}

/// Follows requests, sessions and things from entry to entry.
fn concerned(connection: &Connection, key: &WrappingKey, index: u64) -> Result<Concerned, StoreError> {
    let mut concerned = Concerned::default();
    let mut waiting = vec![index];
    // What changes write, read once something that was changed is concerned.
    let mut written: Option<Vec<(u64, Vec<String>)>> = None;
    while let Some(index) = waiting.pop() {
        if concerned.entries.contains_key(&index) {
            continue;
        }
        let (found, events) = found(connection, key, index)?;
        concerned.entries.insert(index, found);
        for subject in private::followed(&events) {
            if concerned.subjects.insert(subject.clone()) {
                waiting.extend(about(connection, &subject)?);
            }
        }
        for names in events.iter().filter_map(names).filter(|names| !names.is_empty()) {
            if written.is_none() {
                written = Some(self::written(connection, key)?);
            }
            let others = written.iter().flatten().filter(|(_, other)| overlap(names, other));
            waiting.extend(others.map(|(index, _)| *index));
        }
        let freezes = events.into_iter().filter_map(|event| match event {
            Event::Frozen { freeze } => Some(freeze),
            _ => None,
        });
        concerned.freezes.extend(freezes);
    }
    Ok(concerned)
}

/// What a change writes, however it is called.
fn names(event: &Event) -> Option<&Vec<String>> {
    match event {
        Event::Undoable { change } => Some(&change.about),
        _ => None,
    }
}

/// What each change in the log writes: names leave parts open, so that they are compared one by one.
fn written(connection: &Connection, key: &WrappingKey) -> Result<Vec<(u64, Vec<String>)>, StoreError> {
    let query = "SELECT DISTINCT idx FROM carries WHERE subject >= 'thing ' AND subject < 'thing!'";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    let mut written = Vec::new();
    while let Some(row) = rows.next()? {
        let index = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(u64::MAX);
        let (_, events) = found(connection, key, index)?;
        let names = events.iter().filter_map(names).flatten().cloned();
        written.push((index, names.collect()));
    }
    Ok(written)
}

fn found(connection: &Connection, key: &WrappingKey, index: u64) -> Result<(Found, Vec<Event>), StoreError> {
    let query =
        "SELECT hash, events, body IS NOT NULL AND wrapped_secret IS NOT NULL FROM entry WHERE idx = ?1";
    let mut statement = connection.prepare_cached(query)?;
    let row = statement
        .query_row([schema::key(index)], |row| {
            Ok((row.get::<_, Hash>(0)?, row.get::<_, Option<Vec<u8>>>(1)?, row.get::<_, bool>(2)?))
        })
        .optional()?;
    let (hash, events, has_body) = row.ok_or(StoreError::NoEntry(index))?;
    let opened = open_events(key, index, &hash, events.as_deref())?;
    let events = opened.as_ref().map_or(Ok(Vec::new()), |opened| events_of(index, opened))?;
    let kept = private::without(&events);
    Ok((Found { hash, has_body, kept }, events))
}

/// The entries that name it in the clear, and those that carry it.
fn about(connection: &Connection, subject: &Subject) -> Result<Vec<u64>, StoreError> {
    // The conditions are spelled as the indices are, or they would not be used.
    let (query, id) = match subject {
        Subject::Ticket(id) => ("SELECT idx FROM entry WHERE leaf ->> '$.public.ticket' = ?1", id.as_str()),
        Subject::Session(id) => ("SELECT idx FROM entry WHERE leaf ->> '$.public.session' = ?1", id.as_str()),
        Subject::Action(id) => ("SELECT idx FROM entry WHERE leaf ->> '$.public.action' = ?1", id.as_str()),
        // In the clear it is named nowhere.
        Subject::Thing(_) => ("", ""),
    };
    let mut found = Vec::new();
    let carriers = "SELECT idx FROM carries WHERE subject = ?1";
    let queries = [(query, id.to_owned()), (carriers, subject.to_string())];
    for (query, parameter) in queries.into_iter().filter(|(query, _)| !query.is_empty()) {
        let mut statement = connection.prepare_cached(query)?;
        let mut rows = statement.query(params![parameter])?;
        while let Some(row) = rows.next()? {
            found.push(u64::try_from(row.get::<_, i64>(0)?).unwrap_or(u64::MAX));
        }
    }
    Ok(found)
}

/// Who is involved in what a redaction of this entry takes away: the owner and the launchers of every session and request
/// that it, or any entry that loses something with it, carries or names.
pub(crate) fn involved(
    connection: &Connection,
    key: &WrappingKey,
    memory: &Memory,
    index: u64,
) -> Result<Vec<(PersonId, Launch)>, StoreError> {
    let Concerned { mut subjects, entries, .. } = concerned(connection, key, index)?;
    let query = "SELECT leaf ->> '$.public.session', leaf ->> '$.public.ticket' FROM entry WHERE idx = ?1";
    let mut statement = connection.prepare_cached(query)?;
    for index in entries.into_keys() {
        let named: (Option<String>, Option<String>) =
            statement.query_row([schema::key(index)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        subjects.extend(named.0.map(|id| Subject::Session(id.into())));
        subjects.extend(named.1.map(|id| Subject::Ticket(id.into())));
    }
    let who = |subject: &Subject| match subject {
        Subject::Ticket(id) => {
            let held = &memory.tickets.get(id)?.held;
            Some((held.owner.clone(), held.launch.clone()))
        }
        Subject::Session(id) => {
            let session = memory.sessions.get(id)?;
            Some((session.agent.owner.clone(), session.launch.clone()))
        }
        Subject::Action(id) => {
            let session = memory.sessions.get(&memory.changes.get(id)?.session)?;
            Some((session.agent.owner.clone(), session.launch.clone()))
        }
        Subject::Thing(_) => None,
    };
    Ok(subjects.iter().filter_map(who).collect())
}

/// Refuses while something that would lose its meaning is still acted on.
fn still_needed(memory: &Memory, concerned: &Concerned, redact: &Redact) -> Result<(), StoreError> {
    let now = redact.at;
    let mut why = Vec::new();
    for subject in &concerned.subjects {
        match subject {
            Subject::Ticket(id) => {
                let Some(ticket) = memory.tickets.get(id) else { continue };
                if matches!(ticket.state, TicketState::Pending | TicketState::Approved { .. })
                    && now < ticket.held.expires
                {
                    why.push(format!(
                        "request `{id}` is still {}: deny it, or wait until it is spent or has expired",
                        ticket.state.name()
                    ));
                } else if let Some(grant) =
                    memory.grants.values().find(|grant| grant.terms.ticket == *id && !grant.is_over(now))
                {
                    let grant = &grant.id;
                    why.push(format!("grant `{grant}` was made of request `{id}` and is not over: end it"));
                } else if memory.open_permits.values().any(|permit| permit.ticket.as_ref() == Some(id)) {
                    // A call that did not execute gives its approval back.
                    why.push(format!("the call that spends request `{id}` has no outcome yet: wait for it"));
                }
            }
            Subject::Session(id) => {
                let live = |session: &interlock_flow::Session| session.lease.is_live(now);
                if memory.sessions.get(id).is_some_and(live) {
                    why.push(format!("session `{id}` is at work: end it, or wait until its lease is over"));
                }
            }
            Subject::Action(id) => {
                let standing = memory.changes.get(id).map(|note| &note.standing);
                if memory.open_permits.contains_key(id) {
                    why.push(format!("the call of action `{id}` has no outcome yet: wait for it"));
                } else if matches!(standing, Some(Standing::Undoing { .. })) {
                    why.push(format!("action `{id}` is being taken back: finish that first"));
                }
            }
            Subject::Thing(_) => {}
        }
    }
    for freeze in &concerned.freezes {
        if memory.freezes.get(&freeze.scope) == Some(freeze) {
            why.push("the freeze is in force: lift it first".to_owned());
        }
    }
    if why.is_empty() {
        Ok(())
    } else {
        Err(StoreError::StillNeeded { index: redact.index, why: why.join("; ") })
    }
}
