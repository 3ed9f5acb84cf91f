//! What a person types before they approve: the name of what would be gone, so that it is this one that they mean.

use interlock_action::{Bears, Effect, Relation, Surface, TargetId};
use interlock_approval::Ticket;

use crate::exact;

/// What has to be typed before this is approved: the name of the worst that would be gone; else of what is acted on.
pub fn typed(ticket: &Ticket) -> Option<String> {
    let held = &ticket.held;
    if held.tier != "T4" || held.action.surface == Surface::Interlock {
        return None;
    }
    let targets = &held.action.targets;
    let bears = |id: &TargetId| targets.iter().any(|target| target.id == *id && target.data == Bears::Yes);
    let gone = held.forecast.changes.iter().filter(|change| change.effect == Effect::Destroy);
    let worst = gone.map(|change| &change.target).max_by_key(|id| bears(id));
    let acts = || targets.iter().find(|target| target.relation == Relation::Acts).or(targets.first());
    let id = worst.or_else(|| acts().map(|target| &target.id))?;
    let named = targets.iter().find(|target| target.id == *id).and_then(|target| target.called());
    Some(one_line(&exact(named.unwrap_or_else(|| last(id.as_str())))))
}

/// As a page shows it: blanks in a row are one.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The last part of an ARN.
pub fn last(id: &str) -> &str {
    id.rsplit([':', '/']).next().unwrap_or(id)
}
