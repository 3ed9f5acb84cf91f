//! A provider as a process of its own: how it is started, and where it listens.
//!
//! Source: the handshake of HashiCorp's go-plugin, `CORE|VERSION|NETWORK|ADDRESS|PROTOCOL`, on the first line of its output.

use std::{
    io::{self, BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use http_body_util::{BodyExt as _, combinators::BoxBody};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::http2::SendRequest,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::UnixStream;

/// Without it a provider says that it is none to be run by hand. Source: Terraform's `plugin.Handshake`.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

pub(super) type Body = BoxBody<Bytes, hyper::Error>;

/// What asks a provider for its schema, in a version of the protocol.
pub(super) fn asks(version: u8) -> &'static str {
    if version == 5 { "/tfplugin5.Provider/GetSchema" } else { "/tfplugin6.Provider/GetProviderSchema" }
}

/// Whether a call makes the provider somebody's: from then on it holds credentials and a region.
pub(super) fn configures(path: &str) -> bool {
    path.ends_with("/Configure") || path.ends_with("/ConfigureProvider")
}

/// A provider that runs, and the way to it. It ends with this value.
pub(super) struct Plug {
    child: Child,
    /// The version of its protocol.
    pub(super) version: u8,
    way: SendRequest<Body>,
}

impl Plug {
    pub(super) async fn start(program: &Path) -> io::Result<Self> {
        let mut child = Command::new(program)
            .env(COOKIE.0, COOKIE.1)
            .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = child.stdout.take();
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            output.map(|output| BufReader::new(output).read_line(&mut line)).transpose().map(|_| line)
        });
        let line = line.await.map_err(io::Error::other)??;
        let parts: Vec<&str> = line.trim().split('|').collect();
        let [_, version, "unix", socket, "grpc", ..] = parts.as_slice() else {
            return Err(io::Error::other("the provider does not say where it listens"));
        };
        let version = version.parse().map_err(io::Error::other)?;
        let stream = TokioIo::new(UnixStream::connect(socket).await?);
        let spoken = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await;
        let (way, connection) = spoken.map_err(io::Error::other)?;
        tokio::spawn(connection);
        Ok(Self { child, version, way })
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Result<Response<Incoming>, hyper::Error> {
        self.way.clone().send_request(request).await
    }
}

impl Drop for Plug {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A body that is one message: a flag, its length, and its bytes. Source: gRPC over HTTP/2, "Length-Prefixed-Message".
pub(super) fn message(bytes: &[u8]) -> io::Result<Bytes> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    Ok([&[0], length.to_be_bytes().as_slice(), bytes].concat().into())
}

/// A body that is whole.
pub(super) fn whole(bytes: Bytes) -> Body {
    http_body_util::Full::new(bytes).map_err(|never| match never {}).boxed()
}
