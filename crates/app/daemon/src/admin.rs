//! Administrative requests: signed, and once agents are at work, held. Those about people are in [`crate::person`].

use std::{collections::BTreeSet, sync::Arc};

use interlock_action::AgentId;
use interlock_approval::{Refusal, verify};
use interlock_console::Attempt;
use interlock_flow::{Agent, Event, FreezeScope, Guard, PRODUCTION, Record, SignedBy};
use interlock_ledger::{Entry, EntryKind};
use interlock_reader_aws::catalogue::{Catalogue, Summary};
use serde::Serialize;

use interlock_api::{AddAgent, Added, Fault, FreezeRequest, Signed, UnfreezeRequest, exact, reasoned};

use crate::{peer::Peer, person::plain, recovery::purge, state::Daemon};

impl Daemon {
    /// Checks that an enrolled person signed this very request, with a key of the step that is asked for.
    pub(crate) fn authorise<T: Serialize>(
        &self,
        verb: &str,
        subject: &str,
        body: &T,
        signed: &Signed,
    ) -> Result<SignedBy, Fault> {
        let by = self.authorise_stop(verb, subject, body, signed)?;
        let key = &by.key;
        key.counts(self.now()).map_err(Fault::refused)?;
        let set = self.road.settings().least;
        let least = if verb == purge::VERB { set.t4 } else { set.t3 };
        if key.step < self.memory().step(1, self.now()).max(least) {
            return Err(Fault::refused(Refusal::WeakKey(key.fingerprint.clone())));
        }
        Ok(by)
    }

    /// The same with any key that counts, for what only stops somebody. A suspended one stops who else asked for its suspension.
    pub(crate) fn authorise_stop<T: Serialize>(
        &self,
        verb: &str,
        subject: &str,
        body: &T,
        signed: &Signed,
    ) -> Result<SignedBy, Fault> {
        self.signed_by(verb, subject, body, signed).inspect_err(|fault| {
            let attempt = Attempt::new("request", format!("{verb} {subject}"), &fault.message);
            self.tried(&attempt.by(signed.person.clone()));
        })
    }

    fn signed_by<T: Serialize>(
        &self,
        verb: &str,
        subject: &str,
        body: &T,
        signed: &Signed,
    ) -> Result<SignedBy, Fault> {
        reasoned(&signed.reason)?;
        let now = self.now();
        let stale = || Fault::refused("the nonce was not given out here, is used or too old");
        if !self.nonces.is_good(&signed.nonce, now) {
            return Err(stale());
        }
        let statement = signed.statement(verb, subject, body).map_err(Fault::bad_request)?;
        let memory = self.memory();
        let person = memory.people.get(&signed.person);
        let person =
            person.ok_or_else(|| Fault::refused(format!("there is no person `{}`", signed.person)))?;
        let proven = verify(&statement, &signed.signature, &person.keys, self.site());
        let proven = proven.map_err(Fault::refused)?;
        let key = proven.key;
        match key.counts(now) {
            // Nobody answers themselves: which of two keys is the stolen one they do not tell.
            Err(Refusal::Suspended(_))
                if signed.person.as_str() != subject
                    && key.suspended.iter().any(|ticket| memory.asked_for(ticket, &subject.into())) => {}
            counts => counts.map_err(Fault::refused)?,
        }
        // Used up by nothing less than the signature of somebody enrolled.
        let by = || SignedBy { key: key.clone(), counter: proven.counter };
        if self.nonces.take(&signed.nonce, now) { Ok(by()) } else { Err(stale()) }
    }

    /// Carries out what people have approved: called after each approval and now and then.
    pub(crate) async fn carry_out_due(self: &Arc<Self>) {
        for ticket in self.road.due_administrative() {
            if ticket.held.action.operation.verb() == purge::VERB {
                self.carry_out_purge(&ticket).await;
                continue;
            }
            let done = match self.approved_enrolling(&ticket) {
                Ok(record) => self.road.carry_out(&ticket, record).await,
                Err(why) => self.road.give_up(&ticket.id, &why).await,
            };
            if let Err(error) = done {
                tracing::warn!(ticket = %ticket.id, %error, "an approved change could not be carried out");
            }
        }
    }

    /// Registers an agent. Whoever is to own it signs too: who owns it is whose approval does not count.
    pub(crate) async fn add_agent(&self, request: Added<AddAgent>) -> Result<(), Fault> {
        let body = &request.body;
        plain("an agent", body.name.as_str())?;
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
        }
        // INVARIANT: checked by the one writer, so that of two who register a name at once one does.
        let guards = vec![Guard::AgentFree(body.name.clone()), Guard::PersonExists(body.owner.clone(), true)];
        let agent = Agent { name: body.name.clone(), owner: body.owner.clone(), class: body.class };
        let entry = Entry::new(EntryKind::AgentAdded, self.now())
            .public("agent", &agent.name)
            .public("owner", &agent.owner)
            .public("class", agent.class)
            .public("by", &request.signed.person)
            .public("co_signed", request.co_signed.iter().map(|signed| &signed.person).collect::<Vec<_>>());
        // What an earlier owner's sessions may, was theirs to answer for.
        let ended: Vec<Event> = {
            let memory = self.memory();
            let of = memory.sessions.values().filter(|session| session.agent.name == agent.name);
            of.map(|session| Event::SessionClosed { session: session.id.clone() }).collect()
        };
        let events = std::iter::once(Event::Agent { agent }).chain(ended).collect();
        self.commit(Record { entry, events, guards }).await
    }

    /// Stops every mutation in a scope. Returns once no later mutation can pass. Nobody signs for it, so it goes by the
    /// account that asked, and by nobody's name.
    pub(crate) async fn freeze(&self, request: FreezeRequest, peer: Peer) -> Result<(), Fault> {
        reasoned(&request.reason)?;
        self.is_there(&request.scope)?;
        let freeze = interlock_flow::Freeze {
            scope: request.scope,
            by: peer.to_string(),
            reason: request.reason,
            since: self.now(),
        };
        let entry = Entry::new(EntryKind::Frozen, self.now())
            .public("scope", &freeze.scope)
            .public("by", &freeze.by)
            .public("signed", false)
            .private("reason", &freeze.reason);
        self.commit(Record { entry, events: vec![Event::Frozen { freeze }], guards: Vec::new() }).await
    }

    /// Whether anything can be in a scope: whoever misspells one in an incident is told so, and not that it is frozen.
    fn is_there(&self, scope: &FreezeScope) -> Result<(), Fault> {
        let memory = self.memory();
        let no = |what: &str, name: &str, hint: String| {
            Err(Fault::not_found(format!("there is no {what} `{}`", exact(name))).hint(hint))
        };
        match scope {
            FreezeScope::Agent(name) if !memory.agents.contains_key(name) => {
                let all: Vec<&str> = memory.agents.keys().map(AgentId::as_str).collect();
                no("agent", name.as_str(), format!("registered: {}", all.join(", ")))
            }
            FreezeScope::Task(task) if !memory.sessions.values().any(|session| session.task == *task) => no(
                "session on the task",
                task,
                "`interlock session ls` lists them with their tasks".to_owned(),
            ),
            FreezeScope::Service(name) if !is_service(name) => {
                let hint = "as the AWS CLI calls it: `rds`, `ec2`, `elbv2`";
                no("service", name, hint.to_owned())
            }
            FreezeScope::Environment(name) => {
                let rules = self.config.environments.iter().map(|rule| rule.name.as_str());
                let all: BTreeSet<&str> = rules.chain([PRODUCTION]).collect();
                if all.contains(name.as_str()) {
                    return Ok(());
                }
                let all: Vec<&str> = all.into_iter().collect();
                no("environment", name.as_str(), format!("there are: {}", all.join(", ")))
            }
            _ => Ok(()),
        }
    }

    /// Lets a scope go on.
    pub(crate) async fn unfreeze(&self, request: Added<UnfreezeRequest>) -> Result<(), Fault> {
        self.authorise("unfreeze", "freeze", &request.body, &request.signed)?;
        let scope = request.body.scope;
        if !self.memory().freezes.contains_key(&scope) {
            let why = Fault::not_found("nothing of that scope is frozen");
            return Err(why.hint("`interlock freeze ls` lists what is"));
        }
        let entry = Entry::new(EntryKind::Unfrozen, self.now())
            .public("scope", &scope)
            .public("by", &request.signed.person)
            .private("reason", &request.signed.reason);
        self.commit(Record { entry, events: vec![Event::Unfrozen { scope }], guards: Vec::new() }).await
    }

    pub(crate) async fn commit(&self, record: Record) -> Result<(), Fault> {
        use interlock_flow::JournalError;
        match self.road.ports().journal.commit(record).await {
            Ok(_) => Ok(()),
            Err(JournalError::Conflict(why)) => Err(Fault::conflict(why)),
            Err(error) => Err(Fault::unavailable(error)),
        }
    }
}

/// Whether a service is called so, or its things are.
fn is_service(name: &str) -> bool {
    let called = |service: &Summary| service.name == name || service.signing_name == name;
    Catalogue::get().summaries().iter().any(called)
}
