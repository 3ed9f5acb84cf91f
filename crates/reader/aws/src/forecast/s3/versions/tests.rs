use interlock_action::{Action, Answer, Effect, Kind, Reversibility, Securing};
use serde_json::{Value, json};

use crate::forecast::testing::{action, found, survey, target};

fn delete(version: &str) -> Action {
    let mut action =
        action("s3", "DeleteObject", json!({"Bucket": "photos", "Key": "a", "VersionId": version}));
    action.targets = vec![target("arn:aws:s3:::photos/a", Kind::Object, "a")];
    action
}

fn answers(versions: Vec<&'static str>, locked: bool) -> impl Fn(&str, &Value) -> Answer {
    move |operation, _| match operation {
        "GetBucketVersioning" => found(json!({"Status": "Enabled"})),
        "GetBucketTagging" => Answer::NotFound,
        "HeadBucket" => found(json!({})),
        "ListObjectVersions" => {
            let one = |id: &&str| json!({"Key": "a", "VersionId": id, "LastModified": "2026-01-01T00:00:00Z", "Size": 7});
            let mut list: Vec<Value> = versions.iter().map(one).collect();
            list.push(json!({"Key": "ab", "VersionId": "other", "Size": 1}));
            found(json!({
                "IsTruncated": false, "Versions": list, "DeleteMarkers": [{"Key": "a", "VersionId": "marker", "IsLatest": true}],
            }))
        }
        "HeadObject" if locked => found(json!({
            "ContentLength": 7, "ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": "2030-01-01T00:00:00Z",
        })),
        "HeadObject" => found(json!({"ContentLength": 7, "ETag": "\"e\"", "VersionId": "v1"})),
        other => panic!("{other} was not expected"),
    }
}

#[test]
fn other_versions_of_the_same_key_count_and_none_of_another() {
    let two = survey(&delete("v1"), answers(vec!["v1", "v2"], false));
    assert_eq!((two.forecast.recovery.before, two.forecast.recovery.after), (Some(2), Some(1)));
    assert_eq!(two.forecast.changes[0].effect, Effect::Destroy);
    let Securing::ByCalls { calls, .. } = two.securing else { panic!("not by calls") };
    assert_eq!(calls[0].arguments["CopySource"], json!("photos/a?versionId=v1"));
    let last = survey(&delete("v1"), answers(vec!["v1"], false));
    assert_eq!((last.forecast.recovery.before, last.forecast.recovery.after), (Some(1), Some(0)));
}

#[test]
fn a_key_without_a_version_is_no_marker_where_none_are_kept() {
    let both = |status: Value| {
        let objects = json!([{"Key": "a", "VersionId": "v1"}, {"Key": "b"}]);
        let mut asked =
            action("s3", "DeleteObjects", json!({"Bucket": "photos", "Delete": {"Objects": objects}}));
        asked.targets =
            ["a", "b"].map(|key| target(&format!("arn:aws:s3:::photos/{key}"), Kind::Object, key)).to_vec();
        survey(&asked, |operation, arguments| match operation {
            "GetBucketVersioning" => found(status.clone()),
            "GetBucketTagging" => Answer::NotFound,
            "ListObjectVersions" => {
                let version = if arguments["Prefix"] == json!("a") { "v1" } else { "null" };
                found(
                    json!({"IsTruncated": false, "Versions": [{"Key": arguments["Prefix"], "VersionId": version}]}),
                )
            }
            _ => found(json!({"ContentLength": 7, "ETag": "\"e\""})),
        })
    };
    for status in [json!({}), json!({"Status": "Suspended"})] {
        let gone = both(status);
        let Securing::ByCalls { makes, .. } = &gone.securing else { panic!("{:?}", gone.securing) };
        assert_eq!(makes.len(), 2, "{makes:?}");
        assert_eq!(gone.forecast.recovery.after, Some(0));
        assert!(gone.forecast.changes.iter().all(|change| !change.what.contains("marker")));
    }
    let kept = both(json!({"Status": "Enabled"}));
    assert!(
        matches!(&kept.securing, Securing::ByCalls { makes, .. } if makes.len() == 1),
        "{:?}",
        kept.securing
    );
    assert!(kept.forecast.changes.iter().any(|change| change.what.contains("b gets a delete marker")));
}

#[test]
fn a_marker_that_goes_brings_the_object_back() {
    let survey = survey(&delete("marker"), answers(vec!["v1"], false));
    assert_eq!((survey.securing, survey.forecast.reversibility), (Securing::NotNeeded, Reversibility::Exact));
    assert!(survey.forecast.data_loss.is_empty());
}

#[test]
fn a_locked_version_is_said_to_be_locked() {
    let survey = survey(&delete("v1"), answers(vec!["v1"], true));
    assert!(survey.forecast.dependents.iter().any(|line| line.contains("locked until 2030")));
}

#[test]
fn unread_versions_are_no_zero() {
    let inner = answers(vec!["v1"], false);
    let survey = survey(&delete("v1"), |operation, arguments| match operation {
        "ListObjectVersions" | "HeadObject" => Answer::Unreadable("denied".to_owned()),
        _ => inner(operation, arguments),
    });
    assert_eq!((survey.forecast.recovery.before, survey.forecast.recovery.after), (None, None));
    assert!(matches!(survey.securing, Securing::Impossible(_)));
}
