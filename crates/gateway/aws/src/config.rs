//! What the gateway is told at its start.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use interlock_action::AccountId;
use interlock_reader_aws::forecast::Measures;

use crate::{CredentialSource, HomeKey};

/// What the gateway is told at its start.
#[derive(Clone, Debug)]
pub struct GatewayConfig {
    /// Where the real credentials come from.
    pub credentials: CredentialSource,
    /// Where calls go: a template with `{service}` and `{region}` (AWS's own hosts for the default one), or the URL of
    /// an emulator, which then gets every call with AWS's host name in the `Host` header.
    pub upstream: String,
    /// The account of the real credentials; asked of STS when it is not given.
    pub account: Option<AccountId>,
    /// The region of Interlock's own calls that name none.
    pub region: String,
    /// Globs of the hosts that sessions may reach besides AWS: tunnelled and logged, not read.
    pub egress_allow: Vec<String>,
    /// Where the proxy door listens, if at an address; port 0 picks a free one.
    pub listen_proxy: Option<SocketAddr>,
    /// Where the endpoint door listens, if at an address.
    pub listen_endpoint: Option<SocketAddr>,
    /// A unix socket on which the proxy door listens too.
    pub proxy_socket: Option<PathBuf>,
    /// A unix socket on which the endpoint door listens too.
    pub endpoint_socket: Option<PathBuf>,
    /// The folder of the local certificate authority.
    pub authority: PathBuf,
    /// What virtual secrets are derived from.
    pub home_key: HomeKey,
    /// For how long the answer to one of Interlock's own reads may be used again while nothing was changed through
    /// this gateway. Reads that prove who made something, or look at what is about to go, are always made anew.
    pub read_cache: Duration,
    /// What Interlock may do to make destructive requests recoverable.
    pub measures: Measures,
    /// How many connections may be open at once, of all clients together.
    pub connections: usize,
    /// How many of them may be one sandbox's.
    pub connections_each: usize,
    /// How many bytes of bodies may be kept at once, of all requests together.
    pub kept_bytes: usize,
}

impl GatewayConfig {
    /// AWS itself, loopback doors on free ports, no egress.
    pub fn new(authority: impl Into<PathBuf>, home_key: HomeKey) -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            credentials: CredentialSource::Environment,
            upstream: crate::upstream::AWS.to_owned(),
            account: None,
            region: "us-east-1".to_owned(),
            egress_allow: Vec::new(),
            listen_proxy: Some(loopback),
            listen_endpoint: Some(loopback),
            proxy_socket: None,
            endpoint_socket: None,
            authority: authority.into(),
            home_key,
            read_cache: Duration::from_secs(1),
            measures: Measures::default(),
            connections: 1_024,
            connections_each: 256,
            kept_bytes: 256 * 1024 * 1024,
        }
    }
}
