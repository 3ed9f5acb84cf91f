//! People decide: signed yes and no.

use std::str::FromStr;

use interlock_action::{GlassId, Millis, PersonId, Surface, TicketId};
use interlock_approval::{
    Approval, EnrolledKey, KeyStep, Message, Person, Refusal, Statement, Ticket, Within, verify,
};
use interlock_ledger::{Entry, EntryKind};

use interlock_policy::Tier;

use crate::{Event, Guard, JournalError, Least, Memory, Record, Road, administer::is_lone, fault};

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decisive {
    /// Yes.
    Approve,
    /// No.
    Deny,
}

impl Decisive {
    /// The verb that is signed.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
        }
    }
}

/// It says neither yes nor no.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is neither `approve` nor `deny`")]
pub struct Undecided(String);

impl FromStr for Decisive {
    type Err = Undecided;

    fn from_str(verb: &str) -> Result<Self, Undecided> {
        let own = [Self::Approve, Self::Deny].into_iter().find(|own| own.verb() == verb);
        own.ok_or_else(|| Undecided(verb.to_owned()))
    }
}

/// Why a decision was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ApproveError {
    /// No such ticket.
    #[error("there is no request `{0}`")]
    NoTicket(TicketId),
    /// No such person.
    #[error("there is no person `{0}`")]
    NoPerson(PersonId),
    /// It does not move the ticket.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The key that signed, as it was checked, and how often it says it has: a copy of a passkey is noticed by that.
#[derive(Clone, Debug)]
pub struct SignedBy {
    /// The key.
    pub key: EnrolledKey,
    /// Its counter, where it keeps one.
    pub counter: Option<u32>,
}

impl SignedBy {
    /// What must hold of its counter, and what is kept of it.
    pub fn uses(&self, person: &PersonId) -> (Option<Guard>, Option<Event>) {
        let used = |counter| {
            let key = self.key.fingerprint.clone();
            let event = Event::KeyUsed { person: person.clone(), key: key.clone(), counter };
            (Guard::Unused(person.clone(), key, counter), event)
        };
        self.counter.map(used).unzip()
    }
}

/// Who signed, as [`Road::yes`] takes it.
pub(crate) type Signer<'a> = (&'a Person, &'a EnrolledKey);

/// The broken glass that a decision stands on.
fn glass_of(message: &Message) -> Option<&GlassId> {
    match message {
        Message::Approve { approval, .. } => approval.glass.as_ref(),
        _ => None,
    }
}

impl Road {
    /// Takes a person's signed decision on a ticket and returns the ticket as it stands then.
    pub async fn decide_ticket(
        &self,
        ticket: &TicketId,
        decision: Decisive,
        person: &PersonId,
        reason: &str,
        signature: &str,
    ) -> Result<Ticket, ApproveError> {
        let _one_at_a_time = self.deciding.lock().await;
        let now = self.ports.clock.now();
        let (mut events, mut used) = (Vec::new(), Vec::new());
        let (guards, entry) = {
            let memory = self.memory();
            let held = memory.tickets.get(ticket).ok_or_else(|| ApproveError::NoTicket(ticket.clone()))?;
            let signer = memory.people.get(person).ok_or_else(|| ApproveError::NoPerson(person.clone()))?;
            let statement =
                Statement::on_ticket(decision.verb(), ticket, held.digest, person, reason, &held.held.nonce);
            let proven = verify(&statement, signature, &signer.keys, self.settings.site.as_ref())?;
            let signed = SignedBy { key: proven.key.clone(), counter: proven.counter };
            let (unused, counted) = signed.uses(person);
            used.extend(unused);
            events.extend(counted);
            let key = &signed.key;
            let own = held.held.action.surface == Surface::Interlock && memory.asked_for(ticket, person);
            // INVARIANT: a key that is suspended takes back only what answers who suspended it, and never what suspends itself:
            // whoever stole it would lift that.
            let answers = |ticket: &TicketId| memory.asked_for(ticket, &held.held.owner);
            let withdraws = own
                && decision == Decisive::Deny
                && !key.suspended.contains(ticket)
                && key.suspended.iter().all(answers);
            match key.counts(now) {
                // Whoever is suspended may still stop what one person alone does, and take back what they asked for in answer.
                Err(Refusal::Suspended(_))
                    if decision == Decisive::Deny && (is_lone(held) || memory.solo(now) || withdraws) => {}
                counts => counts?,
            }
            let other = key.suspended.is_empty() && *person != held.held.owner;
            if decision == Decisive::Deny && (other || withdraws) && memory.suspends(ticket) {
                // What its request suspended counts again, also where that was settled without a word on them.
                events.push(Event::KeysRestored { ticket: ticket.clone() });
            }
            if decision == Decisive::Deny {
                // Whoever says no to one thing has not said yes to the next like another.
                events.extend(memory.ends_grants(held, now, &format!("{person} denied {ticket}")));
            }
            let restores = events.iter().any(|event| matches!(event, Event::KeysRestored { .. }));
            let words = (reason, signature);
            let message = self.message(decision, held, (&memory, now), (signer, key), words, None)?;
            let entry = decided(held, decision, (person, key), (&memory, now), words)
                .public("glass", glass_of(&message));
            // The guard would refuse it too; asked here so that the person gets the refusal's own type.
            match held.step(message.clone(), now) {
                Ok(_) => used.push(Guard::Step(ticket.clone(), Box::new(message), now)),
                Err(Refusal::Settled(_) | Refusal::Expired) if restores => {}
                Err(refusal) => return Err(refusal.into()),
            }
            (used, entry)
        };
        fault::here(fault::BEFORE_DECISION);
        self.ports.journal.commit(Record { entry, events, guards }).await?;
        self.memory().tickets.get(ticket).cloned().ok_or_else(|| ApproveError::NoTicket(ticket.clone()))
    }

    /// What a decision says to its request.
    pub(crate) fn message(
        &self,
        decision: Decisive,
        held: &Ticket,
        at: (&Memory, Millis),
        signer: Signer<'_>,
        words: (&str, &str),
        within: Option<Within>,
    ) -> Result<Message, Refusal> {
        match decision {
            Decisive::Deny => Ok(Message::Deny { by: signer.0.name.clone(), reason: words.0.to_owned() }),
            Decisive::Approve => self.yes(held, at, signer, words, within),
        }
    }

    /// A yes, and whether the quorum is complete with it.
    pub(crate) fn yes(
        &self,
        held: &Ticket,
        (memory, now): (&Memory, Millis),
        (signer, key): Signer<'_>,
        (reason, signature): (&str, &str),
        within: Option<Within>,
    ) -> Result<Message, Refusal> {
        if key.step < held.quorum.step.max(self.least_now(held, memory, now)) {
            return Err(Refusal::WeakKey(key.fingerprint.clone()));
        }
        // INVARIANT: it takes a key that proves a person at each approval, not only to break it.
        let alone = within.is_none() && key.step == KeyStep::DeviceBound;
        let glass = memory.glass_over(&signer.name, held, now).filter(|_| alone);
        let approval = Approval {
            person: signer.name.clone(),
            roles: self.settings.roles.of(signer),
            fingerprint: key.fingerprint.clone(),
            step: key.step,
            reason: reason.to_owned(),
            signature: signature.to_owned(),
            at: now,
            glass: glass.map(|glass| glass.id.clone()),
            within,
        };
        let complete = approval.glass.is_some() || held.completed_by(&approval);
        Ok(Message::Approve { approval, complete })
    }

    /// The least that a key must prove now: from the moment that somebody has a stronger one, also for what was asked before.
    fn least_now(&self, ticket: &Ticket, memory: &Memory, now: Millis) -> KeyStep {
        if ticket.held.action.surface == Surface::Interlock {
            // Nobody could enrol the next strong key if it took one.
            return KeyStep::OpenSsh;
        }
        let Least { t3, t4 } = self.settings.least;
        memory.step(1, now).max(if ticket.held.tier == Tier::T4.name() { t4 } else { t3 })
    }

    /// Marks every ticket whose time has run out, with an entry each. Called now and then by the daemon.
    pub async fn expire_tickets(&self) -> Result<usize, JournalError> {
        let now = self.ports.clock.now();
        let due: Vec<TicketId> = {
            let memory = self.memory();
            let due = memory.tickets.values().filter(|ticket| ticket.is_open() && !ticket.stands(now));
            due.map(|ticket| ticket.id.clone()).collect()
        };
        for ticket in &due {
            let entry = Entry::new(EntryKind::Expired, now).public("ticket", ticket);
            let guards = vec![Guard::Step(ticket.clone(), Box::new(Message::Tick), now)];
            self.ports.journal.commit(Record { entry, events: Vec::new(), guards }).await?;
        }
        Ok(due.len())
    }
}

/// What every decision on a request writes down.
pub(crate) fn decided(
    ticket: &Ticket,
    decision: Decisive,
    (person, key): (&PersonId, &EnrolledKey),
    (memory, now): (&Memory, Millis),
    (reason, signature): (&str, &str),
) -> Entry {
    let kind = if decision == Decisive::Approve { EntryKind::Approved } else { EntryKind::Denied };
    Entry::new(kind, now)
        .public("ticket", &ticket.id)
        .public("digest", ticket.digest)
        .public("person", person)
        .public("key", &key.fingerprint)
        .public("weak", key.step == KeyStep::OpenSsh)
        .public("solo", memory.solo(now))
        .private("reason", reason)
        .private("signature", signature)
}
