//! Answers of the upstream on their way to the agent.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use interlock_reader_aws::catalogue::{Kind, Operation, Service};

use crate::door::AnswerBody;

/// More than any answer that is not a stream of bytes.
const CAP: usize = 64 * 1024 * 1024;

/// Headers that belong to the connection, not to the answer.
const HOP: [&str; 7] =
    ["connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"];

/// An answer that was kept whole.
#[derive(Debug)]
pub(crate) struct Collected {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Collected {
    /// The headers as the reader wants them.
    pub(crate) fn plain_headers(&self) -> Vec<(String, String)> {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        self.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
    }
}

/// Keeps an answer whole.
pub(crate) async fn collect(answer: Response<Incoming>) -> Result<Collected, String> {
    let (head, mut body) = answer.into_parts();
    let mut first = Bytes::new();
    let mut more = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| error.to_string())?.into_data() else { continue };
        if first.len().saturating_add(more.len()).saturating_add(data.len()) > CAP {
            return Err("the answer is larger than 64 MiB".to_owned());
        }
        if first.is_empty() && more.is_empty() {
            first = data;
        } else {
            if more.is_empty() {
                more.extend_from_slice(&first);
                first = Bytes::new();
            }
            more.extend_from_slice(&data);
        }
    }
    let body = if more.is_empty() { first } else { more.freeze() };
    Ok(Collected { status: head.status.as_u16(), headers: head.headers, body })
}

/// Whether the answer of an operation is bytes that are nobody's to look at: a payload of bytes or a stream of events.
pub(super) fn streams(service: &Service, operation: &Operation) -> bool {
    let payload = service.output(operation).and_then(|output| output.member(output.payload?));
    let bytes = payload
        .and_then(|member| service.shape(member.shape))
        .is_some_and(|shape| matches!(shape.kind, Kind::Blob { .. }));
    operation.events_out || bytes
}

/// An answer that was kept whole, passed on; `head_request` keeps the length that a HEAD speaks of.
pub(super) fn whole(collected: Collected, head_request: bool) -> Response<AnswerBody> {
    let mut answer = Response::new(AnswerBody::Whole(collected.body));
    *answer.status_mut() = http::StatusCode::from_u16(collected.status).unwrap_or_default();
    *answer.headers_mut() = kept(collected.headers, head_request);
    answer
}

/// An answer that streams past.
pub(super) fn passing(answer: Response<Incoming>) -> Response<AnswerBody> {
    let (head, body) = answer.into_parts();
    let mut answer = Response::new(AnswerBody::Passing(body));
    *answer.status_mut() = head.status;
    *answer.headers_mut() = kept(head.headers, true);
    answer
}

fn kept(mut headers: HeaderMap, length: bool) -> HeaderMap {
    for name in HOP {
        headers.remove(name);
    }
    if !length {
        headers.remove(header::CONTENT_LENGTH);
    }
    headers
}
