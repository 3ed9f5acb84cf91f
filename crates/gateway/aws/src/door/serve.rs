//! HTTP on one connection, until it ends or the gateway stops.

use std::{convert::Infallible, future::Future, pin::pin, time::Duration};

use http::{Request, Response};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};

use super::{AnswerBody, stopped};

/// A client that sends no complete head for so long is cut off.
const HEAD: Duration = Duration::from_secs(60);

/// Serves a connection until it ends, or lets it end in good order once the door closes. The builders of the versions share
/// no trait for that.
macro_rules! served {
    ($connection:expr, $stopping:expr) => {
        let mut connection = pin!($connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopped(&mut $stopping) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    };
}

/// HTTP/1.1; requests may upgrade (`CONNECT`).
pub(super) async fn http1<I, R, F>(io: I, respond: R, mut stopping: watch::Receiver<bool>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    R: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<AnswerBody>>,
{
    let service = service_fn(|request| {
        let answer = respond(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
    served!(builder.serve_connection(TokioIo::new(io), service).with_upgrades(), stopping);
}

/// HTTP/1.1 or, where the client starts with its preface, HTTP/2 without TLS: the JavaScript SDK talks to Kinesis so.
pub(super) async fn either<I, R, F>(io: I, respond: R, mut stopping: watch::Receiver<bool>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    R: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<AnswerBody>> + Send + 'static,
{
    let service = service_fn(|request| {
        let answer = respond(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(128);
    served!(builder.serve_connection(TokioIo::new(io), service), stopping);
}

/// HTTP/2.
pub(super) async fn http2<I, R, F>(io: I, respond: R, mut stopping: watch::Receiver<bool>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    R: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<AnswerBody>> + Send + 'static,
{
    let service = service_fn(|request| {
        let answer = respond(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new()).max_concurrent_streams(128);
    served!(builder.serve_connection(TokioIo::new(io), service), stopping);
}
