//! The store: opened once a process, shared by everybody in it.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use async_trait::async_trait;
use interlock_action::{ActionId, Millis, PersonId, SessionId, TicketId};
use interlock_approval::Launch;
use interlock_flow::{Event, Journal, JournalError, Memory, PermitNote, Receipt, Record, Unwitnessed};
use interlock_ledger::{Checkpoint, Entry, EntryKind, empty_root};
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use crate::{
    Home, Query, Reader, StoreError, Witnessed,
    anchor::{self, Anchor},
    draft::Draft,
    queue::{Job, Limits, Queue},
    rebuild::{self, Rebuilt},
    redact::{self, Redact, Redacted},
    schema,
    witness::{Cosign, Seen},
    writer::{Shared, WAL_STEP, Writer},
};

/// How a store is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where checkpoints are exported to beside the home's own folder.
    pub exports: Option<PathBuf>,
    /// Who witnesses the log.
    pub witnessed: Witnessed,
    /// The most pages (4 KiB) the database file may have; beyond, nothing is recorded and so nothing let through.
    pub max_pages: Option<u32>,
    /// Records that may wait for the writer.
    pub waiting: usize,
    /// Records in one transaction.
    pub batch: usize,
    /// How long notes wait for company.
    pub note_wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            exports: None,
            witnessed: Witnessed::default(),
            max_pages: None,
            waiting: 16_384,
            batch: 1_024,
            // Half of the 50 ms in which a note must be durable stays for the disk.
            note_wait: Duration::from_millis(20),
        }
    }
}

/// How the store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Why nothing can be recorded any more; the process must be started again.
    pub poisoned: Option<String>,
    /// Records that wait for the writer.
    pub waiting: usize,
    /// The size of the newest checkpoint that left the store since the start.
    pub exported: Option<u64>,
    /// Why the last export failed.
    pub export_error: Option<String>,
    /// How many entries the witnesses that must agree have seen.
    pub witnessed: u64,
    /// Notes that were not written because a guard of theirs no longer held.
    pub dropped_notes: u64,
}

/// What [`Store::recover`] found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recovered {
    /// Permits that were open when the last process ended. Nobody knows whether they were executed.
    pub unknown: Vec<PermitNote>,
}

/// SQLite behind flow's `Journal`.
pub struct Store {
    shared: Arc<Shared>,
    reader: Reader,
    settings: Vec<(String, String)>,
    /// The sizes of the checkpoints that were found outside at the start: the home's own, then the exported one.
    kept: Vec<Option<u64>>,
    writer: Option<JoinHandle<()>>,
    /// Held for as long as the store is open; the last field, so that it is dropped last.
    _lock: File,
}

impl Store {
    /// Opens a home's store: locks it, goes through the whole log, and starts the writer.
    pub fn open(home: &Home, options: &Options) -> Result<Self, StoreError> {
        let lock = home.lock()?;
        let (path, verifier) = (home.database(), home.verifier());
        let folders: Vec<PathBuf> = [home.checkpoints()].into_iter().chain(options.exports.clone()).collect();
        let connection = schema::open(&path, &verifier, options.max_pages)?;
        let Rebuilt { memory, frontier, note, kept } = rebuild::rebuild(&connection, home.keys(), &folders)?;
        let note = match note {
            None => Some(begin(&connection, home)?),
            Some(note) => Some(note),
        };
        // INVARIANT: from here on a store with entries has a checkpoint beside it: one that has none was tampered with.
        if let (Some(None), Some(note)) = (kept.first(), &note) {
            let own = home.checkpoints();
            anchor::write(&own, note).map_err(StoreError::io(&own))?;
        }
        let seen = Seen::load(&connection, options.witnessed.clone())?;
        let settings = schema::settings(&connection)?;
        let reader = Reader::open(home)?;
        let anchor = Anchor::start(folders).map_err(StoreError::io(Path::new("checkpoint-export")))?;
        if let Some(note) = note {
            // The last process may have ended before it could.
            anchor.offer(frontier.size(), note);
        }
        let limits =
            Limits { waiting: options.waiting, batch: options.batch.max(1), note_wait: options.note_wait };
        let shared = Arc::new(Shared {
            queue: Queue::new(limits),
            memory: RwLock::new(memory),
            keys: Arc::clone(home.keys()),
            anchor,
            seen,
            moved: watch::Sender::new(frontier.size()),
            dropped_notes: AtomicU64::new(0),
        });
        let mut wal = path.into_os_string();
        wal.push("-wal");
        let writer = Writer {
            shared: Arc::clone(&shared),
            connection,
            frontier,
            wal: wal.into(),
            wal_limit: WAL_STEP,
            scrub: true,
        };
        let writer = thread::Builder::new().name("ledger-writer".to_owned()).spawn(move || writer.run());
        let writer = Some(writer.map_err(StoreError::io(Path::new("ledger-writer")))?);
        Ok(Self { shared, reader, settings, kept, writer, _lock: lock })
    }

    /// Writes the run's first entry, and one for each permit that the last process left open. To be called once, before
    /// anything else is recorded.
    pub async fn recover(&self, now: Millis) -> Result<Recovered, JournalError> {
        let mut unknown: Vec<PermitNote> = {
            let memory = self.memory().read().unwrap_or_else(PoisonError::into_inner);
            memory.open_permits.values().cloned().collect()
        };
        unknown.sort_by(|a, b| (a.at, &a.action).cmp(&(b.at, &b.action)));
        let opened = Entry::new(EntryKind::Opened, now)
            .public("version", env!("CARGO_PKG_VERSION"))
            .public("checkpoints_kept", &self.kept)
            .public("open_permits", unknown.len());
        self.commit(Record::only(opened)).await?;
        for permit in &unknown {
            let mut entry = Entry::new(EntryKind::OutcomeUnknown, now)
                .public("action", &permit.action)
                .public("session", &permit.session)
                .public("operation", &permit.operation)
                .public("why", "the process ended before the outcome was recorded");
            if let Some(ticket) = &permit.ticket {
                entry = entry.public("ticket", ticket);
            }
            let mut events = vec![Event::PermitClosed { action: permit.action.clone() }];
            events.extend(permit.if_unknown.iter().cloned());
            self.commit(Record { entry, events, guards: Vec::new() }).await?;
        }
        Ok(Recovered { unknown })
    }

    /// Destroys what is private in an entry: its fields' secret, and the private parts of its state changes. The leaf and
    /// every proof stay. Where the entry carries a request or a session, all entries of that request or session lose
    /// theirs, or the text would stand there again; refused while one of them is still acted on. Who may do that is for
    /// the caller to know.
    pub async fn redact(
        &self,
        index: u64,
        by: &str,
        reason: &str,
        now: Millis,
    ) -> Result<Redacted, StoreError> {
        let (answer, answered) = oneshot::channel();
        let redact = Redact { index, by: by.to_owned(), reason: reason.to_owned(), at: now, answer };
        self.shared.queue.push(Job::Redact(Box::new(redact)))?;
        answered.await.unwrap_or_else(|_| Err(stopped().into()))
    }

    /// Who is involved in what [`Store::redact`] would take away: an owner and launchers for every session and request.
    pub fn involved(&self, index: u64) -> Result<Vec<(PersonId, Launch)>, StoreError> {
        let memory = self.memory().read().unwrap_or_else(PoisonError::into_inner);
        redact::involved(&self.reader.lock(), &self.shared.keys.wrapping, &memory, index)
    }

    async fn push(&self, draft: Draft) -> Result<Receipt, JournalError> {
        let (answer, answered) = oneshot::channel();
        self.shared.queue.push(Job::Record(Box::new(draft), Some(answer)))?;
        answered.await.unwrap_or_else(|_| Err(stopped()))
    }

    fn draft(&self, record: Record) -> Result<Draft, JournalError> {
        Draft::new(record, &self.shared.keys.wrapping)
            .map_err(|error| JournalError::Unavailable(error.to_string()))
    }

    /// How it is.
    pub fn health(&self) -> Health {
        let (exported, export_error) = self.shared.anchor.health();
        Health {
            poisoned: self.shared.queue.poisoned().map(str::to_owned),
            waiting: self.shared.queue.waiting(),
            exported,
            export_error,
            witnessed: self.shared.seen.agreed(),
            dropped_notes: self.shared.dropped_notes.load(Ordering::Relaxed),
        }
    }

    /// The sizes of the checkpoints that were found outside the store at the start: the home's own, then the exported one.
    pub fn kept(&self) -> &[Option<u64>] {
        &self.kept
    }

    /// Keeps signature lines that a witness made over the checkpoint of this size; how many entries are witnessed by
    /// enough of them now. Lines that nobody trusted made are refused.
    pub async fn cosign(&self, size: u64, lines: String) -> Result<u64, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.shared.queue.push(Job::Cosign(Box::new(Cosign { size, lines, answer })))?;
        answered.await.unwrap_or_else(|_| Err(stopped().into()))
    }

    /// How many entries are durable, as it becomes more.
    pub fn moved(&self) -> watch::Receiver<u64> {
        self.shared.moved.subscribe()
    }

    /// How many entries somebody waits to have witnessed, as it becomes more.
    pub fn witnesses_wanted(&self) -> watch::Receiver<u64> {
        self.shared.seen.wanted()
    }

    /// Says why a witness does not cosign, or that it does.
    pub fn witness_answered(&self, witness: &str, fault: Option<String>) {
        self.shared.seen.note(witness, fault);
    }

    /// The database's settings as the engine reports them.
    pub fn pragmas(&self) -> &[(String, String)] {
        &self.settings
    }

    /// For reading the log.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The entries that a query asks for, decrypted.
    pub fn read_entries(&self, query: &Query) -> Result<Vec<crate::StoredEntry>, StoreError> {
        self.reader.entries(query)
    }

    /// The newest signed head, read back; none while the log is empty.
    pub fn head(&self) -> Result<Option<Checkpoint>, StoreError> {
        let note = self.reader.checkpoint()?;
        note.map(|note| Ok(Checkpoint::open(&note, self.reader.verifier())?)).transpose()
    }
}

/// Signs the empty log, so that there is a head from the beginning.
fn begin(connection: &Connection, home: &Home) -> Result<String, StoreError> {
    let note = Checkpoint::sign(0, empty_root(), &home.keys().signer);
    connection.execute("INSERT INTO checkpoint (size, note) VALUES (0, ?1)", [&note])?;
    Ok(note)
}

fn stopped() -> JournalError {
    JournalError::Unavailable("its writer has stopped".to_owned())
}

impl Drop for Store {
    /// Writes what waits, then lets the home go.
    fn drop(&mut self) {
        self.shared.queue.close();
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
        self.shared.anchor.close();
    }
}

/// A commit whose caller goes away while it waits is written all the same: whoever may be cancelled and must not leave a
/// permit open waits in a task of its own.
#[async_trait]
impl Journal for Store {
    async fn commit(&self, record: Record) -> Result<Receipt, JournalError> {
        let draft = self.draft(record)?;
        self.push(draft).await
    }

    fn note(&self, record: Record) -> Result<(), JournalError> {
        let draft = self.draft(record)?;
        self.shared.queue.push(Job::Record(Box::new(draft), None))
    }

    async fn recall(&self, action: &ActionId) -> Result<Vec<Event>, JournalError> {
        self.reader.recall(action).map_err(|error| JournalError::Unavailable(error.to_string()))
    }

    async fn witnessed_opening(&self, session: &SessionId) -> Result<bool, Unwitnessed> {
        if self.shared.seen.by.witnesses.quorum() == 0 {
            return Ok(false);
        }
        let query = Query {
            session: Some(session.to_string()),
            kinds: vec![EntryKind::SessionOpened],
            newest_first: true,
            limit: Some(1),
            ..Query::default()
        };
        let opened = self.read_entries(&query).map_err(|error| Unwitnessed(error.to_string()))?;
        let opened =
            opened.first().ok_or_else(|| Unwitnessed(format!("no entry opens session `{session}`")))?;
        self.shared.seen.reach(opened.index.saturating_add(1)).await.map_err(Unwitnessed)
    }

    async fn witnessed_entry(&self, receipt: &Receipt) -> Result<(), Unwitnessed> {
        if self.shared.seen.by.witnesses.quorum() == 0 {
            return Ok(());
        }
        self.shared.seen.reach(receipt.index.saturating_add(1)).await.map(|_| ()).map_err(Unwitnessed)
    }

    fn memory(&self) -> &RwLock<Memory> {
        &self.shared.memory
    }

    async fn witnessed(&self, ticket: &TicketId) -> Result<bool, Unwitnessed> {
        if self.shared.seen.by.witnesses.quorum() == 0 {
            return Ok(false);
        }
        let last = self.reader.last_of(ticket).map_err(|error| Unwitnessed(error.to_string()))?;
        let last = last.ok_or_else(|| Unwitnessed(format!("no entry names request `{ticket}`")))?;
        self.shared.seen.reach(last.saturating_add(1)).await.map_err(Unwitnessed)
    }
}
