//! Where plans are rehearsed: a gateway of its own, with credentials of its own, for rehearsals and nothing else.

use std::{path::Path, sync::Arc};

use interlock_flow::{Journal, Road};
use interlock_gateway_aws::{AwsGateway, GatewayConfig, HomeKey, JournalPort, Listening, Rehearsed};
use interlock_store::{Home, Store};

use crate::{DaemonError, clock::System, config::Config, home::HomePaths, serve::source};

/// How long what is under way there may take to end.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(1);

/// The stage, before it is opened.
#[derive(Clone)]
pub(crate) struct Stage {
    gateway: AwsGateway,
    name: String,
    /// An emulator that is not the one which the agents work in: nothing there is anybody's.
    emulator: bool,
}

impl Stage {
    /// The one that the configuration names.
    pub(crate) fn of(
        home: &Home,
        paths: &HomePaths,
        config: &Config,
        store: &Arc<Store>,
    ) -> Result<Option<Self>, DaemonError> {
        let Some(rehearsal) = &config.terraform.rehearsal else { return Ok(None) };
        let mut settings = GatewayConfig::new(paths.tls(), HomeKey::new(home.keys().virtual_credentials));
        settings.credentials = source(&rehearsal.credentials, &paths.root, "terraform.rehearsal")?;
        settings.upstream.clone_from(&rehearsal.upstream);
        (settings.listen_proxy, settings.listen_endpoint) = (None, None);
        settings.proxy_socket = Some(paths.stage());
        let port = JournalPort::new(Arc::clone(store) as Arc<dyn Journal>, Arc::new(System)).of_rehearsals();
        let port = Arc::new(port);
        let gateway = AwsGateway::new(settings, Arc::clone(&port) as _, port)
            .map_err(|error| DaemonError::Gateway(error.to_string()))?;
        let emulator = rehearsal.is_emulator() && !rehearsal.is_at(&config.aws.upstream);
        Ok(Some(Self { gateway, name: rehearsal.name.clone(), emulator }))
    }

    /// Opens its door, where there is one.
    pub(crate) async fn open(
        stage: Option<&Self>,
        road: &Arc<Road>,
    ) -> Result<Option<Listening>, DaemonError> {
        let Some(stage) = stage else { return Ok(None) };
        let open = {
            let admit = Rehearsed { road: Arc::clone(road), stage: stage.gateway.principals() };
            stage.gateway.start(Arc::new(admit)).await
        };
        open.map(Some).map_err(|error| DaemonError::Gateway(error.to_string()))
    }

    /// Closes it.
    pub(crate) async fn close(open: Option<Listening>) {
        if let Some(open) = open {
            open.stop(PATIENCE).await;
        }
    }

    /// What people call it, once it is known that it is none of what it is to spare.
    pub(crate) async fn checked(&self, earnest: &AwsGateway) -> Result<String, String> {
        if self.emulator {
            // Its calls stay in its account, so that it has to be known.
            self.gateway.identity().await.ok_or_else(|| format!("{} does not answer", self.name))?;
            return Ok(self.name.clone());
        }
        let account = |gateway: &AwsGateway| {
            let gateway = gateway.clone();
            async move { gateway.identity_now().await.map(|(account, _)| account) }
        };
        match (account(earnest).await, account(&self.gateway).await) {
            (Some(one), Some(other)) if one != other => Ok(self.name.clone()),
            (Some(one), Some(_)) => Err(format!(
                "`[terraform.rehearsal]` leads to account {one}, which is the one that it is to spare"
            )),
            _ => Err("STS did not say whose account `[terraform.rehearsal]` leads to".to_owned()),
        }
    }
}

impl HomePaths {
    /// The stage's socket, out of agents' sight.
    pub(crate) fn stage(&self) -> std::path::PathBuf {
        let root: &Path = &self.root;
        root.join("rehearsal.sock")
    }
}
