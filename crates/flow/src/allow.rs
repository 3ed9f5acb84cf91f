//! The last step before a permit: the entry that is durable first, with everything that must still hold when it is written.

use std::sync::Arc;

use interlock_action::{ActionId, Digest, GrantId, Millis, Surface, TicketId};
use interlock_approval::{Message, State, Ticket};
use interlock_ledger::EntryKind;
use interlock_policy::Decision;

use crate::{
    Event, GrantEnd, Guard, PermitNote, Record, Session, Situated, Verdict, after, custody, expected, guards,
    road::Road, stop::Stop,
};

/// By what an action is let through, where not by the policy alone.
pub(crate) struct LetBy {
    /// The request that people approved.
    pub(crate) ticket: Option<TicketId>,
    /// The standing grant that covers it.
    pub(crate) grant: Option<GrantId>,
    /// What it would have taken where nobody is asked.
    pub(crate) would: Option<Decision>,
}

impl Road {
    /// What a standing grant has let pass, nobody is asked about any more. Where that cannot be written down it is asked until it expires.
    pub(crate) async fn no_more_asked(&self, standing: &[Ticket], grant: Option<&GrantId>) {
        let Some(grant) = grant else { return };
        for ticket in standing.iter().filter(|ticket| ticket.state == State::Pending) {
            let _ = self.give_up(&ticket.id, &format!("the standing grant {grant} covers it")).await;
        }
    }

    /// Writes the pre-execution entry and mints the permit.
    pub(crate) async fn allow(
        &self,
        session: &Arc<Session>,
        situated: Situated,
        digest: Digest,
        by: LetBy,
        epoch: u64,
    ) -> Result<Verdict, Stop> {
        let LetBy { ticket, grant, would } = &by;
        let now = self.ports.clock.now();
        let id = self.action_id();
        // What a plan does is remembered call by call, as each is made.
        let by_parts = situated.action.surface == Surface::Terraform;
        let mut on_success = if by_parts { Vec::new() } else { after::events(session, &situated) };
        on_success.extend(guards::taken_off(&id, session, &situated, now));
        on_success.extend(custody::by_rewrite(session, &situated, now));
        let failed = grant.clone().map(|grant| {
            let why = format!("nobody knows what came of {id}, which it let pass");
            Event::GrantEnded { grant, end: GrantEnd { at: now, why } }
        });
        let note = PermitNote {
            action: id.clone(),
            session: session.id.clone(),
            operation: situated.action.operation.to_string(),
            digest,
            ticket: ticket.clone(),
            at: now,
            if_unknown: on_success.iter().filter(|event| event.tightens()).cloned().chain(failed).collect(),
        };
        let sealed = self.settings.sealer.seal_all(&situated.action.arguments, &situated.action.secrets);
        let entry = self
            .entry(EntryKind::Allowed, session, &situated)
            .public("action", &id)
            .public("digest", digest)
            .private("arguments", sealed)
            .private("forecast", &situated.survey.forecast);
        let mut entry = self.marked(entry, session, would.as_ref());
        if let Some(ticket) = ticket {
            entry = entry.public("ticket", ticket);
        }
        if let Some(grant) = grant {
            entry = entry.public("grant", grant);
        }
        let (mut entry, undoable) = self.registered(entry, session, &situated, &id);
        let mut events = situated.remember.clone();
        events.push(Event::PermitOpened { permit: note });
        let way_back = undoable.is_some();
        events.extend(undoable);
        if situated.destroys > 0 {
            // What counts against the agent's sums stands where a person sees it.
            entry = entry.public("destroys", situated.destroys);
            let (agent, count) = (session.agent.name.clone(), situated.destroys);
            events.push(Event::Destroyed { agent, count, at: now });
        }
        let mut guards = vec![Guard::SessionLive(session.id.clone(), now), Guard::Epoch(epoch)];
        let expected = expected::take(session, &situated, &mut guards, &mut events);
        guards.extend(self.must_hold(session, &situated, &by, &id, now));
        let LetBy { ticket, grant, .. } = by;
        events.extend(grant.clone().map(|grant| Event::GrantUsed { grant }));
        let environments = situated.environments();
        let told = custody::told(&situated);
        let asked = situated.asked.clone();
        let mut permit = self.permit(id, Arc::new(situated.action), Arc::clone(session), epoch);
        permit.told = told;
        permit.asked = asked;
        permit.expected = expected;
        permit.ticket = ticket;
        permit.grant = grant;
        permit.environments = Some(environments);
        permit.on_success = on_success;
        permit.undoable = way_back;
        self.open(permit, Record { entry, events, guards }).await.map(Verdict::Allowed)
    }

    /// What must still hold of what it is let through by, when its entry is written.
    fn must_hold(
        &self,
        session: &Session,
        situated: &Situated,
        by: &LetBy,
        id: &ActionId,
        now: Millis,
    ) -> Vec<Guard> {
        let LetBy { ticket, grant, would } = by;
        let mut guards = Vec::new();
        // INVARIANT: what was judged before its session began to plan is not sent while it does. An apply that people approved is a
        // session of its own, and ends what it began.
        if !situated.action.is_plain_read() {
            guards.push(Guard::InEarnest(session.id.clone()));
        }
        if would.is_some() && session.observed && !self.settings.observe {
            guards.push(Guard::Observed(session.id.clone()));
        }
        // Counted again by the single writer: of two that are judged at the same time only one may be the last.
        if situated.destroys > 0 && !situated.over_budget && ticket.is_none() {
            let (agent, count) = (session.agent.name.clone(), situated.destroys);
            guards.push(Guard::Budget(agent, count, now, self.settings.budget));
        }
        let consume = |ticket: &TicketId| {
            Guard::Step(ticket.clone(), Box::new(Message::Consume { by: id.clone() }), now)
        };
        guards.extend(ticket.as_ref().map(consume));
        guards.extend(grant.clone().map(|grant| Guard::Granted(grant, now)));
        guards
    }
}
