//! A record on its way to the writer: what can be computed before it is its turn is computed by whoever brings it.

use std::collections::BTreeSet;

use interlock_flow::{Event, Guard, JournalError, Receipt, Record};
use interlock_ledger::{Entry, Hash, LedgerError, RecordSecret, Sealed, WrappingKey, leaf_hash, seal};
use tokio::sync::oneshot;

use crate::{
    StoreError,
    private::{Subject, subjects},
    states::seal_events,
};

/// Whom the writer answers.
pub(crate) type Answer = oneshot::Sender<Result<Receipt, JournalError>>;

/// A record whose private fields are sealed already, and its state changes too, unless a step will add to them.
pub(crate) struct Draft {
    sealed: Sealed,
    wrapped: Option<Vec<u8>>,
    pub(crate) events: Vec<Event>,
    pub(crate) guards: Vec<Guard>,
    /// There when the events cannot become more on the way.
    written: Option<Written>,
}

/// What the leaf and the events are as bytes.
struct Written {
    hash: Hash,
    leaf: String,
    events: Option<Vec<u8>>,
}

/// One row, ready to be inserted.
pub(crate) struct Row {
    pub(crate) hash: Hash,
    pub(crate) leaf: String,
    /// Encrypted.
    pub(crate) events: Option<Vec<u8>>,
    /// Whom its events carry.
    pub(crate) subjects: BTreeSet<Subject>,
    pub(crate) wrapped: Option<Vec<u8>>,
    pub(crate) body: Option<Vec<u8>>,
    /// What else changes with it: only a redaction changes an earlier row.
    pub(crate) replaces: Option<Replaced>,
}

/// An earlier entry that loses its body.
pub(crate) struct Replaced {
    pub(crate) index: u64,
    /// What takes the place of its events, encrypted; none when they stay.
    pub(crate) events: Option<Vec<u8>>,
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(StoreError::Random)?;
    Ok(bytes)
}

impl Draft {
    /// Seals the private fields; writes leaf and events, encrypted, unless a step will add to them.
    pub(crate) fn new(record: Record, key: &WrappingKey) -> Result<Self, StoreError> {
        let (sealed, wrapped) = sealed(record.entry, key)?;
        let mut draft = Self { sealed, wrapped, events: record.events, guards: record.guards, written: None };
        if !draft.guards.iter().any(|guard| matches!(guard, Guard::Step(..))) {
            draft.written = Some(draft.write(key)?);
        }
        Ok(draft)
    }

    /// Takes in what its guards brought about; what was written without it is written anew.
    pub(crate) fn add(&mut self, events: impl ExactSizeIterator<Item = Event>) {
        if events.len() > 0 {
            self.written = None;
            self.events.extend(events);
        }
    }

    /// Whether readers must not see its events before they are durable.
    pub(crate) fn loosens(&self) -> bool {
        self.events.iter().any(loosens)
    }

    fn write(&mut self, key: &WrappingKey) -> Result<Written, StoreError> {
        let sealing = if self.events.is_empty() { None } else { Some(seal_events(&self.events)?) };
        self.sealed.leaf.state = sealing.as_ref().map(|sealing| sealing.state().digest());
        let leaf = String::from_utf8(self.sealed.leaf.encode()?);
        let leaf = leaf.map_err(|error| LedgerError::Json(error.to_string()))?;
        // The leaf holds the digest of the events and their salt, so what is bound to it is bound to its one entry.
        let hash = leaf_hash(leaf.as_bytes());
        let events = sealing.map(|sealing| sealing.encrypt(key, &hash)).transpose()?;
        Ok(Written { hash, leaf, events })
    }

    /// The row, and the events for the memory.
    pub(crate) fn into_row(mut self, key: &WrappingKey) -> Result<(Row, Vec<Event>), StoreError> {
        let written = match self.written.take() {
            Some(written) => written,
            None => self.write(key)?,
        };
        let Written { hash, leaf, events } = written;
        let row = Row {
            hash,
            leaf,
            events,
            subjects: subjects(&self.events),
            wrapped: self.wrapped,
            body: self.sealed.body,
            replaces: None,
        };
        Ok((row, self.events))
    }
}

/// Whether an event lets through what was not let through before it, or says that something stands in the store.
pub(crate) fn loosens(event: &Event) -> bool {
    matches!(event, Event::Unfrozen { .. } | Event::Session { .. } | Event::Settled { .. })
}

fn sealed(entry: Entry, key: &WrappingKey) -> Result<(Sealed, Option<Vec<u8>>), StoreError> {
    let (sealed, secret) = seal(entry, || random().map(RecordSecret::new))?;
    let wrapped = match secret {
        Some(secret) => Some(key.wrap(&secret, random()?)?),
        None => None,
    };
    Ok((sealed, wrapped))
}
