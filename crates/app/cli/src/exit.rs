//! Exit codes: the one list.

/// What a command's status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// It was done.
    Ok = 0,
    /// It failed.
    Failed = 1,
    /// The command line cannot be meant.
    Usage = 2,
    /// The policy or the daemon refused it.
    Refused = 10,
    /// It waits for people.
    Held = 11,
    /// A person denied it, or its time ran out.
    Denied = 12,
    /// A freeze covers it: surfaces that wait for a verdict themselves return it.
    Frozen = 13,
    /// The ledger does not verify.
    LedgerBroken = 20,
    /// No daemon answers.
    Unreachable = 69,
    /// The configuration cannot be used.
    BadConfig = 78,
}

/// All of them, for the manual.
pub(crate) const ALL: &[Exit] = &[
    Exit::Ok,
    Exit::Failed,
    Exit::Usage,
    Exit::Refused,
    Exit::Held,
    Exit::Denied,
    Exit::Frozen,
    Exit::LedgerBroken,
    Exit::Unreachable,
    Exit::BadConfig,
];

impl Exit {
    /// Its meaning, for the manual.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "It was done. run returns the status of its command instead.",
            Self::Failed => "It failed.",
            Self::Usage => "The command line cannot be meant.",
            Self::Refused => "The policy or the daemon refused it.",
            Self::Held => "It waits for people.",
            Self::Denied => "A person denied it, or its time ran out.",
            Self::Frozen => "A freeze covers it.",
            Self::LedgerBroken => "The ledger does not verify.",
            Self::Unreachable => "No daemon answers.",
            Self::BadConfig => "The configuration cannot be used.",
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
