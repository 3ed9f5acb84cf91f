//! What the forecasters of stores with snapshots share: ElastiCache, MemoryDB, Redshift.
//!
//! How one is named and found, what is said of one that could not be read, and what becomes of its snapshots when it is
//! deleted or keeps them for less long. What is peculiar to a kind stands in its forecaster.

use interlock_action::{Action, Answers, Kind, Read, TargetId};
use serde_json::{Value, json};

use super::{
    answer::{Live, given, text},
    arn,
    compare::diff,
    draft::Draft,
    existence,
    finals::{self, Shape},
    tally::Tally,
};

/// A kind of store: how requests and records tell of one.
pub(super) struct Store {
    /// How its service tells of snapshots.
    pub(super) shape: Shape,
    /// Its kind.
    pub(super) kind: Kind,
    /// What people call it: `warehouse`.
    pub(super) noun: &'static str,
    /// The member that names it, in requests and in the listing of its snapshots.
    pub(super) member: &'static str,
    /// What the resource part of its ARN begins with.
    pub(super) prefix: &'static str,
    /// The member of its record that says when it was made, where the service tells that.
    pub(super) born: Option<&'static str>,
    /// The member of its record that says of what it consists.
    pub(super) parts: &'static str,
    /// The member that says for how many days its automated snapshots are kept.
    pub(super) kept: &'static str,
}

/// A store that was found.
pub(super) struct Found<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// What it is, as a target.
    pub(super) id: TargetId,
    /// Its record.
    pub(super) record: &'a Value,
}

impl Store {
    /// Whether the action is one of these on a store of this kind.
    pub(super) fn knows(&self, action: &Action, verbs: &[&str]) -> bool {
        action.operation.service() == self.shape.service
            && verbs.contains(&action.operation.verb())
            && given(action, self.member).is_some()
    }

    /// Whether what is restored from matters to it.
    fn weighty(&self, action: &Action) -> bool {
        action.operation.verb().starts_with("Delete") || action.arguments.get(self.kept).is_some()
    }

    /// The reads of its snapshots, where they matter.
    pub(super) fn reads(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        match given(action, self.member).filter(|_| self.weighty(action)) {
            Some(name) => finals::reads(action, so_far, self.shape, json!({ self.member: name })),
            None => Vec::new(),
        }
    }

    /// The store, where it is there; one that could not be read is said to be so. An approval is bound to it.
    pub(super) fn found<'a>(
        &self,
        action: &'a Action,
        answers: &'a Answers,
        draft: &mut Draft,
    ) -> Option<Found<'a>> {
        let name = given(action, self.member)?;
        let resource = format!("{}{name}", self.prefix);
        let id = arn::target(action, self.kind, self.shape.service, &resource, name);
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return None,
            Live::Unread(why) => {
                let called = format!("{} {name}", self.noun);
                draft.unread(action, (&called, &id, self.kind), &why);
                if self.weighty(action) {
                    let lost = format!("what {called} holds: how much could not be read");
                    draft.lose_unread(&called, lost, &why);
                }
                return None;
            }
        };
        let points = finals::lasting(answers, self.shape);
        let live = json!({"born": self.made(record), "parts": record.get(self.parts), "points": points});
        draft.bind(id.as_str(), live);
        Some(Found { name, id, record })
    }

    fn made<'a>(&self, record: &'a Value) -> Option<&'a str> {
        record.get(self.born?)?.as_str()
    }

    /// Whether a snapshot is of this very store: it says when that was made, or it was taken since. Without either nothing
    /// tells it from that of an earlier store of the name.
    fn is_of(&self, record: &Value, snapshot: &Value) -> bool {
        let Some(born) = self.born else { return true };
        match snapshot.get(born).and_then(Value::as_str) {
            Some(told) => self.made(record) == Some(told),
            None => finals::is_since(text(snapshot, self.shape.at), self.made(record)),
        }
    }

    /// Counts its snapshots; `survives` says which the action leaves.
    fn count(
        &self,
        answers: &Answers,
        record: &Value,
        survives: impl Fn(&Value) -> bool,
        draft: &mut Draft,
    ) -> Tally {
        finals::count(answers, self.shape, &|snapshot| self.is_of(record, snapshot), survives, draft)
    }

    /// Counts its snapshots as its deletion leaves them: the automated ones go with it.
    pub(super) fn left(&self, answers: &Answers, found: &Found<'_>, draft: &mut Draft) -> Tally {
        let survives = |snapshot: &Value| !finals::automated(self.shape, snapshot);
        self.count(answers, found.record, survives, draft)
    }

    /// Ends the forecast of its deletion: a final snapshot is made. `loses` says what goes without one.
    pub(super) fn deleted(
        &self,
        action: &Action,
        answers: &Answers,
        found: &Found<'_>,
        loses: &str,
        draft: &mut Draft,
    ) {
        let tally = self.left(answers, found, draft);
        let store = (found.name, self.made(found.record));
        finals::deleted(action, answers, self.shape, store, (loses, tally, draft));
    }

    /// Counts the snapshots of one whose settings change, and tells of those that go because they are kept for less long.
    pub(super) fn keeps(&self, action: &Action, answers: &Answers, found: &Found<'_>, draft: &mut Draft) {
        if !self.weighty(action) {
            return;
        }
        let shorter = diff::shorter(action, found.record, self.kept);
        // Which of the automated ones stay depends on the day, and for how long once there are to be none is not told.
        let survives = |snapshot: &Value| shorter.is_none() || !finals::automated(self.shape, snapshot);
        let tally = self.count(answers, found.record, survives, draft);
        if let Some(days) = shorter {
            let backups = format!("automated snapshots of {}", found.name);
            diff::expire((&found.id, self.kind), &backups, days, tally.survives(), draft);
        }
        draft.tally(tally);
    }
}
