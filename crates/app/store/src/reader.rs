//! Reading the log beside the writer, in the daemon or in another process.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use interlock_action::TicketId;
use interlock_ledger::{
    Broken, Checkpoint, Consistency, Hash, Inclusion, Leaf, LedgerError, NoteVerifier, OpenedState, Opening,
    Replay, Verified, WrappingKey, consistency_proof, inclusion_proof, leaf_hash, open_body,
};
use rusqlite::{Connection, Row, params_from_iter};
use serde_json::Value;

use crate::{
    Home, Keys, Query, StoreError, StoredEntry,
    schema::{self, StoredHashes},
    walk::go_through,
};

/// Reads the log. Each call blocks for as long as SQLite takes.
pub struct Reader {
    connection: Mutex<Connection>,
    keys: Arc<Keys>,
    verifier: NoteVerifier,
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
            let mut entry = self.entry_of(row)?;
            if !entry.redacted.is_empty() {
                entry.redacted_by = schema::redacted_by(&connection, entry.index)?;
            }
            entries.push(entry);
        }
        Ok(entries)
    }

    /// Whether any witness has ever cosigned a head of this log.
    pub fn is_witnessed(&self) -> Result<bool, StoreError> {
        Ok(!schema::cosigned_sizes(&self.lock())?.is_empty())
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

    /// Goes through the whole log of the home: every entry, what is encrypted beside it, every checkpoint that was ever
    /// signed, and those in `held`, which were kept elsewhere.
    pub fn verify(&self, held: &[String]) -> Result<Verified, StoreError> {
        let connection = self.lock();
        // One transaction, so that entries and checkpoints are of the same moment.
        let snapshot = connection.unchecked_transaction()?;
        let found = schema::size(&snapshot)?;
        let mut replay = Replay::new(self.verifier.clone());
        for note in held {
            let older = self.head(note)?.size;
            if older > found {
                return Err(Broken::Truncated { signed: older, found }.into());
            }
            replay.expect(note)?;
        }
        for note in schema::checkpoints(&snapshot)? {
            replay.expect(&note)?;
        }
        go_through(&snapshot, &self.keys, replay, |_, _| Ok(())).map(|(verified, _)| verified)
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

    /// Proves that an entry stands in the log: under the newest head that witnesses have cosigned, if one covers it, else
    /// under the newest.
    pub fn prove(&self, index: u64) -> Result<Inclusion, StoreError> {
        let connection = self.lock();
        let newest = schema::last_checkpoint(&connection)?.ok_or(StoreError::NoEntry(index))?;
        let mut head = self.head(&newest)?;
        if index >= head.size {
            return Err(StoreError::NoEntry(index));
        }
        let mut checkpoint = newest;
        if let Some(size) =
            schema::cosigned_sizes(&connection)?.into_iter().next().filter(|size| index < *size)
            && let Some(note) = schema::checkpoint(&connection, size)?
        {
            head = self.head(&note)?;
            checkpoint = schema::cosigned(&connection, size, &note)?;
        }
        let query = "SELECT leaf FROM entry WHERE idx = ?1";
        let leaf: String = connection.query_row(query, [schema::key(index)], |row| row.get(0))?;
        let proof = inclusion_proof(&StoredHashes(&connection), index, head.size)?;
        let inclusion = Inclusion { index, leaf: leaf.into_bytes(), proof, checkpoint };
        inclusion.check(&self.verifier).map_err(damaged)?;
        Ok(inclusion)
    }

    /// Proves that the log still begins with what an older checkpoint of it signs.
    pub fn prove_consistency(&self, older: &str) -> Result<Consistency, StoreError> {
        let size = self.head(older)?.size;
        let consistency = self.prove_since(size)?;
        consistency.check(older, &self.verifier).map_err(|_| Broken::Forked { size })?;
        Ok(consistency)
    }

    /// What shows to somebody who has seen this many entries that the newest head has them, too.
    pub fn prove_since(&self, old: u64) -> Result<Consistency, StoreError> {
        let connection = self.lock();
        let checkpoint = schema::last_checkpoint(&connection)?.ok_or(StoreError::Empty)?;
        let size = self.head(&checkpoint)?.size;
        if old > size {
            return Err(Broken::RolledBack { exported: old, found: size }.into());
        }
        let proof = consistency_proof(&StoredHashes(&connection), old, size)?;
        Ok(Consistency { old, proof, checkpoint })
    }

    /// The newest entry that names a ticket; none when none does.
    pub(crate) fn last_of(&self, ticket: &TicketId) -> Result<Option<u64>, StoreError> {
        // The condition is spelled as the index is, or it would not be used.
        let query = "SELECT max(idx) FROM entry WHERE leaf ->> '$.public.ticket' = ?1";
        let connection = self.lock();
        let last: Option<i64> =
            connection.prepare_cached(query)?.query_row([ticket.as_str()], |row| row.get(0))?;
        Ok(last.and_then(|last| u64::try_from(last).ok()))
    }

    pub(crate) fn head(&self, note: &str) -> Result<Checkpoint, StoreError> {
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
pub(crate) fn open_sealed(
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

fn damaged(error: LedgerError) -> Broken {
    Broken::Damaged(format!("its own hashes prove nothing: {error}"))
}

fn values(openings: &BTreeMap<String, Opening>) -> Result<BTreeMap<String, Value>, StoreError> {
    openings.iter().map(|(name, opening)| Ok((name.clone(), opening.json()?))).collect()
}
