//! Objects that Interlock copied away before they were overwritten or deleted, in a bucket of its own.
//!
//! Depends on that bucket, and on the key that the copy is encrypted with. The bucket's name is the mark: a tag of the
//! copy's would come back with it. Drill: copied once more, below `drill/`; compared by entity tag, size, type and user
//! metadata. The entity tag of an object that came in parts is not that of its copy; such a one is compared by the rest.
//! Reads: HeadObject of both.

use interlock_action::{Answers, Read, Step};
use interlock_flow::custody::{Restored, Scratch, Sight};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{
    super::way::{found, list, wanted},
    At, Kind, compare, made_for, same_id, text,
};

/// The kind.
pub(super) struct Capture;

/// What a copy source leaves as it is.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

fn place<'a>(at: &At<'a>) -> Option<(&'a str, &'a str)> {
    at.kept.id.split_once(":::").and_then(|(_, path)| path.split_once('/'))
}

fn head(at: &At<'_>) -> Value {
    place(at).map_or(Value::Null, |(bucket, key)| json!({"Bucket": bucket, "Key": key}))
}

fn copy_of(at: &At<'_>, scratch: &Scratch) -> Value {
    place(at).map_or(
        Value::Null,
        |(bucket, _)| json!({"Bucket": bucket, "Key": format!("drill/{}", scratch.name)}),
    )
}

/// What it was copied from.
fn origin(at: &At<'_>) -> Option<Value> {
    let (bucket, key) = at.kept.of.as_str().split_once(":::")?.1.split_once('/')?;
    Some(json!({"Bucket": bucket, "Key": key}))
}

fn versions(at: &At<'_>) -> Value {
    place(at).map_or(Value::Null, |(bucket, key)| json!({"Bucket": bucket, "Prefix": key}))
}

impl Kind for Capture {
    fn is(&self, kept: &interlock_flow::custody::Kept) -> bool {
        kept.id.split(':').nth(2) == Some("s3") && kept.id.contains(":::interlock-recovery-")
    }

    fn reads(&self, at: &At<'_>, _so_far: &Answers) -> Vec<Read> {
        vec![at.read("s3", "HeadObject", head(at))]
    }

    fn see(&self, at: &At<'_>, answers: &Answers) -> Result<Sight, String> {
        let Some(seen) = found(answers, "s3", "HeadObject", &head(at))? else { return Ok(Sight::default()) };
        let bucket = place(at).map(|(bucket, _)| format!("arn:aws:s3:::{bucket}"));
        let key = text(seen, "/SSEKMSKeyId").map(str::to_owned);
        Ok(Sight {
            there: true,
            ready: true,
            ids: Vec::new(),
            // An object is what is in it: another content of the same name is another one.
            of: text(seen, "/ETag").map(|tag| format!("{} {tag}", at.kept.of)),
            depends: bucket.into_iter().chain(key).map(Into::into).collect(),
            size: seen.get("ContentLength").map(|size| format!("{size} bytes")),
        })
    }

    fn copy_reads(&self, at: &At<'_>, scratch: &Scratch, _so_far: &Answers) -> Vec<Read> {
        vec![at.read("s3", "HeadObject", copy_of(at, scratch))]
    }

    fn restore(&self, at: &At<'_>, scratch: &Scratch, answers: &Answers) -> Result<Restored, String> {
        let seen = wanted(answers, "s3", "HeadObject", &head(at))?;
        let Some(copy) = found(answers, "s3", "HeadObject", &copy_of(at, scratch))? else {
            let (bucket, key) = place(at).ok_or("the copy is not named")?;
            let source = format!("{bucket}/{}", utf8_percent_encode(key, KEY));
            let mut arguments = copy_of(at, scratch);
            if let Some(members) = arguments.as_object_mut() {
                members.insert("CopySource".to_owned(), json!(source));
                members.insert("MetadataDirective".to_owned(), json!("COPY"));
                members.insert("ExpectedBucketOwner".to_owned(), json!(at.kept.account));
            }
            let name = format!("copy {} to {}", at.kept.id, scratch.name);
            return Ok(Restored::Not(at.step(name, "s3", "CopyObject", arguments)));
        };
        // The bucket is closed to everybody else: what is new there is what was copied.
        made_for(scratch, None, text(copy, "/LastModified"))?;
        let parts = text(seen, "/ETag").is_some_and(|tag| tag.contains('-'));
        let members = [
            ("/ContentLength", "/ContentLength"),
            ("/ContentType", "/ContentType"),
            ("/Metadata", "/Metadata"),
            ("/ETag", "/ETag"),
        ];
        let members = if parts { members.split_last().map_or(&[][..], |(_, rest)| rest) } else { &members };
        Ok(Restored::Ready(compare(seen, copy, members)))
    }

    fn remove(&self, at: &At<'_>, scratch: &Scratch, answers: &Answers) -> Result<Option<Step>, String> {
        let Some(there) = found(answers, "s3", "HeadObject", &copy_of(at, scratch))? else { return Ok(None) };
        made_for(scratch, None, text(there, "/LastModified"))?;
        let mut arguments = copy_of(at, scratch);
        // Where versions are kept, a deletion that names none leaves the copy behind a marker.
        if let (Some(version), Some(members)) = (text(there, "/VersionId"), arguments.as_object_mut()) {
            members.insert("VersionId".to_owned(), json!(version));
        }
        Ok(Some(at.step(format!("remove the copy {}", scratch.name), "s3", "DeleteObject", arguments)))
    }

    fn origin_reads(&self, at: &At<'_>, _so_far: &Answers) -> Vec<Read> {
        origin(at).map(|origin| at.read("s3", "HeadObject", origin)).into_iter().collect()
    }

    fn stands(&self, at: &At<'_>, answers: &Answers) -> Result<bool, String> {
        let origin = origin(at).ok_or("it is not of one object")?;
        let Some(there) = found(answers, "s3", "HeadObject", &origin)? else { return Ok(false) };
        // The content is what it is of: the object may be there, and hold something else.
        let seen = wanted(answers, "s3", "HeadObject", &head(at))?;
        let tag = |head| text(head, "/ETag").map(str::to_owned);
        same_id(tag(seen), tag(there))
    }

    fn purge_reads(&self, at: &At<'_>, _so_far: &Answers) -> Vec<Read> {
        vec![at.read("s3", "ListObjectVersions", versions(at))]
    }

    /// Every version goes, the delete markers too: in a bucket that keeps versions a deletion alone removes nothing.
    fn purge(&self, at: &At<'_>, answers: &Answers) -> Result<Option<Step>, String> {
        let (bucket, key) = place(at).ok_or("the copy is not named")?;
        let listed = wanted(answers, "s3", "ListObjectVersions", &versions(at))?;
        let all = list(listed, "/Versions").iter().chain(list(listed, "/DeleteMarkers"));
        let own =
            all.filter(|version| text(version, "/Key") == Some(key)).find_map(|one| text(one, "/VersionId"));
        match own {
            None if listed.get("IsTruncated") == Some(&Value::Bool(true)) => {
                Err("its versions could not be listed to the end".to_owned())
            }
            None => Ok(None),
            Some(version) => {
                let owner = &at.kept.account;
                let arguments =
                    json!({"Bucket": bucket, "Key": key, "VersionId": version, "ExpectedBucketOwner": owner});
                let name = format!("remove version {version} of the copy {key}");
                Ok(Some(at.step(name, "s3", "DeleteObject", arguments)))
            }
        }
    }
}
