//! The database file: its tables, its settings.

use std::{path::Path, time::Duration};

use interlock_ledger::{Hash, HashReader, LedgerError, NoteVerifier, node_hash};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use crate::{StoreError, home};

const VERSION: i64 = 3;

/// Inner nodes are stored on every fourth level only: at most eight reads give any other, for 1/15 of the rows.
pub(crate) const STORED_LEVELS: u32 = 4;

/// `events` is encrypted and bound to its leaf, see `WrappingKey::seal_state`. `carries` names the entries in whose events a
/// ticket, a session or a changed thing stands, so that redacting finds them all.
///
/// `hash` and `leaf` stand before the columns that may be long, so that going through them reads no overflow pages.
const TABLES: &str = "
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE entry (
        idx INTEGER PRIMARY KEY,
        hash BLOB NOT NULL,
        leaf TEXT NOT NULL,
        events BLOB,
        wrapped_secret BLOB,
        body BLOB
    ) STRICT;
    CREATE INDEX entry_session ON entry (leaf ->> '$.public.session') WHERE leaf ->> '$.public.session' IS NOT NULL;
    CREATE INDEX entry_ticket ON entry (leaf ->> '$.public.ticket') WHERE leaf ->> '$.public.ticket' IS NOT NULL;
    CREATE INDEX entry_action ON entry (leaf ->> '$.public.action') WHERE leaf ->> '$.public.action' IS NOT NULL;
    CREATE INDEX entry_redacts ON entry (leaf ->> '$.public.entry') WHERE leaf ->> '$.kind' = 'redacted';
    CREATE TABLE carries (subject TEXT, idx INTEGER, PRIMARY KEY (subject, idx)) STRICT, WITHOUT ROWID;
    CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
    CREATE TABLE cosignature (size INTEGER, line TEXT, PRIMARY KEY (size, line)) STRICT, WITHOUT ROWID;
    CREATE TABLE node (level INTEGER, idx INTEGER, hash BLOB NOT NULL, PRIMARY KEY (level, idx)) STRICT, WITHOUT ROWID;
";

/// Settings of every connection, in order. `wal_autocheckpoint` is off because the writer moves the write-ahead log
/// itself, after the answers are out.
const SETTINGS: [(&str, &str); 8] = [
    ("journal_mode", "wal"),
    ("synchronous", "full"),
    ("wal_autocheckpoint", "0"),
    ("secure_delete", "on"),
    ("trusted_schema", "off"),
    ("cell_size_check", "on"),
    ("temp_store", "memory"),
    ("cache_size", "-8192"),
];

/// Opens the file for the writer, making it and its tables when it is new.
pub(crate) fn open(
    path: &Path,
    verifier: &NoteVerifier,
    max_pages: Option<u32>,
) -> Result<Connection, StoreError> {
    if path.exists() {
        home::private(path)?;
    } else {
        // SQLite gives its other files the mode of this one.
        let file = home::private_file(path).and_then(|file| file.sync_all());
        file.and_then(|()| home::sync_parent(path)).map_err(StoreError::io(path))?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(32);
    for (name, value) in SETTINGS {
        connection.pragma_update(None, name, value)?;
    }
    if let Some(pages) = max_pages {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    let vkey = verifier.to_string();
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        let transaction = connection.transaction()?;
        transaction.execute_batch(TABLES)?;
        transaction.execute("INSERT INTO meta VALUES ('origin', ?1)", [verifier.name()])?;
        transaction.execute("INSERT INTO meta VALUES ('public_key', ?1)", [&vkey])?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()?;
    }
    check(&connection, &vkey)?;
    Ok(connection)
}

/// Opens the file for reading beside the writer, in this process or another.
pub(crate) fn open_reader(path: &Path, verifier: &NoteVerifier) -> Result<Connection, StoreError> {
    std::fs::metadata(path).map_err(StoreError::io(path))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "cache_size", "-2048")?;
    connection.pragma_update(None, "trusted_schema", "off")?;
    check(&connection, &verifier.to_string())?;
    Ok(connection)
}

fn check(connection: &Connection, wanted: &str) -> Result<(), StoreError> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != VERSION {
        return Err(StoreError::Schema(version));
    }
    let query = "SELECT value FROM meta WHERE name = 'public_key'";
    let found: Option<String> = connection.query_row(query, [], |row| row.get(0)).optional()?;
    match found {
        Some(found) if found == wanted => Ok(()),
        found => Err(StoreError::Foreign { found: found.unwrap_or_default(), wanted: wanted.to_owned() }),
    }
}

/// The settings as the engine reports them.
pub(crate) fn settings(connection: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let mut settings = Vec::new();
    for name in SETTINGS.iter().map(|(name, _)| *name).chain(["max_page_count", "page_size", "user_version"])
    {
        let value: rusqlite::types::Value = connection.pragma_query_value(None, name, |row| row.get(0))?;
        let text = match value {
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => format!("{other:?}"),
        };
        settings.push((name.to_owned(), text));
    }
    Ok(settings)
}

/// A log index as SQLite has it. Logs do not reach 2^63 entries; one that claimed to would match no row.
pub(crate) fn key(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// The newest checkpoint's note.
pub(crate) fn last_checkpoint(connection: &Connection) -> Result<Option<String>, StoreError> {
    let query = "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1";
    Ok(connection.query_row(query, [], |row| row.get(0)).optional()?)
}

/// The note of the checkpoint of this size.
pub(crate) fn checkpoint(connection: &Connection, size: u64) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT note FROM checkpoint WHERE size = ?1")?;
    Ok(statement.query_row([key(size)], |row| row.get(0)).optional()?)
}

/// Every checkpoint's note, the smallest first.
pub(crate) fn checkpoints(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare("SELECT note FROM checkpoint ORDER BY size")?;
    let notes = statement.query_map([], |row| row.get(0))?;
    Ok(notes.collect::<Result<_, _>>()?)
}

/// The sizes that somebody has cosigned, the largest first.
pub(crate) fn cosigned_sizes(connection: &Connection) -> Result<Vec<u64>, StoreError> {
    let mut statement =
        connection.prepare("SELECT DISTINCT size FROM cosignature ORDER BY size DESC LIMIT 1000")?;
    let sizes = statement.query_map([], |row| row.get::<_, i64>(0))?;
    let sizes: Vec<i64> = sizes.collect::<Result<_, _>>()?;
    Ok(sizes.into_iter().filter_map(|size| u64::try_from(size).ok()).collect())
}

/// A note with the cosignatures that there are of it.
pub(crate) fn cosigned(connection: &Connection, size: u64, note: &str) -> Result<String, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT line FROM cosignature WHERE size = ?1 ORDER BY line")?;
    let lines = statement.query_map([key(size)], |row| row.get::<_, String>(0))?;
    let mut note = note.to_owned();
    for line in lines {
        note.push_str(&line?);
    }
    Ok(note)
}

/// The entry that says last that this one was redacted.
pub(crate) fn redacted_by(connection: &Connection, index: u64) -> Result<Option<u64>, StoreError> {
    // The conditions are spelled as the index is, or it would not be used.
    let query =
        "SELECT max(idx) FROM entry WHERE leaf ->> '$.kind' = 'redacted' AND leaf ->> '$.public.entry' = ?1";
    let mut statement = connection.prepare_cached(query)?;
    let last: Option<i64> = statement.query_row([key(index)], |row| row.get(0))?;
    Ok(last.and_then(|last| u64::try_from(last).ok()))
}

/// How many entries there are.
pub(crate) fn size(connection: &Connection) -> Result<u64, StoreError> {
    let last: Option<i64> = connection.query_row("SELECT max(idx) FROM entry", [], |row| row.get(0))?;
    Ok(last.map_or(0, |last| u64::try_from(last).unwrap_or(0).saturating_add(1)))
}

/// The tree's hashes as they are stored.
pub(crate) struct StoredHashes<'a>(pub(crate) &'a Connection);

impl HashReader for StoredHashes<'_> {
    type Error = StoreError;
    fn node(&self, level: u32, index: u64) -> Result<Hash, StoreError> {
        if !level.is_multiple_of(STORED_LEVELS) {
            let left = self.node(level - 1, index * 2)?;
            return Ok(node_hash(&left, &self.node(level - 1, index * 2 + 1)?));
        }
        let found = if level == 0 {
            let mut statement = self.0.prepare_cached("SELECT hash FROM entry WHERE idx = ?1")?;
            statement.query_row([key(index)], |row| row.get::<_, Hash>(0)).optional()?
        } else {
            let mut statement =
                self.0.prepare_cached("SELECT hash FROM node WHERE level = ?1 AND idx = ?2")?;
            statement.query_row([i64::from(level), key(index)], |row| row.get::<_, Hash>(0)).optional()?
        };
        found.ok_or_else(|| LedgerError::NoHash { level, index }.into())
    }
}
