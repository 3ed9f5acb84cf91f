//! Operations that are one and the same under two names: the narrower model's name is dropped.

use super::Candidate;
use crate::wire::Scope;

/// Services whose operations another service has too, at the same endpoint, with every parameter and perhaps more: the
/// engines of RDS behind names of their own, and services that were renamed.
pub(super) const COVERED: [(&str, &str); 4] =
    [("docdb", "rds"), ("neptune", "rds"), ("wisdom", "qconnect"), ("sms-voice", "pinpoint-sms-voice")];

/// Drops candidates that another candidate covers.
pub(super) fn drop_covered(candidates: &mut Vec<Candidate>, scope: Option<&Scope>) {
    if candidates.len() < 2 {
        return;
    }
    let all = candidates.clone();
    candidates.retain(|one| !all.iter().any(|other| is_covered(one, other, scope)));
}

/// Whether `other` is what `one` is, and more.
fn is_covered(one: &Candidate, other: &Candidate, scope: Option<&Scope>) -> bool {
    let same_route =
        one.operation.method == other.operation.method && one.operation.uri == other.operation.uri;
    if one.service.name != other.service.name {
        let covered = COVERED.contains(&(one.service.name, other.service.name));
        return covered && same_route && one.operation.name == other.operation.name;
    }
    // S3's deprecated names of PutBucketLifecycleConfiguration and its like.
    if same_route && one.operation.deprecated && !other.operation.deprecated {
        return true;
    }
    // The same request at two endpoints; the one of directory buckets signs as `s3express`.
    let express = scope.is_some_and(|scope| scope.service == "s3express");
    match (one.operation.name, other.operation.name) {
        ("ListDirectoryBuckets", "ListBuckets") => !express,
        ("ListBuckets", "ListDirectoryBuckets") => express,
        _ => false,
    }
}
