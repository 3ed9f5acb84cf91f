//! What people are shown, and sign, when they change the policy.

use std::fmt;

use interlock_action::{Digest, digest_of};
use interlock_policy::{Candidate, PolicyFile};
use serde::Serialize;

use crate::{Difference, Proof, ProverError, Solver, Verdict, diff, prove, read_invariants};

/// A candidate beside the bundle in force.
#[derive(Clone, Debug, Serialize)]
pub struct Review {
    /// What becomes allowed and what no longer is; nothing where no solver could tell.
    pub difference: Option<Difference>,
    /// What was proved; nothing where no solver could tell, or nothing changes.
    pub proof: Option<Proof>,
    /// Why nothing could be proved.
    pub unproven: Option<String>,
    /// Whether it may allow what the bundle in force does not. Unknown counts as yes.
    pub weakens: bool,
    /// Whether it is the shipped bundle with forbids beside it, among them all that are in force.
    pub tightens: bool,
    /// What people sign.
    pub digest: Digest,
}

impl Review {
    /// Whether those who sign may put it in force: every claim proved. Where something is unproven and nothing refuted,
    /// only what tightens by its very syntax.
    pub fn admissible(&self) -> bool {
        let Some(proof) = &self.proof else { return self.tightens };
        let unproven = |claim: &crate::Claim| matches!(claim.verdict, Verdict::Unproven { .. });
        proof.holds() || (self.tightens && proof.open().all(unproven))
    }
}

/// Looks at a candidate: proves it and compares it with the bundle in force.
///
/// # Errors
/// Invariants that cannot be used, rules that cannot be put to the solver. A missing or broken solver is no error: the
/// candidate is then unproven.
pub fn review(
    in_force: &Candidate,
    candidate: &Candidate,
    invariants: &[PolicyFile],
) -> Result<Review, ProverError> {
    let read = read_invariants(candidate.schema(), invariants)?;
    if in_force.hash() == candidate.hash() && invariants.is_empty() {
        // Nothing changes: what was proved when it came into force still is.
        return Ok(Review {
            difference: None,
            proof: None,
            unproven: None,
            weakens: false,
            tightens: true,
            digest: digest_of("interlock policy review v1", &candidate.hash())
                .map_err(ProverError::translate)?,
        });
    }
    let asked = Solver::start().and_then(|mut solver| {
        let proof = prove(candidate, &read, &mut solver)?;
        Ok((proof, diff(in_force, candidate, &mut solver)?))
    });
    let (proof, difference, unproven) = match asked {
        Ok((proof, difference)) => (Some(proof), Some(difference), None),
        Err(error @ (ProverError::NoSolver | ProverError::Solver(_))) => {
            (None, None, Some(error.to_string()))
        }
        Err(error) => return Err(error),
    };
    let tightens = in_force.hash() == candidate.hash() || only_adds(in_force, candidate);
    let weakens = difference.as_ref().map_or(!tightens, Difference::weakens);
    let signed = (in_force.hash(), candidate.hash(), &difference, invariants, weakens);
    let digest = digest_of("interlock policy review v1", &signed).map_err(ProverError::translate)?;
    Ok(Review { difference, proof, unproven, weakens, tightens, digest })
}

/// By syntax: the shipped bundle with forbids beside it, among them every rule that is in force.
fn only_adds(in_force: &Candidate, candidate: &Candidate) -> bool {
    let kept = |rule: &interlock_policy::Explanation| {
        candidate.rules().any(|other| other.id == rule.id && other.source == rule.source)
    };
    candidate.loosens().is_empty() && in_force.rules().all(kept)
}

impl fmt::Display for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(why) = &self.unproven {
            writeln!(f, "unproven: {why}")?;
        }
        for claim in self.proof.iter().flat_map(Proof::open) {
            writeln!(f, "{claim}")?;
        }
        if let Some(difference) = &self.difference {
            writeln!(f, "{difference}")?;
        }
        write!(
            f,
            "{}",
            if self.weakens { "this bundle WEAKENS the one in force" } else { "nothing becomes allowed" }
        )
    }
}
