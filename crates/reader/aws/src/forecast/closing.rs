//! What every survey says at its end, where the kind's own forecaster has not said it.

use interlock_action::{Action, Effect, Relation, Securing, Target};

use super::draft::{Draft, leading};

/// Adds what nobody has said yet: targets that are not there, and the claims in plain words.
pub(super) fn close(action: &Action, draft: &mut Draft) {
    if !action.mutates() {
        return;
    }
    let acted: Vec<&Target> = action.targets.iter().filter(|target| target.relation == Relation::Acts).collect();
    let gone = |target: &Target| draft.seen(&target.id).and_then(|seen| seen.exists) == Some(false);
    let absent: Vec<&Target> = acted.iter().copied().filter(|target| gone(target)).collect();
    let effect = leading(action);
    if !acted.is_empty() && absent.len() == acted.len() && draft.unchanged() {
        for target in &absent {
            let what = format!("there is nothing named {}: the service will refuse", name(target));
            draft.change(&target.id, target.kind, effect, what);
        }
        draft.securing = Securing::NotNeeded;
        return;
    }
    if draft.unchanged() {
        plain_changes(action, draft);
    }
}

fn plain_changes(action: &Action, draft: &mut Draft) {
    for claim in action.claims.iter().filter(|claim| claim.effect.mutates()) {
        let relation = if claim.effect == Effect::Create { Relation::Creates } else { Relation::Acts };
        let falls = |target: &&Target| match &claim.target {
            Some(id) => *id == target.id,
            None => target.relation == relation,
        };
        for target in action.targets.iter().filter(falls) {
            let there = draft.seen(&target.id).and_then(|seen| seen.exists);
            let state = match (target.relation, there) {
                (Relation::Creates, Some(true)) => " (something of that name is there already)",
                (Relation::Acts, Some(false)) => " (there is nothing of that name: the service will refuse)",
                _ => "",
            };
            let what = format!("{}: {}{state}", name(target), claim.why);
            draft.change(&target.id, target.kind, claim.effect, what);
        }
    }
}

fn name(target: &Target) -> &str {
    target.name.as_deref().unwrap_or(target.id.as_str())
}
