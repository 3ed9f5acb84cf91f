//! The metadata services of containers and instances (IMDSv2 only).

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{CredentialError, Credentials, source::from_json};

const PLACE: &str = "the instance metadata";
const INSTANCE: &str = "http://169.254.169.254";
const CONTAINER: &str = "http://169.254.170.2";
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
const CAP: usize = 64 * 1024;

/// The container's credentials where its environment names them, else the instance's.
pub(super) async fn fetch(get: impl Fn(&str) -> Option<String>) -> Result<Credentials, CredentialError> {
    let get = |name: &str| get(name).filter(|value| !value.is_empty());
    let container = get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        .or_else(|| get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").map(|path| format!("{CONTAINER}{path}")));
    if let Some(uri) = container {
        let mut headers = Vec::new();
        let token = match get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            Some(path) => tokio::fs::read_to_string(path).await.ok().map(|token| token.trim().to_owned()),
            None => get("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
        };
        headers.extend(token.map(|token| ("authorization", token)));
        return from_json(&call(Method::GET, &uri, &headers).await?, PLACE);
    }
    let base = get("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or_else(|| INSTANCE.to_owned());
    let base = base.trim_end_matches('/');
    let ttl = ("x-aws-ec2-metadata-token-ttl-seconds", "21600".to_owned());
    let token = call(Method::PUT, &format!("{base}/latest/api/token"), &[ttl]).await?;
    let token = [("x-aws-ec2-metadata-token", String::from_utf8_lossy(&token).trim().to_owned())];
    let roles = call(Method::GET, &format!("{base}{ROLES}"), &token).await?;
    let roles = String::from_utf8_lossy(&roles).into_owned();
    let role = roles.lines().next().map(str::trim).filter(|role| !role.is_empty());
    let role = role.ok_or_else(|| CredentialError::Missing(PLACE.to_owned()))?;
    from_json(&call(Method::GET, &format!("{base}{ROLES}{role}"), &token).await?, PLACE)
}

async fn call(method: Method, uri: &str, headers: &[(&str, String)]) -> Result<Bytes, CredentialError> {
    let answer = tokio::time::timeout(Duration::from_secs(5), exchange(method, uri, headers)).await;
    match answer {
        Ok(answer) => answer.map_err(|why| CredentialError::unreadable(PLACE, why)),
        Err(_) => Err(CredentialError::unreadable(PLACE, "no answer within five seconds")),
    }
}

async fn exchange(method: Method, uri: &str, headers: &[(&str, String)]) -> Result<Bytes, String> {
    let uri: Uri = uri.parse().map_err(|_| "the address is no URL".to_owned())?;
    let host = uri.host().ok_or("the address has no host")?;
    if uri.scheme_str() != Some("http") {
        return Err("only plain HTTP addresses are supported".to_owned());
    }
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), uri.port_u16().unwrap_or(80)));
    let stream = stream.await.map_err(|error| error.to_string())?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder().method(method).uri(path).header("host", host);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|_| "the request cannot be made".to_owned())?;
    let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
    if answer.status() != StatusCode::OK {
        return Err(format!("it answered {}", answer.status().as_u16()));
    }
    let body = Limited::new(answer.into_body(), CAP).collect().await.map_err(|error| error.to_string())?;
    Ok(body.to_bytes())
}
