//! Where S3 keeps the bucket: in the host, or in the path.

use super::endpoint::{check_label, suffix};
use super::walk::clip;
use crate::ReadError;

/// How a bucket is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) signing_name: &'static str,
    /// The bucket is the first segment of the path.
    pub(super) in_path: bool,
}

/// Whether a bucket can have this name: letters, digits, dots, hyphens and, of the oldest, underscores. With anything else,
/// another parser may see the border of a key in it.
pub(super) fn is_name(bucket: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    !bucket.is_empty() && (bucket.starts_with("arn:") || bucket.bytes().all(plain))
}

/// The place of a bucket, of an access point named by its ARN, or of a directory bucket.
pub(super) fn place(bucket: &str, operation: &str, region: &str) -> Result<Place, ReadError> {
    check_label(region)?;
    let suffix = suffix(region);
    if !is_name(bucket) {
        return Err(ReadError::Unwritable(format!("`{}` is no name of a bucket", clip(bucket))));
    }
    if bucket.starts_with("arn:") {
        return Ok(Place { host: access_point(bucket)?, signing_name: "s3", in_path: false });
    }
    if let Some(zone) = directory_zone(bucket) {
        check_label(zone)?;
        let in_path = is_control(operation);
        let host = if in_path {
            format!("s3express-control.{region}.{suffix}")
        } else {
            format!("{bucket}.s3express-{zone}.{region}.{suffix}")
        };
        return Ok(Place { host, signing_name: "s3express", in_path });
    }
    let host = format!("s3.{region}.{suffix}");
    let in_path = !is_host_label(bucket);
    let host = if in_path { host } else { format!("{bucket}.{host}") };
    Ok(Place { host, signing_name: "s3", in_path })
}

/// Whether an operation on a directory bucket is about the bucket itself rather than what is in it.
fn is_control(operation: &str) -> bool {
    let about_bucket = operation.contains("Bucket") || operation.contains("PublicAccessBlock");
    about_bucket && operation != "HeadBucket"
}

/// A name that can be one label of a host name; one with dots would not match the certificate.
fn is_host_label(bucket: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=63).contains(&bucket.len())
        && bucket.bytes().all(plain)
        && !bucket.starts_with('-')
        && !bucket.ends_with('-')
}

/// `usw2-az1` of `name--usw2-az1--x-s3`.
fn directory_zone(bucket: &str) -> Option<&str> {
    let zone = bucket.strip_suffix("--x-s3")?.rsplit("--").next()?;
    is_host_label(bucket).then_some(zone)
}

/// The host of `arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME`.
fn access_point(arn: &str) -> Result<String, ReadError> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let wrong = || ReadError::Unwritable(format!("`{}` is no access point that can be reached", clip(arn)));
    let [_, _, "s3", region, account, resource] = parts.as_slice() else { return Err(wrong()) };
    let name = resource
        .strip_prefix("accesspoint/")
        .or_else(|| resource.strip_prefix("accesspoint:"))
        .ok_or_else(wrong)?;
    for part in [name, *region, *account] {
        check_label(part)?;
    }
    Ok(format!("{name}-{account}.s3-accesspoint.{region}.{}", suffix(region)))
}
