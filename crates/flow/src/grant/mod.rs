//! Standing grants: people let the like of one held action pass for a while, so that they are not asked the same again.
//!
//! A grant stands in for the one person whom a T3 takes and for nothing else. It is of one session, made of one request, signed by
//! those who could approve that, bounded in time, number and reach, used up call by call in the write that lets the call through,
//! and over at the first thing that goes otherwise than expected.

mod shape;
mod sign;

use std::collections::BTreeSet;

use interlock_action::{
    Content, Digest, Effect, Forecast, GrantId, Kind, Millis, PersonId, SessionId, Surface, TargetId,
    TicketId,
};
use interlock_approval::{Launch, Ticket};
use interlock_policy::{Ask, Selector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use sign::GrantError;

use self::shape::shape;
use crate::{Event, Freeze, FreezeScope, Memory, Session, Situated};

/// The longest that one stands, in minutes.
pub const LONGEST_GRANT: u64 = 24 * 60;
/// The most calls that one lets pass.
pub const MOST_USES: u32 = 100;

const MINUTE: Millis = 60_000;

/// What people sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantTerms {
    /// The request that it was made of.
    pub ticket: TicketId,
    /// Its digest.
    pub digest: Digest,
    /// Whose calls.
    pub session: SessionId,
    /// Which.
    pub selector: Selector,
    /// The same as Cedar permits: what the policy asks.
    pub policy: String,
    /// Where, and with which arguments but for the names of what it falls on.
    pub arguments: Digest,
    /// Whether any arguments will do: then the digest is over the place alone.
    pub any_arguments: bool,
    /// How far one call may go.
    pub reach: Reach,
    /// What could not be seen of the first, and need not be seen of the others.
    pub unknowns: BTreeSet<String>,
    /// How many calls.
    pub count: u32,
    /// For how many minutes, from when the last who must has signed.
    pub minutes: u64,
}

impl GrantTerms {
    /// What somebody wished for who would get these.
    pub fn wish(&self) -> GrantWish {
        GrantWish {
            minutes: self.minutes,
            count: self.count,
            any_target: self.selector.parts.iter().all(|part| part.targets.is_empty()),
            any_arguments: self.any_arguments,
        }
    }
}

/// How far a call goes: no further than the first one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// On how many things it falls.
    pub things: usize,
    /// How many things would be different, as far as they are foreseen.
    pub changes: usize,
    /// Of which kinds, each with what happens to it.
    pub kinds: BTreeSet<(Effect, Kind)>,
    /// How many others use them.
    pub dependents: usize,
}

impl Reach {
    /// As the policy is asked, and as it is foreseen.
    fn of(asks: &[Ask], forecast: &Forecast) -> Self {
        let on = asks.iter().filter(|ask| ask.effect != Effect::Read).map(|ask| &ask.target.id);
        let changes = || forecast.changes.iter().filter(|change| change.effect != Effect::Read);
        Self {
            things: on.collect::<BTreeSet<_>>().len(),
            changes: changes().count(),
            kinds: changes().map(|change| (change.effect, change.kind)).collect(),
            dependents: forecast.dependents.len(),
        }
    }

    /// Whether another goes no further.
    fn holds(&self, other: &Self) -> bool {
        other.things <= self.things
            && other.changes <= self.changes
            && other.kinds.is_subset(&self.kinds)
            && other.dependents <= self.dependents
    }
}

/// What somebody wants granted, of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GrantWish {
    /// For how many minutes.
    pub minutes: u64,
    /// How many calls.
    pub count: u32,
    /// On every thing of these kinds in the same place, not on these alone.
    pub any_target: bool,
    /// With any arguments.
    pub any_arguments: bool,
}

impl Default for GrantWish {
    fn default() -> Self {
        Self { minutes: 60, count: 10, any_target: false, any_arguments: false }
    }
}

/// One grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grant {
    /// Which.
    pub id: GrantId,
    /// What was signed.
    pub terms: GrantTerms,
    /// By whom, with which keys.
    pub signers: Vec<GrantSigner>,
    /// Who owned the agent.
    pub owner: PersonId,
    /// Who has launched the session: whoever launches it besides could not have been asked.
    pub launch: Launch,
    /// Who was enrolled, and whether one alone decided.
    pub people: (BTreeSet<PersonId>, bool),
    /// When the first of them signed.
    pub opened: Millis,
    /// Since when it stands; `None` as long as it takes another.
    pub since: Option<Millis>,
    /// How many calls it has let pass.
    pub used: u32,
    /// Whether it is over before its time, and why.
    pub ended: Option<GrantEnd>,
}

/// Somebody who signed for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrantSigner {
    /// Who.
    pub person: PersonId,
    /// Their roles then.
    pub roles: Vec<String>,
    /// The key's fingerprint.
    pub key: String,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrantEnd {
    /// When.
    pub at: Millis,
    /// Why.
    pub why: String,
}

impl Grant {
    /// Until when it stands; `None` as long as it does not.
    pub fn until(&self) -> Option<Millis> {
        Some(self.since?.saturating_add(self.terms.minutes.saturating_mul(MINUTE)))
    }

    /// Why it lets nothing pass now; `None` where it does.
    pub fn idle(&self, now: Millis) -> Option<String> {
        let Some(until) = self.until() else {
            return Some("another has to sign for it".to_owned());
        };
        if let Some(end) = &self.ended {
            return Some(end.why.clone());
        }
        if self.used >= self.terms.count {
            return Some("it is used up".to_owned());
        }
        (now >= until).then(|| "its time is over".to_owned())
    }

    /// Whether it is over for good.
    pub fn is_over(&self, now: Millis) -> bool {
        self.ended.is_some() || (self.since.is_some() && self.idle(now).is_some())
    }

    /// Whether an action is the like of the one that it was made of.
    fn covers(&self, session: &Session, situated: &Situated, asks: &[Ask], arguments: &Value) -> bool {
        let GrantTerms { selector, reach, unknowns, any_arguments, .. } = &self.terms;
        let (action, forecast) = (&situated.action, &situated.survey.forecast);
        let alike = shape(action, asks, (!any_arguments).then_some(arguments));
        self.terms.session == session.id
            && action.surface == Surface::Aws
            && action.content != Content::Unbound
            && alike.is_ok_and(|alike| alike == self.terms.arguments)
            && reach.holds(&Reach::of(asks, forecast))
            // What falls on many inside a target is counted by nobody here.
            && situated.falls.iter().all(|fall| fall.many <= 1)
            && forecast.data_loss.is_empty()
            && forecast.unknowns.iter().all(|unknown| unknowns.contains(unknown))
            // INVARIANT: what cannot be asked is not covered.
            && selector.covers(&action.operation, asks).unwrap_or(false)
    }
}

impl Memory {
    /// Folds in what happened to grants.
    pub(crate) fn keep_grant(&mut self, event: &Event) {
        match event {
            Event::Granted { grant } => {
                let mut kept = (**grant).clone();
                // INVARIANT: what is over stays over, whoever signed for it meanwhile, and what is used stays used.
                if let Some(known) = self.grants.get(&grant.id) {
                    kept.ended = known.ended.clone().or(kept.ended);
                    kept.used = kept.used.max(known.used);
                }
                self.grants.insert(kept.id.clone(), kept);
            }
            Event::GrantUsed { grant } => {
                if let Some(grant) = self.grants.get_mut(grant) {
                    grant.used = grant.used.saturating_add(1);
                }
            }
            Event::GrantEnded { grant, end } => {
                if let Some(grant) = self.grants.get_mut(grant) {
                    grant.ended.get_or_insert_with(|| end.clone());
                }
            }
            _ => {}
        }
    }

    /// Why a grant lets nothing pass now; `None` where it does.
    pub fn grant_idle(&self, grant: &Grant, now: Millis) -> Option<String> {
        grant.idle(now).or_else(|| {
            if self.is_over(&grant.terms.session) {
                return Some("its session has ended".to_owned());
            }
            let session = self.sessions.get(&grant.terms.session)?;
            if session.launch != grant.launch || session.agent.owner != grant.owner {
                return Some("somebody else has launched the session since it was signed".to_owned());
            }
            // INVARIANT: a yes to what runs in a sandbox is none to what runs outside of one.
            let confined = self.tickets.get(&grant.terms.ticket).is_none_or(|ticket| !ticket.advisory);
            if session.advisory && confined {
                return Some("its session runs outside the sandbox since it was signed".to_owned());
            }
            if grant.people != self.people_now(now) {
                return Some("other people are enrolled than when it was signed".to_owned());
            }
            let gone = |signer: &&GrantSigner| {
                let keys = self.people.get(&signer.person).into_iter().flat_map(|person| &person.keys);
                !self.is_trusted(&signer.person)
                    || !keys.into_iter().any(|key| key.fingerprint == signer.key && key.counts(now).is_ok())
            };
            let gone = grant.signers.iter().find(gone)?;
            Some(format!("a key of {} by which it was signed counts no more", gone.person))
        })
    }

    /// Why a grant that stands has nothing to let pass for now: its session rests.
    pub fn grant_rests(&self, grant: &Grant, now: Millis) -> Option<String> {
        let session = self.sessions.get(&grant.terms.session)?;
        let rests = !session.lease.is_live(now);
        rests.then(|| format!("its session rests, and goes on with `interlock run --resume {}`", session.id))
    }

    /// Who is enrolled, and whether one alone decides.
    pub(crate) fn people_now(&self, now: Millis) -> (BTreeSet<PersonId>, bool) {
        (self.enrolled(now).map(|person| person.name.clone()).collect(), self.solo(now))
    }

    /// Whether a session was taken back for good. One that rests may be resumed, and what was granted to it goes on.
    pub(crate) fn is_over(&self, session: &SessionId) -> bool {
        self.sessions.get(session).is_none_or(|session| session.lease.revoked)
    }

    /// Every grant of this session that stands.
    pub(crate) fn grants_of(&self, session: &SessionId, now: Millis) -> impl Iterator<Item = &Grant> {
        let of = self.grants.values().filter(move |grant| grant.terms.session == *session);
        of.filter(move |grant| self.grant_idle(grant, now).is_none())
    }

    /// A grant that covers an action, of those that `fits` lets count.
    pub(crate) fn grant_over(
        &self,
        (session, now): (&Session, Millis),
        situated: &Situated,
        asks: &[Ask],
        arguments: &Value,
        fits: impl Fn(&Grant) -> bool,
    ) -> Option<GrantId> {
        let mut standing = self.grants_of(&session.id, now).filter(|grant| fits(grant));
        standing.find(|grant| grant.covers(session, situated, asks, arguments)).map(|grant| grant.id.clone())
    }

    /// A freeze ends what stands in its scope: whoever lets that go on again has not said that this may.
    pub(crate) fn freeze_grants(&mut self, freeze: &Freeze) {
        for grant in self.grants.values_mut() {
            let selector = &grant.terms.selector;
            let task = self.sessions.get(&grant.terms.session).map(|session| &session.task);
            let covered = match &freeze.scope {
                FreezeScope::Fleet => true,
                FreezeScope::Agent(agent) => *agent == selector.agent,
                FreezeScope::Task(frozen) => task == Some(frozen),
                // Its own operations, and those of others that name its things, as the request did that it was made of.
                FreezeScope::Service(name) => {
                    let named = |target: &TargetId| target.as_str().split(':').nth(2) == Some(name);
                    let asked =
                        self.tickets.get(&grant.terms.ticket).map(|ticket| &ticket.held.action.targets);
                    selector.operation.service() == name
                        || asked.into_iter().flatten().any(|target| named(&target.id))
                }
                FreezeScope::Environment(name) => selector.parts.iter().any(|part| part.environment == *name),
            };
            if covered {
                let why = format!("{} froze it", freeze.by);
                grant.ended.get_or_insert(GrantEnd { at: freeze.since, why });
            }
        }
    }

    /// What ends, where a request is denied, every grant of that agent on that task that is not over: the same call asks by the same
    /// request in whichever of its sessions.
    pub(crate) fn ends_grants(&self, denied: &Ticket, now: Millis, why: &str) -> Vec<Event> {
        let concerns = |session: &SessionId| {
            let session = self.sessions.get(session);
            session.is_some_and(|session| {
                session.agent.name == denied.held.agent && session.task == denied.held.task
            })
        };
        let of = self.grants.values().filter(|grant| concerns(&grant.terms.session) && !grant.is_over(now));
        let end = |grant: &Grant| Event::GrantEnded {
            grant: grant.id.clone(),
            end: GrantEnd { at: now, why: why.to_owned() },
        };
        of.map(end).collect()
    }
}
