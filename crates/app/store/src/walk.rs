//! Going through every row of the log. Rows are read by one thread and put in order by it; what each of them takes alone, which is
//! nearly all, is done by as many as there are.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

use interlock_flow::Event;
use interlock_ledger::{Broken, Checked, Frontier, Hash, OpenedState, Replay, Stored, Verified, WrappingKey};
use rusqlite::{Connection, Row};

use crate::{
    Keys, StoreError,
    reader::{open_events, open_sealed},
    states::events_of,
};

/// Rows that are handed over at once.
const CHUNK: usize = 256;

/// A row as it was read.
struct Raw {
    index: u64,
    hash: Hash,
    leaf: String,
    events: Option<Vec<u8>>,
    wrapped: Option<Vec<u8>>,
    body: Option<Vec<u8>>,
}

/// A row that was compared with itself.
struct Opened {
    index: u64,
    checked: Result<Checked, Broken>,
    events: Result<Vec<Event>, Broken>,
    /// Why its state changes or its body do not open.
    closed: Option<Broken>,
}

impl Raw {
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let index = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(u64::MAX);
        let hash: Hash = row.get(1)?;
        let unreadable =
            |error: rusqlite::types::FromSqlError| Broken::Unreadable { index, why: error.to_string() };
        let leaf = row.get_ref(2)?.as_str().map_err(unreadable)?.to_owned();
        let blob = |column: usize| -> Result<Option<Vec<u8>>, StoreError> {
            let bytes = row.get_ref(column)?.as_blob_or_null();
            let bytes = bytes.map_err(|error| Broken::Body { index, why: error.to_string() })?;
            Ok(bytes.map(<[u8]>::to_vec))
        };
        let events = row.get_ref(3)?.as_blob_or_null().map_err(unreadable)?.map(<[u8]>::to_vec);
        Ok(Self { index, hash, leaf, events, wrapped: blob(4)?, body: blob(5)? })
    }

    fn open(&self, key: &WrappingKey) -> Opened {
        let index = self.index;
        let mut closed = None;
        // Should they not open, the log may be wrong in a way that says more.
        let state = open_events(key, index, &self.hash, self.events.as_deref()).unwrap_or_else(|why| {
            closed = Some(why);
            None
        });
        let stored = Stored {
            index,
            leaf: self.leaf.as_bytes(),
            hash: &self.hash,
            has_body: self.body.is_some() && self.wrapped.is_some(),
            state: state.as_ref().map(OpenedState::state),
        };
        let checked = stored.check();
        // A body that does not open is evidence that is gone. The same as above: the log may say more.
        if let Ok(checked) = &checked
            && let Err(why) =
                open_sealed(key, index, checked.leaf(), self.wrapped.as_deref(), self.body.as_deref())
        {
            closed.get_or_insert(why);
        }
        let events = state.as_ref().map_or(Ok(Vec::new()), |state| events_of(index, state));
        Opened { index, checked, events, closed }
    }
}

/// Takes the events of an entry, in the log's order.
type Each<'a> = dyn FnMut(u64, &[Event]) -> Result<(), StoreError> + 'a;

/// What comes of the rows, in their order.
struct Order<'a> {
    replay: Replay,
    each: &'a mut Each<'a>,
    /// The first that does not open.
    closed: Option<(u64, Broken)>,
    /// Chunks that came too early.
    early: BTreeMap<u64, Vec<Opened>>,
    next: u64,
}

impl Order<'_> {
    fn take(&mut self, nth: u64, chunk: Vec<Opened>) -> Result<(), StoreError> {
        self.early.insert(nth, chunk);
        while let Some(chunk) = self.early.remove(&self.next) {
            self.next += 1;
            for Opened { index, checked, events, closed } in chunk {
                if let Some(why) = closed {
                    self.closed.get_or_insert((index, why));
                }
                self.replay.entry(index, checked)?;
                let events = events?;
                if !events.is_empty() {
                    (self.each)(index, &events)?;
                }
            }
        }
        Ok(())
    }

    // INVARIANT: entries and the checkpoint over them are one transaction, so that an entry that the last checkpoint
    // does not cover cannot be there; `finish` refuses it.
    fn finish(self) -> Result<(Verified, Frontier), StoreError> {
        match (self.replay.finish(), self.closed) {
            (Ok(whole), None) => Ok(whole),
            (Ok(_), Some((_, why))) => Err(why.into()),
            (Err(Broken::State { index }), Some((first, why))) if first == index => Err(why.into()),
            (Err(broken), _) => Err(broken.into()),
        }
    }
}

/// Compares every entry, its state changes and its body with what was signed. `each` is given the state changes, in order.
pub(crate) fn go_through(
    connection: &Connection,
    keys: &Keys,
    replay: Replay,
    mut each: impl FnMut(u64, &[Event]) -> Result<(), StoreError>,
) -> Result<(Verified, Frontier), StoreError> {
    let mut order = Order { replay, each: &mut each, closed: None, early: BTreeMap::new(), next: 0 };
    let query = "SELECT idx, hash, leaf, events, wrapped_secret, body FROM entry ORDER BY idx";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    let hands = thread::available_parallelism().map_or(1, usize::from).min(8);
    let (give, given) = mpsc::sync_channel::<(u64, Vec<Raw>)>(2 * hands);
    let (bring, brought) = mpsc::channel();
    let given = Mutex::new(given);
    thread::scope(|scope| {
        for _ in 0..hands {
            let (given, bring) = (&given, bring.clone());
            scope.spawn(move || {
                loop {
                    let next = given.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((nth, chunk)) = next else { return };
                    let opened = chunk.iter().map(|raw| raw.open(&keys.wrapping)).collect::<Vec<_>>();
                    if bring.send((nth, opened)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(bring);
        // Whatever ends this early drops `give`, and with it the others end.
        let give = give;
        let mut nth = 0;
        loop {
            let mut chunk = Vec::with_capacity(CHUNK);
            while chunk.len() < CHUNK
                && let Some(row) = rows.next()?
            {
                chunk.push(Raw::read(row)?);
            }
            let last = chunk.len() < CHUNK;
            if give.send((nth, chunk)).is_err() {
                return Err(Broken::Damaged("the threads that open entries have ended".to_owned()).into());
            }
            nth += 1;
            for (nth, opened) in brought.try_iter() {
                order.take(nth, opened)?;
            }
            if last {
                break;
            }
        }
        drop(give);
        for (nth, opened) in &brought {
            order.take(nth, opened)?;
        }
        Ok::<_, StoreError>(())
    })?;
    order.finish()
}
