//! What changes Interlock itself once agents are at work: held like a T4 action, and carried out when people have
//! approved it.

use interlock_action::{
    Action, AgentId, Claim, Effect, Facts, Forecast, Millis, Operation, PersonId, SessionId, Surface,
    TicketId, digest_of,
};
use interlock_approval::{EnrolledKey, Held, Launch, Message, Person, Quorum, Reason, Slot, State, Ticket};
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

/// What is peculiar to a change of who may approve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enrolling {
    /// Whom it takes something from, or gives something to: they do not count. Nobody is who is new.
    pub concerned: Option<PersonId>,
    /// Fingerprints of keys that count for nothing from now on, until it is denied: to stop takes one signature.
    pub suspends: Vec<String>,
    /// How long it waits where only one person is left who could approve it.
    pub lone_delay: Millis,
}

/// What a ticket needs that fewer approve than a team asks for.
const LONE: &str = "lone-delay";

/// Tries before somebody is told that requests move too fast.
const TRIES: usize = 5;

/// Whether fewer approve it than a team asks for, and it waits for days instead.
pub fn is_lone(ticket: &Ticket) -> bool {
    ticket.held.action.surface == Surface::Interlock && ticket.held.needs.iter().any(|need| need == LONE)
}

impl Road {
    /// Opens a ticket for it.
    ///
    /// # Errors
    /// A journal that refuses.
    pub async fn hold_administrative(&self, change: Administrative) -> Result<Ticket, JournalError> {
        let quorum = self.administrative_quorum(self.ports().clock.now());
        self.open_administrative(&change, &Enrolling::default(), quorum, false).await
    }

    /// Opens a ticket for a change of who may approve. What it suspends is so at once, and what those keys have approved and
    /// nobody has spent is worth nothing any more.
    ///
    /// # Errors
    /// Nobody else who could approve it, or nobody left whose key counts; a journal that refuses.
    pub async fn hold_enrolling(
        &self,
        change: Administrative,
        enrolling: Enrolling,
    ) -> Result<Ticket, JournalError> {
        // INVARIANT: nobody approves with a key while it is being suspended.
        let _one_at_a_time = self.deciding.lock().await;
        self.accuses_nobody_else(&change.by, &enrolling)?;
        let (quorum, lone) = self.enrolling_quorum(&change.by, &enrolling, self.ports().clock.now())?;
        let mut opened = Err(JournalError::Conflict("requests move too fast".to_owned()));
        for _ in 0..TRIES {
            // A request that these keys have approved may be spent or expire meanwhile.
            opened = self.open_administrative(&change, &enrolling, quorum.clone(), lone).await;
            if !matches!(opened, Err(JournalError::Conflict(_))) {
                break;
            }
        }
        opened
    }

    /// INVARIANT: one signature suspends one other person, once, and no second before it is decided on the first: who has stolen
    /// one key does not stop everybody else with it, nor one of them for as often as they like.
    fn accuses_nobody_else(&self, by: &PersonId, enrolling: &Enrolling) -> Result<(), JournalError> {
        let memory = self.memory();
        let concerned = enrolling.concerned.as_ref().filter(|_| !enrolling.suspends.is_empty());
        if concerned.is_some_and(|person| person != by && memory.has_answered(by, person)) {
            let why = format!(
                "`{by}` is suspended, and has suspended `{}` for that once",
                concerned.map_or("", |one| one.as_str())
            );
            return Err(JournalError::Conflict(why));
        }
        if let Some(first) = memory.accuses(by, &enrolling.suspends) {
            let why = format!(
                "`{by}` has suspended that with request {first}: to ask once more take it back with `interlock request deny`"
            );
            return Err(JournalError::Conflict(why));
        }
        match memory.suspended_by(by) {
            Some(first) if concerned.is_some_and(|person| person != first && person != by) => {
                Err(JournalError::Conflict(format!(
                    "`{by}` has suspended `{first}`: a second only once that is approved or denied"
                )))
            }
            _ => Ok(()),
        }
    }

    async fn open_administrative(
        &self,
        change: &Administrative,
        enrolling: &Enrolling,
        quorum: Quorum,
        lone: bool,
    ) -> Result<Ticket, JournalError> {
        let now = self.ports().clock.now();
        let unavailable = |error: String| JournalError::Unavailable(error);
        let held = self.administrative_held(change, enrolling, (&quorum, lone)).map_err(unavailable)?;
        let id = TicketId::new(format!("tk-{}", self.draw().chars().take(10).collect::<String>()));
        let ticket = Ticket::open(id, held, quorum, SessionId::new("interlock"), false)
            .map_err(|error| unavailable(error.to_string()))?;
        let mut entry = Entry::new(EntryKind::Held, now)
            .public("ticket", &ticket.id)
            .public("digest", ticket.digest)
            .public("operation", &ticket.held.action.operation)
            .public("by", &change.by);
        if lone {
            entry = entry.public("lone", true).public("waits", ticket.quorum.delay);
        }
        let mut events = vec![Event::TicketOpened { ticket: Box::new(ticket.clone()) }];
        let mut guards = Vec::new();
        if let Some(person) = enrolling.concerned.clone().filter(|_| !enrolling.suspends.is_empty()) {
            let keys = enrolling.suspends.clone();
            entry = entry.public("person", &person).public("suspended", &keys);
            guards = self.voided_with(&keys, now);
            guards.push(Guard::PersonExists(person.clone(), true));
            events.push(Event::KeysSuspended { person, keys, ticket: ticket.id.clone() });
        }
        self.ports().journal.commit(Record { entry, events, guards }).await?;
        Ok(ticket)
    }

    /// What makes everything void that these keys have approved and nobody has spent.
    fn voided_with(&self, keys: &[String], now: Millis) -> Vec<Guard> {
        let memory = self.memory();
        let open = |ticket: &&Ticket| {
            ticket.stands(now) && ticket.approvals.iter().any(|approval| keys.contains(&approval.fingerprint))
        };
        let void = |ticket: &Ticket| {
            let why = "a key that approved it was suspended".to_owned();
            Guard::Step(ticket.id.clone(), Box::new(Message::Void { why }), now)
        };
        memory.tickets.values().filter(open).map(void).collect()
    }

    /// What people are shown of it, and sign.
    fn administrative_held(
        &self,
        change: &Administrative,
        enrolling: &Enrolling,
        (quorum, lone): (&Quorum, bool),
    ) -> Result<Held, String> {
        let now = self.ports().clock.now();
        let digest = digest_of("interlock administrative v1", &change.body);
        let mut forecast = Forecast::assumed("");
        forecast.unknowns.clear();
        let people = if quorum.slots.len() > 1 { "two-people" } else { "one-person" };
        let reason = |rule: &str, why: &str, next: &str| Reason {
            rule: rule.to_owned(),
            why: why.to_owned(),
            next: next.to_owned(),
            target: None,
        };
        let mut reasons =
            vec![reason(change.why.0, change.why.1, "approve it with `interlock request approve`")];
        let mut needs = vec![people.to_owned()];
        if lone {
            needs.push(LONE.to_owned());
            reasons.push(reason(
                LONE,
                "too few are left who could approve it: it waits for days, and everybody who is enrolled may stop it, \
                 with a suspended key too",
                "stop it with `interlock request deny`",
            ));
        }
        Ok(Held {
            agent: AgentId::new("interlock"),
            // Nobody owns the change: whoever asked for it is known by its own name below. Who is concerned does not count.
            owner: enrolling.concerned.clone().unwrap_or_else(|| PersonId::new("")),
            launch: Launch::of(change.by.clone()),
            task: change.what.clone(),
            action: Action {
                surface: Surface::Interlock,
                operation: Operation::new(format!("interlock:{}", change.verb)),
                account: None,
                region: None,
                claims: vec![Claim::plain(Effect::Interlock, change.what.clone())],
                targets: Vec::new(),
                arguments: change.body.clone(),
                secrets: Vec::new(),
                tokens: Vec::new(),
                writes: Vec::new(),
                writes_on: Default::default(),
                unknowns: Vec::new(),
                content: interlock_action::Content::Judged,
                stated_reason: None,
            },
            action_digest: digest.map_err(|error| error.to_string())?,
            facts: Facts::default(),
            forecast,
            fingerprint: Value::Null,
            bundle: self.bundle().hash(),
            tier: "T4".to_owned(),
            needs,
            reasons,
            nonce: self.draw(),
            opened: now,
            // A wait that outlasted the ticket would never be over.
            expires: now
                .saturating_add(self.settings().ticket_lifetime)
                .saturating_add(quorum.delay.unwrap_or_default()),
        })
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

    /// Who approves a change of who may approve: two others than who is concerned. Where a team has only one left, or only
    /// keys of less worth than were asked for, it is they, and days in which everybody may stop it. Nothing of an agent is
    /// ever let through so.
    fn enrolling_quorum(
        &self,
        by: &PersonId,
        enrolling: &Enrolling,
        now: Millis,
    ) -> Result<(Quorum, bool), JournalError> {
        let memory = self.memory();
        let stays =
            |key: &EnrolledKey| key.counts(now).is_ok() && !enrolling.suspends.contains(&key.fingerprint);
        // Who is suspended may suspend in turn who asked for that: then nobody approves anything, and neither gains by it.
        let answers = memory.in_force(now).all(|person| person.name != *by);
        if !answers && !memory.people.values().any(|person| person.keys.iter().any(stays)) {
            return Err(JournalError::Conflict("nobody would be left whose key counts".to_owned()));
        }
        if memory.solo(now) {
            // Whoever lost the only strong key gets on with a weaker one, and waits for days in which they may stop it.
            let step = memory.step_of(1, |_, key| stays(key));
            let weaker = step < memory.step(1, now);
            drop(memory);
            let alone = self.administrative_quorum(now);
            let delay = if weaker { Some(enrolling.lone_delay) } else { alone.delay };
            let step = if weaker { step } else { alone.step };
            return Ok((Quorum { step, delay, ..alone }, weaker));
        }
        let is_other = |person: &Person| Some(&person.name) != enrolling.concerned.as_ref();
        let others = memory.in_force(now).filter(|person| is_other(person)).count();
        if others == 0 && !answers {
            return Err(JournalError::Conflict("nobody else is left who could approve it".to_owned()));
        }
        let people = others.clamp(1, 2);
        let step = memory.step_of(people, |person, key| is_other(person) && stays(key));
        let lone = people < 2 || step < memory.step(people, now);
        let quorum = Quorum {
            slots: vec![Slot { role: None }; people],
            others: if enrolling.concerned.is_some() { u8::try_from(people).unwrap_or(2) } else { 0 },
            independent: u8::from(people > 1),
            step,
            delay: lone.then_some(enrolling.lone_delay),
        };
        Ok((quorum, lone))
    }

    /// Changes of who may approve that wait because a team has too few left, in words.
    pub fn lone_changes(&self) -> Vec<String> {
        let now = self.ports().clock.now();
        let memory = self.memory();
        let open = |ticket: &&Ticket| is_lone(ticket) && ticket.stands(now);
        let words = |ticket: &Ticket| {
            format!("{}: {}, asked for by {}", ticket.id, ticket.held.task, ticket.held.launch)
        };
        memory.tickets.values().filter(open).map(words).collect()
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
