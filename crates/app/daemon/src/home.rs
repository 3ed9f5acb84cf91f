//! The home's files, its first making, and what is read from its ledger.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use interlock_action::{Digest, PersonId, RuleId, SessionId, is_plain_name, name_of};
use interlock_approval::{Person, parse_public_key};
use interlock_flow::{Clock as _, ConfigStamp, Event, Guard, Journal as _, Record};
use interlock_gateway_aws::{AwsGateway, EgressLog, EgressNote, GatewayConfig, HomeKey, Sessions};
use interlock_ledger::{Entry, EntryKind};
use interlock_policy::Bundle;
use interlock_store::{Home, Options, Query, Store, StoreError};
use serde::Serialize;

use interlock_api::{Fault, LedgerQuery, LedgerRow};

use crate::{DaemonError, clock::System, config::Config, policy::PolicyFolder};

/// How long STS may take to say whose the credentials here are.
const IDENTITY: Duration = Duration::from_secs(3);

/// What `init` writes. Commented out is what most homes set sooner or later.
const TEMPLATE: &str = include_str!("config/template.toml");

/// Where things stand in a home.
#[derive(Clone, Debug)]
pub struct HomePaths {
    /// The folder.
    pub root: PathBuf,
    /// Where the sockets stand: in the home, unless others than its owner are to reach them.
    pub sockets: PathBuf,
}

impl HomePaths {
    /// Of a home that has its sockets in it.
    pub fn of(root: &Path) -> Self {
        Self { root: root.to_owned(), sockets: root.to_owned() }
    }
    /// `interlock.toml`.
    pub fn config(&self) -> PathBuf {
        self.root.join("interlock.toml")
    }
    /// Policies added to the shipped bundle.
    pub fn policies(&self) -> PathBuf {
        self.root.join("policies")
    }
    /// The gateways' certificate authority.
    pub fn tls(&self) -> PathBuf {
        self.root.join("tls")
    }
    /// The system's certificate authorities and the gateways' own, for clients.
    pub fn ca_bundle(&self) -> PathBuf {
        if self.sockets == self.root {
            self.tls().join("ca-bundle.pem")
        } else {
            self.sockets.join("ca-bundle.pem")
        }
    }
    /// The API's socket.
    pub fn control(&self) -> PathBuf {
        self.sockets.join("control.sock")
    }
    /// The sockets that confined processes may reach, in a folder that holds nothing else.
    pub fn doors(&self) -> PathBuf {
        self.sockets.join("doors")
    }
    /// The socket that confined processes tell things on.
    pub fn agent(&self) -> PathBuf {
        self.doors().join("agent.sock")
    }
    /// The CONNECT proxy's socket.
    pub fn proxy(&self) -> PathBuf {
        self.doors().join("proxy.sock")
    }
    /// Where what the Terraform gate runs finds its state, out of agents' sight.
    pub fn states(&self) -> PathBuf {
        self.root.join("states.sock")
    }
    /// Where the Terraform gate works.
    pub fn workshop(&self) -> PathBuf {
        self.root.join("workshop")
    }
    /// What stands first on the path of an agent's command that runs without a sandbox.
    pub fn shims(&self) -> PathBuf {
        self.sockets.join("shims")
    }
    /// The endpoint door's socket.
    pub fn endpoint(&self) -> PathBuf {
        self.doors().join("endpoint.sock")
    }
}

/// The home's folder: what was asked for, else the XDG state directory's.
pub fn resolve_home(asked: Option<PathBuf>) -> Result<PathBuf, DaemonError> {
    let state = || {
        let set =
            |name| std::env::var_os(name).map(PathBuf::from).filter(|path: &PathBuf| path.is_absolute());
        set("XDG_STATE_HOME")
            .or_else(|| set("HOME").map(|home| home.join(".local/state")))
            .map(|d| d.join("interlock"))
    };
    let path = asked
        .or_else(state)
        .ok_or_else(|| DaemonError::NoHome(PathBuf::from("$HOME/.local/state/interlock")))?;
    std::path::absolute(&path).map_err(|error| DaemonError::File(path, error.to_string()))
}

/// What `init` made.
#[derive(Clone, Debug, Serialize)]
pub struct InitAnswer {
    /// The folder.
    pub home: String,
    /// The first person.
    pub operator: String,
    /// Their key.
    pub fingerprint: String,
    /// The configuration file.
    pub configuration: String,
    /// What the log's checkpoints are verified with.
    pub verifier: String,
    /// The account that the credentials in this environment open, where STS said so.
    pub account: Option<String>,
}

impl From<StoreError> for DaemonError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoHome(path) => Self::NoHome(path),
            StoreError::HomeExists(path) => Self::HomeExists(path),
            StoreError::Broken(why) => Self::Broken(why.to_string()),
            StoreError::Exported { .. } => Self::Broken(error.to_string()),
            StoreError::Locked(_) => Self::InUse(error.to_string()),
            other => Self::Store(other.to_string()),
        }
    }
}

/// Makes a home with its first person.
pub fn init(root: &Path, operator: &str, public_key: &str) -> Result<InitAnswer, DaemonError> {
    let now = System.now();
    if !is_plain_name(operator) {
        let why =
            format!("`{operator}` is no name that a person can go by: plain letters, digits, and - _ . @");
        return Err(DaemonError::Setting(why));
    }
    let key = parse_public_key(public_key, now, now).map_err(|error| DaemonError::Key(error.to_string()))?;
    // INVARIANT: a passkey's line is made in the console alone. Whoever could type one would say of it what they like.
    if key.passkey().is_some() {
        let why = "a home begins with an OpenSSH key; passkeys are made in its console, at /enrol";
        return Err(DaemonError::Key(why.to_owned()));
    }
    let paths = HomePaths::of(root);
    // What stands there is read first: nothing is made of what could not be begun.
    if paths.config().exists() {
        load(&paths, "init", None)?;
    }
    let home = Home::create(root)?;
    let account = runtime()?.block_on(account(&home, &paths));
    if !paths.config().exists() {
        write(&paths.config(), &proposal(account.as_deref()))?;
    }
    std::fs::create_dir_all(paths.policies())
        .map_err(|error| DaemonError::File(paths.policies(), error.to_string()))?;
    let (_, bundle, stamp) = load(&paths, "init", None)?;
    drop(bundle);
    let store = Store::open(&home, &Options::default())?;
    let fingerprint = key.fingerprint.clone();
    let person = Person { name: PersonId::new(operator), keys: vec![key], roles: Vec::new() };
    let entry = Entry::new(EntryKind::PersonEnrolled, now)
        .public("person", operator)
        .public("keys", [&fingerprint])
        .public("by", "init")
        .public("config", stamp.config)
        .public("bundle", stamp.bundle)
        .private("configuration", crate::policy::configuration(&paths)?)
        .private("policies", PolicyFolder::read(&paths.policies())?.bundle());
    let events = vec![Event::Person { person }, Event::Config { stamp }];
    let guards = vec![Guard::PersonExists(PersonId::new(operator), false)];
    runtime()?
        .block_on(store.commit(Record { entry, events, guards }))
        .map_err(|error| DaemonError::Store(error.to_string()))?;
    Ok(InitAnswer {
        home: root.display().to_string(),
        operator: operator.to_owned(),
        fingerprint,
        configuration: paths.config().display().to_string(),
        verifier: home.verifier().to_string(),
        account,
    })
}

/// The template, its proposed environments filled in for the account that the credentials here open. They stay
/// commented out: what is not production is a person's to say.
fn proposal(account: Option<&str>) -> String {
    match account {
        Some(account) => TEMPLATE.replace("111122223333", account),
        None => TEMPLATE.to_owned(),
    }
}

/// The account that the credentials in this environment open, if there are any and STS says so in time.
async fn account(home: &Home, paths: &HomePaths) -> Option<String> {
    std::env::var_os("AWS_ACCESS_KEY_ID")?;
    let config = GatewayConfig::new(paths.tls(), HomeKey::new(home.keys().virtual_credentials));
    let gateway = AwsGateway::new(config, Arc::new(Nobody), Arc::new(Nobody)).ok()?;
    let asked = tokio::time::timeout(IDENTITY, gateway.identity()).await;
    asked.ok().flatten().map(|(account, _)| account.to_string())
}

/// No session exists while a home is made.
struct Nobody;

impl Sessions for Nobody {
    fn is_part(&self, _session: &SessionId) -> bool {
        false
    }
    fn of_key(&self, _access_key_id: &str) -> Option<SessionId> {
        None
    }
    fn is_live(&self, _session: &SessionId) -> bool {
        false
    }
}

impl EgressLog for Nobody {
    fn note(&self, _note: EgressNote) -> Result<(), String> {
        Err("no home yet".to_owned())
    }
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, DaemonError> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| DaemonError::Store(error.to_string()))
}

fn write(path: &Path, text: &str) -> Result<(), DaemonError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
    written.map_err(|error| DaemonError::File(path.to_owned(), error.to_string()))
}

/// The configuration and the bundle as they stand in the files, with what would be signed to put them in force.
/// A bundle that weakens loads only if it is the one that people `signed`.
pub(crate) fn load(
    paths: &HomePaths,
    by: &str,
    signed: Option<&Digest>,
) -> Result<(Config, Bundle, ConfigStamp), DaemonError> {
    let config = Config::load(&paths.config())?;
    let text = std::fs::read(paths.config())
        .map_err(|error| DaemonError::File(paths.config(), error.to_string()))?;
    let files = PolicyFolder::read(&paths.policies())?.bundle();
    let bundle = match signed {
        Some(signed) => Bundle::load_signed(&files, signed),
        None => Bundle::load(&files),
    };
    let bundle = bundle.map_err(|error| DaemonError::Policy(error.to_string()))?;
    slots_are_of(&bundle, &config)?;
    let stamp = ConfigStamp {
        config: Digest::of(&text),
        bundle: bundle.hash(),
        by: by.to_owned(),
        solo_delay: Some(config.approval.solo_delay.millis()),
    };
    Ok((config, bundle, stamp))
}

/// Refuses roles that are asked for by rules which are not there: nobody would be asked.
fn slots_are_of(bundle: &Bundle, config: &Config) -> Result<(), DaemonError> {
    let rule = |name: &&String| bundle.explain(&RuleId::new(name.as_str())).is_none();
    match config.approval.slots.keys().find(rule) {
        Some(name) => {
            Err(DaemonError::Setting(format!("[approval.slots]: no rule in force is called `{name}`")))
        }
        None => Ok(()),
    }
}

/// Entries of the log, decrypted where they still can be.
pub(crate) fn ledger_rows(store: &Store, query: &LedgerQuery) -> Result<Vec<LedgerRow>, Fault> {
    let kinds = match &query.kind {
        None => Vec::new(),
        Some(kind) => {
            let parsed: EntryKind = serde_json::from_value(serde_json::Value::String(kind.clone()))
                .map_err(|_| Fault::bad_request(format!("`{kind}` is no kind of entry")))?;
            vec![parsed]
        }
    };
    let query = Query {
        session: query.session.as_ref().map(ToString::to_string),
        kinds,
        newest_first: true,
        limit: Some(query.limit.unwrap_or(50)),
        ..Query::default()
    };
    rows(store, &query)
}

/// The entries that a query asks for, as they are shown.
pub(crate) fn rows(store: &Store, query: &Query) -> Result<Vec<LedgerRow>, Fault> {
    let entries = store.read_entries(query).map_err(Fault::bad_request)?;
    let row = |entry: interlock_store::StoredEntry| LedgerRow {
        index: entry.index,
        kind: name_of(&entry.kind),
        at: entry.at,
        public: entry.public,
        redacted_by: entry.redacted_by,
        private: entry.redacted.is_empty().then_some(entry.private),
    };
    Ok(entries.into_iter().map(row).collect())
}
