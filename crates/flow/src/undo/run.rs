//! Taking changes back, step by step: each step is chosen from what is found, so that a run which was cut off anywhere is
//! finished by running it again.

use std::sync::Arc;

use interlock_action::{ActionId, Call, Claim, Contract, Effect, Next, PersonId, Step, UndoId};
use interlock_ledger::{Entry, EntryKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Preview, Recalled, Standing,
    preview::{Conflict, differing, half_way, rest_of, unchanged},
    same,
};
use crate::{
    Event, Freshness, Guard, Outcome, Permit, Record, Session, Undo, fault, own::not_done, road::Road,
};

/// How often a step's effect is looked for before the run gives up on it.
const LOOKS: u32 = 20;
/// How long a service that is at work is left alone between two looks, at most.
const PATIENCE: u64 = 15_000;
/// However short a change is expected to take, a run waits this many minutes for a service.
const LEAST_MINUTES: u64 = 10;

/// Why a run back ended early. What was done is done, and written down; running it again goes on from there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UndoError {
    /// A conflict, found before anything was sent for this change.
    #[error("`{0}`: {1}")]
    Conflict(ActionId, Conflict),
    /// More people must sign.
    #[error("{0} people must sign for what this takes back")]
    Signatures(u8),
    /// Too few witnesses have seen that it was signed.
    #[error("it waits for witnesses, and is to be signed again once they answer: {0}")]
    Unwitnessed(String),
    /// The preview that was signed is not what would be done now.
    #[error("the world moved since the preview: look again")]
    Moved,
    /// A step failed.
    #[error("`{0}`: {1}")]
    Step(String, String),
    /// It cannot be written down.
    #[error("the ledger is unavailable: {0}")]
    Ledger(String),
}

/// What a run back tells while it is at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "progress")]
pub enum Progress {
    /// A call is sent.
    Step {
        /// Of which change.
        action: ActionId,
        /// In plain words.
        name: String,
    },
    /// A service is at work.
    Waits {
        /// Of which change.
        action: ActionId,
        /// In plain words.
        name: String,
    },
    /// A change is taken back.
    Undone {
        /// Which.
        action: ActionId,
    },
}

/// Is told of the progress.
pub trait Watch: Send + Sync {
    /// Takes a piece of news.
    fn told(&self, progress: Progress);
}

impl Road {
    /// Takes back what a preview shows, in its order. `by` have signed for the preview's digest; whoever calls has checked
    /// that.
    pub async fn undo(
        &self,
        preview: &Preview,
        undo: &UndoId,
        by: &[PersonId],
        watch: &dyn Watch,
    ) -> Result<(), UndoError> {
        let _one = self.undoing.lock().await;
        if let Some(change) = preview.changes.iter().find(|change| change.conflict.is_some()) {
            let conflict = change.conflict.clone().unwrap_or(Conflict::NoWay);
            return Err(UndoError::Conflict(change.action.clone(), conflict));
        }
        let actions: Vec<ActionId> = preview.changes.iter().map(|change| change.action.clone()).collect();
        if preview.signatures > 1 {
            self.seen_to_be_signed(preview, undo, by).await?;
        }
        let again = self.preview_undo(&actions).await.map_err(UndoError::Ledger)?;
        if again.digest != preview.digest {
            return Err(UndoError::Moved);
        }
        if by.len() < usize::from(again.signatures) {
            return Err(UndoError::Signatures(again.signatures));
        }
        for action in &actions {
            self.undo_one(action, undo, by, watch).await?;
        }
        Ok(())
    }

    /// What takes two people waits, as when an agent asks for it, until witnesses have seen that they signed.
    async fn seen_to_be_signed(
        &self,
        preview: &Preview,
        undo: &UndoId,
        by: &[PersonId],
    ) -> Result<(), UndoError> {
        let entry = Entry::new(EntryKind::Undo, self.ports.clock.now())
            .public("undo", undo)
            .public("state", "signed")
            .public("digest", preview.digest)
            .public("by", by);
        let record = Record { entry, events: Vec::new(), guards: Vec::new() };
        let journal = &self.ports.journal;
        let receipt = journal.commit(record).await.map_err(|error| UndoError::Ledger(error.to_string()))?;
        journal.witnessed_entry(&receipt).await.map_err(|far| UndoError::Unwitnessed(far.to_string()))
    }

    async fn undo_one(
        &self,
        action: &ActionId,
        undo: &UndoId,
        by: &[PersonId],
        watch: &dyn Watch,
    ) -> Result<(), UndoError> {
        let run = |recalled| Run { road: self, action, undo, by, recalled, watch };
        let known = run(self.known(action).await?);
        let (steps, now) = known.look().await?;
        known.begin(&steps, &now).await?;
        // INVARIANT: what is made anew bears the name of the run that was written down as the one that began.
        let begun = run(self.known(action).await?);
        let steps = begun.remaining(&now)?;
        begun.finish(steps, now).await
    }

    async fn known(&self, action: &ActionId) -> Result<Recalled, UndoError> {
        let recalled = self.recalled(action).await.map_err(|stop| UndoError::Ledger(format!("{stop:?}")))?;
        recalled.ok_or_else(|| UndoError::Conflict(action.clone(), Conflict::NoWay))
    }
}

/// One change on its way back.
struct Run<'a> {
    road: &'a Road,
    action: &'a ActionId,
    undo: &'a UndoId,
    by: &'a [PersonId],
    recalled: Recalled,
    watch: &'a dyn Watch,
}

impl Run<'_> {
    fn failed(&self, why: impl Into<String>) -> UndoError {
        UndoError::Step(self.action.to_string(), why.into())
    }

    fn conflict(&self, conflict: Conflict) -> UndoError {
        UndoError::Conflict(self.action.clone(), conflict)
    }

    fn port(&self) -> Result<&Arc<dyn Undo>, UndoError> {
        let port = self.road.undo_port(&self.recalled.contract.deed);
        port.ok_or_else(|| self.failed("nothing here takes it back"))
    }

    /// What is found, and what remains.
    async fn look(&self) -> Result<(Vec<Step>, Value), UndoError> {
        let deed = &self.recalled.contract.deed;
        let unread = |why| self.conflict(Conflict::Unreadable(why));
        let now =
            self.road.state(&self.recalled.change.session, deed, Freshness::Now).await.map_err(unread)?.state;
        Ok((self.remaining(&now)?, now))
    }

    fn remaining(&self, now: &Value) -> Result<Vec<Step>, UndoError> {
        let Contract { deed, before, .. } = &self.recalled.contract;
        self.port()?.back(deed, before, now).map_err(|why| self.failed(why))
    }

    fn entry(&self) -> Entry {
        Entry::new(EntryKind::Undo, self.road.ports.clock.now())
            .public("undo", self.undo)
            .public("action", self.action)
            .public("by", self.by)
    }

    async fn write(&self, entry: Entry, events: Vec<Event>) -> Result<(), UndoError> {
        let record = Record { entry, events, guards: Vec::new() };
        let written = self.road.ports.journal.commit(record).await;
        written.map(|_| ()).map_err(|error| UndoError::Ledger(error.to_string()))
    }

    /// Writes down that the change is as it was left, and what is to be done about it.
    async fn begin(&self, steps: &[Step], now: &Value) -> Result<(), UndoError> {
        let note = self.road.memory().changes.get(self.action).cloned();
        let note = note.ok_or_else(|| self.conflict(Conflict::NoWay))?;
        // INVARIANT: what somebody else has written since is never written over.
        let held = unchanged(self.port()?.as_ref(), &note, &self.recalled, now, steps);
        held.map_err(|why| self.conflict(why))?;
        if matches!(note.standing, Standing::Undoing { .. }) {
            return Ok(());
        }
        let names: Vec<String> = steps.iter().map(|step| step.name.clone()).collect();
        fault::here(fault::BEFORE_UNDO);
        let entry = self.entry().public("state", "begun").public("from", self.road.state_seal(now));
        let entry = entry.private("steps", &names);
        let event = Event::Undoing { action: self.action.clone(), undo: self.undo.clone(), steps: names };
        self.write(entry, vec![event]).await?;
        fault::here(fault::AFTER_UNDO_BEGAN);
        Ok(())
    }

    async fn finish(&self, mut steps: Vec<Step>, mut now: Value) -> Result<(), UndoError> {
        let began = self.road.ports.clock.now();
        let minutes = u64::from(self.recalled.contract.terms.minutes).saturating_mul(3).max(LEAST_MINUTES);
        let mut last: Option<(String, u32)> = None;
        while let Some(step) = steps.first() {
            if self.road.ports.clock.now().saturating_sub(began) > minutes.saturating_mul(60_000) {
                return Err(self.failed(format!("`{}` takes longer than {minutes} minutes", step.name)));
            }
            let looks = match &last {
                Some((name, looks)) if *name == step.name => looks.saturating_add(1),
                _ => 0,
            };
            match &step.next {
                Next::Call(call) if looks == 0 => {
                    if let Some((rest, found)) = self.call(step, call, &now).await? {
                        self.came_closer(&steps, &now, &rest, &found)?;
                        (steps, now) = (rest, found);
                        continue;
                    }
                }
                Next::Call(_) if looks > LOOKS => {
                    return Err(self.failed(format!("`{}` was done and does not show", step.name)));
                }
                Next::Call(_) => self.pause(looks).await,
                Next::Wait => {
                    let action = self.action.clone();
                    self.watch.told(Progress::Waits { action, name: step.name.clone() });
                    self.pause(looks).await;
                }
                Next::Later => return Err(self.failed(format!("`{}` cannot be begun", step.name))),
            }
            last = Some((step.name.clone(), looks));
            let (rest, found) = self.look().await?;
            self.came_closer(&steps, &now, &rest, &found)?;
            (steps, now) = (rest, found);
        }
        let missing = differing(&self.recalled.contract.before, &now);
        if !same(&now, &self.recalled.contract.before) {
            return Err(self.failed(format!("these do not come back: {}", missing.join(", "))));
        }
        fault::here(fault::BEFORE_UNDONE);
        let event = Event::Undone { action: self.action.clone(), undo: self.undo.clone() };
        self.write(self.entry().public("state", "undone"), vec![event]).await?;
        self.watch.told(Progress::Undone { action: self.action.clone() });
        Ok(())
    }

    /// INVARIANT: what somebody else writes between two steps is never written over. Since the last look nothing may have
    /// changed but towards the state before the change.
    fn came_closer(
        &self,
        steps: &[Step],
        now: &Value,
        rest: &[Step],
        found: &Value,
    ) -> Result<(), UndoError> {
        if rest.is_empty() {
            return Ok(());
        }
        half_way(self.port()?.as_ref(), &self.recalled, now, found).map_err(|why| self.conflict(why))?;
        if rest_of(steps.iter().map(|step| &step.name), rest) {
            return Ok(());
        }
        Err(self.conflict(Conflict::Changed(differing(now, found))))
    }

    async fn pause(&self, looks: u32) {
        let wait = 100_u64.saturating_mul(u64::from(looks.saturating_add(1)));
        self.road.ports.clock.pause(wait.min(PATIENCE)).await;
    }

    /// Sends one call, durable before it is sent like any other; or tells what was found instead of what it was written
    /// for.
    ///
    /// INVARIANT: between the last look and the sending there is nothing but the sending. Signatures and the journal take
    /// long enough for somebody else to write.
    async fn call(
        &self,
        step: &Step,
        call: &Call,
        now: &Value,
    ) -> Result<Option<(Vec<Step>, Value)>, UndoError> {
        self.watch.told(Progress::Step { action: self.action.clone(), name: step.name.clone() });
        let needed = self.road.signatures(&self.recalled, std::slice::from_ref(step)).await;
        let refused = |what| UndoError::Conflict(self.action.clone(), Conflict::Refused(what));
        let needed = needed.map_err(refused)?;
        if self.by.len() < usize::from(needed) {
            return Err(UndoError::Signatures(needed));
        }
        let (_, execute, _) =
            self.road.surface(call.surface).map_err(|_| self.failed("nothing here calls this surface"))?;
        let execute = Arc::clone(execute);
        let permit = self.permit(step, call).await?;
        let ledger = |error: crate::JournalError| UndoError::Ledger(error.to_string());
        let looked = self.look().await;
        if !looked.as_ref().is_ok_and(|(_, found)| same(found, now)) {
            let why = "it was not found any more as it was looked at".to_owned();
            permit.complete(Outcome::NotExecuted { why }, Vec::new()).await.map_err(ledger)?;
            return looked.map(Some);
        }
        let outcome = execute.execute(&permit, call).await;
        fault::here(fault::AFTER_UNDO_CALL);
        let words = not_done(call, &outcome);
        permit.complete(outcome, Vec::new()).await.map_err(ledger)?;
        words.map_or(Ok(None), |why| Err(UndoError::Step(step.name.clone(), why)))
    }

    /// INVARIANT: a person signed for it, so that no freeze stops it and no lease must be live; but that person's suspension
    /// does.
    async fn permit(&self, step: &Step, call: &Call) -> Result<Permit, UndoError> {
        let ledger = |why: String| UndoError::Ledger(why);
        let session: Option<Session> =
            self.road.memory().sessions.get(&self.recalled.change.session).cloned();
        let session = session.ok_or_else(|| self.failed("its session is unknown"))?;
        let id = self.road.action_id();
        let claim = Claim::plain(Effect::Update, "takes a change back");
        let own = self.road.own(&id, &session.id, call, claim, &[]);
        let entry = own
            .entry
            .public("by", self.by)
            .public("undo", self.undo)
            .public("takes_back", self.action)
            .private("step", &step.name);
        let mut permit = self.road.permit(id, Arc::new(own.action), Arc::new(session), 0);
        permit.signed = true;
        let guards = vec![Guard::StillSigned(self.by.to_vec())];
        let record = Record { entry, events: vec![Event::PermitOpened { permit: own.note }], guards };
        self.road.open(permit, record).await.map_err(|stop| ledger(format!("{stop:?}")))
    }
}
