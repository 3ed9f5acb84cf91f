//! The start: going through the whole log, comparing it with what was signed, and folding the memory out of it.

use std::path::Path;

use interlock_flow::{Event, Memory};
use interlock_ledger::{Broken, Checkpoint, Frontier, Hash, NoteVerifier, Replay, Stored};
use rusqlite::Connection;

use crate::{StoreError, anchor, schema};

/// What a start finds.
pub(crate) struct Rebuilt {
    pub(crate) memory: Memory,
    pub(crate) frontier: Frontier,
    /// The newest checkpoint.
    pub(crate) note: Option<String>,
}

/// Goes through the log. Whatever does not fit refuses the start.
pub(crate) fn rebuild(
    connection: &Connection,
    verifier: &NoteVerifier,
    exports: &Path,
) -> Result<Rebuilt, StoreError> {
    let mut replay = Replay::new(verifier.clone());
    let note = schema::last_checkpoint(connection)?;
    if let Some(note) = &note {
        replay.expect(note)?;
    }
    expect_exported(&mut replay, connection, verifier, exports)?;
    let mut memory = Memory::default();
    let mut statement = connection.prepare(
        "SELECT idx, hash, leaf, events, body IS NOT NULL AND wrapped_secret IS NOT NULL FROM entry ORDER BY idx",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let hash: Hash = row.get(1)?;
        let (leaf, events) = (row.get_ref(2)?.as_str(), row.get_ref(3)?.as_str_or_null());
        let index = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(u64::MAX);
        let unreadable = |why: String| Broken::Unreadable { index, why };
        let leaf = leaf.map_err(|error| unreadable(error.to_string()))?;
        let events = events.map_err(|error| unreadable(error.to_string()))?;
        replay.entry(Stored {
            index,
            leaf: leaf.as_bytes(),
            hash: &hash,
            has_body: row.get(4)?,
            events: events.map(str::as_bytes),
            has_events: true,
        })?;
        if let Some(events) = events {
            let events: Vec<Event> =
                serde_json::from_str(events).map_err(|error| unreadable(error.to_string()))?;
            events.iter().for_each(|event| memory.apply(event));
        }
    }
    // INVARIANT: entries and the checkpoint over them are one transaction, so that an entry that the last checkpoint
    // does not cover cannot be there; `finish` refuses it.
    let (_, frontier) = replay.finish()?;
    Ok(Rebuilt { memory, frontier, note })
}

/// A checkpoint that left the store must still be one of it.
fn expect_exported(
    replay: &mut Replay,
    connection: &Connection,
    verifier: &NoteVerifier,
    exports: &Path,
) -> Result<(), StoreError> {
    let Some(note) = anchor::read(exports)? else { return Ok(()) };
    let foreign = |error: interlock_ledger::LedgerError| StoreError::Exported {
        path: anchor::path(exports),
        why: error.to_string(),
    };
    let exported = Checkpoint::open(&note, verifier).map_err(foreign)?.size;
    let found = schema::size(connection)?;
    if exported > found {
        return Err(Broken::RolledBack { exported, found }.into());
    }
    replay.expect(&note)?;
    Ok(())
}
