//! The newest checkpoint in folders outside the store: always one in the home, and one that is best off the host. Whoever
//! rolls the store back, or rewrites it with the key, contradicts them.
//!
//! A thread of its own, so that a slow or broken folder never holds up the writer. Only the newest counts.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use crate::{StoreError, fault, home};

const NAME: &str = "checkpoint";
/// Not more often than this: an exported checkpoint costs two fsyncs, which the log needs more.
const PAUSE: Duration = Duration::from_millis(100);
/// After a failure.
const RETRY: Duration = Duration::from_secs(1);

#[derive(Default)]
struct State {
    newest: Option<(u64, String)>,
    writing: bool,
    closed: bool,
    exported: Option<u64>,
    error: Option<String>,
}

/// Where checkpoints go.
pub(crate) struct Anchor {
    folders: Vec<PathBuf>,
    state: Mutex<State>,
    changed: Condvar,
}

/// The file in the folder.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// The exported checkpoint, if there is one.
pub(crate) fn read(folder: &Path) -> Result<Option<String>, StoreError> {
    let path = path(folder);
    match fs::read_to_string(&path) {
        Ok(note) => Ok(Some(note)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(&path)(error)),
    }
}

impl Anchor {
    /// Starts the thread.
    pub(crate) fn start(folders: Vec<PathBuf>) -> io::Result<Arc<Self>> {
        let anchor = Arc::new(Self { folders, state: Mutex::default(), changed: Condvar::new() });
        let own = Arc::clone(&anchor);
        thread::Builder::new().name("checkpoint-export".to_owned()).spawn(move || own.run())?;
        Ok(anchor)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces whatever still waits to be exported.
    pub(crate) fn offer(&self, size: u64, note: String) {
        self.lock().newest = Some((size, note));
        self.changed.notify_all();
    }

    /// The size of the newest exported checkpoint, and why the last attempt failed.
    pub(crate) fn health(&self) -> (Option<u64>, Option<String>) {
        let state = self.lock();
        (state.exported, state.error.clone())
    }

    /// Lets what waits be exported, for a second at most.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        self.changed.notify_all();
        let until = Instant::now() + RETRY;
        while state.newest.is_some() || state.writing {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn run(&self) {
        let mut state = self.lock();
        loop {
            let Some((size, note)) = state.newest.take() else {
                if state.closed {
                    return;
                }
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.writing = true;
            drop(state);
            let written = self.write(&note);
            state = self.lock();
            state.writing = false;
            let pause = match written {
                Ok(()) => {
                    state.exported = Some(size);
                    state.error = None;
                    PAUSE
                }
                Err(error) => {
                    state.error = Some(error.to_string());
                    if state.newest.is_none() && !state.closed {
                        state.newest = Some((size, note));
                    }
                    RETRY
                }
            };
            self.changed.notify_all();
            state = self.pause(state, pause);
        }
    }

    fn pause<'a>(&self, mut state: MutexGuard<'a, State>, pause: Duration) -> MutexGuard<'a, State> {
        let until = Instant::now() + pause;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || state.closed {
                return state;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Into every folder; one that fails keeps nothing from the others.
    fn write(&self, note: &str) -> io::Result<()> {
        let written: Vec<io::Result<()>> = self.folders.iter().map(|folder| write(folder, note)).collect();
        written.into_iter().collect()
    }
}

/// Temporary file, fsync, rename, fsync of the folder.
pub(crate) fn write(folder: &Path, note: &str) -> io::Result<()> {
    let torn = fault::pass(fault::BEFORE_EXPORT)? == fault::Passed::Torn;
    home::make_folder(folder).map_err(io::Error::other)?;
    let temporary = folder.join(".checkpoint.new");
    let mut file = home::private_file(&temporary)?;
    if torn {
        file.write_all(note.as_bytes().get(..note.len() / 2).unwrap_or_default())?;
        return Err(fault::die());
    }
    file.write_all(note.as_bytes())?;
    file.sync_all()?;
    fault::pass(fault::BEFORE_RENAME)?;
    fs::rename(&temporary, path(folder))?;
    fault::pass(fault::BEFORE_FOLDER_SYNC)?;
    home::sync_parent(&temporary)?;
    fault::pass(fault::AFTER_EXPORT).map(|_| ())
}
