//! S3 buckets: their deletion, their versioning and their lifecycle rules.
//!
//! S3 deletes only an empty bucket, so that a deletion loses settings, never objects. Suspending versioning keeps the
//! versions there are, and makes later deletions and overwrites final. A lifecycle rule that expires objects or
//! noncurrent versions deletes them by and by, from the next midnight UTC on: how many it would reach is counted on one
//! page of the listing. Reads: HeadBucket, GetBucketTagging, GetBucketVersioning, ListObjectVersions (one page),
//! ListBuckets (the creation time), GetBucketLifecycleConfiguration.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Listed, Live, entries, listed, listed_flat, live, number, text},
        draft::{Draft, leading},
        tally::Tally,
        words,
    },
    bucket, bucket_id, bucket_reads, see_bucket, versioned,
};
use crate::rules::facts;

const PAGE: &str = "s3 one page";
const MADE: &str = "s3 creation";

/// The forecaster of buckets.
pub(in crate::forecast) struct Bucket;

const OPERATIONS: [&str; 4] =
    ["DeleteBucket", "PutBucketVersioning", "PutBucketLifecycleConfiguration", "PutBucketLifecycle"];

fn lifecycle(action: &Action) -> bool {
    action.operation.verb().starts_with("PutBucketLifecycle")
}

impl Look for Bucket {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "s3"
            && OPERATIONS.contains(&action.operation.verb())
            && bucket(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some(name) = bucket(action) else { return Vec::new() };
        let mut reads = bucket_reads(action, name);
        let page = json!({"Bucket": name, "MaxKeys": 1000});
        reads.push(crate::call::read(action, PAGE, "s3", "ListObjectVersions", page));
        let made = json!({"Prefix": name, "MaxBuckets": 50});
        reads.push(crate::call::read(action, MADE, "s3", "ListBuckets", made));
        if lifecycle(action) {
            reads.push(super::lifecycle_read(action, name));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(name) = bucket(action) else { return };
        let id = bucket_id(action, name);
        see_bucket(action, answers, name, draft);
        draft.fact(facts::S3_BUCKET_VERSIONED, false, versioned(answers));
        if draft.seen(&id).and_then(|seen| seen.exists) == Some(false) {
            return;
        }
        see(&id, name, answers, draft);
        if lifecycle(action) {
            expire(action, answers, name, &id, draft);
        } else if action.operation.verb() == "PutBucketVersioning" {
            suspend(action, answers, name, &id, draft);
        } else {
            delete(answers, name, &id, draft);
        }
    }
}

/// `no objects`, `12 objects and versions, 3.4 MB`, `1,000 or more objects and versions`.
fn held(answers: &Answers) -> (Option<bool>, String) {
    let versions = listed_flat(answers, PAGE, "Versions");
    let markers = listed_flat(answers, PAGE, "DeleteMarkers");
    let number_of = versions.entries().len() + markers.entries().len();
    let size = versions
        .entries()
        .iter()
        .fold(0_u64, |sum, one| sum.saturating_add(number(one, "/Size").unwrap_or(0)));
    match &versions {
        Listed::Unread(why) => (None, format!("what it holds could not be read: {why}")),
        Listed::All(_) if number_of == 0 => (Some(true), "no objects".to_owned()),
        Listed::All(_) => {
            let many = words::count(number_of as u64, "object version");
            (Some(false), format!("{many}, {}", words::bytes(size)))
        }
        Listed::Page(_) => {
            (Some(false), format!("{} or more objects and versions", words::thousands(number_of as u64)))
        }
    }
}

fn see(id: &TargetId, name: &str, answers: &Answers, draft: &mut Draft) {
    let (empty, size) = held(answers);
    if empty.is_none() {
        draft.unknown(format!("bucket {name}: {size}"));
    }
    let data = match empty {
        Some(true) => Bears::No,
        Some(false) => Bears::Yes,
        None => Bears::Unknown,
    };
    let buckets = listed(answers, MADE, "Buckets");
    let own = buckets.entries().iter().find(|one| text(one, "/Name") == Some(name));
    let made = own.and_then(|own| text(own, "/CreationDate")).map(str::to_owned);
    draft.bind(id.as_str(), json!({"CreationDate": made, "empty": empty, "versioned": versioned(answers)}));
    draft
        .observe(id, Observed { data, size: empty.map(|_| size), immutable_id: made, ..Observed::default() });
}

fn delete(answers: &Answers, name: &str, id: &TargetId, draft: &mut Draft) {
    let (empty, size) = held(answers);
    let what = match empty {
        Some(true) => format!("bucket {name}, which is empty, is deleted with its settings"),
        Some(false) => format!("bucket {name} holds {size}: the service will refuse to delete it"),
        None => format!("bucket {name} is deleted if it is empty; {size}"),
    };
    draft.change(id, Kind::Bucket, Effect::Destroy, what);
    draft.depend(format!("whoever uses bucket {name}; anybody can take its name afterwards"));
    draft.unknown(format!("the policy, encryption and notification settings of {name} were not copied"));
    draft.reversibility = Reversibility::Lossy;
    // S3 deletes no bucket that holds anything.
    draft.secure(Securing::NotNeeded);
}

fn suspend(action: &Action, answers: &Answers, name: &str, id: &TargetId, draft: &mut Draft) {
    let asked = text(&action.arguments, "/VersioningConfiguration/Status").unwrap_or("?");
    let now = live(answers, super::VERSIONING);
    let now = now.found().and_then(|answer| text(answer, "/Status")).unwrap_or("never set");
    let mut what = format!("versioning of bucket {name} goes from {now} to {asked}");
    if asked == "Suspended" {
        what.push_str("; later deletions and overwrites are final");
    }
    draft.change_from(id, Kind::Bucket, leading(action), what, Some(json!(now)), Some(json!(asked)));
    draft.reversibility = Reversibility::Exact;
}

/// The expirations that the enabled rules of a configuration set, as comparable text.
fn expirations(configuration: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for rule in entries(configuration, "/Rules") {
        if text(rule, "/Status") != Some("Enabled") {
            continue;
        }
        let scope = json!([rule.get("Filter"), rule.get("Prefix")]);
        for member in ["Expiration", "NoncurrentVersionExpiration"] {
            if let Some(expiration) = rule.get(member).filter(|value| !value.is_null()) {
                found.push(json!([scope, member, expiration]).to_string());
            }
        }
    }
    found
}

/// The prefix an expiring rule of the request reaches; the empty one is the whole bucket.
fn reach(rule: &Value) -> &str {
    ["/Filter/Prefix", "/Filter/And/Prefix", "/Prefix"]
        .iter()
        .find_map(|pointer| text(rule, pointer))
        .unwrap_or("")
}

fn expire(action: &Action, answers: &Answers, name: &str, id: &TargetId, draft: &mut Draft) {
    let asked = action.arguments.get("LifecycleConfiguration").cloned().unwrap_or(Value::Null);
    let before = match live(answers, super::LIFECYCLE) {
        Live::Found(answer) => Some(expirations(answer)),
        Live::Absent => Some(Vec::new()),
        Live::Unread(why) => {
            draft.unknown(format!("the present lifecycle rules of {name} could not be read: {why}"));
            None
        }
    };
    let after = expirations(&asked);
    let more = before.as_ref().map(|before| after.iter().any(|one| !before.contains(one)));
    draft.fact(facts::S3_LIFECYCLE_EXPIRES_MORE, true, more);
    if more == Some(false) {
        draft.change(
            id,
            Kind::Bucket,
            leading(action),
            format!("lifecycle rules of {name} expire no more than now"),
        );
        draft.secure(Securing::NotNeeded);
        draft.reversibility = Reversibility::Exact;
        return;
    }
    let versions = listed_flat(answers, PAGE, "Versions");
    draft.gap(versions.gap(&format!("objects and versions of {name}")));
    for rule in entries(&asked, "/Rules").iter().filter(|rule| text(rule, "/Status") == Some("Enabled")) {
        let prefix = reach(rule);
        let reached = |one: &&&Value| text(one, "/Key").is_some_and(|key| key.starts_with(prefix));
        let number_of = versions.entries().iter().filter(reached).count() as u64;
        let more = if versions.complete() { "" } else { " or more" };
        let all =
            if prefix.is_empty() { "everything".to_owned() } else { format!("what begins with {prefix}") };
        let when = number(rule, "/Expiration/Days")
            .or_else(|| number(rule, "/NoncurrentVersionExpiration/NoncurrentDays"))
            .map_or_else(|| "at a date".to_owned(), |days| format!("after {}", words::count(days, "day")));
        let what = format!(
            "a lifecycle rule deletes {all} in {name} {when}: {}{more} now",
            words::count(number_of, "object version")
        );
        draft.change(id, Kind::Bucket, Effect::Destroy, what.clone());
        if number_of > 0 || !versions.complete() {
            draft.lose(what);
        }
    }
    draft.reversibility = Reversibility::Lossy;
    if draft.loses() {
        draft.tally(Tally::unread());
        draft.unknown(format!("what else the objects of {name} could be restored from was not looked at"));
        let why = "objects are deleted later, one by one, where no recovery point can be made for each";
        draft.secure(Securing::Impossible(why.to_owned()));
    } else {
        draft.secure(Securing::NotNeeded);
    }
}

#[cfg(test)]
mod tests;
