//! What flow asks of the rest of the house.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, RwLock},
};

use async_trait::async_trait;
use interlock_action::{
    Action, ActionId, Answer, Answers, Call, Deed, Millis, Preparation, Read, Relation, SessionId, Step,
    Surface, Survey, Terms, TicketId,
};
use serde_json::Value;

use crate::{
    Event, Inspection, Memory, Outcome, Permit, Record,
    custody::{Kept, Point, Restored, Scratch, Sight},
};

/// Answers the reads that a forecast needs. Refuses whatever the catalogue does not prove to be a read.
#[async_trait]
pub trait Inspect: Send + Sync {
    /// Makes one read. Faults come back as [`Answer::Unreadable`].
    async fn inspect(&self, inspection: &Inspection, call: &Call) -> Answer;
}

/// Makes Interlock's own calls: recovery points, proofs, undo.
#[async_trait]
pub trait Execute: Send + Sync {
    /// Makes one call under a permit.
    async fn execute(&self, permit: &Permit, call: &Call) -> Outcome;
}

/// Knows the kinds of a surface: which reads a forecast needs, and what their answers mean. Pure.
pub trait Foresee: Send + Sync {
    /// The reads still missing; asked again with the answers until it returns nothing new.
    fn reads(&self, action: &Action, so_far: &Answers) -> Vec<Read>;
    /// What the answers mean.
    fn fold(&self, action: &Action, answers: &Answers) -> Survey;
    /// How many reads one forecast may make.
    fn most(&self) -> usize {
        200
    }
    /// The changes in place that an action consists of, where it is many in one: each can be taken back by itself, or not.
    fn changes_in_place(&self, _action: &Action) -> Option<Vec<Action>> {
        None
    }
    /// What Interlock has to make before there is more to read; asked once, when nothing is left to read without it.
    fn prepares(&self, _action: &Action, _so_far: &Answers) -> Option<Preparation> {
        None
    }
}

/// Knows the ways back of a surface: what is kept before an action, and what remains to be done to get back to it. Pure.
pub trait Undo: Send + Sync {
    /// The name of the way that takes this deed back; `None` where nobody knows one.
    fn way(&self, deed: &Deed) -> Option<&'static str>;
    /// The reads still missing that tell the state; the same before the action, after it, and on the way back.
    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read>;
    /// The state, as far as the way restores it: what does not come back is not in it. An error where it could not be read.
    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String>;
    /// On what terms this deed can be taken back to this state; `None` where it cannot.
    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms>;
    /// What remains to be done to get from `now` to `before`, in order; nothing when it is reached. An error where `before`
    /// cannot be reached from there.
    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String>;
    /// What is found on the way from a state to `before` that is in neither: what the service itself sets meanwhile.
    fn between(&self, _deed: &Deed, _before: &Value, _now: &Value) -> Vec<Value> {
        Vec::new()
    }
    /// What the deed writes, one name a thing, whatever it is called in the request and whichever request writes it. A `*`
    /// stands for any text that the request leaves open, a `?` for one sign. `reads` are the keys of those that told its state.
    fn about(&self, deed: &Deed, _reads: &BTreeSet<String>) -> Vec<String> {
        let way = self.way(deed).unwrap_or_default();
        let written = deed
            .targets
            .iter()
            .filter(|target| matches!(target.relation, Relation::Acts | Relation::Creates));
        written.map(|target| format!("{way} {}", target.id)).collect()
    }
    /// What a call would do, as if an agent asked for it.
    fn judge(&self, call: &Call) -> Option<Action>;
}

/// Knows whose credentials Interlock itself holds.
pub trait Identity: Send + Sync {
    /// The ARNs of those identities; `None` until that is known.
    fn principals(&self) -> Option<Vec<String>>;
}

/// Knows the kinds of recovery points of a surface: what they are worth nothing without, and how a copy of one is made and
/// removed. Pure.
pub trait Keep: Send + Sync {
    /// The reads still missing that tell what a point is.
    fn reads(&self, point: &Point, so_far: &Answers) -> Vec<Read>;
    /// What the answers say of it. An error where it could not be read, nobody knows its kind, or two things may be it.
    fn see(&self, point: &Point, answers: &Answers) -> Result<Sight, String>;
    /// The call that puts Interlock's mark on it; `None` where it has one, or cannot carry one.
    fn mark(&self, point: &Point, answers: &Answers) -> Option<Call>;
    /// Whether a drill is known for its kind.
    fn drills(&self, kept: &Kept) -> bool;
    /// The reads still missing that tell how far a drill has come.
    fn drill_reads(&self, point: &Point, scratch: &Scratch, so_far: &Answers) -> Vec<Read>;
    /// What remains to be done until a copy of this name is there, and then how it compares. An error where what has its name
    /// is not provably that copy: it carries Interlock's mark with that name, or was made of that point, and not before.
    fn restore(&self, point: &Point, scratch: &Scratch, answers: &Answers) -> Result<Restored, String>;
    /// What remains to be done until that copy is gone; `None` once it is. An error as for `restore`: nothing else is removed.
    fn remove(&self, point: &Point, scratch: &Scratch, answers: &Answers) -> Result<Option<Step>, String>;
    /// The reads still missing that tell whether what a point is of is there.
    fn origin_reads(&self, point: &Point, so_far: &Answers) -> Vec<Read>;
    /// Whether it is: the thing itself, and not another of its name. An error where nobody can tell.
    fn stands(&self, point: &Point, answers: &Answers) -> Result<bool, String>;
    /// The reads still missing that tell how far the removal of a point has come.
    fn purge_reads(&self, point: &Point, so_far: &Answers) -> Vec<Read>;
    /// What remains to be done until it is gone; `None` once it is. An error where what is there is not what was seen.
    fn purge(&self, point: &Point, answers: &Answers) -> Result<Option<Step>, String>;
}

/// Tells the time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Millis;
    /// Lets this many milliseconds pass.
    async fn pause(&self, millis: Millis);
}

/// Draws what nobody can foretell: ids and nonces.
pub trait Entropy: Send + Sync {
    /// Sixteen random bytes.
    fn draw(&self) -> [u8; 16];
}

/// Where a record came to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The entry's index in the log.
    pub index: u64,
}

/// Why a record was not written. Nothing of it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// A guard no longer held.
    #[error("{0}")]
    Conflict(String),
    /// It cannot be made durable; nothing may be let through.
    #[error("the ledger is unavailable: {0}")]
    Unavailable(String),
}

/// Too few witnesses have seen what something rests on; how far they are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unwitnessed(pub String);

/// The store and the ledger: one writer, one order.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Returns once the record is durable and its checkpoint signed; the memory has it by then.
    async fn commit(&self, record: Record) -> Result<Receipt, JournalError>;
    /// Queues the record; it is durable within 50 ms. Fails at once if the writer is poisoned or its queue is full.
    fn note(&self, record: Record) -> Result<(), JournalError>;
    /// Every event that was written under this action's name, oldest first.
    async fn recall(&self, action: &ActionId) -> Result<Vec<Event>, JournalError>;
    /// Waits, within bounds, until as many witnesses as must have cosigned a checkpoint over everything that names this
    /// ticket; whether it had to wait. Without configured witnesses there is nothing to wait for.
    async fn witnessed(&self, _ticket: &TicketId) -> Result<bool, Unwitnessed> {
        Ok(false)
    }
    /// The same of the entry that opened this session last: who signed that nobody is asked in it stands there.
    async fn witnessed_opening(&self, _session: &SessionId) -> Result<bool, Unwitnessed> {
        Ok(false)
    }
    /// The same of one entry.
    async fn witnessed_entry(&self, _receipt: &Receipt) -> Result<(), Unwitnessed> {
        Ok(())
    }
    /// The fold of all events.
    fn memory(&self) -> &RwLock<Memory>;
}

/// The ports of one road.
#[derive(Clone)]
pub struct Ports {
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Ids and nonces.
    pub entropy: Arc<dyn Entropy>,
    /// A surface's reads, calls and forecasts.
    pub surfaces: BTreeMap<Surface, SurfacePorts>,
}

/// A surface's reads, calls and forecasts.
pub type SurfacePorts = (Arc<dyn Inspect>, Arc<dyn Execute>, Arc<dyn Foresee>);
