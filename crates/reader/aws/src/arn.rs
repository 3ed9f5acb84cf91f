//! ARNs, as far as everybody reads them alike: what a request or a record says of one is taken apart where it is used.

/// The account in an ARN; what is none has none, or something that is no account.
pub(crate) fn account(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

/// The partition that a region belongs to.
pub(crate) fn partition(region: Option<&str>) -> &'static str {
    match region {
        Some(region) if region.starts_with("cn-") => "aws-cn",
        Some(region) if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
