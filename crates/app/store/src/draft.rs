//! A record on its way to the writer: what can be computed before it is its turn is computed by whoever brings it.

use interlock_flow::{Event, Guard, JournalError, Receipt, Record};
use interlock_ledger::{Entry, LedgerError, RecordSecret, Sealed, WrappingKey, seal, state_digest};
use tokio::sync::oneshot;

use crate::StoreError;

/// Whom the writer answers.
pub(crate) type Answer = oneshot::Sender<Result<Receipt, JournalError>>;

/// A record whose private fields are sealed already.
pub(crate) struct Draft {
    sealed: Sealed,
    wrapped: Option<Vec<u8>>,
    events: Vec<Event>,
    pub(crate) guards: Vec<Guard>,
    /// There when the events cannot become more on the way.
    written: Option<Written>,
    /// The entry whose body goes with it.
    redacts: Option<u64>,
}

/// What the leaf and the events are as bytes.
struct Written {
    leaf: String,
    events: Option<String>,
}

/// One row, ready to be inserted.
pub(crate) struct Row {
    pub(crate) leaf: String,
    pub(crate) events: Option<String>,
    pub(crate) wrapped: Option<Vec<u8>>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) redacts: Option<u64>,
}

fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(StoreError::Random)?;
    Ok(bytes)
}

impl Draft {
    /// Seals the private fields; writes leaf and events unless a step will add to them.
    pub(crate) fn new(record: Record, key: &WrappingKey) -> Result<Self, StoreError> {
        let (sealed, wrapped) = sealed(record.entry, key)?;
        let mut draft = Self {
            sealed,
            wrapped,
            events: record.events,
            guards: record.guards,
            written: None,
            redacts: None,
        };
        if !draft.guards.iter().any(|guard| matches!(guard, Guard::Step(..))) {
            draft.written = Some(draft.write()?);
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

    /// With the entry whose body it takes away.
    pub(crate) fn redacting(mut self, index: u64) -> Self {
        self.redacts = Some(index);
        self
    }

    /// Whether readers must not see its events before they are durable.
    pub(crate) fn loosens(&self) -> bool {
        self.events.iter().any(loosens)
    }

    fn write(&mut self) -> Result<Written, StoreError> {
        let events = if self.events.is_empty() { None } else { Some(serde_json::to_string(&self.events)?) };
        self.sealed.leaf.state = events.as_deref().map(|events| state_digest(events.as_bytes()));
        let leaf = String::from_utf8(self.sealed.leaf.encode()?);
        let leaf = leaf.map_err(|error| LedgerError::Json(error.to_string()))?;
        Ok(Written { leaf, events })
    }

    /// The row, and the events for the memory.
    pub(crate) fn into_row(mut self) -> Result<(Row, Vec<Event>), StoreError> {
        let written = match self.written.take() {
            Some(written) => written,
            None => self.write()?,
        };
        let Written { leaf, events } = written;
        let row = Row { leaf, events, wrapped: self.wrapped, body: self.sealed.body, redacts: self.redacts };
        Ok((row, self.events))
    }
}

/// Whether an event lets through what was not let through before it.
pub(crate) fn loosens(event: &Event) -> bool {
    matches!(event, Event::Unfrozen { .. } | Event::Session { .. })
}

fn sealed(entry: Entry, key: &WrappingKey) -> Result<(Sealed, Option<Vec<u8>>), StoreError> {
    let (sealed, secret) = seal(entry, || random().map(RecordSecret::new))?;
    let wrapped = match secret {
        Some(secret) => Some(key.wrap(&secret, random()?)?),
        None => None,
    };
    Ok((sealed, wrapped))
}
