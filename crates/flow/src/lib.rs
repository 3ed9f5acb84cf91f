//! The road an action takes: read → situate → forecast → decide → permit → execute → outcome.
//!
//! Each stage takes the previous stage's type and returns the next one's, so that none can be skipped. Flow knows no
//! gateway and no database: it has ports. It mints [`Permit`]s, and nothing else can.

mod administer;
mod after;
mod allow;
mod approve;
mod batch;
mod candidates;
pub mod custody;
mod event;
mod expected;
mod explain;
pub mod fault;
mod glass;
mod grant;
mod guards;
mod hold;
mod inherit;
mod judge;
mod labels;
mod lend;
mod memory;
mod observe;
mod own;
mod permit;
mod plan;
mod port;
mod prepare;
mod quorum;
mod rehearse;
mod road;
mod rules;
mod secure;
mod session;
mod situate;
mod stop;
mod survey;
mod token;
mod undo;
mod verdict;
mod witness;
mod workspace;

pub use administer::{Administrative, Enrolling, is_lone};
pub use approve::{ApproveError, Decisive, SignedBy, Undecided};
pub use batch::{BatchError, MOST_TOGETHER, Shown, is_for_one};
pub use event::{ConfigStamp, Event, Freeze, FreezeScope, Guard, PermitNote, Record};
pub use expected::Expectations;
pub use explain::{Explained, Supposed, explain, explain_in};
pub use glass::{Glass, GlassReview, LONGEST_GLASS, REVIEW_WITHIN};
pub use grant::{
    Grant, GrantEnd, GrantError, GrantSigner, GrantTerms, GrantWish, LONGEST_GRANT, MOST_USES, Reach,
};
pub use guards::GuardOff;
pub use memory::{Made, Memory};
pub use observe::OBSERVE;
pub use permit::{Freshness, Inspection, NotClear, Outcome, Permit};
pub use plan::{MOST_STEPS, Plan, PlanStep, StepFate, lost};
pub use port::{
    Clock, Entropy, Execute, Foresee, Identity, Inspect, Journal, JournalError, Keep, Ports, Receipt,
    SurfacePorts, Undo, Unwitnessed,
};
pub use quorum::Roles;
pub use rehearse::Rehearsal;
pub use road::{Least, Road, RoadSettings};
pub use rules::{
    Budget, Classification, EnvironmentRule, Many, Match, PRODUCTION, RuleError, Rules, Subject,
};
pub use session::{Agent, Lease, May, Part, Session};
pub use situate::{Falls, Situated};
pub use undo::{
    Change, ChangeNote, Conflict, Preview, PreviewedChange, Progress, Standing, UndoError, Watch, WayBack,
    overlap,
};
pub use verdict::{Cause, HeldAction, RefusedAction, Verdict};
pub use workspace::{LastGood, StateVersion, Workspace};

#[cfg(test)]
mod tests;
