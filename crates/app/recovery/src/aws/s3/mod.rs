//! Amazon S3.

mod bucket_settings;

use super::Way;

/// S3's ways.
pub(super) static WAYS: &[&dyn Way] = &[&bucket_settings::BucketSettings];
