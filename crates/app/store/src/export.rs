//! The log as a folder that anybody with the verifier key can check.
//!
//! `entries.jsonl`, `checkpoints.jsonl`, the newest `checkpoint`, and `vkey`.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _},
    path::Path,
};

use interlock_ledger::{
    Broken, ExportedCheckpoint, ExportedEntry, Hash, Leaf, LedgerError, NoteVerifier, Verified, verify_export,
};
use rusqlite::{Connection, Row};

use crate::{Reader, StoreError, home};

const ENTRIES: &str = "entries.jsonl";
const CHECKPOINTS: &str = "checkpoints.jsonl";
/// A line longer than this is not read: nothing that is exported comes near it.
const LINE_LIMIT: u64 = 256 << 20;

/// What was exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Entries.
    pub entries: u64,
    /// Checkpoints.
    pub checkpoints: u64,
}

impl Reader {
    /// Writes the log, as it is at this moment, into a folder. Bodies stay encrypted unless `with_bodies`: then private
    /// fields stand there in the clear, with the salts that their commitments are checked by, and the state changes.
    pub fn export(&self, folder: &Path, with_bodies: bool) -> Result<Exported, StoreError> {
        home::make_folder(folder)?;
        let connection = self.lock();
        // One transaction, so that entries and checkpoints are of the same moment.
        let snapshot = connection.unchecked_transaction()?;
        let mut exported = Exported::default();
        let (mut newest, file) = (None, folder.join(CHECKPOINTS));
        each(&snapshot, "SELECT note FROM checkpoint ORDER BY size", &file, |row| {
            exported.checkpoints += 1;
            let note: String = row.get(0)?;
            newest = Some(note.clone());
            Ok(ExportedCheckpoint { note }.line()?)
        })?;
        let query = "SELECT idx, hash, leaf, wrapped_secret, body, events FROM entry ORDER BY idx";
        each(&snapshot, query, &folder.join(ENTRIES), |row| {
            exported.entries += 1;
            self.line(row, with_bodies)
        })?;
        write(&folder.join("checkpoint"), &newest.unwrap_or_default())?;
        write(&folder.join("vkey"), &format!("{}\n", self.verifier()))?;
        Ok(exported)
    }

    fn line(&self, row: &Row<'_>, with_bodies: bool) -> Result<String, StoreError> {
        let index = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(u64::MAX);
        let (hash, text): (Hash, String) = (row.get(1)?, row.get(2)?);
        let body: Option<Vec<u8>> = row.get(4)?;
        if !with_bodies {
            return Ok(ExportedEntry::new(index, &hash, text).closed(body.as_deref()).line()?);
        }
        let unreadable = |error: LedgerError| Broken::Unreadable { index, why: error.to_string() };
        let leaf = Leaf::parse(text.as_bytes()).map_err(unreadable)?;
        let events = row.get_ref(5)?.as_blob_or_null();
        let events = events.map_err(|error| Broken::Unreadable { index, why: error.to_string() })?;
        let opened = self.open_events(index, &hash, events)?;
        let state = opened.as_ref().map(interlock_ledger::OpenedState::state);
        let mut entry = ExportedEntry::new(index, &hash, text).opened(state).map_err(unreadable)?;
        entry.private = self.open_row(index, &leaf, row.get(3)?, body)?;
        Ok(entry.line()?)
    }
}

fn each(
    connection: &Connection,
    query: &str,
    path: &Path,
    mut line: impl FnMut(&Row<'_>) -> Result<String, StoreError>,
) -> Result<(), StoreError> {
    let mut file = BufWriter::new(home::private_file(path).map_err(StoreError::io(path))?);
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        writeln!(file, "{}", line(row)?).map_err(StoreError::io(path))?;
    }
    let file = file.into_inner().map_err(|error| StoreError::io(path)(error.into_error()))?;
    file.sync_all().map_err(StoreError::io(path))
}

fn write(path: &Path, text: &str) -> Result<(), StoreError> {
    let written = home::private_file(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(StoreError::io(path))
}

/// Verifies an exported folder against a key that is trusted, and checkpoints that were kept elsewhere.
pub fn verify_folder(folder: &Path, trusted: &NoteVerifier, held: &[String]) -> Result<Verified, StoreError> {
    let (entries, checkpoints) = (lines(&folder.join(ENTRIES))?, lines(&folder.join(CHECKPOINTS))?);
    Ok(verify_export(trusted, entries, checkpoints, held)?)
}

fn lines(path: &Path) -> Result<impl Iterator<Item = Result<String, String>> + use<>, StoreError> {
    let mut file = BufReader::new(File::open(path).map_err(StoreError::io(path))?);
    let next = move || -> io::Result<Option<String>> {
        let mut line = String::new();
        let read = file.by_ref().take(LINE_LIMIT).read_line(&mut line)?;
        line.truncate(line.trim_end_matches('\n').len());
        Ok((read > 0).then_some(line))
    };
    let mut next = Some(next);
    // After an error nothing more is read: it might come back for ever.
    Ok(std::iter::from_fn(move || {
        let line = next.as_mut()?().map_err(|error| error.to_string()).transpose();
        if !matches!(line, Some(Ok(_))) {
            next = None;
        }
        line
    }))
}
