//! Sending something to somebody else's server: one request, one answer, nothing kept open.

use std::sync::{Arc, OnceLock};

use http::{HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};

/// No answer is longer.
const LONGEST: usize = 64 << 10;

/// Sends a request to the address that it is for, and returns the answer; the caller bounds how long.
pub(crate) async fn send(request: Request<String>) -> Result<(StatusCode, String), String> {
    let url = request.uri();
    let host = url.host().ok_or("its address has no host")?.trim_matches(['[', ']']).to_owned();
    let secure = url.scheme_str() == Some("https");
    let port = url.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let stream = TcpStream::connect((host.as_str(), port)).await;
    let stream = stream.map_err(|error| format!("it cannot be reached: {error}"))?;
    if !secure {
        return over(stream, request).await;
    }
    let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
    let stream = tls()?.connect(name, stream).await.map_err(|error| {
        format!(
            "no TLS with it: {error}; the system's roots, or those that `SSL_CERT_FILE` names, vouch for it?"
        )
    })?;
    over(stream, request).await
}

/// The system's roots, read once: that takes longer than what is sent.
fn tls() -> Result<TlsConnector, String> {
    static CONFIG: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
        Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
    });
    config.clone().map(TlsConnector::from)
}

async fn over<S>(stream: S, mut request: Request<String>) -> Result<(StatusCode, String), String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let words = |error: hyper::Error| format!("it does not speak HTTP: {error}");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(words)?;
    tokio::spawn(connection);
    let authority = request.uri().authority().map_or("", |authority| authority.as_str());
    let host = HeaderValue::from_str(authority).map_err(|error| error.to_string())?;
    request.headers_mut().insert(header::HOST, host);
    request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static("interlock"));
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = path.parse::<Uri>().map_err(|error| error.to_string())?;
    let request = request.map(Full::<Bytes>::from);
    let answer = sender.send_request(request).await.map_err(words)?;
    let status = answer.status();
    let body =
        Limited::new(answer.into_body(), LONGEST).collect().await.map_err(|error| error.to_string())?;
    let text =
        String::from_utf8(body.to_bytes().to_vec()).map_err(|_| "its answer is not text".to_owned())?;
    Ok((status, text))
}
