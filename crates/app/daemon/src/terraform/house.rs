//! What the gate asks of the house.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, Read as _},
    path::PathBuf,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::RecvTimeoutError,
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use interlock_action::{AccountId, Digest};
use interlock_confine::{CA_BUNDLE, Cell, Door, Occupied, PROXY_PORT, RELAY, client_environment};
use interlock_flow::Session;
use interlock_gateway_aws::{AwsGateway, credentials::VirtualKeys};
use interlock_gateway_terraform::{Ended, House, Job, Line};
use interlock_store::Blobs;
use tokio::sync::mpsc;

use crate::{home::HomePaths, terraform::Stage};

/// Where a cell finds the states.
const STATE_PORT: u16 = 17_103;

/// The house, as far as the gate needs it.
pub(super) struct InHouse {
    gateway: AwsGateway,
    stage: Option<Stage>,
    paths: HomePaths,
    blobs: Blobs,
    relay: PathBuf,
    region: String,
}

impl InHouse {
    pub(super) fn new(
        (gateway, stage): (AwsGateway, Option<Stage>),
        paths: HomePaths,
        blobs: Blobs,
        (relay, region): (PathBuf, String),
    ) -> Self {
        Self { gateway, stage, paths, blobs, relay, region }
    }

    /// Virtual credentials, the ways to the gateway and to the state, and nothing of anybody's own.
    fn environment(&self, session: &Session) -> BTreeMap<String, String> {
        let keys = self.gateway.virtual_keys();
        let key = session.keys.first().cloned().unwrap_or_default();
        let (secret, token) = (keys.secret(&key), keys.proxy_password(session.id.as_str()));
        let token = token.reveal();
        let mut all = client_environment(None, Some(CA_BUNDLE));
        let mut put = |name: &str, value: String| drop(all.insert(name.to_owned(), value));
        put("AWS_ACCESS_KEY_ID", key);
        put("AWS_SECRET_ACCESS_KEY", secret.reveal().to_owned());
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            put(name, self.region.clone());
        }
        let proxy = format!("http://{}:{token}@127.0.0.1:{PROXY_PORT}", session.id);
        for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
            put(name, proxy.clone());
        }
        for name in ["NO_PROXY", "no_proxy"] {
            put(name, "127.0.0.1,localhost,::1".to_owned());
        }
        let state = format!("http://127.0.0.1:{STATE_PORT}/state");
        for name in ["TF_HTTP_ADDRESS", "TF_HTTP_LOCK_ADDRESS", "TF_HTTP_UNLOCK_ADDRESS"] {
            put(name, state.clone());
        }
        put("TF_HTTP_USERNAME", session.id.to_string());
        put("TF_HTTP_PASSWORD", token.to_owned());
        all
    }
}

#[async_trait]
impl House for InHouse {
    fn draw_key(&self) -> Result<String, String> {
        VirtualKeys::draw().map_err(|error| error.to_string())
    }

    fn workshop(&self) -> PathBuf {
        self.paths.workshop()
    }

    async fn run(
        &self,
        session: &Session,
        job: Job,
        lines: mpsc::UnboundedSender<Line>,
    ) -> Result<Ended, String> {
        let sandbox = interlock_confine::check().map_err(|missing| {
            format!("there is no sandbox on this machine to run it in: {missing}; {}", missing.fix())
        })?;
        let mut environment = self.environment(session);
        environment.extend(job.environment);
        let cell = Cell {
            readable: job.readable,
            writable: job.writable,
            workdir: job.workdir,
            environment,
            doors: vec![
                // What rehearses knows no other way.
                Door::new(
                    PROXY_PORT,
                    if session.rehearses() { self.paths.stage() } else { self.paths.proxy() },
                ),
                Door::new(STATE_PORT, self.paths.states()),
            ],
            ca_bundle: Some(self.paths.ca_bundle()),
            relay_program: self.relay.clone(),
        };
        let own = job.own.then(|| RELAY.to_owned());
        let command = own.into_iter().chain(job.command).map(Into::into).collect::<Vec<_>>();
        // The cell ends with the thread that started it.
        let ran = tokio::task::spawn_blocking(move || -> Result<Ended, String> {
            let mut occupied = cell.start(&sandbox, &command).map_err(|error| error.to_string())?;
            let heard = listen(&mut occupied, &lines);
            attend(&mut occupied, &heard, (&job.stop, job.may_be_ended));
            let ended = occupied.wait().map_err(|error| error.to_string())?;
            Ok(Ended { code: ended.code })
        });
        ran.await.map_err(|error| error.to_string())?
    }

    async fn stage(&self) -> Result<String, String> {
        match &self.stage {
            Some(stage) => stage.checked(&self.gateway).await,
            None => {
                Err("there is no place to rehearse in: a person names one in `[terraform.rehearsal]`"
                    .to_owned())
            }
        }
    }

    async fn place(&self) -> (Option<AccountId>, String) {
        (self.gateway.identity().await.map(|(account, _)| account), self.region.clone())
    }

    async fn keep(&self, bytes: Vec<u8>) -> Result<Digest, String> {
        let blobs = self.blobs.clone();
        let kept = tokio::task::spawn_blocking(move || blobs.put(&bytes)).await;
        kept.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
    }

    async fn kept(&self, digest: &Digest) -> Result<Vec<u8>, String> {
        let (blobs, digest) = (self.blobs.clone(), *digest);
        let found = tokio::task::spawn_blocking(move || blobs.get(&digest)).await;
        found.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
    }
}

/// Hands on what is written to both outputs; what is returned ends when both have ended.
fn listen(occupied: &mut Occupied, lines: &mpsc::UnboundedSender<Line>) -> std::sync::mpsc::Receiver<()> {
    let (heard, hears) = std::sync::mpsc::channel();
    let (output, errors) = occupied.output();
    if let Some(output) = output {
        let (lines, heard) = (lines.clone(), heard.clone());
        std::thread::spawn(move || {
            each(output, |line| drop(lines.send(Line::Out(line))));
            drop(heard);
        });
    }
    if let Some(errors) = errors {
        let lines = lines.clone();
        std::thread::spawn(move || {
            each(errors, |line| drop(lines.send(Line::Error(line))));
            drop(heard);
        });
    }
    hears
}

/// How often is looked whether a run is to stop.
const LOOK: Duration = Duration::from_millis(250);
/// How long one that was asked to stop may take to end what it has begun.
const GRACE: Duration = Duration::from_secs(15 * 60);

/// Waits until nothing is written any more, and stops it when it is to stop.
fn attend(
    occupied: &mut Occupied,
    heard: &std::sync::mpsc::Receiver<()>,
    (stop, may_be_ended): (&AtomicBool, bool),
) {
    let mut asked: Option<Instant> = None;
    while heard.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        if !stop.load(Ordering::Acquire) {
            continue;
        }
        match asked {
            _ if may_be_ended => occupied.end(),
            None => {
                occupied.interrupt();
                asked = Some(Instant::now());
            }
            Some(since) if since.elapsed() > GRACE => occupied.end(),
            Some(_) => {}
        }
    }
}

/// A line has at most so many bytes; the rest of it is not read as one. A whole plan as JSON is one line.
const LONGEST: u64 = 128 * 1024 * 1024;
/// A run says at most so much; what it says beyond is not handed on.
const MOST_SAID: u64 = 256 * 1024 * 1024;

fn each(output: impl std::io::Read, mut take: impl FnMut(String)) {
    let mut reader = std::io::BufReader::new(output);
    let (mut line, mut said) = (Vec::new(), 0_u64);
    while reader.by_ref().take(LONGEST).read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        said = said.saturating_add(line.len() as u64);
        if said <= MOST_SAID {
            take(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
        }
        line.clear();
    }
}
