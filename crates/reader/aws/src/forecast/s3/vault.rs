//! Copies of objects, made before they are overwritten or deleted where nothing else keeps them.
//!
//! They go to the bucket `interlock-recovery-<account>-<region>`, which Interlock makes where it is missing and which no
//! agent may touch: closed to the public, marked as Interlock's own, and keeping versions, so that what is written over or
//! deleted there stays. CopyObject copies at most 5 GiB at once (Amazon S3 User Guide, "Copying objects").

use interlock_action::{Action, Answers, Call, Read, Securing};
use serde_json::{Value, json};

use super::super::{
    answer::{Live, live, number, text},
    arn,
    tally::Tally,
    words,
};

const VAULT: &str = "s3 recovery bucket";
const VERSIONS: &str = "s3 recovery bucket versions";
/// Of one action so many objects are copied.
const MOST: usize = 100;
/// Of one action so many copies are looked for.
const LOOKED_FOR: usize = 20;
/// The largest object that one CopyObject takes.
const LARGEST: u64 = 5 * 1024 * 1024 * 1024;

/// An object that is to be kept.
pub(super) struct Kept<'a> {
    /// Its bucket.
    pub(super) bucket: &'a str,
    /// Its key.
    pub(super) key: &'a str,
    /// The version, where a certain one is meant.
    pub(super) version: Option<&'a str>,
    /// Its size, as its HEAD tells.
    pub(super) size: u64,
    /// Its entity tag.
    pub(super) etag: Option<&'a str>,
    /// When it was written.
    pub(super) modified: Option<&'a str>,
}

/// The bucket of the copies.
fn name(action: &Action) -> Option<String> {
    Some(format!("{}recovery-{}-{}", super::super::OWN, action.account.as_ref()?, action.region.as_deref()?))
}

/// The reads that tell whether the bucket of the copies is there, and this account's, and whether it keeps versions.
pub(super) fn reads(action: &Action, so_far: &Answers) -> Vec<Read> {
    let Some(vault) = name(action) else { return Vec::new() };
    let of = json!({"Bucket": vault, "ExpectedBucketOwner": action.account});
    let mut reads = vec![crate::call::read(action, VAULT, "s3", "HeadBucket", of.clone())];
    if let Live::Found(_) = live(so_far, VAULT) {
        reads.push(crate::call::read(action, VERSIONS, "s3", "GetBucketVersioning", of));
    }
    reads
}

fn copy_key(place: &str) -> String {
    format!("s3 copy {place}")
}

/// The reads that tell which copies are there already, once the bucket of the copies is seen to be.
pub(super) fn copy_reads(action: &Action, so_far: &Answers, objects: &[Kept<'_>]) -> Vec<Read> {
    let (Some(vault), Live::Found(_)) = (name(action), live(so_far, VAULT)) else { return Vec::new() };
    if objects.len() > LOOKED_FOR {
        return Vec::new();
    }
    let read = |object: &Kept<'_>| {
        let place = place(object);
        let look = json!({"Bucket": vault, "Key": place});
        crate::call::read(action, copy_key(&place), "s3", "HeadObject", look)
    };
    objects.iter().map(read).collect()
}

/// The recovery points of an object that nothing but a copy keeps.
pub(super) fn tally(action: &Action, answers: &Answers, object: &Kept<'_>) -> Tally {
    let mut tally = Tally::default();
    match (live(answers, VAULT), name(action)) {
        (Live::Absent, _) => {}
        (Live::Found(_), Some(vault)) => {
            let place = place(object);
            match live(answers, &copy_key(&place)) {
                Live::Found(head) if number(head, "/ContentLength") == Some(object.size) => {
                    let id = arn::build(action, "s3", &format!("{vault}/{place}"));
                    tally.have(id, "copy in Interlock's own bucket", true);
                }
                Live::Found(_) | Live::Absent => {}
                Live::Unread(_) => tally.partial(),
            }
        }
        _ => tally.partial(),
    }
    tally
}

/// The calls that keep the objects, and their proofs.
pub(super) fn keep(action: &Action, answers: &Answers, objects: &[Kept<'_>]) -> Securing {
    let Some(vault) = name(action) else {
        return Securing::Impossible("the account or region of the recovery bucket is not known".to_owned());
    };
    if objects.len() > MOST {
        let many = words::count(objects.len() as u64, "object");
        return Securing::Impossible(format!(
            "{many} would have to be copied first; Interlock copies {MOST} at most"
        ));
    }
    if let Some(large) = objects.iter().find(|object| object.size > LARGEST) {
        let size = words::bytes(large.size);
        return Securing::Impossible(format!("{} is {size}; Interlock copies up to 5 GiB", large.key));
    }
    let mut calls = match live(answers, VAULT) {
        // What was begun and cut off is finished: that it keeps versions is set last.
        Live::Found(_) if !keeps_versions(answers) => settings(action, &vault),
        Live::Found(_) => Vec::new(),
        Live::Absent => [vec![create(action, &vault)], settings(action, &vault)].concat(),
        Live::Unread(why) => {
            return Securing::Impossible(format!(
                "the recovery bucket {vault} could not be looked at: {why}"
            ));
        }
    };
    let mut proof = Vec::new();
    let mut makes = Vec::new();
    for object in objects {
        let key = place(object);
        calls.push(copy(action, &vault, &key, object));
        let look = json!({"Bucket": vault, "Key": key});
        let head = crate::call::call(action, "s3", "HeadObject", look);
        proof.push((head, "/ContentLength".to_owned(), json!(object.size)));
        makes.push(arn::build(action, "s3", &format!("{vault}/{key}")));
    }
    Securing::ByCalls { calls, proof, makes }
}

fn keeps_versions(answers: &Answers) -> bool {
    matches!(live(answers, VERSIONS), Live::Found(found) if text(found, "/Status") == Some("Enabled"))
}

/// How the bucket is set once it is there. Each call may be made again.
fn settings(action: &Action, vault: &str) -> Vec<Call> {
    let set = |operation: &str, member: &str, value: Value| {
        let arguments = json!({"Bucket": vault, "ExpectedBucketOwner": action.account, member: value});
        crate::call::call(action, "s3", operation, arguments)
    };
    let closed = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    let closed: serde_json::Map<String, Value> =
        closed.into_iter().map(|member| (member.to_owned(), json!(true))).collect();
    let tags = json!({"TagSet": [{"Key": interlock_action::POINT, "Value": vault}]});
    vec![
        set("PutPublicAccessBlock", "PublicAccessBlockConfiguration", Value::Object(closed)),
        set("PutBucketTagging", "Tagging", tags),
        set("PutBucketVersioning", "VersioningConfiguration", json!({"Status": "Enabled"})),
    ]
}

fn create(action: &Action, vault: &str) -> Call {
    let mut arguments = json!({ "Bucket": vault });
    // us-east-1 is the one region that takes no constraint.
    if let (Some(region), Some(members)) =
        (action.region.as_deref().filter(|region| *region != "us-east-1"), arguments.as_object_mut())
    {
        members.insert("CreateBucketConfiguration".to_owned(), json!({ "LocationConstraint": region }));
    }
    crate::call::call(action, "s3", "CreateBucket", arguments)
}

/// Where the copy goes: the same content of the same object goes to the same place.
fn place(object: &Kept<'_>) -> String {
    let parts = json!([object.bucket, object.key, object.version, object.etag, object.modified, object.size]);
    let digest = interlock_action::digest_of("interlock object copy v1", &parts).map(|digest| digest.short());
    let digits: String = digest.unwrap_or_default().chars().take(12).collect();
    // Keys go up to 1,024 bytes; the beginning is dropped where the whole would not fit.
    let path = format!("{}/{}", object.bucket, object.key);
    let mut from = 0;
    for (at, _) in path.char_indices() {
        if path.len() - at <= 900 {
            from = at;
            break;
        }
    }
    format!("{digits}/{}", path.get(from..).unwrap_or_default())
}

fn copy(action: &Action, vault: &str, key: &str, object: &Kept<'_>) -> Call {
    let source = crate::copy_source(object.bucket, object.key, object.version);
    let mut arguments = json!({
        "Bucket": vault,
        "Key": key,
        "CopySource": source,
        "MetadataDirective": "COPY",
        "TaggingDirective": "COPY",
        "ExpectedBucketOwner": action.account,
    });
    if let (Some(etag), Some(members)) = (object.etag, arguments.as_object_mut()) {
        // What was looked at is what is copied.
        members.insert("CopySourceIfMatch".to_owned(), Value::String(etag.to_owned()));
    }
    crate::call::call(action, "s3", "CopyObject", arguments)
}
