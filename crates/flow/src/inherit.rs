//! What a thing inherits: production from what it was copied from, and from what it lies in.
//!
//! A copy of production's data is production whatever it is called, and so is a service of a production cluster. Only
//! production is inherited: what development begets is judged by the rules.

use interlock_action::{Kind, Relation, Survey, Target};

use crate::{
    rules::{Says, is_identity, subject},
    situate::{World, is_production, memory_key},
};

/// Whether a target inherits production from the sources of its action, from its own origins, or from its place; and
/// whether that is certain enough to be remembered.
///
/// `production`: what else of the action is production.
pub(crate) fn inherits(
    world: &World<'_>,
    target: &Target,
    production: &[&Target],
    survey: &Survey,
) -> Option<bool> {
    if is_identity(target.kind) {
        return None;
    }
    let written = matches!(target.relation, Relation::Creates | Relation::Acts);
    let copied =
        written && production.iter().any(|other| other.relation == Relation::Source && other.id != target.id);
    if copied || lies_in_production(world, target, production) {
        return Some(true);
    }
    // What goes with a thing of production was part of it, whatever it is called. Of nobody's choosing, it is not remembered.
    let goes_with = survey.discovered.iter().any(|one| one.id == target.id)
        && production.iter().any(|other| other.relation == Relation::Acts && other.id != target.id);
    if goes_with {
        return Some(false);
    }
    let origins = survey.observed.get(&target.id).map(|seen| seen.copied_from.as_slice()).unwrap_or_default();
    origins.iter().filter_map(|origin| says_production(world, origin, survey)).max()
}

/// An origin that no rule says anything about is no reason to call what came from it production: images are often of
/// nobody's environment.
fn says_production(world: &World<'_>, origin: &Target, survey: &Survey) -> Option<bool> {
    let memory = world.memory;
    let remembered = memory.classified.get(&memory_key(origin)).is_some_and(is_production);
    if remembered || memory.is_copy_of_production(origin) {
        return Some(true);
    }
    let tags = survey.observed.get(&origin.id).and_then(|seen| seen.tags.as_ref());
    match world.rules.production(&subject(origin, tags)) {
        Says::Yes => Some(true),
        Says::Perhaps => Some(false),
        Says::No => None,
    }
}

/// Whether the path in the target's id leads through something of production: `service/prod-web/api`.
fn lies_in_production(world: &World<'_>, target: &Target, production: &[&Target]) -> bool {
    // An object's place is its bucket, which it is judged by anyway; its key is the agent's to choose.
    if target.kind == Kind::Object {
        return false;
    }
    let resource = target.id.as_str().splitn(6, ':').nth(5).unwrap_or_default();
    let own = target.name.as_deref().unwrap_or_default();
    // The first part is what kind of thing it is.
    let parts = resource.split(['/', ':']).skip(1).filter(|part| !part.is_empty() && *part != own);
    let holds = |other: &Target, part: &str| {
        other.id != target.id && !is_identity(other.kind) && other.name.as_deref() == Some(part)
    };
    parts.into_iter().any(|part| {
        let place = Target { name: Some(part.to_owned()), ..target.clone() };
        world.rules.production_by_name(&subject(&place, None))
            || production.iter().any(|other| holds(other, part))
    })
}
