//! HTTP to the daemon, over the control socket in the home.

use std::path::{Path, PathBuf};

use http_body_util::{BodyExt as _, Full};
use hyper::{Request, body::Bytes};
use hyper_util::rt::TokioIo;
use interlock_api as api;
use serde::{Serialize, de::DeserializeOwned};
use tokio::net::UnixStream;

use crate::{exit::Exit, fault::Fault};

/// The daemon of one home.
pub(crate) struct Client {
    socket: PathBuf,
    runtime: tokio::runtime::Runtime,
}

impl Client {
    /// The one whose sockets stand in this folder.
    pub(crate) fn new(sockets: &Path) -> Result<Self, Fault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Fault::failed(format!("no runtime: {error}")))?;
        Ok(Self { socket: sockets.join("control.sock"), runtime })
    }

    /// Asks.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Fault> {
        self.call("GET", path, None::<&()>)
    }
    /// Sends.
    pub(crate) fn post<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T, Fault> {
        self.call("POST", path, Some(body))
    }
    /// Removes.
    pub(crate) fn delete(&self, path: &str) -> Result<(), Fault> {
        self.call("DELETE", path, None::<&()>)
    }

    fn call<B: Serialize, T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Option<&B>,
    ) -> Result<T, Fault> {
        let body =
            body.map(serde_json::to_vec).transpose().map_err(|error| Fault::failed(error.to_string()))?;
        let (status, answer) = self.runtime.block_on(exchange(&self.socket, method, path, body))?;
        if (200..300).contains(&status) {
            let text: &[u8] = if answer.is_empty() { b"null" } else { &answer };
            return serde_json::from_slice(text)
                .map_err(|error| Fault::failed(format!("the daemon's answer cannot be read: {error}")));
        }
        Err(match serde_json::from_slice::<api::Fault>(&answer) {
            Ok(fault) => fault.into(),
            Err(_) => {
                Fault::failed(format!("the daemon answered {status}: {}", String::from_utf8_lossy(&answer)))
            }
        })
    }
}

async fn exchange(
    socket: &Path,
    method: &str,
    path: &str,
    body: Option<Vec<u8>>,
) -> Result<(u16, Bytes), Fault> {
    let gone = |error: &dyn std::fmt::Display| unreachable(socket, error, std::io::ErrorKind::Other);
    let stream =
        UnixStream::connect(socket).await.map_err(|error| unreachable(socket, &error, error.kind()))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| gone(&error))?;
    tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "interlock")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.unwrap_or_default())))
        .map_err(|error| Fault::failed(error.to_string()))?;
    let answer = sender.send_request(request).await.map_err(|error| gone(&error))?;
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.map_err(|error| gone(&error))?.to_bytes();
    Ok((status, bytes))
}

fn unreachable(socket: &Path, error: &dyn std::fmt::Display, kind: std::io::ErrorKind) -> Fault {
    let message = format!("no daemon answers at `{}`: {error}", socket.display());
    // Whose sockets are another account's says so by letting nobody else in.
    let hint = match kind {
        std::io::ErrorKind::PermissionDenied => {
            "ask to join the group that the daemon lets in, then log in again"
        }
        _ if !socket.parent().is_some_and(Path::exists) => "make a home with `interlock init`",
        _ => "start it with `interlock serve`",
    };
    Fault::new(Exit::Unreachable, "unreachable", message).hint(hint)
}
