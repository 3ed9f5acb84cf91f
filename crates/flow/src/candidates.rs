//! Several readings of the same bytes, judged as one action.

use std::sync::Arc;

use interlock_action::{Action, part_of};

/// One action out of several readings of the same bytes: the first, with everything the others would do added.
pub(crate) fn merge(candidates: &[Arc<Action>]) -> Option<Arc<Action>> {
    let (first, others) = candidates.split_first()?;
    if others.is_empty() {
        return Some(Arc::clone(first));
    }
    let mut merged = (**first).clone();
    for other in others {
        merged.claims.extend(other.claims.iter().filter(|claim| !first.claims.contains(claim)).cloned());
        merged.unknowns.extend(other.unknowns.iter().cloned());
        // A part of a text that another reading took for something else would hide what is in this one.
        let counts = |at: &&String| other.arguments == first.arguments || part_of(at).is_none();
        merged.secrets.extend(other.secrets.iter().filter(counts).cloned());
        merged.writes.extend(other.writes.iter().cloned());
    }
    Some(Arc::new(merged))
}
