//! What came of a call, told from the answer.

use interlock_flow::Outcome;

/// The service threw the request away before it looked at what it asks for (botocore's and the SDKs' common lists).
const THROTTLED: [&str; 13] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "TooManyRequestsException",
];

/// The service did not accept the signature or the credentials: Interlock's own, so nothing was done.
const UNAUTHENTICATED: [&str; 14] = [
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
];

/// Whether the code means that the request was thrown away unread.
pub(crate) fn is_throttled(code: &str) -> bool {
    THROTTLED.contains(&code)
}

/// Whether the code means that Interlock's own credentials were not accepted.
pub(crate) fn is_unauthenticated(code: &str) -> bool {
    UNAUTHENTICATED.contains(&code)
}

/// The outcome of a call that was answered. `code` is the error's, where there was one.
pub(crate) fn outcome(status: u16, code: Option<&str>) -> Outcome {
    let code_text = code.unwrap_or_default().to_owned();
    match status {
        _ if code.is_some_and(is_throttled) || status == 429 => {
            Outcome::NotExecuted { why: format!("throttled: {status} {code_text}") }
        }
        _ if code.is_some_and(is_unauthenticated) => Outcome::NotExecuted {
            why: format!("Interlock's own credentials were not accepted: {code_text}"),
        },
        200..=399 if code.is_none() => Outcome::Succeeded { status },
        // The service failed; it may have done it, or half of it.
        500.. => Outcome::Unknown { why: format!("the service answered {status} {code_text}") },
        _ => Outcome::Failed { status, code: code_text },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_status_and_code() {
        assert_eq!(outcome(204, None), Outcome::Succeeded { status: 204 });
        assert_eq!(outcome(304, None), Outcome::Succeeded { status: 304 });
        assert!(matches!(outcome(400, Some("ThrottlingException")), Outcome::NotExecuted { .. }));
        assert!(matches!(outcome(503, Some("SlowDown")), Outcome::NotExecuted { .. }));
        assert!(matches!(outcome(429, None), Outcome::NotExecuted { .. }));
        assert!(matches!(outcome(403, Some("InvalidClientTokenId")), Outcome::NotExecuted { .. }));
        assert!(matches!(outcome(503, Some("ServiceUnavailable")), Outcome::Unknown { .. }));
        assert!(matches!(outcome(500, None), Outcome::Unknown { .. }));
        assert!(matches!(outcome(404, Some("NoSuchBucket")), Outcome::Failed { status: 404, .. }));
        assert!(matches!(outcome(200, Some("InternalError")), Outcome::Failed { status: 200, .. }));
    }
}
