//! Reading the log beside the writer, in the daemon or in another process.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use interlock_action::TicketId;
use interlock_ledger::{
    Broken, Checkpoint, Hash, Leaf, LedgerError, NoteVerifier, OpenedState, Opening, ProofError, WrappingKey,
    consistency_proof, inclusion_proof, leaf_hash, open_body, verify_consistency, verify_inclusion,
};
use rusqlite::{Connection, Row, params_from_iter};
use serde_json::Value;

use crate::{
    Home, Keys, Query, StoreError, StoredEntry,
    schema::{self, StoredHashes},
};

/// Reads the log. Each call blocks for as long as SQLite takes.
pub struct Reader {
    connection: Mutex<Connection>,
    keys: Arc<Keys>,
    verifier: NoteVerifier,
}

/// A proof that an entry stands in the log whose head is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// Where it stands.
    pub index: u64,
    /// The leaf's text.
    pub leaf: String,
    /// From the leaf to the root.
    pub proof: Vec<Hash>,
    /// The signed head.
    pub checkpoint: String,
}

impl Reader {
    /// Opens a home's log for reading; no lock is needed.
    pub fn open(home: &Home) -> Result<Self, StoreError> {
        let verifier = home.verifier();
        let connection = Mutex::new(schema::open_reader(&home.database(), &verifier)?);
        Ok(Self { connection, keys: Arc::clone(home.keys()), verifier })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What its checkpoints are verified with.
    pub fn verifier(&self) -> &NoteVerifier {
        &self.verifier
    }

    /// The newest checkpoint's note.
    pub fn checkpoint(&self) -> Result<Option<String>, StoreError> {
        schema::last_checkpoint(&self.lock())
    }

    /// The entries that a query asks for, decrypted.
    pub fn entries(&self, query: &Query) -> Result<Vec<StoredEntry>, StoreError> {
        let (sql, cells) = query.sql()?;
        let connection = self.lock();
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(cells))?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            entries.push(self.entry_of(row)?);
        }
        Ok(entries)
    }

    /// The requests that entries from this one on are about.
    pub fn tickets_since(&self, from: u64) -> Result<Vec<TicketId>, StoreError> {
        let query = "SELECT DISTINCT leaf ->> '$.public.ticket' FROM entry
             WHERE idx >= ?1 AND leaf ->> '$.public.ticket' IS NOT NULL";
        let connection = self.lock();
        let mut statement = connection.prepare_cached(query)?;
        let ids = statement.query_map([schema::key(from)], |row| row.get::<_, String>(0))?;
        ids.map(|id| Ok(TicketId::new(id?))).collect()
    }

    /// One entry.
    pub fn entry(&self, index: u64) -> Result<StoredEntry, StoreError> {
        let query = Query { from: Some(index), to: Some(index.saturating_add(1)), ..Query::default() };
        self.entries(&query)?.pop().ok_or(StoreError::NoEntry(index))
    }

    fn entry_of(&self, row: &Row<'_>) -> Result<StoredEntry, StoreError> {
        let index = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(u64::MAX);
        let hash: Hash = row.get(1)?;
        let text: String = row.get(2)?;
        if leaf_hash(text.as_bytes()) != hash {
            return Err(Broken::Rewritten { index }.into());
        }
        let unreadable = |error: &dyn std::fmt::Display| Broken::Unreadable { index, why: error.to_string() };
        let leaf = Leaf::parse(text.as_bytes()).map_err(|error| unreadable(&error))?;
        let openings = self.open_row(index, &leaf, row.get(3)?, row.get(4)?)?;
        let private = match openings {
            None if leaf.fields.is_empty() => Some(BTreeMap::new()),
            None => None,
            Some(openings) => Some(values(&openings).map_err(|error| unreadable(&error))?),
        };
        Ok(StoredEntry::new(index, leaf, private, &hash))
    }

    /// Decrypts a body and checks it against the leaf; none when there is none.
    pub(crate) fn open_row(
        &self,
        index: u64,
        leaf: &Leaf,
        wrapped: Option<Vec<u8>>,
        body: Option<Vec<u8>>,
    ) -> Result<Option<BTreeMap<String, Opening>>, StoreError> {
        Ok(open_sealed(&self.keys.wrapping, index, leaf, wrapped.as_deref(), body.as_deref())?)
    }

    /// Opens every body that is there and checks it against its leaf; the number of them.
    pub fn open_bodies(&self) -> Result<u64, StoreError> {
        let connection = self.lock();
        let query = "SELECT idx, leaf, wrapped_secret, body FROM entry
             WHERE body IS NOT NULL OR wrapped_secret IS NOT NULL ORDER BY idx";
        let mut statement = connection.prepare(query)?;
        let mut rows = statement.query([])?;
        let mut opened = 0;
        while let Some(row) = rows.next()? {
            let index = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(u64::MAX);
            let unreadable = |why: String| Broken::Unreadable { index, why };
            let leaf = row.get_ref(1)?.as_str().map_err(|error| unreadable(error.to_string()))?;
            let leaf = Leaf::parse(leaf.as_bytes()).map_err(|error| unreadable(error.to_string()))?;
            check_sealed(&self.keys.wrapping, index, &leaf, row, 2)?;
            opened += 1;
        }
        Ok(opened)
    }

    /// Decrypts an entry's events; none when there are none.
    pub(crate) fn open_events(
        &self,
        index: u64,
        hash: &Hash,
        sealed: Option<&[u8]>,
    ) -> Result<Option<OpenedState>, StoreError> {
        Ok(open_events(&self.keys.wrapping, index, hash, sealed)?)
    }

    /// Proves that an entry stands in the log.
    pub fn prove(&self, index: u64) -> Result<Inclusion, StoreError> {
        let connection = self.lock();
        let note = schema::last_checkpoint(&connection)?.ok_or(StoreError::NoEntry(index))?;
        let head = self.head(&note)?;
        if index >= head.size {
            return Err(StoreError::NoEntry(index));
        }
        let query = "SELECT leaf FROM entry WHERE idx = ?1";
        let leaf: String = connection.query_row(query, [schema::key(index)], |row| row.get(0))?;
        let proof = inclusion_proof(&StoredHashes(&connection), index, head.size)?;
        verify_inclusion(&leaf_hash(leaf.as_bytes()), index, head.size, &proof, &head.root)
            .map_err(damaged)?;
        Ok(Inclusion { index, leaf, proof, checkpoint: note })
    }

    /// Proves that the log still begins with what an older checkpoint of it signs; with the newest checkpoint's note.
    pub fn prove_consistency(&self, older: &str) -> Result<(Vec<Hash>, String), StoreError> {
        let connection = self.lock();
        let older = self.head(older)?;
        let found = schema::size(&connection)?;
        let rolled_back = Broken::RolledBack { exported: older.size, found };
        let note = schema::last_checkpoint(&connection)?.ok_or(rolled_back.clone())?;
        let head = self.head(&note)?;
        if older.size > head.size {
            return Err(rolled_back.into());
        }
        let proof = consistency_proof(&StoredHashes(&connection), older.size, head.size)?;
        verify_consistency(older.size, head.size, &older.root, &head.root, &proof)
            .map_err(|_| Broken::Forked { size: older.size })?;
        Ok((proof, note))
    }

    fn head(&self, note: &str) -> Result<Checkpoint, StoreError> {
        let nth = 1;
        Ok(Checkpoint::open(note, &self.verifier)
            .map_err(|error| Broken::Checkpoint { nth, why: error.to_string() })?)
    }
}

/// Decrypts an entry's events; none when there are none.
pub(crate) fn open_events(
    key: &WrappingKey,
    index: u64,
    hash: &Hash,
    sealed: Option<&[u8]>,
) -> Result<Option<OpenedState>, Broken> {
    let opened = sealed.map(|sealed| key.open_state(sealed, hash)).transpose();
    opened.map_err(|error| Broken::Unreadable { index, why: error.to_string() })
}

/// Decrypts a body and checks it against the leaf; none when there is none.
fn open_sealed(
    key: &WrappingKey,
    index: u64,
    leaf: &Leaf,
    wrapped: Option<&[u8]>,
    body: Option<&[u8]>,
) -> Result<Option<BTreeMap<String, Opening>>, Broken> {
    let opened = match (wrapped, body) {
        (None, None) => return Ok(None),
        (Some(wrapped), Some(body)) => key.unwrap(wrapped).and_then(|secret| open_body(leaf, body, &secret)),
        // INVARIANT: both are written, and both taken away, in one transaction.
        _ => Err(LedgerError::Sealed("half of a body")),
    };
    opened.map(Some).map_err(|error| Broken::Body { index, why: error.to_string() })
}

/// Checks that the body that stands in two columns of a row, its secret first, opens; whether there is one.
pub(crate) fn check_sealed(
    key: &WrappingKey,
    index: u64,
    leaf: &Leaf,
    row: &Row<'_>,
    column: usize,
) -> Result<bool, StoreError> {
    let unreadable = |error: rusqlite::types::FromSqlError| Broken::Body { index, why: error.to_string() };
    let wrapped = row.get_ref(column)?.as_blob_or_null().map_err(unreadable)?;
    let body = row.get_ref(column + 1)?.as_blob_or_null().map_err(unreadable)?;
    Ok(open_sealed(key, index, leaf, wrapped, body)?.is_some())
}

fn damaged(error: ProofError) -> Broken {
    Broken::Damaged(format!("its own hashes prove nothing: {error}"))
}

fn values(openings: &BTreeMap<String, Opening>) -> Result<BTreeMap<String, Value>, StoreError> {
    openings.iter().map(|(name, opening)| Ok((name.clone(), opening.json()?))).collect()
}
