//! Takes a request in: whose it is, and as much of its body as is needed to judge it.

use std::{collections::VecDeque, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use interlock_action::Content;
use interlock_reader_aws::{
    identify::identify,
    wire::{self, Body, MAX_BODY, Request, Scope},
};

use super::{
    allowance::Share,
    principal::{self, Principal},
    refusal::Say,
};
use crate::{
    gateway::Inner,
    instant,
    outbound::{PassingDigest, SendBody},
    sigv4::{Chunks, Claim, Head, Payload, Piece, SignatureRefusal, Verified, is_s3, sha256_hex},
    upstream::{Passing, PassingPlan},
};

/// A streamed payload whose digest must be known before the signature can be checked is kept whole up to here.
const KEPT_CAP: usize = 64 * 1024 * 1024;

/// How much of a kept body is taken apart before what came out is put together.
const DECHUNKED_AT_ONCE: usize = 64 * 1024;

/// A body of which nothing comes for so long is given up.
const SILENCE: Duration = Duration::from_secs(60);

/// A request that is somebody's.
pub(super) struct Intake {
    /// For the reader: without signature, framing and hop-by-hop headers.
    pub(super) request: Request,
    pub(super) scope: Scope,
    pub(super) claim: Claim,
    pub(super) principal: Principal,
    pub(super) body: TakenBody,
    /// What is kept of it, for as long as it is.
    pub(super) share: Share,
}

/// The part of the body that is not in the request for the reader.
pub(super) enum TakenBody {
    /// None: it is all there.
    Read,
    /// A streamed payload, kept whole.
    Kept(Bytes),
    /// A streamed payload, not yet asked for.
    Waiting(Box<Waiting>),
}

/// A streamed payload that was not asked for yet.
pub(super) struct Waiting {
    incoming: Incoming,
    plan: PassingPlan,
    signed: PassingDigest,
    framing: Vec<(String, String)>,
}

impl TakenBody {
    /// What an approval can be bound to.
    pub(super) fn content(&self) -> Content {
        match self {
            Self::Read => Content::Judged,
            Self::Kept(bytes) => Content::Digest(sha256_hex(bytes)),
            Self::Waiting(waiting) => match &waiting.signed {
                PassingDigest::Digest(digest) => Content::Digest(digest.clone()),
                PassingDigest::Unsigned | PassingDigest::UnsignedTrailer => Content::Unbound,
            },
        }
    }

    /// Asks for the whole payload, so that it can be bound to.
    pub(super) async fn keep(self, share: &mut Share) -> Result<Self, Say> {
        let Self::Waiting(waiting) = self else { return Ok(self) };
        let Waiting { incoming, plan, .. } = *waiting;
        let raw = read_all(incoming, KEPT_CAP, share).await?;
        if plan.digest.is_some_and(|declared| declared != sha256_hex(&raw)) {
            return Err(SignatureRefusal::Body.into());
        }
        let Some(chunks) = plan.chunks else { return Ok(Self::Kept(raw)) };
        Ok(Self::Kept(dechunk(chunks, raw)?))
    }

    /// What is sent upstream.
    pub(super) fn send(self) -> SendBody {
        match self {
            Self::Read => SendBody::Written,
            Self::Kept(bytes) => SendBody::Kept(bytes),
            Self::Waiting(waiting) => {
                let Waiting { incoming, plan, signed, framing } = *waiting;
                let length = plan.length;
                let body = Box::new(Passing::new(Box::pin(incoming), plan));
                SendBody::Passing { body, signed, length, framing }
            }
        }
    }
}

/// Takes the request in. The signature is checked in the end, over the body's digest where that is signed.
pub(super) async fn take(inner: &Inner, request: Request, incoming: Incoming) -> Result<Intake, Say> {
    wire::check(&request)?;
    let head = Head {
        method: &request.method,
        path: &request.path,
        query: &request.query,
        headers: &request.headers,
    };
    let claim = Claim::read(&head)?;
    let scope = Scope { region: claim.region.clone(), service: claim.service.clone() };
    claim.check_time(instant::now())?;
    let principal = principal::find(inner, &claim)?;
    let framing = Framing::read(&request, &claim)?;
    let streams = !incoming.is_end_stream() && streams(&request, &scope);
    if streams && let Some(line) = claim.payload_line() {
        let verified = claim.verify(&head, &principal.secret, line)?;
        let waiting = wait(&claim, &verified, &framing, &request, incoming);
        let length = framing.decoded.or(match request.body {
            Body::Streamed { length } => length,
            Body::Bytes(_) => None,
        });
        let request = plain(request, Body::Streamed { length });
        let (body, share) = (TakenBody::Waiting(Box::new(waiting)), inner.kept.share());
        return Ok(Intake { request, scope, claim, principal, body, share });
    }
    let cap = if streams { KEPT_CAP } else { MAX_BODY };
    let mut share = inner.kept.share();
    let raw = read_all(incoming, cap, &mut share).await?;
    let digest = match &claim.payload {
        Payload::Absent | Payload::Digest(_) => sha256_hex(&raw),
        _ => String::new(),
    };
    if matches!(&claim.payload, Payload::Digest(declared) if *declared != digest) {
        return Err(SignatureRefusal::Body.into());
    }
    let verified = claim.verify(&head, &principal.secret, claim.payload_line().unwrap_or(&digest))?;
    let bytes = if claim.payload.is_chunked() { unchunk(&claim, &verified, &framing, raw)? } else { raw };
    if streams {
        let length = u64::try_from(bytes.len()).ok();
        let request = plain(request, Body::Streamed { length });
        return Ok(Intake { request, scope, claim, principal, body: TakenBody::Kept(bytes), share });
    }
    let request = plain(request, Body::Bytes(bytes.into()));
    Ok(Intake { request, scope, claim, principal, body: TakenBody::Read, share })
}

/// Whether every operation that fits the head takes a payload that streams. What is sure to be no REST request is not
/// looked at.
fn streams(request: &Request, scope: &Scope) -> bool {
    let rpc = ["x-amz-target", "smithy-protocol"].iter().any(|name| request.header(name).is_some());
    if rpc || !matches!(request.method.as_str(), "PUT" | "POST") {
        return false;
    }
    let found = identify(request, Some(scope)).unwrap_or_default();
    !found.is_empty() && found.iter().all(|candidate| candidate.operation.streaming)
}

/// What the headers say of the aws-chunked framing.
struct Framing {
    decoded: Option<u64>,
    trailers: Vec<String>,
}

impl Framing {
    fn read(request: &Request, claim: &Claim) -> Result<Self, Say> {
        if !claim.payload.is_chunked() {
            return Ok(Self { decoded: None, trailers: Vec::new() });
        }
        let decoded = request.header("x-amz-decoded-content-length").and_then(|text| text.parse().ok());
        let missing = || SignatureRefusal::Stream("x-amz-decoded-content-length is no number".to_owned());
        let decoded = Some(decoded.ok_or_else(missing)?);
        let trailers = request.header("x-amz-trailer").unwrap_or_default().split(',');
        let trailers: Vec<String> =
            trailers.map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()).collect();
        if trailers.iter().any(|name| !name.starts_with("x-amz-checksum-")) {
            return Err(
                SignatureRefusal::Stream("it announces a trailer that is no checksum".to_owned()).into()
            );
        }
        Ok(Self { decoded, trailers })
    }
}

impl Framing {
    /// The checksum's algorithm as S3 names it, told from the one trailer announced.
    fn algorithm(&self) -> Option<String> {
        let [trailer] = self.trailers.as_slice() else { return None };
        trailer.strip_prefix("x-amz-checksum-").map(str::to_ascii_uppercase)
    }
}

/// How a streamed body will be passed on.
fn wait(
    claim: &Claim,
    verified: &Verified,
    framing: &Framing,
    request: &Request,
    incoming: Incoming,
) -> Waiting {
    let length = match request.body {
        Body::Streamed { length } => length,
        Body::Bytes(_) => None,
    };
    let own = |name: &str, value: String| (name.to_owned(), value);
    let decoded = framing.decoded.unwrap_or_default();
    let chunks = || Chunks::new(&claim.payload, verified, decoded, framing.trailers.clone());
    match &claim.payload {
        Payload::Digest(digest) => Waiting {
            incoming,
            plan: PassingPlan { chunks: None, digest: Some(digest.clone()), length, reframe: false },
            signed: PassingDigest::Digest(digest.clone()),
            framing: Vec::new(),
        },
        Payload::Absent | Payload::Unsigned => Waiting {
            incoming,
            plan: PassingPlan { chunks: None, digest: None, length, reframe: false },
            signed: PassingDigest::Unsigned,
            framing: Vec::new(),
        },
        // Trailers reach the service in unsigned framing of our own.
        _ if !framing.trailers.is_empty() && is_s3(&claim.service) => Waiting {
            incoming,
            plan: PassingPlan { chunks: Some(chunks()), digest: None, length: None, reframe: true },
            signed: PassingDigest::UnsignedTrailer,
            framing: [
                own("content-encoding", "aws-chunked".to_owned()),
                own("x-amz-decoded-content-length", decoded.to_string()),
                own("x-amz-trailer", framing.trailers.join(",")),
            ]
            .into_iter()
            .chain(framing.algorithm().map(|name| own("x-amz-sdk-checksum-algorithm", name)))
            .collect(),
        },
        _ => Waiting {
            incoming,
            plan: PassingPlan {
                chunks: Some(chunks()),
                digest: None,
                length: framing.decoded,
                reframe: false,
            },
            signed: PassingDigest::Unsigned,
            framing: Vec::new(),
        },
    }
}

fn unchunk(
    claim: &Claim,
    verified: &Verified,
    framing: &Framing,
    raw: Bytes,
) -> Result<Bytes, SignatureRefusal> {
    let decoded = framing.decoded.unwrap_or_default();
    dechunk(Chunks::new(&claim.payload, verified, decoded, framing.trailers.clone()), raw)
}

fn dechunk(mut chunks: Chunks, mut raw: Bytes) -> Result<Bytes, SignatureRefusal> {
    let mut pieces = VecDeque::new();
    let mut bytes = BytesMut::with_capacity(raw.len());
    // In slices: of chunks of one byte each, a piece takes many times the memory of what it holds.
    while !raw.is_empty() {
        chunks.feed(raw.split_to(raw.len().min(DECHUNKED_AT_ONCE)), &mut pieces)?;
        for piece in pieces.drain(..) {
            if let Piece::Data(data) = piece {
                bytes.extend_from_slice(&data);
            }
        }
    }
    chunks.finish()?;
    Ok(bytes.freeze())
}

async fn read_all(mut incoming: Incoming, cap: usize, share: &mut Share) -> Result<Bytes, Say> {
    let silent = |_| Say::words(400, "RequestTimeout", "the body stopped coming");
    let mut first = Bytes::new();
    let mut more: Option<BytesMut> = None;
    while let Some(frame) = tokio::time::timeout(SILENCE, incoming.frame()).await.map_err(silent)? {
        let frame = frame
            .map_err(|error| Say::words(400, "RequestTimeout", format!("the body broke off: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        let have = more.as_ref().map_or(first.len(), BytesMut::len);
        if have.saturating_add(data.len()) > cap {
            let words = format!("Interlock reads bodies of at most {} MiB here", cap / (1024 * 1024));
            return Err(Say::words(413, "RequestEntityTooLarge", words));
        }
        if !share.grow(data.len()) {
            return Err(Say::refused(format!(
                "Interlock refuses this upload: it keeps {} MiB of bodies already, and no more at a time. Let the others \
                 end, and send it again",
                share.most() / (1024 * 1024)
            )));
        }
        match &mut more {
            Some(bytes) => bytes.extend_from_slice(&data),
            // One frame, the common case, is not copied.
            None if first.is_empty() => first = data,
            None => {
                let mut bytes = BytesMut::with_capacity(cap.min(first.len().saturating_mul(4)));
                bytes.extend_from_slice(&first);
                bytes.extend_from_slice(&data);
                more = Some(bytes);
            }
        }
    }
    Ok(more.map_or(first, BytesMut::freeze))
}

/// The request without what belongs to the signature, the framing and the connection. The signature's own query keys
/// are the reader's to leave out.
fn plain(mut request: Request, body: Body) -> Request {
    request.headers.retain(|(name, _)| {
        !matches!(
            name.as_str(),
            "authorization"
                | "connection"
                | "content-length"
                | "date"
                | "expect"
                | "keep-alive"
                | "proxy-authorization"
                | "proxy-connection"
                | "te"
                | "transfer-encoding"
                | "x-amz-content-sha256"
                | "x-amz-date"
                | "x-amz-decoded-content-length"
                | "x-amz-s3session-token"
                | "x-amz-security-token"
                | "x-amz-trailer"
                | "x-amz-user-agent"
        )
    });
    for (name, value) in &mut request.headers {
        if name == "content-encoding" {
            let kept =
                value.split(',').map(str::trim).filter(|part| !part.eq_ignore_ascii_case("aws-chunked"));
            *value = kept.collect::<Vec<_>>().join(",");
        }
    }
    request.headers.retain(|(name, value)| name != "content-encoding" || !value.is_empty());
    let length = match &body {
        Body::Bytes(bytes) => u64::try_from(bytes.len()).ok().filter(|length| *length > 0),
        Body::Streamed { length } => *length,
    };
    request.headers.extend(length.map(|length| ("content-length".to_owned(), length.to_string())));
    request.body = body;
    request
}
