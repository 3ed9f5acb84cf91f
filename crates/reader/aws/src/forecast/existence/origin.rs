//! What a thing's content comes from, as its own record says: a snapshot's database, a table's source.

use interlock_action::{Action, Answers, Bears, Kind, Observed, Read, Relation, Target};
use serde_json::Value;

use super::{Known, arguments, known, live_key, record, service, tags, tags_read};
use crate::forecast::{answer::Live, arn, draft::Draft};

/// Of one action so many origins are looked at.
const MOST: usize = 20;

/// Where a record names an origin: the pointer, the origin's service and what precedes its name in its ARN, its kind.
pub(super) type Origin = (&'static str, &'static str, &'static str, Kind);

/// The origins that a thing's record names.
fn of(action: &Action, known: &Known<'_>, answers: &Answers) -> Vec<Target> {
    let Live::Found(record) = record(known.row, &known.name, answers, &known.target.id) else {
        return Vec::new();
    };
    let named = known.row.origins.iter().filter_map(|(pointer, service, prefix, kind)| {
        let name = record.pointer(pointer).and_then(Value::as_str).filter(|name| !name.is_empty())?;
        let id = match name.starts_with("arn:") {
            true => name.to_owned(),
            false => arn::build(action, service, &format!("{prefix}{name}")),
        };
        let name = arn::last(&id).to_owned();
        Some(Target {
            id: id.into(),
            kind: *kind,
            name: Some(name),
            account: action.account.clone(),
            region: action.region.clone(),
            relation: Relation::Reaches,
            data: Bears::Unknown,
            environment: None,
        })
    });
    named.filter(|origin| origin.id != known.target.id).collect()
}

/// Every target's origins.
fn all<'a>(action: &'a Action, answers: &Answers) -> Vec<(&'a Target, Target)> {
    let known = action.targets.iter().take(super::MOST).filter_map(known);
    let pairs = known.flat_map(|known| {
        let target = known.target;
        of(action, &known, answers).into_iter().map(move |origin| (target, origin)).collect::<Vec<_>>()
    });
    pairs.take(MOST).collect()
}

/// The reads of the origins that are known by now: their records, then their tags.
pub(super) fn reads(action: &Action, so_far: &Answers) -> Vec<Read> {
    let mut reads = Vec::new();
    for (_, origin) in all(action, so_far) {
        let Some(known) = known(&origin) else { continue };
        let id = &origin.id;
        if let Some(arguments) = arguments(action, &known, known.row.by, id.as_str()) {
            let service = service(action, known.row, known.row.describe);
            reads.push(crate::call::read(action, live_key(id), service, known.row.describe, arguments));
        }
        reads.extend(tags_read(action, &known, so_far));
    }
    reads
}

/// Writes down which thing comes from what, and what was seen of that.
pub(super) fn observe(action: &Action, answers: &Answers, draft: &mut Draft) {
    for (target, origin) in all(action, answers) {
        let found = known(&origin).map(|known| {
            let found = record(known.row, &known.name, answers, &origin.id);
            match &found {
                Live::Found(record) => (Some(true), tags(&known, record, answers)),
                // What is gone bears no tags any more; what is remembered of it still counts.
                Live::Absent => (Some(false), Some(std::collections::BTreeMap::new())),
                Live::Unread(_) => (None, None),
            }
        });
        if !action.targets.iter().any(|have| have.id == origin.id) {
            let (exists, tags) = found.unwrap_or_default();
            draft.observe(&origin.id, Observed { exists, tags, ..Observed::default() });
        }
        draft.observe(&target.id, Observed { copied_from: vec![origin], ..Observed::default() });
    }
}
