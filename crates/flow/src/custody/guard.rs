//! What agents may not take away: the points, and what they are worth nothing without.

use std::collections::BTreeSet;

use interlock_action::{Bears, Change, Effect, Forecast, Kind, Relation, Securing, Survey, Target, TargetId};
use interlock_approval::Reason;

use super::Point;
use crate::{Falls, Memory, Situated, situate::World};

/// So many points are named in a sentence.
const NAMED: usize = 3;
/// The rule that stands beside what endangers a recovery point.
const RULE: &str = "custody";

/// Effects that may take from a key or a store what a recovery point needs of it.
fn harms(effect: Effect) -> bool {
    matches!(
        effect,
        Effect::Destroy
            | Effect::Interrupt
            | Effect::GuardRemoval
            | Effect::RecoveryLoss
            | Effect::Privilege
            | Effect::AuditTrail
    )
}

/// Whether a point is worth nothing without this target.
///
/// INVARIANT: until it was seen what a point depends on, every key of its account may be what it was encrypted with.
fn needs(point: &Point, target: &Target) -> bool {
    match &point.sight {
        Some(sight) => sight.there && sight.depends.contains(&target.id),
        None => {
            let same = match (&point.kept.account, &target.account) {
                (Some(own), Some(other)) => own == other,
                _ => true,
            };
            target.kind == Kind::Key && same
        }
    }
}

fn sentence(points: &[&Point]) -> String {
    let told = |point: &&Point| {
        let unseen = if point.sight.is_none() { " (perhaps: its key has not been read yet)" } else { "" };
        format!("{} of {}{unseen}", point.kept.id, point.kept.of)
    };
    let named: Vec<String> = points.iter().take(NAMED).map(told).collect();
    let more = points.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let what = if points.len() == 1 { "a recovery point depends" } else { "recovery points depend" };
    format!("{what} on it: {}{more}", named.join(", "))
}

/// The point that a target is, by its id or by its name.
fn point_of<'m>(memory: &'m Memory, target: &Target) -> Option<&'m Point> {
    let called = [Some(target.id.as_str()), target.name.as_deref()];
    called.into_iter().flatten().find_map(|name| memory.point(name))
}

/// What a forecast says of something that is no target of the action, as if it were one.
fn foreseen(memory: &Memory, change: &Change) -> Falls {
    let parts: Vec<&str> = change.target.as_str().splitn(6, ':').collect();
    let part = |at: usize| parts.get(at).copied().filter(|part| !part.is_empty());
    let target = Target {
        id: change.target.clone(),
        kind: change.kind,
        name: change.target.as_str().rsplit([':', '/']).next().map(str::to_owned),
        account: part(4).map(Into::into),
        region: part(3).map(str::to_owned),
        relation: Relation::Acts,
        data: Bears::Unknown,
        environment: None,
    };
    Falls {
        effect: change.effect,
        own: point_of(memory, &target).is_some(),
        target,
        why: change.what.clone(),
        rule: Some(RULE.to_owned()),
        many: 1,
        bears_data: true,
        made_by_session: false,
    }
}

/// Further effects of an action, as its targets and its forecast tell them: on what recovery points need, it is a loss of
/// recovery; a point itself that goes with what the action is about is touched like one that it names. And what is to be said
/// of it.
pub(crate) fn endangered(memory: &Memory, forecast: &Forecast, falls: &[Falls]) -> (Vec<Falls>, Vec<Change>) {
    let (mut losses, mut changes): (Vec<Falls>, Vec<Change>) = (Vec::new(), Vec::new());
    if memory.custody.is_empty() {
        return (losses, changes);
    }
    // No point depends on an object, and there may be a thousand.
    let lost = forecast.changes.iter().filter(|change| harms(change.effect) && change.kind != Kind::Object);
    let lost = lost.filter(|change| !falls.iter().any(|fall| fall.target.id == change.target));
    let lost: Vec<Falls> = lost.map(|change| foreseen(memory, change)).collect();
    let named = falls.iter().filter(|fall| fall.target.kind != Kind::Object);
    let named = named.filter(|fall| harms(fall.effect) && fall.target.relation == Relation::Acts);
    for fall in named.chain(&lost) {
        if losses.iter().any(|known| known.target.id == fall.target.id) {
            continue;
        }
        let points: Vec<&Point> =
            memory.custody.values().filter(|point| needs(point, &fall.target)).collect();
        if points.is_empty() {
            continue;
        }
        let why = sentence(&points);
        changes.push(Change {
            target: fall.target.id.clone(),
            kind: fall.target.kind,
            effect: Effect::RecoveryLoss,
            what: why.clone(),
            before: None,
            after: None,
        });
        losses.push(Falls {
            effect: Effect::RecoveryLoss,
            why,
            rule: Some(RULE.to_owned()),
            // Whoever made the key did not make what others have kept under it.
            made_by_session: false,
            ..fall.clone()
        });
    }
    losses.extend(lost.into_iter().filter(|fall| fall.own));
    (losses, changes)
}

/// Says of points that an action would touch what they are.
pub(crate) fn reasons(memory: &Memory, situated: &Situated) -> Vec<Reason> {
    let mut said: Vec<Reason> = Vec::new();
    for fall in situated.falls.iter().filter(|fall| fall.own && fall.effect.mutates()) {
        let Some(point) = point_of(memory, &fall.target) else { continue };
        let why = format!(
            "{} is the recovery point of {}, which Interlock made before {}; it is in custody",
            point.kept.id, point.kept.of, point.kept.operation
        );
        if !said.iter().any(|known| known.why == why) && said.len() < NAMED {
            let target = Some(fall.target.id.clone());
            let next = "Leave it: a person sees what is kept with `interlock recovery list`".to_owned();
            said.push(Reason { rule: RULE.to_owned(), why, next, target });
        }
    }
    said
}

/// Notes on the points of a forecast when a drill has proven them. What was never drilled is not proven.
pub(crate) fn mark_proven(memory: &Memory, forecast: &mut Forecast) {
    for point in &mut forecast.points {
        let known = memory.point(&point.id).and_then(|known| known.proven.as_ref());
        point.proven = known.map(|proof| proof.at).filter(|_| point.survives);
    }
}

/// Whether a drill has proven a recovery point of everything that an action would lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provable {
    /// It has, not too long ago.
    Proven,
    /// A drill could: the points are in custody.
    ByDrill,
    /// Once they are made before the action, a drill could.
    OnceMade,
    /// Nothing is there that a drill could prove before the action.
    Never,
}

/// How far what an action would lose is proven.
///
/// INVARIANT: both must say so: the live state, that a point of the target is there and stays, and custody, that this very
/// point is of this target and was restored. What bears no data, or could not be read, has nothing proven.
pub(crate) fn provable(world: &World<'_>, falls: &[Falls], survey: &Survey) -> Provable {
    let lost = falls.iter().filter(|fall| {
        matches!(fall.effect, Effect::Destroy | Effect::RecoveryLoss) && fall.bears_data && !fall.own
    });
    let targets: BTreeSet<&TargetId> = lost.map(|fall| &fall.target.id).collect();
    let stays = |point: &&Point| {
        let there = point.sight.as_ref().is_some_and(|sight| sight.there);
        there && point.purging.is_none() && is_told(survey, point)
    };
    let of = |target: &TargetId| {
        let of: Vec<&Point> =
            world.memory.custody.values().filter(|point| point.kept.of == *target).collect();
        of.into_iter().filter(stays).collect::<Vec<_>>()
    };
    let fresh = |point: &Point| {
        let at = point.proven.as_ref().map(|proof| proof.at);
        at.is_some_and(|at| world.now <= at.saturating_add(world.proven_within))
    };
    if targets.is_empty() {
        Provable::Never
    } else if targets.iter().all(|target| of(target).into_iter().any(fresh)) {
        Provable::Proven
    } else if !targets.iter().any(|target| of(target).is_empty()) {
        Provable::ByDrill
    } else if matches!(&survey.securing, Securing::ByCalls { makes, .. } if !makes.is_empty()) {
        Provable::OnceMade
    } else {
        Provable::Never
    }
}

fn is_told(survey: &Survey, point: &Point) -> bool {
    survey.forecast.points.iter().any(|told| told.survives && point.is_called(&told.id))
}

/// What Interlock changed in a request, and what it made first, in words for who sent it.
pub(crate) fn told(situated: &Situated) -> Vec<String> {
    let mut told = situated.survey.told.clone();
    if let Securing::ByCalls { makes, .. } = &situated.survey.securing {
        let named: Vec<&str> = makes.iter().take(NAMED).map(String::as_str).collect();
        let more = makes.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        if !named.is_empty() {
            told.push(format!("interlock keeps what could be lost as {}{more}", named.join(", ")));
        }
    }
    told
}
