//! The policy engine: from what an action is and what evidence there is to allow, hold or refuse.
//!
//! One Cedar request stands for one effect on one target ([`Ask`]). Approvals, forecasts and recovery points are facts of
//! the request ([`Evidence`]), so one evaluation decides everything; a hold is *derived*: denied now, allowed with more
//! evidence. The worst of an action's asks wins.
//!
//! What must not happen here: no I/O, no clock, no randomness, and no allow that comes from [`Hypothetical`] evidence.
//! Whatever goes wrong while evaluating is a refusal, because Cedar skips a `forbid` that errors.

mod ask;
mod bundle;
mod candidate;
mod case;
mod decide;
mod decision;
mod error;
mod evidence;
mod gate;
mod grant;
mod judged;
mod memo;
mod request;
mod rule;
mod search;
mod shipped;
mod tier;

#[cfg(test)]
mod tests;

pub use ask::{ActionFacts, AgentClass, AgentFacts, Ask, TargetFacts};
pub use bundle::Bundle;
pub use candidate::{Candidate, Probe, ProbeError, is_forbid, parse_rules, validate};
pub use case::{Failure, Report, ordinary, run_tests};
pub use decision::{Decision, Reason};
pub use error::{Fault, Gate, LoadError};
pub use evidence::{Evidence, Hypothetical, Verified};
pub use grant::{Covering, Part, Selector, Ungrantable};
pub use judged::Judged;
pub use rule::{Explanation, PolicyFile, RuleEffect};
pub use tier::{Need, Tier};
