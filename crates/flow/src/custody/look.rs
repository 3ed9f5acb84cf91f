//! Taking points into custody, and looking at them until it is known what they are worth nothing without.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use interlock_action::{
    Action, Answers, Call, Claim, Effect, Kind, Millis, Read, RecoveryPoint, Relation, Securing, Surface,
    Target, TargetId,
};
use interlock_ledger::{Entry, EntryKind};

use super::{Kept, Point, Sight};
use crate::{
    Event, Freshness, Guard, Inspection, Keep, Outcome, Record, Session, Situated, own::not_done, road::Road,
    stop::Stop, survey,
};

/// So many points are looked at in one pass.
const MOST: usize = 20;
/// Younger points are looked at in every pass, older ones in one of [`RARELY`].
const YOUNG: Millis = 10 * 60 * 1000;
const RARELY: u64 = 60;

/// The events that take the points of an action into custody.
pub(crate) fn taken_in(session: &Session, situated: &Situated, makes: &[String], now: Millis) -> Vec<Event> {
    let action = &situated.action;
    let event = |id: &String| {
        let of = restores(situated, id);
        let kept = Kept {
            id: id.clone(),
            of: of.clone(),
            born: situated.survey.observed.get(&of).and_then(|seen| seen.immutable_id.clone()),
            operation: action.operation.clone(),
            session: session.id.clone(),
            surface: action.surface,
            account: action.account.clone(),
            region: action.region.clone(),
            made: now,
        };
        Event::RecoveryPoint {
            of,
            point: RecoveryPoint {
                id: id.clone(),
                what: "made by interlock".to_owned(),
                survives: true,
                proven: None,
            },
            kept: Some(Box::new(kept)),
        }
    };
    makes.iter().map(event).collect()
}

/// Of what a point is: of the thing that is destroyed and whose name stands in the point's, else of the first one.
fn restores(situated: &Situated, id: &str) -> TargetId {
    let destroyed = || situated.falls.iter().filter(|fall| fall.effect == Effect::Destroy);
    let name = |of: &TargetId| of.as_str().rsplit([':', '/']).next().unwrap_or_default().to_owned();
    let named = destroyed().filter(|fall| {
        let name = name(&fall.target.id);
        !name.is_empty() && id.contains(&name)
    });
    let longest = named.max_by_key(|fall| name(&fall.target.id).len());
    let acted = || situated.action.targets.first().map(|target| target.id.clone());
    longest
        .or_else(|| destroyed().next())
        .map(|fall| fall.target.id.clone())
        .or_else(acted)
        .unwrap_or_else(|| situated.action.operation.as_str().into())
}

/// So often is looked for what is being made, and so long apart.
const LOOKS: usize = 10;
const BETWEEN: Millis = 200;
/// What was made within this may still show.
const SOON: Millis = 10_000;

/// The points that a rewritten request makes, once it has succeeded.
pub(crate) fn by_rewrite(session: &Session, situated: &Situated, now: Millis) -> Vec<Event> {
    match &situated.survey.securing {
        Securing::ByRewrite { makes } => taken_in(session, situated, makes, now),
        _ => Vec::new(),
    }
}

/// Looks after recovery points.
#[derive(Default)]
pub(crate) struct Custodian {
    /// The kinds of each surface.
    pub(crate) keep: BTreeMap<Surface, Arc<dyn Keep>>,
    /// One drill at a time.
    pub(super) drilling: futures_util::lock::Mutex<()>,
    /// How often the points were looked after.
    passes: AtomicU64,
}

impl Road {
    /// The same road, on which the recovery points of this surface are looked after and drilled.
    #[must_use]
    pub fn kept_by(mut self, surface: Surface, keep: Arc<dyn Keep>) -> Self {
        self.custody.keep.insert(surface, keep);
        self
    }

    pub(crate) fn keep_port(&self, kept: &Kept) -> Option<&Arc<dyn Keep>> {
        self.custody.keep.get(&kept.surface)
    }

    /// Looks at the points of which something is still to be learned. To be called every few seconds.
    pub async fn look_after_points(&self) {
        let pass = self.custody.passes.fetch_add(1, Ordering::Relaxed);
        let now = self.ports.clock.now();
        let due: Vec<Point> = {
            let memory = self.memory();
            let due =
                memory.custody.values().filter(|point| !point.is_seen()).filter(|point| {
                    now.saturating_sub(point.kept.made) < YOUNG || pass.is_multiple_of(RARELY)
                });
            due.take(MOST).cloned().collect()
        };
        for point in due {
            self.look_at_point(&point).await;
        }
    }

    /// Looks at one point, writes down what is new, and puts Interlock's mark on it where it has none.
    pub(crate) async fn look_at_point(&self, point: &Point) {
        let kept = &point.kept;
        let Some(port) = self.keep_port(kept) else { return };
        let answers = self.point_answers(kept, |so_far| port.reads(point, so_far)).await;
        let Ok(sight) = port.see(point, &answers) else { return };
        let now = self.ports.clock.now();
        // What is only being made may show late.
        if !sight.there && now.saturating_sub(kept.made) < YOUNG {
            return;
        }
        let known = self.memory().custody.get(&kept.id).and_then(|point| point.sight.clone());
        if known.as_ref() != Some(&sight) {
            let entry = point_entry(kept, now).public("there", sight.there).public("ready", sight.ready);
            let entry = entry.public("depends", &sight.depends);
            let events = vec![Event::PointSeen { point: kept.id.clone(), sight: sight.clone() }];
            // Lost, it is seen the next time.
            let _ = self.commit(Record { entry, events, guards: Vec::new() }).await;
        }
        if let Some(call) = port.mark(point, &answers).filter(|_| sight.there) {
            let entry = |entry: Entry| entry.public("by", "interlock").public("marks", &kept.id);
            // It is guarded by what is written down of it; the mark is for those who look there.
            let _ = self
                .call_for(kept, &call, (Effect::Create, "marks a recovery point"), Vec::new(), entry)
                .await;
        }
    }

    /// Looks at the points that nobody has seen yet, before something goes that one of them may depend on.
    pub(crate) async fn look_at_unseen(&self, action: &Action) {
        // Until it was seen what a point depends on, it may be any key.
        let key = |target: &Target| target.kind == Kind::Key && target.relation == Relation::Acts;
        if !action.targets.iter().any(key) {
            return;
        }
        for look in 0..LOOKS {
            let unseen: Vec<Point> = {
                let memory = self.memory();
                let unseen =
                    memory.custody.values().filter(|point| point.sight.is_none() && point.purged.is_none());
                unseen.take(MOST).cloned().collect()
            };
            // What is only being made shows late, and other calls of an apply make more meanwhile: nobody is asked for that.
            let now = self.ports.clock.now();
            let soon = unseen.iter().any(|point| now.saturating_sub(point.kept.made) < SOON);
            if look > 0 && !soon {
                return;
            }
            if look > 0 {
                self.ports.clock.pause(BETWEEN).await;
            }
            for point in &unseen {
                self.look_at_point(point).await;
            }
        }
    }

    /// What a point is now; `None` where it cannot be read. Writes nothing down.
    pub(super) async fn see_point(&self, point: &Point) -> Option<Sight> {
        let port = self.keep_port(&point.kept)?;
        let answers = self.point_answers(&point.kept, |so_far| port.reads(point, so_far)).await;
        port.see(point, &answers).ok()
    }

    /// The answers to what a port wants to know.
    pub(crate) async fn point_answers(&self, kept: &Kept, wants: impl Fn(&Answers) -> Vec<Read>) -> Answers {
        let mut answers = Answers::new();
        let Ok((inspect, _, _)) = self.surface(kept.surface) else { return answers };
        let inspection = Inspection::mint(kept.session.clone(), Freshness::Now);
        survey::ask(inspect.as_ref(), &inspection, usize::MAX, &mut answers, wants).await;
        answers
    }

    /// One of Interlock's own calls for a point, durable before it is sent like any other.
    ///
    /// INVARIANT: no agent asked for it: neither a freeze nor the end of a lease stops it by itself. What a freeze is to stop
    /// has it among its `guards`.
    pub(crate) async fn call_for(
        &self,
        kept: &Kept,
        call: &Call,
        (effect, why): (Effect, &str),
        guards: Vec<Guard>,
        words: impl Fn(Entry) -> Entry,
    ) -> Result<Outcome, String> {
        let ledger = |stop: Stop| match stop {
            Stop::Conflict(why) => why,
            other => format!("{other:?}"),
        };
        let (_, execute, _) = self.surface(call.surface).map_err(ledger)?;
        let session: Option<Session> = self.memory().sessions.get(&kept.session).cloned();
        let session = session.ok_or("its session is unknown")?;
        let id = self.action_id();
        let own = self.own(&id, &session.id, call, Claim::plain(effect, why), &[]);
        let entry = words(own.entry.private("arguments", &call.arguments));
        let mut permit = self.permit(id, Arc::new(own.action), Arc::new(session), 0);
        permit.signed = true;
        let record = Record { entry, events: vec![Event::PermitOpened { permit: own.note }], guards };
        let permit = self.open(permit, record).await.map_err(ledger)?;
        let outcome = execute.execute(&permit, call).await;
        permit.complete(outcome.clone(), Vec::new()).await.map_err(|error| error.to_string())?;
        not_done(call, &outcome).map_or(Ok(outcome), Err)
    }
}

/// What every entry about a point says.
pub(crate) fn point_entry(kept: &Kept, now: Millis) -> Entry {
    Entry::new(EntryKind::RecoveryPoint, now)
        .public("session", &kept.session)
        .public("of", &kept.of)
        .public("points", [&kept.id])
}
