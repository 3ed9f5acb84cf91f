//! The one writer: guards, memory, rows, tree, checkpoint, commit, answers, in this order (ADR-0002).

use std::{
    fs,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::PathBuf,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use interlock_flow::{Event, JournalError, Memory, Receipt};
use interlock_ledger::{Checkpoint, Frontier};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use tokio::sync::watch;

use crate::{
    Keys, StoreError,
    anchor::Anchor,
    draft::{Answer, Draft, Replaced, Row, loosens},
    fault, private,
    queue::{Job, Queue},
    schema::{self, STORED_LEVELS},
    witness::{Cosign, Seen},
};

/// The write-ahead log is moved into the database file when it has grown by this much.
pub(crate) const WAL_STEP: u64 = 16 << 20;

/// What the writer and those who bring records have in common.
pub(crate) struct Shared {
    pub(crate) queue: Queue,
    pub(crate) memory: RwLock<Memory>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) anchor: Arc<Anchor>,
    pub(crate) seen: Arc<Seen>,
    /// How many entries are durable.
    pub(crate) moved: watch::Sender<u64>,
    /// Notes that were not written because a guard of theirs no longer held.
    pub(crate) dropped_notes: AtomicU64,
}

/// The writer thread's own.
pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) connection: Connection,
    pub(crate) frontier: Frontier,
    /// The write-ahead log's file.
    pub(crate) wal: PathBuf,
    /// Its length at which it is moved next.
    pub(crate) wal_limit: u64,
    /// Whether it still holds what was redacted.
    pub(crate) scrub: bool,
}

/// A batch between its guards and its answers.
#[derive(Default)]
struct Batch {
    rows: Vec<Row>,
    /// Events that readers see only once they are durable.
    after: Vec<Event>,
    /// Whom to tell what, should the batch become durable.
    answers: Vec<(Option<Answer>, Result<(), JournalError>)>,
}

/// Poisons the queue if the writer ends in any other way than by being closed.
struct Guarded(Arc<Shared>);

impl Drop for Guarded {
    fn drop(&mut self) {
        self.0.queue.poison("its writer has stopped".to_owned());
    }
}

impl Writer {
    /// Writes until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        let guard = Guarded(Arc::clone(&self.shared));
        let mut jobs = Vec::new();
        while self.shared.queue.take(&mut jobs) {
            self.write(&mut jobs);
        }
        if self.shared.queue.poisoned().is_none() {
            // The last one out tidies up; what is not moved now is moved at the next start.
            let _ = self.move_wal();
        }
        drop(guard);
    }

    /// Writes one batch and answers it.
    ///
    /// INVARIANT: the memory takes the events before they are durable, because the guards of the records behind need
    /// them. That is safe: whoever acts on what it read there needs a later commit of its own, which comes through this
    /// same writer, and if this batch does not become durable the writer takes nothing more, ever. The events on
    /// which something goes out without a commit (a permit is looked at again just before sending: an end of a freeze, a
    /// session that lives again) wait until they are durable.
    fn write(&mut self, jobs: &mut Vec<Job>) {
        let mut batch = Batch::default();
        let poisoned = self.shared.queue.poisoned().map(str::to_owned);
        if let Some(why) = poisoned {
            return jobs.drain(..).for_each(|job| job.refuse(&why));
        }
        for job in jobs.drain(..) {
            match job {
                Job::Record(draft, answer) => {
                    let stood = self.stage(*draft, &mut batch);
                    batch.answers.push((answer, stood));
                }
                // INVARIANT: it is the only one of its batch, see `Queue::take`.
                Job::Redact(redact) => return self.redact(*redact),
                Job::Cosign(cosign) => return self.cosign(*cosign),
            }
        }
        if batch.rows.is_empty() {
            return self.answer(batch);
        }
        match self.append(&batch.rows) {
            Ok(note) => {
                self.apply(&std::mem::take(&mut batch.after));
                self.answer(batch);
                self.shared.anchor.offer(self.frontier.size(), note);
                self.tidy();
            }
            Err(error) => {
                let why = error.to_string();
                self.shared.queue.poison(why.clone());
                refuse(batch.answers.into_iter().filter_map(|(answer, _)| answer), &why);
            }
        }
    }

    /// Checks a record's guards and takes it into the batch and the memory, or leaves both as they are.
    fn stage(&self, mut draft: Draft, batch: &mut Batch) -> Result<(), JournalError> {
        let moved = {
            let memory = self.shared.memory.read().unwrap_or_else(PoisonError::into_inner);
            let mut moved = Vec::new();
            for guard in &draft.guards {
                moved.extend(memory.check(guard).map_err(JournalError::Conflict)?);
            }
            if let Some(session) = draft.events.iter().find_map(|event| private::brings_back(&memory, event))
            {
                return Err(JournalError::Conflict(format!(
                    "session `{session}` was redacted and stays ended"
                )));
            }
            moved
        };
        for (nth, ticket) in moved.iter().enumerate() {
            if moved.iter().take(nth).any(|earlier| earlier.id == ticket.id) {
                return Err(JournalError::Conflict(format!(
                    "one record moves request `{}` twice",
                    ticket.id
                )));
            }
        }
        draft.add(moved.into_iter().map(|ticket| Event::TicketMoved { ticket: Box::new(ticket) }));
        let row = draft.into_row(&self.shared.keys.wrapping);
        let (row, events) = row.map_err(|error| JournalError::Unavailable(error.to_string()))?;
        batch.rows.push(row);
        let (after, now): (Vec<_>, Vec<_>) = events.into_iter().partition(loosens);
        batch.after.extend(after);
        self.apply(&now);
        Ok(())
    }

    fn apply(&self, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        let mut memory = self.shared.memory.write().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            memory.apply(event);
        }
    }

    /// Makes the rows and one checkpoint over them durable; returns the checkpoint's note.
    pub(crate) fn append(&mut self, rows: &[Row]) -> Result<String, StoreError> {
        let wal = StoreError::io(&self.wal);
        let injected = |point| fault::pass(point).map_err(StoreError::io(&self.wal));
        injected(fault::BEFORE_APPEND)?;
        let mut frontier = self.frontier.clone();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for row in rows {
            insert(&transaction, row, &mut frontier)?;
        }
        let note = Checkpoint::sign(frontier.size(), frontier.root(), &self.shared.keys.signer);
        transaction
            .prepare_cached("INSERT INTO checkpoint (size, note) VALUES (?1, ?2)")?
            .execute(params![schema::key(frontier.size()), note])?;
        let torn = injected(fault::AFTER_APPEND)? == fault::Passed::Torn;
        let before = fs::metadata(&self.wal).map_or(0, |meta| meta.len());
        transaction.commit()?;
        if torn {
            return Err(wal(tear(&self.wal, before)));
        }
        injected(fault::AFTER_COMMIT)?;
        self.frontier = frontier;
        self.shared.moved.send_replace(self.frontier.size());
        Ok(note)
    }

    /// Keeps what witnesses say of a checkpoint, once it is verified.
    fn cosign(&mut self, cosign: Cosign) {
        let Cosign { size, lines, answer } = cosign;
        let kept = self.keep(size, &lines);
        if let Err(error @ (StoreError::Sqlite(_) | StoreError::Io { .. })) = &kept {
            self.shared.queue.poison(error.to_string());
        }
        // Nobody may be waiting any more.
        let _ = answer.send(kept);
    }

    fn keep(&mut self, size: u64, lines: &str) -> Result<u64, StoreError> {
        let bad = |why: String| StoreError::Cosignature { size, why };
        let Some(note) = schema::checkpoint(&self.connection, size)? else {
            return Err(bad("there is no such checkpoint".to_owned()));
        };
        let witnesses = &self.shared.seen.by.witnesses;
        let read = witnesses.read(&format!("{note}{lines}")).map_err(|error| bad(error.to_string()))?;
        if read.is_empty() {
            return Err(bad("none of the witnesses that are trusted made it".to_owned()));
        }
        let injected = |point| fault::pass(point).map_err(StoreError::io(&self.wal));
        injected(fault::BEFORE_COSIGNATURE)?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for cosignature in &read {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO cosignature (size, line) VALUES (?1, ?2)")?
                .execute(params![schema::key(size), cosignature.line])?;
        }
        transaction.commit()?;
        injected(fault::AFTER_COSIGNATURE)?;
        if witnesses.agree(&schema::cosigned(&self.connection, size, &note)?) {
            self.shared.seen.agree(size);
        }
        Ok(self.shared.seen.agreed())
    }

    /// Tells everybody; the newest rows of the log are the batch's, in order.
    fn answer(&self, batch: Batch) {
        let rows = u64::try_from(batch.rows.len()).unwrap_or(u64::MAX);
        let mut index = self.frontier.size().saturating_sub(rows);
        for (answer, stood) in batch.answers {
            let receipt = stood.map(|()| {
                index += 1;
                Receipt { index: index - 1 }
            });
            match (answer, receipt) {
                // Nobody may be waiting any more; the record stands all the same.
                (Some(answer), receipt) => drop(answer.send(receipt)),
                (None, Ok(_)) => {}
                (None, Err(_)) => {
                    self.shared.dropped_notes.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// Moves the write-ahead log into the database file, when it is long or must not keep what was redacted.
    pub(crate) fn tidy(&mut self) {
        let length = fs::metadata(&self.wal).map_or(0, |meta| meta.len());
        if length < self.wal_limit && !self.scrub {
            return;
        }
        match self.move_wal() {
            Ok(true) => (self.wal_limit, self.scrub) = (WAL_STEP, false),
            // Somebody reads; it can be moved only later.
            Ok(false) => self.wal_limit = length.saturating_add(WAL_STEP),
            // An fsync that failed tells nothing about what is on disk.
            Err(error) => self.shared.queue.poison(error.to_string()),
        }
    }

    /// Whether all of it could be moved.
    fn move_wal(&self) -> Result<bool, StoreError> {
        fault::pass(fault::BEFORE_WAL_CHECKPOINT).map_err(StoreError::io(&self.wal))?;
        // Readers are not waited for.
        self.connection.busy_timeout(Duration::ZERO)?;
        let busy =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        self.connection.busy_timeout(Duration::from_secs(5))?;
        Ok(busy? == 0)
    }
}

fn refuse(answers: impl Iterator<Item = Answer>, why: &str) {
    for answer in answers {
        let _ = answer.send(Err(JournalError::Unavailable(why.to_owned())));
    }
}

fn insert(transaction: &Transaction<'_>, row: &Row, frontier: &mut Frontier) -> Result<(), StoreError> {
    let (index, hash) = (schema::key(frontier.size()), row.hash);
    transaction
        .prepare_cached(
            "INSERT INTO entry (idx, hash, leaf, events, wrapped_secret, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![index, hash, row.leaf, row.events, row.wrapped, row.body])?;
    for subject in &row.subjects {
        transaction
            .prepare_cached("INSERT INTO carries (subject, idx) VALUES (?1, ?2)")?
            .execute(params![subject.to_string(), index])?;
    }
    if let Some(Replaced { index, events }) = &row.replaces {
        transaction
            .prepare_cached(
                "UPDATE entry SET wrapped_secret = NULL, body = NULL, events = coalesce(?2, events) WHERE idx = ?1",
            )?
            .execute(params![schema::key(*index), events])?;
    }
    let mut nodes = Vec::new();
    frontier.push(hash, |level, index, hash| {
        if level.is_multiple_of(STORED_LEVELS) {
            nodes.push((level, index, *hash));
        }
    });
    for (level, index, hash) in nodes {
        transaction
            .prepare_cached("INSERT INTO node (level, idx, hash) VALUES (?1, ?2, ?3)")?
            .execute(params![level, schema::key(index), hash])?;
    }
    Ok(())
}

/// Garbles the later half of what the last commit added to the write-ahead log, as a power cut in the middle of the
/// write would, and ends the process. Only fault injection comes here.
fn tear(wal: &std::path::Path, before: u64) -> std::io::Error {
    let torn = || -> std::io::Result<()> {
        let mut file = fs::OpenOptions::new().read(true).write(true).open(wal)?;
        let length = file.metadata()?.len();
        // A log that was begun anew keeps its length: then all of it is this commit's.
        let from = if length > before { before + (length - before) / 2 } else { length / 2 };
        file.seek(SeekFrom::Start(from))?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail)?;
        tail.iter_mut().for_each(|byte| *byte ^= 0x5a);
        file.seek(SeekFrom::Start(from))?;
        file.write_all(&tail)
    };
    match torn() {
        Ok(()) => fault::die(),
        Err(error) => error,
    }
}
