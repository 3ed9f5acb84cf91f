//! Who signs, and why: options of every command that a person signs.

use std::path::PathBuf;

use clap::Args;

/// Who signs.
#[derive(Debug, Args)]
pub(crate) struct By {
    /// Your OpenSSH key, or `passkey:NAME` to sign with your passkey in the console.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Why, or what you found.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}
