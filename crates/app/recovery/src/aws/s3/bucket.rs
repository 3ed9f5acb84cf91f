//! A bucket deleted: it must be empty, so that only its settings go.
//!
//! Kept: place, versioning, tags, policy, encryption, lifecycle, public access block. Back: the bucket is made again and
//! its settings put. Compared: all of them. Not exact: the name is free meanwhile, and whoever takes it has it.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::way::{Way, call, found, is, later, only, read, step, text};

/// The way.
pub(super) struct Bucket;

/// What is read, the members of the answer that are kept, what puts it again, and the parameter that carries it.
const SETTINGS: [(&str, &[&str], &str, Option<&str>); 6] = [
    ("GetBucketVersioning", &["Status"], "PutBucketVersioning", Some("VersioningConfiguration")),
    ("GetBucketTagging", &["TagSet"], "PutBucketTagging", Some("Tagging")),
    ("GetBucketEncryption", &["ServerSideEncryptionConfiguration"], "PutBucketEncryption", None),
    (
        "GetBucketLifecycleConfiguration",
        &["Rules"],
        "PutBucketLifecycleConfiguration",
        Some("LifecycleConfiguration"),
    ),
    ("GetPublicAccessBlock", &["PublicAccessBlockConfiguration"], "PutPublicAccessBlock", None),
    ("GetBucketPolicy", &["Policy"], "PutBucketPolicy", None),
];

impl Way for Bucket {
    fn name(&self) -> &'static str {
        "s3/bucket"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        is(deed, "s3", &["DeleteBucket"]) && text(deed, "/Bucket").is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        let named = json!({"Bucket": text(deed, "/Bucket")});
        let gets = SETTINGS.iter().map(|(get, ..)| *get).chain(["HeadBucket"]);
        gets.map(|get| read(deed, "s3", get, named.clone())).collect()
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let named = json!({"Bucket": text(deed, "/Bucket")});
        if found(answers, "s3", "HeadBucket", &named)?.is_none() {
            return Ok(Value::Null);
        }
        let mut state = Map::new();
        for (get, members, ..) in SETTINGS {
            let kept = found(answers, "s3", get, &named)?.map(|answer| only(answer, members));
            if let Some(kept) = kept.filter(|kept| *kept != json!({})) {
                state.insert(get.to_owned(), kept);
            }
        }
        Ok(Value::Object(state))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let lost = "the name, if somebody else takes it meanwhile; access lists, notifications, replication, logging, other settings";
        (!before.is_null()).then(|| Terms::lossy(1, &[lost]))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let bucket = text(deed, "/Bucket").ok_or("the bucket is not named")?;
        let mut steps = Vec::new();
        if now.is_null() {
            let mut arguments = json!({"Bucket": bucket});
            let elsewhere = deed.region.as_deref().filter(|region| *region != "us-east-1");
            if let (Some(region), Some(arguments)) = (elsewhere, arguments.as_object_mut()) {
                let place = json!({"LocationConstraint": region});
                arguments.insert("CreateBucketConfiguration".to_owned(), place);
            }
            steps.push(step(
                format!("make bucket {bucket} again"),
                call(deed, "s3", "CreateBucket", arguments),
            ));
        }
        for (get, _, put, within) in SETTINGS {
            let Some(wanted) = before.get(get).filter(|wanted| now.get(get) != Some(*wanted)) else {
                continue;
            };
            let name = format!("put what {get} told of bucket {bucket} back");
            if now.is_null() {
                steps.push(later(name));
                continue;
            }
            let mut arguments = within.map_or_else(|| wanted.clone(), |within| json!({within: wanted}));
            if let Some(arguments) = arguments.as_object_mut() {
                arguments.insert("Bucket".to_owned(), bucket.into());
            }
            steps.push(step(name, call(deed, "s3", put, arguments)));
        }
        Ok(steps)
    }
}
