//! How many people's approvals count, and which slots they fill.
//!
//! Slots are filled by bipartite matching, so that a person who could fill several never blocks another from filling
//! the only one they can.

use std::collections::BTreeSet;

use interlock_action::PersonId;
use serde::{Deserialize, Serialize};

/// Who is who for one ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct People<'a> {
    /// How many people are enrolled with a key that counts.
    pub team: usize,
    /// Whether a second person ever was enrolled: ends solo for good.
    pub solo: bool,
    /// The agent's owner.
    pub owner: &'a PersonId,
    /// Who launched the session.
    pub launcher: &'a PersonId,
}

/// One place in a quorum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The role it asks for; none is anybody.
    pub role: Option<String>,
}

/// What the approvals amount to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Distinct people who approved.
    pub approvals: u8,
    /// Of them, those who are neither the agent's owner nor the session's launcher.
    pub independent: u8,
    /// Slots that can be filled at once.
    pub slots_filled: u8,
}

/// Counts distinct approvers and fills as many slots as can be filled.
pub fn count(approvers: &[(PersonId, Vec<String>)], slots: &[Slot], people: &People<'_>) -> Count {
    let distinct: BTreeSet<&PersonId> = approvers.iter().map(|(person, _)| person).collect();
    let independent = distinct.iter().filter(|p| **p != people.owner && **p != people.launcher).count();
    Count {
        approvals: u8::try_from(distinct.len()).unwrap_or(u8::MAX),
        independent: u8::try_from(independent).unwrap_or(u8::MAX),
        slots_filled: u8::try_from(matching(approvers, slots)).unwrap_or(u8::MAX),
    }
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

    #[test]
    fn the_owner_and_the_launcher_are_not_independent_and_nobody_counts_twice() {
        let (owner, launcher) = (PersonId::from("ana"), PersonId::from("bo"));
        let people = People { team: 3, solo: false, owner: &owner, launcher: &launcher };
        let approvers = [who("ana", &[]), who("bo", &[]), who("cy", &[]), who("cy", &[])];
        let count = count(&approvers, &[slot(None), slot(None)], &people);
        assert_eq!((count.approvals, count.independent, count.slots_filled), (3, 1, 2));
    }
}
