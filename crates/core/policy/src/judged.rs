//! What was asked and what was said, whole: so that history can be decided again.

use serde::{Deserialize, Serialize};

use crate::{Ask, Decision, Evidence, Hypothetical, Verified};

/// One decision with everything that it depended on, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The questions.
    pub asks: Vec<Ask>,
    /// What had been brought.
    pub verified: Evidence,
    /// What could still come.
    pub reachable: Evidence,
    /// `allow`, `hold` or `refuse`.
    pub decision: String,
    /// The tier.
    pub tier: String,
}

impl Judged {
    /// What was asked with this evidence, and the answer.
    pub fn new(asks: &[Ask], verified: &Verified, reachable: &Hypothetical, decision: &Decision) -> Self {
        Self {
            asks: asks.to_vec(),
            verified: *verified.evidence(),
            reachable: *reachable.evidence(),
            decision: decision.name().to_owned(),
            tier: decision.tier().name().to_owned(),
        }
    }
}
