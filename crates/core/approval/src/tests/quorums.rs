//! The count of approvals, against every way there is to seat people.

use interlock_action::PersonId;
use proptest::prelude::*;

use crate::{KeyStep, Launch, People, Quorum, Slot, count};

const ROLES: [&str; 3] = ["database-owner", "on-call", "security"];

/// Whoever said yes, with their roles; somebody may have said so twice.
fn approvers() -> impl Strategy<Value = Vec<(PersonId, Vec<String>)>> {
    let one = (0..5_u8, proptest::sample::subsequence(ROLES.to_vec(), 0..=3));
    proptest::collection::vec(one, 0..7).prop_map(|all| {
        let roles =
            |person: u8| all.iter().find(|(other, _)| *other == person).map(|(_, roles)| roles.clone());
        let named = |(person, _): &(u8, Vec<&str>)| {
            let roles = roles(*person).unwrap_or_default().into_iter().map(str::to_owned).collect();
            (PersonId::new(format!("person-{person}")), roles)
        };
        all.iter().map(named).collect()
    })
}

fn slots() -> impl Strategy<Value = Vec<Slot>> {
    let one = proptest::option::of(proptest::sample::select(ROLES.to_vec()));
    proptest::collection::vec(one.prop_map(|role| Slot { role: role.map(str::to_owned) }), 0..4)
}

/// The most seats that can be taken at once: each person on each seat that they may have, or on none.
fn seated(people: &[(PersonId, Vec<String>)], free: &[Slot]) -> usize {
    let Some(((_, roles), rest)) = people.split_first() else { return 0 };
    let mut most = seated(rest, free);
    for (at, slot) in free.iter().enumerate() {
        if slot.role.as_ref().is_none_or(|role| roles.contains(role)) {
            let left: Vec<Slot> = free
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != at)
                .map(|(_, slot)| slot.clone())
                .collect();
            most = most.max(1 + seated(rest, &left));
        }
    }
    most
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// A quorum is complete exactly when there is a way to seat people, and in whatever order they came.
    #[test]
    fn a_quorum_is_reached_exactly_when_people_can_be_seated(
        approvers in approvers(), slots in slots(), others in 0..3_u8, turn in any::<prop::sample::Index>()
    ) {
        let mut distinct = approvers.clone();
        distinct.sort_by(|one, other| one.0.cmp(&other.0));
        distinct.dedup_by(|one, other| one.0 == other.0);
        let owner = PersonId::new("person-0");
        let launch = Launch::of("person-0");
        let people = People { owner: &owner, launch: &launch };
        let counted = count(&approvers, &slots, &people);
        prop_assert_eq!(usize::from(counted.slots_filled), seated(&distinct, &slots));
        prop_assert_eq!(usize::from(counted.approvals), distinct.len());
        let quorum = Quorum { slots, others, independent: 0, step: KeyStep::OpenSsh, delay: None };
        let strangers = distinct.iter().filter(|(person, _)| *person != owner).count();
        let complete = seated(&distinct, &quorum.slots) == quorum.slots.len() && strangers >= usize::from(others);
        prop_assert_eq!(quorum.missing(&approvers, &people) == 0, complete);
        let mut turned = approvers.clone();
        if !turned.is_empty() {
            turned.rotate_left(turn.index(approvers.len()));
        }
        prop_assert_eq!(count(&turned, &quorum.slots, &people), counted);
    }
}
