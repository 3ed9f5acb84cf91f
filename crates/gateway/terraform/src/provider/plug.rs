//! A provider as a process of its own: how it is started, and where it listens.
//!
//! Source: the handshake of HashiCorp's go-plugin, `CORE|VERSION|NETWORK|ADDRESS|PROTOCOL`, on the first line of its output.

use std::{
    io::{self, BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
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
/// How long a provider may take to say where it listens; go-plugin gives it as much.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a provider says of an error stands in a header.
pub(super) const HEADERS: u32 = 16 << 20;

pub(super) type Body = BoxBody<Bytes, hyper::Error>;

/// What asks a provider for its schema, in a version of the protocol.
pub(super) fn asks(version: u8) -> &'static str {
    if version == 5 { "/tfplugin5.Provider/GetSchema" } else { "/tfplugin6.Provider/GetProviderSchema" }
}

/// Whether a call makes the provider somebody's: from then on it holds credentials and a region.
pub(super) fn configures(path: &str) -> bool {
    path.ends_with("/Configure") || path.ends_with("/ConfigureProvider")
}

/// Whether a call asks a provider to end what it is at.
pub(super) fn stops(path: &str) -> bool {
    path.ends_with(".Provider/Stop") || path.ends_with(".Provider/StopProvider")
}

/// A process that ends with this value.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A provider that runs, and the way to it.
pub(super) struct Plug {
    _process: Ends,
    /// The version of its protocol.
    pub(super) version: u8,
    way: SendRequest<Body>,
}

impl Plug {
    pub(super) async fn start(program: &Path) -> io::Result<Self> {
        let child = Command::new(program)
            .env(COOKIE.0, COOKIE.1)
            .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // It logs every call there, which Terraform would filter.
            .stderr(Stdio::null())
            .spawn()?;
        let mut process = Ends(child);
        let output = process.0.stdout.take().ok_or_else(|| io::Error::other("the provider says nothing"))?;
        let (send, said) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let (mut output, mut line) = (BufReader::new(output), String::new());
            let _ = send.send(output.read_line(&mut line).map(|_| line));
            // What it writes there later is nobody's, and must not stop it.
            let _ = io::copy(&mut output, &mut io::sink());
        });
        let said = tokio::time::timeout(PATIENCE, said).await.map_err(io::Error::other)?;
        let line = said.map_err(io::Error::other)??;
        let parts: Vec<&str> = line.trim().split('|').collect();
        let [_, version, "unix", socket, "grpc", ..] = parts.as_slice() else {
            return Err(io::Error::other("the provider does not say where it listens"));
        };
        let version = version.parse().map_err(io::Error::other)?;
        let stream = TokioIo::new(UnixStream::connect(socket).await?);
        let spoken = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
            .max_header_list_size(HEADERS)
            .handshake(stream)
            .await;
        let (way, connection) = spoken.map_err(io::Error::other)?;
        tokio::spawn(connection);
        Ok(Self { _process: process, version, way })
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Result<Response<Incoming>, hyper::Error> {
        self.way.clone().send_request(request).await
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
