//! What is said of a snapshot that is deleted: what it was of, whether that is still there, and what else there is.

use interlock_action::{Answers, Bears, Effect, Kind, Observed, Reversibility, Securing, TargetId};
use serde_json::{Value, json};

use super::{
    answer::{Live, live, or_dash, text},
    draft::Draft,
    finals::{self, Shape},
};

/// A snapshot that goes.
pub(super) struct Point<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// What it is, as a target.
    pub(super) id: &'a TargetId,
    /// Of which kind.
    pub(super) kind: Kind,
    /// Its record.
    pub(super) record: &'a Value,
    /// What it is of.
    pub(super) of: &'a str,
    /// How large it is, where that is told.
    pub(super) size: Option<String>,
}

/// One that could not be read.
pub(super) fn unread((name, id): (&str, &TargetId), kind: Kind, why: &str, draft: &mut Draft) {
    draft.unknown(format!("snapshot {name} could not be read: {why}"));
    let what = format!("snapshot {name}, whose state could not be read, is deleted");
    draft.change(id, kind, Effect::RecoveryLoss, what);
    draft.lose_unread(&format!("snapshot {name}"), format!("the recovery point {name}"), why);
}

/// One whose record, whose source and whose siblings were asked for; `source` is the key of the source's read.
pub(super) fn goes(point: &Point<'_>, answers: &Answers, (shape, source): (Shape, &str), draft: &mut Draft) {
    let Point { name, id, of, .. } = point;
    let at = text(point.record, shape.at).unwrap_or("an unknown time");
    let sized = point.size.as_ref().map(|size| format!(" ({size})")).unwrap_or_default();
    if point.size.is_none() {
        draft.unknown(format!("how large snapshot {name} is, is not told"));
    }
    let seen = Observed { data: Bears::Yes, size: point.size.clone(), ..Observed::default() };
    draft.observe(id, seen);
    let made_by = or_dash(point.record, shape.made_by);
    let what = format!("recovery point {name}{sized}, {made_by}, of {of} as of {at}, is deleted for good");
    draft.change(id, point.kind, Effect::RecoveryLoss, what);
    draft.bind(id.as_str(), json!({"source": of, "at": at}));
    let own = |snapshot: &Value| text(snapshot, shape.name) == Some(name);
    // Where none of them tells when its source was made, nothing tells two sources of one name apart.
    let born = |snapshot: &'_ Value| shape.born.and_then(|born| text(snapshot, born).map(str::to_owned));
    let is_of = |snapshot: &Value| born(snapshot) == born(point.record);
    let tally = finals::count(answers, shape, &is_of, |snapshot| !own(snapshot), draft);
    match live(answers, source) {
        Live::Found(_) => draft.depend(format!("{of} exists; this is one of its ways back")),
        Live::Absent => {
            draft.lose(format!(
                "{of} itself is gone: this may be the last copy of its data as of {at}{sized}"
            ));
        }
        Live::Unread(why) => draft.unknown(format!("whether {of} still exists could not be read: {why}")),
    }
    draft.reversibility = Reversibility::None;
    let how = if tally.survives() {
        Securing::Exists
    } else {
        draft.lose(format!("the last known recovery point of {of}, as of {at}{sized}"));
        Securing::Impossible(format!("it is the last known recovery point of {of}"))
    };
    draft.secure(how);
    draft.tally(tally);
}
