//! Objects that Interlock copied away before they were overwritten or deleted, in a bucket of its own.
//!
//! Depends on that bucket, and on the key that the copy is encrypted with. The bucket's name is the mark: a tag of the
//! copy's would come back with it. Drill: copied once more, below `drill/`; compared by entity tag, size, type and user
//! metadata. The entity tag of an object that came in parts is not that of its copy; such a one is compared by the rest.
//! Reads: HeadObject of both.

use interlock_action::{Answers, Read, Step};
use interlock_flow::custody::{Restored, Sight};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{
    super::way::{found, wanted},
    At, Kind, compare, text,
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

fn copy_of(at: &At<'_>, scratch: &str) -> Value {
    place(at).map_or(Value::Null, |(bucket, _)| json!({"Bucket": bucket, "Key": format!("drill/{scratch}")}))
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
            depends: bucket.into_iter().chain(key).map(Into::into).collect(),
            size: seen.get("ContentLength").map(|size| format!("{size} bytes")),
        })
    }

    fn copy_reads(&self, at: &At<'_>, scratch: &str, _so_far: &Answers) -> Vec<Read> {
        vec![at.read("s3", "HeadObject", copy_of(at, scratch))]
    }

    fn restore(&self, at: &At<'_>, scratch: &str, answers: &Answers) -> Result<Restored, String> {
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
            let name = format!("copy {} to {scratch}", at.kept.id);
            return Ok(Restored::Not(at.step(name, "s3", "CopyObject", arguments)));
        };
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

    fn remove(&self, at: &At<'_>, scratch: &str, answers: &Answers) -> Result<Option<Step>, String> {
        let there = found(answers, "s3", "HeadObject", &copy_of(at, scratch))?.is_some();
        let step =
            || at.step(format!("remove the copy {scratch}"), "s3", "DeleteObject", copy_of(at, scratch));
        Ok(there.then(step))
    }
}
