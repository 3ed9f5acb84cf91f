//! The types of the HTTP API, which are also what `--json` prints.

mod admin;
mod recovery;
mod report;
mod request;
mod sentence;
mod session;
mod terraform;
mod undo;

pub use admin::{
    AddAgent, AddKey, AddPerson, Added, Fault, FreezeRequest, LedgerQuery, LedgerRow, NonceReply, RemoveKey,
    RemovePerson, Signed, Status, UnfreezeRequest,
};
pub use recovery::{DrillRequest, KeptPoint, PointRun, PurgeBegun};
pub use report::{Example, Fate, RuleCount, SessionReport};
pub use request::{DecisionRequest, Feed, RequestRow, RequestView};
pub use session::{HookNote, LaunchProof, OpenSession, OpenedSession, RestSession, SessionRow};
pub use terraform::{AdoptState, TerraformCommand, TerraformNews, WorkspaceRow};
pub use undo::{Selection, UndoRequest, UndoRun};
