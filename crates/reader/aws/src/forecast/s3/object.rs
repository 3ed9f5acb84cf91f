//! S3 objects: writes over them and deletions without a version.
//!
//! In a versioned bucket a deletion leaves a delete marker and an overwrite keeps the old version: the way back is exact
//! for as long as no lifecycle rule expires noncurrent versions. Elsewhere (never versioned, suspended, or with a rule that
//! expires versions within a week) the object is gone, and Interlock copies it away first. Objects are classified by their
//! bucket's tags. Reads: GetBucketVersioning, GetBucketLifecycleConfiguration, GetBucketTagging, HeadObject of up to 100
//! keys, HeadBucket and GetBucketVersioning of the recovery bucket, HeadObject of up to 20 copies in it.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, entries, live, number, text},
        draft::{Draft, leading},
        existence::MOST,
        generic::tell_plainly,
        tally::Tally,
        words,
    },
    asked, bucket, bucket_reads, bucket_tags, keeps_versions, lifecycle_read, object_id, see_bucket,
    vault::{self, Kept},
    versioned,
};
use crate::rules::facts;

/// The forecaster of objects.
pub(in crate::forecast) struct Object;

/// What becomes of the objects named.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Deleted,
    Replaced,
    /// Its content stays: tags, ACL, retention, a restore from the archive.
    Kept,
}

fn fate(action: &Action) -> Option<Fate> {
    Some(match action.operation.verb() {
        "DeleteObject" | "DeleteObjects" => Fate::Deleted,
        "PutObject"
        | "CopyObject"
        | "CompleteMultipartUpload"
        | "RenameObject"
        | "WriteGetObjectResponse" => Fate::Replaced,
        _ if action.arguments.get("Key").is_some() => Fate::Kept,
        _ => return None,
    })
}

/// The keys named.
fn keys(action: &Action) -> Vec<&str> {
    match action.operation.verb() {
        "DeleteObjects" => {
            entries(&action.arguments, "/Delete/Objects").iter().filter_map(|one| text(one, "/Key")).collect()
        }
        _ => action.arguments.get("Key").and_then(Value::as_str).into_iter().collect(),
    }
}

fn head_key(key: &str) -> String {
    format!("s3 head {key}")
}

impl Look for Object {
    fn knows(&self, action: &Action) -> bool {
        // Deletions of versions have their own forecaster.
        action.operation.service() == "s3"
            && bucket(action).is_some()
            && fate(action).is_some()
            && !super::versions::named(action)
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some(bucket) = bucket(action) else { return Vec::new() };
        let mut reads = bucket_reads(action, bucket);
        reads.push(lifecycle_read(action, bucket));
        let keys = keys(action);
        // A thousand keys in a versioned bucket keep their versions: no need to look at each.
        let many = keys.len() > 1;
        let told = so_far.contains_key(super::VERSIONING) && so_far.contains_key(super::LIFECYCLE);
        let gone = live(so_far, super::VERSIONING) == Live::Absent;
        if many && (!told || gone || keeps_versions(so_far) == Some(true)) {
            return reads;
        }
        for key in keys.iter().take(MOST) {
            let arguments = json!({"Bucket": bucket, "Key": key});
            reads.push(crate::call::read(action, head_key(key), "s3", "HeadObject", arguments));
        }
        let lost = keys.iter().any(|key| matches!(live(so_far, &head_key(key)), Live::Found(_)));
        let settled = told && keeps_versions(so_far) != Some(true);
        if lost && settled && fate(action) != Some(Fate::Kept) {
            reads.extend(vault::reads(action, so_far));
            let mut found = Lost::default();
            for key in keys.iter().take(MOST) {
                let id = object_id(action, bucket, key);
                found.add(bucket, key, &id, live(so_far, &head_key(key)));
            }
            let kept: Vec<Kept<'_>> = found.found.iter().map(|(kept, _)| clone(kept)).collect();
            reads.extend(vault::copy_reads(action, so_far, &kept));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let (Some(bucket), Some(fate)) = (bucket(action), fate(action)) else { return };
        see_bucket(action, answers, bucket, draft);
        let versioned = keeps_versions(answers);
        draft.fact(facts::S3_BUCKET_VERSIONED, false, versioned);
        if versioned.is_none() {
            draft.unknown(format!(
                "whether bucket {bucket} keeps versions, and for how long, could not be read"
            ));
        }
        let keys = keys(action);
        let tags = bucket_tags(action, answers, bucket);
        let mut lost = Lost::default();
        for (at, key) in keys.iter().enumerate() {
            let id = object_id(action, bucket, key);
            let head =
                if at < MOST { live(answers, &head_key(key)) } else { Live::Unread("too many".to_owned()) };
            see(&id, &head, tags.clone(), draft);
            lost.add(bucket, key, &id, head);
        }
        let skipped = versioned == Some(true) && keys.len() > 1;
        if !skipped {
            let exists =
                if lost.unread > 0 && lost.found.is_empty() { None } else { Some(!lost.found.is_empty()) };
            draft.fact(facts::S3_OBJECT_EXISTS, true, exists);
        }
        match fate {
            Fate::Kept => tell_plainly(action, draft),
            Fate::Deleted if versioned == Some(true) => marked(bucket, &keys, &lost, draft),
            Fate::Replaced if versioned == Some(true) => stacked(action, &lost, &keys, bucket, draft),
            Fate::Deleted | Fate::Replaced => gone(action, answers, bucket, &keys, &lost, fate, draft),
        }
    }
}

/// The objects that are there, and how many could not be looked at.
#[derive(Default)]
struct Lost<'a> {
    found: Vec<(Kept<'a>, TargetId)>,
    unread: u64,
    why: String,
}

impl<'a> Lost<'a> {
    fn add(&mut self, bucket: &'a str, key: &'a str, id: &TargetId, head: Live<'a>) {
        match head {
            Live::Found(head) => self.found.push((
                Kept {
                    bucket,
                    key,
                    version: None,
                    size: number(head, "/ContentLength").unwrap_or(u64::MAX),
                    etag: text(head, "/ETag"),
                    modified: text(head, "/LastModified"),
                },
                id.clone(),
            )),
            Live::Absent => {}
            Live::Unread(why) => {
                self.unread += 1;
                self.why = why;
            }
        }
    }

    fn bytes(&self) -> u64 {
        self.found.iter().fold(0, |sum, (kept, _)| sum.saturating_add(kept.size))
    }
}

fn see(
    id: &TargetId,
    head: &Live<'_>,
    tags: Option<std::collections::BTreeMap<String, String>>,
    draft: &mut Draft,
) {
    let mut seen = Observed { tags, ..Observed::default() };
    match head {
        Live::Found(head) => {
            let length = number(head, "/ContentLength");
            seen.exists = Some(true);
            seen.data = if length == Some(0) { Bears::No } else { Bears::Yes };
            seen.size = length.map(words::bytes);
            seen.immutable_id = text(head, "/VersionId")
                .filter(|version| *version != "null")
                .map(str::to_owned)
                .or_else(|| Some(format!("{} {}", text(head, "/ETag")?, text(head, "/LastModified")?)));
            draft.saw();
            draft.bind(
                id.as_str(),
                json!({"ETag": head.get("ETag"), "VersionId": head.get("VersionId"), "size": length}),
            );
        }
        Live::Absent => {
            seen.exists = Some(false);
            seen.data = Bears::No;
            draft.saw();
            draft.bind(id.as_str(), json!("absent"));
        }
        Live::Unread(_) => {}
    }
    draft.observe(id, seen);
}

/// Deletion in a versioned bucket: a marker, nothing else.
fn marked(bucket: &str, keys: &[&str], lost: &Lost<'_>, draft: &mut Draft) {
    draft.saw();
    let mut tally = Tally::default();
    for (kept, id) in &lost.found {
        let what =
            format!("{} ({}) gets a delete marker; its versions stay", kept.key, words::bytes(kept.size));
        draft.change(id, Kind::Object, Effect::Destroy, what);
        tally.have(id.as_str(), format!("the present version of {}", kept.key), true);
    }
    if lost.found.is_empty() {
        let id = TargetId::new(format!("arn:aws:s3:::{bucket}"));
        let names = words::some(keys, 10);
        let what = format!(
            "{} in {bucket} get delete markers; versions stay: {names}",
            words::count(keys.len() as u64, "key")
        );
        draft.change(&id, Kind::Bucket, Effect::Destroy, what);
        tally.have(id.as_str(), format!("the present versions in {bucket}"), true);
    }
    draft.tally(tally);
    draft.reversibility = Reversibility::Exact;
    draft.secure(Securing::NotNeeded);
}

/// An overwrite in a versioned bucket, or a new object anywhere: the old version, if any, stays.
fn stacked(action: &Action, lost: &Lost<'_>, keys: &[&str], bucket: &str, draft: &mut Draft) {
    draft.reversibility = Reversibility::Exact;
    draft.secure(Securing::NotNeeded);
    for (kept, id) in &lost.found {
        let what =
            format!("{} ({}) gets a new version; the old one stays", kept.key, words::bytes(kept.size));
        draft.change(id, Kind::Object, leading(action), what);
        let mut tally = Tally::default();
        tally.have(id.as_str(), format!("the present version of {}", kept.key), true);
        draft.tally(tally);
    }
    if lost.found.is_empty() {
        new(action, keys, bucket, draft);
    }
}

fn new(action: &Action, keys: &[&str], bucket: &str, draft: &mut Draft) {
    for key in keys {
        let id = object_id(action, bucket, key);
        draft.change(&id, Kind::Object, Effect::Create, format!("object {key} is written in {bucket}"));
    }
}

/// Nothing keeps the objects: Interlock does.
fn gone(
    action: &Action,
    answers: &Answers,
    bucket: &str,
    keys: &[&str],
    lost: &Lost<'_>,
    fate: Fate,
    draft: &mut Draft,
) {
    let (word, effect) = match fate {
        Fate::Deleted => ("deleted", Effect::Destroy),
        _ => ("overwritten", leading(action)),
    };
    if fate == Fate::Replaced && asked(action, "/IfNoneMatch") == Some(&json!("*")) {
        // The service refuses where something stands there already.
        new(action, keys, bucket, draft);
        draft.reversibility = Reversibility::Exact;
        draft.secure(Securing::NotNeeded);
        return;
    }
    for (kept, id) in &lost.found {
        let what = format!("object {} ({}) in {bucket} is {word}", kept.key, words::bytes(kept.size));
        draft.change(id, Kind::Object, effect, what);
    }
    if lost.unread > 0 {
        let unread = words::count(lost.unread, "object");
        draft.unknown(format!("{unread} of {bucket} could not be looked at: {}", lost.why));
        draft.lose(format!("{unread} of {bucket} that could not be looked at"));
        draft.tally(Tally::unread());
        draft.secure(Securing::Impossible(format!("{unread} could not be looked at: {}", lost.why)));
        if lost.found.is_empty() {
            let many = words::count(keys.len() as u64, "key");
            let id = TargetId::new(format!("arn:aws:s3:::{bucket}"));
            draft.change(&id, Kind::Bucket, effect, format!("{many} in {bucket} {word}, perhaps"));
        }
        return;
    }
    if lost.found.is_empty() {
        draft.reversibility = Reversibility::Exact;
        if fate == Fate::Deleted {
            for key in keys.iter().take(10) {
                let what = format!("there is no object {key} in {bucket}: nothing happens");
                draft.change(&object_id(action, bucket, key), Kind::Object, effect, what);
            }
        } else {
            new(action, keys, bucket, draft);
        }
        return;
    }
    let bearing: Vec<Kept<'_>> = lost.found.iter().map(|(kept, _)| clone(kept)).collect();
    let many = words::count(bearing.len() as u64, "object");
    let why = match versioned(answers) {
        Some(true) => "its versions expire within a week",
        _ => "the bucket keeps no versions",
    };
    draft.lose(format!("{many} of {bucket}, {}; {why}", words::bytes(lost.bytes())));
    for kept in &bearing {
        draft.tally(vault::tally(action, answers, kept));
    }
    draft.secure(vault::keep(action, answers, &bearing));
    draft.reversibility = match draft.secured() {
        Some(Securing::Impossible(_)) => Reversibility::None,
        _ => Reversibility::FromRecoveryPoint,
    };
}

fn clone<'a>(kept: &Kept<'a>) -> Kept<'a> {
    Kept { ..*kept }
}

#[cfg(test)]
mod tests;
