//! Why the daemon does not start.

use std::path::PathBuf;

use crate::config::ConfigError;

/// A fault at start. The exit code is the command line's business.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// There is no home.
    #[error("`{0}` is not an Interlock home: make one with `interlock init`")]
    NoHome(PathBuf),
    /// There is one already.
    #[error("`{0}` is an Interlock home already")]
    HomeExists(PathBuf),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The configuration changed and nobody signed it.
    #[error(
        "`interlock.toml` or `policies/` changed since a person put it in force: sign it with `interlock policy apply`"
    )]
    Unsigned,
    /// A setting of the configuration, or of the command line, cannot be used.
    #[error("a setting cannot be used: {0}")]
    Setting(String),
    /// What was to come into force does not.
    #[error("nothing came into force: {0}")]
    NotApplied(String),
    /// The policy cannot be used.
    #[error("the policy bundle cannot be loaded: {0}")]
    Policy(String),
    /// The policy breaks a promise, or weakens and nobody could prove anything.
    #[error("this bundle does not come into force\n{0}")]
    NotAdmissible(String),
    /// It is signed, and not seen by enough witnesses yet.
    #[error("it is signed and nothing has come into force: {0}")]
    Unwitnessed(String),
    /// Everybody has signed that it comes into force without the witnesses in force, and the wait is not over.
    #[error(
        "nothing has come into force: that it is to without the witnesses is written down. Sign once more with the same \
         command: it may come into force {0}"
    )]
    Announced(String),
    /// The ledger does not verify.
    #[error("the ledger is broken: {0}")]
    Broken(String),
    /// Another process has the home open.
    #[error("the store cannot be opened: {0}")]
    InUse(String),
    /// The store cannot be opened.
    #[error("the store cannot be opened: {0}")]
    Store(String),
    /// An entry cannot be redacted, or not yet.
    #[error("{0}")]
    Redaction(String),
    /// A key cannot be used.
    #[error("{0}")]
    Key(String),
    /// An address or socket cannot be used.
    #[error("cannot listen on `{0}`: {1}")]
    Listen(String, String),
    /// A gateway does not start.
    #[error("the AWS gateway does not start: {0}")]
    Gateway(String),
    /// A file cannot be written or read.
    #[error("`{0}`: {1}")]
    File(PathBuf, String),
}
