//! The road itself: one function an action goes down, one stage after the other.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLockReadGuard},
};

use interlock_action::{
    Action, ActionId, Content, Digest, Effect, Millis, Operation, Sealer, SessionId, Surface,
};
use interlock_approval::{KeyStep, Reason, Site, State, Ticket};
use interlock_ledger::{Entry, EntryKind};
use interlock_policy::{Bundle, Decision, Need};
use serde::{Deserialize, Serialize};

use crate::{
    Budget, Cause, Identity, Memory, Permit, Ports, Record, RefusedAction, Rules, Session, Situated,
    SurfacePorts, Undo, Verdict,
    allow::LetBy,
    candidates::merge,
    custody,
    expected::{self, Cover},
    fault,
    hold::{self, Weighed},
    judge::{self, Brought},
    permit::frozen,
    plan,
    quorum::{self, Roles},
    rules::touches_identities,
    situate::{World, situate},
    stop::Stop,
};

/// What the configuration says about the road.
#[derive(Debug)]
pub struct RoadSettings {
    /// Environment rules.
    pub rules: Rules,
    /// Sums.
    pub budget: Budget,
    /// ARNs of identities that are Interlock's own, beside those that [`Road::known_by`] tells.
    pub principals: Vec<String>,
    /// The site at which people's passkeys count; without one none does.
    pub site: Option<Site>,
    /// The least that a key must prove for a T3 and a T4, where people have set it.
    pub least: Least,
    /// Who may fill which place of a quorum.
    pub roles: Roles,
    /// Seals secret values.
    pub sealer: Sealer,
    /// Agent classes for which production is read-only.
    pub read_only_classes: Vec<String>,
    /// How long a ticket stands.
    pub ticket_lifetime: Millis,
    /// How long a recovery point stays, whatever people say.
    pub grace: Millis,
    /// How long a drill proves a recovery point.
    pub proven_within: Millis,
    /// How long a solo person's approval of a T4 action can still be cancelled.
    pub solo_delay: Millis,
    /// Surfaces whose actions can be rehearsed.
    pub rehearsed: Vec<Surface>,
    /// `[mode] enforce = "observe"`: in every session, what people would have to approve flows, and is written down.
    pub observe: bool,
    /// `[ledger] reads = "before"`: a read, too, is durable before it is sent.
    pub reads_before: bool,
    /// `[fail] reads = "allow"`: reads pass while the ledger is unavailable.
    pub reads_without_ledger: bool,
}

/// The least that a key must prove, by tier: `open-ssh`, `security-key` or `device-bound`. Beside it the second is asked for as soon as
/// somebody has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Least {
    /// For what one person approves.
    #[serde(rename = "T3")]
    pub t3: KeyStep,
    /// For what two approve.
    #[serde(rename = "T4")]
    pub t4: KeyStep,
}

impl Default for Least {
    fn default() -> Self {
        Self { t3: KeyStep::OpenSsh, t4: KeyStep::OpenSsh }
    }
}

/// The road: one for all surfaces.
pub struct Road {
    pub(crate) ports: Ports,
    pub(crate) settings: RoadSettings,
    /// Who knows whose credentials Interlock holds.
    identity: Option<Arc<dyn Identity>>,
    /// The ways back of each surface.
    pub(crate) undo: BTreeMap<Surface, Arc<dyn Undo>>,
    /// Who looks after recovery points.
    pub(crate) custody: custody::Custodian,
    /// Changes that were looked at and seemed to have changed nothing.
    pub(crate) looked: crate::undo::Looked,
    /// One run back at a time.
    pub(crate) undoing: futures_util::lock::Mutex<()>,
    bundle: Bundle,
    /// Whether the bundle in force is the shipped one, which looks at no read's target. An added rule may.
    reads_alike: bool,
    /// Approvals are counted one at a time, so that two that complete a quorum together both see it.
    pub(crate) deciding: futures_util::lock::Mutex<()>,
    /// What is prepared for a forecast is made, read and taken away by one at a time.
    pub(crate) preparing: futures_util::lock::Mutex<()>,
}

/// Whether an action is to be done, or only meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// Now.
    Now,
    /// As a step of a plan.
    Later,
}

/// So often a call of a whole is judged again because another one came first.
const MOST_RACES: u32 = 64;

/// What an agent is told that asks too much.
const FLOOD: &str = "this agent has too many requests waiting, or has opened too many in the last hour: work on what was decided, \
                     and ask again later";

impl Road {
    /// A road with its ports, its settings and the bundle in force.
    pub fn new(ports: Ports, settings: RoadSettings, bundle: Bundle) -> Self {
        Self {
            ports,
            settings,
            identity: None,
            undo: BTreeMap::new(),
            custody: custody::Custodian::default(),
            looked: crate::undo::Looked::default(),
            undoing: futures_util::lock::Mutex::new(()),
            reads_alike: bundle.hash() == Bundle::shipped().hash(),
            bundle,
            deciding: futures_util::lock::Mutex::new(()),
            preparing: futures_util::lock::Mutex::new(()),
        }
    }

    /// The same road, which asks whose credentials Interlock holds. Until that is known, nothing that could touch them is
    /// let through.
    #[must_use]
    pub fn known_by(mut self, identity: Arc<dyn Identity>) -> Self {
        self.identity = Some(identity);
        self
    }

    /// The same road, on which what is done on this surface can be taken back.
    #[must_use]
    pub fn undone_by(mut self, surface: Surface, undo: Arc<dyn Undo>) -> Self {
        self.undo.insert(surface, undo);
        self
    }

    /// The ARNs of Interlock's own identities; `None` while they are unknown.
    pub(crate) fn principals(&self) -> Option<Vec<String>> {
        let mut all = self.settings.principals.clone();
        if let Some(identity) = &self.identity {
            all.extend(identity.principals()?);
        }
        Some(all)
    }

    /// The ports.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }
    /// The settings.
    pub fn settings(&self) -> &RoadSettings {
        &self.settings
    }
    /// The bundle in force.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Judges an action of a session. Several candidates are several readings of the same bytes: what any of them does
    /// counts, and the permit carries the first.
    pub async fn admit(&self, session: &SessionId, candidates: Vec<Arc<Action>>) -> Verdict {
        self.judge(session, candidates, Aim::Now).await
    }

    /// Judges what a session means to do: no permit comes of it, and nothing is made for it.
    pub async fn intend(&self, session: &SessionId, candidates: Vec<Arc<Action>>) -> Verdict {
        self.judge(session, candidates, Aim::Later).await
    }

    async fn judge(&self, session: &SessionId, candidates: Vec<Arc<Action>>, aim: Aim) -> Verdict {
        let Some(action) = merge(&candidates) else {
            let id = self.action_id();
            return refused(
                id,
                Operation::new("unknown"),
                Cause::Unreadable,
                "unreadable",
                "nothing could be read in it",
            );
        };
        let operation = action.operation.clone();
        let stop = match self.live_session(session) {
            Ok(session) if self.reads_alike && action.is_plain_read() => {
                match self.admit_read(&session, action).await {
                    Ok(verdict) => return verdict,
                    Err(stop) => stop,
                }
            }
            Ok(session) => {
                // Calls of one whole that come at the same time are alike until one of them is let through: which change of it
                // the others are is judged again.
                let mut races = if session.lease.part.is_some() { MOST_RACES } else { 0 };
                loop {
                    match self.admit_judged(&session, Arc::clone(&action), aim).await {
                        Ok(verdict) => return verdict,
                        Err(Stop::Again) => {}
                        Err(Stop::Conflict(_)) if races > 0 => races -= 1,
                        Err(stop) => break stop,
                    }
                }
            }
            Err(stop) => stop,
        };
        self.stopped(operation, stop)
    }

    pub(crate) fn live_session(&self, id: &SessionId) -> Result<Arc<Session>, Stop> {
        let memory = self.memory();
        let session =
            memory.sessions.get(id).ok_or_else(|| Stop::NoLease(format!("there is no session `{id}`")))?;
        if !memory.is_live(id, self.ports.clock.now()) {
            return Err(Stop::NoLease(format!("the lease of session `{id}` has ended")));
        }
        Ok(Arc::new(session.clone()))
    }

    /// A plain read: judged, noted, let through. Nothing is looked up about it.
    async fn admit_read(&self, session: &Arc<Session>, action: Arc<Action>) -> Result<Verdict, Stop> {
        let decision = {
            let memory = self.memory();
            let now = self.ports.clock.now();
            let (team, solo) = (judge::team(&memory, now), memory.solo(now));
            let nothing = interlock_policy::Verified::none(team, solo);
            let greatest = interlock_policy::Hypothetical::greatest(team, team, solo);
            self.bundle().decide(&[judge::read_ask(session, &action)], &nothing, &greatest)
        };
        let id = self.action_id();
        let observed = self.observes(session) && matches!(decision, Decision::Hold { .. });
        if !decision.admits() && !observed {
            return Ok(Verdict::Refused(RefusedAction {
                operation: action.operation.clone(),
                id,
                cause: Cause::Policy,
                reasons: hold::reasons(&decision),
            }));
        }
        let entry = Entry::new(EntryKind::Read, self.ports.clock.now())
            .public("action", &id)
            .public("session", &session.id)
            .public("agent", &session.agent.name)
            .public("operation", &action.operation);
        let entry = self.marked(entry, session, observed.then_some(&decision));
        let noted = if self.settings.reads_before {
            self.ports.journal.commit(Record::only(entry)).await.map(|_| ())
        } else {
            self.ports.journal.note(Record::only(entry))
        };
        match noted {
            Ok(()) => {}
            Err(_) if self.settings.reads_without_ledger => {}
            Err(error) => return Err(error.into()),
        }
        let mut permit = self.permit(id, action, Arc::clone(session), 0);
        permit.mutates = false;
        Ok(Verdict::Allowed(permit))
    }

    /// Everything that is not a plain read.
    async fn admit_judged(
        &self,
        session: &Arc<Session>,
        action: Arc<Action>,
        aim: Aim,
    ) -> Result<Verdict, Stop> {
        let epoch = self.memory().epoch;
        let action = self.own_tokens(session, action);
        let (action, survey) = self.prepared(session, action).await?;
        let principals = self.principals();
        self.look_at_unseen(&action).await;
        let mut situated = {
            let memory = self.memory();
            let world = World {
                memory: &memory,
                rules: &self.settings.rules,
                budget: self.settings.budget,
                proven_within: self.settings.proven_within,
                principals: principals.as_deref().unwrap_or_default(),
                now: self.ports.clock.now(),
            };
            situate(&world, session, (*action).clone(), survey)
        };
        let cover = expected::cover(&self.memory(), session, &situated);
        if cover == Cover::LooksOnly {
            return self.refuse(session, &situated, Cause::NoLease, vec![reason("lease", LOOKS_ONLY)]).await;
        }
        expected::place(cover, &mut situated);
        let frozen = frozen(&self.memory(), session, &situated.action, Some(&situated.environments()));
        if let Some(words) = frozen.filter(|_| action.mutates()) {
            return self.refuse(session, &situated, Cause::Frozen, vec![reason("freeze", &words)]).await;
        }
        if principals.is_none() && touches_identities(&situated.action) {
            let reasons = vec![reason("identity", UNKNOWN_IDENTITY)];
            return self.refuse(session, &situated, Cause::Policy, reasons).await;
        }
        situated.undo = self.way_back(session, &situated.action, &situated.survey.securing).await;
        situated.parts_undone = self.undoes_parts(session, &situated.action).await;
        crate::undo::promise(&mut situated);
        let digest = self.action_digest(session, &situated)?;
        let standing = self.standing(&digest, &situated).await?;
        for ticket in &standing {
            if let Ticket { state: State::Denied { by, reason: words, .. }, id, .. } = ticket {
                let words = format!("{by} denied request {id}: {words}");
                return self.refuse(session, &situated, Cause::Denied, vec![reason("denied", &words)]).await;
            }
        }
        self.decide(session, &action, situated, (digest, standing), (epoch, aim)).await
    }

    async fn decide(
        &self,
        session: &Arc<Session>,
        asked: &Arc<Action>,
        mut situated: Situated,
        (digest, standing): (Digest, Vec<Ticket>),
        (epoch, aim): (u64, Aim),
    ) -> Result<Verdict, Stop> {
        let asks = judge::asks(&self.settings, session, &situated);
        let (mut secured, mut would) = (false, None);
        loop {
            let Weighed { decision, ticket, grant } =
                self.weigh(session, &situated, &asks, &standing, secured);
            let brought = Brought { ticket: ticket.as_ref(), grant: grant.as_ref(), secured };
            situated.judged = self.judged(session, &situated, &asks, brought, &decision);
            let unasked = self.unasked(session, &situated, &asks, secured, &decision, &mut would);
            match unasked.as_ref().unwrap_or(&decision) {
                // INVARIANT: what is only meant leads to no permit, and has no recovery point made for it.
                Decision::Allow { .. } if aim == Aim::Later => {
                    return self.refuse(session, &situated, Cause::Planned, plan::noted()).await;
                }
                allowed if allowed.admits() => {
                    let approved = |ticket: &Ticket| matches!(ticket.state, State::Approved { .. });
                    let spends = ticket.filter(|ticket| unasked.is_none() && approved(ticket));
                    if unasked.is_some() {
                        self.seen_to_be_unasked(session, &decision).await?;
                    }
                    let waits = self.unwitnessed(session, &situated, &decision, spends.as_ref()).await?;
                    if let Some(held) = waits {
                        return Ok(Verdict::Held(held));
                    }
                    let would = would.filter(|_| unasked.is_some());
                    let by = LetBy { ticket: spends.map(|ticket| ticket.id), grant, would };
                    let grant = by.grant.clone();
                    let verdict = self.allow(session, situated, digest, by, epoch).await?;
                    self.no_more_asked(&standing, grant.as_ref()).await;
                    return Ok(verdict);
                }
                // What a machine can bring is brought, once; then the policy is asked again.
                decision if !secured && aim == Aim::Now && asks_to_secure(decision, &situated) => {
                    self.secure(session, &situated).await?;
                    self.stood_still(session, asked, &situated).await?;
                    secured = true;
                }
                Decision::Refuse { .. } => {
                    let barred = {
                        let memory = self.memory();
                        let now = self.ports.clock.now();
                        quorum::nobody_left(self.bundle(), &memory, session, &situated, &asks, now)
                    };
                    let kept = custody::reasons(&self.memory(), &situated);
                    let reasons = kept.into_iter().chain(barred).chain(hold::reasons(&decision)).collect();
                    return self.refuse(session, &situated, Cause::Policy, reasons).await;
                }
                // INVARIANT: nobody approves bytes that are still to be chosen.
                Decision::Allow { .. } | Decision::Hold { .. }
                    if situated.action.content == Content::Unbound =>
                {
                    return Ok(Verdict::Unbound);
                }
                Decision::Allow { .. } | Decision::Hold { .. } => {
                    return match self.hold(session, &situated, digest, ticket, &decision).await {
                        Err(Stop::TooMany) => {
                            self.refuse(session, &situated, Cause::Policy, vec![reason("flood", FLOOD)]).await
                        }
                        held => held.map(Verdict::Held),
                    };
                }
            }
        }
    }

    pub(crate) async fn refuse(
        &self,
        session: &Session,
        situated: &Situated,
        cause: Cause,
        reasons: Vec<Reason>,
    ) -> Result<Verdict, Stop> {
        let id = self.action_id();
        let entry = self
            .entry(EntryKind::Refused, session, situated)
            .public("action", &id)
            .public("cause", cause)
            .private("reasons", &reasons);
        let entry = self.marked(entry, session, None);
        self.commit(Record { entry, events: situated.remember_seen(), guards: Vec::new() }).await?;
        Ok(Verdict::Refused(RefusedAction {
            operation: situated.action.operation.clone(),
            id,
            cause,
            reasons,
        }))
    }

    pub(crate) fn stopped(&self, operation: Operation, stop: Stop) -> Verdict {
        let id = self.action_id();
        let (cause, rule, words) = match stop {
            Stop::Ledger(why) => (Cause::Ledger, "ledger", format!("nothing may run unrecorded, and {why}")),
            Stop::Again => (Cause::Frozen, "changed", "send the same call again".to_owned()),
            Stop::Conflict(why) => (Cause::Frozen, "changed", format!("{why}; send the same call again")),
            Stop::NoLease(why) => (Cause::NoLease, "lease", format!("{why}; open one with `interlock run`")),
            Stop::TooMany => (Cause::Policy, "flood", FLOOD.to_owned()),
            Stop::NotSecured(why) => (
                Cause::Policy,
                "recovery-point",
                format!("no recovery point stands yet: {why}; send the same call again"),
            ),
            Stop::NoSurface => {
                (Cause::Policy, "surface", "nothing here can read or execute this surface".to_owned())
            }
        };
        refused(id, operation, cause, rule, &words)
    }

    /// The fields that every entry about an action has.
    pub(crate) fn entry(&self, kind: EntryKind, session: &Session, situated: &Situated) -> Entry {
        let effects: Vec<Effect> = situated.falls.iter().map(|fall| fall.effect).collect();
        let entry = Entry::new(kind, self.ports.clock.now())
            .public("session", &session.id)
            .public("agent", &session.agent.name)
            .public("owner", &session.agent.owner)
            .public("operation", &situated.action.operation)
            .public("effects", effects)
            .public("environments", situated.environments())
            .public("bundle", self.bundle().hash())
            .public("advisory", session.advisory)
            .private("task", &session.task)
            .private("targets", &situated.action.targets)
            .private("stated_reason", &situated.action.stated_reason);
        match &situated.judged {
            Some(judged) => entry.private("judged", judged),
            None => entry,
        }
    }

    pub(crate) fn permit(
        &self,
        id: ActionId,
        action: Arc<Action>,
        session: Arc<Session>,
        epoch: u64,
    ) -> Permit {
        Permit {
            id,
            action,
            observed: self.observes(&session),
            session,
            environments: None,
            ticket: None,
            grant: None,
            epoch,
            mutates: true,
            signed: false,
            undoable: false,
            asked: None,
            expected: None,
            told: Vec::new(),
            rehearsal: false,
            on_success: Vec::new(),
            journal: Arc::clone(&self.ports.journal),
            clock: Arc::clone(&self.ports.clock),
            open: true,
        }
    }

    /// Makes the permit's entry durable and only then hands the permit out.
    ///
    /// The permit is made first, so that a caller who gives up while the write is under way leaves a closing entry
    /// behind it in the same queue, and not a permit that stays open for good.
    pub(crate) async fn open(&self, mut permit: Permit, record: Record) -> Result<Permit, Stop> {
        fault::here(fault::BEFORE_PERMIT);
        match self.commit(record).await {
            Ok(()) => Ok(permit),
            Err(stop) => {
                permit.open = false;
                Err(stop)
            }
        }
    }

    pub(crate) fn surface(&self, surface: Surface) -> Result<&SurfacePorts, Stop> {
        self.ports.surfaces.get(&surface).ok_or(Stop::NoSurface)
    }

    pub(crate) async fn commit(&self, record: Record) -> Result<(), Stop> {
        self.ports.journal.commit(record).await.map(|_| ()).map_err(Stop::from)
    }

    pub(crate) fn memory(&self) -> RwLockReadGuard<'_, Memory> {
        self.ports.journal.memory().read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Thirty-two random hexadecimal digits.
    pub(crate) fn draw(&self) -> String {
        self.ports.entropy.draw().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A name for an action.
    pub fn action_id(&self) -> ActionId {
        ActionId::new(format!("act-{}", self.draw().chars().take(16).collect::<String>()))
    }
}

const LOOKS_ONLY: &str = "this runs while a plan is made, which looks and changes nothing; what is to change belongs into the \
     plan";

const UNKNOWN_IDENTITY: &str = "STS has not said yet whose credentials Interlock itself holds, so nobody can tell \
     whether this touches them; Interlock asks again: send the same call in a minute";

fn reason(rule: &str, why: &str) -> Reason {
    Reason { rule: rule.to_owned(), why: why.to_owned(), next: String::new(), target: None }
}

fn refused(id: ActionId, operation: Operation, cause: Cause, rule: &str, why: &str) -> Verdict {
    Verdict::Refused(RefusedAction { operation, id, cause, reasons: vec![reason(rule, why)] })
}

/// Whether only the recovery point is missing; or a drill of it, for which it has to be there: it is made before people are
/// asked.
fn asks_to_secure(decision: &Decision, situated: &Situated) -> bool {
    match decision {
        Decision::Allow { needs, .. } => needs.contains(&Need::RecoveryPoint),
        Decision::Hold { needs, .. } => {
            situated.proof == custody::Provable::OnceMade && needs.contains(&Need::RecoveryDrill)
        }
        Decision::Refuse { .. } => false,
    }
}
