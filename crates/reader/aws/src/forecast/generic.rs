//! Everything without a forecaster of its own.
//!
//! Looks whether the targets exist and what tags they bear, where a row of the existence table says how, and says of all
//! else that it was not looked at. A destroy whose target bears data, or might, cannot be secured: nobody here knows how.

use interlock_action::{Action, Answers, Bears, Effect, Read, Relation, Reversibility, Securing};

use super::{Look, draft::Draft};

/// The forecaster of last resort.
pub(super) struct Generic;

impl Look for Generic {
    fn knows(&self, _action: &Action) -> bool {
        true
    }

    fn wants(&self, _action: &Action, _so_far: &Answers) -> Vec<Read> {
        Vec::new()
    }

    fn tell(&self, action: &Action, _answers: &Answers, draft: &mut Draft) {
        tell_plainly(action, draft);
    }
}

/// The generic words, for kinds that have nothing more to say of an operation.
pub(super) fn tell_plainly(action: &Action, draft: &mut Draft) {
    if !action.mutates() {
        return;
    }
    let mut bearing = Vec::new();
    for target in &action.targets {
        let seen = draft.seen(&target.id);
        let exists = seen.and_then(|seen| seen.exists);
        let measured =
            seen.map(|seen| seen.data).filter(|data| *data != Bears::Unknown).unwrap_or(target.data);
        let name = target.name.clone().unwrap_or_else(|| target.id.to_string());
        if exists.is_none() && target.relation != Relation::Reaches {
            draft.unknown(format!("whether {name} exists was not or could not be read"));
        }
        if target.relation == Relation::Acts && measured != Bears::No && exists != Some(false) {
            bearing.push((name, measured));
        }
    }
    let has = |effect| action.claims.iter().any(|claim| claim.effect == effect);
    let destroys = action.claims.is_empty() || has(Effect::Destroy) || has(Effect::RecoveryLoss);
    if !destroys {
        draft.reversibility = Reversibility::None;
        return;
    }
    for (name, data) in &bearing {
        let holds = if *data == Bears::Yes { "whatever it holds" } else { "it may hold data" };
        draft.lose(format!("{name}: {holds}; how much was not looked at"));
        draft.unknown(format!(
            "what {name} holds, who uses it and what it could be restored from was not looked at"
        ));
    }
    if let Some((name, _)) = bearing.first() {
        draft.securing =
            Securing::Impossible(format!("no recovery point is known for {} of {name}", action.operation));
    }
}
