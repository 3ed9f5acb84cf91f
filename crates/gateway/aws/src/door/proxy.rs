//! What the doors make of a connection's requests.

use std::sync::Arc;

use http::{Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};

use super::{
    AnswerBody, Door,
    serve::{either, http1},
    text, tunnel,
};
use crate::{
    gateway::Inner,
    handle::{Arrival, handle},
    tls::is_aws_name,
};

/// Serves one connection at a door.
pub(super) async fn serve<I>(io: I, door: Door, inner: Arc<Inner>, stopping: watch::Receiver<bool>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stop = stopping.clone();
    let respond = |request| {
        let (inner, stop) = (Arc::clone(&inner), stop.clone());
        async move {
            match door {
                Door::Proxy => at_proxy(inner, request, stop).await,
                Door::Endpoint => at_endpoint(inner, request).await,
            }
        }
    };
    match door {
        Door::Proxy => http1(io, respond, stopping).await,
        Door::Endpoint => either(io, respond, stopping).await,
    }
}

async fn at_proxy(
    inner: Arc<Inner>,
    request: Request<Incoming>,
    stop: watch::Receiver<bool>,
) -> Response<AnswerBody> {
    if request.method() == Method::CONNECT {
        return tunnel::connect(inner, request, stop).await;
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
