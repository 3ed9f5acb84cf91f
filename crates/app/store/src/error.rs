//! Why a home or a store cannot be used.

use std::path::{Path, PathBuf};

use interlock_ledger::{Broken, LedgerError};

/// Why a home or a store cannot be used. [`StoreError::Broken`] is the one that says the record itself is not what was
/// signed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A value beside the log that is not what its name says, or that cannot be decrypted.
    #[error("the value {0} beside the log is damaged, or not ours")]
    Blob(interlock_action::Digest),
    /// The log is not what was signed: nothing may be started from it.
    #[error("the ledger is broken: {0}")]
    Broken(#[from] Broken),
    /// Another process has the home open.
    #[error("another interlock has this home open: `{0}` is locked")]
    Locked(PathBuf),
    /// Not a home.
    #[error("`{0}` is not an interlock home")]
    NoHome(PathBuf),
    /// A home already.
    #[error("`{0}` is an interlock home already")]
    HomeExists(PathBuf),
    /// Others could read or write it.
    #[error("`{path}` is open to others (mode {mode:o})")]
    Mode {
        /// What.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs to another account.
    #[error("`{0}` belongs to another account")]
    Owner(PathBuf),
    /// Not a key.
    #[error("`{0}` does not hold a key")]
    Key(PathBuf),
    /// The store was written under another key.
    #[error("the store belongs to `{found}`, this home's key is `{wanted}`")]
    Foreign {
        /// The key in the store.
        found: String,
        /// The home's.
        wanted: String,
    },
    /// The store was written by another version.
    #[error(
        "the store was written by another version of interlock: its schema version is {0}, which this one does not know"
    )]
    Schema(i64),
    /// The exported checkpoint is not one of this log.
    #[error("the exported checkpoint `{path}` is not one of this log: {why}")]
    Exported {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The folder that was kept is itself not right.
    #[error("`{path}`, which was to be held against, is not right itself: {why}")]
    Held {
        /// The folder.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Nothing was ever written.
    #[error("the store is empty: it has no checkpoint yet")]
    Empty,
    /// A cosignature that is none.
    #[error("not a cosignature of the checkpoint of {size} entries: {why}")]
    Cosignature {
        /// Of how many entries.
        size: u64,
        /// Why.
        why: String,
    },
    /// No such entry.
    #[error("there is no entry {0}")]
    NoEntry(u64),
    /// Nothing private in it, or redacted already.
    #[error("entry {0} has nothing private that could be redacted")]
    NoBody(u64),
    /// Something that would lose its meaning is still acted on.
    #[error("entry {index} cannot be redacted yet: {why}")]
    StillNeeded {
        /// Which.
        index: u64,
        /// What, and what to do.
        why: String,
    },
    /// A file could not be read or written.
    #[error("`{path}`: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database engine refuses.
    #[error("the store: {0}")]
    Sqlite(rusqlite::Error),
    /// A value could not be sealed, opened or signed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The system gives no randomness.
    #[error("no randomness: {0}")]
    Random(getrandom::Error),
    /// It cannot be written.
    #[error(transparent)]
    Journal(#[from] interlock_flow::JournalError),
    /// A value has no JSON form.
    #[error("no JSON form: {0}")]
    Json(#[from] serde_json::Error),
}

impl StoreError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

impl From<rusqlite::Error> for StoreError {
    /// Damaged files are a finding about the log, not a fault of the engine.
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Broken::Damaged(error.to_string()).into(),
            _ => match error {
                rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..) => Broken::Damaged(error.to_string()).into(),
                other => Self::Sqlite(other),
            },
        }
    }
}
