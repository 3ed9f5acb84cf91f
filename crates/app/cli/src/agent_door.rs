//! The agents' door of the daemon, as a process inside a session reaches it.

use http_body_util::Full;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    http::request::Builder,
};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, UnixStream};

use crate::{exit::Exit, fault::Fault};

const URL: &str = "INTERLOCK_AGENT_URL";
const SESSION: &str = "INTERLOCK_SESSION";
const TOKEN: &str = "INTERLOCK_SESSION_TOKEN";

/// The door of the session that this process runs in.
pub(crate) struct AgentDoor {
    url: String,
    bearer: String,
}

impl AgentDoor {
    /// As `interlock run` tells it to its command. `example` is what somebody outside of it could have meant.
    pub(crate) fn here(example: &str) -> Result<Self, Fault> {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let (Some(url), Some(session), Some(token)) = (set(URL), set(SESSION), set(TOKEN)) else {
            let why = "not inside `interlock run`, so there is no session whose command this could be";
            return Err(Fault::usage(why).hint(example.to_owned()));
        };
        Ok(Self { url, bearer: format!("Bearer {session}.{token}") })
    }

    /// A request to it.
    pub(crate) fn post(&self, path: &str) -> Builder {
        Request::post(path).header("host", "interlock").header("authorization", &self.bearer)
    }

    /// Sends it.
    pub(crate) async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Fault> {
        if let Some(path) = self.url.strip_prefix("unix:") {
            over(UnixStream::connect(path).await.map_err(gone)?, request).await
        } else {
            let address = self.url.strip_prefix("http://").unwrap_or(&self.url).trim_end_matches('/');
            over(TcpStream::connect(address).await.map_err(gone)?, request).await
        }
    }
}

/// What is said where nobody answers.
pub(crate) fn gone(error: impl std::fmt::Display) -> Fault {
    Fault::new(Exit::Unreachable, "unreachable", format!("no daemon answers: {error}"))
}

/// Runs what waits for it.
pub(crate) fn wait_for<T>(work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Fault::failed(format!("no runtime: {error}")))?.block_on(work)
}

async fn over<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Fault>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(gone)?;
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(gone)
}
