//! The body of a request to the upstream: whole, or passed through while it is checked.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use sha2::{Digest as _, Sha256};

use crate::sigv4::{Chunks, Piece, SignatureRefusal};

/// Why a body was cut off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyFault {
    /// It is not what was signed.
    #[error("{0}")]
    Refused(SignatureRefusal),
    /// The client went away.
    #[error("the client's body broke off: {0}")]
    Client(String),
}

/// The body of a request to the upstream.
pub(crate) enum Outgoing {
    /// All of it.
    Whole(Bytes),
    /// It streams past.
    Passing(Box<Passing>),
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Whole(_) => "Whole(…)",
            Self::Passing(_) => "Passing(…)",
        })
    }
}

/// Where the bytes come from.
type Source = Pin<Box<dyn Body<Data = Bytes, Error = hyper::Error> + Send>>;

/// How a body is taken apart, checked, and put together again.
pub(crate) struct PassingPlan {
    /// The aws-chunked framing, undone.
    pub(crate) chunks: Option<Chunks>,
    /// The declared digest, as hexadecimal digits.
    pub(crate) digest: Option<String>,
    /// The length that the upstream is told; `None` is unknown.
    pub(crate) length: Option<u64>,
    /// Put into unsigned aws-chunked framing again, so that the trailers reach the service.
    pub(crate) reframe: bool,
}

/// A body that streams past while it is checked.
///
/// INVARIANT: the last bytes leave only after every check has passed, so that a body that fails one is never complete.
pub(crate) struct Passing {
    source: Source,
    plan: PassingPlan,
    hash: Option<Sha256>,
    pieces: VecDeque<Piece>,
    ready: VecDeque<Bytes>,
    held: Option<Bytes>,
    trailers: Vec<(String, String)>,
    ended: bool,
    fault: Arc<OnceLock<BodyFault>>,
}

impl Passing {
    pub(crate) fn new(source: Source, plan: PassingPlan) -> Self {
        let hash = plan.digest.is_some().then(Sha256::new);
        Self {
            source,
            plan,
            hash,
            pieces: VecDeque::new(),
            ready: VecDeque::new(),
            held: None,
            trailers: Vec::new(),
            ended: false,
            fault: Arc::default(),
        }
    }

    /// Where a fault will be written, for whoever asks after the request has failed.
    pub(crate) fn fault(&self) -> Arc<OnceLock<BodyFault>> {
        Arc::clone(&self.fault)
    }

    fn fail(&mut self, fault: BodyFault) -> BodyFault {
        self.ended = true;
        self.ready.clear();
        self.held = None;
        let _ = self.fault.set(fault.clone());
        fault
    }

    fn take(&mut self, bytes: Bytes) -> Result<(), SignatureRefusal> {
        let Some(chunks) = &mut self.plan.chunks else {
            self.pass(bytes);
            return Ok(());
        };
        let mut pieces = std::mem::take(&mut self.pieces);
        chunks.feed(bytes, &mut pieces)?;
        for piece in pieces.drain(..) {
            match piece {
                Piece::Data(bytes) => self.pass(bytes),
                Piece::Trailer(name, value) => self.trailers.push((name, value)),
                Piece::End => {}
            }
        }
        self.pieces = pieces;
        Ok(())
    }

    fn pass(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        if let Some(hash) = &mut self.hash {
            hash.update(&bytes);
        }
        if let Some(before) = self.held.replace(bytes) {
            self.release(before);
        }
    }

    fn release(&mut self, bytes: Bytes) {
        if self.plan.reframe {
            self.ready.push_back(Bytes::from(format!("{:x}\r\n", bytes.len())));
            self.ready.push_back(bytes);
            self.ready.push_back(Bytes::from_static(b"\r\n"));
        } else {
            self.ready.push_back(bytes);
        }
    }

    fn end(&mut self) -> Result<(), SignatureRefusal> {
        if let Some(chunks) = &self.plan.chunks {
            chunks.finish()?;
        }
        if let (Some(hash), Some(digest)) = (self.hash.take(), &self.plan.digest)
            && hex::encode(hash.finalize()) != *digest
        {
            return Err(SignatureRefusal::Body);
        }
        if let Some(last) = self.held.take() {
            self.release(last);
        }
        if self.plan.reframe {
            let mut tail = String::from("0\r\n");
            for (name, value) in &self.trailers {
                tail.push_str(&format!("{name}:{value}\r\n"));
            }
            tail.push_str("\r\n");
            self.ready.push_back(Bytes::from(tail));
        }
        self.ended = true;
        Ok(())
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            let step = match self.source.as_mut().poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(bytes) => self.take(bytes),
                    // HTTP trailers mean nothing here: S3's stand in the body.
                    Err(_) => Ok(()),
                },
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(Some(Err(self.fail(BodyFault::Client(error.to_string())))));
                }
                Poll::Ready(None) => self.end(),
            };
            if let Err(refusal) = step {
                return Poll::Ready(Some(Err(self.fail(BodyFault::Refused(refusal)))));
            }
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Passing(passing) => passing.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            Self::Passing(passing) => passing.plan.length.map_or_else(SizeHint::new, SizeHint::with_exact),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use proptest::prelude::*;

    use super::*;
    use crate::sigv4::{Claim, Head, Payload, Secret, sha256_hex};

    /// A source of these frames.
    struct Frames(VecDeque<Bytes>);

    impl Body for Frames {
        type Data = Bytes;
        type Error = hyper::Error;
        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
            Poll::Ready(self.get_mut().0.pop_front().map(|bytes| Ok(Frame::data(bytes))))
        }
    }

    /// What comes out, and the fault if there was one.
    async fn run(bytes: &[u8], step: usize, plan: PassingPlan) -> (Vec<u8>, Option<BodyFault>) {
        let frames = bytes.chunks(step).map(Bytes::copy_from_slice).collect();
        let passing = Passing::new(Box::pin(Frames(frames)), plan);
        let fault = passing.fault();
        let mut body = Outgoing::Passing(Box::new(passing));
        let mut out = Vec::new();
        while let Some(Ok(frame)) = body.frame().await {
            out.extend_from_slice(&frame.into_data().unwrap());
        }
        (out, fault.get().cloned())
    }

    fn plain(digest: Option<String>) -> PassingPlan {
        PassingPlan { chunks: None, digest, length: None, reframe: false }
    }

    /// A decoder of unsigned chunks with a trailer; what it is chained to does not matter.
    fn chunks(length: u64) -> Chunks {
        let headers = [
            ("host", "h"),
            ("x-amz-date", "20130524T000000Z"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=A/20130524/r/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=",
            ),
        ];
        let mut headers: Vec<_> = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let secret = Secret::new("s");
        crate::sigv4::sign(
            "PUT",
            "/k",
            "",
            &mut headers,
            crate::sigv4::Body::UnsignedTrailer,
            &crate::sigv4::Signing {
                access_key_id: "A",
                secret: &secret,
                token: None,
                region: "r",
                service: "s3",
                now: 1_369_353_600,
            },
        );
        let head = Head { method: "PUT", path: "/k", query: "", headers: &headers };
        let claim = Claim::read(&head).unwrap();
        assert_eq!(claim.payload, Payload::UnsignedTrailer);
        let verified = claim.verify(&head, &secret, claim.payload_line().unwrap()).unwrap();
        Chunks::new(&claim.payload, &verified, length, vec!["x-amz-checksum-crc32".to_owned()])
    }

    const FRAMED: &str = "5\r\n12345\r\n4\r\n6789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";

    #[tokio::test]
    async fn a_body_that_is_not_what_was_signed_is_never_complete() {
        let body = b"the whole body";
        let good = sha256_hex(body);
        for step in [1, 5, 100] {
            assert_eq!(run(body, step, plain(Some(good.clone()))).await, (body.to_vec(), None));
            let (out, fault) = run(body, step, plain(Some("0".repeat(64)))).await;
            assert!(out.len() < body.len(), "its last bytes are held back");
            assert_eq!(fault, Some(BodyFault::Refused(SignatureRefusal::Body)));
        }
    }

    #[tokio::test]
    async fn frames_are_undone_and_done_again() {
        for step in [1, 7, 1_000] {
            let plan = PassingPlan { chunks: Some(chunks(9)), digest: None, length: Some(9), reframe: false };
            assert_eq!(run(FRAMED.as_bytes(), step, plan).await, (b"123456789".to_vec(), None));
            let plan = PassingPlan { chunks: Some(chunks(9)), digest: None, length: None, reframe: true };
            let (again, fault) = run(FRAMED.as_bytes(), step, plan).await;
            assert_eq!(fault, None);
            let plan = PassingPlan { chunks: Some(chunks(9)), digest: None, length: Some(9), reframe: false };
            assert_eq!(
                run(&again, step, plan).await,
                (b"123456789".to_vec(), None),
                "our framing is framing"
            );
            let spoilt = FRAMED.replace("6789", "6780");
            for reframe in [false, true] {
                let plan = PassingPlan { chunks: Some(chunks(9)), digest: None, length: None, reframe };
                let (out, fault) = run(spoilt.as_bytes(), step, plan).await;
                assert!(matches!(fault, Some(BodyFault::Refused(SignatureRefusal::Stream(_)))), "{fault:?}");
                assert!(out.len() < 9 || !out.ends_with(b"\r\n\r\n"));
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_in_is_whole_or_refused(body in proptest::collection::vec(any::<u8>(), 0..300), step in 1usize..40) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (out, fault) = runtime.block_on(run(&body, step, plain(Some(sha256_hex(&body)))));
            prop_assert_eq!(&out, &body);
            prop_assert_eq!(fault, None);
        }
    }
}
