//! Where states are kept: a backend of Terraform's `http` kind, for what the gate itself runs and for nobody else.
//!
//! Every version is kept. A state is written under a lock, by a lease that may change something, onto the state that it descends
//! from; a workspace that ever had a state is never said to have none.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use interlock_action::{Digest, PersonId, SessionId, WorkspaceId};
use interlock_flow::{
    Clock, Event, Guard, Journal, JournalError, LastGood, May, Record, Session, StateVersion, Workspace,
};
use interlock_ledger::{Entry, EntryKind};
use serde::Deserialize;
use serde_json::Value;

use crate::port::House;

/// What the workspace of a twin is called by, which a rehearsal makes: a path begins otherwise.
pub const TWIN: &str = "twin:";

/// So far a serial goes at once: beyond, somebody would use up all there are.
const MOST_SERIALS: u64 = 1_000_000;

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Under which lease.
    pub session: SessionId,
    /// The lock's own id.
    pub id: String,
    /// As its holder describes it; for people, not for trust.
    pub info: Value,
}

/// An answer to Terraform, in HTTP's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateAnswer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl StateAnswer {
    fn of(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into() }
    }
}

/// The states of all workspaces.
pub struct States {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    house: Arc<dyn House>,
    /// Locks end with the process: whatever held one was run by it, and has ended with it.
    locks: Mutex<HashMap<WorkspaceId, Holder>>,
}

/// What every state says of itself.
#[derive(Deserialize)]
struct Head {
    lineage: String,
    serial: u64,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    instances: Vec<serde::de::IgnoredAny>,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| format!("this is no Terraform state: {error}"))
    }

    fn resources(&self) -> u32 {
        let managed = self.resources.iter().filter(|one| one.mode.as_deref() != Some("data"));
        let count = managed.map(|one| one.instances.len()).sum::<usize>();
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

impl States {
    /// Kept in this journal and this house.
    pub fn new(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>, house: Arc<dyn House>) -> Self {
        Self { journal, clock, house, locks: Mutex::default() }
    }

    /// What is known of a workspace.
    pub fn workspace(&self, id: &WorkspaceId) -> Workspace {
        let memory = self.journal.memory().read().unwrap_or_else(PoisonError::into_inner);
        memory.workspaces.get(id).cloned().unwrap_or_default()
    }

    /// Every workspace, but no twin of one.
    pub fn workspaces(&self) -> Vec<(WorkspaceId, Workspace)> {
        let memory = self.journal.memory().read().unwrap_or_else(PoisonError::into_inner);
        let real = memory.workspaces.iter().filter(|(id, _)| !id.as_str().starts_with(TWIN));
        real.map(|(id, workspace)| (id.clone(), workspace.clone())).collect()
    }

    /// The state that a workspace has now, where it has one.
    ///
    /// # Errors
    /// It has one that cannot be read.
    pub async fn read(&self, id: &WorkspaceId) -> Result<Option<(StateVersion, Vec<u8>)>, String> {
        let Some(latest) = self.workspace(id).latest().cloned() else { return Ok(None) };
        let bytes = self.house.kept(&latest.digest).await?;
        Ok(Some((latest, bytes)))
    }

    /// `GET`.
    pub async fn get(&self, id: &WorkspaceId) -> StateAnswer {
        match self.read(id).await {
            Ok(Some((_, bytes))) => StateAnswer::of(200, bytes),
            // It never had one.
            Ok(None) => StateAnswer::of(204, ""),
            // INVARIANT: never "there is none": Terraform would plan to make everything anew.
            Err(why) => StateAnswer::of(403, format!("the state is there and cannot be read: {why}")),
        }
    }

    /// `LOCK`.
    pub fn lock(&self, id: &WorkspaceId, session: &SessionId, info: &[u8]) -> StateAnswer {
        let Ok(info) = serde_json::from_slice::<Value>(info) else {
            return StateAnswer::of(400, "this lock says nothing of itself");
        };
        let Some(lock) = info.get("ID").and_then(Value::as_str).map(str::to_owned) else {
            return StateAnswer::of(400, "this lock has no `ID`");
        };
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(holder) = locks.get(id) {
            return StateAnswer::of(423, holder.info.to_string());
        }
        locks.insert(id.clone(), Holder { session: session.clone(), id: lock, info });
        StateAnswer::of(200, "")
    }

    /// `UNLOCK`: by whoever holds it.
    pub fn unlock(&self, id: &WorkspaceId, session: &SessionId, info: &[u8]) -> StateAnswer {
        let info: Value = serde_json::from_slice(info).unwrap_or_default();
        let lock = info.get("ID").and_then(Value::as_str);
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        match locks.get(id) {
            Some(holder) if holder.session == *session && lock.is_none_or(|lock| lock == holder.id) => {
                locks.remove(id);
                StateAnswer::of(200, "")
            }
            Some(holder) => StateAnswer::of(423, holder.info.to_string()),
            None => StateAnswer::of(409, "nobody holds this lock"),
        }
    }

    /// Whether this lease holds the lock of a workspace.
    pub fn is_held(&self, id: &WorkspaceId, session: &SessionId) -> bool {
        let locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        locks.get(id).is_some_and(|holder| holder.session == *session)
    }

    /// Ends the locks of a lease that has ended.
    pub fn release(&self, session: &SessionId) {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, holder| holder.session != *session);
    }

    /// `POST`: another version, under a lock that this lease holds.
    pub async fn write(
        &self,
        id: &WorkspaceId,
        session: &Session,
        lock: Option<&str>,
        bytes: Vec<u8>,
    ) -> StateAnswer {
        let may = session.lease.part.as_ref().map(|part| &part.may);
        if !matches!(may, Some(May::Change { .. } | May::Rehearse { changes: true })) {
            return StateAnswer::of(
                403,
                "a state is written by an apply that was let through, and by nothing else",
            );
        }
        let held = {
            let locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
            locks
                .get(id)
                .is_some_and(|holder| holder.session == session.id && lock == Some(holder.id.as_str()))
        };
        if !held {
            return StateAnswer::of(
                409,
                "a state is written under a lock, and this is not the one that holds it",
            );
        }
        match self.add(id, bytes, |entry| entry.public("session", &session.id)).await {
            Ok(_) => StateAnswer::of(200, ""),
            Err((status, why)) => StateAnswer::of(status, why),
        }
    }

    /// A state from elsewhere, that a person brings in: the first of its workspace.
    ///
    /// # Errors
    /// The workspace has one, or this is none.
    pub async fn adopt(
        &self,
        id: &WorkspaceId,
        person: &PersonId,
        bytes: Vec<u8>,
    ) -> Result<StateVersion, String> {
        if let Some(latest) = self.workspace(id).latest() {
            return Err(format!(
                "`{id}` has a state already: lineage {}, serial {}, {} resources",
                latest.lineage, latest.serial, latest.resources
            ));
        }
        self.add(id, bytes, |entry| entry.public("by", person)).await.map_err(|(_, why)| why)
    }

    async fn add(
        &self,
        id: &WorkspaceId,
        bytes: Vec<u8>,
        who: impl FnOnce(Entry) -> Entry,
    ) -> Result<StateVersion, (u16, String)> {
        let head = Head::parse(&bytes).map_err(|why| (400, why))?;
        let latest = self.workspace(id).latest().cloned();
        let digest = Digest::of(&bytes);
        if let Some(latest) = &latest {
            if latest.digest == digest {
                return Ok(latest.clone());
            }
            if latest.lineage != head.lineage {
                let why =
                    format!("this state is of lineage {}, and `{id}` of {}", head.lineage, latest.lineage);
                return Err((403, why));
            }
            if head.serial <= latest.serial {
                let why =
                    format!("this state has serial {}, and `{id}` is at {}", head.serial, latest.serial);
                return Err((409, why));
            }
            if head.serial.abs_diff(latest.serial) > MOST_SERIALS {
                let why = format!(
                    "this state has serial {}, and `{id}` is at {}: no apply writes so often",
                    head.serial, latest.serial
                );
                return Err((409, why));
            }
        }
        let kept = self.house.keep(bytes).await.map_err(|why| (500, why))?;
        let before = latest.map(|latest| latest.version);
        let state = StateVersion {
            version: before.unwrap_or_default().saturating_add(1),
            resources: head.resources(),
            lineage: head.lineage,
            serial: head.serial,
            digest: kept,
            at: self.clock.now(),
        };
        let entry = who(Entry::new(EntryKind::TerraformState, state.at))
            .public("workspace", id)
            .public("version", state.version)
            .public("lineage", &state.lineage)
            .public("serial", state.serial)
            .public("resources", state.resources)
            .public("state", state.digest);
        let events = vec![Event::StateWritten { workspace: id.clone(), state: state.clone() }];
        let guards = vec![Guard::State(id.clone(), before)];
        match self.journal.commit(Record { entry, events, guards }).await {
            Ok(_) => Ok(state),
            Err(error) => {
                tracing::error!(workspace = %id, state = %kept, %error, "a state is kept and could not be written down");
                let status = if matches!(error, JournalError::Conflict(_)) { 409 } else { 500 };
                Err((status, error.to_string()))
            }
        }
    }

    /// Writes down that what a bundle left was not seen to agree with what is there.
    ///
    /// # Errors
    /// The ledger cannot record it.
    pub async fn doubted(&self, id: &WorkspaceId, bundle: &Digest, why: &str) -> Result<(), JournalError> {
        let entry = Entry::new(EntryKind::TerraformState, self.clock.now())
            .public("workspace", id)
            .public("version", self.workspace(id).latest().map(|state| state.version))
            .public("bundle", bundle)
            .public("verified", false)
            .public("why", why);
        self.journal.commit(Record::only(entry)).await.map(|_| ())
    }

    /// Remembers a state that was seen to agree with what is there, with the bundle that left it.
    ///
    /// # Errors
    /// The ledger cannot record it, or somebody wrote meanwhile.
    pub async fn verified(&self, id: &WorkspaceId, good: LastGood) -> Result<(), JournalError> {
        let entry = Entry::new(EntryKind::TerraformState, good.at)
            .public("workspace", id)
            .public("version", good.version)
            .public("bundle", good.bundle)
            .public("verified", true);
        let guards = vec![Guard::State(id.clone(), Some(good.version))];
        let events = vec![Event::StateVerified { workspace: id.clone(), good: Box::new(good) }];
        self.journal.commit(Record { entry, events, guards }).await.map(|_| ())
    }
}
