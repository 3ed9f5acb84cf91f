//! What ends an action's way before its decision.

use crate::JournalError;

/// Why an action leaves the road early.
#[derive(Debug)]
pub(crate) enum Stop {
    Ledger(String),
    Conflict(String),
    NoLease(String),
    TooMany,
    NotSecured(String),
    NoSurface,
    /// It was waited for something: judge it again.
    Again,
}

impl From<JournalError> for Stop {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Conflict(why) => Self::Conflict(why),
            JournalError::Unavailable(why) => Self::Ledger(why),
        }
    }
}
