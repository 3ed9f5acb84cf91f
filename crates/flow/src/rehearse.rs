//! Rehearsals: an action played on a twin, somewhere where nothing can be lost, before it is let through where it can.
//!
//! INVARIANT: what is done while rehearsing says nothing of what is there in earnest: nothing that it makes is remembered as
//! anybody's, nothing that it destroys as gone. Its keys open the rehearsal's gateway and no other, and it stays in the account
//! that the stage is.

use std::sync::Arc;

use interlock_action::{AccountId, Action, Content, Effect, Millis, Relation, SessionId, digest_of};
use interlock_ledger::{Entry, EntryKind};
use interlock_policy::AgentClass;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Event, Guard, Identity, JournalError, May, Memory, Record, Session, Verdict, candidates::merge,
    permit::frozen, road::Road, stop::Stop,
};

/// What came of a rehearsal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rehearsal {
    /// Where it was played, as the configuration calls it.
    pub place: String,
    /// Whether it did what was planned, and nothing else.
    pub as_planned: bool,
    /// What was seen, a sentence each.
    pub seen: Vec<String>,
    /// When it ended.
    pub at: Millis,
}

impl Session {
    /// Whether it is what Interlock runs while rehearsing.
    pub fn rehearses(&self) -> bool {
        self.lease.part.as_ref().is_some_and(|part| matches!(part.may, May::Rehearse { .. }))
    }
}

impl Memory {
    /// The last rehearsal of what an action executes.
    pub fn rehearsal(&self, action: &Action) -> Option<&Rehearsal> {
        match &action.content {
            Content::Digest(bytes) => self.rehearsals.get(&(action.surface, bytes.clone())),
            Content::Judged | Content::Unbound => None,
        }
    }
}

impl Road {
    /// Lets a call of a rehearsal through: it is written down first, and judged by no policy, as nothing can come of it. `stage` tells
    /// whose account that is.
    pub async fn admit_rehearsed(
        &self,
        session: &SessionId,
        candidates: Vec<Arc<Action>>,
        stage: &dyn Identity,
    ) -> Verdict {
        let unread = Stop::NoLease("nothing could be read in it".to_owned());
        let Some(action) = merge(&candidates) else {
            return self.stopped(interlock_action::Operation::new("unknown"), unread);
        };
        let operation = action.operation.clone();
        match self.rehearsed_call(session, action, stage).await {
            Ok(verdict) => verdict,
            Err(stop) => self.stopped(operation, stop),
        }
    }

    async fn rehearsed_call(
        &self,
        session: &SessionId,
        action: Arc<Action>,
        stage: &dyn Identity,
    ) -> Result<Verdict, Stop> {
        let session = self.live_session(session)?;
        let may = session.lease.part.as_ref().map(|part| &part.may);
        let Some(May::Rehearse { changes }) = may else {
            return Err(Stop::NoLease("this lease rehearses nothing".to_owned()));
        };
        if action.mutates() && (!changes || session.agent.class == AgentClass::Observer) {
            return Err(Stop::NoLease("this is a look at a stage, and changes nothing there".to_owned()));
        }
        if let Some(why) = leaves(&action, stage) {
            return Err(Stop::NoLease(format!("a rehearsal stays on its stage: {why}")));
        }
        let now = self.ports.clock.now();
        let (id, epoch) = (self.action_id(), self.memory().epoch);
        let effects: Vec<Effect> = action.claims.iter().map(|claim| claim.effect).collect();
        let kind = if action.mutates() { EntryKind::Allowed } else { EntryKind::Read };
        let entry = Entry::new(kind, now)
            .public("action", &id)
            .public("session", &session.id)
            .public("agent", &session.agent.name)
            .public("operation", &action.operation)
            .public("effects", effects)
            .public("rehearsal", true);
        let permit = |mutates| {
            let mut permit = self.permit(id.clone(), Arc::clone(&action), Arc::clone(&session), epoch);
            (permit.mutates, permit.rehearsal) = (mutates, true);
            permit
        };
        if !action.mutates() {
            self.ports.journal.note(Record::only(entry))?;
            return Ok(Verdict::Allowed(permit(false)));
        }
        // Who is stopped rehearses nothing either.
        if let Some(words) = frozen(&self.memory(), &session, &action, Some(&[])) {
            return Err(Stop::Conflict(words));
        }
        let sealed = self.settings.sealer.seal_all(&action.arguments, &action.secrets);
        let digest = digest_of("interlock rehearsed call v1", &sealed)
            .map_err(|error| Stop::Ledger(error.to_string()))?;
        let record = Record {
            entry: entry.public("digest", digest).private("arguments", sealed),
            // No permit is open of what nobody has to look for after a crash.
            events: Vec::new(),
            guards: vec![Guard::SessionLive(session.id.clone(), now), Guard::Epoch(epoch)],
        };
        Ok(Verdict::Allowed(self.open(permit(true), record).await?))
    }

    /// Writes down what came of rehearsing what an action executes.
    ///
    /// # Errors
    /// It executes no bytes, or the ledger cannot record it.
    pub async fn rehearsed(
        &self,
        of: &SessionId,
        action: &Action,
        rehearsal: Rehearsal,
    ) -> Result<(), JournalError> {
        let Content::Digest(bytes) = &action.content else {
            return Err(JournalError::Conflict("it executes no bytes that could be rehearsed".to_owned()));
        };
        let entry = Entry::new(EntryKind::Rehearsed, rehearsal.at)
            .public("session", of)
            .public("bytes", bytes)
            .public("place", &rehearsal.place)
            .public("as_planned", rehearsal.as_planned)
            .private("seen", &rehearsal.seen);
        let (surface, bytes) = (action.surface, bytes.clone());
        let events = vec![Event::Rehearsed { surface, bytes, rehearsal: Box::new(rehearsal) }];
        self.ports.journal.commit(Record { entry, events, guards: Vec::new() }).await.map(|_| ())
    }
}

/// Why a call would act elsewhere than on the stage, or on what makes it one.
fn leaves(action: &Action, stage: &dyn Identity) -> Option<String> {
    let operation = action.operation.as_str();
    if action.operation.service() == "sts" && operation != "aws:sts:GetCallerIdentity" {
        return Some(format!("{operation} makes another identity"));
    }
    let own = stage.principals();
    let account = own.iter().flatten().find_map(|principal| principal.split(':').nth(4).map(AccountId::from));
    let Some(account) = account else {
        return action.mutates().then(|| "STS has not said yet whose account it is".to_owned());
    };
    let touched = action.targets.iter().filter(|target| target.relation != Relation::Source);
    let mut accounts = action.account.iter().chain(touched.filter_map(|target| target.account.as_ref()));
    if let Some(other) = accounts.find(|other| **other != account) {
        return Some(format!("account {other} is not its own, which is {account}"));
    }
    let ends = |effect: Effect| matches!(effect, Effect::AuditTrail | Effect::Interlock);
    if action.claims.iter().any(|claim| ends(claim.effect)) {
        return Some("what records what happened there is not its to change".to_owned());
    }
    let own = own.into_iter().flatten();
    let touches = |one: &String| action.targets.iter().any(|target| target.id.as_str() == one);
    own.into_iter().find(touches).map(|one| format!("{one} is what it is played with"))
}
