//! Why nothing was run.

use std::io;
use std::path::PathBuf;

use crate::Missing;

/// Why a command could not be confined. In each case it was not run.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// A path of the confinement cannot be resolved.
    #[error("{what} `{}` cannot be resolved: {source}", path.display())]
    Unresolved {
        /// Which one: `the work directory`.
        what: &'static str,
        /// As given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A path that is to be opened up lies in a place that a confined command must not see.
    #[error("{what} `{}` lies in `{}`, which a confined command must not see ({why})", path.display(), mask.display())]
    Masked {
        /// Which one.
        what: &'static str,
        /// With every link resolved.
        path: PathBuf,
        /// The place.
        mask: PathBuf,
        /// Why it is masked.
        why: String,
    },
    /// A path that is to be opened up contains something that a confined command must not be able to move or replace.
    #[error("{what} `{}` contains {contents}", path.display())]
    Contains {
        /// Which one.
        what: &'static str,
        /// With every link resolved.
        path: PathBuf,
        /// What it contains.
        contents: String,
    },
    /// A person's key lies in a place that is to be opened up.
    #[error("the key `{}` lies in {what} `{}`, where the command could read or replace it", key.display(), path.display())]
    KeyWithin {
        /// The key.
        key: PathBuf,
        /// Which one.
        what: &'static str,
        /// With every link resolved.
        path: PathBuf,
    },
    /// A place is to be shown that never is.
    #[error("`{}` cannot be shown to a confined command", .0.display())]
    NeverShown(PathBuf),
    /// A path that is to be opened up belongs to the system.
    #[error("{what} `{}` belongs to the system and cannot be opened up", path.display())]
    System {
        /// Which one.
        what: &'static str,
        /// With every link resolved.
        path: PathBuf,
    },
    /// The home directory is the root directory.
    #[error("the home directory is `/`: nothing could be told apart there")]
    Homeless,
    /// A credential has a name outside the masked places.
    #[error("`{}` has another name outside the places that are kept from the command (hard link)", .0.display())]
    HardLinked(PathBuf),
    /// No command was given.
    #[error("no command to run")]
    NoCommand,
    /// The machine cannot confine.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// Something went wrong before the sandbox was started.
    #[error("cannot prepare the sandbox: {0}")]
    Prepare(#[from] io::Error),
    /// bubblewrap gave up before the command ran; it has said why on stderr.
    #[error("the sandbox did not start (bwrap ended with status {0})")]
    NotStarted(i32),
}

impl ConfineError {
    /// What to do about it, in a sentence, where there is something.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Masked { .. } | Self::Contains { .. } | Self::System { .. } => {
                Some("run it in a directory of its own, such as a checkout of the project")
            }
            Self::KeyWithin { .. } => {
                Some("keep keys elsewhere, such as in `~/.ssh`, and give that path with `--key`")
            }
            Self::NeverShown(_) => {
                Some("give the agent what it needs through a door or in the work directory")
            }
            Self::Homeless => Some("set HOME to a directory of its own"),
            Self::HardLinked(_) => Some("replace the file by a copy of itself, so that it has one name only"),
            Self::Missing(missing) => Some(missing.fix()),
            Self::Unresolved { .. } | Self::NoCommand | Self::Prepare(_) | Self::NotStarted(_) => None,
        }
    }
}
