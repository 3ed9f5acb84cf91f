//! The console's door: where it listens, and what stands behind its pages.

mod desk;
mod handed;
mod health;
mod passkey;
mod promise;

use std::{net::SocketAddr, sync::Arc};

use interlock_approval::Site;
use tokio::net::TcpListener;

pub use self::promise::Promises;
pub(crate) use self::{desk::Pages, handed::Handed, promise::promised};
use crate::{DaemonError, config::ConsoleConfig, state::Daemon};

/// Where it listens unless told.
const PORT: u16 = 7474;

/// The door, open and not yet served.
pub(crate) struct Doorway {
    listener: TcpListener,
    /// The site that passkeys are made for.
    pub(crate) site: Site,
}

impl Doorway {
    /// Listens where it was told to; else on its own port, or on a free one where that is taken.
    pub(crate) async fn open(config: &ConsoleConfig, asked: Option<SocketAddr>) -> Result<Self, DaemonError> {
        let fault = |error: std::io::Error| DaemonError::Listen("the console".to_owned(), error.to_string());
        let bound = match asked {
            Some(address) => TcpListener::bind(address).await,
            None => match TcpListener::bind(("127.0.0.1", PORT)).await {
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                    tracing::warn!("port {PORT} is taken: the console listens on a free one");
                    TcpListener::bind(("127.0.0.1", 0)).await
                }
                bound => bound,
            },
        };
        let listener = bound.map_err(fault)?;
        let port = listener.local_addr().map_err(fault)?.port();
        let origin = config.origin.clone().unwrap_or_else(|| format!("http://localhost:{port}"));
        let host = origin.split_once("://").map_or(origin.as_str(), |(_, host)| host);
        let id = host.split(':').next().unwrap_or_default().to_owned();
        Ok(Self { listener, site: Site { id, origins: vec![origin] } })
    }

    /// What people open.
    pub(crate) fn url(&self) -> String {
        self.site.origins.first().cloned().unwrap_or_default()
    }

    /// Serves it until the process ends.
    pub(crate) async fn serve(self, daemon: Arc<Daemon>) -> std::io::Result<()> {
        axum::serve(self.listener, interlock_console::routes(Arc::new(Pages(daemon)))).await
    }
}
