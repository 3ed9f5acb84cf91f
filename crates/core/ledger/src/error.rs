//! What can go wrong: faults of making something ([`LedgerError`]), and findings about a log ([`Broken`]).

/// Why something could not be made or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The leaf would not fit an entry bundle (a 16-bit length).
    #[error("the public part of an entry takes {0} bytes, more than the 65535 that a leaf may have")]
    LeafTooLong(usize),
    /// Not a leaf of this version.
    #[error("not a leaf: {0}")]
    Leaf(String),
    /// A value cannot be written as JSON.
    #[error("no JSON form: {0}")]
    Json(String),
    /// The body, or the wrapped secret, does not open under this key.
    #[error("{0} does not open under this key")]
    Sealed(&'static str),
    /// A private field is not what the leaf commits to.
    #[error("private field `{0}` is not what the leaf commits to")]
    Commitment(String),
    /// A hash that a proof needs is not stored.
    #[error("the hash at level {level}, index {index} is not stored")]
    NoHash {
        /// Levels above the leaves.
        level: u32,
        /// From the left.
        index: u64,
    },
    /// Not a verifier key.
    #[error("`{0}` is not a verifier key")]
    VerifierKey(String),
    /// Not a key name: empty, or with spaces or plus signs.
    #[error("`{0}` is not a key name")]
    KeyName(String),
    /// Not a signed note.
    #[error("not a signed note: {0}")]
    Note(&'static str),
    /// Not a checkpoint.
    #[error("not a checkpoint: {0}")]
    Checkpoint(&'static str),
    /// None of the note's signatures was made with the key.
    #[error("no signature by key `{wanted}`; signed by `{found}`")]
    UnknownKey {
        /// The key that is trusted.
        wanted: String,
        /// Who signed.
        found: String,
    },
    /// A signature that claims to be made with the key was not.
    #[error("bad signature of key `{0}`")]
    BadSignature(String),
    /// Not a proof.
    #[error("not a proof: {0}")]
    Proof(String),
    /// A proof that proves nothing.
    #[error(transparent)]
    Proves(#[from] crate::ProofError),
    /// Witnesses that cannot be what is meant.
    #[error("{0}")]
    Witnesses(String),
}

/// What is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Entries that a checkpoint covers are gone.
    #[error("truncated: a signed checkpoint covers {signed} entries, {found} are there")]
    Truncated {
        /// The checkpoint's size.
        signed: u64,
        /// How many entries there are.
        found: u64,
    },
    /// An entry is not the one that was hashed.
    #[error("entry {index} was rewritten")]
    Rewritten {
        /// Which.
        index: u64,
    },
    /// A checkpoint covers other entries than these.
    #[error("entries {from} to {to} are not what was signed: rewritten or reordered")]
    Diverged {
        /// The first that may be wrong.
        from: u64,
        /// The last that may be wrong.
        to: u64,
    },
    /// Entries are not in order.
    #[error("reordered: entry {found} stands where entry {expected} belongs")]
    Reordered {
        /// What belongs there.
        expected: u64,
        /// What stands there.
        found: u64,
    },
    /// Two signed histories.
    #[error("forked: the key signed two different logs of {size} entries")]
    Forked {
        /// The size at which they differ.
        size: u64,
    },
    /// Entries that no checkpoint covers.
    #[error("entries from {from} on are not covered by any checkpoint")]
    Unsigned {
        /// The first.
        from: u64,
    },
    /// A signature does not verify.
    #[error("checkpoint {nth} has a bad signature")]
    BadSignature {
        /// Counted from 1.
        nth: u64,
    },
    /// Signed by somebody else.
    #[error("checkpoint {nth} is not signed by the trusted key: {who}")]
    UnknownKey {
        /// Counted from 1.
        nth: u64,
        /// What the note says.
        who: String,
    },
    /// Not a checkpoint, or out of order.
    #[error("checkpoint {nth} cannot be read: {why}")]
    Checkpoint {
        /// Counted from 1.
        nth: u64,
        /// Why.
        why: String,
    },
    /// Not an entry.
    #[error("entry {index} cannot be read: {why}")]
    Unreadable {
        /// Which.
        index: u64,
        /// Why.
        why: String,
    },
    /// The state changes are not those that the leaf commits to.
    #[error("the state changes of entry {index} are not those that it commits to")]
    State {
        /// Which.
        index: u64,
    },
    /// What a redaction took away is there again.
    #[error("entry {index} was redacted, and its state changes from before that are there again")]
    Restored {
        /// Which.
        index: u64,
    },
    /// The body is not what the leaf commits to.
    #[error("the body of entry {index} is not what it commits to: {why}")]
    Body {
        /// Which.
        index: u64,
        /// Why.
        why: String,
    },
    /// The body is gone and no entry says that it was redacted.
    #[error("the body of entry {index} is gone, and no entry says that it was redacted")]
    BodyMissing {
        /// Which.
        index: u64,
    },
    /// A tile holds other hashes than its entries have.
    #[error("tile `{path}` is not what was signed, though the entries are: {why}")]
    Tile {
        /// Which.
        path: String,
        /// Why.
        why: String,
    },
    /// Too few witnesses have seen the head.
    #[error(
        "not witnessed: {found} of the witnesses that are trusted have cosigned the checkpoint, {wanted} must"
    )]
    Unwitnessed {
        /// How many have.
        found: usize,
        /// How many must.
        wanted: usize,
    },
    /// The checkpoint that is kept beside the store is gone.
    #[error(
        "the checkpoint `{path}`, which shows that nothing was cut off the store, is gone; put back a copy of it. Should there \
         be none, and should you know that nothing is missing: `interlock ledger export FOLDER` and copy \
         `FOLDER/checkpoint` there"
    )]
    Unanchored {
        /// Where it stood.
        path: String,
    },
    /// The store is older than a checkpoint that left it.
    #[error("rolled back: the store has {found} entries, a checkpoint exported from it has {exported}")]
    RolledBack {
        /// The exported checkpoint's size.
        exported: u64,
        /// The store's size.
        found: u64,
    },
    /// The files themselves are damaged.
    #[error("the store cannot be read: {0}")]
    Damaged(String),
}

impl Broken {
    /// One word for what is wrong, for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Truncated { .. } => "truncated",
            Self::Rewritten { .. } => "rewritten",
            Self::Diverged { .. } => "diverged",
            Self::Reordered { .. } => "reordered",
            Self::Forked { .. } => "forked",
            Self::Unsigned { .. } => "unsigned",
            Self::BadSignature { .. } => "bad-signature",
            Self::UnknownKey { .. } => "unknown-signature",
            Self::Checkpoint { .. } => "bad-checkpoint",
            Self::Unreadable { .. } => "unreadable",
            Self::State { .. } => "state-changed",
            Self::Restored { .. } => "restored",
            Self::Body { .. } => "body-changed",
            Self::BodyMissing { .. } => "body-missing",
            Self::Tile { .. } => "bad-tile",
            Self::Unwitnessed { .. } => "unwitnessed",
            Self::Unanchored { .. } => "checkpoint-gone",
            Self::RolledBack { .. } => "rolled-back",
            Self::Damaged(_) => "damaged",
        }
    }

    /// The entry it is about, or the first of them.
    pub fn entry(&self) -> Option<u64> {
        match self {
            Self::Rewritten { index }
            | Self::Unreadable { index, .. }
            | Self::State { index }
            | Self::Restored { index }
            | Self::Body { index, .. }
            | Self::BodyMissing { index } => Some(*index),
            Self::Diverged { from, .. } | Self::Unsigned { from } => Some(*from),
            Self::Reordered { expected, .. } => Some(*expected),
            _ => None,
        }
    }
}
