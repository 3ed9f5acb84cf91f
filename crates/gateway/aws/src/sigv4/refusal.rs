//! Why a signature is not accepted, in the service's own codes and in plain words.

/// Which family of error codes a service uses for failed authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// S3 and its relatives.
    S3,
    /// EC2.
    Ec2,
    /// The query protocol and rest-xml.
    Query,
    /// JSON and CBOR protocols.
    Json,
}

/// A signature that is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureRefusal {
    /// No signature at all.
    #[error(
        "the request is not signed: Interlock needs a signature made with the session's virtual access key"
    )]
    Unsigned,
    /// Signature Version 2.
    #[error(
        "Signature Version 2 is not accepted: use Signature Version 4 (in boto3, `Config(signature_version='s3v4')`)"
    )]
    Version2,
    /// Signature Version 4A.
    #[error("Signature Version 4A is not accepted: address one region, and sign with Signature Version 4")]
    Version4a,
    /// A bearer token.
    #[error("bearer tokens are not accepted: Interlock knows a session by its virtual access key")]
    Bearer,
    /// Another authorization scheme.
    #[error("the authorization scheme `{0}` is not accepted: sign with AWS4-HMAC-SHA256")]
    Scheme(String),
    /// The signature's parameters are not well-formed.
    #[error("the signature is malformed: {0}")]
    Malformed(String),
    /// Two things that two parsers could read differently.
    #[error("the signature is ambiguous: {0}")]
    Ambiguous(String),
    /// The key belongs to no session.
    #[error(
        "the access key `{0}` is not one of Interlock's: only the virtual key of a live session works here, and a \
         real AWS key must not be sent"
    )]
    ForeignKey(String),
    /// A temporary key without its token.
    #[error("the access key `{0}` is temporary and needs its session token")]
    TokenMissing(String),
    /// Not the token that belongs to the key.
    #[error("the session token does not belong to the access key `{0}`")]
    TokenWrong(String),
    /// A temporary key that is past its time.
    #[error("the temporary access key `{0}` has expired: ask for new credentials")]
    KeyExpired(String),
    /// A presigned URL that is past its time.
    #[error("the presigned URL has expired")]
    UrlExpired,
    /// The time of signing is too far off.
    #[error("the request was signed at {signed}, more than 15 minutes from Interlock's time {now}")]
    Skewed {
        /// As signed.
        signed: String,
        /// By Interlock's clock.
        now: String,
    },
    /// A header that must be signed is not.
    #[error("the header `{0}` must be among the signed headers")]
    HeaderNotSigned(String),
    /// The signature does not fit.
    #[error("the signature does not match the request and the virtual key")]
    Mismatch,
    /// The body is not the one that was signed.
    #[error("the body does not match the digest in x-amz-content-sha256")]
    Body,
    /// A chunk or trailer of a streamed body does not fit its signature, checksum or length.
    #[error("the streamed body is not accepted: {0}")]
    Stream(String),
}

impl SignatureRefusal {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Version2
            | Self::Version4a
            | Self::Bearer
            | Self::Scheme(_)
            | Self::Malformed(_)
            | Self::Ambiguous(_)
            | Self::Body
            | Self::Stream(_) => 400,
            _ => 403,
        }
    }

    /// The error code that the service itself would use.
    pub fn code(&self, flavour: Flavour) -> &'static str {
        use Flavour::{Ec2, Json, Query, S3};
        match (self, flavour) {
            (Self::Unsigned, S3) => "AccessDenied",
            (Self::Unsigned, Json) => "MissingAuthenticationTokenException",
            (Self::Unsigned, _) => "MissingAuthenticationToken",
            (Self::Version2 | Self::Version4a | Self::Bearer | Self::Scheme(_), _) => "InvalidRequest",
            (Self::Malformed(_) | Self::Ambiguous(_), S3) => "AuthorizationHeaderMalformed",
            (Self::Malformed(_) | Self::Ambiguous(_), Json) => "IncompleteSignatureException",
            (Self::Malformed(_) | Self::Ambiguous(_), _) => "IncompleteSignature",
            (Self::ForeignKey(_) | Self::TokenMissing(_) | Self::TokenWrong(_), S3) => "InvalidAccessKeyId",
            (Self::ForeignKey(_) | Self::TokenMissing(_) | Self::TokenWrong(_), Json) => {
                "UnrecognizedClientException"
            }
            (Self::ForeignKey(_) | Self::TokenMissing(_) | Self::TokenWrong(_), Ec2) => "AuthFailure",
            (Self::ForeignKey(_) | Self::TokenMissing(_) | Self::TokenWrong(_), Query) => {
                "InvalidClientTokenId"
            }
            (Self::KeyExpired(_), Json) => "ExpiredTokenException",
            (Self::KeyExpired(_), Ec2) => "RequestExpired",
            (Self::KeyExpired(_), _) => "ExpiredToken",
            (Self::UrlExpired, S3) => "AccessDenied",
            (Self::UrlExpired, _) => "RequestExpired",
            (Self::Skewed { .. }, S3) => "RequestTimeTooSkewed",
            (Self::Body, S3) => "XAmzContentSHA256Mismatch",
            (Self::Stream(_), S3) => "BadDigest",
            (Self::HeaderNotSigned(_), S3) => "AccessDenied",
            (_, Json) => "InvalidSignatureException",
            (_, Ec2) => "AuthFailure",
            (_, _) => "SignatureDoesNotMatch",
        }
    }
}
