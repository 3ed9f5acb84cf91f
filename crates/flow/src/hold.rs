//! Tickets: found again, opened, voided.

use std::sync::PoisonError;

use interlock_action::{Digest, Effect, GrantId, TicketId, digest_of, part_of};
use interlock_approval::{Held, Quorum, Reason, State, Ticket};
use interlock_ledger::EntryKind;
use interlock_policy::{Ask, Decision, Judged};
use serde_json::json;

use crate::{
    Event, Grant, Guard, HeldAction, Record, Session, Situated,
    judge::{self, Brought},
    quorum,
    road::Road,
    stop::Stop,
};

/// What the policy says, and by what it was brought to say it.
pub(crate) struct Weighed {
    /// Its answer.
    pub(crate) decision: Decision,
    /// The ticket that it goes by.
    pub(crate) ticket: Option<Ticket>,
    /// The standing grant that it goes by.
    pub(crate) grant: Option<GrantId>,
}

impl Road {
    /// The action's digest: what an approval and a repeated call are tied together by.
    pub(crate) fn action_digest(&self, session: &Session, situated: &Situated) -> Result<Digest, Stop> {
        let action = &situated.action;
        let mut arguments = self.settings.sealer.seal_all(&action.arguments, &action.secrets);
        for pointer in &action.tokens {
            if let Some(token) = arguments.pointer_mut(pointer) {
                token.take();
            }
        }
        let targets: Vec<_> = action.targets.iter().map(|target| &target.id).collect();
        let body = json!({
            "agent": session.agent.name,
            "owner": session.agent.owner,
            "task": session.task,
            "operation": action.operation,
            "account": action.account,
            "region": action.region,
            "targets": targets,
            "arguments": arguments,
            "content": action.content,
        });
        digest_of("interlock action v1", &body).map_err(|error| Stop::Ledger(error.to_string()))
    }

    /// The tickets that stand for this action, newest first, as far as the world is still the one they were opened in.
    pub(crate) async fn standing(&self, digest: &Digest, situated: &Situated) -> Result<Vec<Ticket>, Stop> {
        let now = self.ports.clock.now();
        let all: Vec<Ticket> = {
            let memory = self.memory();
            memory.standing_tickets(digest, now).cloned().collect()
        };
        // Nobody can add a yes to it any more: it is asked for anew.
        let (ended, all): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|ticket| self.memory().was_under_glass(ticket, now));
        for ticket in ended {
            self.give_up(&ticket.id, "the broken glass that it was approved by is over").await?;
        }
        let still = |ticket: &Ticket| {
            matches!(ticket.state, State::Denied { .. })
                || ticket.held.fingerprint == situated.survey.fingerprint
        };
        let (standing, moved): (Vec<_>, Vec<_>) = all.into_iter().partition(still);
        for ticket in moved {
            self.give_up(&ticket.id, "the live state changed after the request was opened").await?;
        }
        Ok(standing)
    }

    /// The policy's answer with what was brought so far, and what that was: of several tickets, one that lets it through; else a
    /// standing grant that does; else the ticket that asks for what is needed.
    pub(crate) fn weigh(
        &self,
        session: &Session,
        situated: &Situated,
        asks: &[Ask],
        standing: &[Ticket],
        secured: bool,
    ) -> Weighed {
        let memory = self.memory();
        let now = self.ports.clock.now();
        let reachable = quorum::reachable(&memory, session, situated, now);
        let with = |ticket: Option<&Ticket>, grant: Option<&GrantId>| {
            let brought = Brought { ticket, grant, secured };
            self.bundle().decide(asks, &judge::verified(&memory, session, situated, brought, now), &reachable)
        };
        let by_ticket = |(decision, ticket): (Decision, &Ticket)| Weighed {
            decision,
            ticket: Some(ticket.clone()),
            grant: None,
        };
        let mut asking = None;
        let mut waiting = None;
        let roles = quorum::roles(&self.settings, self.bundle(), &memory, (session, situated), now);
        // INVARIANT: a role that is asked for now is among those who approved, also of what was asked before it was.
        let fills = |ticket: &&Ticket| {
            let asked =
                |role: &String| ticket.quorum.slots.iter().any(|slot| slot.role.as_ref() == Some(role));
            memory.is_under_glass(ticket, now) || roles.iter().all(asked)
        };
        // INVARIANT: a yes to what runs in a sandbox is none to what runs outside of one.
        let as_confined = |ticket: &&Ticket| ticket.advisory || !session.advisory;
        for ticket in standing.iter().filter(fills).filter(as_confined) {
            let decision = with(Some(ticket), None);
            if decision.admits() {
                return by_ticket((decision, ticket));
            }
            if matches!(decision, Decision::Allow { .. }) {
                waiting.get_or_insert((decision, ticket));
                continue;
            }
            let quorum =
                quorum::quorum(&self.settings, self.bundle(), &memory, session, situated, &decision, now);
            if asks_for(ticket, session, &decision, &quorum) {
                asking.get_or_insert((decision, ticket));
            }
        }
        if let Some(waiting) = waiting {
            return by_ticket(waiting);
        }
        let plain = with(None, None);
        if matches!(plain, Decision::Hold { .. }) && memory.grants_of(&session.id, now).next().is_some() {
            let action = &situated.action;
            let arguments = self.settings.sealer.seal_all(&action.arguments, &action.secrets);
            let holds = |role: &String, grant: &Grant| {
                let mut signers = grant.signers.iter().filter_map(|signer| memory.people.get(&signer.person));
                signers.any(|person| self.settings.roles.of(person).contains(role))
            };
            let fits = |grant: &Grant| roles.iter().all(|role| holds(role, grant));
            let grant = memory.grant_over((session, now), situated, asks, &arguments, fits);
            let granted = grant.map(|grant| (with(None, Some(&grant)), grant));
            if let Some((decision, grant)) =
                granted.filter(|(decision, _)| matches!(decision, Decision::Allow { .. }))
            {
                return Weighed { decision, ticket: None, grant: Some(grant) };
            }
        }
        asking.map_or(Weighed { decision: plain, ticket: None, grant: None }, by_ticket)
    }

    /// What the policy was asked and what it said, kept so that history can be decided again.
    pub(crate) fn judged(
        &self,
        session: &Session,
        situated: &Situated,
        asks: &[Ask],
        brought: Brought<'_>,
        decision: &Decision,
    ) -> Option<Judged> {
        let memory = self.memory();
        let now = self.ports.clock.now();
        let reachable = quorum::reachable(&memory, session, situated, now);
        let verified = judge::verified(&memory, session, situated, brought, now);
        // People may have come or gone since: what does not lead to this decision is not what led to it.
        let same = self.bundle().decide(asks, &verified, &reachable) == *decision;
        same.then(|| Judged::new(asks, &verified, &reachable, decision))
    }

    /// Holds an action: the ticket that stands for it, or a new one.
    pub(crate) async fn hold(
        &self,
        session: &Session,
        situated: &Situated,
        digest: Digest,
        standing: Option<Ticket>,
        decision: &Decision,
    ) -> Result<HeldAction, Stop> {
        let quorum = {
            let (memory, now) = (self.memory(), self.ports.clock.now());
            quorum::quorum(&self.settings, self.bundle(), &memory, session, situated, decision, now)
        };
        let ticket = match standing {
            // A ticket that asks for something else than is needed now is worth nothing: open one that asks for that.
            Some(ticket) if asks_for(&ticket, session, decision, &quorum) => ticket,
            _ => self.open_ticket(session, situated, digest, decision, quorum).await?,
        };
        Ok(self.held(session, situated, &ticket, decision))
    }

    async fn open_ticket(
        &self,
        session: &Session,
        situated: &Situated,
        action_digest: Digest,
        decision: &Decision,
        quorum: Quorum,
    ) -> Result<Ticket, Stop> {
        let now = self.ports.clock.now();
        // Looked at again when it is written: many calls at once open no more than one after the other.
        self.memory().may_ask(&session.id, &session.agent.name, now).map_err(|_| Stop::TooMany)?;
        let unheld = quorum::unheld(&self.settings, &self.memory(), &quorum, now);
        let mut action = situated.action.clone();
        action.arguments = self.settings.sealer.seal_all(&action.arguments, &action.secrets);
        // What is sealed is not found by where it stood, and its length says something of it.
        action.secrets.retain(|pointer| part_of(pointer).is_none());
        let held = Held {
            agent: session.agent.name.clone(),
            owner: session.agent.owner.clone(),
            launch: session.launch.clone(),
            task: session.task.clone(),
            action,
            action_digest,
            facts: situated.survey.facts.clone(),
            forecast: situated.survey.forecast.clone(),
            fingerprint: situated.survey.fingerprint.clone(),
            bundle: self.bundle().hash(),
            tier: decision.tier().name().to_owned(),
            needs: needs(decision, &quorum),
            reasons: reasons(decision).into_iter().chain(unheld).collect(),
            nonce: self.draw(),
            opened: now,
            expires: now.saturating_add(self.settings.ticket_lifetime),
        };
        let id = TicketId::new(format!("tk-{}", self.draw().chars().take(10).collect::<String>()));
        let ticket = Ticket::open(id, held, quorum, session.id.clone(), session.advisory)
            .map_err(|error| Stop::Ledger(error.to_string()))?;
        let entry = self
            .entry(EntryKind::Held, session, situated)
            .public("ticket", &ticket.id)
            .public("digest", ticket.digest)
            .public("tier", &ticket.held.tier)
            .public("needs", &ticket.held.needs)
            .private("forecast", &ticket.held.forecast)
            .private("reasons", &ticket.held.reasons);
        let entry = self.marked(entry, session, None);
        let mut events = situated.remember_seen();
        events.push(Event::TicketOpened { ticket: Box::new(ticket.clone()) });
        let guards = vec![Guard::MayAsk(session.id.clone(), session.agent.name.clone(), now)];
        let opened = self.commit(Record { entry, events, guards }).await;
        opened.map_err(|stop| match self.memory().may_ask(&session.id, &session.agent.name, now) {
            Ok(()) => stop,
            Err(_) => Stop::TooMany,
        })?;
        Ok(ticket)
    }

    pub(crate) fn held(
        &self,
        session: &Session,
        situated: &Situated,
        ticket: &Ticket,
        decision: &Decision,
    ) -> HeldAction {
        let needs: Vec<String> = decision.needs().iter().map(ToString::to_string).collect();
        let progress = match &ticket.state {
            State::Approved { .. } => format!("approved, still waiting for {}", needs.join(", ")),
            _ => {
                let memory = self.ports.journal.memory().read().unwrap_or_else(PoisonError::into_inner);
                let alone = if memory.solo(self.ports.clock.now()) { ", working alone" } else { "" };
                let (filled, slots) = (ticket.filled(), ticket.quorum.slots.len());
                format!("{filled} of {slots} approvals{alone}{}", quorum::price(session, decision))
            }
        };
        HeldAction {
            operation: situated.action.operation.clone(),
            ticket: ticket.id.clone(),
            tier: decision.tier().name().to_owned(),
            would: would(situated),
            unknowns: situated.action.unknowns.clone(),
            needs,
            reasons: reasons(decision),
            progress,
        }
    }
}

/// Whether a ticket asks for what is needed now. Who launched the session matters where somebody independent is asked.
fn asks_for(ticket: &Ticket, session: &Session, decision: &Decision, quorum: &Quorum) -> bool {
    ticket.held.tier == decision.tier().name()
        // What a key must prove is looked at when somebody approves, as it is then.
        && Quorum { step: quorum.step, ..ticket.quorum.clone() } == *quorum
        && (quorum.independent == 0 || ticket.held.launch == session.launch)
}

/// What is needed, and who has to be among those who approve.
fn needs(decision: &Decision, quorum: &Quorum) -> Vec<String> {
    let roles = quorum.slots.iter().filter_map(|slot| slot.role.as_ref()).map(|role| format!("role {role}"));
    decision.needs().iter().map(ToString::to_string).chain(roles).collect()
}

/// What the action would do, the worst first.
fn would(situated: &Situated) -> Vec<String> {
    let forecast = &situated.survey.forecast;
    let destroys = forecast.changes.iter().filter(|change| change.effect == Effect::Destroy);
    let others = forecast.changes.iter().filter(|change| change.effect != Effect::Destroy);
    let mut lines: Vec<String> = destroys.chain(others).map(|change| change.what.clone()).collect();
    // What was done to get here is said right after the worst, before the list is cut.
    lines.retain(|line| !situated.reminders.contains(line));
    let at = lines.len().min(1);
    lines.splice(at..at, situated.reminders.iter().take(3).cloned());
    lines.extend(forecast.data_loss.iter().cloned());
    if let (Some(before), Some(after)) = (forecast.recovery.before, forecast.recovery.after)
        && (before > 0 || !forecast.data_loss.is_empty())
    {
        lines.push(format!("{after} recovery points would remain of {before}"));
    }
    if lines.is_empty() {
        lines =
            situated.falls.iter().filter(|fall| fall.effect.mutates()).map(|fall| fall.why.clone()).collect();
        lines.dedup();
    }
    lines.truncate(6);
    lines
}

/// The policy's reasons in the ticket's form.
pub(crate) fn reasons(decision: &Decision) -> Vec<Reason> {
    let reason = |reason: &interlock_policy::Reason| Reason {
        rule: reason.rule.to_string(),
        why: reason.why.to_string(),
        next: reason.next.to_string(),
        target: reason.target.clone(),
    };
    decision.rules().iter().map(reason).collect()
}
