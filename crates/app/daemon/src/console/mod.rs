//! The console's door: where it listens, and what stands behind its pages.

mod attestation;
mod desk;
mod handed;
mod health;
mod passkey;
mod promise;

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, PoisonError},
};

use interlock_approval::{EnrolledKey, Site};
use interlock_flow::Journal as _;
use interlock_store::Store;
use tokio::net::TcpListener;

pub use self::promise::Promises;
pub(crate) use self::{desk::Pages, handed::Handed, promise::promised};
use crate::{DaemonError, config::ConsoleConfig, state::Daemon};

/// Where it listens unless told.
const PORT: u16 = 7474;
/// Tries at a port that is free for both families.
const TRIES: usize = 20;

/// The door, open and not yet served.
pub(crate) struct Doorway {
    listeners: Vec<TcpListener>,
    /// The site that passkeys are made for.
    pub(crate) site: Site,
}

impl Doorway {
    /// Listens where it was told to, or on its own port of this machine.
    ///
    /// INVARIANT: what browsers take `localhost` for is all Interlock's, or it does not start: whoever else listened there would be
    /// shown what people sign, under the very name that their passkeys are made for.
    pub(crate) async fn open(config: &ConsoleConfig, asked: Option<SocketAddr>) -> Result<Self, DaemonError> {
        let address = asked.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)));
        let fault = |error: std::io::Error| {
            let hint = "is another daemon up? `--listen-console ADDR` names another place";
            DaemonError::Listen(format!("the console's {address}"), format!("{error}; {hint}"))
        };
        let listeners = match config.origin {
            None if address.ip().is_loopback() => on_this_machine(address.port()).await.map_err(fault)?,
            _ => vec![TcpListener::bind(address).await.map_err(fault)?],
        };
        let bound = listeners.first().map(TcpListener::local_addr).transpose().map_err(fault)?;
        let port = bound.map_or(PORT, |address| address.port());
        let origin = config.origin.clone().unwrap_or_else(|| format!("http://localhost:{port}"));
        let host = origin.split_once("://").map_or(origin.as_str(), |(_, host)| host);
        let id = host.split(':').next().unwrap_or_default().to_owned();
        Ok(Self { listeners, site: Site { id, origins: vec![origin] } })
    }

    /// Tells which passkeys count here, and whose were made for another site.
    pub(crate) fn settle(&self, store: &Store) {
        let mut memory = store.memory().write().unwrap_or_else(PoisonError::into_inner);
        let elsewhere = |key: &EnrolledKey| key.passkey().is_some_and(|passkey| passkey.site != self.site.id);
        for person in memory.people.values().filter(|person| person.keys.iter().any(elsewhere)) {
            let (name, site) = (&person.name, &self.site.id);
            tracing::error!(
                "a passkey of {name} was made for another site than {site}: it counts for nothing here"
            );
        }
        memory.site = Some(self.site.id.clone());
    }

    /// What people open.
    pub(crate) fn url(&self) -> String {
        self.site.origins.first().cloned().unwrap_or_default()
    }

    /// Serves it until the process ends.
    pub(crate) async fn serve(self, daemon: Arc<Daemon>) -> std::io::Result<()> {
        let routes = interlock_console::routes(Arc::new(Pages(daemon)));
        let all =
            self.listeners.into_iter().map(|listener| axum::serve(listener, routes.clone()).into_future());
        futures_util::future::try_join_all(all).await.map(|_| ())
    }
}

/// Listens on both of this machine's own addresses, where it has both; port 0 is one that is free on both.
async fn on_this_machine(port: u16) -> std::io::Result<Vec<TcpListener>> {
    let mut tried = 0;
    loop {
        let four = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        match TcpListener::bind((Ipv6Addr::LOCALHOST, four.local_addr()?.port())).await {
            Ok(six) => return Ok(vec![four, six]),
            Err(error) if error.kind() == ErrorKind::AddrInUse && port == 0 && tried < TRIES => tried += 1,
            Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(error),
            // This machine has no IPv6.
            Err(_) => return Ok(vec![four]),
        }
    }
}
