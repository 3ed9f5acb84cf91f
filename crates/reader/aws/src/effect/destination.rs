//! Reads whose answer goes to a bucket that the request names: what is read leaves by it.

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::Subject;

/// Members that name where an answer is written, lower-case, where the value itself does not say so.
const PLACES: [&str; 7] = [
    "s3bucket",
    "s3bucketname",
    "bucketname",
    "deliverys3uri",
    "outputlocation",
    "s3outputlocation",
    "outputs3bucketname",
];

/// Adds the claim to what otherwise only reads.
pub(super) fn leaves(subject: &Subject<'_>, claims: &mut Vec<Claim>) {
    let reads = claims.iter().all(|claim| !claim.effect.mutates());
    // S3's own operations name the bucket that they read.
    if reads && !subject.service.starts_with("s3") && named(subject.parameters) {
        claims
            .push(Claim::plain(Effect::Exfiltrate, "writes its answer into a bucket that the request names"));
    }
}

/// Whether a member's path, lower-case, has one of these words, which say that something comes from there. What ends in
/// `resourcearn` is no source.
pub(crate) fn comes_from(path: &str, words: &[&str]) -> bool {
    let path = path.replace("resource", "");
    words.iter().any(|word| path.contains(word))
}

fn named(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| {
            let name = name.to_ascii_lowercase();
            // What is only read from stands beside, under names like `InputLocation` and `SourceS3Path`.
            let source = comes_from(&name, &["input", "source", "template"]);
            !source && ((PLACES.contains(&name.as_str()) && value.is_string()) || named(value))
        }),
        Value::Array(values) => values.iter().any(named),
        Value::String(text) => text.starts_with("s3://"),
        _ => false,
    }
}
