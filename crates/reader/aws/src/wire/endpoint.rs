//! Which host answers for a service: AWS's own endpoint rules, for the common cases.

use serde_json::{Map, Value};

use super::walk::clip;
use crate::ReadError;
use crate::catalogue::{Operation, Service};

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The host name.
    pub host: String,
    /// What stands before the path, mostly nothing.
    pub base_path: &'static str,
    /// The region of the credential scope: another than the caller's where the whole partition shares an endpoint.
    pub signing_region: String,
    /// The service of the credential scope.
    pub signing_name: &'static str,
}

/// The endpoint of a service in a region.
pub fn endpoint(service: &Service, region: &str) -> Result<Endpoint, ReadError> {
    if !is_region(region) {
        return Err(ReadError::Unwritable(format!("`{}` is no region", clip(region))));
    }
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
    Ok(Endpoint {
        host,
        base_path: service.base_path,
        signing_region: signing_region.to_owned(),
        signing_name: service.signing_name,
    })
}

/// The endpoint of an operation, where its service keeps some operations elsewhere. The flag says whether the host
/// prefix of the operation still comes before it.
pub(super) fn of_operation(
    service: &Service,
    operation: &Operation,
    region: &str,
    parameters: &Map<String, Value>,
) -> Result<(Endpoint, bool), ReadError> {
    let mut place = endpoint(service, region)?;
    let suffix = suffix(region);
    let mut prefixed = true;
    match (service.name, operation.name) {
        (
            "arc-region-switch",
            "CreatePlan"
            | "DeletePlan"
            | "GetPlan"
            | "ListPlans"
            | "ListRoute53HealthChecks"
            | "ListTagsForResource"
            | "TagResource"
            | "UntagResource"
            | "UpdatePlan",
        ) => {
            "arc-region-switch-control-plane.us-east-1.api.aws".clone_into(&mut place.host);
            "us-east-1".clone_into(&mut place.signing_region);
        }
        ("neptune-graph", _) if operation.host_prefix.is_some() => {
            place.host = format!("{region}.neptune-graph.{suffix}");
        }
        ("s3", "ListDirectoryBuckets")
        | (
            "s3control",
            "DeleteAccessPointScope"
            | "GetAccessPointScope"
            | "PutAccessPointScope"
            | "ListAccessPointsForDirectoryBuckets",
        ) => {
            place.host = format!("s3express-control.{region}.{suffix}");
            place.signing_name = "s3express";
        }
        ("s3", "WriteGetObjectResponse") => {
            place.host = format!("s3-object-lambda.{region}.{suffix}");
            place.signing_name = "s3-object-lambda";
        }
        ("s3control", "CreateBucket" | "ListRegionalBuckets") if parameters.contains_key("OutpostId") => {
            place.host = format!("s3-outposts.{region}.{suffix}");
            place.signing_name = "s3-outposts";
            prefixed = false;
        }
        ("s3control", _) => refuse_outposts(parameters)?,
        _ => {}
    }
    Ok((place, prefixed))
}

/// A resource on an outpost is told by its ARN, and reached at a host and with a header that are not written here.
fn refuse_outposts(parameters: &Map<String, Value>) -> Result<(), ReadError> {
    let is_outpost = |value: &Value| value.as_str().is_some_and(|text| text.contains(":s3-outposts:"));
    match parameters.values().any(is_outpost) {
        true => Err(ReadError::Unwritable("a resource on an outpost".to_owned())),
        false => Ok(()),
    }
}

/// The domain of the region's partition.
pub(super) fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

/// Whether it is of the form that regions have: `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`. Nothing else may stand in its place in a
/// host name, which would then be another service's: `secretsmanager.s3-us-east-1.amazonaws.com` is a bucket.
pub(crate) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let word = |part: &&str| part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.as_slice() {
        [words @ .., number] => {
            let digits =
                !number.is_empty() && number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit());
            (2..=3).contains(&words.len()) && words.iter().all(word) && digits
        }
        [] => false,
    }
}

/// A part of a host name that comes from a parameter: it must not end the name early.
pub(super) fn check_label(text: &str) -> Result<(), ReadError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if text.is_empty() || !text.bytes().all(fits) || text.starts_with('.') || text.contains("..") {
        return Err(ReadError::Unwritable(format!("`{}` cannot stand in a host name", clip(text))));
    }
    Ok(())
}
