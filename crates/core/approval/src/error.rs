//! Faults and expected refusals: different types.

/// A key or signature that cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// Not an OpenSSH public key.
    #[error("not an OpenSSH public key: {0}")]
    Key(String),
    /// Signing failed.
    #[error("cannot sign: {0}")]
    Sign(String),
    /// The ticket has no canonical form.
    #[error(transparent)]
    Canonical(#[from] interlock_action::CanonicalError),
}

/// Why a message does not move a ticket. Expected: it is shown to whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The ticket is past deciding.
    #[error("the request is already {0}")]
    Settled(String),
    /// Its time ran out.
    #[error("the request has expired")]
    Expired,
    /// The signature is not over this ticket, or not by an enrolled key.
    #[error("the signature does not verify: {0}")]
    Signature(String),
    /// The signature is over another digest.
    #[error("the signature is over another digest than this request's")]
    Digest,
    /// A security key that was not touched, or did not verify its user.
    #[error("the security key did not confirm {0}")]
    Presence(&'static str),
    /// The key is weaker than the tier asks for.
    #[error("this tier asks for a security key or passkey; `{0}` is a plain OpenSSH key")]
    WeakKey(String),
    /// The key is not in force yet.
    #[error("the key was enrolled less than {0} hours ago and is cooling off")]
    CoolingOff(u64),
    /// Somebody asked to take the key out.
    #[error("the key is suspended: request `{0}` asks to take it out")]
    Suspended(String),
    /// The opening of a session was not signed just now.
    #[error("the opening was signed more than five minutes ago, or for later")]
    Stale,
    /// The same person has approved already.
    #[error("`{0}` has approved this request already")]
    Twice(String),
    /// Not ready to be spent.
    #[error("the request is {0}, not approved")]
    NotApproved(String),
}
