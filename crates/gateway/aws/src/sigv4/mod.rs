//! AWS Signature Version 4: checking what agents sign with virtual keys, and signing with real ones.
//!
//! Both directions share one canonicalisation. Pure: no I/O; the time and the keys are parameters. Comparison of
//! signatures and tokens is in constant time. The algorithm is the one of the IAM User Guide, "Create a signed AWS API
//! request", and of the Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)".

mod canonical;
mod checksum;
mod chunked;
mod claim;
mod key;
mod refusal;
mod sign;
#[cfg(test)]
mod tests;
mod verify;

use checksum::Checksum;
pub use chunked::{Chunks, Piece};
pub use claim::{Claim, Form, Payload};
pub use key::Secret;
pub(crate) use key::{hmac, sha256_hex};
pub use refusal::{Flavour, SignatureRefusal};
pub use sign::{Body, Signing, sign};
pub use verify::Verified;

/// The parts of a request that a signature covers. Header names are lower-case; `host` is among the headers.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The method, upper-case.
    pub method: &'a str,
    /// The raw path, as sent.
    pub path: &'a str,
    /// The raw query, as sent, without `?`.
    pub query: &'a str,
    /// Names lower-case, repeated ones kept.
    pub headers: &'a [(String, String)],
}

impl<'a> Head<'a> {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
    fn count(&self, name: &str) -> usize {
        self.headers.iter().filter(|(have, _)| have == name).count()
    }
}

/// The algorithm's name.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The digest of no bytes.
pub(crate) const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// The payload is not covered by the signature.
pub(crate) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
/// Unsigned chunks and a trailer with a checksum.
pub(crate) const UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// Whether a signing name follows S3's rules: the path is signed as sent, and the payload's digest is a header.
pub(crate) fn is_s3(service: &str) -> bool {
    matches!(service, "s3" | "s3express" | "s3-outposts" | "s3-object-lambda" | "s3tables-data")
}
