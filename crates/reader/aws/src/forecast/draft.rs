//! A survey while it is being written.

use std::collections::BTreeMap;

use interlock_action::{
    Action, Bears, Change, ClassifierWrite, Effect, Facts, Forecast, Kind, Method, Observed, RecoveryCount,
    RecoveryPoint, Relation, Reversibility, Securing, Survey, Target, TargetId,
};
use serde_json::{Map, Value};

use super::tally::{Tally, worst};

/// Collects what the answers say; [`Draft::finish`] makes the survey of it.
pub(super) struct Draft {
    changes: Vec<Change>,
    data_loss: Vec<String>,
    dependents: Vec<String>,
    unknowns: Vec<String>,
    counts: Vec<RecoveryCount>,
    points: Vec<RecoveryPoint>,
    facts: BTreeMap<&'static str, (bool, Vec<Option<bool>>)>,
    observed: BTreeMap<TargetId, Observed>,
    discovered: Vec<Target>,
    writes: Vec<ClassifierWrite>,
    fingerprint: Map<String, Value>,
    saw: bool,
    settled: bool,
    planned: bool,
    /// The way back.
    pub(super) reversibility: Reversibility,
    /// The arguments to send instead.
    pub(super) rewrite: Option<Value>,
    /// How a recovery point comes about; nobody has decided it at first.
    securing: Option<Securing>,
}

impl Draft {
    /// An empty one: nothing seen, no way back, nothing decided.
    pub(super) fn new() -> Self {
        Self {
            changes: Vec::new(),
            data_loss: Vec::new(),
            dependents: Vec::new(),
            unknowns: Vec::new(),
            counts: Vec::new(),
            points: Vec::new(),
            facts: BTreeMap::new(),
            observed: BTreeMap::new(),
            discovered: Vec::new(),
            writes: Vec::new(),
            fingerprint: Map::new(),
            saw: false,
            settled: false,
            planned: false,
            reversibility: Reversibility::None,
            rewrite: None,
            securing: None,
        }
    }

    /// The live state was seen: the forecast is read, not assumed.
    pub(super) fn saw(&mut self) {
        self.saw = true;
    }

    /// The service's own plan was read: what it says is what it would do.
    pub(super) fn planned(&mut self) {
        self.planned = true;
    }

    /// How a recovery point of one of the things comes about that the action falls on. What is said of several adds up:
    /// what cannot be secured leaves the whole action unsecured.
    pub(super) fn secure(&mut self, how: Securing) {
        self.securing = Some(match self.securing.take() {
            Some(had) => both(had, how),
            None => how,
        });
    }

    /// How a recovery point comes about, where somebody has decided it.
    pub(super) fn secured(&self) -> Option<&Securing> {
        self.securing.as_ref()
    }

    /// Decides what nobody has: it is lost where data may be.
    ///
    /// INVARIANT: a forecaster that forgot counts as no recovery point, and what is lost is never "not needed".
    pub(super) fn decide(&mut self, destroys: bool) {
        let needed = match &self.securing {
            None => self.loses() || destroys,
            Some(Securing::NotNeeded) => self.loses(),
            Some(_) => return,
        };
        self.securing = Some(match needed {
            true => Securing::Impossible("nobody here knows how what it would lose could be kept".to_owned()),
            false => Securing::NotNeeded,
        });
    }

    /// Takes over the forecast of one of several things that the action falls on: everything but facts, rewrite and
    /// securing, which are the whole action's.
    pub(super) fn absorb(&mut self, name: &str, part: Survey) {
        let Survey { forecast, observed, discovered, writes, fingerprint, .. } = part;
        self.changes.extend(forecast.changes);
        forecast.data_loss.into_iter().for_each(|line| self.lose(line));
        forecast.dependents.into_iter().for_each(|line| self.depend(line));
        forecast.unknowns.into_iter().for_each(|line| self.unknown(line));
        if forecast.recovery != RecoveryCount::default() || !forecast.points.is_empty() {
            self.counts.push(forecast.recovery);
        }
        self.points.extend(forecast.points);
        observed.into_iter().for_each(|(id, seen)| self.observe(&id, seen));
        discovered.into_iter().for_each(|target| self.discover(target));
        writes.into_iter().for_each(|write| self.write(write));
        self.bind(name, fingerprint);
    }

    /// One thing that will be different. Its effect is for people: no tier comes of it, for what an action needs follows
    /// from the claims of its rules alone, and a loss that no rule claims asks nobody. What is found only by looking
    /// reaches the policy as a fact that a claim waits for, as data of a target, or as a target discovered.
    pub(super) fn change(&mut self, target: &TargetId, kind: Kind, effect: Effect, what: impl Into<String>) {
        self.change_from(target, kind, effect, what, None, None);
    }

    /// One thing that will be different, with its state before and after.
    pub(super) fn change_from(
        &mut self,
        target: &TargetId,
        kind: Kind,
        effect: Effect,
        what: impl Into<String>,
        before: Option<Value>,
        after: Option<Value>,
    ) {
        self.changes.push(Change { target: target.clone(), kind, effect, what: what.into(), before, after });
    }

    /// What changes was found out by comparing, though it may be nothing: nobody need say more.
    pub(super) fn settle(&mut self) {
        self.settled = true;
    }

    /// Whether nobody has said yet what changes.
    pub(super) fn unchanged(&self) -> bool {
        self.changes.is_empty() && !self.settled
    }

    /// Data that would be lost.
    pub(super) fn lose(&mut self, what: impl Into<String>) {
        once(&mut self.data_loss, what.into());
    }

    /// Whether data would be lost.
    pub(super) fn loses(&self) -> bool {
        !self.data_loss.is_empty()
    }

    /// Who uses it.
    pub(super) fn depend(&mut self, who: impl Into<String>) {
        once(&mut self.dependents, who.into());
    }

    /// What could not be seen.
    pub(super) fn unknown(&mut self, what: impl Into<String>) {
        once(&mut self.unknowns, what.into());
    }

    /// What could not be seen, if anything.
    pub(super) fn gap(&mut self, gap: Option<String>) {
        if let Some(gap) = gap {
            self.unknown(gap);
        }
    }

    /// A thing that could not be read (`zone example.org`), and why.
    pub(super) fn unread(&mut self, action: &Action, (called, id, kind): (&str, &TargetId, Kind), why: &str) {
        self.unknown(format!("{called} could not be read: {why}"));
        self.change(id, kind, leading(action), format!("{called}, whose state could not be read"));
    }

    /// What is lost with a thing that could not be read: nobody knows how much, nor what it could be restored from.
    pub(super) fn lose_unread(&mut self, called: &str, lost: impl Into<String>, why: &str) {
        self.lose(lost);
        self.tally(Tally::unread());
        self.secure(Securing::Impossible(format!("{called} could not be read: {why}")));
    }

    /// A fact about one of the targets; `None` is unknown. The fact of the action is the worst of all.
    pub(super) fn fact(&mut self, name: &'static str, worst: bool, value: Option<bool>) {
        self.facts.entry(name).or_insert_with(|| (worst, Vec::new())).1.push(value);
    }

    /// What was seen of a target; earlier words about it are kept where these have none.
    pub(super) fn observe(&mut self, target: &TargetId, seen: Observed) {
        let have = self.observed.entry(target.clone()).or_default();
        have.exists = seen.exists.or(have.exists);
        have.tags = seen.tags.or_else(|| have.tags.take());
        for name in seen.names {
            once(&mut have.names, name);
        }
        have.names_unread |= seen.names_unread;
        if seen.data != Bears::Unknown {
            have.data = seen.data;
        }
        have.size = seen.size.or_else(|| have.size.take());
        have.immutable_id = seen.immutable_id.or_else(|| have.immutable_id.take());
        have.came_with = seen.came_with.or_else(|| have.came_with.take());
        for origin in seen.copied_from {
            if !have.copied_from.iter().any(|known| known.id == origin.id) {
                have.copied_from.push(origin);
            }
        }
        for attached in seen.attached_to {
            if !have.attached_to.contains(&attached) {
                have.attached_to.push(attached);
            }
        }
    }

    /// What the effect on a target reaches.
    pub(super) fn reaches(&mut self, target: &TargetId, attached: impl IntoIterator<Item = TargetId>) {
        self.observe(target, Observed { attached_to: attached.into_iter().collect(), ..Observed::default() });
    }

    /// What was seen so far.
    pub(super) fn seen(&self, target: &TargetId) -> Option<&Observed> {
        self.observed.get(target)
    }

    /// A further target that the effect falls on.
    pub(super) fn discover(&mut self, target: Target) {
        if !self.discovered.iter().any(|have| have.id == target.id) {
            self.discovered.push(target);
        }
    }

    /// A tag or a name that it writes, which the request itself does not show.
    pub(super) fn write(&mut self, write: ClassifierWrite) {
        if !self.writes.contains(&write) {
            self.writes.push(write);
        }
    }

    /// What the action acts on: what it names, and what was found by looking.
    pub(super) fn acted<'d>(&'d self, action: &'d Action) -> impl Iterator<Item = &'d Target> {
        let all = action.targets.iter().chain(&self.discovered);
        all.filter(|target| target.relation == Relation::Acts)
    }

    /// The recovery points of one thing.
    pub(super) fn tally(&mut self, tally: Tally) {
        self.counts.push(tally.count());
        self.points.extend(tally.points());
    }

    /// A live-state field that an approval is bound to.
    pub(super) fn bind(&mut self, of: impl Into<String>, field: impl Into<Value>) {
        self.fingerprint.insert(of.into(), field.into());
    }

    /// The facts that are known.
    pub(super) fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        for (name, (worst, values)) in &self.facts {
            // INVARIANT: one target whose fact is unknown makes the action's fact unknown, unless another is at its worst.
            if values.contains(&Some(*worst)) {
                facts.set(*name, *worst);
            } else if !values.contains(&None) {
                facts.set(*name, !*worst);
            }
        }
        facts
    }

    /// The survey.
    pub(super) fn finish(mut self) -> Survey {
        let weight = |effect| match effect {
            Effect::Destroy => 0,
            Effect::RecoveryLoss => 1,
            Effect::GuardRemoval => 2,
            _ => 3,
        };
        self.changes.sort_by_key(|change| weight(change.effect));
        let facts = self.facts();
        Survey {
            forecast: Forecast {
                method: match (self.planned, self.saw) {
                    (true, _) => Method::Planned,
                    (false, true) => Method::Read,
                    (false, false) => Method::Assumed,
                },
                changes: self.changes,
                data_loss: self.data_loss,
                recovery: worst(&self.counts),
                points: self.points,
                dependents: self.dependents,
                reversibility: self.reversibility,
                unknowns: self.unknowns,
            },
            facts,
            observed: self.observed,
            discovered: self.discovered,
            writes: self.writes,
            rewrite: self.rewrite,
            instead: None,
            told: Vec::new(),
            securing: self.securing.unwrap_or(Securing::NotNeeded),
            fingerprint: Value::Object(self.fingerprint),
        }
    }
}

/// What two things need together.
fn both(one: Securing, other: Securing) -> Securing {
    use Securing::{ByCalls, ByRewrite, Exists, Impossible, NotNeeded};
    match (one, other) {
        (Impossible(why), _) | (_, Impossible(why)) => Impossible(why),
        (NotNeeded, other) | (other, NotNeeded) => other,
        (Exists, other) | (other, Exists) => other,
        (
            ByCalls { mut calls, mut proof, mut makes },
            ByCalls { calls: more, proof: proven, makes: made },
        ) => {
            more.into_iter().for_each(|call| once(&mut calls, call));
            proven.into_iter().for_each(|test| once(&mut proof, test));
            made.into_iter().for_each(|point| once(&mut makes, point));
            ByCalls { calls, proof, makes }
        }
        (ByRewrite { mut makes }, ByRewrite { makes: made }) => {
            made.into_iter().for_each(|point| once(&mut makes, point));
            ByRewrite { makes }
        }
        // No forecaster says both of one action: that is not trusted.
        (ByCalls { .. }, ByRewrite { .. }) | (ByRewrite { .. }, ByCalls { .. }) => {
            Impossible("two ways to keep what it would lose do not go together".to_owned())
        }
    }
}

fn once<T: PartialEq>(list: &mut Vec<T>, line: T) {
    if !list.contains(&line) {
        list.push(line);
    }
}

/// The worst effect that the claims of an action have, of those that a person looks at first.
pub(super) fn leading(action: &Action) -> Effect {
    let weight = |effect: &Effect| match effect {
        Effect::Destroy => 0,
        Effect::RecoveryLoss => 1,
        Effect::GuardRemoval => 2,
        Effect::Read | Effect::SensitiveRead => 9,
        _ => 3,
    };
    action.claims.iter().map(|claim| claim.effect).min_by_key(weight).unwrap_or(Effect::Update)
}

/// A digest of a state that is bound but too long to be kept.
pub(super) fn digest(state: &Value) -> Value {
    match interlock_action::digest_of("interlock live state v1", state) {
        Ok(digest) => Value::String(digest.to_string()),
        Err(_) => state.clone(),
    }
}
