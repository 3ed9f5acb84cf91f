//! S3's buckets and objects: two members name them all, and a header names what is copied.

use interlock_action::Relation;
use percent_encoding::percent_decode_str;

use super::arn::Arn;
use crate::effect::Subject;

/// The ARNs that a request names, and the parts they play.
pub(super) fn named(subject: &Subject<'_>) -> Vec<(String, Relation)> {
    let mut found = Vec::new();
    let Some(bucket) = subject.text("Bucket") else { return found };
    let partition = subject.partition();
    let keys: Vec<&str> = match subject.text("Key") {
        Some(key) => vec![key],
        None => subject.texts("Delete.Objects[].Key"),
    };
    let object = |bucket: &str, key: &str| match Arn::parse(bucket) {
        Some(_) => format!("{bucket}/object/{key}"),
        None => format!("arn:{partition}:s3:::{bucket}/{key}"),
    };
    let own = |bucket: &str| match Arn::parse(bucket) {
        Some(_) => bucket.to_owned(),
        None => format!("arn:{partition}:s3:::{bucket}"),
    };
    match (subject.operation, keys.as_slice()) {
        ("CreateBucket", _) => found.push((own(bucket), Relation::Creates)),
        (_, []) => found.push((own(bucket), Relation::Acts)),
        (_, keys) => found.extend(keys.iter().map(|key| (object(bucket, key), Relation::Acts))),
    }
    if let Some((bucket, key)) = subject.text("CopySource").and_then(copied) {
        found.push((object(&bucket, &key), Relation::Source));
    }
    if let Some(source) = subject.text("RenameSource") {
        let key = percent_decode_str(source).decode_utf8_lossy().into_owned();
        found.push((object(bucket, key.trim_start_matches('/')), Relation::Acts));
    }
    let destinations = [
        "ReplicationConfiguration.Rules[].Destination.Bucket",
        "InventoryConfiguration.Destination.S3BucketDestination.Bucket",
    ];
    for destination in destinations.iter().flat_map(|path| subject.texts(path)) {
        found.push((own(destination), Relation::Reaches));
    }
    let told = [
        "NotificationConfiguration.TopicConfigurations[].TopicArn",
        "NotificationConfiguration.QueueConfigurations[].QueueArn",
        "NotificationConfiguration.LambdaFunctionConfigurations[].LambdaFunctionArn",
    ];
    for target in told.iter().flat_map(|path| subject.texts(path)) {
        found.push((target.to_owned(), Relation::Reaches));
    }
    for target in subject.texts("BucketLoggingStatus.LoggingEnabled.TargetBucket") {
        found.push((own(target), Relation::Reaches));
    }
    found
}

/// Bucket and key of a `CopySource`: `bucket/key?versionId=…`, percent-encoded, perhaps with a leading slash or an
/// access point's ARN.
fn copied(source: &str) -> Option<(String, String)> {
    let path = source.split("?versionId=").next().unwrap_or(source);
    let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
    let path = path.trim_start_matches('/');
    let (bucket, key) = match path.split_once("/object/") {
        Some((bucket, key)) if bucket.starts_with("arn:") => (bucket, key),
        _ => path.split_once('/')?,
    };
    Some((bucket.to_owned(), key.to_owned()))
}
