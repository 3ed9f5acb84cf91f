//! The start: going through the whole log, comparing it with what was signed, and folding the memory out of it.

use std::path::Path;

use interlock_flow::{Event, Memory};
use interlock_ledger::{Broken, Checkpoint, Frontier, Hash, NoteVerifier, OpenedState, Replay, Stored};
use rusqlite::{Connection, params};

use crate::{
    Keys, StoreError, anchor, private,
    reader::{check_sealed, open_events},
    schema,
};

/// What a start finds.
pub(crate) struct Rebuilt {
    pub(crate) memory: Memory,
    pub(crate) frontier: Frontier,
    /// The newest checkpoint.
    pub(crate) note: Option<String>,
}

/// Goes through the log. Whatever does not fit refuses the start.
pub(crate) fn rebuild(connection: &Connection, keys: &Keys, exports: &Path) -> Result<Rebuilt, StoreError> {
    let verifier = keys.signer.verifier();
    let mut replay = Replay::new(verifier.clone());
    let note = schema::last_checkpoint(connection)?;
    if let Some(note) = &note {
        replay.expect(note)?;
    }
    expect_exported(&mut replay, connection, &verifier, exports)?;
    let (mut memory, mut closed) = (Memory::default(), None);
    let mut statement = connection.prepare(
        "SELECT idx, hash, leaf, events, body IS NOT NULL AND wrapped_secret IS NOT NULL, wrapped_secret, body
         FROM entry ORDER BY idx",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let hash: Hash = row.get(1)?;
        let (text, events) = (row.get_ref(2)?.as_str(), row.get_ref(3)?.as_blob_or_null());
        let index = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(u64::MAX);
        let unreadable = |why: String| Broken::Unreadable { index, why };
        let text = text.map_err(|error| unreadable(error.to_string()))?;
        let events = events.map_err(|error| unreadable(error.to_string()))?;
        // Should they not open, the log may be wrong in a way that says more.
        let opened = open_events(&keys.wrapping, index, &hash, events).unwrap_or_else(|why| {
            closed.get_or_insert((index, why));
            None
        });
        let leaf = replay.entry(Stored {
            index,
            leaf: text.as_bytes(),
            hash: &hash,
            has_body: row.get(4)?,
            state: opened.as_ref().map(OpenedState::state),
            has_state: true,
        })?;
        // A body that does not open is evidence that is gone. The same as above: the log may say more.
        match check_sealed(&keys.wrapping, index, &leaf, row, 5) {
            Ok(_) => {}
            Err(StoreError::Broken(why)) => drop(closed.get_or_insert((index, why))),
            Err(other) => return Err(other),
        }
        if let Some(opened) = opened {
            let events: Vec<Event> = serde_json::from_slice(opened.state().events)
                .map_err(|error| unreadable(error.to_string()))?;
            carried(connection, index, &events)?;
            events.iter().for_each(|event| memory.apply(event));
        }
    }
    // INVARIANT: entries and the checkpoint over them are one transaction, so that an entry that the last checkpoint
    // does not cover cannot be there; `finish` refuses it.
    match (replay.finish(), closed) {
        (Ok((_, frontier)), None) => Ok(Rebuilt { memory, frontier, note }),
        (Ok(_), Some((_, why))) => Err(why.into()),
        (Err(Broken::State { index }), Some((first, why))) if first == index => Err(why.into()),
        (Err(broken), _) => Err(broken.into()),
    }
}

/// What a redaction finds its entries by must name them all.
fn carried(connection: &Connection, index: u64, events: &[Event]) -> Result<(), StoreError> {
    for subject in private::subjects(events) {
        let query = "SELECT count(*) FROM carries WHERE subject = ?1 AND idx = ?2";
        let mut statement = connection.prepare_cached(query)?;
        let parameters = params![subject.to_string(), schema::key(index)];
        if statement.query_row(parameters, |row| row.get::<_, i64>(0))? != 1 {
            return Err(Broken::Damaged(format!("entry {index} is not listed under {subject}")).into());
        }
    }
    Ok(())
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
