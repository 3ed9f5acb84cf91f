//! What Interlock remembers: the fold of all events. Kept whole in memory, rebuilt by the store at start.

mod asking;
mod changes;
mod people;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use interlock_action::{
    ActionId, AgentId, Digest, EnvironmentName, GlassId, GrantId, Kind, Millis, PersonId, PlanId, SessionId,
    Surface, Target, TargetId, TicketId, WorkspaceId,
};
use interlock_approval::{Message, Person, Refusal, State, Ticket};

use crate::{
    Agent, ChangeNote, ConfigStamp, Event, Freeze, FreezeScope, Glass, Grant, Guard, PermitNote, Plan,
    Rehearsal, Session, Workspace, custody::Point, expected::Expectations, guards::GuardOff,
    situate::is_production,
};

/// Sums run over this long.
pub(crate) const DAY: Millis = 24 * HOUR;
/// And over this long.
pub(crate) const HOUR: Millis = 60 * 60 * 1000;

/// Who made a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The agent.
    pub agent: AgentId,
    /// The session.
    pub session: SessionId,
    /// The id that no later thing of the same name has.
    pub immutable_id: Option<String>,
    /// Whether any other session has written to it since.
    pub touched_by_others: bool,
}

/// The fold of all events.
#[derive(Debug, Default)]
pub struct Memory {
    /// Everybody enrolled.
    pub people: BTreeMap<PersonId, Person>,
    /// The site at which passkeys count; where nobody says, at each its own.
    pub site: Option<String>,
    /// From when on there are two people whose keys count: ends solo for good.
    pub team_from: Option<Millis>,
    /// Registered agents.
    pub agents: BTreeMap<AgentId, Agent>,
    /// Sessions by id.
    pub sessions: HashMap<SessionId, Session>,
    /// How far the changes have come that a lease admits.
    pub expectations: HashMap<SessionId, Expectations>,
    /// Terraform workspaces.
    pub workspaces: BTreeMap<WorkspaceId, Workspace>,
    /// What was rehearsed, by its surface and the hexadecimal digits of the digest of its bytes.
    pub rehearsals: BTreeMap<(Surface, String), Rehearsal>,
    /// Virtual access key → session.
    pub keys: HashMap<String, SessionId>,
    /// Tickets by id.
    pub tickets: BTreeMap<TicketId, Ticket>,
    /// The tickets of an action, oldest first: sessions of one task whose launchers differ ask for different things.
    pub tickets_of: HashMap<Digest, Vec<TicketId>>,
    /// Permits not yet closed.
    pub open_permits: HashMap<ActionId, PermitNote>,
    /// Remembered classifications.
    pub classified: HashMap<TargetId, EnvironmentName>,
    /// What agents made.
    pub made: HashMap<TargetId, Made>,
    /// Destroys of the last day, oldest first.
    pub destroys: HashMap<AgentId, VecDeque<(Millis, u32)>>,
    /// Guards that were taken off in the last day, by target, oldest first.
    pub guards_off: HashMap<TargetId, Vec<GuardOff>>,
    /// Interlock's own recovery points.
    pub recovery_points: HashMap<String, TargetId>,
    /// Those of them of which it is known how they came about, by what their recipes call them.
    pub custody: BTreeMap<String, Point>,
    /// Changes that can be taken back.
    pub changes: HashMap<ActionId, ChangeNote>,
    /// Of each subject, the changes whose outcome has not been read, in the order in which they were let through.
    pub unsettled: HashMap<Digest, Vec<ActionId>>,
    /// All of them, oldest first.
    change_order: VecDeque<ActionId>,
    changes_so_far: u64,
    /// Every broken glass.
    pub glasses: BTreeMap<GlassId, Glass>,
    /// Sessions that only mean what they do.
    pub planning: BTreeSet<SessionId>,
    /// What agents have handed in.
    pub plans: BTreeMap<PlanId, Plan>,
    /// Every standing grant, and those that are over.
    pub grants: BTreeMap<GrantId, Grant>,
    /// Active freezes.
    pub freezes: BTreeMap<FreezeScope, Freeze>,
    /// Grows with every freeze and unfreeze.
    pub epoch: u64,
    /// What is in force.
    pub config: Option<ConfigStamp>,
}

impl Memory {
    /// Folds one event in.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Person { .. }
            | Event::KeyAdded { .. }
            | Event::KeyUsed { .. }
            | Event::KeysSuspended { .. }
            | Event::KeysRestored { .. }
            | Event::KeyRemoved { .. }
            | Event::PersonRemoved { .. } => self.keep_person(event),
            Event::Agent { agent } => {
                self.agents.insert(agent.name.clone(), agent.clone());
            }
            Event::Session { session } => self.keep_session(session),
            Event::SessionClosed { session } => {
                if let Some(session) = self.sessions.get_mut(session) {
                    session.lease.revoked = true;
                }
                self.expectations.remove(session);
            }
            Event::TicketOpened { ticket } => self.keep_ticket(ticket),
            Event::TicketMoved { ticket } => {
                self.tickets.insert(ticket.id.clone(), (**ticket).clone());
            }
            Event::PermitOpened { permit } => {
                self.open_permits.insert(permit.action.clone(), permit.clone());
            }
            Event::PermitClosed { action } => {
                self.open_permits.remove(action);
                if let Some(note) = self.changes.get_mut(action) {
                    note.ended = true;
                }
            }
            Event::Undoable { .. }
            | Event::Settled { .. }
            | Event::NeverHappened { .. }
            | Event::Undoing { .. }
            | Event::Undone { .. } => self.keep_change(event),
            Event::Classified { .. } | Event::Made { .. } | Event::Gone { .. } | Event::Touched { .. } => {
                self.keep_made(event)
            }
            Event::Destroyed { agent, count, at } => self.keep_destroyed(agent, *count, *at),
            Event::GuardRemoved { target, what, action, agent, at } => {
                let (what, action, agent) = (what.clone(), action.clone(), agent.clone());
                self.guard_off(target, GuardOff { what, action, agent, at: *at });
            }
            Event::RecoveryPoint { .. }
            | Event::PointSeen { .. }
            | Event::Drilling { .. }
            | Event::Proven { .. }
            | Event::Unproven { .. }
            | Event::Purging { .. }
            | Event::Purged { .. }
            | Event::Unpurged { .. } => self.keep_point(event),
            Event::Expected { .. } | Event::NotMade { .. } | Event::Bound { .. } => self.keep_expected(event),
            Event::StateWritten { .. } | Event::StateVerified { .. } | Event::Rehearsed { .. } => {
                self.keep_workspace(event);
            }
            Event::Glass { .. } | Event::GlassReviewed { .. } | Event::GlassMended { .. } => {
                self.keep_glass(event)
            }
            Event::Planning { .. } | Event::Planned { .. } => self.keep_plan(event),
            Event::Granted { .. } | Event::GrantUsed { .. } | Event::GrantEnded { .. } => {
                self.keep_grant(event)
            }
            Event::Frozen { freeze } => {
                self.epoch = self.epoch.saturating_add(1);
                self.freeze_grants(freeze);
                self.freezes.insert(freeze.scope.clone(), freeze.clone());
            }
            Event::Unfrozen { scope } => {
                self.epoch = self.epoch.saturating_add(1);
                self.freezes.remove(scope);
            }
            Event::Config { stamp } => self.config = Some(stamp.clone()),
        }
    }

    fn keep_destroyed(&mut self, agent: &AgentId, count: u32, at: Millis) {
        let destroys = self.destroys.entry(agent.clone()).or_default();
        destroys.push_back((at, count));
        while destroys.front().is_some_and(|(then, _)| then.saturating_add(DAY) < at) {
            destroys.pop_front();
        }
    }

    fn keep_ticket(&mut self, ticket: &Ticket) {
        let of = self.tickets_of.entry(ticket.held.action_digest).or_default();
        let lives =
            |id: &TicketId| self.tickets.get(id).is_some_and(|known| known.held.expires > ticket.held.opened);
        of.retain(lives);
        of.push(ticket.id.clone());
        self.tickets.insert(ticket.id.clone(), ticket.clone());
    }

    /// What is classified; who made what, and whether it is still theirs alone.
    fn keep_made(&mut self, event: &Event) {
        match event {
            Event::Classified { target, environment } => {
                self.classified.insert(target.clone(), environment.clone());
            }
            Event::Made { target, agent, session, immutable_id } => {
                let made = Made {
                    agent: agent.clone(),
                    session: session.clone(),
                    immutable_id: immutable_id.clone(),
                    // Learning the id of what was made already forgives nobody who wrote to it meanwhile.
                    touched_by_others: self.made.get(target).is_some_and(|known| {
                        known.session == *session && known.immutable_id.is_none() && known.touched_by_others
                    }),
                };
                self.made.insert(target.clone(), made);
            }
            // What has an id of its own is told apart from what comes after it by that id.
            Event::Gone { target }
                if self.made.get(target).is_some_and(|made| made.immutable_id.is_none()) =>
            {
                self.made.remove(target);
            }
            Event::Touched { target, session } => {
                if let Some(made) = self.made.get_mut(target) {
                    made.touched_by_others |= made.session != *session;
                }
            }
            _ => {}
        }
    }

    fn keep_session(&mut self, session: &Session) {
        // The keys of an earlier run are worth nothing once a session goes on.
        self.keys.retain(|key, of| *of != session.id || session.keys.contains(key));
        for key in &session.keys {
            self.keys.insert(key.clone(), session.id.clone());
        }
        let mut kept = session.clone();
        // INVARIANT: a change was made from what somebody read a moment ago. Who launched it once stays among its launchers,
        // what was taken back stays so, and once advisory is always advisory, whatever came in between.
        if let Some(known) = self.sessions.get(&session.id) {
            kept.launch.join(&known.launch);
            kept.lease.revoked |= known.lease.revoked;
            kept.advisory |= known.advisory;
        }
        let mut all = self.people.values().flat_map(|person| &person.keys);
        kept.observed &=
            !all.any(|key| !key.suspended.is_empty() && kept.observers.contains(&key.fingerprint));
        self.sessions.insert(kept.id.clone(), kept);
    }

    /// Checks one guard; for a step, returns the ticket's new form.
    pub fn check(&self, guard: &Guard) -> Result<Option<Ticket>, String> {
        match guard {
            Guard::State(workspace, wanted) => {
                let latest = self.workspaces.get(workspace).and_then(Workspace::latest);
                if latest.map(|state| state.version) == *wanted {
                    return Ok(None);
                }
                Err(format!("the state of `{workspace}` was written meanwhile"))
            }
            Guard::Left(session, change, operation) if self.is_left(session, *change, operation) => Ok(None),
            Guard::Left(_, _, operation) => Err(format!("{operation} was made as often as was approved")),
            Guard::SessionLive(id, now) => match self.sessions.get(id) {
                Some(_) if self.is_live(id, *now) => Ok(None),
                Some(_) => Err(format!("the lease of session `{id}` has ended")),
                None => Err(format!("there is no session `{id}`")),
            },
            Guard::SessionKeys(id, keys) => match self.sessions.get(id) {
                Some(session) if session.keys == *keys => Ok(None),
                Some(_) => Err(format!("session `{id}` goes on with other keys")),
                None => Err(format!("there is no session `{id}`")),
            },
            Guard::Epoch(epoch) if *epoch == self.epoch => Ok(None),
            Guard::Epoch(_) => Err("a freeze came in between".to_owned()),
            Guard::Step(id, message, now) => {
                let ticket = self.tickets.get(id).ok_or_else(|| format!("there is no request `{id}`"))?;
                // INVARIANT: an approval by a key that counts no more is neither spent nor given back.
                match **message {
                    Message::Consume { .. } if !self.still_approved(ticket, *now) => {
                        return Err(format!("a key that approved `{id}` counts no more"));
                    }
                    Message::Restore { .. } if !self.still_approved(ticket, *now) => return Ok(None),
                    _ => {}
                }
                let next =
                    ticket.step((**message).clone(), *now).map_err(|refusal: Refusal| refusal.to_string())?;
                Ok(Some(next))
            }
            Guard::Budget(agent, count, now, budget) => {
                let spent = |window| self.destroyed(agent, *now, window).saturating_add(*count);
                if spent(HOUR) > budget.destroys_per_hour || spent(DAY) > budget.destroys_per_day {
                    return Err(format!("agent `{agent}` has destroyed as much as it may without a person"));
                }
                Ok(None)
            }
            Guard::PersonExists(person, wanted) if self.people.contains_key(person) == *wanted => Ok(None),
            Guard::PersonExists(person, true) => Err(format!("there is no person `{person}`")),
            Guard::PersonExists(person, false) => Err(format!("`{person}` is enrolled already")),
            Guard::Unused(person, key, counter) => match self.counter(person, key) {
                Some(known) if known < *counter || (known, *counter) == (0, 0) => Ok(None),
                _ => Err(format!("a passkey of `{person}` has signed as often before, or is gone")),
            },
            Guard::NoGlass(person) => match self.glass_unreviewed(person) {
                Some(glass) => Err(format!("nobody has looked at {} of `{person}` yet", glass.id)),
                None => Ok(None),
            },
            Guard::Granted(id, now) => match self.grants.get(id).map(|grant| self.grant_idle(grant, *now)) {
                Some(None) => Ok(None),
                Some(Some(why)) => Err(format!("grant {id} lets nothing pass: {why}")),
                None => Err(format!("there is no grant `{id}`")),
            },
            Guard::InEarnest(id) if self.planning.contains(id) => {
                Err(format!("session `{id}` plans: nothing that it would change is sent"))
            }
            Guard::InEarnest(_) => Ok(None),
            Guard::MayAsk(session, agent, now) => self.may_ask(session, agent, *now).map(|()| None),
            Guard::Observed(id) if self.sessions.get(id).is_some_and(|session| session.observed) => Ok(None),
            Guard::Observed(id) => Err(format!("people are asked again in session `{id}`")),
            Guard::StillSigned(people) => match people.iter().find(|person| !self.is_trusted(person)) {
                Some(person) => Err(format!("`{person}`, who signed for it, was suspended or taken out")),
                None => Ok(None),
            },
            Guard::AgentFree(agent) => match self.agents.get(agent) {
                Some(known) if self.people.contains_key(&known.owner) => {
                    Err(format!("there is an agent `{agent}` already"))
                }
                _ => Ok(None),
            },
        }
    }

    /// How many things an agent destroyed in the `window` before `now`, outside what it made.
    pub fn destroyed(&self, agent: &AgentId, now: Millis, window: Millis) -> u32 {
        let since = now.saturating_sub(window);
        let counts = self.destroys.get(agent).into_iter().flatten();
        counts.filter(|(at, _)| *at >= since).fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// The tickets of an action that still say something at this time, newest first.
    pub fn standing_tickets(&self, digest: &Digest, now: Millis) -> impl Iterator<Item = &Ticket> {
        let all = self.tickets_of.get(digest).into_iter().flatten().rev();
        all.filter_map(|id| self.tickets.get(id)).filter(move |ticket| {
            let stands =
                matches!(ticket.state, State::Pending | State::Approved { .. } | State::Denied { .. });
            stands && now < ticket.held.expires
        })
    }

    /// Whether an object is remembered as production by itself, beside what is remembered of its bucket; of objects that
    /// are not named one by one, whether any of them is.
    pub(crate) fn is_copy_of_production(&self, target: &Target) -> bool {
        if target.kind != Kind::Object {
            return false;
        }
        match target.id.as_str().split_once(['*', '?']) {
            Some((head, _)) => self.holds_production(head),
            None => self.classified.get(&target.id).is_some_and(is_production),
        }
    }

    /// Whether anything whose id begins so is remembered as production.
    pub(crate) fn holds_production(&self, head: &str) -> bool {
        let mut all = self.classified.iter();
        all.any(|(id, environment)| is_production(environment) && id.as_str().starts_with(head))
    }
}
