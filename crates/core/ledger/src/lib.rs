//! The tamper-evident log: RFC 6962 tree, C2SP checkpoints, proofs, redactable entries, offline verification.
//!
//! Pure: keys, salts and times are parameters; nothing here does I/O.
//!
//! An entry becomes a small *leaf* in the clear (what, when, public fields, salted commitments to private fields, the
//! salted digest of the state changes), and, encrypted outside the tree, a *body* and the state changes. Whoever destroys
//! the record's secret makes the body unreadable and the commitments unguessable, and every proof still verifies. State
//! changes are what the memory is rebuilt from: in the place of redacted ones stand others without the private parts, whose
//! digest the redaction's own leaf says.

mod bodies;
mod checkpoint;
mod cosignature;
mod entry;
mod error;
mod folder;
mod leaf;
mod note;
mod proof;
mod replay;
mod seal;
mod state;
mod tile;
mod tlog_proof;
mod tree;

pub use checkpoint::Checkpoint;
pub use cosignature::{Cosignature, WitnessKey, Witnesses};
pub use entry::{Entry, EntryKind};
pub use error::{Broken, LedgerError};
pub use folder::{BODIES, BodyLine, Counted, Files, Held, OPENED, Report, body_path, verify_folder};
pub use leaf::{LEAF_LIMIT, Leaf, REDACTED_ENTRY, REDACTED_STATE, Redaction};
pub use note::{NoteSigner, NoteVerifier};
pub use proof::{
    ProofError, consistency_proof, inclusion_proof, root_of, verify_consistency, verify_inclusion,
};
pub use replay::{Checked, Replay, Stored, Verified};
pub use seal::{
    Opening, RecordSecret, Sealed, WrappingKey, check_openings, check_sealed_body, open_body, seal,
};
pub use state::{OpenedState, State, StateSalt};
pub use tile::{
    CHECKPOINT_PATH, TILE_WIDTH, Tile, decode_bundle, decode_tile, encode_bundle, encode_tile, grouped,
    levels, tiles,
};
pub use tlog_proof::{Consistency, Inclusion};
pub use tree::{Frontier, Hash, HashReader, empty_root, leaf_hash, node_hash};
