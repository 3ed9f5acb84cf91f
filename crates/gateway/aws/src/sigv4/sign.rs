//! Signing what Interlock sends, with real credentials.

use super::{
    ALGORITHM, EMPTY_SHA256, Head, Secret, UNSIGNED_PAYLOAD, UNSIGNED_TRAILER, canonical, is_s3,
    key::{derive, hmac, sha256_hex},
};
use crate::instant::{self, Seconds};

/// What the signature says of the body.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// Bytes of this digest.
    Digest(&'a str),
    /// Nothing: it streams.
    Unsigned,
    /// Unsigned chunks and a trailer.
    UnsignedTrailer,
}

/// With what, for what, and when.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    /// The access key id.
    pub access_key_id: &'a str,
    /// Its secret.
    pub secret: &'a Secret,
    /// Its session token.
    pub token: Option<&'a Secret>,
    /// The scope's region.
    pub region: &'a str,
    /// The scope's service: the signing name.
    pub service: &'a str,
    /// The time of signing.
    pub now: Seconds,
}

/// Adds `x-amz-date`, the token, for S3 `x-amz-content-sha256`, and `authorization`. Headers that are there already
/// under these names are replaced; `host` must be there.
pub fn sign(
    method: &str,
    path: &str,
    query: &str,
    headers: &mut Vec<(String, String)>,
    body: Body<'_>,
    signing: &Signing<'_>,
) {
    let timestamp = instant::basic(signing.now);
    let date: String = timestamp.chars().take(8).collect();
    let payload = match body {
        Body::Bytes([]) => EMPTY_SHA256.to_owned(),
        Body::Bytes(bytes) => sha256_hex(bytes),
        Body::Digest(digest) => digest.to_owned(),
        Body::Unsigned => UNSIGNED_PAYLOAD.to_owned(),
        Body::UnsignedTrailer => UNSIGNED_TRAILER.to_owned(),
    };
    headers.retain(|(name, _)| {
        !matches!(
            name.as_str(),
            "authorization"
                | "date"
                | "x-amz-date"
                | "x-amz-security-token"
                | "x-amz-s3session-token"
                | "x-amz-content-sha256"
        )
    });
    headers.push(("x-amz-date".to_owned(), timestamp.clone()));
    let s3 = is_s3(signing.service);
    if s3 || !matches!(body, Body::Bytes(_)) {
        headers.push(("x-amz-content-sha256".to_owned(), payload.clone()));
    }
    if let Some(token) = signing.token {
        let name =
            if signing.service == "s3express" { "x-amz-s3session-token" } else { "x-amz-security-token" };
        headers.push((name.to_owned(), token.reveal().to_owned()));
    }
    let mut signed: Vec<&str> = headers
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| name.starts_with("x-amz-") || matches!(*name, "host" | "content-type" | "content-md5"))
        .collect();
    signed.sort_unstable();
    signed.dedup();
    let head = Head { method, path, query, headers };
    let scope = format!("{date}/{}/{}/aws4_request", signing.region, signing.service);
    let path = canonical::paths(path, s3).into_iter().next().unwrap_or_default();
    let query = canonical::queries(query).into_iter().next().unwrap_or_default();
    let request = canonical::request(&head, &path, &query, &signed, &payload);
    let text = canonical::to_sign(&timestamp, &scope, &request);
    let key = derive(signing.secret, &date, signing.region, signing.service);
    let signature = hex::encode(hmac(&key, text.as_bytes()));
    let value = format!(
        "{ALGORITHM} Credential={}/{scope}, SignedHeaders={}, Signature={signature}",
        signing.access_key_id,
        signed.join(";")
    );
    headers.push(("authorization".to_owned(), value));
}
