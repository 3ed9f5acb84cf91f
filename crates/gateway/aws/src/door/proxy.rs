//! What the doors make of a connection's requests.

use std::{sync::Arc, time::Duration};

use http::{Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{OwnedSemaphorePermit, watch},
};

use super::{
    AnswerBody, Door,
    crowd::Place,
    serve::{either, http1},
    text, tunnel,
};
use crate::{
    gateway::Inner,
    handle::{Arrival, handle, refuse},
    tls::is_aws_name,
};

/// How long a connection that is turned away may take to hear why.
const PATIENCE: Duration = Duration::from_secs(5);

/// Serves one connection at a door.
pub(super) async fn serve<I>(
    io: I,
    door: Door,
    inner: Arc<Inner>,
    place: Place,
    stopping: watch::Receiver<bool>,
) where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stop = stopping.clone();
    // What a connection becomes by `CONNECT` keeps its place.
    let place = Arc::new(place);
    let respond = |request| {
        let (inner, stop, place) = (Arc::clone(&inner), stop.clone(), Arc::clone(&place));
        async move {
            match door {
                Door::Proxy => at_proxy(inner, request, place, stop).await,
                Door::Endpoint => at_endpoint(inner, request).await,
            }
        }
    };
    match door {
        Door::Proxy => http1(io, respond, stopping).await,
        Door::Endpoint => either(io, respond, stopping).await,
    }
}

/// Tells a connection for which there is no place so, and closes it.
pub(super) async fn turn_away<I>(
    io: I,
    door: Door,
    why: String,
    turn: OwnedSemaphorePermit,
    stopping: watch::Receiver<bool>,
) where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let respond = |request: Request<Incoming>| {
        let words = format!("Interlock refuses this connection: {why}; close some, and send it again");
        async move {
            let mut answer = match door {
                Door::Endpoint => refuse(&Arrival::Endpoint, request, words),
                Door::Proxy => text(StatusCode::FORBIDDEN, words),
            };
            answer.headers_mut().insert("connection", http::HeaderValue::from_static("close"));
            answer
        }
    };
    let _ = tokio::time::timeout(PATIENCE, http1(io, respond, stopping)).await;
    drop(turn);
}

async fn at_proxy(
    inner: Arc<Inner>,
    request: Request<Incoming>,
    place: Arc<Place>,
    stop: watch::Receiver<bool>,
) -> Response<AnswerBody> {
    if request.method() == Method::CONNECT {
        return tunnel::connect(inner, request, place, stop).await;
    }
    let Some(host) = request.uri().host().map(str::to_ascii_lowercase) else {
        let hint = if request.headers().contains_key("authorization") {
            "A signed AWS request belongs at the endpoint door (AWS_ENDPOINT_URL)."
        } else {
            "Set HTTPS_PROXY to this address, or send AWS requests to the endpoint door."
        };
        return text(
            StatusCode::BAD_REQUEST,
            format!("This is Interlock's proxy door: it takes CONNECT and absolute URLs. {hint}"),
        );
    };
    if request.uri().scheme_str() != Some("http") {
        return text(
            StatusCode::BAD_REQUEST,
            "Interlock's proxy takes `http://` URLs here; for `https://` use CONNECT.",
        );
    }
    if is_aws_name(&host) {
        return handle(&inner, Arrival::Proxied { host }, request).await;
    }
    tunnel::plain(inner, request, &host).await
}

async fn at_endpoint(inner: Arc<Inner>, request: Request<Incoming>) -> Response<AnswerBody> {
    // HTTP/2 names the scheme in every request.
    let absolute = request.uri().scheme().is_some() && request.version() != Version::HTTP_2;
    if request.method() == Method::CONNECT || absolute {
        return text(
            StatusCode::BAD_REQUEST,
            "This is Interlock's endpoint door: it takes AWS requests (AWS_ENDPOINT_URL). Proxy requests belong at the \
             proxy door.",
        );
    }
    handle(&inner, Arrival::Endpoint, request).await
}
