//! SQLite behind flow's `Journal`: one writer, one order, durable before it is answered.
//!
//! A batch of records is one transaction, one signed checkpoint, one fsync. What stands here is what the process may
//! act on after a restart; whatever does not fit what was signed stops the start.

mod anchor;
mod blobs;
mod draft;
mod error;
mod export;
mod folder;
mod home;
mod private;
mod query;
mod queue;
mod reader;
mod rebuild;
mod recall;
mod redact;
mod schema;
mod states;
mod store;
mod walk;
mod witness;
mod writer;

pub use blobs::Blobs;
pub use error::StoreError;
pub use export::{Exported, read_held, verify_folder};
pub use home::{Home, Keys};
pub use interlock_flow::fault;
pub use query::{Query, StoredEntry};
pub use reader::Reader;
pub use redact::Redacted;
pub use store::{Health, Options, Recovered, Store};
pub use witness::Witnessed;
#[cfg(test)]
mod tests;
