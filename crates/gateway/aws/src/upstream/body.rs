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
