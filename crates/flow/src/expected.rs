//! A lease that is a part of another one: what Interlock runs for a session may do less than the session, and what was let
//! through as one action is admitted call by call.
//!
//! INVARIANT: a call is a part of what was let through if one change of it says the operation, the things and the effects,
//! and has not been made yet. It is still judged by the policy; what it brings along is what people approved as a whole.

use std::collections::HashMap;

use interlock_action::{
    Change, Effect, ExpectedChange, Fit, Millis, Operation, Relation, SessionId, Target, TargetId, fits,
};
use interlock_approval::{State, Ticket};

use crate::{Event, Guard, Memory, Session, Situated, session::May};

/// How far the changes of one lease have come.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    used: HashMap<(usize, Operation), u32>,
    bound: HashMap<TargetId, usize>,
}

impl Expectations {
    fn used(&self, change: usize, operation: &Operation) -> u32 {
        self.used.get(&(change, operation.clone())).copied().unwrap_or_default()
    }
}

/// What a lease that is a part of another one says of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cover {
    /// The lease is nobody's part, or nothing changes.
    Whole,
    /// It is this one of the changes that were let through.
    Expected(usize),
    /// It is none of them.
    Strange,
    /// Nothing may change under this lease.
    LooksOnly,
}

/// What the lease of a session says of an action.
pub(crate) fn cover(memory: &Memory, session: &Session, situated: &Situated) -> Cover {
    let changes = situated.falls.iter().any(|fall| fall.effect.mutates()) || situated.action.mutates();
    match session.lease.part.as_ref().map(|part| &part.may) {
        None => Cover::Whole,
        // INVARIANT: a rehearsal is played on a road of its own, and on this one by nobody.
        Some(May::Look | May::Rehearse { .. }) if changes => Cover::LooksOnly,
        Some(May::Look | May::Rehearse { .. }) => Cover::Whole,
        Some(May::Change { expected, .. }) => {
            let nothing = Expectations::default();
            let progress = memory.expectations.get(&session.id).unwrap_or(&nothing);
            let found = expected
                .iter()
                .enumerate()
                .position(|(at, change)| is_part(expected, progress, (at, change), situated, changes));
            match found {
                Some(at) => Cover::Expected(at),
                None if changes => Cover::Strange,
                None => Cover::Whole,
            }
        }
    }
}

/// Places an action by what the lease says of it. What is a part of the whole was counted and found in scope with it; what is no
/// part of it is outside of what the lease is for, whatever it is.
pub(crate) fn place(cover: Cover, situated: &mut Situated) {
    match cover {
        Cover::Whole | Cover::LooksOnly => {}
        Cover::Expected(change) => {
            situated.expected = Some(change);
            situated.in_scope = true;
            situated.over_budget = false;
            situated.destroys = 0;
        }
        Cover::Strange => {
            situated.in_scope = false;
            let what = "no change of the approved plan is this call, or it was made already".to_owned();
            let target = situated.falls.first().map(|fall| fall.target.clone());
            situated.survey.forecast.changes.insert(
                0,
                Change {
                    target: target.as_ref().map_or_else(|| "*".into(), |target| target.id.clone()),
                    kind: target.map_or_else(Default::default, |target| target.kind),
                    effect: Effect::Update,
                    what,
                    before: None,
                    after: None,
                },
            );
        }
    }
}

/// What letting an action through takes of a lease's changes: which it is, what must still hold, and what is remembered.
pub(crate) fn take(
    session: &Session,
    situated: &Situated,
    guards: &mut Vec<Guard>,
    events: &mut Vec<Event>,
) -> Option<usize> {
    let change = situated.expected.filter(|_| situated.action.mutates())?;
    let operation = situated.asked.clone().unwrap_or_else(|| situated.action.operation.clone());
    guards.push(Guard::Left(session.id.clone(), change, operation.clone()));
    events.push(Event::Expected { session: session.id.clone(), change, operation });
    Some(change)
}

/// Whether an action is a part of this change, and one that is left.
fn is_part(
    all: &[ExpectedChange],
    progress: &Expectations,
    (at, change): (usize, &ExpectedChange),
    situated: &Situated,
    changes: bool,
) -> bool {
    let operation = situated.asked.as_ref().unwrap_or(&situated.action.operation);
    // What goes with a thing was found by looking, then and now; the request names the thing.
    let found = |id: &TargetId| situated.survey.discovered.iter().any(|found| found.id == *id);
    let touched: Vec<&Target> = situated
        .action
        .targets
        .iter()
        .filter(|target| matches!(target.relation, Relation::Acts | Relation::Creates))
        .filter(|target| !found(&target.id))
        .collect();
    let is_new =
        !touched.is_empty() && touched.iter().all(|target| progress.bound.get(&target.id) == Some(&at));
    let told = |fall: &crate::Falls| {
        let administers = fall.rule.as_deref().is_some_and(|rule| rule.contains("administrator"));
        let looks = !changes && fall.effect == Effect::SensitiveRead;
        (change.tells(fall.effect) || looks || (is_new && takes_nothing(fall.effect)))
            && (change.administrator || !administers)
    };
    (!changes || progress.used(at, operation) < change.limit(operation))
        && situated.falls.iter().all(told)
        && touched.iter().all(|target| is_named(all, progress, (at, change), target, operation))
}

/// Whether an effect on what the same change has just made takes nothing from anybody.
fn takes_nothing(effect: Effect) -> bool {
    matches!(
        effect,
        Effect::Destroy | Effect::Network | Effect::Interrupt | Effect::GuardRemoval | Effect::RecoveryLoss
    )
}

/// Whether a change names a target: by its id, or by what was made for it or for another change that it refers to.
fn is_named(
    all: &[ExpectedChange],
    progress: &Expectations,
    (at, change): (usize, &ExpectedChange),
    target: &Target,
    operation: &Operation,
) -> bool {
    let bound = progress.bound.get(&target.id).copied();
    let of = |index: usize| all.get(index).map(|other| configured(&other.address));
    if bound == Some(at) {
        return true;
    }
    if bound.and_then(of).is_some_and(|address| change.refers_to(&address)) {
        return true;
    }
    let makes = target.relation == Relation::Creates && change.counts(operation);
    change.targets.iter().any(|pattern| match fits(pattern, target.id.as_str()) {
        Some(Fit::Exact) => true,
        // What the service chooses is known once it has: until then by what makes it, from then on by what it made.
        Some(Fit::Chosen) => makes || bound.is_some(),
        Some(Fit::Refers(address)) => {
            (makes && configured(&change.address) == address)
                || bound.and_then(of).is_some_and(|known| known == address)
        }
        None => false,
    })
}

/// An address without the keys of instances, as far as references name it.
fn configured(address: &str) -> String {
    let mut plain = String::new();
    let (mut inside, mut quoted, mut escaped) = (false, false, false);
    for sign in address.chars() {
        match sign {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if inside => quoted = !quoted,
            '[' if !quoted => inside = true,
            ']' if !quoted => inside = false,
            _ if !inside => plain.push(sign),
            _ => {}
        }
    }
    plain
}

/// The request that people approved as the whole that this lease is a part of, as far as it still counts.
pub(crate) fn granted<'m>(memory: &'m Memory, session: &Session, now: Millis) -> Option<&'m Ticket> {
    let May::Change { action, ticket, .. } = &session.lease.part.as_ref()?.may else { return None };
    let ticket = memory.tickets.get(ticket.as_ref()?)?;
    let spent = matches!(&ticket.state, State::Consumed { by, .. } if by == action);
    (spent && memory.still_approved(ticket, now)).then_some(ticket)
}

impl Memory {
    /// Whether a session's lease holds at this time: its own, and the one that it is a part of unless that was taken back.
    pub fn is_live(&self, session: &SessionId, now: Millis) -> bool {
        let known = self.sessions.get(session).filter(|session| session.lease.is_live(now));
        let whole = |known: &Session| match &known.lease.part {
            None => true,
            Some(part) => self.sessions.get(&part.of).is_some_and(|of| !of.lease.revoked),
        };
        known.is_some_and(whole)
    }

    /// How far the changes of leases have come.
    pub(crate) fn keep_expected(&mut self, event: &Event) {
        match event {
            Event::Expected { session, change, operation } => {
                let progress = self.expectations.entry(session.clone()).or_default();
                let used = progress.used.entry((*change, operation.clone())).or_default();
                *used = used.saturating_add(1);
            }
            Event::NotMade { session, change, operation } => {
                let progress = self.expectations.entry(session.clone()).or_default();
                if let Some(used) = progress.used.get_mut(&(*change, operation.clone())) {
                    *used = used.saturating_sub(1);
                }
            }
            Event::Bound { session, change, target } => {
                let progress = self.expectations.entry(session.clone()).or_default();
                progress.bound.entry(target.clone()).or_insert(*change);
            }
            _ => {}
        }
    }

    /// Whether this change of this lease has this operation left.
    pub(crate) fn is_left(&self, session: &SessionId, change: usize, operation: &Operation) -> bool {
        let Some(known) = self.sessions.get(session) else { return false };
        let Some(May::Change { expected, .. }) = known.lease.part.as_ref().map(|part| &part.may) else {
            return false;
        };
        let used = self.expectations.get(session).map_or(0, |progress| progress.used(change, operation));
        expected.get(change).is_some_and(|change| used < change.limit(operation))
    }
}
