//! `interlock run`

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use clap::{Args, ValueEnum};
use interlock_api::{OpenSession, OpenedSession, Reached, RestSession, SessionReport, Status};
use interlock_approval::parse_public_key;
use interlock_confine::{
    CA_BUNDLE, ConfineError, Confinement, Door, ENDPOINT_PORT, Ended, Lures, PROXY_PORT, Sandbox,
    client_environment,
};

use crate::{
    client::Client,
    command::{Global, session::report},
    exit::Exit,
    fault::Fault,
    output::Output,
    sign,
};

/// Where hooks are told things, inside.
const AGENT_PORT: u16 = 17_102;

/// How AWS clients reach Interlock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum DoorKind {
    /// `HTTPS_PROXY` and our certificate authority: ordinary clients need no change.
    #[default]
    Proxy,
    /// `AWS_ENDPOINT_URL`: for clients that ignore proxies, such as the JavaScript SDK v3.
    Endpoint,
}

/// Run a command as an agent: confined, with virtual credentials, on one task.
///
/// The command sees no real credential, no file that holds one, and no network but Interlock's gateways and the hosts
/// that the configuration allows. Its status is returned. Held requests outlive it: approve them, then run the same
/// command again, with --resume or anew.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The registered agent.
    #[arg(long, value_name = "NAME")]
    agent: String,
    /// What it is to do, in your words.
    #[arg(long, value_name = "TEXT")]
    task: Option<String>,
    /// What the task is about: globs over ARNs and names. A mutation of anything else asks a person.
    #[arg(long = "scope", value_name = "PATTERN")]
    scope: Vec<String>,
    /// Secrets whose values the task may read: globs over ARNs and names.
    #[arg(long = "secret", value_name = "PATTERN")]
    secrets: Vec<String>,
    /// The prompt, for the record.
    #[arg(long, value_name = "FILE")]
    prompt_file: Option<PathBuf>,
    /// Go on with a session.
    #[arg(long, value_name = "SESSION")]
    resume: Option<String>,
    /// Your OpenSSH key, to sign for the launch; a public key if its private half is in an agent or on a security key.
    /// Without it, in a team, what one person may approve takes two, as you might be the first of them.
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// Try it out: in this one run nobody is asked. What people would have to approve flows, is recorded, and is reported
    /// by rule at the end. What nobody could approve is still refused, and recovery points are still made first. A person
    /// signs with --key, in a team two.
    #[arg(long)]
    observe: bool,
    /// How AWS clients reach Interlock.
    #[arg(long, value_enum, default_value_t)]
    door: DoorKind,
    /// A file or folder beside the working directory that the command may write, such as its own settings.
    #[arg(long = "writable", value_name = "PATH")]
    writable: Vec<PathBuf>,
    /// A file or folder that the command may read although everything around it is private inside, such as a tool below
    /// `/tmp`.
    #[arg(long = "readable", value_name = "PATH")]
    readable: Vec<PathBuf>,
    /// Without the sandbox: every request of the session is marked advisory.
    #[arg(long)]
    unconfined: bool,
    /// The command.
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD")]
    command: Vec<OsString>,
}

impl Run {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let sandbox = if self.unconfined { None } else { Some(sandbox()?) };
        let opened = self.open(global)?;
        output.say(&format!("interlock: session {} of agent {}", opened.session, self.agent));
        if opened.observed {
            output.say(&format!(
                "interlock: OBSERVED: nobody is asked in this session, as {} signed; what they would have been asked is\n           \
                 reported at the end. Refusals stand, and recovery points are made first",
                if self.observe { opened.launch.to_string() } else { "the configuration says and people".to_owned() }
            ));
        }
        if opened.launch.unproved {
            output.say(self.unproved());
        }
        let ended = match sandbox {
            Some(sandbox) => self.confined(global, output, &sandbox, &opened),
            None => {
                output.say("interlock: UNCONFINED: this command can read what you can read; its requests are advisory");
                self.beside(&opened)
            }
        };
        let ended_run = RestSession { access_key_id: opened.access_key_id.clone() };
        // The keys end with the command; a daemon that is gone meanwhile lets them end with the lease.
        if let Err(fault) =
            global.client()?.post::<_, ()>(&format!("/v1/sessions/{}/rest", opened.session), &ended_run)
        {
            output.say(&format!("interlock: the session could not be put to rest: {fault}"));
        }
        if opened.observed {
            let path = format!("/v1/sessions/{}/report", opened.session);
            match global.client()?.get::<SessionReport>(&path) {
                Ok(report) => output.say(&report::words(&report)),
                Err(fault) => output.say(&format!(
                    "interlock: no report: {fault}; `interlock session report {}` shows it later",
                    opened.session
                )),
            }
        }
        ended
    }

    fn open(&self, global: &Global) -> Result<OpenedSession, Fault> {
        let prompt = self
            .prompt_file
            .as_ref()
            .map(|path| std::fs::read_to_string(path).map_err(|error| Fault::file(path, &error)));
        let task = match (&self.task, &self.resume) {
            (Some(task), _) => task.clone(),
            (None, Some(_)) => String::new(),
            (None, None) => return Err(Fault::usage("a session needs a task: say it with `--task TEXT`")),
        };
        if self.observe && self.keys.is_empty() {
            return Err(Fault::usage("nobody is asked in an observed session, so a person signs for it")
                .hint("give your key with `--key FILE`, in a team twice, for two people"));
        }
        if !self.observe && self.keys.len() > 1 {
            return Err(Fault::usage("one person launches a session: only `--observe` takes two keys"));
        }
        let mut body = OpenSession {
            agent: self.agent.as_str().into(),
            task,
            scope: self.scope.clone(),
            secrets: self.secrets.clone(),
            folders: self.folders()?,
            prompt: prompt.transpose()?,
            resume: self.resume.as_deref().map(Into::into),
            advisory: self.unconfined,
            observe: self.observe,
            proof: None,
            co_proofs: Vec::new(),
        };
        let client = global.client()?;
        let sign = |key: &PathBuf| sign::launch(&client, &body, key);
        let mut proofs = self.keys.iter().map(sign).collect::<Result<Vec<_>, _>>()?.into_iter();
        body.proof = proofs.next();
        body.co_proofs = proofs.collect();
        client.post("/v1/sessions", &body)
    }

    /// Where it works: here, and wherever else it may write.
    fn folders(&self) -> Result<Vec<PathBuf>, Fault> {
        let here = std::iter::once(Path::new(".")).chain(self.writable.iter().map(PathBuf::as_path));
        here.map(|folder| folder.canonicalize().map_err(|error| Fault::file(folder, &error))).collect()
    }

    /// What it means that nobody is known to have launched it, and what to do.
    fn unproved(&self) -> &'static str {
        if self.keys.is_empty() {
            "interlock: UNPROVED: nobody signed for this launch, so what one person may approve takes two;\n           \
             say who you are with `--key FILE`, in a new session"
        } else {
            "interlock: UNPROVED: nobody signed for an earlier launch of this session, so what one person may approve takes\n           \
             two; open a new one with `--key FILE`"
        }
    }

    fn confined(
        &self,
        global: &Global,
        output: &Output,
        sandbox: &Sandbox,
        opened: &OpenedSession,
    ) -> Result<ExitCode, Fault> {
        let current = std::env::current_dir()
            .map_err(|error| Fault::failed(format!("no working directory: {error}")))?;
        let program =
            std::env::current_exe().map_err(|error| Fault::failed(format!("no path to itself: {error}")))?;
        self.in_sight(&current)?;
        let mut confinement = Confinement::new(user_home()?, global.home()?, current, program);
        confinement.writable.clone_from(&self.writable);
        confinement.readable.clone_from(&self.readable);
        confinement.keys = self.keys.iter().flat_map(|key| private_halves(key)).collect();
        confinement.masked = vec![global.sockets()?];
        confinement.doors = vec![
            Door::in_directory(PROXY_PORT, &opened.proxy_socket),
            Door::in_directory(ENDPOINT_PORT, &opened.endpoint_socket),
            Door::in_directory(AGENT_PORT, &opened.agent_socket),
        ];
        confinement.keep = opened.pass.iter().cloned().collect();
        // Beside Terraform's: what the agent is told to run is found by its name, wherever it was started from.
        confinement.shims = opened.shims.iter().cloned().chain(["interlock".to_owned()]).collect();
        confinement.ca_bundle = Some(PathBuf::from(&opened.ca_bundle));
        confinement.environment = self.variables(opened, Place::inside());
        let ended = self.lured(global, output, (sandbox, &mut confinement), opened);
        let ended = ended.map_err(|error| {
            let fault = Fault::failed(error.to_string());
            match error.hint() {
                Some(hint) => fault.hint(hint),
                None => fault,
            }
        })?;
        Ok(ExitCode::from(ended.code))
    }

    /// Runs it, and has written down what it reaches for in vain. Nothing is guarded by that: where it cannot be, it is said.
    fn lured(
        &self,
        global: &Global,
        output: &Output,
        (sandbox, confinement): (&Sandbox, &mut Confinement),
        opened: &OpenedSession,
    ) -> Result<Ended, ConfineError> {
        let laid = global.client().and_then(|client| {
            let laid = Lures::lay(confinement, &console_port(&client));
            laid.map_err(|error| Fault::failed(error.to_string()))
        });
        let lures = match laid {
            Ok(lures) => lures,
            Err(why) => {
                output.say(&format!("interlock: what it reaches for in vain is not written down: {why}"));
                return interlock_confine::spawn(sandbox, confinement, &self.command);
            }
        };
        lures.set(confinement);
        let path = format!("/v1/sessions/{}/reached", opened.session);
        // A daemon that is gone meanwhile is told nothing: the command reaches nothing by it all the same.
        let tell = |what: &str| {
            let reached = Reached { what: what.to_owned() };
            drop(global.client().and_then(|client| client.post::<_, ()>(&path, &reached)));
        };
        lures.watched(tell, || interlock_confine::spawn(sandbox, confinement, &self.command))
    }

    /// Refuses a command that stands where everything is private inside, with the way to show it.
    fn in_sight(&self, current: &Path) -> Result<(), Fault> {
        let Some(command) = self.command.first().map(Path::new) else { return Ok(()) };
        let shown = |place: &PathBuf| command.starts_with(place);
        let hidden = command.is_absolute() && interlock_confine::is_private(command);
        if !hidden || command.starts_with(current) || self.readable.iter().chain(&self.writable).any(shown) {
            return Ok(());
        }
        let folder = command.parent().unwrap_or(command).display();
        Err(Fault::usage(format!("`{}` cannot be seen in the sandbox", command.display()))
            .hint(format!("show its folder with `--readable {folder}`")))
    }

    /// Without a sandbox: the same variables, the real ones cleared, and nothing else in the way.
    fn beside(&self, opened: &OpenedSession) -> Result<ExitCode, Fault> {
        let (program, arguments) = self.command.split_first().ok_or_else(|| Fault::usage("no command"))?;
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        let place = Place::outside(opened);
        if let (false, Some(path)) = (opened.shims.is_empty(), std::env::var_os("PATH")) {
            let first = std::iter::once(PathBuf::from(&opened.shims_folder));
            if let Ok(path) = std::env::join_paths(first.chain(std::env::split_paths(&path))) {
                command.env("PATH", path);
            }
        }
        let status = command.args(arguments).envs(self.variables(opened, place)).status();
        let status = status.map_err(|error| {
            Fault::new(Exit::Failed, "failed", format!("cannot run `{}`: {error}", program.to_string_lossy()))
        })?;
        Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
    }

    fn variables(&self, opened: &OpenedSession, place: Place) -> BTreeMap<String, String> {
        let mut set = BTreeMap::new();
        let mut put = |name: &str, value: &str| {
            set.insert(name.to_owned(), value.to_owned());
        };
        put("AWS_ACCESS_KEY_ID", &opened.access_key_id);
        put("AWS_SECRET_ACCESS_KEY", &opened.secret_access_key);
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            let asked = std::env::var(name).unwrap_or_else(|_| opened.region.clone());
            put(name, &asked);
        }
        put("AWS_EC2_METADATA_DISABLED", "true");
        put("INTERLOCK_AGENT_URL", &place.agent);
        put("INTERLOCK_SESSION", opened.session.as_str());
        put("INTERLOCK_SESSION_TOKEN", &opened.token);
        let through = format!("http://{}:{}@{}", opened.session, opened.token, place.proxy);
        let (upper, lower) = (["HTTPS_PROXY", "HTTP_PROXY"], ["https_proxy", "http_proxy"]);
        for name in upper.into_iter().chain(lower) {
            put(name, &through);
        }
        for name in ["NO_PROXY", "no_proxy"] {
            put(name, "127.0.0.1,localhost,::1");
        }
        if self.door == DoorKind::Endpoint {
            put("AWS_ENDPOINT_URL", &place.endpoint);
        }
        set.extend(client_environment(None, Some(&place.ca_bundle)));
        set
    }
}

/// Where the doors are, as seen by the command.
struct Place {
    proxy: String,
    endpoint: String,
    agent: String,
    ca_bundle: String,
}

impl Place {
    fn inside() -> Self {
        Self {
            proxy: format!("127.0.0.1:{PROXY_PORT}"),
            endpoint: format!("http://127.0.0.1:{ENDPOINT_PORT}"),
            agent: format!("http://127.0.0.1:{AGENT_PORT}"),
            ca_bundle: CA_BUNDLE.to_owned(),
        }
    }

    fn outside(opened: &OpenedSession) -> Self {
        Self {
            proxy: opened.proxy_url.trim_start_matches("http://").trim_end_matches('/').to_owned(),
            endpoint: opened.endpoint_url.clone(),
            agent: format!("unix:{}", opened.agent_socket),
            ca_bundle: opened.ca_bundle.clone(),
        }
    }
}

/// Where the console is on this machine's own loopback, which is another one inside.
fn console_port(client: &Client) -> Vec<(u16, &'static str)> {
    let console = client.get::<Status>("/v1/status").map(|status| status.console).unwrap_or_default();
    let port = console.strip_prefix("http://localhost:").and_then(|port| port.parse().ok());
    port.map(|port| (port, "the console")).into_iter().collect()
}

/// The files that somebody with this key signs with: whoever reads one is that person.
fn private_halves(key: &Path) -> Vec<PathBuf> {
    let beside = key.extension().is_some_and(|extension| extension == "pub").then(|| key.with_extension(""));
    // What cannot be read for certain counts as private.
    let public = std::fs::read_to_string(key).is_ok_and(|text| parse_public_key(&text, 0, 0).is_ok());
    let given = (!public).then(|| key.to_owned());
    given.into_iter().chain(beside.filter(|path| path.symlink_metadata().is_ok())).collect()
}

fn sandbox() -> Result<Sandbox, Fault> {
    interlock_confine::check().map_err(|missing| {
        Fault::failed(format!("there is no sandbox on this machine: {missing}")).hint(format!(
            "{}; or run with `--unconfined`, which marks every request advisory",
            missing.fix()
        ))
    })
}

/// The user's home folder.
pub(crate) fn user_home() -> Result<PathBuf, Fault> {
    let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    home.filter(|home| Path::new(home).is_dir()).ok_or_else(|| Fault::failed("`HOME` names no folder"))
}
