//! What a request says about its own signature, before any of it is believed.

use percent_encoding::percent_decode_str;

use super::{ALGORITHM, EMPTY_SHA256, Head, SignatureRefusal, UNSIGNED_PAYLOAD, UNSIGNED_TRAILER, is_s3};
use crate::instant::{self, Seconds};

/// How far the time of signing may be off, either way.
const SKEW: Seconds = 15 * 60;
/// The longest life of a presigned URL.
const LONGEST: Seconds = 7 * 24 * 60 * 60;

/// Where the signature stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query: a presigned URL.
    Query {
        /// How long it is good for.
        expires: Seconds,
    },
}

/// What the signature says of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Nothing: the digest of the whole body is signed without being sent.
    Absent,
    /// Its digest, 64 lower-case hexadecimal digits.
    Digest(String),
    /// It is not covered.
    Unsigned,
    /// Signed chunks, perhaps with a signed trailer.
    SignedChunks {
        /// With a trailer.
        trailer: bool,
    },
    /// Unsigned chunks and a trailer.
    UnsignedTrailer,
}

impl Payload {
    fn read(text: Option<&str>) -> Result<Self, SignatureRefusal> {
        Ok(match text {
            None => Self::Absent,
            Some(UNSIGNED_PAYLOAD) => Self::Unsigned,
            Some(UNSIGNED_TRAILER) => Self::UnsignedTrailer,
            Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD") => Self::SignedChunks { trailer: false },
            Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") => Self::SignedChunks { trailer: true },
            Some(text) if text.starts_with("STREAMING-AWS4-ECDSA") => {
                return Err(SignatureRefusal::Version4a);
            }
            Some(text) if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Self::Digest(text.to_ascii_lowercase())
            }
            Some(text) => {
                return Err(SignatureRefusal::Malformed(format!(
                    "`{text}` is no value of x-amz-content-sha256"
                )));
            }
        })
    }

    /// Whether the body is framed as aws-chunked.
    pub fn is_chunked(&self) -> bool {
        matches!(self, Self::SignedChunks { .. } | Self::UnsignedTrailer)
    }
}

/// What a request says about its own signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Whose it claims to be.
    pub access_key_id: String,
    /// The scope's day: `20150830`.
    pub date: String,
    /// The scope's region.
    pub region: String,
    /// The scope's service: the signing name.
    pub service: String,
    /// Lower-case, in the order given.
    pub signed_headers: Vec<String>,
    /// 64 hexadecimal digits.
    pub signature: String,
    /// When it was signed.
    pub at: Seconds,
    /// The same, as signed: `20150830T123600Z`.
    pub timestamp: String,
    /// Where it stands.
    pub form: Form,
    /// The session token.
    pub token: Option<String>,
    /// What it says of the body.
    pub payload: Payload,
}

impl Claim {
    /// Reads the claim. Everything that is not Signature Version 4 is refused by name.
    pub fn read(head: &Head<'_>) -> Result<Self, SignatureRefusal> {
        for name in ["authorization", "host", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"] {
            if head.count(name) > 1 {
                return Err(SignatureRefusal::Ambiguous(format!("the header `{name}` is repeated")));
            }
        }
        let in_query = |name: &str| head.query.split('&').any(|pair| key_of(pair) == name);
        let presigned =
            in_query("X-Amz-Algorithm") || in_query("X-Amz-Signature") || in_query("X-Amz-Credential");
        let old = in_query("AWSAccessKeyId") || in_query("SignatureVersion");
        match head.header("authorization") {
            Some(_) if presigned || old => {
                Err(SignatureRefusal::Ambiguous("it stands in the header and in the query".to_owned()))
            }
            Some(text) => from_header(head, text.trim()),
            None if presigned => from_query(head),
            None if old || old_form(head) => Err(SignatureRefusal::Version2),
            None => Err(SignatureRefusal::Unsigned),
        }
    }

    /// `20150830/us-east-1/iam/aws4_request`.
    pub fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }

    /// Whether S3's rules hold.
    pub fn is_s3(&self) -> bool {
        is_s3(&self.service)
    }

    /// Checks the time of signing against the time now.
    pub fn check_time(&self, now: Seconds) -> Result<(), SignatureRefusal> {
        let skewed = || SignatureRefusal::Skewed { signed: self.timestamp.clone(), now: instant::basic(now) };
        match self.form {
            Form::Header if self.at.abs_diff(now) > SKEW => Err(skewed()),
            Form::Query { .. } if self.at > now.saturating_add(SKEW) => Err(skewed()),
            Form::Query { expires } if now > self.at.saturating_add(expires) => {
                Err(SignatureRefusal::UrlExpired)
            }
            _ => Ok(()),
        }
    }

    /// The last line of the canonical request, where the claim alone gives it; else the body's digest is needed.
    pub fn payload_line(&self) -> Option<&str> {
        Some(match &self.payload {
            Payload::Absent => return None,
            Payload::Digest(digest) => digest,
            Payload::Unsigned => UNSIGNED_PAYLOAD,
            Payload::UnsignedTrailer => UNSIGNED_TRAILER,
            Payload::SignedChunks { trailer: false } => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            Payload::SignedChunks { trailer: true } => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        })
    }

    /// Region and service as the request says, even when its signature cannot be read: only good for choosing the
    /// protocol of a refusal.
    pub fn hint(head: &Head<'_>) -> Option<(String, String)> {
        let from_header = head.header("authorization").and_then(|text| text.split("Credential=").nth(1));
        let in_query = || head.query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Credential="));
        let text = from_header.or_else(in_query)?;
        let text = percent_decode_str(text.split([',', ' ']).next()?).decode_utf8().ok()?;
        let mut parts = text.split('/').skip(2);
        Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
    }

    /// Checks the parts against each other, and what must be signed.
    fn checked(self, head: &Head<'_>) -> Result<Self, SignatureRefusal> {
        let hex = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hex(&self.signature) {
            return Err(SignatureRefusal::Malformed("the signature is not 64 hexadecimal digits".to_owned()));
        }
        if self.timestamp.get(..8) != Some(self.date.as_str()) {
            return Err(SignatureRefusal::Malformed("the scope's day is not the day of signing".to_owned()));
        }
        if self.signed_headers.iter().any(|name| name.bytes().any(|byte| byte.is_ascii_uppercase())) {
            return Err(SignatureRefusal::Malformed("signed header names must be lower-case".to_owned()));
        }
        let signed = |name: &str| self.signed_headers.iter().any(|have| have == name);
        if !signed("host") && !signed(AUTHORITY) {
            return Err(SignatureRefusal::HeaderNotSigned("host".to_owned()));
        }
        for (name, _) in head.headers {
            if name.starts_with("x-amz-") && !signed(name) {
                return Err(SignatureRefusal::HeaderNotSigned(name.clone()));
            }
        }
        if let Some(name) = self.signed_headers.iter().find(|name| head.header(field(name)).is_none()) {
            return Err(SignatureRefusal::Malformed(format!(
                "the signed header `{name}` is not in the request"
            )));
        }
        Ok(self)
    }
}

/// What HTTP/2 has in the place of `host`; clients of HTTP/2 may sign it under this name.
const AUTHORITY: &str = ":authority";

/// The header that a signed name means.
pub(super) fn field(name: &str) -> &str {
    if name == AUTHORITY { "host" } else { name }
}

fn key_of(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(key, _)| key)
}

/// Signature Version 2 in a form body is told by the query string only when it stands there; in a body it shows as a
/// request without any signature of version 4.
fn old_form(head: &Head<'_>) -> bool {
    head.query.split('&').any(|pair| key_of(pair) == "Signature")
}

/// Access key id, day, region and service of `AKID/20150830/us-east-1/iam/aws4_request`.
fn credential(text: &str) -> Result<(String, String, String, String), SignatureRefusal> {
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        [key, date, region, service, "aws4_request"]
            if !key.is_empty() && date.len() == 8 && !region.is_empty() && !service.is_empty() =>
        {
            Ok(((*key).to_owned(), (*date).to_owned(), (*region).to_owned(), (*service).to_owned()))
        }
        _ => Err(SignatureRefusal::Malformed(
            "the credential is not KEY/DAY/REGION/SERVICE/aws4_request".to_owned(),
        )),
    }
}

fn from_header(head: &Head<'_>, text: &str) -> Result<Claim, SignatureRefusal> {
    let (scheme, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    match scheme {
        ALGORITHM => {}
        "AWS" => return Err(SignatureRefusal::Version2),
        "AWS3" | "AWS3-HTTPS" => return Err(SignatureRefusal::Version2),
        "AWS4-ECDSA-P256-SHA256" => return Err(SignatureRefusal::Version4a),
        _ if scheme.eq_ignore_ascii_case("bearer") => return Err(SignatureRefusal::Bearer),
        _ => return Err(SignatureRefusal::Scheme(scheme.chars().take(40).collect())),
    }
    let (mut credentials, mut headers, mut signature) = (None, None, None);
    for part in rest.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let place = match key {
            "Credential" => &mut credentials,
            "SignedHeaders" => &mut headers,
            "Signature" => &mut signature,
            _ => return Err(SignatureRefusal::Malformed(format!("`{key}` is no part of a signature"))),
        };
        if place.replace(value).is_some() {
            return Err(SignatureRefusal::Ambiguous(format!("`{key}` is repeated")));
        }
    }
    let missing = |name: &str| SignatureRefusal::Malformed(format!("`{name}` is missing"));
    let (access_key_id, date, region, service) =
        credential(credentials.ok_or_else(|| missing("Credential"))?)?;
    let bad_time =
        || SignatureRefusal::Malformed("there is no x-amz-date or date header that is a time".to_owned());
    let at = match head.header("x-amz-date") {
        Some(text) => instant::parse_basic(text).ok_or_else(bad_time)?,
        None => {
            let text = head.header("date").ok_or_else(bad_time)?;
            instant::parse_http(text).or_else(|| instant::parse_basic(text)).ok_or_else(bad_time)?
        }
    };
    let claim = Claim {
        access_key_id,
        date,
        region,
        service,
        signed_headers: headers
            .ok_or_else(|| missing("SignedHeaders"))?
            .split(';')
            .map(str::to_owned)
            .collect(),
        signature: signature.ok_or_else(|| missing("Signature"))?.to_owned(),
        at,
        timestamp: instant::basic(at),
        form: Form::Header,
        token: head
            .header("x-amz-security-token")
            .or_else(|| head.header("x-amz-s3session-token"))
            .map(str::to_owned),
        payload: Payload::read(head.header("x-amz-content-sha256"))?,
    };
    claim.checked(head)
}

fn from_query(head: &Head<'_>) -> Result<Claim, SignatureRefusal> {
    let value = |name: &str| -> Result<Option<String>, SignatureRefusal> {
        let mut found = head.query.split('&').filter(|pair| key_of(pair) == name);
        let first = found.next();
        if found.next().is_some() {
            return Err(SignatureRefusal::Ambiguous(format!("`{name}` is repeated in the query")));
        }
        let Some((_, raw)) = first.and_then(|pair| pair.split_once('=')) else { return Ok(None) };
        let text = percent_decode_str(raw).decode_utf8();
        let text = text.map_err(|_| SignatureRefusal::Malformed(format!("`{name}` is not text")))?;
        Ok(Some(text.into_owned()))
    };
    let needed = |name: &str| {
        value(name)?.ok_or_else(|| SignatureRefusal::Malformed(format!("`{name}` is missing in the query")))
    };
    match needed("X-Amz-Algorithm")?.as_str() {
        ALGORITHM => {}
        "AWS4-ECDSA-P256-SHA256" => return Err(SignatureRefusal::Version4a),
        other => return Err(SignatureRefusal::Scheme(other.chars().take(40).collect())),
    }
    let (access_key_id, date, region, service) = credential(&needed("X-Amz-Credential")?)?;
    let timestamp = needed("X-Amz-Date")?;
    let at = instant::parse_basic(&timestamp)
        .ok_or_else(|| SignatureRefusal::Malformed("`X-Amz-Date` is not a time".to_owned()))?;
    let expires = needed("X-Amz-Expires")?;
    let expires =
        expires.parse().ok().filter(|expires| (1..=LONGEST).contains(expires)).ok_or_else(|| {
            SignatureRefusal::Malformed("`X-Amz-Expires` is not between one second and seven days".to_owned())
        })?;
    let declared = match head.header("x-amz-content-sha256") {
        Some(text) => Some(text.to_owned()),
        None => value("X-Amz-Content-Sha256")?,
    };
    let payload = match declared {
        None if is_s3(&service) => Payload::Unsigned,
        None => Payload::Digest(EMPTY_SHA256.to_owned()),
        Some(text) => Payload::read(Some(&text))?,
    };
    let claim = Claim {
        access_key_id,
        date,
        region,
        service,
        signed_headers: needed("X-Amz-SignedHeaders")?.split(';').map(str::to_owned).collect(),
        signature: needed("X-Amz-Signature")?,
        at,
        timestamp,
        form: Form::Query { expires },
        token: value("X-Amz-Security-Token")?,
        payload,
    };
    claim.checked(head)
}
