//! What becomes of a resource.

use std::fmt;

use serde::Serialize;

/// What becomes of a resource, as `change.actions` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Nothing.
    NoOp,
    /// It is read while the plan is applied.
    Read,
    /// It is made.
    Create,
    /// It is changed in its place.
    Update,
    /// It goes.
    Delete,
    /// It goes and another is made: destroyed and created again, or created again and destroyed.
    Replace {
        /// The new one is made first.
        create_first: bool,
    },
    /// It stays, and Terraform forgets it.
    Forget,
    /// It stays, Terraform forgets it, and another is made.
    ForgetAndCreate,
    /// Something that no version known here says.
    Unknown(Vec<String>),
}

impl Act {
    /// Out of the words of a plan.
    pub(super) fn of(words: Vec<String>) -> Self {
        let plain: Vec<&str> = words.iter().map(String::as_str).collect();
        match plain.as_slice() {
            ["no-op"] => Self::NoOp,
            ["read"] => Self::Read,
            ["create"] => Self::Create,
            ["update"] => Self::Update,
            ["delete"] => Self::Delete,
            ["delete", "create"] => Self::Replace { create_first: false },
            ["create", "delete"] => Self::Replace { create_first: true },
            ["forget"] => Self::Forget,
            ["create", "forget"] | ["forget", "create"] => Self::ForgetAndCreate,
            _ => Self::Unknown(words),
        }
    }

    /// The verb of its operation.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::NoOp => "no-op",
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Replace { .. } => "replace",
            Self::Forget | Self::ForgetAndCreate => "forget",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Whether what is there goes.
    pub fn takes(&self) -> bool {
        match self {
            Self::Delete | Self::Replace { .. } => true,
            Self::Unknown(words) => words.iter().any(|word| word.contains("delete")),
            Self::NoOp | Self::Read | Self::Create | Self::Update | Self::Forget | Self::ForgetAndCreate => {
                false
            }
        }
    }

    /// Whether something is made.
    pub fn makes(&self) -> bool {
        matches!(self, Self::Create | Self::Replace { .. } | Self::ForgetAndCreate)
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoOp => "stays as it is",
            Self::Read => "is read",
            Self::Create => "is created",
            Self::Update => "is changed in its place",
            Self::Delete => "is destroyed",
            Self::Replace { create_first: false } => "is destroyed and created again",
            Self::Replace { create_first: true } => "is created again, and the one that is there destroyed",
            Self::Forget => "stays, and Terraform forgets it",
            Self::ForgetAndCreate => "stays, Terraform forgets it, and another is created",
            Self::Unknown(words) => {
                return write!(f, "has something done to it that is not known here: {}", words.join(", "));
            }
        })
    }
}
