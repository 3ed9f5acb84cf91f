//! `CONNECT`: TLS that ends here for AWS names, and tunnels to hosts that the egress list names.

use std::{sync::Arc, time::Duration};

use http::{HeaderValue, Request, Response, StatusCode};
use hyper::{body::Incoming, upgrade::OnUpgrade};
use hyper_util::rt::TokioIo;
use interlock_action::SessionId;
use tokio::{net::TcpStream, sync::watch};

use super::{
    AnswerBody,
    crowd::Place,
    dial::dial,
    egress::{is_metadata_name, session_of},
    serve, stopped, text,
};
use crate::{
    EgressNote,
    gateway::Inner,
    handle::{Arrival, handle},
    tls::is_aws_name,
};

const HANDSHAKE: Duration = Duration::from_secs(15);
/// How often a tunnel's session is looked at.
const WATCH: Duration = Duration::from_secs(5);

/// Answers a `CONNECT`.
pub(super) async fn connect(
    inner: Arc<Inner>,
    mut request: Request<Incoming>,
    place: Arc<Place>,
    stop: watch::Receiver<bool>,
) -> Response<AnswerBody> {
    let target =
        request.uri().authority().and_then(|to| Some((to.host().to_ascii_lowercase(), to.port_u16()?)));
    let Some((host, port)) = target else {
        return text(StatusCode::BAD_REQUEST, "Interlock's proxy takes CONNECT HOST:PORT.");
    };
    let host = host.trim_matches(['[', ']']).to_owned();
    // INVARIANT: an AWS host goes unread only where people have named that very host: a service that an agent itself runs on,
    // spoken to with the agent's own token. No pattern does it, and no real credential is ever added.
    if is_aws_name(&host) && !inner.egress.names_literally(&host) {
        if port != 443 {
            return text(
                StatusCode::FORBIDDEN,
                format!("Interlock reads the AWS API on port 443 only; `{host}:{port}` is not let through."),
            );
        }
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            aws(inner, host, upgrade, stop).await;
            drop(place);
        });
        return Response::new(AnswerBody::Whole(bytes::Bytes::new()));
    }
    let session = match let_out(&inner, &request, &host, port) {
        Ok(session) => session,
        Err(refusal) => return *refusal,
    };
    let stream = match dial(&inner.egress, &host, port).await {
        Ok(stream) => stream,
        Err(error) => {
            return text(
                StatusCode::BAD_GATEWAY,
                format!("Interlock could not reach `{host}:{port}`: {error}."),
            );
        }
    };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        pass(inner, session, upgrade, stream, stop).await;
        drop(place);
    });
    Response::new(AnswerBody::Whole(bytes::Bytes::new()))
}

/// Ends TLS for an AWS name, and reads what comes through it.
async fn aws(inner: Arc<Inner>, host: String, upgrade: OnUpgrade, stop: watch::Receiver<bool>) {
    let Ok(upgraded) = upgrade.await else { return };
    let accepted = tokio::time::timeout(HANDSHAKE, inner.tls.accept(TokioIo::new(upgraded))).await;
    let stream = match accepted {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::info!(host, %error, "TLS failed: does the client trust Interlock's CA bundle?");
            return;
        }
        Err(_) => return,
    };
    let (_, tls) = stream.get_ref();
    if !tls.server_name().is_some_and(|name| name.eq_ignore_ascii_case(&host)) {
        tracing::info!(host, "the TLS server name is not the host of the CONNECT");
        return;
    }
    let two = tls.alpn_protocol() == Some(b"h2");
    let respond = |request| {
        let (inner, host) = (Arc::clone(&inner), host.clone());
        async move { handle(&inner, Arrival::Proxied { host }, request).await }
    };
    if two {
        serve::http2(stream, respond, stop).await;
    } else {
        serve::http1(stream, respond, stop).await;
    }
}

/// Whether a host that is not AWS's may be reached, and by whom. Written down either way.
fn let_out(
    inner: &Inner,
    request: &Request<Incoming>,
    host: &str,
    port: u16,
) -> Result<Option<SessionId>, Box<Response<AnswerBody>>> {
    let proof = session_of(request.headers(), &inner.keys, inner.sessions.as_ref());
    let session = proof.as_ref().ok().cloned().flatten();
    let (status, refused) = if is_metadata_name(host) {
        (StatusCode::FORBIDDEN, Some("metadata services are never let through"))
    } else if session.as_ref().is_some_and(|session| inner.sessions.is_part(session)) {
        (StatusCode::FORBIDDEN, Some("what Interlock runs for a session reaches AWS and nothing else"))
    } else if !inner.egress.names(host) {
        (StatusCode::FORBIDDEN, Some("no pattern of `[egress] allow` names it"))
    } else {
        let status = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
        match &proof {
            Err(why) => (status, Some(*why)),
            Ok(None) => (status, Some("the proxy URL must carry the session's credentials")),
            Ok(Some(_)) => (StatusCode::OK, None),
        }
    };
    let note = EgressNote {
        session: session.clone(),
        host: host.to_owned(),
        port,
        allowed: refused.is_none(),
        why: refused.unwrap_or("`[egress] allow` names it").to_owned(),
    };
    let written = inner.egress_log.note(note);
    match (refused, written) {
        (None, Ok(())) => Ok(session),
        (None, Err(why)) => Err(Box::new(text(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("Interlock cannot write down that `{host}:{port}` is reached, so it is not: {why}."),
        ))),
        (Some(why), _) => {
            let next = if status == StatusCode::FORBIDDEN {
                " Next: ask a person to name the host in `[egress] allow` of interlock.toml."
            } else {
                " Next: start the program with `interlock run`."
            };
            let mut answer =
                text(status, format!("Interlock does not let `{host}:{port}` through: {why}.{next}"));
            if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
                let value = HeaderValue::from_static("Basic realm=\"interlock session\"");
                answer.headers_mut().insert("proxy-authenticate", value);
            }
            Err(Box::new(answer))
        }
    }
}

/// Passes bytes until either side ends, the session does, or the gateway stops.
async fn pass(
    inner: Arc<Inner>,
    session: Option<SessionId>,
    upgrade: OnUpgrade,
    mut stream: TcpStream,
    mut stop: watch::Receiver<bool>,
) {
    let Ok(upgraded) = upgrade.await else { return };
    let mut upgraded = TokioIo::new(upgraded);
    let ended = async {
        let mut tick = tokio::time::interval(WATCH);
        while session.as_ref().is_none_or(|session| inner.sessions.is_live(session)) {
            tick.tick().await;
        }
    };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut upgraded, &mut stream) => {}
        () = ended => {}
        () = stopped(&mut stop) => {}
    }
}

/// Forwards a plain HTTP request to a host that the egress list names.
pub(super) async fn plain(inner: Arc<Inner>, request: Request<Incoming>, host: &str) -> Response<AnswerBody> {
    let host = host.trim_matches(['[', ']']);
    let port = request.uri().port_u16().unwrap_or(80);
    if let Err(refusal) = let_out(&inner, &request, host, port) {
        return *refusal;
    }
    match forward(&inner, request, host, port).await {
        Ok(answer) => answer,
        Err(why) => {
            text(StatusCode::BAD_GATEWAY, format!("Interlock could not reach `{host}:{port}`: {why}."))
        }
    }
}

async fn forward(
    inner: &Inner,
    request: Request<Incoming>,
    host: &str,
    port: u16,
) -> Result<Response<AnswerBody>, String> {
    let stream = dial(&inner.egress, host, port).await.map_err(|error| error.to_string())?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let (mut head, body) = request.into_parts();
    let authority = head.uri.authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = path.parse().map_err(|_| "the path cannot be written".to_owned())?;
    for name in ["proxy-authorization", "proxy-connection", "connection", "keep-alive", "te", "upgrade"] {
        head.headers.remove(name);
    }
    let value = HeaderValue::from_str(&authority).map_err(|_| "the host cannot be written".to_owned())?;
    head.headers.insert("host", value);
    let answer =
        sender.send_request(Request::from_parts(head, body)).await.map_err(|error| error.to_string())?;
    let (mut head, body) = answer.into_parts();
    for name in ["connection", "keep-alive", "transfer-encoding"] {
        head.headers.remove(name);
    }
    Ok(Response::from_parts(head, AnswerBody::Passing(body)))
}
