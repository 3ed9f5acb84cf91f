//! The way to AWS: one pool of kept-alive connections.

mod body;
mod connect;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Uri, uri::Authority};
use hyper::{Request, Response, body::Incoming};
use hyper_util::{
    client::legacy::{self, Client},
    rt::{TokioExecutor, TokioTimer},
};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

pub(crate) use body::{BodyFault, Outgoing, Passing, PassingPlan};
use connect::Connector;

use crate::GatewayError;

/// The template that means AWS's own hosts.
pub(crate) const AWS: &str = "https://{service}.{region}.amazonaws.com";

/// AWS closes idle connections after some twenty seconds.
const IDLE: Duration = Duration::from_secs(15);
/// A synchronous Lambda call may take fifteen minutes.
const PATIENCE: Duration = Duration::from_secs(16 * 60);

/// Where calls go.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Base {
    /// To the host that the request names.
    Aws,
    /// To a host made from service and region.
    Template { start: String },
    /// To one server, whatever the request's host.
    One { start: String },
}

/// A request that is ready to go: signed, `host` among the headers.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) method: String,
    pub(crate) host: String,
    /// For a templated upstream.
    pub(crate) service: String,
    pub(crate) region: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Outgoing,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SendError {
    /// Not a byte of the request reached the service.
    NotSent(String),
    /// Nobody knows whether it did.
    Unknown(String),
}

/// The way to AWS.
pub(crate) struct Upstream {
    client: Client<Connector, Outgoing>,
    base: Base,
}

impl Upstream {
    pub(crate) fn new(template: &str) -> Result<Self, GatewayError> {
        let base = base(template)?;
        let connector = Connector::new(tls()?);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Ok(Self { client, base })
    }

    /// Whether calls go to one server that is not AWS.
    pub(crate) fn is_one_server(&self) -> bool {
        matches!(self.base, Base::One { .. })
    }

    /// What an emulator calls itself: `127.0.0.1:5000`.
    pub(crate) fn emulator(&self) -> Option<&str> {
        match &self.base {
            Base::One { start } => start.split_once("://").map(|(_, host)| host),
            _ => None,
        }
    }

    /// Sends, and waits for the head of the answer.
    pub(crate) async fn send(&self, ready: Ready) -> Result<Response<Incoming>, SendError> {
        let request = self.request(ready).map_err(SendError::NotSent)?;
        match tokio::time::timeout(PATIENCE, self.client.request(request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(explain(&error)),
            Err(_) => Err(SendError::Unknown("no answer within sixteen minutes".to_owned())),
        }
    }

    fn request(&self, ready: Ready) -> Result<Request<Outgoing>, String> {
        let start = match &self.base {
            Base::Aws => format!("https://{}", ready.host),
            Base::Template { start } => {
                start.replace("{service}", &ready.service).replace("{region}", &ready.region)
            }
            Base::One { start } => start.clone(),
        };
        let mark = if ready.query.is_empty() { "" } else { "?" };
        let uri: Uri = format!("{start}{}{mark}{}", ready.path, ready.query)
            .parse()
            .map_err(|_| "the address cannot be written".to_owned())?;
        let method = Method::from_bytes(ready.method.as_bytes()).map_err(|_| "no such method".to_owned())?;
        let mut request = Request::new(ready.body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.reserve(ready.headers.len());
        for (name, value) in ready.headers {
            let bad = |_| format!("the header `{name}` cannot be written");
            let value = HeaderValue::from_maybe_shared(Bytes::from(value)).map_err(|_| bad(()))?;
            headers.append(HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad(()))?, value);
        }
        Ok(request)
    }
}

fn base(template: &str) -> Result<Base, GatewayError> {
    let bad = || GatewayError::Upstream(template.to_owned());
    let start = template.trim_end_matches('/');
    if start == AWS {
        return Ok(Base::Aws);
    }
    let sample = start.replace("{service}", "service").replace("{region}", "region");
    let uri: Uri = sample.parse().map_err(|_| bad())?;
    let plain =
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.path() == "/" && uri.query().is_none();
    if !plain || uri.authority().is_none_or(|authority: &Authority| authority.as_str().contains('@')) {
        return Err(bad());
    }
    let start = start.to_owned();
    Ok(if start.contains('{') { Base::Template { start } } else { Base::One { start } })
}

fn tls() -> Result<ClientConfig, GatewayError> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| GatewayError::Authority(error.to_string()))?;
    let mut config = builder.with_root_certificates(store).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Whether anything can have reached the service.
fn explain(error: &legacy::Error) -> SendError {
    let mut words = error.to_string();
    let mut canceled = false;
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        canceled |= inner.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled);
        words = format!("{words}: {inner}");
        source = inner.source();
    }
    // A request that is cancelled was still in the queue of a connection that closed: none of it was written.
    if error.is_connect() || canceled { SendError::NotSent(words) } else { SendError::Unknown(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstreams() {
        assert_eq!(base(AWS).unwrap(), Base::Aws);
        let one = |start: &str| Base::One { start: start.to_owned() };
        assert_eq!(base("http://127.0.0.1:5000/").unwrap(), one("http://127.0.0.1:5000"));
        assert!(matches!(base("https://{service}.{region}.vpce.internal").unwrap(), Base::Template { .. }));
        for bad in ["", "127.0.0.1:5000", "ftp://x", "http://x/path", "http://user@x", "http://x?y"] {
            assert!(base(bad).is_err(), "{bad}");
        }
    }
}
