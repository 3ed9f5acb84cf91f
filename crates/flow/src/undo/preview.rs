//! What taking changes back would do, before anybody signs for it.

use std::collections::{HashMap, HashSet};

use interlock_action::{
    Action, ActionId, AgentId, Call, ClassifierWrite, Contract, Digest, HANDLE, Millis, Next, RESTORES,
    SessionId, Step, TargetId, Terms, digest_of, strays,
};
use interlock_policy::{Decision, Hypothetical, Tier};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ChangeNote, Recalled, Standing, overlap, same};
use crate::{
    Freshness, Undo, judge,
    road::Road,
    situate::{World, situate},
    stop::Stop,
};

/// Why a change cannot be taken back as things are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "conflict", content = "what")]
pub enum Conflict {
    /// Nobody registered a way back, or it was redacted.
    NoWay,
    /// It was taken back already.
    Undone,
    /// The way back has closed.
    Expired,
    /// The state that the change left was never read: nobody can tell whether others wrote since.
    Unsettled,
    /// The state cannot be read now.
    Unreadable(String),
    /// Somebody changed these fields since.
    Changed(Vec<String>),
    /// The way back ends before the goal.
    Blocked(String),
    /// What would have to be called is refused to everybody.
    Refused(String),
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoWay => f.write_str("no way back is registered"),
            Self::Undone => f.write_str("it was taken back already"),
            Self::Expired => f.write_str("the way back has closed"),
            Self::Unsettled => f.write_str(
                "the state that it left was never read, so nobody can tell whether others wrote since",
            ),
            Self::Unreadable(why) => write!(f, "its state cannot be read: {why}"),
            Self::Changed(fields) if fields.is_empty() => f.write_str("somebody changed it since"),
            Self::Changed(fields) => write!(f, "somebody changed it since: {}", fields.join(", ")),
            Self::Blocked(why) => write!(f, "it cannot be taken back: {why}"),
            Self::Refused(what) => write!(f, "`{what}` is refused to everybody"),
        }
    }
}

impl Conflict {
    /// Whether taking a newer change back may do away with it.
    fn may_pass(&self) -> bool {
        matches!(self, Self::Unreadable(_) | Self::Changed(_) | Self::Blocked(_))
    }
}

/// What the newer changes of a preview leave, once they are taken back.
#[derive(Default)]
struct Ahead {
    /// Where each subject stands then.
    stands: HashMap<Digest, Value>,
    /// What they touched.
    touched: HashSet<TargetId>,
    /// What they wrote, however it is called.
    about: Vec<String>,
}

impl Ahead {
    fn touches(&self, recalled: &Recalled) -> bool {
        recalled.contract.deed.targets.iter().any(|target| self.touched.contains(&target.id))
            || overlap(&recalled.change.about, &self.about)
    }
}

/// One change of a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PreviewedChange {
    /// The action.
    pub action: ActionId,
    /// What was done.
    pub operation: String,
    /// To what, first of all.
    pub target: Option<TargetId>,
    /// Who did it.
    pub agent: AgentId,
    /// In which session.
    pub session: SessionId,
    /// When.
    pub at: Millis,
    /// How well it comes back.
    pub terms: Option<Terms>,
    /// What would be done, in order.
    pub steps: Vec<String>,
    /// Whether it is looked at again once the newer changes of the same thing are taken back: what is to be done is only
    /// known then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deferred: bool,
    /// Why it cannot be taken back as things are.
    pub conflict: Option<Conflict>,
    /// How many people must sign for it.
    pub signatures: u8,
    /// Digest of the state that it would be taken back to, and of the one that it is taken back from.
    pub states: Option<(Digest, Digest)>,
}

/// What taking changes back would do, the newest change first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Preview {
    /// The changes, in the order in which they are taken back.
    pub changes: Vec<PreviewedChange>,
    /// How many people must sign.
    pub signatures: u8,
    /// What they sign.
    pub digest: Digest,
}

impl Preview {
    /// Whether nothing stands in the way.
    pub fn clear(&self) -> bool {
        !self.changes.is_empty() && self.changes.iter().all(|change| change.conflict.is_none())
    }
}

impl Road {
    /// The changes that still can be taken back, newest first: of these actions, of a session, or of an agent since then.
    pub fn changes(&self, wanted: impl Fn(&ActionId, &ChangeNote) -> bool) -> Vec<ActionId> {
        let memory = self.memory();
        let stands = |note: &ChangeNote| !matches!(note.standing, Standing::Undone { .. });
        let mut all: Vec<(u64, ActionId)> = memory
            .changes
            .iter()
            .filter(|(action, note)| stands(note) && wanted(action, note))
            .map(|(action, note)| (note.order, action.clone()))
            .collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.into_iter().map(|(_, action)| action).collect()
    }

    /// What taking these changes back would do.
    pub async fn preview_undo(&self, actions: &[ActionId]) -> Result<Preview, String> {
        // Whoever is quicker than the look at what a change left waits for it.
        for action in actions {
            self.settle_now(action).await;
        }
        let mut ordered: Vec<(Option<ChangeNote>, ActionId)> = {
            let memory = self.memory();
            actions.iter().map(|action| (memory.changes.get(action).cloned(), action.clone())).collect()
        };
        ordered.sort_by_key(|(note, _)| std::cmp::Reverse(note.as_ref().map(|note| note.order)));
        ordered.dedup_by(|a, b| a.1 == b.1);
        let mut changes = Vec::new();
        let mut ahead = Ahead::default();
        for (note, action) in ordered {
            changes.push(self.preview_one(action, note, &mut ahead).await?);
        }
        let signatures = changes.iter().map(|change| change.signatures).max().unwrap_or(1);
        let digest = digest_of("interlock undo preview v1", &changes).map_err(|error| error.to_string())?;
        Ok(Preview { changes, signatures, digest })
    }

    async fn preview_one(
        &self,
        action: ActionId,
        note: Option<ChangeNote>,
        ahead: &mut Ahead,
    ) -> Result<PreviewedChange, String> {
        let recalled = match &note {
            Some(_) => self.recalled(&action).await.map_err(words)?,
            None => None,
        };
        let mut previewed = PreviewedChange {
            operation: note.as_ref().map(|note| note.operation.clone()).unwrap_or_default(),
            target: note.as_ref().and_then(|note| note.target.clone()),
            agent: note.as_ref().map_or_else(|| AgentId::new("unknown"), |note| note.agent.clone()),
            session: note.as_ref().map_or_else(|| SessionId::new("unknown"), |note| note.session.clone()),
            at: note.as_ref().map_or(0, |note| note.at),
            terms: note.as_ref().map(|note| note.terms.clone()),
            steps: Vec::new(),
            deferred: false,
            conflict: None,
            signatures: 1,
            states: None,
            action,
        };
        let (Some(note), Some(recalled)) = (note, recalled) else {
            previewed.conflict = Some(Conflict::NoWay);
            return Ok(previewed);
        };
        match self.plan(&note, &recalled, &ahead.stands).await {
            Ok((steps, now)) => {
                let before = &recalled.contract.before;
                previewed.states = Some((self.state_seal(before), self.state_seal(&now)));
                previewed.steps = steps.iter().map(|step| step.name.clone()).collect();
                match self.signatures(&recalled, &steps).await {
                    Ok(signatures) => previewed.signatures = signatures,
                    Err(refused) => previewed.conflict = Some(Conflict::Refused(refused)),
                }
                ahead.stands.insert(note.subject, before.clone());
            }
            Err(conflict) if conflict.may_pass() && ahead.touches(&recalled) => previewed.deferred = true,
            Err(conflict) => previewed.conflict = Some(conflict),
        }
        let ids = recalled.contract.deed.targets.iter().map(|target| target.id.clone());
        ahead.touched.extend(ids);
        ahead.about.extend(recalled.change.about.iter().cloned());
        Ok(previewed)
    }

    /// What remains to be done, and the state that it would be done from.
    async fn plan(
        &self,
        note: &ChangeNote,
        recalled: &Recalled,
        stands: &HashMap<Digest, Value>,
    ) -> Result<(Vec<Step>, Value), Conflict> {
        if matches!(note.standing, Standing::Undone { .. }) {
            return Err(Conflict::Undone);
        }
        if note.until.is_some_and(|until| until <= self.ports.clock.now()) {
            return Err(Conflict::Expired);
        }
        let deed = &recalled.contract.deed;
        let undo = self.undo_port(deed).ok_or(Conflict::NoWay)?;
        let now = match stands.get(&note.subject) {
            Some(state) => state.clone(),
            None => {
                self.state(&note.session, deed, Freshness::Now).await.map_err(Conflict::Unreadable)?.state
            }
        };
        let before = &recalled.contract.before;
        let steps = undo.back(deed, before, &now).map_err(Conflict::Blocked)?;
        unchanged(undo.as_ref(), note, recalled, &now, &steps)?;
        Ok((steps, now))
    }

    /// How many people must sign for these steps; what is refused to everybody, if anything is.
    pub(crate) async fn signatures(&self, recalled: &Recalled, steps: &[Step]) -> Result<u8, String> {
        let mut most = 1;
        for step in steps {
            if let Next::Call(call) = &step.next {
                most = most.max(self.signatures_for(recalled, call).await?);
            }
        }
        Ok(most)
    }

    /// As many as the same call of an agent would need, where that is two; else one.
    async fn signatures_for(&self, recalled: &Recalled, call: &Call) -> Result<u8, String> {
        let session = self.memory().sessions.get(&recalled.change.session).cloned();
        let action: Option<Action> = self.undo.get(&call.surface).and_then(|undo| undo.judge(call));
        let solo = self.memory().solo(self.ports.clock.now());
        let (Some(session), Some(mut action)) = (session, action) else {
            return Ok(if solo { 1 } else { 2 });
        };
        // What no agent may write, and Interlock does.
        action.writes.retain(|write| !matches!(write, ClassifierWrite::Tag { key, .. } if key == RESTORES));
        let survey = self.survey(&session, &action).await.map_err(words)?;
        let principals = self.principals();
        let now = self.ports.clock.now();
        let memory = self.memory();
        let world = World {
            memory: &memory,
            rules: &self.settings.rules,
            budget: self.settings.budget,
            proven_within: self.settings.proven_within,
            principals: principals.as_deref().unwrap_or_default(),
            now,
        };
        let situated = situate(&world, &session, action, survey);
        let asks = judge::asks(&self.settings, &session, &situated);
        let verified = judge::verified(
            &memory,
            &session,
            &situated,
            judge::Brought { secured: true, ..judge::Brought::default() },
            now,
        );
        let team = judge::team(&memory, now);
        let decision = self.bundle().decide(&asks, &verified, &Hypothetical::greatest(team, team, solo));
        match decision {
            Decision::Refuse { .. } => Err(call.operation.to_string()),
            _ if decision.tier() >= Tier::T4 && !solo => Ok(2),
            _ => Ok(1),
        }
    }
}

/// Whether the state is still the one that the change left, or one that an undo of it left half-way.
pub(crate) fn unchanged(
    undo: &dyn Undo,
    note: &ChangeNote,
    recalled: &Recalled,
    now: &Value,
    steps: &[Step],
) -> Result<(), Conflict> {
    // Nothing remains to be done: whoever did it.
    if steps.is_empty() {
        return Ok(());
    }
    if let (Standing::Undoing { steps: planned, .. }, Some(after)) = (&note.standing, &recalled.after)
        && rest_of(planned.iter(), steps)
    {
        return half_way(undo, recalled, after, now);
    }
    match &recalled.after {
        None => Err(Conflict::Unsettled),
        Some(after) if same(after, now) => Ok(()),
        Some(after) => Err(Conflict::Changed(differing(after, now))),
    }
}

/// Whether these steps are the last of those.
pub(crate) fn rest_of<'a>(planned: impl ExactSizeIterator<Item = &'a String>, steps: &[Step]) -> bool {
    let done = planned.len().checked_sub(steps.len());
    done.is_some_and(|done| planned.skip(done).eq(steps.iter().map(|step| &step.name)))
}

/// Whether a state is on its way from one that was seen to the one before the change. The steps alone do not tell: a value
/// that another wrote is overwritten by the same step as the agent's.
pub(crate) fn half_way(
    undo: &dyn Undo,
    recalled: &Recalled,
    from: &Value,
    now: &Value,
) -> Result<(), Conflict> {
    let Contract { deed, before, .. } = &recalled.contract;
    let between = undo.between(deed, before, now);
    let known: Vec<&Value> = [before, from].into_iter().chain(&between).collect();
    let strays = strays(now, &known);
    let fields = strays.iter().map(|path| path.trim_start_matches('/').to_owned()).collect();
    if strays.is_empty() { Ok(()) } else { Err(Conflict::Changed(fields)) }
}

/// The names of the fields in which two states differ. Never their values: they may be secret.
pub(crate) fn differing(one: &Value, other: &Value) -> Vec<String> {
    let (Value::Object(one), Value::Object(other)) = (one, other) else { return Vec::new() };
    let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
    names.filter(|name| *name != HANDLE && one.get(*name) != other.get(*name)).cloned().collect()
}

fn words(stop: Stop) -> String {
    match stop {
        Stop::Ledger(why) | Stop::Conflict(why) | Stop::NoLease(why) | Stop::NotSecured(why) => why,
        Stop::TooMany => "too many requests are waiting".to_owned(),
        Stop::Again => "it was waited for something".to_owned(),
        Stop::NoSurface => "nothing here can read this surface".to_owned(),
    }
}
