//! S3 object versions.
//!
//! A deletion that names a version is for good; so is one that names none where the bucket keeps no versions (one
//! request may hold both). What counts is whether the key has another version (delete markers are none); a version
//! under object lock stays (governance mode can be bypassed with `BypassGovernanceRetention`). A named version that is
//! a delete marker brings the object back. Interlock copies each version away first. Reads: GetBucketVersioning,
//! GetBucketTagging, ListObjectVersions by key, HeadObject of each version, HeadBucket and
//! GetBucketVersioning of the recovery bucket.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, entries, flag, listed_flat, live, number, text},
        draft::Draft,
        tally::Tally,
        words,
    },
    asked, bucket, bucket_reads, bucket_tags, object_id, see_bucket,
    vault::{self, Kept},
    versioned,
};
use crate::rules::facts;

/// Of one action so many versions are looked at.
const MOST: usize = 50;

/// The forecaster of deletions of versions.
pub(in crate::forecast) struct Versions;

fn pairs(action: &Action) -> Vec<(&str, Option<&str>)> {
    match action.operation.verb() {
        "DeleteObjects" => entries(&action.arguments, "/Delete/Objects")
            .iter()
            .filter_map(|one| Some((text(one, "/Key")?, text(one, "/VersionId"))))
            .collect(),
        "DeleteObject" => {
            let key = text(&action.arguments, "/Key");
            key.map(|key| (key, text(&action.arguments, "/VersionId"))).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the action deletes a version by name.
pub(super) fn named(action: &Action) -> bool {
    pairs(action).iter().any(|(_, version)| version.is_some())
}

fn list_key(key: &str) -> String {
    format!("s3 versions {key}")
}

fn head_key(key: &str, version: Option<&str>) -> String {
    format!("s3 head {key} {}", version.unwrap_or_default())
}

impl Look for Versions {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "s3" && bucket(action).is_some() && named(action)
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some(bucket) = bucket(action) else { return Vec::new() };
        let mut reads = bucket_reads(action, bucket);
        reads.extend(vault::reads(action, so_far));
        for (key, version) in pairs(action).into_iter().take(MOST) {
            let list = json!({"Bucket": bucket, "Prefix": key, "MaxKeys": 1000});
            reads.push(crate::call::read(action, list_key(key), "s3", "ListObjectVersions", list));
            let mut head = json!({"Bucket": bucket, "Key": key});
            if let (Some(version), Some(members)) = (version, head.as_object_mut()) {
                members.insert("VersionId".to_owned(), json!(version));
            }
            // A delete marker answers a HEAD with an error: it is looked at only where the list shows an object.
            if is_object(so_far, key, version) != Some(false) && so_far.contains_key(&list_key(key)) {
                reads.push(crate::call::read(action, head_key(key, version), "s3", "HeadObject", head));
            }
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(bucket) = bucket(action) else { return };
        see_bucket(action, answers, bucket, draft);
        draft.fact(facts::S3_BUCKET_VERSIONED, false, versioned(answers));
        let pairs = pairs(action);
        let tags = bucket_tags(action, answers, bucket);
        let mut kept = Vec::new();
        let mut unread = Vec::new();
        for (at, (key, version)) in pairs.iter().enumerate() {
            let id = object_id(action, bucket, key);
            draft.observe(&id, Observed { tags: tags.clone(), ..Observed::default() });
            if at >= MOST {
                unread.push(*key);
                continue;
            }
            let gone: Vec<Option<&str>> =
                pairs.iter().filter(|(other, _)| other == key).map(|(_, version)| *version).collect();
            one(action, answers, bucket, (key, *version), &id, &gone, (&mut kept, &mut unread), draft);
        }
        finish(action, answers, bucket, &kept, &unread, draft);
    }
}

/// Whether the list shows an object version, rather than a delete marker; `None` when it shows neither.
fn is_object(answers: &Answers, key: &str, version: Option<&str>) -> Option<bool> {
    let version = version?;
    let has = |member: &str| {
        listed_flat(answers, &list_key(key), member)
            .entries()
            .iter()
            .any(|one| text(one, "/Key") == Some(key) && text(one, "/VersionId") == Some(version))
    };
    if has("DeleteMarkers") {
        return Some(false);
    }
    has("Versions").then_some(true)
}

#[expect(clippy::too_many_arguments, reason = "one version of one key, with the two lists it may join")]
fn one<'a>(
    action: &Action,
    answers: &'a Answers,
    bucket: &'a str,
    (key, version): (&'a str, Option<&'a str>),
    id: &TargetId,
    gone: &[Option<&str>],
    (kept, unread): (&mut Vec<Kept<'a>>, &mut Vec<&'a str>),
    draft: &mut Draft,
) {
    let versions = listed_flat(answers, &list_key(key), "Versions");
    draft.gap(versions.gap(&format!("versions of {key}")));
    let all: Vec<&Value> =
        versions.entries().iter().copied().filter(|one| text(one, "/Key") == Some(key)).collect();
    let exists = if versions.complete() { Some(!all.is_empty()) } else { None };
    draft.fact(facts::S3_OBJECT_EXISTS, true, exists);
    let marked = versioned(answers) == Some(true);
    if version.is_none() && marked {
        let what = format!("{key} gets a delete marker; its versions stay");
        draft.change(id, Kind::Object, Effect::Destroy, what);
        return;
    }
    let wanted = version.map_or_else(|| "the present version".to_owned(), |name| format!("version {name}"));
    if is_object(answers, key, version) == Some(false) {
        let marker = version.unwrap_or_default();
        let what = format!("the delete marker {marker} of {key} is removed: the object shows again");
        draft.change(id, Kind::Object, Effect::Update, what);
        draft.saw();
        return;
    }
    let mut tally = if versions.complete() { Tally::default() } else { Tally::unread() };
    for version in &all {
        let name = text(version, "/VersionId").unwrap_or("?");
        let at = text(version, "/LastModified").unwrap_or("an unknown time");
        // Without versions there is one of that name, which goes when none is named.
        let goes = gone.contains(&Some(name)) || (name == "null" && !marked && gone.contains(&None));
        tally.have(format!("{id}?versionId={name}"), format!("version of {at}"), !goes);
    }
    draft.tally(tally);
    match live(answers, &head_key(key, version)) {
        Live::Found(head) => {
            draft.saw();
            let size = number(head, "/ContentLength").unwrap_or(u64::MAX);
            let sized = words::bytes(size);
            let data = if size == 0 { Bears::No } else { Bears::Yes };
            draft.observe(
                id,
                Observed { exists: Some(true), data, size: Some(sized.clone()), ..Observed::default() },
            );
            draft.bind(
                format!("{id} {}", version.unwrap_or_default()),
                json!({"ETag": head.get("ETag"), "size": size}),
            );
            let what = format!("{wanted} of {key} ({sized}) in {bucket} is deleted for good");
            draft.change(id, Kind::Object, Effect::Destroy, what);
            draft.lose(format!("{wanted} of {key}, {sized}"));
            locked(action, key, head, draft);
            kept.push(Kept {
                bucket,
                key,
                version,
                size,
                etag: text(head, "/ETag"),
                modified: text(head, "/LastModified"),
            });
        }
        Live::Absent => {
            draft.saw();
            let what = format!("{wanted} of {key} is not there: nothing happens");
            draft.change(id, Kind::Object, Effect::Destroy, what);
        }
        Live::Unread(why) => {
            draft.unknown(format!("{wanted} of {key} could not be looked at: {why}"));
            unread.push(key);
        }
    }
}

fn locked(action: &Action, key: &str, head: &Value, draft: &mut Draft) {
    let until = text(head, "/ObjectLockRetainUntilDate").unwrap_or("an unknown time");
    if text(head, "/ObjectLockLegalHoldStatus") == Some("ON") {
        draft.depend(format!("{key} is under legal hold: the service will refuse"));
    }
    match text(head, "/ObjectLockMode") {
        Some("COMPLIANCE") => draft.depend(format!("{key} is locked until {until}: the service will refuse")),
        Some(_) if flag(&action.arguments, "/BypassGovernanceRetention") == Some(true) => {
            draft.depend(format!("{key} is locked until {until}; the request asks to bypass the lock"));
        }
        Some(_) => draft.depend(format!("{key} is locked until {until}: the service will refuse")),
        None => {}
    }
}

fn finish(
    action: &Action,
    answers: &Answers,
    bucket: &str,
    kept: &[Kept<'_>],
    unread: &[&str],
    draft: &mut Draft,
) {
    if !unread.is_empty() {
        let many = words::count(unread.len() as u64, "version");
        draft.unknown(format!("{many} of {bucket} were not or could not be looked at"));
        draft.lose(format!("{many} of {bucket} that nobody looked at"));
        draft.tally(Tally::unread());
        draft.secure(Securing::Impossible(format!("{many} of {bucket} could not be looked at")));
        return;
    }
    if kept.is_empty() {
        // Markers that come or go, and what is not there.
        draft.reversibility = Reversibility::Exact;
        draft.secure(Securing::NotNeeded);
        return;
    }
    draft.secure(vault::keep(action, answers, kept));
    draft.reversibility = match draft.secured() {
        Some(Securing::Impossible(_)) => Reversibility::None,
        _ => Reversibility::FromRecoveryPoint,
    };
    if asked(action, "/MFA").is_some() {
        draft.depend("the request carries a second factor for a bucket with MFA delete".to_owned());
    }
}

#[cfg(test)]
mod tests;
