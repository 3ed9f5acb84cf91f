//! Guards that were taken off: remembered for a day, and said when something worse comes to the same thing.
//!
//! Taking a guard off and using that it is gone are two actions, often of two sessions, each harmless enough by itself.
//! Whoever is asked about the second is told of the first: what, when, by whom, in which action.

use interlock_action::{ActionId, AgentId, Change, Effect, Kind, Millis, Survey, TargetId};

use crate::{Event, Falls, Memory, Session, Situated, memory::DAY, situate::memory_key};

/// A guard that was taken off a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardOff {
    /// What was done, in Interlock's words.
    pub what: String,
    /// In which action.
    pub action: ActionId,
    /// By whom.
    pub agent: AgentId,
    /// When it was let through.
    pub at: Millis,
}

/// Of one target so many are remembered, the latest.
const MOST: usize = 8;

impl Memory {
    /// Remembers that a guard was taken off, for a day.
    pub(crate) fn guard_off(&mut self, target: &TargetId, off: GuardOff) {
        let since = off.at.saturating_sub(DAY);
        let known = self.guards_off.entry(target.clone()).or_default();
        known.retain(|one| one.at >= since);
        known.push(off);
        if known.len() > MOST {
            known.remove(0);
        }
    }
}

/// Whether a guard that is gone makes this effect worse.
fn leans_on(effect: Effect) -> bool {
    matches!(
        effect,
        Effect::Destroy | Effect::RecoveryLoss | Effect::Interrupt | Effect::Expose | Effect::Exfiltrate
    )
}

/// What a success is remembered by: each guard that the action takes off.
pub(crate) fn taken_off(id: &ActionId, session: &Session, situated: &Situated, now: Millis) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    for fall in situated.falls.iter().filter(|fall| fall.effect == Effect::GuardRemoval) {
        let event = Event::GuardRemoved {
            target: memory_key(&fall.target),
            what: fall.why.clone(),
            action: id.clone(),
            agent: session.agent.name.clone(),
            at: now,
        };
        if !events.contains(&event) {
            events.push(event);
        }
    }
    events
}

/// Says in the forecast which guards were taken off what the action falls on, and gives the same words back.
pub(crate) fn remind(memory: &Memory, falls: &[Falls], survey: &mut Survey, now: Millis) -> Vec<String> {
    let since = now.saturating_sub(DAY);
    let mut said: Vec<(TargetId, Kind, String)> = Vec::new();
    for fall in falls.iter().filter(|fall| leans_on(fall.effect)) {
        let known = memory.guards_off.get(&memory_key(&fall.target));
        for off in known.into_iter().flatten().filter(|off| off.at >= since) {
            let name = fall.target.name.as_deref().unwrap_or(fall.target.id.as_str());
            let words = format!(
                "a guard was taken off {name} at {} by agent {}, in {}: {}",
                clock(off.at),
                off.agent,
                off.action,
                off.what
            );
            if !said.iter().any(|(_, _, known)| *known == words) {
                said.push((fall.target.id.clone(), fall.target.kind, words));
            }
        }
    }
    for (target, kind, what) in &said {
        survey.forecast.changes.push(Change {
            target: target.clone(),
            kind: *kind,
            effect: Effect::GuardRemoval,
            what: what.clone(),
            before: None,
            after: None,
        });
    }
    said.into_iter().map(|(_, _, words)| words).collect()
}

/// The time of day: what is remembered is never older than a day.
fn clock(at: Millis) -> String {
    let minutes = at / 60_000;
    format!("{:02}:{:02} UTC", minutes / 60 % 24, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::clock;

    #[test]
    fn times_of_day_are_told_in_utc() {
        assert_eq!(clock(10 * 3_600_000 + 5 * 60_000 + 59_000), "10:05 UTC");
        assert_eq!(clock(1_700_000_000_000), "22:13 UTC");
    }
}
