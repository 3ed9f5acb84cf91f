//! The states that changes found and left, apart from the state changes that they belong to.
//!
//! A state is read with sealed reads, so it may hold what no entry shows. In the text that an entry commits to, and that
//! an opened export shows, there stands a salted digest of it; the state itself and the salt are encrypted with the text, and
//! go with it when it is redacted.

use interlock_flow::Event;
use interlock_ledger::{Broken, Hash, LedgerError, OpenedState, State, StateSalt, WrappingKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{StoreError, draft::random, private::REDACTED};

/// Keeps these digests apart from every other hash.
const DIGEST: &[u8] = b"interlock store kept state v1";

/// Events as they are committed to, and what is kept with them, not yet encrypted.
pub(crate) struct Sealing {
    salt: StateSalt,
    plain: Zeroizing<Vec<u8>>,
    aside: Zeroizing<Vec<u8>>,
}

impl Sealing {
    pub(crate) fn state(&self) -> State<'_> {
        State { salt: &self.salt, events: &self.plain }
    }

    pub(crate) fn encrypt(&self, key: &WrappingKey, leaf: &Hash) -> Result<Vec<u8>, LedgerError> {
        key.seal_state_with(self.state(), &self.aside, leaf)
    }
}

/// A state, as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    salt: String,
    /// Its exact JSON text.
    state: String,
}

impl Kept {
    fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for part in [DIGEST, self.salt.as_bytes(), b" ", self.state.as_bytes()] {
            hash.update(part);
        }
        hex::encode(hash.finalize())
    }

    /// What stands in its place.
    fn place(&self) -> Value {
        json!({"sealed": self.digest()})
    }
}

/// Where an event holds a state.
fn state_of(event: &mut Event) -> Option<&mut Value> {
    match event {
        Event::Undoable { change } => Some(&mut change.contract.as_mut()?.before),
        Event::Settled { after, .. } if *after != REDACTED => Some(after),
        _ => None,
    }
}

/// Writes events down and draws their salts.
pub(crate) fn seal_events(events: &[Event]) -> Result<Sealing, StoreError> {
    let mut events = events.to_vec();
    let mut all = Vec::new();
    for state in events.iter_mut().filter_map(state_of) {
        let kept = Kept { salt: hex::encode(random::<32>()?), state: serde_json::to_string(state)? };
        *state = kept.place();
        all.push(kept);
    }
    let aside = if all.is_empty() { Vec::new() } else { serde_json::to_vec(&all)? };
    let plain = Zeroizing::new(serde_json::to_vec(&events)?);
    Ok(Sealing { salt: random()?, plain, aside: Zeroizing::new(aside) })
}

/// The events, with their states. What is kept must be what the events say.
pub(crate) fn events_of(index: u64, opened: &OpenedState) -> Result<Vec<Event>, Broken> {
    let unreadable = |error: serde_json::Error| Broken::Unreadable { index, why: error.to_string() };
    let mut events: Vec<Event> = serde_json::from_slice(opened.state().events).map_err(unreadable)?;
    if opened.aside().is_empty() {
        return Ok(events);
    }
    let kept: Vec<Kept> = serde_json::from_slice(opened.aside()).map_err(unreadable)?;
    let mut kept = kept.into_iter();
    for state in events.iter_mut().filter_map(state_of) {
        let kept = kept.next().filter(|kept| kept.place() == *state).ok_or(Broken::State { index })?;
        *state = serde_json::from_str(&kept.state).map_err(unreadable)?;
    }
    kept.next().map_or(Ok(events), |_| Err(Broken::State { index }))
}

/// Whether the events' own text holds a state, as older stores wrote it; or cannot be read.
pub(crate) fn shows_states(opened: &OpenedState) -> bool {
    let events = serde_json::from_slice::<Vec<Event>>(opened.state().events);
    let clear = |mut events: Vec<Event>| events.iter_mut().any(|event| state_of(event).is_some());
    opened.aside().is_empty() && events.map_or(true, clear)
}
