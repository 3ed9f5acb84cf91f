//! What goes wrong at the edge, with the next thing to do.

use interlock_api as api;
use interlock_daemon::DaemonError;
use serde::Serialize;

use crate::exit::Exit;

/// A fault as it is shown.
#[derive(Clone, Debug, Serialize, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Fault {
    /// A stable word.
    pub(crate) code: String,
    /// In words.
    pub(crate) message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    #[serde(skip)]
    exit: u8,
}

impl Fault {
    pub(crate) fn new(exit: Exit, code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), hint: None, exit: exit as u8 }
    }
    /// Something did not work.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, "failed", message)
    }
    /// The command line cannot be meant.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }
    /// A file that cannot be read or written.
    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::failed(format!("`{}`: {error}", path.display()))
    }
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    pub(crate) fn exit(&self) -> std::process::ExitCode {
        std::process::ExitCode::from(self.exit)
    }
}

impl From<api::Fault> for Fault {
    fn from(fault: api::Fault) -> Self {
        let exit = if fault.code == "refused" { Exit::Refused } else { Exit::Failed };
        let mut shown = Self::new(exit, &fault.code, fault.message);
        shown.hint = fault.hint;
        shown
    }
}

impl From<DaemonError> for Fault {
    fn from(error: DaemonError) -> Self {
        let (exit, code) = match &error {
            DaemonError::Broken(_) => (Exit::LedgerBroken, "ledger-broken"),
            DaemonError::Config(_)
            | DaemonError::Setting(_)
            | DaemonError::Unsigned
            | DaemonError::Policy(_) => (Exit::BadConfig, "bad-config"),
            DaemonError::NotAdmissible(_) => (Exit::Refused, "refused"),
            DaemonError::Unwitnessed(_) | DaemonError::Announced(_) => (Exit::Held, "held"),
            _ => (Exit::Failed, "failed"),
        };
        let hint = match &error {
            DaemonError::InUse(_) => Some("this needs the home to itself: stop the daemon first"),
            _ => None,
        };
        Self { hint: hint.map(str::to_owned), ..Self::new(exit, code, error.to_string()) }
    }
}
