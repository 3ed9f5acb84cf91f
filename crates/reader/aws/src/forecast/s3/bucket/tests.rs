use interlock_action::{Action, Answer, Bears, Effect, Kind, Securing, TargetId};
use serde_json::{Value, json};

use crate::{
    forecast::testing::{action, found, having, survey, target},
    rules::facts,
};

const ID: &str = "arn:aws:s3:::photos";

fn act(operation: &str, arguments: Value) -> Action {
    let mut action = action("s3", operation, arguments);
    action.targets = vec![target(ID, Kind::Bucket, "photos")];
    action
}

fn answers(objects: usize, more: bool, rules: Option<Value>) -> impl Fn(&str, &Value) -> Answer {
    move |operation, _| match operation {
        "HeadBucket" => found(json!({})),
        "GetBucketVersioning" => found(json!({})),
        "GetBucketTagging" => Answer::NotFound,
        "ListObjectVersions" => {
            let one = |at: usize| json!({"Key": format!("logs/{at}"), "VersionId": "null", "Size": 10});
            let list: Vec<Value> = (0..objects).map(one).collect();
            found(if list.is_empty() {
                json!({ "IsTruncated": more })
            } else {
                json!({"Versions": list, "IsTruncated": more})
            })
        }
        "ListBuckets" => found(json!({"Buckets": [
            {"Name": "photos-2", "CreationDate": "2020-01-01T00:00:00Z"},
            {"Name": "photos", "CreationDate": "2024-01-01T00:00:00Z"},
        ]})),
        "GetBucketLifecycleConfiguration" => match &rules {
            Some(rules) => found(json!({ "Rules": rules })),
            None => Answer::NotFound,
        },
        other => panic!("{other} was not expected"),
    }
}

#[test]
fn only_a_bucket_that_was_listed_is_empty() {
    let delete = act("DeleteBucket", json!({"Bucket": "photos"}));
    let empty = survey(&delete, answers(0, false, None));
    let seen = &empty.observed[&TargetId::new(ID)];
    assert_eq!((seen.data, seen.exists), (Bears::No, Some(true)));
    assert_eq!(seen.immutable_id.as_deref(), Some("2024-01-01T00:00:00Z"));
    assert_eq!(seen.tags.as_ref().map(|tags| tags.len()), Some(0), "no tag set is no tags");
    let full = survey(&delete, answers(1000, true, None));
    assert_eq!(full.observed[&TargetId::new(ID)].data, Bears::Yes);
    assert!(full.forecast.changes[0].what.contains("1,000 or more"), "{}", full.forecast.changes[0].what);
    let inner = answers(0, false, None);
    let unread = survey(&delete, |operation, arguments| match operation {
        "ListObjectVersions" => Answer::Unreadable("denied".to_owned()),
        _ => inner(operation, arguments),
    });
    assert_eq!(unread.observed[&TargetId::new(ID)].data, Bears::Unknown);
    assert!(!unread.forecast.unknowns.is_empty());
}

#[test]
fn a_rule_that_expires_more_destroys_what_it_reaches() {
    let rule = |days: u64, prefix: &str| json!([{"Status": "Enabled", "Filter": {"Prefix": prefix}, "Expiration": {"Days": days}}]);
    let put = |rules: Value| {
        let arguments = json!({"Bucket": "photos", "LifecycleConfiguration": {"Rules": rules}});
        having(act("PutBucketLifecycleConfiguration", arguments), Effect::Destroy)
    };
    let more = survey(&put(rule(1, "logs/")), answers(12, false, None));
    assert_eq!(more.facts.get(facts::S3_LIFECYCLE_EXPIRES_MORE), Some(&json!(true)));
    assert!(more.forecast.data_loss[0].contains("12 object versions now"), "{:?}", more.forecast.data_loss);
    assert!(matches!(more.securing, Securing::Impossible(_)));
    let same = survey(&put(rule(1, "logs/")), answers(12, false, Some(rule(1, "logs/"))));
    assert_eq!(same.facts.get(facts::S3_LIFECYCLE_EXPIRES_MORE), Some(&json!(false)));
    assert_eq!(same.securing, Securing::NotNeeded);
    let none = survey(&put(rule(1, "tmp/")), answers(12, false, None));
    assert!(none.forecast.data_loss.is_empty(), "nothing is there to be expired");
}
