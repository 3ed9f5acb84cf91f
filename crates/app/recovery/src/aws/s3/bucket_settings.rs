//! The settings of a bucket, one at a time: policy, lifecycle, versioning, public access block, encryption, tags, and the
//! like.
//!
//! Kept: the whole setting. Back: it is put again, or deleted where there was none. Compared: the whole setting. Lost:
//! objects that a new lifecycle rule has expired or moved meanwhile; versions that were not kept while versioning was
//! suspended, and that versioning was never on: it comes back as suspended; copies that replication did not make, or made,
//! meanwhile. Not a way back: whether deletions take a second factor, which only the owner of the account sets.

use interlock_action::{Answers, Deed, HANDLE, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{Way, at, call, found, is, list, only, read, step, text, value, with, word};

/// The way.
pub(super) struct BucketSettings;

/// One setting: the operations that read, put and delete it; the members of the answer that are it; the parameter that
/// carries them when they are put, none where they stand by themselves.
struct Setting {
    words: &'static str,
    get: &'static str,
    put: &'static str,
    delete: Option<&'static str>,
    members: &'static [&'static str],
    within: Option<&'static str>,
}

const fn setting(
    words: &'static str,
    operations: (&'static str, &'static str, Option<&'static str>),
    members: &'static [&'static str],
    within: Option<&'static str>,
) -> Setting {
    let (get, put, delete) = operations;
    Setting { words, get, put, delete, members, within }
}

/// What stands beside the rules of a lifecycle when they are put.
const SMALLEST: &str = "TransitionDefaultMinimumObjectSize";

static SETTINGS: [Setting; 9] = [
    setting("policy", ("GetBucketPolicy", "PutBucketPolicy", Some("DeleteBucketPolicy")), &["Policy"], None),
    setting(
        "lifecycle",
        ("GetBucketLifecycleConfiguration", "PutBucketLifecycleConfiguration", Some("DeleteBucketLifecycle")),
        &["Rules", SMALLEST],
        Some("LifecycleConfiguration"),
    ),
    setting(
        "versioning",
        ("GetBucketVersioning", "PutBucketVersioning", None),
        &["Status"],
        Some("VersioningConfiguration"),
    ),
    setting(
        "public access block",
        ("GetPublicAccessBlock", "PutPublicAccessBlock", Some("DeletePublicAccessBlock")),
        &["PublicAccessBlockConfiguration"],
        None,
    ),
    setting(
        "encryption",
        ("GetBucketEncryption", "PutBucketEncryption", Some("DeleteBucketEncryption")),
        &["ServerSideEncryptionConfiguration"],
        None,
    ),
    setting(
        "tags",
        ("GetBucketTagging", "PutBucketTagging", Some("DeleteBucketTagging")),
        &["TagSet"],
        Some("Tagging"),
    ),
    setting(
        "CORS",
        ("GetBucketCors", "PutBucketCors", Some("DeleteBucketCors")),
        &["CORSRules"],
        Some("CORSConfiguration"),
    ),
    setting(
        "replication",
        ("GetBucketReplication", "PutBucketReplication", Some("DeleteBucketReplication")),
        &["ReplicationConfiguration"],
        None,
    ),
    setting(
        "notifications",
        ("GetBucketNotificationConfiguration", "PutBucketNotificationConfiguration", None),
        &[
            "TopicConfigurations",
            "QueueConfigurations",
            "LambdaFunctionConfigurations",
            "EventBridgeConfiguration",
        ],
        Some("NotificationConfiguration"),
    ),
];

fn of(deed: &Deed) -> Option<(&'static Setting, &str)> {
    let verb = deed.operation.verb();
    let setting = SETTINGS.iter().find(|setting| setting.put == verb || setting.delete == Some(verb))?;
    let second = value(deed, "/VersioningConfiguration/MFADelete");
    (is(deed, "s3", &[verb]) && second.is_null()).then_some((setting, text(deed, "/Bucket")?))
}

/// What the deed does at once that putting the setting back does not undo.
fn lost(deed: &Deed, before: &Value) -> Option<&'static str> {
    match deed.operation.verb() {
        "PutBucketLifecycleConfiguration" => {
            let had = list(before, "/Rules");
            let acts = |rule: &Value| !had.contains(rule) && word(rule, "/Status") != Some("Disabled");
            let new = list(&deed.arguments, "/LifecycleConfiguration/Rules").iter().any(acts);
            new.then_some("objects and versions that a new rule has expired or moved meanwhile")
        }
        "PutBucketVersioning" if at(before, "/handle/never") == &Value::Bool(true) => {
            Some("that versioning was never on: it comes back as suspended")
        }
        "PutBucketVersioning" if text(deed, "/VersioningConfiguration/Status") != Some("Enabled") => {
            Some("versions that were not kept meanwhile")
        }
        "PutBucketReplication" | "DeleteBucketReplication" => {
            Some("copies that were made, or were not made, meanwhile")
        }
        _ => None,
    }
}

impl Way for BucketSettings {
    fn name(&self) -> &'static str {
        "s3/bucket-settings"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        of(deed).is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        of(deed)
            .map(|(setting, bucket)| read(deed, "s3", setting.get, json!({"Bucket": bucket})))
            .into_iter()
            .collect()
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let (setting, bucket) = of(deed).ok_or("the bucket is not named")?;
        let answer = found(answers, "s3", setting.get, &json!({"Bucket": bucket}))?;
        let kept = answer.map_or(Value::Null, |answer| only(answer, setting.members));
        Ok(match setting.put {
            // What was never on and what is suspended keep the same: no new version.
            "PutBucketVersioning" if kept.get("Status") != Some(&json!("Enabled")) => {
                json!({"Status": "Suspended", HANDLE: {"never": kept.get("Status").is_none()}})
            }
            "PutBucketNotificationConfiguration" if kept.is_null() => json!({}),
            _ => kept,
        })
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        Some(lost(deed, before).map_or_else(Terms::exact, |lost| Terms::lossy(1, &[lost])))
    }

    fn back(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let (setting, bucket) = of(deed).ok_or("the bucket is not named")?;
        if let (true, Some(delete)) = (before.is_null(), setting.delete) {
            let name = format!("take the {} off bucket {bucket} again", setting.words);
            return Ok(vec![step(name, call(deed, "s3", delete, json!({"Bucket": bucket})))]);
        }
        let mut was = interlock_action::compared(before);
        let beside = only(&was, &[SMALLEST]);
        if let Some(was) = was.as_object_mut() {
            was.shift_remove(SMALLEST);
        }
        let mut arguments = match setting.within {
            Some(within) => with(json!({within: was}), beside),
            None => was,
        };
        if let Some(arguments) = arguments.as_object_mut() {
            arguments.insert("Bucket".to_owned(), bucket.into());
        }
        let name = format!("put the {} of bucket {bucket} back", setting.words);
        Ok(vec![step(name, call(deed, "s3", setting.put, arguments))])
    }
}
