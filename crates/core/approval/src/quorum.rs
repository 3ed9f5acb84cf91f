//! How many people's approvals count, and which slots they fill.
//!
//! Slots are filled by bipartite matching, so that a person who could fill several never blocks another from filling
//! the only one they can.

use std::collections::BTreeSet;

use interlock_action::{Millis, PersonId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{KeyStep, Launch};

/// Who is involved in what one ticket asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct People<'a> {
    /// The agent's owner.
    pub owner: &'a PersonId,
    /// Who launched the session.
    pub launch: &'a Launch,
}

/// One place in a quorum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Slot {
    /// The role it asks for; none is anybody.
    pub role: Option<String>,
}

/// How many people a ticket waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quorum {
    /// The places to fill; one or two, a third where a launch is unproved.
    pub slots: Vec<Slot>,
    /// Of the approvers, how many must be others than the owner.
    pub others: u8,
    /// Of the approvers, how many must be independent, in the sense of [`Count`].
    pub independent: u8,
    /// The least a key must prove.
    pub step: KeyStep,
    /// Solo: wait this long after the approval, so that it can be cancelled.
    pub delay: Option<Millis>,
}

impl Quorum {
    /// How many more people it takes at least; none when it is complete.
    pub fn missing(&self, approvers: &[(PersonId, Vec<String>)], people: &People<'_>) -> usize {
        let count = count(approvers, &self.slots, people);
        // The first of the uninvolved may be whoever launched it unproved.
        let doubt = usize::from(self.independent > 0 && people.launch.unproved);
        let uninvolved = usize::from(self.independent).saturating_add(doubt);
        [
            self.slots.len().saturating_sub(count.slots_filled.into()),
            usize::from(self.others.saturating_sub(count.others)),
            uninvolved.saturating_sub(distinct(approvers).filter(|person| people.uninvolved(person)).count()),
        ]
        .into_iter()
        .max()
        .unwrap_or_default()
    }
}

/// What the approvals amount to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Distinct people who approved.
    pub approvals: u8,
    /// Of them, those who are not the agent's owner.
    pub others: u8,
    /// Of them, those who are known not to have launched the session either: where a launch is unproved, any of them may
    /// have, so there is one fewer.
    pub independent: u8,
    /// Slots that can be filled at once.
    pub slots_filled: u8,
}

/// Counts distinct approvers and fills as many slots as can be filled.
pub fn count(approvers: &[(PersonId, Vec<String>)], slots: &[Slot], people: &People<'_>) -> Count {
    let uninvolved = distinct(approvers).filter(|person| people.uninvolved(person)).count();
    Count {
        approvals: number(distinct(approvers).count()),
        others: number(distinct(approvers).filter(|person| *person != people.owner).count()),
        independent: number(people.independent(uninvolved)),
        slots_filled: number(matching(approvers, slots)),
    }
}

impl People<'_> {
    /// Neither the owner nor known to have launched it.
    pub fn uninvolved(&self, person: &PersonId) -> bool {
        person != self.owner && !self.launch.by.contains(person)
    }

    /// How many of so many uninvolved people surely did not launch it.
    pub fn independent(&self, uninvolved: usize) -> usize {
        uninvolved.saturating_sub(usize::from(self.launch.unproved))
    }
}

fn distinct(approvers: &[(PersonId, Vec<String>)]) -> impl Iterator<Item = &PersonId> {
    approvers.iter().map(|(person, _)| person).collect::<BTreeSet<_>>().into_iter()
}

fn number(people: usize) -> u8 {
    u8::try_from(people).unwrap_or(u8::MAX)
}

/// The size of a maximum matching of approvers to slots (augmenting paths).
fn matching(approvers: &[(PersonId, Vec<String>)], slots: &[Slot]) -> usize {
    let mut holder: Vec<Option<usize>> = vec![None; slots.len()];
    let mut filled = 0;
    let mut seen_people: BTreeSet<&PersonId> = BTreeSet::new();
    for (index, (person, _)) in approvers.iter().enumerate() {
        if !seen_people.insert(person) {
            continue;
        }
        let mut visited = vec![false; slots.len()];
        if place(index, approvers, slots, &mut holder, &mut visited) {
            filled += 1;
        }
    }
    filled
}

fn place(
    who: usize,
    approvers: &[(PersonId, Vec<String>)],
    slots: &[Slot],
    holder: &mut [Option<usize>],
    visited: &mut [bool],
) -> bool {
    for (at, slot) in slots.iter().enumerate() {
        if visited.get(at).copied().unwrap_or(true) || !fits(approvers.get(who), slot) {
            continue;
        }
        if let Some(mark) = visited.get_mut(at) {
            *mark = true;
        }
        let free = match holder.get(at).copied().flatten() {
            None => true,
            Some(other) => place(other, approvers, slots, holder, visited),
        };
        if free {
            if let Some(held) = holder.get_mut(at) {
                *held = Some(who);
            }
            return true;
        }
    }
    false
}

fn fits(approver: Option<&(PersonId, Vec<String>)>, slot: &Slot) -> bool {
    match (&slot.role, approver) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(role), Some((_, roles))) => roles.contains(role),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(role: Option<&str>) -> Slot {
        Slot { role: role.map(str::to_owned) }
    }
    fn who(name: &str, roles: &[&str]) -> (PersonId, Vec<String>) {
        (name.into(), roles.iter().map(|r| (*r).to_owned()).collect())
    }

    #[test]
    fn a_person_who_fits_two_slots_leaves_the_other_free() {
        let slots = [slot(None), slot(Some("database-owner"))];
        // Greedy filling would give ana the first slot and leave bo with none that he fits.
        let approvers = [who("ana", &["database-owner"]), who("bo", &[])];
        assert_eq!(matching(&approvers, &slots), 2);
        assert_eq!(matching(&[who("bo", &[]), who("cy", &[])], &slots), 1);
    }

    fn quorum(slots: usize, others: u8, independent: u8) -> Quorum {
        Quorum { slots: vec![slot(None); slots], others, independent, step: KeyStep::OpenSsh, delay: None }
    }

    #[test]
    fn the_owner_and_the_launchers_are_not_independent_and_nobody_counts_twice() {
        let owner = PersonId::from("ana");
        let approvers = [who("ana", &[]), who("bo", &[]), who("cy", &[]), who("cy", &[])];
        let of = |launch: Launch| {
            let count =
                count(&approvers, &[slot(None), slot(None)], &People { owner: &owner, launch: &launch });
            (count.approvals, count.others, count.independent, count.slots_filled)
        };
        assert_eq!(of(Launch::of("bo")), (3, 2, 1, 2));
        let both = Launch { by: ["bo".into(), "cy".into()].into(), unproved: false };
        assert_eq!(of(both), (3, 2, 0, 2));
    }

    #[test]
    fn whoever_launched_it_unproved_may_be_any_of_the_approvers() {
        let (owner, launch) = (PersonId::from("ana"), Launch::unproved());
        let people = People { owner: &owner, launch: &launch };
        let asked = quorum(2, 2, 1);
        let after = |names: &[&str]| {
            let approvers: Vec<_> = names.iter().map(|name| who(name, &[])).collect();
            (count(&approvers, &asked.slots, &people).independent, asked.missing(&approvers, &people))
        };
        assert_eq!(after(&[]), (0, 2));
        assert_eq!(after(&["ana"]), (0, 2));
        assert_eq!(after(&["bo"]), (0, 1));
        assert_eq!(after(&["ana", "bo"]), (0, 1));
        assert_eq!(after(&["bo", "cy"]), (1, 0));
        let (strict, known) = (quorum(2, 2, 1), Launch::of("bo"));
        let people = People { owner: &owner, launch: &known };
        assert_eq!(strict.missing(&[who("bo", &[]), who("cy", &[])], &people), 0);
        let both = Launch { by: ["bo".into(), "cy".into()].into(), unproved: false };
        let people = People { owner: &owner, launch: &both };
        assert_eq!(strict.missing(&[who("bo", &[]), who("cy", &[])], &people), 1);
    }
}
