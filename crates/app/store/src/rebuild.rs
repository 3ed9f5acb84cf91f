//! The start: going through the whole log, comparing it with what was signed, and folding the memory out of it.

use std::path::{Path, PathBuf};

use interlock_flow::{Event, Memory};
use interlock_ledger::{Broken, Checkpoint, Frontier, NoteVerifier, Replay};
use rusqlite::{Connection, params};

use crate::{Keys, StoreError, anchor, private, schema, walk::go_through};

/// What a start finds.
pub(crate) struct Rebuilt {
    pub(crate) memory: Memory,
    pub(crate) frontier: Frontier,
    /// The newest checkpoint.
    pub(crate) note: Option<String>,
    /// The sizes of the checkpoints that were kept outside the store, folder by folder.
    pub(crate) kept: Vec<Option<u64>>,
}

/// Goes through the log. Whatever does not fit refuses the start. The first of `folders` is the home's own.
pub(crate) fn rebuild(
    connection: &Connection,
    keys: &Keys,
    folders: &[PathBuf],
) -> Result<Rebuilt, StoreError> {
    let verifier = keys.signer.verifier();
    let mut replay = Replay::new(verifier.clone());
    let note = schema::last_checkpoint(connection)?;
    if let Some(note) = &note {
        replay.expect(note)?;
    }
    let found = schema::size(connection)?;
    let mut kept = Vec::new();
    for folder in folders {
        kept.push(expect_kept(&mut replay, found, &verifier, folder)?);
    }
    // INVARIANT: an empty store has its checkpoint put there before anything is written, see `Store::open`.
    if let (Some(None), Some(own)) = (kept.first(), folders.first())
        && found > 0
    {
        return Err(Broken::Unanchored { path: anchor::path(own).display().to_string() }.into());
    }
    let mut memory = Memory::default();
    let (_, frontier) = go_through(connection, keys, replay, |index, events| {
        carried(connection, index, events)?;
        events.iter().for_each(|event| memory.apply(event));
        Ok(())
    })?;
    Ok(Rebuilt { memory, frontier, note, kept })
}

/// What a redaction finds its entries by must name them all. Older stores did not list the things that were changed: those
/// are listed now.
fn carried(connection: &Connection, index: u64, events: &[Event]) -> Result<(), StoreError> {
    for subject in private::subjects(events) {
        if matches!(subject, private::Subject::Thing(_)) {
            let list = "INSERT OR IGNORE INTO carries (subject, idx) VALUES (?1, ?2)";
            let mut statement = connection.prepare_cached(list)?;
            statement.execute(params![subject.to_string(), schema::key(index)])?;
            continue;
        }
        let query = "SELECT count(*) FROM carries WHERE subject = ?1 AND idx = ?2";
        let mut statement = connection.prepare_cached(query)?;
        let parameters = params![subject.to_string(), schema::key(index)];
        if statement.query_row(parameters, |row| row.get::<_, i64>(0))? != 1 {
            return Err(Broken::Damaged(format!("entry {index} is not listed under {subject}")).into());
        }
    }
    Ok(())
}

/// A checkpoint that left the store must still be one of it; its size.
fn expect_kept(
    replay: &mut Replay,
    found: u64,
    verifier: &NoteVerifier,
    folder: &Path,
) -> Result<Option<u64>, StoreError> {
    let Some(note) = anchor::read(folder)? else { return Ok(None) };
    let foreign = |error: interlock_ledger::LedgerError| StoreError::Exported {
        path: anchor::path(folder),
        why: error.to_string(),
    };
    let exported = Checkpoint::open(&note, verifier).map_err(foreign)?.size;
    if exported > found {
        return Err(Broken::RolledBack { exported, found }.into());
    }
    replay.expect(&note)?;
    Ok(Some(exported))
}
