//! Amazon S3.

mod acl;
mod bucket;
mod bucket_settings;
mod objects;

use super::Way;

/// S3's ways.
pub(super) static WAYS: &[&dyn Way] =
    &[&acl::Acl, &bucket_settings::BucketSettings, &objects::Objects, &bucket::Bucket];
