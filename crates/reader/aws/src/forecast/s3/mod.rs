//! S3: buckets, objects, versions of objects.

pub(super) mod bucket;
pub(super) mod object;
mod vault;
pub(super) mod versions;

use std::collections::BTreeMap;

use interlock_action::{Action, Answer, Answers, Kind, Observed, Read, TargetId};
use serde_json::{Value, json};

use super::{
    answer::{Live, entries, live, number, text},
    arn,
    draft::Draft,
    existence,
};

/// The bucket of the request.
fn bucket(action: &Action) -> Option<&str> {
    action.arguments.get("Bucket")?.as_str()
}

fn bucket_id(action: &Action, name: &str) -> TargetId {
    arn::target(action, Kind::Bucket, "s3", name, name)
}

/// The target that is this object. Keys are compared whole: their last part is no name of theirs.
fn object_id(action: &Action, bucket: &str, key: &str) -> TargetId {
    let built = arn::build(action, "s3", &format!("{bucket}/{key}"));
    let resource = format!("{bucket}/{key}");
    let same = |target: &&interlock_action::Target| {
        arn::parse(target.id.as_str()).is_some_and(|arn| arn.service == "s3" && arn.resource == resource)
    };
    action.targets.iter().find(same).map_or_else(|| TargetId::new(built), |target| target.id.clone())
}

const VERSIONING: &str = "s3 versioning";

/// The reads that every write to a bucket or its objects needs.
fn bucket_reads(action: &Action, name: &str) -> Vec<Read> {
    let by_name = json!({ "Bucket": name });
    let tags = existence::tags_key(&bucket_id(action, name));
    vec![
        crate::call::read(action, VERSIONING, "s3", "GetBucketVersioning", by_name.clone()),
        crate::call::read(action, tags, "s3", "GetBucketTagging", by_name),
    ]
}

/// Whether overwritten and deleted objects keep their versions; `None` when nobody could tell.
fn versioned(answers: &Answers) -> Option<bool> {
    match live(answers, VERSIONING) {
        // A bucket whose versioning was never set leaves the member out.
        Live::Found(answer) => Some(text(answer, "/Status") == Some("Enabled")),
        Live::Absent | Live::Unread(_) => None,
    }
}

const LIFECYCLE: &str = "s3 lifecycle";
/// A version that stays for less is none that somebody could find again in time.
const DAYS: u64 = 7;

/// The read of what expires in a bucket.
fn lifecycle_read(action: &Action, name: &str) -> Read {
    let arguments = json!({ "Bucket": name });
    crate::call::read(action, LIFECYCLE, "s3", "GetBucketLifecycleConfiguration", arguments)
}

/// Whether overwritten and deleted objects keep their versions for a week at least; `None` when nobody could tell. Which
/// keys a rule is about is not looked at: what may be about them counts.
fn keeps_versions(answers: &Answers) -> Option<bool> {
    if !versioned(answers)? {
        return Some(false);
    }
    match live(answers, LIFECYCLE) {
        Live::Absent => Some(true),
        Live::Found(answer) => {
            let expires = |rule: &Value| {
                let days = number(rule, "/NoncurrentVersionExpiration/NoncurrentDays");
                text(rule, "/Status") == Some("Enabled") && days.is_some_and(|days| days < DAYS)
            };
            Some(!entries(answer, "/Rules").iter().any(expires))
        }
        Live::Unread(_) => None,
    }
}

/// The bucket's tags, which its objects are classified by.
fn bucket_tags(action: &Action, answers: &Answers, name: &str) -> Option<BTreeMap<String, String>> {
    match answers.get(&existence::tags_key(&bucket_id(action, name)))? {
        Answer::Found(answer) => existence::tag_map(answer.get("TagSet")),
        // A bucket without tags answers that there is no tag set; so does one that is not there.
        Answer::NotFound => Some(BTreeMap::new()),
        Answer::Unreadable(_) => None,
    }
}

/// What is known of the bucket itself from reads of its settings.
fn see_bucket(action: &Action, answers: &Answers, name: &str, draft: &mut Draft) {
    let exists = match live(answers, VERSIONING) {
        Live::Found(_) => Some(true),
        Live::Absent => Some(false),
        Live::Unread(_) => None,
    };
    let tags = bucket_tags(action, answers, name).filter(|_| exists == Some(true));
    draft.observe(&bucket_id(action, name), Observed { exists, tags, ..Observed::default() });
}

/// A flag or text of the request at a pointer.
fn asked<'a>(action: &'a Action, pointer: &str) -> Option<&'a Value> {
    action.arguments.pointer(pointer)
}
