//! Why a command did not do what it was asked.

use std::{path::Path, process::ExitCode};

use crate::{HELP, catalogue::CatalogueError};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum XtaskError {
    /// The command line cannot be meant.
    #[error("{0}\n\n{HELP}")]
    Usage(String),
    /// A program is not there, or cannot be started.
    #[error("cannot run `{program}`: {error}")]
    Start {
        /// Which.
        program: String,
        /// Why.
        error: std::io::Error,
    },
    /// A program ran and failed; what it said is on the terminal or in `why`.
    #[error("`{program}` failed ({status}){why}")]
    Failed {
        /// Which.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it said, if that was caught.
        why: String,
    },
    /// Something that setup cannot install here.
    #[error("missing: {what}\n  hint: {fix}")]
    Missing {
        /// What.
        what: String,
        /// What to do about it.
        fix: String,
    },
    /// A file cannot be read or written.
    #[error("`{path}`: {error}")]
    File {
        /// Which.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// Something has a form that is not known.
    #[error("cannot make sense of `{what}`: {why}")]
    Form {
        /// What.
        what: String,
        /// Why.
        why: String,
    },
    /// The house is not tidy; the findings are on the terminal.
    #[error(
        "{0} findings\n  hint: CONTRIBUTING.md says what each check asks for; exceptions stand in xtask/tidy.toml"
    )]
    Untidy(usize),
    /// Fuzzing found something; the inputs are kept and named on the terminal.
    #[error(
        "{0} findings\n  hint: `cargo nextest run -p interlock-fuzz` runs them again, until they are fixed"
    )]
    Findings(usize),
    /// The catalogue was not made.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

impl XtaskError {
    /// A fault of a file.
    pub(crate) fn file(path: &Path, error: std::io::Error) -> Self {
        Self::File { path: path.display().to_string(), error }
    }

    /// The status to end with: that of the program that failed, where it has one.
    pub(crate) fn exit(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Failed { status, .. } => {
                let code = status.code().and_then(|code| u8::try_from(code).ok()).filter(|code| *code != 0);
                ExitCode::from(code.unwrap_or(1))
            }
            _ => ExitCode::FAILURE,
        }
    }
}
