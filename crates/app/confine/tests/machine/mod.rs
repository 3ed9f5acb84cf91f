//! A person's machine, made for a test: a home with credentials, Interlock's home, sockets that listen, a project.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use interlock_confine::{Confinement, Door, PROXY_PORT, Sandbox, check};

/// What every planted secret contains. Where it turns up, something leaked.
pub(crate) const CANARY: &str = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYCANARY";

/// Credentials as programs leave them in a home directory.
pub(crate) const CREDENTIALS: &[&str] = &[
    ".aws/credentials",
    ".aws/sso/cache/token.json",
    ".azure/msal_token_cache.json",
    ".bash_history",
    ".cargo/credentials.toml",
    ".config/gcloud/application_default_credentials.json",
    ".config/gh/hosts.yml",
    ".config/google-chrome/Default/Login Data",
    ".config/rclone/rclone.conf",
    ".docker/config.json",
    ".git-credentials",
    ".gnupg/private-keys-v1.d/key.key",
    ".kube/config",
    ".local/share/keyrings/login.keyring",
    ".mozilla/firefox/x.default/logins.json",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".pypirc",
    ".ssh/id_ed25519",
    ".terraform.d/credentials.tfrc.json",
    ".vault-token",
];

pub(crate) struct Machine {
    pub(crate) root: PathBuf,
    pub(crate) home: PathBuf,
    pub(crate) interlock_home: PathBuf,
    pub(crate) workdir: PathBuf,
    /// The port on the host's loopback at which somebody listens.
    pub(crate) tcp_port: u16,
    /// A process outside with a secret in its environment.
    pub(crate) neighbour: Child,
    pub(crate) inherited: Vec<(OsString, OsString)>,
}

/// The sandbox, or `None` with a printed reason; in CI a machine that cannot confine is a failure.
pub(crate) fn sandbox() -> Option<Sandbox> {
    match check() {
        Ok(sandbox) => Some(sandbox),
        Err(missing) if std::env::var_os("CI").is_some() => panic!("{missing}: {}", missing.fix()),
        Err(missing) => {
            println!("SKIPPED: {missing} ({})", missing.fix());
            None
        }
    }
}

pub(crate) fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Answers every connection with the canary.
fn answer(mut peer: UnixStream) {
    let _ = peer.write_all(CANARY.as_bytes());
}

pub(crate) fn listen(path: &Path, serve: fn(UnixStream)) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let listener = UnixListener::bind(path).unwrap();
    std::thread::spawn(move || listener.incoming().flatten().for_each(serve));
}

/// The daemon's door: answers any HTTP request.
fn door(mut peer: UnixStream) {
    let mut request = Vec::new();
    let mut chunk = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match peer.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(length) => request.extend_from_slice(&chunk[..length]),
        }
    }
    let line = String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
    let body = format!("the door heard {line}");
    let _ =
        write!(peer, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
}

/// Where the machine of this name stands that a process made: under the build's directory for tests, not under `/tmp`,
/// which is private inside anyway.
pub(crate) fn root(name: &str, process: u32) -> PathBuf {
    let base = std::env::var_os("INTERLOCK_TEST_DIR")
        .map_or_else(|| env!("CARGO_TARGET_TMPDIR").into(), PathBuf::from);
    base.join(format!("confine-{name}-{process}"))
}

impl Machine {
    /// Makes it, with everything that listens there.
    pub(crate) fn new(name: &str) -> Self {
        let root = root(name, std::process::id());
        drop(std::fs::remove_dir_all(&root));
        let home = root.join("people/ana");
        let (workdir, interlock_home) = (home.join("src/project"), home.join(".local/state/interlock"));
        std::fs::create_dir_all(&workdir).unwrap();
        for path in CREDENTIALS {
            write(&home.join(path), &format!("secret = {CANARY}\n"));
        }
        write(&home.join(".gitconfig"), "[user]\n\tname = Ana\n");
        write(&home.join(".config/git/ignore"), "target\n");
        write(&home.join("notes/plain.txt"), "nothing secret\n");
        write(&workdir.join("README.md"), "a project\n");
        write(&interlock_home.join("store.sqlite"), CANARY);
        write(&interlock_home.join("keys/checkpoint"), CANARY);
        listen(&interlock_home.join("control.sock"), answer);
        listen(&interlock_home.join("doors/aws.sock"), door);
        listen(&root.join("agent/agent.42"), answer);
        listen(&home.join(".docker/run/docker.sock"), answer);
        listen(&home.join("notes/server.sock"), answer);
        listen(&workdir.join("outside.sock"), answer);
        let abstract_name =
            SocketAddr::from_abstract_name(format!("interlock-{name}-{}", std::process::id())).unwrap();
        let listener = UnixListener::bind_addr(&abstract_name).unwrap();
        std::thread::spawn(move || listener.incoming().flatten().for_each(answer));
        let tcp = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let tcp_port = tcp.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for mut peer in tcp.incoming().flatten() {
                let _ = peer.write_all(CANARY.as_bytes());
            }
        });
        let neighbour = Command::new("sleep").arg("600").env("NEIGHBOUR_SECRET", CANARY).spawn().unwrap();
        let inherited = inherited(&root, &home);
        Self { root, home, interlock_home, workdir, tcp_port, neighbour, inherited }
    }

    /// With one door, as `interlock run` would make it.
    pub(crate) fn confinement(&self) -> Confinement {
        let relay = env!("CARGO_BIN_EXE_interlock-relay");
        let mut confinement = Confinement::new(&self.home, &self.interlock_home, &self.workdir, relay);
        confinement.inherited = self.inherited.clone();
        confinement.doors = vec![Door::new(PROXY_PORT, self.interlock_home.join("doors/aws.sock"))];
        confinement.environment =
            [("AWS_ACCESS_KEY_ID".to_owned(), "AKIAVIRTUAL000000000".to_owned())].into();
        confinement
    }

    /// Runs a shell script confined and returns its status.
    pub(crate) fn run(&self, sandbox: &Sandbox, confinement: &Confinement, script: &str) -> u8 {
        let command = ["/bin/sh", "-c", script].map(OsString::from);
        interlock_confine::spawn(sandbox, confinement, &command).unwrap().code
    }

    /// The text of a file in the work directory.
    pub(crate) fn wrote(&self, name: &str) -> String {
        std::fs::read(self.workdir.join(name))
            .map(|text| String::from_utf8_lossy(&text).into_owned())
            .unwrap_or_default()
    }
}

/// The environment of a careless person.
fn inherited(root: &Path, home: &Path) -> Vec<(OsString, OsString)> {
    let path = |path: PathBuf| path.into_os_string();
    [
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin".into()),
        ("HOME", path(home.to_owned())),
        ("TERM", "xterm".into()),
        ("AWS_SECRET_ACCESS_KEY", CANARY.into()),
        ("AWS_SESSION_TOKEN", CANARY.into()),
        ("GITHUB_TOKEN", CANARY.into()),
        ("DATABASE_URL", format!("postgres://ana:{CANARY}@db/school").into()),
        ("LEGACY_SETTING", format!("redis://:{CANARY}@cache").into()),
        ("STRIPE_API_KEY", CANARY.into()),
        ("SSH_AUTH_SOCK", path(root.join("agent/agent.42"))),
    ]
    .map(|(name, value): (&str, OsString)| (OsString::from(name), value))
    .to_vec()
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.neighbour.kill();
        let _ = self.neighbour.wait();
        drop(std::fs::remove_dir_all(&self.root));
    }
}
