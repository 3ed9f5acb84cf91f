//! Before and after a change: the state that it would have to be taken back to, and the state that it left.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use interlock_action::{
    Action, ActionId, Answers, Contract, Deed, Digest, Kind, Millis, Reversibility, Securing, SessionId,
    UndoId, digest_of,
};
use interlock_ledger::{Entry, EntryKind};
use serde_json::{Value, json};

use super::{Change, ChangeNote, Recalled, Seen, Standing, same, subject, told};
use crate::{
    Event, Freshness, Inspection, Record, Session, Situated, Undo, custody::Point, road::Road, stop::Stop,
    survey,
};

/// How often the state after a change is looked at until it is no longer the one before: services show changes late.
const LOOKS: u32 = 5;
/// A look is one right after the call where its answer is there this soon after the call has ended.
const PROMPT: Millis = 1000;
const DAY: Millis = 24 * 60 * 60 * 1000;

/// The way back of an action, as it will be registered.
#[derive(Clone, Debug, PartialEq)]
pub struct WayBack {
    /// The way, and the state before.
    pub contract: Contract,
    /// How it is looked at.
    pub subject: Digest,
    /// What it writes.
    pub about: Vec<String>,
}

/// No way back is remembered longer than this many days.
pub(crate) const KEPT_DAYS: u32 = 30;

/// Changes of which somebody saw, right after their call, the state that was before: what shows later may be another's.
#[derive(Debug, Default)]
pub(crate) struct Looked(Mutex<BTreeSet<ActionId>>);

impl Looked {
    fn at(&self, action: &ActionId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(action)
    }

    fn keep(&self, action: &ActionId, still: impl Fn(&ActionId) -> bool) {
        let mut looked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looked.retain(still);
        looked.insert(action.clone());
    }
}

impl Road {
    pub(crate) fn undo_port(&self, deed: &Deed) -> Option<&Arc<dyn Undo>> {
        self.undo.get(&deed.surface)
    }

    /// The state of what a deed is about, as far as its way restores it.
    pub(crate) async fn state(
        &self,
        session: &SessionId,
        deed: &Deed,
        freshness: Freshness,
    ) -> Result<Seen, String> {
        let undo = self.undo_port(deed).ok_or("nothing here can take this surface back")?;
        let (inspect, _, _) =
            self.surface(deed.surface).map_err(|_| "nothing here reads this surface".to_owned())?;
        let inspection = Inspection::mint(session.clone(), freshness).sealed();
        let mut answers = Answers::new();
        let wants = |answers: &Answers| undo.reads(deed, answers);
        survey::ask(inspect.as_ref(), &inspection, usize::MAX, &mut answers, wants).await;
        let state = undo.state(deed, &answers)?;
        Ok(Seen { state, reads: answers.into_keys().collect() })
    }

    /// The way back of an action in its effective form; none where nobody knows one, or the state could not be read.
    ///
    /// What the last change of the same thing left is what is found now: it is remembered as that.
    pub(crate) async fn way_back(
        &self,
        session: &Session,
        action: &Action,
        securing: &Securing,
    ) -> Option<WayBack> {
        if action.is_plain_read() || !action.mutates() {
            return None;
        }
        let deed = Deed::of(action, securing, &self.settings.sealer);
        let undo = self.undo_port(&deed)?;
        let way = undo.way(&deed)?;
        // Objects are read anew anyway; what else there is may have been written by others a moment ago.
        let objects = action.targets.iter().all(|target| target.kind == Kind::Object);
        let freshness = if objects { Freshness::Presence } else { Freshness::Now };
        let seen = self.state(&session.id, &deed, freshness).await.ok()?;
        let (before, subject) = (seen.state, subject(way, &deed, &seen.reads));
        let about = undo.about(&deed, &seen.reads);
        self.settle_earlier(&subject, &about, &before).await;
        let terms = undo.terms(&deed, &before).filter(|terms| terms.class != Reversibility::None)?;
        let days = terms.days.unwrap_or(KEPT_DAYS).min(KEPT_DAYS);
        let until = Some(self.ports.clock.now().saturating_add(u64::from(days).saturating_mul(DAY)));
        let contract = Contract { way: way.to_owned(), deed, before, terms, until };
        Some(WayBack { contract, subject, about })
    }

    /// Whether each of the changes in place that an action consists of can be taken back exactly: as they are made, each is
    /// registered by itself.
    pub(crate) async fn undoes_parts(&self, session: &Session, action: &Action) -> bool {
        let Ok((_, _, foresee)) = self.surface(action.surface) else { return false };
        let Some(parts) = foresee.changes_in_place(action) else { return false };
        for part in parts {
            let way = self.way_back(session, &part, &Securing::NotNeeded).await;
            if way.is_none_or(|way| way.contract.terms.class != Reversibility::Exact) {
                return false;
            }
        }
        true
    }

    /// Of earlier changes of the same things what they left is read while it stands: what has the same subject is what was
    /// found now. One whose outcome cannot be told now is not taken back unseen.
    async fn settle_earlier(&self, subject: &Digest, about: &[String], found: &Value) {
        let earlier: Vec<(ActionId, SessionId, bool)> = {
            let memory = self.memory();
            let waiting = memory.unsettled.values().flatten();
            let noted = waiting.filter_map(|action| Some((action, memory.changes.get(action)?)));
            let ours = noted.filter(|(_, note)| note.waits() && note.overlaps(subject, about));
            ours.map(|(action, note)| (action.clone(), note.session.clone(), note.subject == *subject))
                .collect()
        };
        for (action, session, same) in earlier {
            if !self.is_last(&action) {
                continue;
            }
            let Ok(Some(recalled)) = self.recalled(&action).await else { continue };
            let state = match same {
                true => Ok(found.clone()),
                false => {
                    self.state(&session, &recalled.contract.deed, Freshness::Now).await.map(|seen| seen.state)
                }
            };
            let Ok(state) = state else { continue };
            // INVARIANT: what somebody else may have written is not taken for the agent's.
            let its = self.is_prompt(&action, recalled.change.at) || left(&recalled, &state);
            if its && self.is_last(&action) {
                // Lost, the change counts as one whose outcome nobody read.
                let _ = self.ports.journal.note(self.settled(&action, &state));
            }
        }
    }

    /// Whether nothing that was let through later writes what this change writes, and its outcome is still to be read.
    fn is_last(&self, action: &ActionId) -> bool {
        let memory = self.memory();
        let Some(own) = memory.changes.get(action) else { return false };
        let later = |note: &ChangeNote| note.order > own.order && note.overlaps(&own.subject, &own.about);
        own.waits() && !memory.changes.values().any(later)
    }

    /// Whether what is found now is what the call left, because nobody had the time to write after it, and nobody has seen
    /// since that it changed nothing.
    fn is_prompt(&self, action: &ActionId, since: Millis) -> bool {
        self.ports.clock.now().saturating_sub(since) <= PROMPT && !self.looked.at(action)
    }

    /// The events and the fields of an entry that register a way back.
    pub(crate) fn registered(
        &self,
        entry: Entry,
        session: &Session,
        situated: &Situated,
        action: &ActionId,
    ) -> (Entry, Option<Event>) {
        let Some(WayBack { contract, subject, about }) = &situated.undo else { return (entry, None) };
        let entry = entry
            .public("undo", &contract.way)
            .public("undo_class", contract.terms.class)
            .public("before", self.state_seal(&contract.before));
        let change = Change {
            action: action.clone(),
            session: session.id.clone(),
            agent: session.agent.name.clone(),
            at: self.ports.clock.now(),
            subject: *subject,
            about: about.clone(),
            contract: Some(contract.clone()),
        };
        (entry, Some(Event::Undoable { change: Box::new(change) }))
    }

    /// Reads the state that a change left. To be called as soon as its call has ended; beside the answer, not before it.
    pub async fn settle(&self, action: &ActionId) {
        if let Some(record) = self.outcome_state(action, true).await {
            let _ = self.ports.journal.note(record);
        }
    }

    /// The same for somebody who waits for it, who knows when after the call.
    pub(crate) async fn settle_now(&self, action: &ActionId) {
        if let Some(record) = self.outcome_state(action, false).await {
            let _ = self.ports.journal.commit(record).await;
        }
    }

    /// What is to be written down of the state that a change left; nothing where it is known, or cannot be told.
    ///
    /// INVARIANT: the first look sees what the call did where its answer comes right after the call: a service that is slow
    /// to answer may tell what somebody else has written meanwhile. Every other may see what somebody else did,
    /// and counts only where the state is the one before, or the one that the request says; else the change stays one of
    /// which nobody knows what it left, and is not taken back.
    async fn outcome_state(&self, action: &ActionId, at_once: bool) -> Option<Record> {
        // Where this comes right after the call, the call has ended now.
        let ended = self.ports.clock.now();
        let session = {
            let memory = self.memory();
            memory.changes.get(action).filter(|note| note.waits())?.session.clone()
        };
        let recalled = self.recalled(action).await.ok()??;
        let since = if at_once { ended } else { recalled.change.at };
        let mut first = true;
        let mut found = None;
        for look in 0..LOOKS {
            if look > 0 {
                self.ports.clock.pause(u64::from(look).saturating_mul(200)).await;
            }
            // The change itself has taken out every answer that it made untrue.
            let freshness = if look == 0 { Freshness::Presence } else { Freshness::Now };
            let seen = self.state(&session, &recalled.contract.deed, freshness).await;
            // Asked only now: the answer's time counts.
            let prompt = std::mem::take(&mut first) && self.is_prompt(action, since);
            match seen {
                Ok(seen) if same(&seen.state, &recalled.contract.before) => {
                    let open = |action: &ActionId| {
                        let memory = self.memory();
                        memory.changes.get(action).is_some_and(|note| note.standing == Standing::Unsettled)
                    };
                    self.looked.keep(action, open);
                    found = Some(seen.state);
                }
                Ok(seen) if prompt || left(&recalled, &seen.state) => {
                    found = Some(seen.state);
                    break;
                }
                // Somebody's, or a part of what was asked for.
                Ok(_) => found = None,
                // A state that cannot be read now is looked at again, and in the end not known.
                Err(_) => {}
            }
        }
        let state = found?;
        // INVARIANT: what was read after a later change was let through is not what this one left.
        self.is_last(action).then(|| self.settled(action, &state))
    }

    /// A change as the store tells it; `None` where it has no way back any more.
    pub(crate) async fn recalled(&self, action: &ActionId) -> Result<Option<Recalled>, Stop> {
        let events = self.ports.journal.recall(action).await.map_err(Stop::from)?;
        let mut recalled = Recalled::of(action, events);
        if let Some(Recalled { contract: Contract { deed, .. }, .. }) = recalled.as_mut() {
            let memory = self.memory();
            let seen = deed.points.iter().filter_map(|name| memory.point(name)).flat_map(Point::seen_as);
            let seen: Vec<String> = seen.cloned().collect();
            deed.points.extend(seen);
            deed.undo = deed.undo.as_ref().map(|undo| self.kept_name(undo));
        }
        Ok(recalled)
    }

    /// The name of a run as what it makes bears it. The log tells the run's own name before its first call, the rest nobody
    /// can tell who has not the home's key.
    fn kept_name(&self, undo: &UndoId) -> UndoId {
        let sealed = self.settings.sealer.seal(&json!({ "undo": undo }));
        let digits = digest_of("interlock undo mark v1", &sealed).map(|digest| digest.short());
        UndoId::new(format!("{undo}-{}", digits.unwrap_or_default()))
    }
}

impl Road {
    fn settled(&self, action: &ActionId, state: &Value) -> Record {
        let entry = Entry::new(EntryKind::Undo, self.ports.clock.now())
            .public("action", action)
            .public("after", self.state_seal(state));
        let events = vec![Event::Settled { action: action.clone(), after: state.clone() }];
        Record { entry, events, guards: Vec::new() }
    }
}

/// Whether a state that is found at some time after a change is surely the one that it left.
fn left(recalled: &Recalled, state: &Value) -> bool {
    let Contract { deed, before, .. } = &recalled.contract;
    same(state, before) || told(deed, before, state)
}

/// Where a way back is registered, the forecast promises what that one does.
pub(crate) fn promise(situated: &mut Situated) {
    let forecast = &mut situated.survey.forecast;
    match &situated.undo {
        Some(way) if way.contract.terms.class == Reversibility::Exact => {
            forecast.reversibility = Reversibility::Exact
        }
        Some(way) if forecast.reversibility == Reversibility::Exact => {
            forecast.reversibility = way.contract.terms.class;
        }
        // Whoever knows an inverse and walks no way promises nothing.
        None if forecast.reversibility == Reversibility::Exact => {
            forecast.reversibility = Reversibility::None;
        }
        _ => {}
    }
}
