//! What of a state change is private, and the change without it.
//!
//! Private is what the entries' private fields hold: a task's words, arguments, targets, forecasts, reasons. What the
//! memory needs in order to go on (ids, digests, who approved, where a request stands) stays.

use std::{collections::BTreeSet, fmt};

use interlock_action::{Action, ActionId, Claim, Content, Digest, Facts, Forecast, SessionId, TicketId};
use interlock_approval::{Approval, Held, Reason, State, Ticket};
use interlock_flow::{
    Change, Event, Freeze, Glass, GlassReview, Grant, Lease, Memory, Plan, Rehearsal, Session,
};
use serde_json::Value;

/// Stands where something was taken away.
pub(crate) const REDACTED: &str = "(redacted)";

/// What carries private text from entry to entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// A request: whole in every entry that moves it.
    Ticket(TicketId),
    /// A session: whole in every entry that opens, resumes or rests it.
    Session(SessionId),
    /// A thing that was changed: what one change left is what the next one found, so that each of its states stands in
    /// several entries, and most of every state in all of them.
    Thing(Digest),
    /// An action: let through, ended, looked at and taken back in entries of its own.
    Action(ActionId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ticket(id) => write!(f, "ticket {id}"),
            Self::Session(id) => write!(f, "session {id}"),
            Self::Thing(digest) => write!(f, "thing {digest}"),
            Self::Action(id) => write!(f, "action {id}"),
        }
    }
}

/// Whom these changes carry, of those who are listed for it: an action stands in its entries in the clear.
pub(crate) fn subjects(events: &[Event]) -> BTreeSet<Subject> {
    let subject = |event: &Event| match event {
        Event::TicketOpened { ticket } | Event::TicketMoved { ticket } => {
            Some(Subject::Ticket(ticket.id.clone()))
        }
        Event::Session { session } => Some(Subject::Session(session.id.clone())),
        Event::Planned { plan } => Some(Subject::Session(plan.session.clone())),
        Event::Granted { grant } => Some(Subject::Ticket(grant.terms.ticket.clone())),
        Event::Undoable { change } => Some(Subject::Thing(change.subject)),
        _ => None,
    };
    events.iter().filter_map(subject).collect()
}

/// Whom these changes carry or are about: all whose other entries hold the same.
pub(crate) fn followed(events: &[Event]) -> BTreeSet<Subject> {
    let action = |event: &Event| match event {
        Event::Undoable { change } => Some(change.action.clone()),
        Event::PermitOpened { permit } => Some(permit.action.clone()),
        Event::Settled { action, .. } | Event::Undoing { action, .. } | Event::Undone { action, .. } => {
            Some(action.clone())
        }
        _ => None,
    };
    let actions = events.iter().filter_map(action).map(Subject::Action);
    subjects(events).into_iter().chain(actions).collect()
}

/// The changes without their private parts; none when there are no such parts.
pub(crate) fn without(events: &[Event]) -> Option<Vec<Event>> {
    let kept: Vec<Event> = events.iter().map(event).collect();
    (kept != events).then_some(kept)
}

fn event(event: &Event) -> Event {
    match event {
        Event::Session { session } => Event::Session { session: self::session(session) },
        Event::TicketOpened { ticket } => Event::TicketOpened { ticket: Box::new(self::ticket(ticket)) },
        Event::TicketMoved { ticket } => Event::TicketMoved { ticket: Box::new(self::ticket(ticket)) },
        Event::Frozen { freeze } => Event::Frozen { freeze: self::freeze(freeze) },
        Event::Glass { glass } => Event::Glass { glass: Glass { reason: said(), ..glass.clone() } },
        Event::GlassReviewed { glass, review } => {
            let review = GlassReview { words: said(), ..review.clone() };
            Event::GlassReviewed { glass: glass.clone(), review }
        }
        Event::Planned { plan } => {
            Event::Planned { plan: Box::new(self::plan(plan)) }
        }
        // What is left of its terms covers nothing.
        Event::Granted { grant } => Event::Granted { grant: Box::new(self::grant(grant)) },
        Event::Undoable { change } => Event::Undoable { change: Box::new(self::change(change)) },
        // What it left is gone with the way back: it cannot be compared any more.
        Event::Settled { action, after: _ } => {
            Event::Settled { action: action.clone(), after: Value::String(said()) }
        }
        Event::Undoing { action, undo, steps: _ } => {
            Event::Undoing { action: action.clone(), undo: undo.clone(), steps: Vec::new() }
        }
        Event::Rehearsed { surface, bytes, rehearsal } => {
            let seen = vec![said()];
            let rehearsal = Box::new(Rehearsal { seen, ..(**rehearsal).clone() });
            Event::Rehearsed { surface: *surface, bytes: bytes.clone(), rehearsal }
        }
        // Ids of targets stand in these: without them protection would be forgotten, and they say nothing but the id.
        Event::Classified { .. }
        | Event::Made { .. }
        | Event::Gone { .. }
        | Event::GuardRemoved { .. }
        | Event::Touched { .. }
        | Event::RecoveryPoint { .. }
        | Event::PointSeen { .. }
        | Event::Drilling { .. }
        | Event::Proven { .. }
        | Event::Unproven { .. }
        | Event::Purging { .. }
        | Event::Purged { .. }
        | Event::Unpurged { .. }
        // Names, keys, digests and counts.
        | Event::Person { .. }
        | Event::KeyAdded { .. }
        | Event::KeyUsed { .. }
        | Event::GlassMended { .. }
        | Event::GrantUsed { .. }
        | Event::Planning { .. }
        | Event::GrantEnded { .. }
        | Event::KeysSuspended { .. }
        | Event::KeysRestored { .. }
        | Event::KeyRemoved { .. }
        | Event::PersonRemoved { .. }
        | Event::Agent { .. }
        | Event::SessionClosed { .. }
        | Event::PermitOpened { .. }
        | Event::PermitClosed { .. }
        | Event::NeverHappened { .. }
        | Event::Undone { .. }
        | Event::Destroyed { .. }
        | Event::Expected { .. }
        | Event::NotMade { .. }
        | Event::Bound { .. }
        | Event::StateWritten { .. }
        | Event::StateVerified { .. }
        | Event::Unfrozen { .. }
        | Event::Config { .. } => event.clone(),
    }
}

/// Takes the private parts out of the memory's own copy.
pub(crate) fn forget(memory: &mut Memory, subject: &Subject) {
    match subject {
        Subject::Ticket(id) => {
            if let Some(known) = memory.tickets.get_mut(id) {
                *known = ticket(known);
            }
            let of = memory.grants.values_mut().filter(|grant| grant.terms.ticket == *id);
            of.for_each(|known| *known = grant(known));
        }
        Subject::Session(id) => {
            if let Some(known) = memory.sessions.get_mut(id) {
                *known = session(known);
            }
            let of = memory.plans.values_mut().filter(|plan| plan.session == *id);
            of.for_each(|known| *known = plan(known));
        }
        Subject::Thing(digest) => memory.forget_thing(digest),
        Subject::Action(_) => {}
    }
}

/// The redacted session whose private text this change would bring back: somebody read it before the redaction.
pub(crate) fn brings_back<'e>(memory: &Memory, event: &'e Event) -> Option<&'e SessionId> {
    let (id, task) = match event {
        Event::Session { session } => (&session.id, &session.task),
        Event::TicketOpened { ticket } => (&ticket.session, &ticket.held.task),
        Event::Planned { plan } => (&plan.session, &plan.words),
        _ => return None,
    };
    let known = memory.sessions.get(id)?;
    (known.task == REDACTED && known.lease.revoked && task != REDACTED).then_some(id)
}

fn said() -> String {
    REDACTED.to_owned()
}

/// INVARIANT: it is ended for good. What it might touch is gone, and must not come back as "the task did not say".
fn session(session: &Session) -> Session {
    let Session { id, agent, launch, task: _, lease, advisory, observed, observers, keys, opened } = session;
    Session {
        id: id.clone(),
        agent: agent.clone(),
        launch: launch.clone(),
        task: said(),
        lease: Lease {
            scope: vec![said()],
            secrets: Vec::new(),
            folders: Vec::new(),
            until: lease.until,
            revoked: true,
            part: None,
        },
        advisory: *advisory,
        observed: *observed,
        observers: observers.clone(),
        keys: keys.clone(),
        opened: *opened,
    }
}

/// The way back is the state before: arguments and content. Without it the change stays as it is.
fn change(change: &Change) -> Change {
    let Change { action, session, agent, at, contract: _, subject, about: _ } = change;
    Change {
        action: action.clone(),
        session: session.clone(),
        agent: agent.clone(),
        at: *at,
        contract: None,
        subject: *subject,
        // The keys of items are content.
        about: Vec::new(),
    }
}

fn freeze(freeze: &Freeze) -> Freeze {
    let Freeze { scope, by, reason: _, since } = freeze;
    Freeze { scope: scope.clone(), by: by.clone(), reason: said(), since: *since }
}

fn ticket(ticket: &Ticket) -> Ticket {
    let Ticket { id, digest, held, quorum, session, advisory, state, approvals } = ticket;
    let state = match state {
        State::Denied { by, reason: _, at } => State::Denied { by: by.clone(), reason: said(), at: *at },
        State::Void { why: _ } => State::Void { why: said() },
        State::Pending | State::Approved { .. } | State::Expired | State::Consumed { .. } => state.clone(),
    };
    Ticket {
        id: id.clone(),
        digest: *digest,
        held: self::held(held),
        quorum: quorum.clone(),
        session: session.clone(),
        advisory: *advisory,
        state,
        approvals: approvals.iter().map(approval).collect(),
    }
}

/// The nonce goes too: with it, whoever guesses the rest could tell by the request's digest that the guess is right.
fn held(held: &Held) -> Held {
    let mut forecast = Forecast::assumed(REDACTED);
    forecast.reversibility = held.forecast.reversibility;
    Held {
        agent: held.agent.clone(),
        owner: held.owner.clone(),
        launch: held.launch.clone(),
        task: said(),
        action: action(&held.action),
        action_digest: held.action_digest,
        facts: Facts::default(),
        forecast,
        fingerprint: Value::Null,
        bundle: held.bundle,
        tier: held.tier.clone(),
        needs: held.needs.clone(),
        reasons: held.reasons.iter().map(reason).collect(),
        nonce: said(),
        opened: held.opened,
        expires: held.expires,
    }
}

/// The operation and its effects stand in the leaf; all else was private.
fn action(action: &Action) -> Action {
    Action {
        surface: action.surface,
        operation: action.operation.clone(),
        account: None,
        region: None,
        claims: action.claims.iter().map(|claim| Claim::plain(claim.effect, REDACTED)).collect(),
        targets: Vec::new(),
        arguments: Value::String(said()),
        secrets: Vec::new(),
        tokens: Vec::new(),
        writes: Vec::new(),
        writes_on: Default::default(),
        unknowns: Vec::new(),
        content: Content::default(),
        stated_reason: None,
    }
}

fn reason(reason: &Reason) -> Reason {
    Reason { rule: reason.rule.clone(), why: said(), next: String::new(), target: None }
}

fn plan(plan: &Plan) -> Plan {
    Plan { words: said(), steps: Vec::new(), ..plan.clone() }
}

fn grant(grant: &Grant) -> Grant {
    let mut kept = grant.clone();
    kept.terms.selector.parts.clear();
    kept.terms.policy = said();
    kept.terms.unknowns.clear();
    kept
}

/// A signature is over the words: it goes with them, as it does from the entry.
fn approval(approval: &Approval) -> Approval {
    let Approval { person, roles, fingerprint, step, reason: _, signature: _, at, glass, within } = approval;
    Approval {
        person: person.clone(),
        roles: roles.clone(),
        fingerprint: fingerprint.clone(),
        step: *step,
        reason: said(),
        signature: said(),
        at: *at,
        glass: glass.clone(),
        within: within.clone(),
    }
}
