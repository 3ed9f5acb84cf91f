//! Removing points: for people only, none of whom caused them, once their time is over, and never while anything counts on
//! them.
//!
//! What stands in the way is found for the preview that people sign, again before the first point, with the same digest, and
//! once more for every point after it is written down that it goes: a removal may take hours.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use interlock_action::{ActionId, Digest, Millis, PersonId, Securing, Survey, TargetId, TicketId, digest_of};
use interlock_approval::{Launch, People, Quorum, Slot, Ticket};
use interlock_ledger::{Entry, EntryKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Failure, Kept, Point, PointNews, PointWatch, Purged, Sight, Signers,
    look::point_entry,
    work::{LONGEST, Task, Work},
};
use crate::{Event, Keep, Memory, Record, Standing, judge, road::Road};

/// How often it is looked whether what is under way has ended.
const LOOKS: u32 = 30;
/// How long between two looks.
const BETWEEN: Millis = 1_000;

/// What people ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PurgeOrder {
    /// The points, by their names.
    pub points: Vec<String>,
    /// Even the last point of something that is gone.
    #[serde(default)]
    pub last: bool,
    /// The digest of the preview that they have seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

/// Why a point is not removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "obstacle", content = "what")]
pub enum Obstacle {
    /// Nothing of that name is in custody.
    NoPoint,
    /// It is not there any more.
    Gone,
    /// Nobody knows how its kind is removed.
    NoWay,
    /// It has never been looked at.
    Unseen,
    /// Its time is not over: until then.
    Grace(Millis),
    /// Something is frozen: there is an incident.
    Frozen,
    /// These requests wait for people, who were told that it stays.
    Counted(Vec<TicketId>),
    /// This is under way.
    UnderWay(String),
    /// What was done is being taken back.
    TakenBack(ActionId),
    /// It is the last point of something that is gone, or may be.
    Last,
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoPoint => f.write_str("nothing of that name is in custody"),
            Self::Gone => f.write_str("it is not there any more"),
            Self::NoWay => f.write_str("nobody here knows how its kind is removed"),
            Self::Unseen => f.write_str("it has not been looked at yet"),
            Self::Grace(_) => f.write_str("its time is not over"),
            Self::Frozen => f.write_str("something is frozen: nothing is removed during an incident"),
            Self::Counted(tickets) => {
                let named: Vec<&str> = tickets.iter().map(TicketId::as_str).collect();
                write!(f, "people are asked about what counts on it: {}", named.join(", "))
            }
            Self::UnderWay(operation) => write!(f, "`{operation}` is under way and may count on it"),
            Self::TakenBack(action) => write!(f, "`{action}` is being taken back"),
            Self::Last => f.write_str(
                "it is the last point of something that is gone: only `--last` removes it, signed by two people in a team",
            ),
        }
    }
}

/// One point of a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Removal {
    /// The point.
    pub point: String,
    /// Of what.
    pub of: TargetId,
    /// When it was made.
    pub made: Millis,
    /// Whether what it is of is there; `None` where that could not be read.
    pub stands: Option<bool>,
    /// Other points of the same thing that stay.
    pub others: Vec<String>,
    /// What can no longer be taken back from it then.
    pub closes: Vec<ActionId>,
    /// Who does not count: whoever answers for the agent that caused it, and who launched the session.
    pub involved: Vec<PersonId>,
    /// How many people must sign.
    pub signatures: u8,
    /// Why it is not removed.
    pub obstacle: Option<Obstacle>,
}

impl Removal {
    /// Whether nothing would be left of what it is of.
    fn is_last(&self) -> bool {
        self.others.is_empty() && self.stands != Some(true)
    }

    /// Whether this, found later, is still what people signed for: it leaves the same, and closes no more.
    fn is_still(&self, later: &Self) -> bool {
        (later.stands, &later.others, later.made, later.signatures)
            == (self.stands, &self.others, self.made, self.signatures)
            && later.closes.iter().all(|action| self.closes.contains(action))
    }
}

/// What removing points would come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PurgePreview {
    /// The points.
    pub points: Vec<Removal>,
    /// How many people must sign.
    pub signatures: u8,
    /// Where one person works alone: how long they wait, in milliseconds.
    pub delay: Option<Millis>,
    /// What they sign.
    pub digest: Digest,
}

/// Why points were not removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PurgeError {
    /// Something stands in the way.
    #[error("`{0}` stays: {1}")]
    Stands(String, Obstacle),
    /// The preview that was signed is not what would be done now.
    #[error("the world moved since the preview: look again")]
    Moved,
    /// Those who signed do not suffice.
    #[error("{more} more must sign for `{point}`; {} count for nothing there", who(.involved))]
    Signatures {
        /// For which point.
        point: String,
        /// How many more.
        more: usize,
        /// Who does not count.
        involved: Vec<PersonId>,
    },
    /// Too few witnesses have seen that it was signed.
    #[error("it waits for witnesses, and is to be signed again once they answer: {0}")]
    Unwitnessed(String),
    /// One person works alone, and has not waited.
    #[error("one person alone removes nothing at once")]
    Wait,
    /// A step failed.
    #[error("`{0}`: {1}")]
    Step(String, String),
    /// It cannot be written down.
    #[error("the ledger is unavailable: {0}")]
    Ledger(String),
}

fn who(people: &[PersonId]) -> String {
    let names: Vec<&str> = people.iter().map(PersonId::as_str).collect();
    if names.is_empty() { "those who caused it".to_owned() } else { names.join(", ") }
}

/// Who caused a point: the agent's owner, and who launched the session. Of a session that is unknown, anybody may have.
fn involved(memory: &Memory, kept: &Kept) -> (PersonId, Launch) {
    let session = memory.sessions.get(&kept.session);
    session.map_or_else(
        || (PersonId::new(""), Launch::unproved()),
        |session| (session.agent.owner.clone(), session.launch.clone()),
    )
}

/// INVARIANT: whoever caused a point removes it with nobody's help but another's: one who is independent of it signs, and
/// for the last point of what is gone two people do. One person who works alone waits.
fn quorum(memory: &Memory, last: bool, now: Millis) -> Quorum {
    let solo = memory.solo(now);
    let people = if last && !solo { 2 } else { 1 };
    let others = match (solo, last) {
        (true, _) => 0,
        (false, true) if judge::team(memory, now) > 2 => 2,
        (false, _) => 1,
    };
    let slots = vec![Slot { role: None }; people];
    Quorum { slots, others, independent: u8::from(!solo), step: memory.step(1, now), delay: None }
}

fn missing(memory: &Memory, kept: &Kept, last: bool, signed: &[PersonId], now: Millis) -> usize {
    let (owner, launch) = involved(memory, kept);
    let signed: Vec<_> = signed.iter().map(|person| (person.clone(), Vec::new())).collect();
    quorum(memory, last, now).missing(&signed, &People { owner: &owner, launch: &launch })
}

impl Memory {
    /// What counts on a point: requests that were told of it, and what is under way.
    fn counts_on(&self, point: &Point, now: Millis) -> Option<Obstacle> {
        let told = |ticket: &&Ticket| {
            let points = &ticket.held.forecast.points;
            points.iter().any(|told| told.survives && point.is_called(&told.id))
        };
        let tickets = self.tickets.values().filter(|ticket| ticket.stands(now)).filter(told);
        let tickets: Vec<TicketId> = tickets.map(|ticket| ticket.id.clone()).collect();
        if !tickets.is_empty() {
            return Some(Obstacle::Counted(tickets));
        }
        // What an open permit was judged by is not remembered. What is of its service may well have counted on it; before
        // anything is called, everything that is under way is waited for.
        let service = point.kept.operation.service();
        let same = |operation: &&String| operation.split(':').nth(1) == Some(service);
        let under_way = self.open_permits.values().map(|permit| &permit.operation).find(same);
        under_way.map(|operation| Obstacle::UnderWay(operation.clone()))
    }

    /// The changes that are taken back from a point, as far as they still can be.
    fn taken_back_from<'m>(
        &'m self,
        point: &'m Point,
    ) -> impl Iterator<Item = (&'m ActionId, &'m Standing)> + 'm {
        let open = self.changes.iter().filter(|(_, note)| !matches!(note.standing, Standing::Undone { .. }));
        let from = open.filter(|(_, note)| note.points.iter().any(|name| point.is_called(name)));
        from.map(|(action, note)| (action, &note.standing))
    }
}

/// What is being removed, nothing may count on.
pub(crate) fn leaving(memory: &Memory, survey: &mut Survey) {
    let forecast = &mut survey.forecast;
    let mut left = false;
    for point in forecast.points.iter_mut().filter(|point| point.survives) {
        let going = memory.point(&point.id).is_some_and(|known| known.purging.is_some());
        if going {
            (point.survives, left) = (false, true);
            forecast.recovery.after = forecast.recovery.after.map(|after| after.saturating_sub(1));
        }
    }
    let goes = |name: &String| {
        memory.point(name).is_some_and(|known| known.purging.is_some() && known.purged.is_none())
    };
    let makes = match &survey.securing {
        Securing::ByRewrite { makes } | Securing::ByCalls { makes, .. } => makes.as_slice(),
        Securing::NotNeeded | Securing::Exists | Securing::Impossible(_) => &[],
    };
    if makes.iter().any(goes) {
        let why = "people are removing a recovery point that has the name of the one to be made".to_owned();
        survey.securing = Securing::Impossible(why);
    }
    if left && survey.securing == Securing::Exists && !forecast.points.iter().any(|point| point.survives) {
        survey.securing = Securing::Impossible("people are removing its last recovery point".to_owned());
    }
}

impl Road {
    /// What removing these points would come to, and what stands in the way. Changes nothing.
    pub async fn preview_purge(&self, order: &PurgeOrder) -> Result<PurgePreview, PurgeError> {
        let names: BTreeSet<String> = {
            let memory = self.memory();
            let id = |name: &String| memory.point(name).map_or_else(|| name.clone(), |p| p.kept.id.clone());
            order.points.iter().map(id).collect()
        };
        let mut points = Vec::new();
        for name in &names {
            points.push(self.removal(name, &names, order.last).await);
        }
        let signatures = points.iter().map(|point| point.signatures).max().unwrap_or_default();
        let told = |one: &Removal| {
            digest_of(
                "interlock purge of one v2",
                &(&one.point, &one.of, one.made, one.stands, &one.others, &one.closes, one.signatures),
            )
        };
        let told: Result<Vec<Digest>, _> = points.iter().map(told).collect();
        let digest = told
            .and_then(|told| digest_of("interlock purge v2", &(&told, order.last)))
            .map_err(|error| PurgeError::Ledger(error.to_string()))?;
        let alone = self.memory().solo(self.ports.clock.now());
        Ok(PurgePreview { points, signatures, delay: alone.then_some(self.settings.solo_delay), digest })
    }

    async fn removal(&self, name: &str, leave: &BTreeSet<String>, last: bool) -> Removal {
        let Some(point) = self.memory().point(name).cloned() else {
            return Removal {
                point: name.to_owned(),
                of: TargetId::new(""),
                made: 0,
                stands: None,
                others: Vec::new(),
                closes: Vec::new(),
                involved: Vec::new(),
                signatures: 1,
                obstacle: Some(Obstacle::NoPoint),
            };
        };
        let stands = match self.keep_port(&point.kept) {
            None => None,
            Some(port) => {
                let wants = |so_far: &_| port.origin_reads(&point, so_far);
                let answers = self.point_answers(&point.kept, wants).await;
                port.stands(&point, &answers).ok()
            }
        };
        let others = self.others(&point, leave).await;
        let now = self.ports.clock.now();
        let memory = self.memory();
        let (owner, launch) = involved(&memory, &point.kept);
        let mut removal = Removal {
            point: point.kept.id.clone(),
            of: point.kept.of.clone(),
            made: point.kept.made,
            stands,
            others,
            closes: memory.taken_back_from(&point).map(|(action, _)| action.clone()).collect(),
            involved: std::iter::once(owner)
                .chain(launch.by)
                .filter(|name| !name.as_str().is_empty())
                .collect(),
            signatures: 0,
            obstacle: None,
        };
        removal.involved.dedup();
        removal.closes.sort_unstable();
        let nobody = missing(&memory, &point.kept, removal.is_last(), &[], now);
        removal.signatures = u8::try_from(nobody).unwrap_or(u8::MAX);
        removal.obstacle = self.obstacle(&memory, &point, &removal, last, now);
        removal
    }

    /// The other points of the same thing that stay.
    ///
    /// INVARIANT: one thing is one by what no later thing of its name is known by. What does not tell that, or cannot be read
    /// by now, is no other point of it.
    async fn others(&self, point: &Point, leave: &BTreeSet<String>) -> Vec<String> {
        let of = point.sight.as_ref().and_then(|sight| sight.of.as_ref());
        let Some(of) = of else { return Vec::new() };
        let same = |sight: &Sight| sight.there && sight.ready && sight.of.as_ref() == Some(of);
        let stays = |other: &&Point| {
            (&other.kept.account, &other.kept.region) == (&point.kept.account, &point.kept.region)
                && other.kept.id != point.kept.id
                && other.sight.as_ref().is_some_and(same)
                && other.purging.is_none()
                && !leave.contains(&other.kept.id)
        };
        let known: Vec<Point> = self.memory().custody.values().filter(stays).cloned().collect();
        let mut others = Vec::new();
        for other in known {
            if self.see_point(&other).await.as_ref().is_some_and(same) {
                others.push(other.kept.id);
            }
        }
        others.sort_unstable();
        others
    }

    fn obstacle(
        &self,
        memory: &Memory,
        point: &Point,
        removal: &Removal,
        last: bool,
        now: Millis,
    ) -> Option<Obstacle> {
        if !self.keep_port(&point.kept).is_some_and(|port| port.drills(&point.kept)) {
            return Some(Obstacle::NoWay);
        }
        match &point.sight {
            None => return Some(Obstacle::Unseen),
            Some(sight) if !sight.there => return Some(Obstacle::Gone),
            Some(_) => {}
        }
        let until = point.kept.made.saturating_add(self.settings.grace);
        if now < until {
            return Some(Obstacle::Grace(until));
        }
        if !memory.freezes.is_empty() {
            return Some(Obstacle::Frozen);
        }
        let undoing = |(_, standing): &(_, &Standing)| matches!(standing, Standing::Undoing { .. });
        if let Some((action, _)) = memory.taken_back_from(point).find(undoing) {
            return Some(Obstacle::TakenBack(action.clone()));
        }
        memory.counts_on(point, now).or_else(|| (removal.is_last() && !last).then_some(Obstacle::Last))
    }

    /// Removes the points of an order for those who have signed it; whoever calls has checked their signatures. A person
    /// who works alone has asked with a ticket, and waited. Those that could not be removed come back, with why.
    pub async fn purge(
        &self,
        order: &PurgeOrder,
        by: &Signers,
        waited: Option<&Ticket>,
        watch: &dyn PointWatch,
    ) -> Result<Vec<(String, PurgeError)>, PurgeError> {
        // Neither a drill nor a way back may be at work on what goes.
        let _no_undo = self.undoing.lock().await;
        let _no_drill = self.custody.drilling.lock().await;
        let preview = self.preview_purge(order).await?;
        self.may_purge(order, &preview, &by.people, waited)?;
        self.purge_seen_to_be_signed(&preview, by).await?;
        // Witnesses may have taken a while.
        let preview = self.preview_purge(order).await?;
        self.may_purge(order, &preview, &by.people, waited)?;
        let leave: BTreeSet<String> = preview.points.iter().map(|one| one.point.clone()).collect();
        let mut failed = Vec::new();
        for removal in &preview.points {
            let ended = self.purge_one((removal, &leave, order.last), by, waited, watch).await;
            if let Err(error) = ended {
                let (point, why) = (removal.point.clone(), error.to_string());
                watch.told(PointNews::Failed { point: point.clone(), why });
                failed.push((point, error));
            }
        }
        Ok(failed)
    }

    /// What nothing takes back waits, as when an agent asks for the worst, until witnesses have seen that it was signed.
    async fn purge_seen_to_be_signed(&self, preview: &PurgePreview, by: &Signers) -> Result<(), PurgeError> {
        let points: Vec<&String> = preview.points.iter().map(|one| &one.point).collect();
        let entry = by.sign(Entry::new(EntryKind::RecoveryPoint, self.ports.clock.now()));
        let entry =
            entry.public("purge", "signed").public("points", &points).public("digest", preview.digest);
        let journal = &self.ports.journal;
        let receipt = journal.commit(Record::only(entry)).await;
        let receipt = receipt.map_err(|error| PurgeError::Ledger(error.to_string()))?;
        journal.witnessed_entry(&receipt).await.map_err(|far| PurgeError::Unwitnessed(far.to_string()))
    }

    /// Whether these people may have this done, as things are.
    pub fn may_purge(
        &self,
        order: &PurgeOrder,
        preview: &PurgePreview,
        signed: &[PersonId],
        waited: Option<&Ticket>,
    ) -> Result<(), PurgeError> {
        if order.digest != Some(preview.digest) {
            return Err(PurgeError::Moved);
        }
        let now = self.ports.clock.now();
        let memory = self.memory();
        for removal in &preview.points {
            let name = || removal.point.clone();
            if let Some(obstacle) = &removal.obstacle {
                return Err(PurgeError::Stands(name(), obstacle.clone()));
            }
            let point = memory.point(&removal.point);
            let point = point.ok_or_else(|| PurgeError::Stands(name(), Obstacle::NoPoint))?;
            let more = missing(&memory, &point.kept, removal.is_last(), signed, now);
            if more > 0 {
                let involved = removal.involved.clone();
                return Err(PurgeError::Signatures { point: name(), more, involved });
            }
        }
        let waited = waited.is_some_and(|ticket| ticket.quorum.delay.is_some() && ticket.delay_elapsed(now));
        if memory.solo(now) && !waited {
            return Err(PurgeError::Wait);
        }
        Ok(())
    }

    async fn purge_one(
        &self,
        (removal, leave, last): (&Removal, &BTreeSet<String>, bool),
        by: &Signers,
        waited: Option<&Ticket>,
        watch: &dyn PointWatch,
    ) -> Result<(), PurgeError> {
        let point = self.memory().point(&removal.point).cloned();
        let point = point.ok_or_else(|| PurgeError::Stands(removal.point.clone(), Obstacle::NoPoint))?;
        let port = self.keep_port(&point.kept).map(Arc::clone);
        let port = port.ok_or_else(|| PurgeError::Stands(removal.point.clone(), Obstacle::NoWay))?;
        watch.told(PointNews::Removes { point: point.kept.id.clone() });
        let at = self.ports.clock.now();
        let purge = Purge { road: self, point: &point, by, solo: waited.is_some(), last: removal.is_last() };
        // INVARIANT: from here on nothing is judged by this point, and what was judged before does not pass after it.
        purge.write("begun", "", Event::Purging { point: point.kept.id.clone(), at }).await?;
        let (ended, sent) = match self.goes_as_signed(removal, leave, last).await {
            Err(error) => (Err(error), false),
            Ok(()) => purge.remove(port, watch).await,
        };
        let sent = sent || (ended.is_err() && self.may_still_go(&point).await);
        let point = point.kept.id.clone();
        match ended {
            Ok(()) => {
                let purged = Purged { at: self.ports.clock.now(), by: by.people.clone() };
                purge.write("removed", "", Event::Purged { point: point.clone(), purged }).await?;
                watch.told(PointNews::Removed { point });
                Ok(())
            }
            Err(error) => {
                let why = error.to_string();
                let failure = Failure { at: self.ports.clock.now(), why: why.clone() };
                purge.write("failed", &why, Event::Unpurged { point, failure, sent }).await?;
                Err(error)
            }
        }
    }

    /// Whether a point is still what people signed for, now that nothing is judged by it any more.
    ///
    /// INVARIANT: what was let through before it went has ended, so that what it left is what is looked at.
    async fn goes_as_signed(
        &self,
        removal: &Removal,
        leave: &BTreeSet<String>,
        last: bool,
    ) -> Result<(), PurgeError> {
        let stands = |obstacle| PurgeError::Stands(removal.point.clone(), obstacle);
        self.permits_end().await.map_err(stands)?;
        let later = self.removal(&removal.point, leave, last).await;
        if let Some(obstacle) = later.obstacle {
            return Err(stands(obstacle));
        }
        if removal.is_still(&later) { Ok(()) } else { Err(PurgeError::Moved) }
    }

    /// Waits until everything that is under way now has ended.
    async fn permits_end(&self) -> Result<(), Obstacle> {
        let open: BTreeSet<ActionId> = self.memory().open_permits.keys().cloned().collect();
        for _ in 0..LOOKS {
            if !self.memory().open_permits.keys().any(|action| open.contains(action)) {
                return Ok(());
            }
            self.ports.clock.pause(BETWEEN).await;
        }
        let memory = self.memory();
        let left = memory.open_permits.values().find(|permit| open.contains(&permit.action));
        left.map_or(Ok(()), |permit| Err(Obstacle::UnderWay(permit.operation.clone())))
    }

    /// Whether an earlier run may have sent what still removes the point. Some services show nothing of a deletion before it
    /// is done: only what is whole long after that run is not going.
    async fn may_still_go(&self, point: &Point) -> bool {
        let Some(earlier) = point.purging else { return false };
        let seen = self.see_point(point).await;
        let whole = seen.is_some_and(|sight| sight.there && sight.ready);
        !whole || self.ports.clock.now().saturating_sub(earlier) <= LONGEST
    }
}

/// One point being removed.
struct Purge<'a> {
    road: &'a Road,
    point: &'a Point,
    by: &'a Signers,
    solo: bool,
    last: bool,
}

impl Purge<'_> {
    async fn write(&self, state: &str, why: &str, event: Event) -> Result<(), PurgeError> {
        let entry = self.by.sign(point_entry(&self.point.kept, self.road.ports.clock.now()));
        let mut entry = entry.public("purge", state).public("solo", self.solo).public("last", self.last);
        if !why.is_empty() {
            entry = entry.private("why", why);
        }
        let record = Record { entry, events: vec![event], guards: Vec::new() };
        self.road.commit(record).await.map_err(|stop| PurgeError::Ledger(format!("{stop:?}")))
    }

    /// Removes it; and whether anything was sent that may have been done.
    async fn remove(&self, port: Arc<dyn Keep>, watch: &dyn PointWatch) -> (Result<(), PurgeError>, bool) {
        let work = Work {
            road: self.road,
            port: Arc::clone(&port),
            point: self.point,
            by: self.by,
            watch,
            task: Task::Purge,
            sent: AtomicBool::new(false),
        };
        let wants = |so_far: &_| port.purge_reads(self.point, so_far);
        let removed =
            work.until_done(wants, |answers| Ok(port.purge(self.point, answers)?.map_or(Ok(()), Err)));
        let removed = removed.await.map_err(|undone| PurgeError::Step(undone.step, undone.why));
        (removed, work.sent.load(Ordering::Relaxed))
    }
}
