//! Objects written, written over or deleted by name.
//!
//! Kept: whether each key had an object, its entity tag, size, type and the other words of its head, its tags,
//! and, where its bucket still has those, its own access list; and, as a handle, its version or the copy that Interlock
//! made of it. Back: what was new is deleted; what was written over or deleted is copied on top again, from its version or
//! from Interlock's copy, with its access list. Compared: all that is kept. New: version id and date; a checksum follows the
//! content. Lost: an object's own lock and hold: the copy is locked as its bucket says, the version before keeps its own.
//!
//! No way back: an object whose entity tag changes by a copy (one of a multipart upload, one under a KMS key), one in an
//! archive, and one that belongs to another account. Open for as long as no rule of the bucket expires the version.

use interlock_action::{Answers, Deed, HANDLE, Read, Step, Terms};
use interlock_reader_aws::copy_source;
use serde_json::{Map, Value, json};

use super::{
    super::way::{Way, at, call, found, is, list, only, read, sorted, step, text, with, word},
    acl,
};

/// The way.
pub(super) struct Objects;

/// Of one deed so many objects are looked at.
const MOST: usize = 100;
const COMPARED: &[&str] = &[
    "ETag",
    "ContentLength",
    "ContentType",
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "Expires",
    "Metadata",
    "StorageClass",
    "ServerSideEncryption",
    "WebsiteRedirectLocation",
];
/// What a copy is told, for it does not take it from its source.
const TOLD: &[&str] = &["StorageClass", "ServerSideEncryption", "WebsiteRedirectLocation"];
/// Classes from which nothing is copied before it is restored.
const ARCHIVES: &[&str] = &["GLACIER", "DEEP_ARCHIVE"];
const OPERATIONS: &[&str] =
    &["PutObject", "CopyObject", "CompleteMultipartUpload", "DeleteObject", "DeleteObjects"];

fn keys(deed: &Deed) -> Option<Vec<&str>> {
    if deed.operation.verb() == "DeleteObjects" {
        let all = list(&deed.arguments, "/Delete/Objects");
        // A version that is named is gone for good.
        let named = |one: &Value| one.get("VersionId").is_some_and(|id| !id.is_null());
        if all.iter().any(named) {
            return None;
        }
        return all.iter().map(|one| one.get("Key")?.as_str()).collect();
    }
    Some(vec![text(deed, "/Key")?])
}

fn of(deed: &Deed) -> Option<(&str, Vec<&str>)> {
    let known = is(deed, "s3", OPERATIONS) && text(deed, "/VersionId").is_none();
    let keys = keys(deed).filter(|keys| known && !keys.is_empty() && keys.len() <= MOST)?;
    Some((text(deed, "/Bucket")?, keys))
}

/// The bucket and key of the copy that Interlock made of a key.
fn copy<'a>(deed: &'a Deed, bucket: &str, key: &str) -> Option<(&'a str, &'a str)> {
    let path = format!("{bucket}/{key}");
    // INVARIANT: the whole rest of the place is the path. An agent chooses keys, and one may end like another.
    deed.points.iter().find_map(|point| {
        let (vault, place) = point.split_once(":::")?.1.split_once('/')?;
        let (_digits, rest) = place.split_once('/')?;
        (rest == path).then_some((vault, place))
    })
}

fn head(bucket: &str, key: &str) -> Value {
    json!({"Bucket": bucket, "Key": key})
}

fn bucket_of(bucket: &str) -> Value {
    json!({"Bucket": bucket})
}

/// Whether objects of the bucket have access lists of their own. A bucket that says nothing has.
fn has_lists(answers: &Answers, bucket: &str) -> Result<bool, String> {
    let told = found(answers, "s3", "GetBucketOwnershipControls", &bucket_of(bucket))?;
    let rule = told.and_then(|told| word(told, "/OwnershipControls/Rules/0/ObjectOwnership"));
    Ok(rule != Some("BucketOwnerEnforced"))
}

fn tagged(seen: &Value) -> bool {
    at(seen, "/TagCount").as_u64().is_some_and(|count| count > 0)
}

/// After how many days a rule of the bucket expires a version that another stands on; `None` where no rule does.
fn expires(answers: &Answers, bucket: &str, keys: &[&str]) -> Result<Option<u64>, String> {
    let rules = found(answers, "s3", "GetBucketLifecycleConfiguration", &bucket_of(bucket))?;
    let rules = rules.map_or(&[][..], |answer| list(answer, "/Rules")).iter();
    let applies = |rule: &&Value| {
        let prefix = ["/Prefix", "/Filter/Prefix", "/Filter/And/Prefix"].iter().find_map(|at| word(rule, at));
        let any = keys.iter().any(|key| key.starts_with(prefix.unwrap_or_default()));
        any && word(rule, "/Status") == Some("Enabled")
    };
    let days = |rule: &Value| at(rule, "/NoncurrentVersionExpiration/NoncurrentDays").as_u64();
    Ok(rules.filter(applies).filter_map(days).min())
}

/// What of an object is kept.
fn kept(answers: &Answers, place: &Value, seen: &Value, lists: bool) -> Result<Value, String> {
    let mut kept = only(seen, COMPARED);
    if tagged(seen) {
        let tags = found(answers, "s3", "GetObjectTagging", place)?.ok_or("its tags are not told")?;
        kept = with(kept, json!({"TagSet": sorted(list(tags, "/TagSet").to_vec())}));
    }
    if lists {
        let told = found(answers, "s3", "GetObjectAcl", place)?.ok_or("its access list is not told")?;
        kept = with(kept, json!({"acl": acl::kept(told)}));
    }
    Ok(kept)
}

impl Way for Objects {
    fn name(&self) -> &'static str {
        "s3/objects"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        of(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let Some((bucket, keys)) = of(deed) else { return Vec::new() };
        let of_bucket =
            ["GetBucketVersioning", "GetBucketOwnershipControls", "GetBucketLifecycleConfiguration"];
        let mut reads: Vec<Read> =
            of_bucket.iter().map(|get| read(deed, "s3", get, bucket_of(bucket))).collect();
        let lists = has_lists(so_far, bucket).unwrap_or(false);
        let mut listed = false;
        for key in keys {
            let place = head(bucket, key);
            reads.push(read(deed, "s3", "HeadObject", place.clone()));
            let Ok(Some(seen)) = found(so_far, "s3", "HeadObject", &place) else { continue };
            if tagged(seen) {
                reads.push(read(deed, "s3", "GetObjectTagging", place.clone()));
            }
            if lists {
                listed = true;
                reads.push(read(deed, "s3", "GetObjectAcl", place));
            }
        }
        if listed {
            reads.push(read(deed, "s3", "GetBucketAcl", bucket_of(bucket)));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let (bucket, keys) = of(deed).ok_or("the objects are not named")?;
        let versioning = found(answers, "s3", "GetBucketVersioning", &bucket_of(bucket))?;
        let versioned = versioning.and_then(|answer| answer.get("Status")) == Some(&json!("Enabled"));
        let lists = has_lists(answers, bucket)?;
        let days = expires(answers, bucket, &keys)?.filter(|_| versioned);
        let (mut objects, mut versions, mut owner) = (Map::new(), Map::new(), Value::Null);
        let (mut locked, mut archived) = (false, false);
        for key in keys {
            let place = head(bucket, key);
            let Some(seen) = found(answers, "s3", "HeadObject", &place)? else {
                objects.insert(key.to_owned(), Value::Null);
                continue;
            };
            objects.insert(key.to_owned(), kept(answers, &place, seen, lists)?);
            if lists {
                let own = found(answers, "s3", "GetBucketAcl", &bucket_of(bucket))?;
                owner = at(own.ok_or("the bucket's owner is not told")?, "/Owner/ID").clone();
            }
            if let Some(version) = seen.get("VersionId").filter(|_| versioned) {
                versions.insert(key.to_owned(), version.clone());
            }
            locked |= !at(seen, "/ObjectLockMode").is_null()
                || word(seen, "/ObjectLockLegalHoldStatus") == Some("ON");
            archived |= !at(seen, "/ArchiveStatus").is_null()
                || word(seen, "/StorageClass").is_some_and(|class| ARCHIVES.contains(&class));
        }
        let more = json!({
            "versions": versions, "owner": owner, "locked": locked, "archived": archived, "days": days,
        });
        Ok(json!({"objects": objects, HANDLE: more}))
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let (bucket, keys) = of(deed)?;
        let objects = before.get("objects")?;
        if at(before, "/handle/archived") == &Value::Bool(true) {
            return None;
        }
        let (mut copied, mut kept) = (false, false);
        for key in keys {
            let Some(was) = objects.get(key).filter(|was| !was.is_null()) else { continue };
            let told = |member: &str| was.get(member).and_then(Value::as_str).unwrap_or_default();
            let multipart = told("ETag").contains('-') || told("ServerSideEncryption").contains("kms");
            let versioned = version(before, key).is_some();
            copied |= !versioned;
            kept |= versioned;
            let list = was.get("acl");
            let own = list.is_none_or(|list| at(list, "/Owner/ID") == at(before, "/handle/owner"));
            let sayable = list.is_none_or(|list| grants(list).is_some());
            if multipart || !own || !sayable || (!versioned && copy(deed, bucket, key).is_none()) {
                return None;
            }
        }
        let mut lost = Vec::new();
        if copied {
            lost.push("the object's date");
        }
        if at(before, "/handle/locked") == &Value::Bool(true) {
            lost.push("its own lock and hold: the copy is locked as its bucket says");
        }
        let terms = match (copied, lost.is_empty()) {
            (true, _) => Terms::from_recovery_point(1, &lost),
            (false, true) => Terms::exact(),
            (false, false) => Terms::lossy(1, &lost),
        };
        let days = at(before, "/handle/days").as_u64().filter(|_| kept);
        Some(match days.and_then(|days| u32::try_from(days).ok()) {
            Some(days) => terms.within_days(days),
            None => terms,
        })
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (bucket, keys) = of(deed).ok_or("the objects are not named")?;
        let mut steps = Vec::new();
        for key in keys {
            let stood = |state: &Value| state.pointer("/objects").and_then(|all| all.get(key)).cloned();
            let (was, is) = (stood(before).unwrap_or_default(), stood(now).unwrap_or_default());
            if was == is {
                continue;
            }
            if was.is_null() {
                let name = format!("delete object {key} of {bucket}, which was not there");
                steps.push(step(name, call(deed, "s3", "DeleteObject", head(bucket, key))));
                continue;
            }
            let source = match (version(before, key), copy(deed, bucket, key)) {
                (Some(version), _) => copy_source(bucket, key, Some(version)),
                (None, Some((vault, place))) => copy_source(vault, place, None),
                (None, None) => return Err(format!("nothing keeps object {key}")),
            };
            let copied = json!({
                "Bucket": bucket, "Key": key, "CopySource": source, "MetadataDirective": "COPY", "TaggingDirective": "COPY",
            });
            let listed = match was.get("acl") {
                Some(list) => {
                    grants(list).ok_or_else(|| format!("the access list of {key} cannot be said"))?
                }
                None => json!({}),
            };
            let arguments = with(with(copied, only(&was, TOLD)), listed);
            let name = format!("copy the earlier content of object {key} back into {bucket}");
            steps.push(step(name, call(deed, "s3", "CopyObject", arguments)));
        }
        Ok(steps)
    }
}

/// The access list in the parameters of a copy; nothing for what a copy has anyway, `None` where none say it.
fn grants(acl: &Value) -> Option<Value> {
    let mut said: Map<String, Value> = Map::new();
    let (owner, all) = (at(acl, "/Owner/ID"), list(acl, "/Grants"));
    let own = |grant: &Value| {
        at(grant, "/Grantee/ID") == owner && word(grant, "/Permission") == Some("FULL_CONTROL")
    };
    if all.len() == 1 && all.iter().all(own) {
        return Some(json!({}));
    }
    for grant in all {
        let member = match word(grant, "/Permission")? {
            "FULL_CONTROL" => "GrantFullControl",
            "READ" => "GrantRead",
            "READ_ACP" => "GrantReadACP",
            "WRITE_ACP" => "GrantWriteACP",
            _ => return None,
        };
        let names =
            [("/Grantee/ID", "id"), ("/Grantee/URI", "uri"), ("/Grantee/EmailAddress", "emailAddress")];
        let (place, name) = names.into_iter().find(|(place, _)| word(grant, place).is_some())?;
        let one = format!("{name}=\"{}\"", word(grant, place)?);
        let entry = said.entry(member).or_insert_with(|| Value::String(String::new()));
        let so_far = entry.as_str().filter(|text| !text.is_empty()).map(|text| format!("{text}, "));
        *entry = Value::String(format!("{}{one}", so_far.unwrap_or_default()));
    }
    // A list that names nobody cannot be said so: nothing said, a copy has its owner's.
    (!said.is_empty()).then_some(Value::Object(said))
}

fn version<'a>(state: &'a Value, key: &str) -> Option<&'a str> {
    state.get(HANDLE)?.get("versions")?.get(key)?.as_str()
}
