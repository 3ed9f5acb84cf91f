use interlock_action::{Action, Answer, Bears, Effect, Kind, Reversibility, Securing, Survey, TargetId};
use serde_json::{Value, json};

use crate::{
    forecast::testing::{action, found, having, survey, target},
    rules::facts,
};

const BUCKET: &str = "arn:aws:s3:::photos";
const OBJECT: &str = "arn:aws:s3:::photos/2024/a b.jpg";

fn act(operation: &str, arguments: Value) -> Action {
    let mut action = action("s3", operation, arguments);
    action.targets = vec![target(OBJECT, Kind::Object, "2024/a b.jpg")];
    action
}

/// Sizes of the objects that are there.
fn answers(status: Option<&'static str>, size: Option<u64>, vault: bool) -> impl Fn(&str, &Value) -> Answer {
    move |operation, arguments| match operation {
        "GetBucketVersioning" if arguments["Bucket"] != json!("photos") => {
            found(json!({"Status": "Enabled"}))
        }
        "GetBucketVersioning" => {
            found(status.map_or_else(|| json!({}), |status| json!({ "Status": status })))
        }
        "GetBucketTagging" => found(json!({"TagSet": [{"Key": "env", "Value": "dev"}]})),
        "HeadObject" => match size {
            Some(size) => found(
                json!({"ContentLength": size, "ETag": "\"e1\"", "LastModified": "2026-01-01T00:00:00Z"}),
            ),
            None => Answer::NotFound,
        },
        "HeadBucket" => {
            assert_eq!(arguments["Bucket"], json!("interlock-recovery-111122223333-us-east-1"));
            assert_eq!(arguments["ExpectedBucketOwner"], json!("111122223333"));
            if vault { found(json!({})) } else { Answer::NotFound }
        }
        "ListBuckets" => found(json!({ "Buckets": [] })),
        "GetBucketLifecycleConfiguration" => Answer::NotFound,
        other => panic!("{other} was not expected"),
    }
}

fn seen(survey: &Survey) -> &interlock_action::Observed {
    &survey.observed[&TargetId::new(OBJECT)]
}

#[test]
fn a_marker_in_a_versioned_bucket_is_taken_back_exactly() {
    let delete = act("DeleteObject", json!({"Bucket": "photos", "Key": "2024/a b.jpg"}));
    let survey = survey(&delete, answers(Some("Enabled"), Some(1_234_567), false));
    assert_eq!(
        (&survey.securing, survey.forecast.reversibility),
        (&Securing::NotNeeded, Reversibility::Exact)
    );
    assert_eq!((survey.forecast.recovery.before, survey.forecast.recovery.after), (Some(1), Some(1)));
    assert_eq!(survey.facts.get(facts::S3_BUCKET_VERSIONED), Some(&json!(true)));
    assert_eq!(
        seen(&survey).tags.as_ref().unwrap()["env"],
        "dev",
        "objects are classified by their bucket's tags"
    );
    assert!(survey.forecast.data_loss.is_empty());
}

#[test]
fn versions_that_expire_within_a_week_keep_nothing() {
    let delete = act("DeleteObject", json!({"Bucket": "photos", "Key": "2024/a b.jpg"}));
    let with = |days: u64, status: &'static str| {
        let told = answers(Some("Enabled"), Some(1_234_567), false);
        let rule = json!({"Status": status, "NoncurrentVersionExpiration": {"NoncurrentDays": days}});
        survey(&delete, move |operation, arguments| match operation {
            "GetBucketLifecycleConfiguration" => found(json!({ "Rules": [rule] })),
            _ => told(operation, arguments),
        })
    };
    let soon = with(1, "Enabled");
    assert!(matches!(soon.securing, Securing::ByCalls { .. }), "{:?}", soon.securing);
    assert_eq!(soon.facts.get(facts::S3_BUCKET_VERSIONED), Some(&json!(false)));
    for kept in [with(1, "Disabled"), with(30, "Enabled")] {
        assert_eq!(kept.securing, Securing::NotNeeded);
    }
}

#[test]
fn elsewhere_the_object_is_copied_away_first() {
    let delete = act("DeleteObject", json!({"Bucket": "photos", "Key": "2024/a b.jpg"}));
    for status in [None, Some("Suspended")] {
        let lost = survey(&delete, answers(status, Some(1_234_567), false));
        assert_eq!((lost.forecast.recovery.before, lost.forecast.recovery.after), (Some(0), Some(0)));
        assert_eq!(lost.forecast.data_loss, ["1 object of photos, 1.2 MB; the bucket keeps no versions"]);
        let Securing::ByCalls { calls, proof, makes } = lost.securing else { panic!("not by calls") };
        let verbs: Vec<&str> = calls.iter().map(|call| call.operation.verb()).collect();
        let set = ["PutPublicAccessBlock", "PutBucketTagging", "PutBucketVersioning"];
        assert_eq!(verbs, ["CreateBucket", set[0], set[1], set[2], "CopyObject"]);
        assert_eq!(calls[4].arguments["CopySource"], json!("photos/2024/a%20b.jpg"));
        assert_eq!(calls[4].arguments["CopySourceIfMatch"], json!("\"e1\""));
        assert_eq!((proof[0].0.operation.verb(), &proof[0].2), ("HeadObject", &json!(1_234_567)));
        assert!(makes[0].starts_with("arn:aws:s3:::interlock-recovery-111122223333-us-east-1/"));
    }
    let Securing::ByCalls { calls, .. } = survey(&delete, answers(None, Some(1), true)).securing else {
        panic!("not by calls")
    };
    assert_eq!(calls.len(), 1, "the bucket is there already");
    // One that was made and not finished is finished before anything is copied there.
    let inner = answers(None, Some(1), true);
    let begun = survey(&delete, |operation, arguments| match operation {
        "GetBucketVersioning" if arguments["Bucket"] != json!("photos") => found(json!({})),
        _ => inner(operation, arguments),
    });
    let Securing::ByCalls { calls, .. } = begun.securing else { panic!("not by calls") };
    assert_eq!(calls.len(), 4);
    assert_eq!(calls[0].arguments["PublicAccessBlockConfiguration"]["RestrictPublicBuckets"], json!(true));
    assert_eq!(calls[1].arguments["Tagging"]["TagSet"][0]["Key"], json!("interlock:recovery-point"));
    assert_eq!(calls[2].arguments["VersioningConfiguration"]["Status"], json!("Enabled"));
}

#[test]
fn a_copy_that_stands_already_counts() {
    let delete = act("DeleteObject", json!({"Bucket": "photos", "Key": "2024/a b.jpg"}));
    let with = |size: Option<u64>| {
        let inner = answers(None, Some(5), true);
        let survey = survey(&delete, |operation, arguments| match operation {
            "HeadObject" if arguments["Bucket"] != json!("photos") => {
                answers(None, size, true)(operation, arguments)
            }
            _ => inner(operation, arguments),
        });
        (survey.forecast.recovery.before, survey.forecast.recovery.after)
    };
    assert_eq!(with(Some(5)), (Some(1), Some(1)));
    assert_eq!(with(Some(4)), (Some(0), Some(0)), "it is another");
    assert_eq!(with(None), (Some(0), Some(0)));
}

#[test]
fn a_bucket_of_somebody_else_is_no_place_for_copies() {
    let delete = act("DeleteObject", json!({"Bucket": "photos", "Key": "2024/a b.jpg"}));
    let inner = answers(None, Some(1), true);
    let survey = survey(&delete, |operation, arguments| match operation {
        "HeadBucket" => Answer::Unreadable("403".to_owned()),
        _ => inner(operation, arguments),
    });
    assert!(matches!(survey.securing, Securing::Impossible(_)));
}

#[test]
fn what_is_too_large_or_unread_cannot_be_secured() {
    let delete = act("DeleteObject", json!({"Bucket": "photos", "Key": "2024/a b.jpg"}));
    let large = survey(&delete, answers(None, Some(6 * 1024 * 1024 * 1024), true));
    assert!(matches!(large.securing, Securing::Impossible(_)));
    let inner = answers(None, None, true);
    let blind = survey(&delete, |operation, arguments| match operation {
        "HeadObject" => Answer::Unreadable("403".to_owned()),
        _ => inner(operation, arguments),
    });
    assert!(matches!(blind.securing, Securing::Impossible(_)));
    assert_eq!(blind.forecast.recovery.after, None);
    assert_eq!(blind.facts.get(facts::S3_OBJECT_EXISTS), None);
    let inner = answers(None, Some(1), true);
    let unversioned = survey(&delete, |operation, arguments| match operation {
        "GetBucketVersioning" => Answer::Unreadable("403".to_owned()),
        _ => inner(operation, arguments),
    });
    assert!(matches!(unversioned.securing, Securing::ByCalls { .. }), "unread versioning counts as none");
}

#[test]
fn a_new_object_is_proved_new() {
    let put = act("PutObject", json!({"Bucket": "photos", "Key": "2024/a b.jpg"}));
    let new = survey(&put, answers(None, None, false));
    assert_eq!((seen(&new).exists, seen(&new).data), (Some(false), Bears::No));
    assert_eq!(new.facts.get(facts::S3_OBJECT_EXISTS), Some(&json!(false)));
    assert_eq!(new.securing, Securing::NotNeeded);
    let over = survey(&put, answers(None, Some(5), true));
    assert!(matches!(over.securing, Securing::ByCalls { .. }), "an overwrite is a loss");
    let guarded = act("PutObject", json!({"Bucket": "photos", "Key": "2024/a b.jpg", "IfNoneMatch": "*"}));
    assert_eq!(survey(&guarded, answers(None, Some(5), true)).securing, Securing::NotNeeded);
}

#[test]
fn many_keys_are_looked_at_only_where_they_are_lost() {
    let keys: Vec<Value> = (0..150).map(|at| json!({"Key": format!("k{at}")})).collect();
    let mut delete = act("DeleteObjects", json!({"Bucket": "photos", "Delete": {"Objects": keys}}));
    delete.targets = vec![target(BUCKET, Kind::Bucket, "photos")];
    let kept = survey(&delete, |operation, arguments| match operation {
        "HeadObject" => panic!("not needed"),
        "HeadBucket" if arguments["Bucket"] == json!("photos") => found(json!({})),
        _ => answers(Some("Enabled"), None, true)(operation, arguments),
    });
    assert_eq!(kept.securing, Securing::NotNeeded);
    assert!(kept.forecast.changes[0].what.contains("150 keys"));
    let lost = survey(&delete, |operation, arguments| match operation {
        "HeadBucket" if arguments["Bucket"] == json!("photos") => found(json!({})),
        _ => answers(None, Some(1), true)(operation, arguments),
    });
    let Securing::Impossible(why) = lost.securing else { panic!("not impossible") };
    assert!(why.contains("50 objects"), "{why}");
}

#[test]
fn what_a_foreign_key_closes_is_not_kept_by_saying_nothing() {
    let arguments = json!({"Bucket": "photos", "Key": "2024/a b.jpg"});
    for effect in [Effect::Destroy, Effect::RecoveryLoss] {
        let asked = having(act("UpdateObjectEncryption", arguments.clone()), effect);
        let closed = survey(&asked, answers(Some("Enabled"), Some(7), false));
        assert!(matches!(closed.securing, Securing::Impossible(_)), "{effect}: {:?}", closed.securing);
    }
    let tagged = having(act("PutObjectTagging", arguments), Effect::Update);
    assert_eq!(survey(&tagged, answers(None, Some(7), false)).securing, Securing::NotNeeded);
}
