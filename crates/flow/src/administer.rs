//! What changes Interlock itself once agents are at work: held like a T4 action, and carried out when people have
//! approved it.

use interlock_action::{
    Action, AgentId, Claim, Effect, Facts, Forecast, Millis, Operation, PersonId, SessionId, Surface,
    TicketId, digest_of,
};
use interlock_approval::{Held, Launch, Message, Quorum, Reason, Slot, State, Ticket};
use interlock_ledger::{Entry, EntryKind};
use serde_json::Value;

use crate::{Event, Guard, JournalError, Record, Road};

/// A change of Interlock itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Administrative {
    /// `person-add`.
    pub verb: String,
    /// What it is about, in plain words.
    pub what: String,
    /// The request.
    pub body: Value,
    /// Who asked.
    pub by: PersonId,
    /// The rule that holds it, and why.
    pub why: (&'static str, &'static str),
}

impl Road {
    /// Opens a ticket for it.
    pub async fn hold_administrative(&self, change: Administrative) -> Result<Ticket, JournalError> {
        let now = self.ports().clock.now();
        let unavailable = |error: String| JournalError::Unavailable(error);
        let operation = Operation::new(format!("interlock:{}", change.verb));
        let action_digest = digest_of("interlock administrative v1", &change.body)
            .map_err(|error| unavailable(error.to_string()))?;
        let mut forecast = Forecast::assumed("");
        forecast.unknowns.clear();
        let quorum = self.administrative_quorum(now);
        let held = Held {
            agent: AgentId::new("interlock"),
            // Nobody owns the change: whoever asked for it is known by its own name below.
            owner: PersonId::new(""),
            launch: Launch::of(change.by.clone()),
            task: change.what.clone(),
            action: Action {
                surface: Surface::Interlock,
                operation,
                account: None,
                region: None,
                claims: vec![Claim::plain(Effect::Interlock, change.what.clone())],
                targets: Vec::new(),
                arguments: change.body,
                secrets: Vec::new(),
                tokens: Vec::new(),
                writes: Vec::new(),
                unknowns: Vec::new(),
                content: interlock_action::Content::Judged,
                stated_reason: None,
            },
            action_digest,
            facts: Facts::default(),
            forecast,
            fingerprint: Value::Null,
            bundle: self.bundle().hash(),
            tier: "T4".to_owned(),
            needs: vec!["two-people".to_owned()],
            reasons: vec![Reason {
                rule: change.why.0.to_owned(),
                why: change.why.1.to_owned(),
                next: "approve it with `interlock request approve`".to_owned(),
                target: None,
            }],
            nonce: self.draw(),
            opened: now,
            expires: now.saturating_add(self.settings().ticket_lifetime),
        };
        let id = TicketId::new(format!("tk-{}", self.draw().chars().take(10).collect::<String>()));
        let ticket = Ticket::open(id, held, quorum, SessionId::new("interlock"), false)
            .map_err(|error| unavailable(error.to_string()))?;
        let entry = Entry::new(EntryKind::Held, now)
            .public("ticket", &ticket.id)
            .public("digest", ticket.digest)
            .public("operation", &ticket.held.action.operation)
            .public("by", &change.by);
        let events = vec![Event::TicketOpened { ticket: Box::new(ticket.clone()) }];
        self.ports().journal.commit(Record { entry, events, guards: Vec::new() }).await?;
        Ok(ticket)
    }

    fn administrative_quorum(&self, now: Millis) -> Quorum {
        let memory = self.memory();
        let solo = memory.solo(now);
        let people = if solo { 1 } else { 2 };
        Quorum {
            slots: vec![Slot { role: None }; people],
            others: 0,
            independent: u8::from(!solo),
            step: memory.step(people, now),
            delay: solo.then_some(self.settings().solo_delay),
        }
    }

    /// Administrative tickets that people have approved and whose delay is over.
    pub fn due_administrative(&self) -> Vec<Ticket> {
        let now = self.ports().clock.now();
        let memory = self.memory();
        let due = memory.tickets.values().filter(|ticket| {
            ticket.held.action.surface == Surface::Interlock
                && matches!(ticket.state, State::Approved { .. })
                && ticket.delay_elapsed(now)
        });
        due.cloned().collect()
    }

    /// Carries one out: its ticket is spent in the same write as the change. Like everything that is T4 it waits until
    /// witnesses have seen its approvals, where any are asked for.
    ///
    /// # Errors
    /// A journal that refuses, or witnesses that have not answered: the approvals stand, and it is tried again.
    pub async fn carry_out(&self, ticket: &Ticket, mut record: Record) -> Result<(), JournalError> {
        let now = self.ports().clock.now();
        let journal = &self.ports().journal;
        journal.witnessed(&ticket.id).await.map_err(|far| JournalError::Unavailable(far.to_string()))?;
        let message = Message::Consume { by: self.action_id() };
        record.guards.push(Guard::Step(ticket.id.clone(), Box::new(message), now));
        journal.commit(record).await.map(|_| ())
    }

    /// Gives one up that can no longer be carried out: its approvals are worth nothing.
    ///
    /// # Errors
    /// A journal that refuses.
    pub async fn give_up(&self, ticket: &TicketId, why: &str) -> Result<(), JournalError> {
        let now = self.ports().clock.now();
        let message = Message::Void { why: why.to_owned() };
        let entry = Entry::new(EntryKind::Voided, now).public("ticket", ticket).public("why", why);
        let guards = vec![Guard::Step(ticket.clone(), Box::new(message), now)];
        self.ports().journal.commit(Record { entry, events: Vec::new(), guards }).await.map(|_| ())
    }
}
