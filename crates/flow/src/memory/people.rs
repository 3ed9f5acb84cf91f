//! Who may approve, and with which keys.

use interlock_action::{Millis, PersonId, Surface, TicketId};
use interlock_approval::{EnrolledKey, KeyStep, Person, Ticket};

use super::Memory;
use crate::{Event, Session};

/// How the verbs of what takes somebody or a key out end.
const REMOVES: &str = "-remove";

impl Memory {
    /// Folds in what happened to people and their keys.
    pub(super) fn keep_person(&mut self, event: &Event) {
        match event {
            Event::Person { person } => {
                self.people.insert(person.name.clone(), person.clone());
            }
            Event::KeyAdded { person, key } => {
                if let Some(person) = self.people.get_mut(person) {
                    person.keys.push(key.clone());
                }
            }
            Event::KeyUsed { person, key, counter } => {
                let of = self.people.get_mut(person).into_iter().flat_map(|person| &mut person.keys);
                of.filter(|have| have.fingerprint == *key).for_each(|have| have.counter = *counter);
            }
            Event::KeysSuspended { person, keys, ticket } => {
                // Nobody stands for it any more that people are asked nothing.
                let stood = |session: &&mut Session| session.observers.iter().any(|key| keys.contains(key));
                self.sessions.values_mut().filter(stood).for_each(|session| session.observed = false);
                let of = self.people.get_mut(person).into_iter().flat_map(|person| &mut person.keys);
                for key in of.filter(|key| keys.contains(&key.fingerprint)) {
                    key.suspended.insert(ticket.clone());
                }
            }
            Event::KeysRestored { ticket } => {
                let all = self.people.values_mut().flat_map(|person| &mut person.keys);
                all.for_each(|key| {
                    key.suspended.remove(ticket);
                });
            }
            Event::KeyRemoved { person, key } => {
                if let Some(person) = self.people.get_mut(person) {
                    person.keys.retain(|have| have.fingerprint != *key);
                }
            }
            Event::PersonRemoved { person } => {
                self.people.remove(person);
            }
            _ => {}
        }
        self.team_from = self.team_from.into_iter().chain(self.second_counts_from()).min();
    }

    /// How often a passkey has signed, as far as anybody remembers.
    pub(super) fn counter(&self, person: &PersonId, key: &str) -> Option<u32> {
        let keys = self.people.get(person).into_iter().flat_map(|person| &person.keys);
        keys.filter(|have| have.fingerprint == key).map(|have| have.counter).next()
    }

    /// Whether at most one person could decide so far: others may be enrolled, and cooling off.
    pub fn solo(&self, now: Millis) -> bool {
        self.team_from.is_none_or(|from| now < from)
    }

    /// Everybody with a key that counts.
    pub fn in_force(&self, now: Millis) -> impl Iterator<Item = &Person> {
        self.people.values().filter(move |person| person.keys.iter().any(|key| key.counts(now).is_ok()))
    }

    /// Everybody who has ceased to cool off, those among them whose keys are suspended.
    pub fn enrolled(&self, now: Millis) -> impl Iterator<Item = &Person> {
        self.people.values().filter(move |person| counts_from(person).is_some_and(|from| from <= now))
    }

    /// How many people there are: as long as nobody has decided that suspended ones go, a team asks for as many as before.
    pub fn team(&self, now: Millis) -> usize {
        self.enrolled(now).count()
    }

    /// Whether every key that approved it counts.
    pub(crate) fn still_approved(&self, ticket: &Ticket, now: Millis) -> bool {
        let counts = |fingerprint: &String| {
            let mut keys = self.people.values().flat_map(|person| &person.keys);
            keys.any(|key| key.fingerprint == *fingerprint && key.counts(now).is_ok())
        };
        ticket.approvals.iter().all(|approval| counts(&approval.fingerprint))
    }

    /// Whether somebody is enrolled, and nobody has asked to take out any of their keys.
    pub(crate) fn is_trusted(&self, person: &PersonId) -> bool {
        let known = self.people.get(person);
        known.is_some_and(|person| person.keys.iter().all(|key| key.suspended.is_empty()))
    }

    /// Whether a request suspends keys.
    pub fn suspends(&self, ticket: &TicketId) -> bool {
        let mut keys = self.people.values().flat_map(|person| &person.keys);
        keys.any(|key| key.suspended.contains(ticket))
    }

    /// Whether somebody asked for what suspended a key.
    pub fn asked_for(&self, ticket: &TicketId, person: &PersonId) -> bool {
        self.tickets.get(ticket).is_some_and(|ticket| ticket.held.launch.by.contains(person))
    }

    /// Whether somebody has, since another suspended them, asked for that one to be taken out in turn.
    pub(crate) fn has_answered(&self, person: &PersonId, other: &PersonId) -> bool {
        let keys = self.people.get(person).into_iter().flat_map(|person| &person.keys);
        let tickets = keys.flat_map(|key| &key.suspended).filter_map(|ticket| self.tickets.get(ticket));
        let accusing = tickets.filter(|ticket| ticket.held.launch.by.contains(other));
        let Some(since) = accusing.map(|ticket| ticket.held.opened).min() else { return false };
        self.tickets.values().any(|ticket| {
            let (held, by) = (&ticket.held, &ticket.held.launch.by);
            let takes_out = held.action.surface == Surface::Interlock
                && held.action.operation.verb().ends_with(REMOVES)
                && held.owner == *other;
            takes_out && by.contains(person) && held.opened >= since
        })
    }

    /// The request by which somebody suspends all of these keys already.
    pub(crate) fn accuses(&self, person: &PersonId, keys: &[String]) -> Option<&TicketId> {
        let all = self.people.values().flat_map(|person| &person.keys);
        let mut last = None;
        for key in all.filter(|key| keys.contains(&key.fingerprint)) {
            last = Some(key.suspended.iter().find(|ticket| self.asked_for(ticket, person))?);
        }
        last
    }

    /// Whom else somebody has suspended, as long as nobody has decided that.
    pub(crate) fn suspended_by(&self, person: &PersonId) -> Option<&PersonId> {
        let by = |key: &EnrolledKey| key.suspended.iter().any(|ticket| self.asked_for(ticket, person));
        let mut others = self.people.values().filter(|other| other.name != *person);
        others.find(|other| other.keys.iter().any(by)).map(|other| &other.name)
    }

    /// The least that a key must prove where this many people decide: the second step as soon as so many people have
    /// one that counts, or would if it were not suspended. Asked for sooner, nobody could enrol the next.
    pub fn step(&self, people: usize, now: Millis) -> KeyStep {
        self.step_of(people, |_, key| now >= key.counts_from)
    }

    /// The same of what is signed while no daemon is up: no passkey signs then.
    pub fn offline_step(&self, people: usize, now: Millis) -> KeyStep {
        self.step_of(people, |_, key| now >= key.counts_from && key.passkey().is_none())
    }

    /// The same where only these keys could be used.
    pub(crate) fn step_of(&self, people: usize, used: impl Fn(&Person, &EnrolledKey) -> bool) -> KeyStep {
        let here = |key: &EnrolledKey| {
            let made_for = key.passkey().map(|passkey| passkey.site);
            made_for.is_none_or(|made_for| self.site.as_ref().is_none_or(|site| *site == made_for))
        };
        let strong = |person: &&Person| {
            person.keys.iter().any(|key| key.step > KeyStep::OpenSsh && used(person, key) && here(key))
        };
        if self.people.values().filter(strong).count() >= people.max(1) {
            KeyStep::SecurityKey
        } else {
            KeyStep::OpenSsh
        }
    }

    fn second_counts_from(&self) -> Option<Millis> {
        let mut from: Vec<Millis> = self.people.values().filter_map(counts_from).collect();
        from.sort_unstable();
        from.get(1).copied()
    }
}

/// From when on somebody's first key counts.
fn counts_from(person: &Person) -> Option<Millis> {
    person.keys.iter().map(|key| key.counts_from).min()
}
