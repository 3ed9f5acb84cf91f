//! Administrative requests: signed, and once agents are at work, held.

use std::sync::Arc;

use interlock_action::{Millis, digest_of};
use interlock_approval::{Person, Refusal, Statement, Ticket, parse_public_key, verify};
use interlock_flow::{Administrative, Agent, Event, Guard, Record};
use interlock_ledger::{Entry, EntryKind};
use serde::Serialize;

use crate::{
    api::{AddAgent, AddPerson, Added, Fault, FreezeRequest, Signed, UnfreezeRequest},
    recovery::purge,
    state::Daemon,
};

/// The domain of administrative digests.
pub(crate) const DOMAIN: &str = "interlock admin v1";

impl Daemon {
    /// Checks that an enrolled person signed this very request.
    pub(crate) fn authorise<T: Serialize>(
        &self,
        verb: &str,
        subject: &str,
        body: &T,
        signed: &Signed,
    ) -> Result<(), Fault> {
        let now = self.now();
        if !self.nonces.take(&signed.nonce, now) {
            return Err(Fault::refused("the nonce was not given out here, is used or too old"));
        }
        let digest = digest_of(DOMAIN, body).map_err(Fault::bad_request)?;
        let statement = Statement {
            verb: verb.to_owned(),
            subject: subject.to_owned(),
            digest,
            person: signed.person.clone(),
            reason: signed.reason.clone(),
            nonce: signed.nonce.clone(),
        };
        let memory = self.memory();
        let person = memory.people.get(&signed.person);
        let person =
            person.ok_or_else(|| Fault::refused(format!("there is no person `{}`", signed.person)))?;
        let key = verify(&statement, &signed.signature, &person.keys).map_err(Fault::refused)?;
        key.counts(now).map_err(Fault::refused)?;
        if key.step < memory.step(1, now) {
            return Err(Fault::refused(Refusal::WeakKey(key.fingerprint.clone())));
        }
        Ok(())
    }

    /// Enrols a person: at once while no agent exists, held as T4 after that.
    pub(crate) async fn add_person(&self, request: Added<AddPerson>) -> Result<Option<Ticket>, Fault> {
        let body = &request.body;
        // Read before the nonce is spent, so that a bad key can be mended and sent again.
        parse_public_key(&body.public_key, 0, 0).map_err(Fault::bad_request)?;
        self.authorise("person-add", body.name.as_str(), body, &request.signed)?;
        if self.memory().agents.is_empty() {
            let person = self.enrolment(body, 0)?;
            let record = self.enrolled(person, request.signed.person.as_str());
            self.commit(record).await?;
            return Ok(None);
        }
        self.enrolment(body, 0)?;
        let change = Administrative {
            verb: "person-add".to_owned(),
            what: format!("enrol {} as a person who may approve", body.name),
            body: serde_json::to_value(body).map_err(Fault::bad_request)?,
            by: request.signed.person.clone(),
            why: ("interlock-people", "agents are at work: who may approve is changed by two people only"),
        };
        let ticket = self.road.hold_administrative(change).await;
        ticket.map(Some).map_err(Fault::unavailable)
    }

    fn enrolment(&self, body: &AddPerson, cooling_off: Millis) -> Result<Person, Fault> {
        let now = self.now();
        let key = parse_public_key(&body.public_key, now, now.saturating_add(cooling_off));
        let key = key.map_err(Fault::bad_request)?;
        let memory = self.memory();
        if memory.people.contains_key(&body.name) {
            return Err(Fault::conflict(format!("`{}` is enrolled already", body.name)));
        }
        let taken = memory
            .people
            .values()
            .find(|person| person.keys.iter().any(|have| have.public_key == key.public_key));
        if let Some(person) = taken {
            return Err(Fault::conflict(format!("this key is enrolled for `{}` already", person.name)));
        }
        let mut roles = body.roles.clone();
        for (role, holders) in &self.config.approval.roles {
            if holders.iter().any(|holder| holder == body.name.as_str()) && !roles.contains(role) {
                roles.push(role.clone());
            }
        }
        Ok(Person { name: body.name.clone(), keys: vec![key], roles })
    }

    /// INVARIANT: nobody who is enrolled is replaced.
    fn enrolled(&self, person: Person, by: &str) -> Record {
        let guard = Guard::PersonExists(person.name.clone(), false);
        let entry = Entry::new(EntryKind::PersonEnrolled, self.now())
            .public("person", &person.name)
            .public("keys", person.keys.iter().map(|key| key.fingerprint.clone()).collect::<Vec<_>>())
            .public("by", by);
        Record { entry, events: vec![Event::Person { person }], guards: vec![guard] }
    }

    /// Carries out what people have approved: called after each approval and now and then.
    pub(crate) async fn carry_out_due(self: &Arc<Self>) {
        for ticket in self.road.due_administrative() {
            if ticket.held.action.operation.verb() == purge::VERB {
                self.carry_out_purge(&ticket).await;
                continue;
            }
            let done = match self.approved_enrolment(&ticket) {
                Ok(record) => self.road.carry_out(&ticket, record).await,
                Err(why) => self.road.give_up(&ticket.id, &why).await,
            };
            if let Err(error) = done {
                tracing::warn!(ticket = %ticket.id, %error, "an approved change could not be carried out");
            }
        }
    }

    /// What enrols the person that people have approved; or why that can no longer be.
    fn approved_enrolment(&self, ticket: &Ticket) -> Result<Record, String> {
        let body: AddPerson = serde_json::from_value(ticket.held.action.arguments.clone())
            .map_err(|error| error.to_string())?;
        let cooling = self.config.approval.cooling_off.millis();
        let person = self.enrolment(&body, cooling).map_err(|fault| fault.message)?;
        let mut record = self.enrolled(person, ticket.id.as_str());
        record.entry = record.entry.public("ticket", &ticket.id);
        Ok(record)
    }

    /// Registers an agent. Whoever is to own it signs too: who owns it is whose approval does not count.
    pub(crate) async fn add_agent(&self, request: Added<AddAgent>) -> Result<(), Fault> {
        let body = &request.body;
        let signers = || std::iter::once(&request.signed).chain(&request.co_signed);
        for signed in signers() {
            self.authorise("agent-add", body.name.as_str(), body, signed)?;
        }
        {
            let memory = self.memory();
            if !memory.people.contains_key(&body.owner) {
                return Err(Fault::not_found(format!("there is no person `{}` to own it", body.owner)));
            }
            if !signers().any(|signed| signed.person == body.owner) {
                let message = format!("`{}` is to own it and has not signed", body.owner);
                let hint = "give the owner's key too: `--key` may be given twice";
                return Err(Fault::refused(message).hint(hint));
            }
            if memory.agents.contains_key(&body.name) {
                return Err(Fault::conflict(format!("there is an agent `{}` already", body.name)));
            }
        }
        let agent = Agent { name: body.name.clone(), owner: body.owner.clone(), class: body.class };
        let entry = Entry::new(EntryKind::AgentAdded, self.now())
            .public("agent", &agent.name)
            .public("owner", &agent.owner)
            .public("class", agent.class)
            .public("by", &request.signed.person)
            .public("co_signed", request.co_signed.iter().map(|signed| &signed.person).collect::<Vec<_>>());
        self.commit(Record { entry, events: vec![Event::Agent { agent }], guards: Vec::new() }).await
    }

    /// Stops every mutation in a scope. Returns once no later mutation can pass.
    pub(crate) async fn freeze(&self, request: FreezeRequest) -> Result<(), Fault> {
        let freeze = interlock_flow::Freeze {
            scope: request.scope,
            by: request.by,
            reason: request.reason,
            since: self.now(),
        };
        let entry = Entry::new(EntryKind::Frozen, self.now())
            .public("scope", &freeze.scope)
            .public("by", &freeze.by)
            .private("reason", &freeze.reason);
        self.commit(Record { entry, events: vec![Event::Frozen { freeze }], guards: Vec::new() }).await
    }

    /// Lets a scope go on.
    pub(crate) async fn unfreeze(&self, request: Added<UnfreezeRequest>) -> Result<(), Fault> {
        self.authorise("unfreeze", "freeze", &request.body, &request.signed)?;
        let scope = request.body.scope;
        if !self.memory().freezes.contains_key(&scope) {
            return Err(Fault::not_found("nothing of that scope is frozen"));
        }
        let entry = Entry::new(EntryKind::Unfrozen, self.now())
            .public("scope", &scope)
            .public("by", &request.signed.person)
            .private("reason", &request.signed.reason);
        self.commit(Record { entry, events: vec![Event::Unfrozen { scope }], guards: Vec::new() }).await
    }

    async fn commit(&self, record: Record) -> Result<(), Fault> {
        use interlock_flow::JournalError;
        match self.road.ports().journal.commit(record).await {
            Ok(_) => Ok(()),
            Err(JournalError::Conflict(why)) => Err(Fault::conflict(why)),
            Err(error) => Err(Fault::unavailable(error)),
        }
    }
}
