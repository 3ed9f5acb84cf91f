//! Faults injected at named points, so that tests crash where it matters instead of sleeping and hoping.
//!
//! `INTERLOCK_FAULT=POINT:ACTION` or `POINT:ACTION:N` (the N-th time the point is passed). Inert unless the build has
//! debug assertions or the feature `faults`.

use std::{
    io,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use rustix::process::{Signal, getpid, kill_process};

/// Nothing of the batch has been written.
pub const BEFORE_APPEND: &str = "before-append";
/// The rows are in the transaction, which is not committed.
pub const AFTER_APPEND: &str = "after-append-before-commit";
/// The transaction is on disk, nobody has been told.
pub const AFTER_COMMIT: &str = "after-commit-before-ack";
/// Callers have their answers, the checkpoint has not left the store.
pub const BEFORE_EXPORT: &str = "before-export";
/// The checkpoint is in its temporary file.
pub const BEFORE_RENAME: &str = "after-export-write-before-rename";
/// The checkpoint has its name, which is not durable yet.
pub const BEFORE_FOLDER_SYNC: &str = "after-export-rename-before-folder-sync";
/// The checkpoint has its name in the export folder.
pub const AFTER_EXPORT: &str = "after-export-rename";
/// The write-ahead log is about to be moved into the database file.
pub const BEFORE_WAL_CHECKPOINT: &str = "before-wal-checkpoint";

/// A file of an exported log is about to be written.
pub const BEFORE_FILE: &str = "before-file";
/// It is durable under another name.
pub const BEFORE_FILE_RENAME: &str = "after-file-write-before-rename";
/// It has its name.
pub const AFTER_FILE: &str = "after-file-rename";
/// A witness's cosignature is verified and not kept yet.
pub const BEFORE_COSIGNATURE: &str = "before-cosignature";
/// It is durable; nobody has been told.
pub const AFTER_COSIGNATURE: &str = "after-cosignature-commit";

/// An action is judged and may pass; its entry is not written.
pub const BEFORE_PERMIT: &str = "before-permit";
/// The entry is durable; nothing has been sent.
pub const BEFORE_SEND: &str = "after-permit-before-send";
/// The service has answered; the outcome is not written.
pub const BEFORE_OUTCOME: &str = "after-answer-before-outcome";
/// The outcome is durable; the agent has no answer.
pub const AFTER_OUTCOME: &str = "after-outcome-before-reply";
/// A person's decision is verified; its entry is not written.
pub const BEFORE_DECISION: &str = "before-decision";
/// A recovery point is made; its entry is not written.
pub const BEFORE_RECOVERY_POINT: &str = "after-securing-before-entry";

/// A change is about to be taken back; nothing of that is written.
pub const BEFORE_UNDO: &str = "before-undo";
/// It is written that a change is being taken back; nothing has been called.
pub const AFTER_UNDO_BEGAN: &str = "after-undo-began";
/// A call of an undo was answered; its outcome is not written.
pub const AFTER_UNDO_CALL: &str = "after-undo-call";
/// A change is as it was; that is not written.
pub const BEFORE_UNDONE: &str = "before-undone";

/// Every point of the road.
pub const ROAD: [&str; 6] =
    [BEFORE_PERMIT, BEFORE_SEND, BEFORE_OUTCOME, AFTER_OUTCOME, BEFORE_DECISION, BEFORE_RECOVERY_POINT];

/// Every point of the way back.
pub const UNDO: [&str; 6] =
    [BEFORE_UNDO, AFTER_UNDO_BEGAN, BEFORE_SEND, AFTER_UNDO_CALL, AFTER_OUTCOME, BEFORE_UNDONE];

/// Every point of the store.
pub const STORE: [&str; 13] = [
    BEFORE_APPEND,
    AFTER_APPEND,
    AFTER_COMMIT,
    BEFORE_EXPORT,
    BEFORE_RENAME,
    BEFORE_FOLDER_SYNC,
    AFTER_EXPORT,
    BEFORE_WAL_CHECKPOINT,
    BEFORE_FILE,
    BEFORE_FILE_RENAME,
    AFTER_FILE,
    BEFORE_COSIGNATURE,
    AFTER_COSIGNATURE,
];

/// What happens at a point that was passed without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// Nothing.
    On,
    /// The caller is to garble what the coming write leaves on disk, then call [`die`].
    Torn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Kill,
    Torn,
    Errno(rustix::io::Errno),
}

#[derive(Debug)]
struct Plan {
    point: String,
    action: Action,
    /// Passes that are still let by.
    spare: AtomicU64,
}

fn parse(text: &str) -> Option<Plan> {
    let mut parts = text.split(':');
    let (point, action) = (parts.next()?, parts.next()?);
    let action = match action {
        "kill" => Action::Kill,
        "torn" => Action::Torn,
        "enospc" => Action::Errno(rustix::io::Errno::NOSPC),
        "eio" => Action::Errno(rustix::io::Errno::IO),
        _ => return None,
    };
    let nth: u64 = parts.next().map_or(Some(1), |nth| nth.parse().ok())?;
    Some(Plan { point: point.to_owned(), action, spare: AtomicU64::new(nth.saturating_sub(1)) })
}

fn plan() -> Option<&'static Plan> {
    static PLAN: OnceLock<Option<Plan>> = OnceLock::new();
    if !cfg!(any(debug_assertions, feature = "faults")) {
        return None;
    }
    PLAN.get_or_init(|| parse(&std::env::var("INTERLOCK_FAULT").ok()?)).as_ref()
}

/// Passes a point: does what the plan says there, if this is its time. An errno stays for good once it has come, as on
/// a disk that is full or broken.
pub fn pass(point: &str) -> io::Result<Passed> {
    let Some(plan) = plan() else { return Ok(Passed::On) };
    if plan.point != point {
        return Ok(Passed::On);
    }
    let one_less = plan.spare.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |spare| spare.checked_sub(1));
    if one_less.is_ok() {
        return Ok(Passed::On);
    }
    match plan.action {
        Action::Kill => Err(die()),
        Action::Torn => Ok(Passed::Torn),
        Action::Errno(errno) => Err(errno.into()),
    }
}

/// Passes a point of the road, where only the end of the process makes sense.
pub(crate) fn here(point: &str) {
    let _ = pass(point);
}

/// Ends the process at once, as a power cut would: nothing is flushed, nothing is dropped. Returns only if the system
/// does not let it.
pub fn die() -> io::Error {
    match kill_process(getpid(), Signal::KILL) {
        // The signal is on its way.
        Ok(()) => loop {
            std::thread::park();
        },
        Err(errno) => errno.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_read() {
        let plan = parse("before-append:kill:3").unwrap();
        assert_eq!(
            (plan.point.as_str(), plan.action, plan.spare.into_inner()),
            ("before-append", Action::Kill, 2)
        );
        assert_eq!(parse("x:eio").unwrap().action, Action::Errno(rustix::io::Errno::IO));
        for bad in ["", "x", "x:explode", "x:kill:y"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
