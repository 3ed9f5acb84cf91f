//! Why a request is not read.

/// A request that is refused rather than guessed at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Two parsers could read it differently.
    #[error("ambiguous request: {0}")]
    Ambiguous(String),
    /// It is not well-formed.
    #[error("malformed request: {0}")]
    Malformed(String),
    /// Larger or deeper than what is read.
    #[error("request too large: {0}")]
    TooLarge(String),
    /// No operation of the catalogue fits.
    #[error("no AWS operation fits: {0}")]
    Unknown(String),
    /// The parameters cannot be written as a request of this operation.
    #[error("cannot be written: {0}")]
    Unwritable(String),
}
