//! What a plan makes: of that nothing is there to be looked at, or to be met.

use std::collections::HashSet;

use interlock_action::{Action, Effect, Relation, TargetId};
use interlock_reader_terraform::call_key;

/// What the calls of a plan make: ids that the creations have, or that only they will know.
pub(crate) struct New {
    made: HashSet<TargetId>,
}

impl New {
    /// By these calls, which are all of one plan.
    pub(crate) fn by<'a>(calls: impl Iterator<Item = &'a Action>) -> Self {
        let (mut made, mut taken) = (HashSet::new(), HashSet::new());
        for call in calls {
            let removes = call.claims.iter().any(|claim| claim.effect == Effect::Destroy);
            for target in &call.targets {
                match target.relation {
                    Relation::Creates => drop(made.insert(target.id.clone())),
                    Relation::Acts if removes => drop(taken.insert(target.id.clone())),
                    _ => {}
                }
            }
        }
        // What one address gives up and another one makes anew is there.
        made.retain(|id| !taken.contains(id));
        Self { made }
    }

    /// Whether this is one of them, or a part of one.
    pub(crate) fn has(&self, id: &TargetId) -> bool {
        let whole = id.as_str().split_once('/').map(|(whole, _)| TargetId::from(whole));
        is_unborn(id) || self.made.contains(id) || whole.is_some_and(|whole| self.made.contains(&whole))
    }

    /// Whether a call is about nothing else. What makes a thing under a name of its own may meet one of that name.
    pub(crate) fn is_all_of(&self, call: &Action) -> bool {
        let named = |id: &TargetId| !is_unborn(id);
        let meets = |relation, id| match relation {
            Relation::Creates => named(id) && !self.is_part(id),
            Relation::Acts => !self.has(id),
            Relation::Reaches | Relation::Source => false,
        };
        !call.targets.is_empty() && !call.targets.iter().any(|target| meets(target.relation, &target.id))
    }

    fn is_part(&self, id: &TargetId) -> bool {
        id.as_str().split_once('/').is_some_and(|(whole, _)| self.made.contains(&TargetId::from(whole)))
    }

    /// What the facts begin with that calls about nothing else would ask for.
    pub(crate) fn keys<'a>(&self, calls: impl Iterator<Item = &'a Action>) -> Vec<String> {
        calls.filter(|call| self.is_all_of(call)).map(call_key).collect()
    }
}

/// Whether an id is one that is known only once a thing is made.
pub(crate) fn is_unborn(id: &TargetId) -> bool {
    id.as_str().contains(['{', '*'])
}
