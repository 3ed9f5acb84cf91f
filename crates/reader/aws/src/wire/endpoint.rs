//! Which host answers for a service: AWS's own endpoint rules, for the common cases.

use super::walk::clip;
use crate::ReadError;
use crate::catalogue::Service;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The host name.
    pub host: String,
    /// What stands before the path, mostly nothing.
    pub base_path: &'static str,
    /// The region of the credential scope: another than the caller's where the whole partition shares an endpoint.
    pub signing_region: String,
}

/// The endpoint of a service in a region.
pub fn endpoint(service: &Service, region: &str) -> Result<Endpoint, ReadError> {
    check_label(region)?;
    let suffix = suffix(region);
    let (host, signing_region) = match service.global {
        // The shared endpoints of the table are those of the `aws` partition; others have their own.
        Some(global) if suffix == "amazonaws.com" => (global.host.to_owned(), global.region),
        _ => (service.host.replace("{region}", region), region),
    };
    let host = match host.strip_suffix(".amazonaws.com") {
        Some(start) => format!("{start}.{suffix}"),
        None => host,
    };
    Ok(Endpoint { host, base_path: service.base_path, signing_region: signing_region.to_owned() })
}

/// The domain of the region's partition.
pub(super) fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

/// A part of a host name that comes from a parameter: it must not end the name early.
pub(super) fn check_label(text: &str) -> Result<(), ReadError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if text.is_empty() || !text.bytes().all(fits) || text.starts_with('.') || text.contains("..") {
        return Err(ReadError::Unwritable(format!("`{}` cannot stand in a host name", clip(text))));
    }
    Ok(())
}
