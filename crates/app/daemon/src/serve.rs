//! Starting up: home, store, bundle, gateway, road, doors; and stopping again without losing anything.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use interlock_action::{Digest, Surface};
use interlock_approval::Site;
use interlock_flow::{
    Clock, ConfigStamp, Event, Foresee, Journal, Ports, Receipt, Record, Road, RoadSettings, Roles, Rules,
};
use interlock_gateway_aws::{AwsGateway, GatewayConfig, HomeKey, JournalPort, credentials::CredentialSource};
use interlock_gateway_terraform::TerraformForesee;
use interlock_ledger::{Entry, EntryKind};
use interlock_recovery::{AwsKeep, AwsUndo};
use interlock_store::{Blobs, Home, Options, Store};
use serde::Serialize;
use tokio::net::UnixListener;

use crate::{
    DaemonError,
    admit::WithWords,
    agent_door,
    attempts::Attempts,
    clock::System,
    config::{AwsCredentials, ClassProduction, Config, Enforce, FailReads, ReadsDurable},
    console::{self, Doorway},
    control, dismissal,
    home::{self, HomePaths},
    in_force::InForce,
    nonce::Nonces,
    notify,
    peer::Peer,
    plan::Planning,
    policy::PolicyFolder,
    state::{Addresses, Daemon},
    terraform::{self, Stage},
    witness,
};

/// How often tickets are looked through for those whose time is over.
const SWEEP: Duration = Duration::from_secs(5);

/// Where the doors listen.
#[derive(Clone, Copy, Debug)]
pub struct Listen {
    /// The CONNECT proxy.
    pub aws_proxy: SocketAddr,
    /// The endpoint door.
    pub aws: SocketAddr,
    /// The console; where none is given the one that is configured. A port that is taken is a fault: passkeys are made for it.
    pub console: Option<SocketAddr>,
}

/// Where the sockets stand, and who may connect.
#[derive(Clone, Debug, Default)]
pub struct Sockets {
    /// The folder; the home itself if none is given.
    pub folder: Option<PathBuf>,
    /// Members of the daemon's group may connect, not only its account: open sessions, and read what is asked.
    pub group: bool,
}

impl Sockets {
    fn folder_mode(&self) -> u32 {
        if self.group { 0o750 } else { 0o700 }
    }
    fn socket_mode(&self) -> u32 {
        if self.group { 0o660 } else { 0o600 }
    }
}

/// The one line that says the daemon is ready.
#[derive(Clone, Debug, Serialize)]
pub struct Ready {
    /// The web console.
    pub console: String,
    /// The endpoint door.
    pub aws: String,
    /// The CONNECT proxy.
    pub aws_proxy: String,
    /// Databases by name.
    pub postgres: BTreeMap<String, String>,
    /// The version.
    pub version: String,
}

/// Serves a home until the process is told to stop.
pub async fn serve(
    root: &Path,
    listen: Listen,
    sockets: Sockets,
    promises: console::Promises,
    ready: impl FnOnce(&Ready),
) -> Result<(), DaemonError> {
    let home = Home::open(root)?;
    let paths = places(root, &sockets)?;
    let options = options(&Config::load(&paths.config())?)?;
    let store = Arc::new(Store::open(&home, &options)?);
    look_outside(&store)?;
    let (config, bundle, stamp) = home::load(&paths, "", last_in_force(&store).as_ref())?;
    signed(&store, &paths, stamp).await?;
    let dismissal = announced(&store, &paths)?;
    store.recover(System.now()).await.map_err(|error| DaemonError::Store(error.to_string()))?;

    let promises = console::promised(promises, &store, &paths, bundle.hash())?;
    let console = Doorway::open(&config.console, listen.console).await?;
    console.settle(&store);
    let gateway = gateway(&home, &paths, &config, listen, &store)?;
    know_oneself(&gateway).await;
    let road = road(&store, &gateway, settings(&home, &config, console.site.clone())?, bundle);
    let blobs = Blobs::open(&home)?;
    let stage = Stage::of(&home, &paths, &config, &store)?;
    let played = Stage::open(stage.as_ref(), &road).await?;
    let places = (&config.terraform, config.aws.region.as_str(), blobs);
    let gate = terraform::gate(&road, &store, (gateway.clone(), stage), &paths, places);
    let daemon = Arc::new(Daemon {
        road,
        store,
        gate,
        vault: gateway.virtual_keys().clone(),
        config,
        dismissal,
        promises,
        home: paths.clone(),
        nonces: Nonces::new(System.draw_key()),
        verifying: tokio::sync::Mutex::default(),
        attempts: Attempts::default(),
        looking_back: Arc::default(),
        planning: Planning::default(),
        handed: console::Handed::default(),
        oidc: Mutex::default(),
        runs: crate::runs::Runs::default(),
        point_runs: crate::runs::Runs::default(),
        told: Mutex::new(HashMap::new()),
        addresses: Mutex::new(Addresses::default()),
    });
    let doors = gateway
        .start(Arc::new(WithWords(Arc::clone(&daemon))))
        .await
        .map_err(|error| DaemonError::Gateway(error.to_string()))?;
    let addresses = shown(&paths, &sockets, &gateway, (doors.endpoint, doors.proxy), listen)?;
    let addresses = Addresses { console: console.url(), ..addresses };
    *daemon.addresses.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = addresses.clone();
    let control = bind(&paths.control(), sockets.socket_mode())?;
    let agents = bind(&paths.agent(), sockets.socket_mode())?;
    shim(&paths, sockets.folder_mode())?;
    // Only what this process starts is led there.
    let states = bind(&paths.states(), 0o600)?;
    ready(&Ready {
        console: console.url(),
        aws: addresses.aws,
        aws_proxy: addresses.aws_proxy,
        postgres: BTreeMap::new(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    });
    if daemon.road.settings().observe {
        tracing::error!("OBSERVE MODE: everything is recorded, NOBODY is asked");
    }
    until_stopped(&daemon, console, (control, agents, states)).await?;
    doors.stop(Duration::from_secs(5)).await;
    Stage::close(played).await;
    let _ = std::fs::remove_file(paths.control());
    Ok(())
}

/// The policy that was in force when the home was last open.
fn last_in_force(store: &Store) -> Option<Digest> {
    let memory = store.memory().read().unwrap_or_else(std::sync::PoisonError::into_inner);
    memory.config.as_ref().map(|stamp| stamp.bundle)
}

/// Says so where the folder for checkpoints knows nothing of this log.
fn look_outside(store: &Store) -> Result<(), DaemonError> {
    if store.kept().get(1) == Some(&None) && store.head()?.is_some_and(|head| head.size > 1) {
        tracing::warn!(
            "the folder that `[ledger] export` names holds no checkpoint of this log: is it the right one?"
        );
    }
    Ok(())
}

/// Asks whose the real credentials are.
async fn know_oneself(gateway: &AwsGateway) {
    if gateway.identity().await.is_none() {
        tracing::warn!(
            "STS did not say whose the real credentials are: until it does, what changes identities is refused"
        );
    }
}

/// The road over these ports.
fn road(
    store: &Arc<Store>,
    gateway: &AwsGateway,
    settings: RoadSettings,
    bundle: interlock_policy::Bundle,
) -> Arc<Road> {
    let road = Road::new(ports(store, gateway), settings, bundle);
    let road = road.known_by(gateway.principals()).undone_by(Surface::Aws, Arc::new(AwsUndo));
    Arc::new(road.kept_by(Surface::Aws, Arc::new(AwsKeep)))
}

/// Serves people, agents and what the gate runs, until the process is told to stop.
async fn until_stopped(
    daemon: &Arc<Daemon>,
    console: Doorway,
    (control, agents, states): (UnixListener, UnixListener, UnixListener),
) -> Result<(), DaemonError> {
    let people = control::routes(Arc::clone(daemon));
    let people = people.into_make_service_with_connect_info::<Peer>();
    tokio::select! {
        served = axum::serve(control, people) => served,
        served = axum::serve(agents, agent_door::routes(Arc::clone(daemon))) => served,
        served = axum::serve(states, terraform::routes(Arc::clone(daemon))) => served,
        served = console.serve(Arc::clone(daemon)) => served,
        () = sweep(daemon) => Ok(()),
        () = look_after(daemon) => Ok(()),
        () = notify::tell(daemon) => Ok(()),
        () = witness::submit(&daemon.store, daemon.config.ledger.witness.as_ref()) => Ok(()),
        () = told_to_stop() => Ok(()),
    }
    .map_err(|error| DaemonError::Listen("control.sock".to_owned(), error.to_string()))
}

/// Opens the doors' sockets to whom they are for, writes the roots that clients trust, and says where all that stands.
fn shown(
    paths: &HomePaths,
    sockets: &Sockets,
    gateway: &AwsGateway,
    (endpoint, proxy): (Option<SocketAddr>, Option<SocketAddr>),
    asked: Listen,
) -> Result<Addresses, DaemonError> {
    let (endpoint, proxy) = (endpoint.unwrap_or(asked.aws), proxy.unwrap_or(asked.aws_proxy));
    for socket in [paths.proxy(), paths.endpoint()] {
        set_mode(&socket, sockets.socket_mode())?;
    }
    let ca_bundle = paths.ca_bundle();
    std::fs::write(&ca_bundle, gateway.ca_bundle())
        .map_err(|error| DaemonError::File(ca_bundle.clone(), error.to_string()))?;
    // Whoever reaches the folder may read it, whatever this process masks.
    set_mode(&ca_bundle, 0o644)?;
    let (aws, aws_proxy) = (format!("http://{endpoint}"), format!("http://{proxy}"));
    Ok(Addresses { aws, aws_proxy, ca_bundle, ..Addresses::default() })
}

/// Names by which this program is found where no sandbox stands in the way.
fn shim(paths: &HomePaths, mode: u32) -> Result<(), DaemonError> {
    let folder = paths.shims();
    private_folder(&folder, mode)?;
    let program = std::env::current_exe();
    for name in terraform::NAMES {
        let place = folder.join(name);
        let fault = |error: std::io::Error| DaemonError::File(place.clone(), error.to_string());
        let Ok(program) = &program else { continue };
        // A link out of the home would be kept from sight with it.
        let quoted = program.display().to_string().replace('\'', "'\\''");
        let script = format!("#!/bin/sh\n{}\nexec '{quoted}' __shim {name} \"$@\"\n", terraform::STANDS);
        std::fs::write(&place, script).map_err(fault)?;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&place, mode).map_err(fault)?;
    }
    Ok(())
}

/// Where things stand, the folders of the sockets made.
fn places(root: &Path, sockets: &Sockets) -> Result<HomePaths, DaemonError> {
    let mut paths = HomePaths::of(root);
    match &sockets.folder {
        Some(folder) => {
            private_folder(folder, sockets.folder_mode())?;
            paths.sockets.clone_from(folder);
        }
        None if sockets.group => {
            let why = "the home is nobody else's: put the sockets elsewhere with `--sockets DIR`";
            return Err(DaemonError::Setting(why.to_owned()));
        }
        None => {}
    }
    private_folder(&paths.doors(), sockets.folder_mode())?;
    Ok(paths)
}

/// Refuses a configuration or bundle that nobody has put in force. What stands in the files when a home is first
/// started counts as signed: whoever made the home wrote it.
async fn signed(store: &Arc<Store>, paths: &HomePaths, found: ConfigStamp) -> Result<(), DaemonError> {
    let force = {
        let memory = store.memory().read().unwrap_or_else(std::sync::PoisonError::into_inner);
        memory.config.clone()
    };
    let same = |force: &ConfigStamp| force.config == found.config && force.bundle == found.bundle;
    let first = store.head()?.is_none_or(|head| head.size <= 1);
    match force {
        Some(force) if same(&force) => Ok(()),
        Some(force) if first && force.by == "init" => {
            let stamp = ConfigStamp { by: "first start".to_owned(), ..found };
            let text = crate::policy::configuration(paths)?;
            let witness = Config::parse(&paths.config(), &text)?.ledger.witness;
            if let Some(witness) = &witness {
                let reached = witness::reached(store, witness, &Receipt { index: 0 }).await;
                reached.map_err(DaemonError::Unwitnessed)?;
            }
            let entry = Entry::new(EntryKind::ConfigActivated, System.now())
                .public("config", stamp.config)
                .public("bundle", stamp.bundle)
                .public("by", &stamp.by)
                .public("witness", &witness)
                .private("configuration", &text)
                .private("policies", PolicyFolder::read(&paths.policies())?.bundle());
            let record = Record { entry, events: vec![Event::Config { stamp }], guards: Vec::new() };
            store.commit(record).await.map(|_| ()).map_err(|error| DaemonError::Store(error.to_string()))
        }
        // INVARIANT: a changed file never comes into force by a restart.
        _ => Err(DaemonError::Unsigned),
    }
}

/// What people have announced about the witnesses of this home; said aloud at every start.
fn announced(store: &Store, paths: &HomePaths) -> Result<Option<String>, DaemonError> {
    let force = InForce::read(store.reader(), paths, None)?;
    let words = dismissal::standing(store.reader(), &force)?;
    if let Some(words) = &words {
        tracing::error!("WITNESSES ARE TO BE SENT AWAY UNHEARD: {words}");
    }
    Ok(words)
}

fn options(config: &Config) -> Result<Options, DaemonError> {
    let mut options = Options { exports: config.ledger.export.clone(), ..Options::default() };
    if let Some(witness) = &config.ledger.witness {
        options.witnessed.witnesses = witness.trusted().map_err(DaemonError::Setting)?;
        options.witnessed.wait = witness.patience();
    }
    Ok(options)
}

fn ports(store: &Arc<Store>, gateway: &AwsGateway) -> Ports {
    let plans = Arc::new(TerraformForesee::over(gateway.foresee())) as Arc<dyn Foresee>;
    Ports {
        journal: Arc::clone(store) as Arc<dyn Journal>,
        clock: Arc::new(System),
        entropy: Arc::new(System),
        surfaces: BTreeMap::from([
            (Surface::Aws, (gateway.inspect(), gateway.execute(), gateway.foresee())),
            (Surface::Terraform, (gateway.inspect(), gateway.execute(), plans)),
        ]),
    }
}

fn settings(home: &Home, config: &Config, site: Site) -> Result<RoadSettings, DaemonError> {
    let rules = Rules::new(&config.environments).map_err(|error| DaemonError::Setting(error.to_string()))?;
    let read_only =
        config.class.iter().filter(|(_, class)| class.production == Some(ClassProduction::ReadOnly));
    Ok(RoadSettings {
        rules,
        budget: config.budget,
        principals: Vec::new(),
        sealer: home.keys().sealer.clone(),
        site: Some(site),
        roles: Roles { holders: config.approval.roles.clone(), asked_by: config.approval.slots.clone() },
        least: config.approval.keys,
        rehearsed: config.terraform.rehearsal.iter().map(|_| Surface::Terraform).collect(),
        read_only_classes: read_only.map(|(name, _)| name.clone()).collect(),
        ticket_lifetime: config.approval.expires.millis(),
        grace: config.recovery.grace(),
        proven_within: config.recovery.proven_within(),
        solo_delay: config.approval.solo_delay.millis(),
        observe: config.mode.enforce == Enforce::Observe,
        reads_before: config.ledger.reads == ReadsDurable::Before,
        reads_without_ledger: config.fail.reads == FailReads::Allow,
    })
}

fn gateway(
    home: &Home,
    paths: &HomePaths,
    config: &Config,
    listen: Listen,
    store: &Arc<Store>,
) -> Result<AwsGateway, DaemonError> {
    let mut settings = GatewayConfig::new(paths.tls(), HomeKey::new(home.keys().virtual_credentials));
    settings.credentials = source(&config.aws.credentials, &paths.root, "aws")?;
    settings.upstream.clone_from(&config.aws.upstream);
    settings.egress_allow.clone_from(&config.egress.allow);
    settings.measures = config.recovery.measures();
    settings.listen_proxy = Some(listen.aws_proxy);
    settings.listen_endpoint = Some(listen.aws);
    settings.proxy_socket = Some(paths.proxy());
    settings.endpoint_socket = Some(paths.endpoint());
    let port = Arc::new(JournalPort::new(Arc::clone(store) as Arc<dyn Journal>, Arc::new(System)));
    AwsGateway::new(settings, Arc::clone(&port) as _, port)
        .map_err(|error| DaemonError::Gateway(error.to_string()))
}

/// Where the credentials of a section of the configuration come from.
pub(crate) fn source(
    credentials: &AwsCredentials,
    root: &Path,
    section: &str,
) -> Result<CredentialSource, DaemonError> {
    let bad = |why: &str| DaemonError::Setting(format!("[{section}] credentials: {why}"));
    match credentials {
        AwsCredentials::Named(name) if name == "environment" => Ok(CredentialSource::Environment),
        AwsCredentials::Named(name) if name == "instance" => Ok(CredentialSource::Instance),
        AwsCredentials::Named(name) => Err(bad(&format!("`{name}` is neither `environment` nor `instance`"))),
        AwsCredentials::From(from) => match (&from.profile, &from.file) {
            (Some(profile), None) => Ok(CredentialSource::Profile(profile.clone())),
            (None, Some(file)) => Ok(CredentialSource::File(root.join(file))),
            _ => Err(bad("name either a profile or a file")),
        },
    }
}

fn private_folder(path: &Path, mode: u32) -> Result<(), DaemonError> {
    std::fs::create_dir_all(path).map_err(|error| DaemonError::File(path.to_owned(), error.to_string()))?;
    set_mode(path, mode)
}

fn set_mode(path: &Path, mode: u32) -> Result<(), DaemonError> {
    let set = std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode));
    set.map_err(|error| DaemonError::File(path.to_owned(), error.to_string()))
}

/// Listens on a socket of its own; a socket that a dead daemon left behind is replaced (the store's lock proves that
/// no living one has it).
fn bind(path: &PathBuf, mode: u32) -> Result<UnixListener, DaemonError> {
    let fault = |error: std::io::Error| DaemonError::Listen(path.display().to_string(), error.to_string());
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(fault(error)),
        _ => {}
    }
    let listener = UnixListener::bind(path).map_err(fault)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(fault)?;
    Ok(listener)
}

async fn sweep(daemon: &Arc<Daemon>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        if let Err(error) = daemon.road.expire_tickets().await {
            tracing::warn!(%error, "expired requests could not be marked");
        }
        daemon.carry_out_due().await;
    }
}

/// Apart from what expires: it asks the service, which takes its time.
async fn look_after(daemon: &Daemon) {
    loop {
        tokio::time::sleep(SWEEP).await;
        daemon.road.look_after_points().await;
    }
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}
