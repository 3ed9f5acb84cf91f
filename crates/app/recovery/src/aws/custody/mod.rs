//! The kinds of recovery points on AWS, behind flow's `Keep` port: one file a kind, with what it depends on, how a copy is
//! restored beside what there is, what is compared, how the copy is removed, and how the point itself is, side by side.

mod backup;
mod capture;
mod store;
mod volume;

use std::collections::BTreeMap;

use interlock_action::{Answers, Call, Deed, Millis, POINT, Read, Step};
use interlock_flow::{
    Keep,
    custody::{Compared, Kept, Point, Restored, Scratch, Sight},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::way;

/// So far a service's clock may be from Interlock's: as far as AWS lets that of a request be (AWS Identity and Access
/// Management User Guide, "Create a signed AWS API request").
const SKEW: Millis = 5 * 60 * 1000;

/// One kind of recovery point. Pure.
trait Kind: Sync {
    /// Whether a point is of this kind.
    fn is(&self, kept: &Kept) -> bool;
    /// The reads that tell what it is; those already answered may be among them.
    fn reads(&self, at: &At<'_>, so_far: &Answers) -> Vec<Read>;
    /// What it is.
    fn see(&self, at: &At<'_>, answers: &Answers) -> Result<Sight, String>;
    /// What puts the mark on it, where it has none and can carry one.
    fn mark(&self, _at: &At<'_>, _answers: &Answers) -> Option<Call> {
        None
    }
    /// The reads that tell of its copy, beside those of the point.
    fn copy_reads(&self, at: &At<'_>, scratch: &Scratch, so_far: &Answers) -> Vec<Read>;
    /// What remains to be done until the copy is there, then how it compares.
    fn restore(&self, at: &At<'_>, scratch: &Scratch, answers: &Answers) -> Result<Restored, String>;
    /// What remains to be done until the copy is gone.
    fn remove(&self, at: &At<'_>, scratch: &Scratch, answers: &Answers) -> Result<Option<Step>, String>;
    /// The reads that tell whether what it is of is there, beside those of the point.
    fn origin_reads(&self, at: &At<'_>, so_far: &Answers) -> Vec<Read>;
    /// Whether it is, the thing itself. An error where nobody can tell.
    fn stands(&self, at: &At<'_>, answers: &Answers) -> Result<bool, String>;
    /// The reads that tell how far its own removal has come, beside those of the point.
    fn purge_reads(&self, _at: &At<'_>, _so_far: &Answers) -> Vec<Read> {
        Vec::new()
    }
    /// What remains to be done until the point itself is gone.
    fn purge(&self, at: &At<'_>, answers: &Answers) -> Result<Option<Step>, String>;
}

static KINDS: [&dyn Kind; 8] = [
    &store::RDS,
    &store::RDS_CLUSTER,
    &store::REDSHIFT,
    &store::ELASTICACHE,
    &store::MEMORYDB,
    &volume::Volume,
    &backup::Backup,
    &capture::Capture,
];

/// A point, and where it lies: the words of the ways back are said of it as of a deed.
struct At<'a> {
    kept: &'a Kept,
    /// The ids under which it was seen; none until it was.
    seen: &'a [String],
    deed: Deed,
}

impl<'a> At<'a> {
    fn of(point: &'a Point) -> Self {
        let kept = &point.kept;
        let deed = Deed {
            surface: kept.surface,
            operation: kept.operation.clone(),
            account: kept.account.clone(),
            region: kept.region.clone(),
            arguments: Value::Null,
            targets: Vec::new(),
            points: Vec::new(),
            undo: None,
        };
        Self { kept, seen: point.seen_as(), deed }
    }
    fn read(&self, service: &str, operation: &str, arguments: Value) -> Read {
        way::read(&self.deed, service, operation, arguments)
    }
    fn call(&self, service: &str, operation: &str, arguments: Value) -> Call {
        way::call(&self.deed, service, operation, arguments)
    }
    fn step(&self, name: String, service: &str, operation: &str, arguments: Value) -> Step {
        way::step(name, self.call(service, operation, arguments))
    }
}

/// The recovery points on AWS.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsKeep;

fn kind(kept: &Kept) -> Option<&'static dyn Kind> {
    KINDS.into_iter().find(|kind| kind.is(kept))
}

fn known(kept: &Kept) -> Result<&'static dyn Kind, String> {
    kind(kept).ok_or_else(|| "nobody knows this kind of recovery point".to_owned())
}

impl Keep for AwsKeep {
    fn reads(&self, point: &Point, so_far: &Answers) -> Vec<Read> {
        kind(&point.kept).map_or_else(Vec::new, |kind| kind.reads(&At::of(point), so_far))
    }
    fn see(&self, point: &Point, answers: &Answers) -> Result<Sight, String> {
        known(&point.kept)?.see(&At::of(point), answers)
    }
    fn mark(&self, point: &Point, answers: &Answers) -> Option<Call> {
        kind(&point.kept)?.mark(&At::of(point), answers)
    }
    fn drills(&self, kept: &Kept) -> bool {
        kind(kept).is_some()
    }
    fn drill_reads(&self, point: &Point, scratch: &Scratch, so_far: &Answers) -> Vec<Read> {
        let Some(kind) = kind(&point.kept) else { return Vec::new() };
        let at = At::of(point);
        let mut reads = kind.reads(&at, so_far);
        reads.extend(kind.copy_reads(&at, scratch, so_far));
        reads
    }
    fn restore(&self, point: &Point, scratch: &Scratch, answers: &Answers) -> Result<Restored, String> {
        known(&point.kept)?.restore(&At::of(point), scratch, answers)
    }
    fn remove(&self, point: &Point, scratch: &Scratch, answers: &Answers) -> Result<Option<Step>, String> {
        known(&point.kept)?.remove(&At::of(point), scratch, answers)
    }
    fn origin_reads(&self, point: &Point, so_far: &Answers) -> Vec<Read> {
        let Some(kind) = kind(&point.kept) else { return Vec::new() };
        let at = At::of(point);
        let mut reads = kind.reads(&at, so_far);
        reads.extend(kind.origin_reads(&at, so_far));
        reads
    }
    fn stands(&self, point: &Point, answers: &Answers) -> Result<bool, String> {
        known(&point.kept)?.stands(&At::of(point), answers)
    }
    fn purge_reads(&self, point: &Point, so_far: &Answers) -> Vec<Read> {
        let Some(kind) = kind(&point.kept) else { return Vec::new() };
        let at = At::of(point);
        let mut reads = kind.reads(&at, so_far);
        reads.extend(kind.purge_reads(&at, so_far));
        reads
    }
    fn purge(&self, point: &Point, answers: &Answers) -> Result<Option<Step>, String> {
        let (kind, at) = (known(&point.kept)?, At::of(point));
        let now = kind.see(&at, answers)?;
        // INVARIANT: only what was seen and written down is removed, whatever carries its name or its mark by now.
        if now.there && now.ids != at.seen {
            return Err("what is there now is another thing than the one that was seen".to_owned());
        }
        kind.purge(&at, answers)
    }
}

/// The text of a member.
fn text<'a>(record: &'a Value, pointer: &str) -> Option<&'a str> {
    record.pointer(pointer).and_then(Value::as_str)
}

/// A value as people read it.
fn words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What no later thing of its name is known by, of the one that a point is of: an id that is given once, else the time when it
/// was made.
fn born(at: &At<'_>, record: &Value, (id, made): (&str, &str)) -> Option<String> {
    let made = || text(record, made).map(|made| format!("{} {made}", at.kept.of));
    text(record, id).map(str::to_owned).or_else(made)
}

/// Whether what a point is of is there: the same thing by what no later one is known by.
fn same_id(point: Option<String>, there: Option<String>) -> Result<bool, String> {
    match (point, there) {
        (Some(point), Some(there)) => Ok(point == there),
        _ => Err("nobody can tell whether it is the same thing".to_owned()),
    }
}

/// Whether a record says of its thing that it is going: it stands no longer, though its name is still taken.
fn goes(record: &Value) -> bool {
    const STATUS: [&str; 6] =
        ["/Status", "/State", "/DBInstanceStatus", "/TableStatus", "/ClusterStatus", "/CacheClusterStatus"];
    const GOING: [&str; 3] = ["deleting", "deleted", "final-snapshot"];
    let mut told = STATUS.into_iter().filter_map(|member| text(record, member));
    told.any(|status| GOING.iter().any(|going| status.eq_ignore_ascii_case(going)))
}

/// Compares members of two records, as far as the first has them: the point's name of each, and the copy's.
fn compare(point: &Value, copy: &Value, members: &[(&str, &str)]) -> Compared {
    let mut compared = Compared { figures: BTreeMap::new(), differs: Vec::new() };
    for (own, other) in members {
        let Some(wanted) = point.pointer(own).filter(|value| !value.is_null()) else { continue };
        let name = own.trim_start_matches('/');
        let found = copy.pointer(other).unwrap_or(&Value::Null);
        compared.figures.insert(name.to_owned(), words(found));
        if found != wanted {
            compared.differs.push(format!("{name} is {}, not {}", words(found), words(wanted)));
        }
    }
    compared
}

/// INVARIANT: nothing is a drill's copy but what was made for that drill: its mark holds the name that was drawn for it, or it
/// was restored from the very point (`marked`, `None` where a kind can tell neither), and it is no older than the drill (`made`).
fn made_for(scratch: &Scratch, marked: Option<bool>, made: Option<&str>) -> Result<(), String> {
    let name = &scratch.name;
    let earliest = scratch.begun.saturating_sub(SKEW);
    let since = |at: &str| {
        let at = at.parse::<Timestamp>().ok().and_then(|at| Millis::try_from(at.as_millisecond()).ok());
        at.is_some_and(|at| at >= earliest)
    };
    match (marked, made) {
        (None, None) => Err(format!("nobody can tell whether what is called `{name}` is the copy")),
        (Some(false), _) => Err(format!("what is called `{name}` was not restored here: it is left alone")),
        (_, Some(at)) if !since(at) => {
            Err(format!("what is called `{name}` was made {at}, before the drill: it is left alone"))
        }
        _ => Ok(()),
    }
}

/// The mark as a list of tags, with the name of what carries it.
fn mark(value: &str) -> Value {
    json!([{"Key": POINT, "Value": value}])
}

/// What the mark in a list of tags says.
fn marked<'a>(record: &'a Value, pointer: &str) -> Option<&'a str> {
    let tag = way::list(record, pointer).iter().find(|tag| text(tag, "/Key") == Some(POINT));
    tag.and_then(|tag| text(tag, "/Value"))
}

/// Whether a list of tags holds the mark.
fn is_marked(record: &Value, pointer: &str) -> bool {
    marked(record, pointer).is_some()
}

#[cfg(test)]
mod tests;
