//! Which host names are AWS's.

/// The domains under which AWS's APIs answer: the standard and the China partition, the dual-stack domain, and the one
/// of function URLs.
const DOMAINS: [&str; 4] = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws"];

/// Whether this is the name of an AWS API host: lower case or not, without port.
pub fn is_aws_name(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    host.len() <= 253 && DOMAINS.iter().any(|domain| host.ends_with(domain)) && host.split('.').all(label)
}
