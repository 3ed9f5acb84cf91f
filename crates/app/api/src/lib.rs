//! The types of the HTTP API, which are also what `--json` prints.

mod admin;
mod arap;
mod authzen;
mod fault;
mod glass;
mod grant;
mod plan;
mod planned;
mod recovery;
mod report;
mod request;
mod sentence;
mod session;
mod terraform;
mod text;
mod typed;
mod undo;
mod words;

pub use admin::{
    AddAgent, AddKey, AddPerson, Added, FreezeRequest, LedgerQuery, LedgerRow, NonceReply, RemoveKey,
    RemovePerson, Signed, Status, UnfreezeRequest,
};
pub use arap::{
    AccessRequest, ApprovalContext, Denial, Task, TaskAnswer, TaskApproval, TaskProgress, TaskResult,
    TaskStatus,
};
pub use authzen::{
    AccessAction, Entity, EvaluationAnswer, EvaluationAnswers, EvaluationOptions, EvaluationRequest,
    EvaluationsRequest, PartOfEvaluation, Semantic,
};
pub use fault::{Fault, reasoned};
pub use glass::{BreakGlass, ReviewGlass};
pub use grant::{EndGrant, GrantOffer, GrantRow, Passed, SignGrant};
pub use plan::{BeginPlan, Decisions, EndPlan};
pub use planned::{Attribute, PlannedChange, is_nothing, plan_lines, planned};
pub use recovery::{DrillRequest, KeptPoint, PointRun, PurgeBegun};
pub use report::{Example, Fate, RuleCount, SessionReport};
pub use request::{DecisionRequest, Feed, RequestRow, RequestView};
pub use sentence::{sentence, vanishes};
pub use session::{HookNote, LaunchProof, OpenSession, OpenedSession, Reached, RestSession, SessionRow};
pub use terraform::{AdoptState, TerraformCommand, TerraformNews, WorkspaceRow};
pub use text::{exact, rfc3339, span, time, visible};
pub use typed::{last, one_line, typed};
pub use undo::{Selection, UndoRequest, UndoRun};
pub use words::{ConsoleLink, LinkReply, OfferedPasskey, Signing, WordsAt, WordsSigned, WordsToSign};
