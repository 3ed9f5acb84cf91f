//! What can go wrong besides a promise that does not hold.

use interlock_policy::{Fault, LoadError, ProbeError};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ProverError {
    /// There is no solver.
    #[error("no solver: `cvc5` is neither named by the variable `CVC5` nor on the search path")]
    NoSolver,
    /// The solver did not do its work.
    #[error("the solver failed: {0}")]
    Solver(String),
    /// The rules cannot be put to a solver.
    #[error("the rules cannot be put to a solver: {0}")]
    Translate(String),
    /// A bundle does not load.
    #[error(transparent)]
    Bundle(#[from] LoadError),
    /// An invariant cannot be used.
    #[error("the invariants cannot be used\n{}", lines(.0))]
    Invariants(Vec<Fault>),
    /// The engine cannot be asked.
    #[error(transparent)]
    Engine(#[from] ProbeError),
}

impl ProverError {
    pub(crate) fn translate(error: impl ToString) -> Self {
        Self::Translate(error.to_string())
    }
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
