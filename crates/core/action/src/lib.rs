//! The vocabulary: what an agent wants done, in one form for every surface.
//!
//! Pure values. Nothing here reads a clock, draws a random number or does I/O; nothing here decides.

mod action;
mod canonical;
mod effect;
mod expected;
mod fact;
mod forecast;
mod id;
mod name;
mod survey;
mod target;
mod undo;

pub use action::{Action, ClassifierWrite, Content, Operation, Surface};
pub use canonical::{CanonicalError, Digest, Sealer, canonical, digest_of, outermost, part, part_of};
pub use effect::{Claim, Effect};
pub use expected::{ExpectedChange, Fit, fits};
pub use fact::{FactName, FactTest, Facts};
pub use forecast::{Change, Forecast, Method, RecoveryCount, RecoveryPoint, Reversibility};
pub use id::{
    AccountId, ActionId, AgentId, EnvironmentName, GlassId, GrantId, PersonId, PlanId, RuleId, SessionId,
    TargetId, TicketId, UndoId, WorkspaceId, is_plain_name,
};
pub use name::name_of;
pub use survey::{Answer, Answers, Call, Observed, Preparation, Read, ReadKey, Securing, Survey, value_at};
pub use target::{Bears, Kind, Relation, Target};
pub use undo::{Contract, Deed, HANDLE, Next, POINT, RESTORES, Step, Terms, compared, strays};

/// A point in time: milliseconds since the Unix epoch, UTC. Always a parameter, never read here.
pub type Millis = u64;
