//! Answers that are Interlock's own words, and the body type of all answers.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// The body of an answer to an agent.
#[derive(Debug)]
pub(crate) enum AnswerBody {
    /// All of it.
    Whole(Bytes),
    /// It streams past.
    Passing(Incoming),
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Passing(incoming) => Pin::new(incoming).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Passing(incoming) => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            Self::Passing(incoming) => incoming.size_hint(),
        }
    }
}

/// An answer in plain words, for what is no AWS request.
pub(crate) fn text(status: StatusCode, words: impl Into<String>) -> Response<AnswerBody> {
    let mut words = words.into();
    words.push('\n');
    let mut answer = Response::new(AnswerBody::Whole(Bytes::from(words)));
    *answer.status_mut() = status;
    answer.headers_mut().insert("content-type", HeaderValue::from_static("text/plain; charset=utf-8"));
    answer.headers_mut().insert("x-interlock", HeaderValue::from_static("refused"));
    answer
}
