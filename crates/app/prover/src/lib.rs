//! Proves what a policy bundle promises, compares bundles by what they decide, and decides history again.
//!
//! Cedar's own symbolic compiler turns rules into a question for a solver, and a solver process (cvc5) answers it: a proof
//! over *every* request, or one request that breaks the promise. Such a counterexample is shrunk and put to the real
//! engine before anybody sees it; one that the engine does not confirm is an internal fault and shown as one (ADR-0007).
//!
//! A leaf: nothing here is needed to decide anything. Without a solver the answer is [`Verdict::Unproven`], never a guess.

mod counterexample;
mod diff;
mod error;
mod expression;
mod invariant;
mod model;
mod prove;
mod replay;
mod review;
mod sample;
mod shrink;
mod solver;
mod subject;
#[cfg(test)]
mod tests;
mod words;
mod world;

pub use counterexample::Counterexample;
pub use diff::{Change, Difference, Example, Side, diff};
pub use error::ProverError;
pub use invariant::{Invariant, read_invariants, shipped_invariants};
pub use prove::{Claim, Proof, Verdict, prove};
pub use replay::{Differs, Recorded, Replay, replay};
pub use review::{Review, review};
pub use solver::{Solver, find_solver};
