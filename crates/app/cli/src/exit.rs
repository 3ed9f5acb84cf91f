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
    /// A freeze covers it.
    #[expect(
        dead_code,
        reason = "part of the contract: surfaces that wait for a verdict themselves return it"
    )]
    Frozen = 13,
    /// The ledger does not verify.
    LedgerBroken = 20,
    /// No daemon answers.
    Unreachable = 69,
    /// The configuration cannot be used.
    BadConfig = 78,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
