//! Why a plan is not read.

/// A plan that is refused rather than guessed at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Neither UTF-8 nor UTF-16.
    #[error("the plan is no text: {0}")]
    Text(&'static str),
    /// It is not well-formed.
    #[error("malformed plan: {0}")]
    Malformed(String),
    /// A form that is not known.
    #[error("no plan of a known form: {0}")]
    Form(String),
}
