//! Recovery: the ways back from what agents do.
//!
//! One file a kind, with what is kept before the deed and what takes it back side by side. A way is pure: it says which
//! reads tell the state, what of their answers is the state, and which calls remain to get from the state that is found to
//! the one that was. Flow makes the reads and the calls, and writes both down.

mod aws;

pub use aws::{AwsKeep, AwsUndo, Way, ways};
