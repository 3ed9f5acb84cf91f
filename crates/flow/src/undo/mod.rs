//! Taking changes back: the way is registered before the change is sent, the state it left is read afterwards, and a
//! person who wants it back signs for exactly what a preview showed (ADR-0009).
//!
//! Nothing here knows a kind: the [`Undo`](crate::Undo) port does.

mod change;
mod preview;
mod register;
mod run;
mod told;

pub use change::{Change, ChangeNote, Standing, overlap};
pub use preview::{Conflict, Preview, PreviewedChange};
pub use register::WayBack;
pub use run::{Progress, UndoError, Watch};

pub(crate) use change::{Recalled, Seen, same, state_digest, subject};
pub(crate) use register::{Looked, promise};
pub(crate) use told::told;
