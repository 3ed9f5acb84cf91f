//! The doors: where agents connect.
//!
//! The **proxy door** speaks HTTP/1.1 `CONNECT`. For AWS names TLS ends inside it, with a certificate of the local
//! authority, and the requests are read; other hosts are tunnelled when the egress list names them, and refused in words
//! otherwise. The **endpoint door** is plain HTTP for clients that heed `AWS_ENDPOINT_URL`. Each listens on TCP loopback
//! and, where asked, on a unix socket, served by the same code. No door authenticates a connection: the signature of
//! each request does.

mod crowd;
mod dial;
mod egress;
mod proxy;
mod serve;
mod tunnel;
mod words;

use std::{
    io,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{
    net::{TcpListener, UnixListener},
    sync::{Semaphore, watch},
    task::JoinSet,
};

pub(crate) use crowd::Crowd;
pub(crate) use egress::Egress;
pub(crate) use words::{AnswerBody, text};

use crate::{GatewayError, gateway::Inner};

/// So many connections for which there is no place are told so at a time.
const TURNED_AWAY: usize = 32;

/// Which door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Proxy,
    Endpoint,
}

/// Open doors. Dropping it closes them; [`Listening::stop`] does so in good order.
#[derive(Debug)]
pub struct Listening {
    /// Where the proxy door listens: `HTTPS_PROXY`.
    pub proxy: Option<SocketAddr>,
    /// Where the endpoint door listens: `AWS_ENDPOINT_URL`.
    pub endpoint: Option<SocketAddr>,
    /// The proxy door's unix socket.
    pub proxy_socket: Option<PathBuf>,
    /// The endpoint door's unix socket.
    pub endpoint_socket: Option<PathBuf>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Listening {
    /// Accepts nothing more, lets requests under way end, and closes. Connections that are still busy after
    /// `patience` are cut.
    pub async fn stop(mut self, patience: std::time::Duration) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
        let _ = tokio::time::timeout(patience, self.stop.closed()).await;
        for socket in [&self.proxy_socket, &self.endpoint_socket].into_iter().flatten() {
            let _ = std::fs::remove_file(socket);
        }
    }
}

/// Opens all doors, or none.
pub(crate) async fn open(inner: Arc<Inner>) -> Result<Listening, GatewayError> {
    let config = &inner.config;
    let tcp = async |address: Option<SocketAddr>| {
        let Some(address) = address else { return Ok((None, None)) };
        let fault = |source| GatewayError::Listen { address: address.to_string(), source };
        let listener = TcpListener::bind(address).await.map_err(fault)?;
        let address = listener.local_addr().map_err(fault)?;
        Ok::<_, GatewayError>((Some(listener), Some(address)))
    };
    let (proxy_listener, proxy) = tcp(config.listen_proxy).await?;
    let (endpoint_listener, endpoint) = tcp(config.listen_endpoint).await?;
    let proxy_unix = config.proxy_socket.as_deref().map(unix).transpose()?;
    let endpoint_unix = config.endpoint_socket.as_deref().map(unix).transpose()?;
    let (stop, stopping) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for (listener, door) in [(proxy_listener, Door::Proxy), (endpoint_listener, Door::Endpoint)] {
        let Some(listener) = listener else { continue };
        let (inner, stopping) = (Arc::clone(&inner), stopping.clone());
        tasks.spawn(async move {
            let accept = || async {
                let (stream, _) = listener.accept().await?;
                let _ = stream.set_nodelay(true);
                Ok((stream, None))
            };
            accept_all(accept, door, inner, stopping).await;
        });
    }
    for (listener, door) in [(proxy_unix, Door::Proxy), (endpoint_unix, Door::Endpoint)] {
        let Some(listener) = listener else { continue };
        let (inner, stopping) = (Arc::clone(&inner), stopping.clone());
        tasks.spawn(async move {
            let accept = || async {
                let (stream, _) = listener.accept().await?;
                let peer = crowd::peer(&stream);
                Ok((stream, Some(peer)))
            };
            accept_all(accept, door, inner, stopping).await;
        });
    }
    drop(stopping);
    let (proxy_socket, endpoint_socket) = (config.proxy_socket.clone(), config.endpoint_socket.clone());
    Ok(Listening { proxy, endpoint, proxy_socket, endpoint_socket, stop, tasks })
}

/// A socket of the owner's alone; one that nobody listens on any more is replaced.
fn unix(path: &Path) -> Result<UnixListener, GatewayError> {
    let fault = |source: io::Error| GatewayError::Listen { address: path.display().to_string(), source };
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(fault(io::Error::from(io::ErrorKind::AddrInUse)));
    }
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path).map_err(fault)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(fault)?;
    Ok(listener)
}

/// Waits until the gateway stops.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

async fn accept_all<S, A, F>(accept: A, door: Door, inner: Arc<Inner>, mut stopping: watch::Receiver<bool>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    A: Fn() -> F,
    F: Future<Output = io::Result<(S, Option<crowd::Peer>)>>,
{
    let turned_away = Arc::new(Semaphore::new(TURNED_AWAY));
    loop {
        let accepted = tokio::select! {
            accepted = accept() => accepted,
            () = stopped(&mut stopping) => return,
        };
        match accepted {
            Ok((stream, peer)) => match inner.crowd.enter(peer) {
                Ok(place) => {
                    tokio::spawn(proxy::serve(stream, door, Arc::clone(&inner), place, stopping.clone()));
                }
                // So many are told why; the rest is only closed.
                Err(why) => {
                    if let Ok(turn) = Arc::clone(&turned_away).try_acquire_owned() {
                        tokio::spawn(proxy::turn_away(stream, door, why, turn, stopping.clone()));
                    }
                }
            },
            Err(error) => {
                // Out of file descriptors, mostly: what is open must end first.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
}
