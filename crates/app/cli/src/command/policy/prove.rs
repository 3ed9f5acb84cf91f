//! `interlock policy prove` and `interlock policy diff`

use std::{path::Path, process::ExitCode};

use interlock_prover::{ProverError, Solver, Verdict};

use super::bundle::meant;
use crate::{
    command::Global,
    exit::Exit,
    fault::Fault,
    output::{Output, visible},
};

/// Proves a bundle. Status 0: everything holds; 10: something is refuted; 1: nobody knows.
pub(super) fn prove(global: &Global, bundle: Option<&Path>, output: &Output) -> Result<ExitCode, Fault> {
    let own = || global.home().ok().map(|home| home.join("policies")).filter(|folder| folder.is_dir());
    let name = bundle.map(Path::to_owned).or_else(own).unwrap_or_else(|| "shipped".into());
    let meant = meant(global, &name)?;
    let invariants =
        interlock_prover::read_invariants(meant.candidate.schema(), &meant.invariants).map_err(fault)?;
    let mut solver = Solver::start().map_err(fault)?;
    let proof = interlock_prover::prove(&meant.candidate, &invariants, &mut solver).map_err(fault)?;
    output.show(&proof, |proof| visible(&proof.to_string()));
    let refuted = proof.open().any(|claim| matches!(claim.verdict, Verdict::Refuted { .. }));
    Ok(match (proof.holds(), refuted) {
        (true, _) => Exit::Ok,
        (false, true) => Exit::Refused,
        (false, false) => Exit::Failed,
    }
    .into())
}

/// Compares two bundles.
pub(super) fn diff(global: &Global, before: &Path, after: &Path, output: &Output) -> Result<(), Fault> {
    let (before, after) = (meant(global, before)?, meant(global, after)?);
    let mut solver = Solver::start().map_err(fault)?;
    let found = interlock_prover::diff(&before.candidate, &after.candidate, &mut solver).map_err(fault)?;
    output.show(&found, |found| visible(&found.to_string()));
    Ok(())
}

pub(super) fn fault(error: ProverError) -> Fault {
    let text = error.to_string();
    match error {
        ProverError::NoSolver => Fault::failed(text)
            .hint("install Debian's package `cvc5`, or name the program in the variable `CVC5`"),
        ProverError::Bundle(_) | ProverError::Invariants(_) => {
            Fault::new(Exit::BadConfig, "bad-policy", text)
        }
        _ => Fault::failed(text),
    }
}
