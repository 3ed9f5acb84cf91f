//! Breaking the glass: one person, known beforehand, stands in for people in an incident. For minutes, for named resources, aloud, and
//! looked at afterwards.
//!
//! It stands in for people and for nothing else: the recovery point is asked for all the same, what is refused for good stays so, and
//! each action is still held and signed for by that person. No agent can break it: it takes a key that proves a person.

use globset::Glob;
use interlock_action::{Change, GlassId, Millis, PersonId, Surface, Target};
use interlock_approval::{Held, State, Ticket};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Event, Memory};

/// Nobody breaks it for longer.
pub const LONGEST_GLASS: Millis = 60 * 60 * 1000;
/// Within this somebody else has looked at it, or whoever broke it breaks none any more.
pub const REVIEW_WITHIN: Millis = 24 * 60 * 60 * 1000;

/// One broken glass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Glass {
    /// Which.
    pub id: GlassId,
    /// Who broke it.
    pub person: PersonId,
    /// The incident that it was broken for.
    pub incident: String,
    /// Their words.
    pub reason: String,
    /// Globs over ids and names of what it is about.
    pub scope: Vec<String>,
    /// Since when.
    pub since: Millis,
    /// Until when.
    pub until: Millis,
    /// Who has looked at it since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<GlassReview>,
}

/// What somebody else found when they looked at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GlassReview {
    /// Who.
    pub by: PersonId,
    /// Their words.
    pub words: String,
    /// When.
    pub at: Millis,
}

impl Glass {
    /// Whether it stands in for people now.
    pub fn is_broken(&self, now: Millis) -> bool {
        self.since <= now && now < self.until
    }

    /// Whether nobody has looked at it in time.
    pub fn is_overdue(&self, now: Millis) -> bool {
        self.reviewed.is_none() && now >= self.since.saturating_add(REVIEW_WITHIN)
    }

    /// Whether it is about everything that this would touch, reach and destroy, all of that being known. An apply is many calls that may
    /// outlast it: it covers none.
    pub fn covers(&self, held: &Held) -> bool {
        let (action, forecast) = (&held.action, &held.forecast);
        if action.surface == Surface::Terraform
            || !action.unknowns.is_empty()
            || !forecast.unknowns.is_empty()
        {
            return false;
        }
        let globs: Vec<_> = self.scope.iter().filter_map(|glob| Glob::new(glob).ok()).collect();
        let globs: Vec<_> = globs.iter().map(Glob::compile_matcher).collect();
        let named = |target: &Target| {
            globs.iter().any(|glob| {
                glob.is_match(target.id.as_str())
                    || target.name.as_ref().is_some_and(|name| glob.is_match(name))
            })
        };
        // What would be different and is no target of the action is something that nobody named.
        let known = |change: &Change| action.targets.iter().any(|target| target.id == change.target);
        !action.targets.is_empty() && action.targets.iter().all(named) && forecast.changes.iter().all(known)
    }
}

impl Memory {
    /// Folds in what happened to glass.
    pub(crate) fn keep_glass(&mut self, event: &Event) {
        match event {
            Event::Glass { glass } => {
                self.glasses.insert(glass.id.clone(), glass.clone());
            }
            Event::GlassReviewed { glass, review } => {
                if let Some(glass) = self.glasses.get_mut(glass) {
                    glass.reviewed.get_or_insert_with(|| review.clone());
                }
            }
            Event::GlassMended { glass, at } => {
                if let Some(glass) = self.glasses.get_mut(glass) {
                    glass.until = glass.until.min(*at);
                }
            }
            _ => {}
        }
    }

    /// The glass by which this person alone decides on this ticket.
    pub fn glass_over(&self, person: &PersonId, ticket: &Ticket, now: Millis) -> Option<&Glass> {
        let mut own = self.glasses.values().filter(|glass| glass.person == *person && glass.is_broken(now));
        own.find(|glass| glass.covers(&ticket.held))
    }

    /// Whether somebody approved this ticket by a glass that is broken still.
    pub(crate) fn is_under_glass(&self, ticket: &Ticket, now: Millis) -> bool {
        let mut by = ticket.approvals.iter().filter_map(|approval| approval.glass.as_ref());
        by.any(|glass| self.glasses.get(glass).is_some_and(|glass| glass.is_broken(now)))
    }

    /// Whether nothing but a glass that is over stands behind what was approved.
    pub(crate) fn was_under_glass(&self, ticket: &Ticket, now: Millis) -> bool {
        matches!(ticket.state, State::Approved { .. })
            && ticket.approvals.iter().any(|approval| approval.glass.is_some())
            && !self.is_under_glass(ticket, now)
            && ticket.filled() < ticket.quorum.slots.len()
    }

    /// What this person broke and nobody has looked at yet.
    pub fn glass_unreviewed(&self, person: &PersonId) -> Option<&Glass> {
        self.glasses.values().find(|glass| glass.person == *person && glass.reviewed.is_none())
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Digest, Facts, Forecast};
    use interlock_approval::Launch;
    use serde_json::json;

    use super::*;

    fn held(names: &[&str]) -> Held {
        let targets: Vec<_> = names
            .iter()
            .map(|name| json!({"id": format!("arn:aws:rds:x:1:db:{name}"), "kind": "database", "name": name, "data": "yes"}))
            .collect();
        let action = json!({"surface": "aws", "operation": "aws:rds:Delete", "claims": [], "targets": targets, "arguments": {}});
        let mut forecast = Forecast::assumed("");
        forecast.unknowns.clear();
        Held {
            agent: "claude".into(),
            owner: "ana".into(),
            launch: Launch::of("ana"),
            task: String::new(),
            action: serde_json::from_value(action).unwrap(),
            action_digest: Digest::of(b"a"),
            facts: Facts::default(),
            forecast,
            fingerprint: json!({}),
            bundle: Digest::of(b"b"),
            tier: "T4".to_owned(),
            needs: Vec::new(),
            reasons: Vec::new(),
            nonce: String::new(),
            opened: 0,
            expires: 100,
        }
    }

    fn glass() -> Glass {
        Glass {
            id: "gl-1".into(),
            person: "bo".into(),
            incident: "INC-1".to_owned(),
            reason: String::new(),
            scope: vec!["school-*".to_owned()],
            since: 10,
            until: 20,
            reviewed: None,
        }
    }

    #[test]
    fn it_is_about_what_was_named_and_for_as_long_as_was_said() {
        let glass = glass();
        assert!(glass.covers(&held(&["school-a"])) && !glass.covers(&held(&[])));
        assert!(!glass.covers(&held(&["school-a", "bank"])));
        let mut more = held(&["school-a"]);
        more.action.unknowns.push("the rest".to_owned());
        assert!(!glass.covers(&more), "a part of it is unknown");
        let mut more = held(&["school-a"]);
        let bank =
            json!({"target": "bank", "kind": "database", "effect": "destroy", "what": "bank is deleted"});
        more.forecast.changes.push(serde_json::from_value(bank).unwrap());
        assert!(!glass.covers(&more), "it destroys what nobody named");
        let mut apply = held(&["school-a"]);
        apply.action.surface = Surface::Terraform;
        assert!(!glass.covers(&apply), "it would end halfway");
        assert_eq!([9, 10, 19, 20].map(|now| glass.is_broken(now)), [false, true, true, false]);
        assert!(!glass.is_overdue(9 + REVIEW_WITHIN) && glass.is_overdue(10 + REVIEW_WITHIN));
        let review = GlassReview { by: "ana".into(), words: "fine".to_owned(), at: 30 };
        assert!(!Glass { reviewed: Some(review), ..glass }.is_overdue(Millis::MAX));
    }

    #[test]
    fn nobody_breaks_another_before_somebody_has_looked_at_the_last() {
        let mut memory = Memory::default();
        let guard = crate::Guard::NoGlass("bo".into());
        assert!(memory.check(&guard).is_ok());
        memory.apply(&Event::Glass { glass: glass() });
        assert!(memory.check(&guard).is_err() && memory.check(&crate::Guard::NoGlass("cy".into())).is_ok());
        let review = GlassReview { by: "ana".into(), words: "fine".to_owned(), at: 30 };
        memory.apply(&Event::GlassReviewed { glass: "gl-1".into(), review });
        assert!(memory.check(&guard).is_ok());
    }
}
