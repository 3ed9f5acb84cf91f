//! Objects written, written over or deleted by name.
//!
//! Kept: whether each key had an object, its entity tag, size and type; and, as a handle, its version or the copy that
//! Interlock made of it. Back: what was new is deleted; what was written over or deleted is copied on top again, from its
//! version or from Interlock's copy. Compared: entity tag, size, type, user metadata. New: version id and date. An entity
//! tag of a multipart upload, or of an object under a KMS key, changes by the copy, so that such an object has no way back
//! here. The object's own access list, where its bucket still has those, is not kept.

use interlock_action::{Answers, Deed, HANDLE, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::way::{Way, call, found, is, list, only, read, step, text, with};

/// The way.
pub(super) struct Objects;

/// Of one deed so many objects are looked at.
const MOST: usize = 100;
const COMPARED: &[&str] =
    &["ETag", "ContentLength", "ContentType", "Metadata", "StorageClass", "ServerSideEncryption"];
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

impl Way for Objects {
    fn name(&self) -> &'static str {
        "s3/objects"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        of(deed).is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        let Some((bucket, keys)) = of(deed) else { return Vec::new() };
        let heads = keys.iter().map(|key| read(deed, "s3", "HeadObject", head(bucket, key)));
        heads.chain([read(deed, "s3", "GetBucketVersioning", json!({"Bucket": bucket}))]).collect()
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let (bucket, keys) = of(deed).ok_or("the objects are not named")?;
        let versioning = found(answers, "s3", "GetBucketVersioning", &json!({"Bucket": bucket}))?;
        let versioned = versioning.and_then(|answer| answer.get("Status")) == Some(&json!("Enabled"));
        let (mut objects, mut versions) = (Map::new(), Map::new());
        for key in keys {
            let Some(seen) = found(answers, "s3", "HeadObject", &head(bucket, key))? else {
                objects.insert(key.to_owned(), Value::Null);
                continue;
            };
            objects.insert(key.to_owned(), only(seen, COMPARED));
            if let Some(version) = seen.get("VersionId").filter(|_| versioned) {
                versions.insert(key.to_owned(), version.clone());
            }
        }
        Ok(json!({"objects": objects, HANDLE: {"versions": versions}}))
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let (bucket, keys) = of(deed)?;
        let objects = before.get("objects")?;
        let mut copied = false;
        for key in keys {
            let Some(was) = objects.get(key).filter(|was| !was.is_null()) else { continue };
            let told = |member: &str| was.get(member).and_then(Value::as_str).unwrap_or_default();
            let multipart = told("ETag").contains('-') || told("ServerSideEncryption").contains("kms");
            let versioned = version(before, key).is_some();
            copied |= !versioned;
            if multipart || (!versioned && copy(deed, bucket, key).is_none()) {
                return None;
            }
        }
        Some(if copied {
            Terms::from_recovery_point(1, &["the object's date and access list"])
        } else {
            Terms::exact()
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
                (Some(version), _) => format!("{bucket}/{}?versionId={version}", encode(key)),
                (None, Some((vault, place))) => format!("{vault}/{}", encode(place)),
                (None, None) => return Err(format!("nothing keeps object {key}")),
            };
            let copied = json!({
                "Bucket": bucket, "Key": key, "CopySource": source, "MetadataDirective": "COPY", "TaggingDirective": "COPY",
            });
            let arguments = with(copied, only(&was, &["StorageClass", "ServerSideEncryption"]));
            let name = format!("copy the earlier content of object {key} back into {bucket}");
            steps.push(step(name, call(deed, "s3", "CopyObject", arguments)));
        }
        Ok(steps)
    }
}

fn version<'a>(state: &'a Value, key: &str) -> Option<&'a str> {
    state.get(HANDLE)?.get("versions")?.get(key)?.as_str()
}

/// The key as `x-amz-copy-source` wants it: percent-encoded but for unreserved characters and slashes.
fn encode(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
