//! What can go wrong in the gateway itself. Refusals of what an agent sends are other types.

use std::path::PathBuf;

/// A fault of the gateway.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// A file or folder could not be read or written.
    #[error("cannot {what} `{}`: {source}", path.display())]
    File {
        /// What was tried: `read`, `write`.
        what: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A private key lies open to others.
    #[error("`{}` can be read by others: take the rights of group and others away", .0.display())]
    OpenKey(PathBuf),
    /// A certificate or key could not be made or read.
    #[error("the local certificate authority cannot be used: {0}")]
    Authority(String),
    /// A door could not be opened.
    #[error("cannot listen on `{address}`: {source}")]
    Listen {
        /// Where.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// The upstream is not a URL that can be used.
    #[error("`{0}` is no upstream: expected a URL such as `https://{{service}}.{{region}}.amazonaws.com`")]
    Upstream(String),
    /// A pattern of the egress list cannot be read.
    #[error("`{pattern}` is no pattern of host names: {why}")]
    Pattern {
        /// As written.
        pattern: String,
        /// Why.
        why: String,
    },
    /// The system's random source failed.
    #[error("no randomness: {0}")]
    Random(String),
}

impl GatewayError {
    pub(crate) fn file(what: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { what, path, source }
    }
}
