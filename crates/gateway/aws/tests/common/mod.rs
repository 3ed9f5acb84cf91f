//! A gateway for tests: real doors, a journal in memory, and either a judge with one answer or the real road.
#![allow(dead_code, reason = "each test file uses a part")]

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, RwLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use interlock_action::{Action, ActionId, Millis, Operation, SessionId};
use interlock_approval::{EnrolledKey, KeyStep, Person};
use interlock_flow::{
    Agent, Cause, Clock, Event, HeldAction, Journal, JournalError, Lease, Memory, Receipt, Record,
    RefusedAction, Session, Verdict,
};
use interlock_gateway_aws::{
    Admit, AwsGateway, CredentialSource, EgressLog, EgressNote, GatewayConfig, HomeKey, JournalPort,
    Listening, VirtualKeys,
};
use interlock_policy::AgentClass;

pub(crate) const HOME: [u8; 32] = [42; 32];
pub(crate) const SESSION: &str = "s-1";

/// A journal that keeps everything in memory.
#[derive(Default)]
pub(crate) struct Pages {
    pub(crate) memory: RwLock<Memory>,
    pub(crate) records: Mutex<Vec<Record>>,
}

impl Pages {
    fn write(&self, record: Record) -> Result<Receipt, JournalError> {
        let mut memory = self.memory.write().unwrap();
        for guard in &record.guards {
            memory.check(guard).map_err(JournalError::Conflict)?;
        }
        for event in &record.events {
            memory.apply(event);
        }
        let mut records = self.records.lock().unwrap();
        records.push(record);
        Ok(Receipt { index: records.len() as u64 })
    }
}

#[async_trait]
impl Journal for Pages {
    async fn commit(&self, record: Record) -> Result<Receipt, JournalError> {
        self.write(record)
    }
    fn note(&self, record: Record) -> Result<(), JournalError> {
        self.write(record).map(drop)
    }
    async fn recall(&self, action: &ActionId) -> Result<Vec<Event>, JournalError> {
        let named = |record: &&Record| {
            record.entry.public.get("action").and_then(|name| name.as_str()) == Some(action.as_str())
        };
        let records = self.records.lock().unwrap();
        Ok(records.iter().filter(named).flat_map(|record| record.events.clone()).collect())
    }
    fn memory(&self) -> &RwLock<Memory> {
        &self.memory
    }
}

pub(crate) struct Wall;

#[async_trait]
impl Clock for Wall {
    fn now(&self) -> Millis {
        u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
    }
    async fn pause(&self, millis: Millis) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

/// What the next actions are told, and what was asked.
#[derive(Default)]
pub(crate) struct Judge {
    pub(crate) asked: Mutex<Vec<Vec<Arc<Action>>>>,
    pub(crate) refuses: bool,
}

#[async_trait]
impl Admit for Judge {
    async fn admit(&self, _: &SessionId, candidates: Vec<Arc<Action>>) -> Verdict {
        let operation =
            candidates.first().map_or_else(|| Operation::new("none"), |action| action.operation.clone());
        self.asked.lock().unwrap().push(candidates);
        if self.refuses {
            return Verdict::Refused(RefusedAction {
                operation,
                id: ActionId::from("a-7"),
                cause: Cause::Policy,
                reasons: Vec::new(),
            });
        }
        Verdict::Held(HeldAction {
            operation,
            ticket: "t-42".into(),
            tier: "T3".to_owned(),
            unknowns: Vec::new(),
            would: vec!["delete <everything> & \"more\"".to_owned()],
            needs: Vec::new(),
            reasons: Vec::new(),
            progress: "pending".to_owned(),
        })
    }
    async fn settle(&self, _: &ActionId) {}

    async fn learn_ids(&self, _: &SessionId, _: &Action) {}
}

/// Notes of egress.
#[derive(Default)]
pub(crate) struct Notes(pub Mutex<Vec<EgressNote>>);

impl EgressLog for Notes {
    fn note(&self, note: EgressNote) -> Result<(), String> {
        self.0.lock().unwrap().push(note);
        Ok(())
    }
}

/// A gateway with open doors.
pub(crate) struct House {
    pub(crate) folder: PathBuf,
    pub(crate) gateway: AwsGateway,
    pub(crate) doors: Listening,
    pub(crate) notes: Arc<Notes>,
    pub(crate) pages: Arc<Pages>,
    pub(crate) key: String,
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A session with one virtual key.
pub(crate) fn session(key: &str) -> Session {
    Session {
        id: SessionId::from(SESSION),
        agent: Agent { name: "ada".into(), owner: "bo".into(), class: AgentClass::Builder },
        launch: Default::default(),
        task: "test".to_owned(),
        lease: Lease {
            scope: Vec::new(),
            secrets: Vec::new(),
            folders: Vec::new(),
            until: u64::MAX,
            revoked: false,
            part: None,
        },
        advisory: false,
        observed: false,
        observers: Vec::new(),
        keys: vec![key.to_owned()],
        opened: 0,
    }
}

/// Makes the gateway, not yet started.
pub(crate) fn build(
    name: &str,
    change: impl FnOnce(&mut GatewayConfig),
) -> (PathBuf, AwsGateway, Arc<Notes>, Arc<Pages>, String) {
    let folder = std::env::temp_dir().join(format!("interlock-gw-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let pages = Arc::new(Pages::default());
    let key = VirtualKeys::draw().unwrap();
    pages.memory.write().unwrap().apply(&Event::Session { session: session(&key) });
    let credentials = folder.join("aws.credentials");
    fs::write(
        &credentials,
        "[default]\naws_access_key_id = AKIAREALREALREALREAL\naws_secret_access_key = realsecretrealsecret\n",
    )
    .unwrap();
    let mut config = GatewayConfig::new(folder.join("ca"), HomeKey::new(HOME));
    config.credentials = CredentialSource::File(credentials);
    config.account = Some("123456789012".into());
    config.upstream = "http://127.0.0.1:9".to_owned();
    change(&mut config);
    let notes = Arc::new(Notes::default());
    let port = JournalPort::new(pages.clone(), Arc::new(Wall));
    let gateway = AwsGateway::new(config, Arc::new(port), notes.clone()).unwrap();
    fs::write(folder.join("bundle.pem"), gateway.ca_bundle()).unwrap();
    (folder, gateway, notes, pages, key)
}

/// A gateway whose judge has one answer.
pub(crate) async fn house(
    name: &str,
    judge: Arc<dyn Admit>,
    change: impl FnOnce(&mut GatewayConfig),
) -> House {
    let (folder, gateway, notes, pages, key) = build(name, change);
    let doors = gateway.start(judge).await.unwrap();
    House { folder, gateway, doors, notes, pages, key }
}

/// How a client comes in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    Proxy,
    Endpoint,
}

impl House {
    pub(crate) fn secret(&self) -> String {
        self.gateway.virtual_keys().secret(&self.key).reveal().to_owned()
    }

    /// Somebody who may approve.
    pub(crate) fn enrol(&self, name: &str) {
        let key = EnrolledKey {
            public_key: format!("key of {name}"),
            fingerprint: format!("SHA256:{name}"),
            step: KeyStep::OpenSsh,
            enrolled: 0,
            counts_from: 0,
            counter: 0,
            suspended: std::collections::BTreeSet::new(),
        };
        let person = Person { name: name.into(), keys: vec![key], roles: Vec::new() };
        self.pages.memory.write().unwrap().apply(&Event::Person { person });
    }

    /// The environment of an agent's process.
    pub(crate) fn environment(&self, way: Way) -> BTreeMap<String, String> {
        let mut env: BTreeMap<String, String> = [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("HOME", self.folder.display().to_string()),
            ("AWS_ACCESS_KEY_ID", self.key.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret()),
            ("AWS_DEFAULT_REGION", "eu-central-1".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_MAX_ATTEMPTS", "2".to_owned()),
            ("INTERLOCK_PROXY", format!("http://{}", self.doors.proxy.unwrap())),
            ("INTERLOCK_ENDPOINT", format!("http://{}", self.doors.endpoint.unwrap())),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let bundle = self.folder.join("bundle.pem").display().to_string();
        match way {
            Way::Proxy => {
                let user =
                    format!("{SESSION}:{}", self.gateway.virtual_keys().proxy_password(SESSION).reveal());
                let url = format!("http://{user}@{}", self.doors.proxy.unwrap());
                for name in ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"] {
                    env.insert(name.to_owned(), url.clone());
                }
                for name in ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"] {
                    env.insert(name.to_owned(), bundle.clone());
                }
            }
            Way::Endpoint => {
                env.insert("AWS_ENDPOINT_URL".to_owned(), format!("http://{}", self.doors.endpoint.unwrap()));
            }
        }
        env
    }

    /// Runs a Python client; its standard output, or a panic with what it said.
    pub(crate) async fn python(&self, way: Way, script: &str, arguments: &[&str]) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
        let mut command = tokio::process::Command::new("python3");
        command.arg(path).args(arguments).env_clear().envs(self.environment(way));
        run(command).await
    }
}

/// Runs a command to its end; its standard output, or a panic with what it said.
pub(crate) async fn run(mut command: tokio::process::Command) -> String {
    let output = command.stdin(Stdio::null()).output().await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
    out.into_owned()
}

/// A moto server.
pub(crate) struct Moto {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Moto {
    pub(crate) async fn start() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let moto = Self { child, address };
        for _ in 0..300 {
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                return moto;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("moto does not start");
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
