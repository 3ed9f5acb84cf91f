//! The gateway: its state, its doors and its ports.

use std::sync::{Arc, OnceLock};

use interlock_flow::{Execute, Foresee, Identity, Inspect};
use tokio_rustls::TlsAcceptor;

use crate::{
    Admit, Authority, EgressLog, GatewayConfig, GatewayError, Listening, Sessions, VirtualKeys,
    credentials::{AssumedKeys, Provider},
    door::{self, Crowd, Egress},
    handle::Allowance,
    port::{AwsExecute, AwsForesee, AwsInspect, ReadCache},
    tls::Leaves,
    upstream::Upstream,
};

/// What all doors and ports share.
pub(crate) struct Inner {
    pub(crate) config: GatewayConfig,
    pub(crate) authority: Arc<Authority>,
    pub(crate) tls: TlsAcceptor,
    pub(crate) upstream: Upstream,
    pub(crate) provider: Provider,
    pub(crate) keys: VirtualKeys,
    pub(crate) assumed: AssumedKeys,
    pub(crate) sessions: Arc<dyn Sessions>,
    pub(crate) egress: Egress,
    pub(crate) crowd: Crowd,
    pub(crate) kept: Allowance,
    pub(crate) egress_log: Arc<dyn EgressLog>,
    pub(crate) cache: ReadCache,
    pub(crate) account: crate::account::Account,
    pub(crate) admit: OnceLock<Arc<dyn Admit>>,
}

/// Whose the real credentials are, as far as STS was asked.
struct Known(Arc<Inner>);

impl Identity for Known {
    fn principals(&self) -> Option<Vec<String>> {
        crate::account::principals(&self.0)
    }
}

/// The gateway. It is made first, because the road needs its ports; then it is started, because it needs the road.
#[derive(Clone)]
pub struct AwsGateway {
    inner: Arc<Inner>,
}

impl AwsGateway {
    /// Makes the gateway: opens the certificate authority, opens no door yet.
    pub fn new(
        config: GatewayConfig,
        sessions: Arc<dyn Sessions>,
        egress_log: Arc<dyn EgressLog>,
    ) -> Result<Self, GatewayError> {
        let authority = Arc::new(Authority::open(&config.authority)?);
        let tls = Leaves::new(Arc::clone(&authority))?.server()?;
        let inner = Inner {
            upstream: Upstream::new(&config.upstream)?,
            provider: Provider::new(config.credentials.clone()),
            keys: VirtualKeys::new(config.home_key.clone()),
            assumed: AssumedKeys::default(),
            egress: Egress::new(&config.egress_allow)?,
            crowd: Crowd::new(config.connections, config.connections_each),
            kept: Allowance::new(config.kept_bytes),
            cache: ReadCache::new(config.read_cache),
            account: crate::account::Account::new(config.account.clone()),
            admit: OnceLock::new(),
            tls: TlsAcceptor::from(Arc::new(tls)),
            authority,
            config,
            sessions,
            egress_log,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Answers the road's reads.
    pub fn inspect(&self) -> Arc<dyn Inspect> {
        Arc::new(AwsInspect::new(Arc::clone(&self.inner)))
    }

    /// Makes Interlock's own calls.
    pub fn execute(&self) -> Arc<dyn Execute> {
        Arc::new(AwsExecute::new(Arc::clone(&self.inner)))
    }

    /// Knows what calls would do.
    pub fn foresee(&self) -> Arc<dyn Foresee> {
        Arc::new(AwsForesee::under(self.inner.config.measures))
    }

    /// The system's roots and the local authority's, as PEM text, for the CA variables of clients.
    pub fn ca_bundle(&self) -> String {
        self.inner.authority.ca_bundle()
    }

    /// Derives virtual secrets and proxy passwords.
    pub fn virtual_keys(&self) -> &VirtualKeys {
        &self.inner.keys
    }

    /// The account and the principal's ARN of the real credentials, as STS says; `None` if it could not be asked.
    pub async fn identity(&self) -> Option<(interlock_action::AccountId, String)> {
        crate::account::identity(&self.inner).await
    }

    /// The same, asked anew.
    pub async fn identity_now(&self) -> Option<(interlock_action::AccountId, String)> {
        self.inner.account.forget();
        self.identity().await
    }

    /// Who knows whose the real credentials are, once STS has said so.
    pub fn principals(&self) -> Arc<dyn Identity> {
        Arc::new(Known(Arc::clone(&self.inner)))
    }

    /// Opens the doors. What comes through them is judged by `admit`. A gateway starts once; a second start goes on with
    /// the first road.
    pub async fn start(&self, admit: Arc<dyn Admit>) -> Result<Listening, GatewayError> {
        let _ = self.inner.admit.set(admit);
        door::open(Arc::clone(&self.inner)).await
    }
}
