//! Recovery points in Interlock's custody: written down when they are made, looked at until it is known what restoring
//! them takes, guarded together with that, *proven* by a drill and by nothing else, and removed by people alone (ADR-0010).
//!
//! Nothing here knows a kind: the [`Keep`](crate::Keep) port does.

mod drill;
mod guard;
mod look;
mod purge;
mod work;

use std::collections::BTreeMap;

use interlock_action::{AccountId, Millis, Operation, PersonId, SessionId, Step, Surface, TargetId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use drill::DrillError;
pub use guard::Provable;
pub(crate) use guard::{endangered, mark_proven, provable, reasons, told};
pub(crate) use look::{Custodian, by_rewrite, taken_in};
pub(crate) use purge::leaving;
pub use purge::{Obstacle, PurgeError, PurgeOrder, PurgePreview, Removal};
pub use work::{PointNews, PointWatch, Signers};

use crate::{Event, Memory};

/// A recovery point as it was when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kept {
    /// What its recipe calls it: an ARN, or the name that it carries.
    pub id: String,
    /// What can be restored from it.
    pub of: TargetId,
    /// What that was known by then, and no later thing of its name will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub born: Option<String>,
    /// Before what it was made.
    pub operation: Operation,
    /// In whose session.
    pub session: SessionId,
    /// Where.
    pub surface: Surface,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// When.
    pub made: Millis,
}

/// What a look at a recovery point told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sight {
    /// Whether it is there at all.
    pub there: bool,
    /// Whether it can be restored from.
    pub ready: bool,
    /// What else it is called: the id that the service chose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// What no later thing will be known by, of the one that it is of: a resource's id, the time when it was made. Two points
    /// are of one thing only if both tell the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Without what it restores nothing: keys, stores.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends: Vec<TargetId>,
    /// How large it is, in plain words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
}

/// A copy that a drill makes. Its name was drawn for that drill alone, and written down before anything was called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Scratch {
    /// What it is called.
    pub name: String,
    /// When the drill began: nothing older is its copy.
    pub begun: Millis,
}

/// That a point was restored, and what came of it was what it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// When the drill ended.
    pub at: Millis,
    /// How long it took until the copy was ready.
    pub took: Millis,
    /// Who signed for it.
    pub by: Vec<PersonId>,
    /// What was compared, and what it was.
    pub figures: BTreeMap<String, String>,
}

/// A drill that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// When.
    pub at: Millis,
    /// Why.
    pub why: String,
}

/// That people had a point removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Purged {
    /// When.
    pub at: Millis,
    /// Who signed for it.
    pub by: Vec<PersonId>,
}

/// A recovery point in custody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// As it was made.
    #[serde(flatten)]
    pub kept: Kept,
    /// What the last look told; `None` until one has.
    #[serde(default)]
    pub sight: Option<Sight>,
    /// The last drill that succeeded, if none has failed since.
    #[serde(default)]
    pub proven: Option<Proof>,
    /// The last drill, if it failed.
    #[serde(default)]
    pub failed: Option<Failure>,
    /// The copy of a drill that has begun, until it is known to be gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drilling: Option<Scratch>,
    /// Since when people are having it removed: nothing counts on it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purging: Option<Millis>,
    /// That it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purged: Option<Purged>,
}

impl Point {
    /// As it comes into custody.
    pub fn of(kept: &Kept) -> Self {
        let kept = kept.clone();
        Self { kept, sight: None, proven: None, failed: None, drilling: None, purging: None, purged: None }
    }

    /// The same point made again by a call that was repeated is the point that it was, as old as the last of them; of one that
    /// people are removing or had removed it is another one. What is being removed does not count before it is gone.
    fn is_made_again(&mut self, kept: &Kept) {
        if self.purged.is_some() || self.purging.is_some() {
            let purging = self.purging.filter(|_| self.purged.is_none());
            *self = Self { purging, drilling: self.drilling.take(), ..Self::of(kept) };
        }
        self.kept.made = self.kept.made.max(kept.made);
    }

    /// The ids under which it was seen.
    pub fn seen_as(&self) -> &[String] {
        self.sight.as_ref().map_or(&[], |sight| &sight.ids)
    }

    /// Whether there is nothing more to be learned by looking.
    fn is_seen(&self) -> bool {
        self.sight.as_ref().is_some_and(|sight| sight.ready || !sight.there)
    }

    /// Whether it goes by this name.
    pub fn is_called(&self, name: &str) -> bool {
        self.kept.id == name || self.seen_as().iter().any(|id| id == name)
    }
}

/// How far restoring a copy has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Restored {
    /// This is to be done, or waited for.
    Not(Step),
    /// The copy is there.
    Ready(Compared),
}

/// A copy beside the point that it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// What was compared, and what it is.
    pub figures: BTreeMap<String, String>,
    /// What is not as it should be, in plain words.
    pub differs: Vec<String>,
}

impl Memory {
    /// Folds an event about recovery points in.
    pub(crate) fn keep_point(&mut self, event: &Event) {
        match event {
            Event::RecoveryPoint { of, point, kept } => {
                self.recovery_points.insert(point.id.clone(), of.clone());
                if let Some(kept) = kept {
                    let known = self.custody.entry(kept.id.clone()).or_insert_with(|| Point::of(kept));
                    known.is_made_again(kept);
                }
            }
            Event::PointSeen { point, sight } => {
                let Some(known) = self.custody.get_mut(point) else { return };
                for id in &sight.ids {
                    self.recovery_points.insert(id.clone(), known.kept.of.clone());
                }
                known.sight = Some(sight.clone());
            }
            Event::Drilling { point, scratch } => {
                if let Some(known) = self.custody.get_mut(point) {
                    known.drilling = scratch.clone();
                }
            }
            Event::Proven { point, proof } => {
                if let Some(known) = self.custody.get_mut(point) {
                    (known.proven, known.failed) = (Some((**proof).clone()), None);
                }
            }
            Event::Unproven { point, failure } => {
                if let Some(known) = self.custody.get_mut(point) {
                    (known.proven, known.failed) = (None, Some(failure.clone()));
                }
            }
            Event::Purging { point, at } => {
                // What was judged by it before does not pass any more.
                self.epoch = self.epoch.saturating_add(1);
                if let Some(known) = self.custody.get_mut(point) {
                    known.purging = Some(*at);
                }
            }
            Event::Purged { point, purged } => {
                if let Some(known) = self.custody.get_mut(point) {
                    (known.proven, known.purged) = (None, Some(purged.clone()));
                    known.sight.get_or_insert_default().there = false;
                }
            }
            // What may have been sent and not have shown yet still goes: nothing counts on it.
            Event::Unpurged { point, sent: false, .. } => {
                if let Some(known) = self.custody.get_mut(point) {
                    known.purging = None;
                }
            }
            _ => {}
        }
    }

    /// The point in custody that goes by this name.
    pub(crate) fn point(&self, name: &str) -> Option<&Point> {
        let of = self.custody.get(name);
        // Most names are nothing's: that is told without going through all of them.
        let known = of.is_none() && self.recovery_points.contains_key(name);
        of.or_else(|| self.custody.values().filter(|_| known).find(|point| point.is_called(name)))
    }
}
