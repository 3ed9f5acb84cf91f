//! What a confined command may reach.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use crate::lures::Lure;

/// The directory inside the sandbox that holds the relay, the doors and the CA bundle.
pub const INSIDE: &str = "/run/interlock";
/// The relay program inside; also what a hook inside calls as `interlock`.
pub const RELAY: &str = "/run/interlock/interlock";
/// Where [`Confinement::shims`] stand inside.
pub const SHIMS: &str = "/run/interlock/bin";
/// Where [`Confinement::ca_bundle`] is found inside.
pub const CA_BUNDLE: &str = "/run/interlock/ca-bundle.pem";
/// The port inside at which the AWS CONNECT proxy answers, by default. Below the range that clients take as their own.
pub const PROXY_PORT: u16 = 17_100;
/// The port inside at which the endpoint door answers, by default.
pub const ENDPOINT_PORT: u16 = 17_101;

/// A way out of the sandbox: a loopback port inside, piped to a unix socket of the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// The port on 127.0.0.1 (and `::1`) inside.
    pub port: u16,
    /// The socket outside.
    pub socket: PathBuf,
    /// What of it is bound into the sandbox.
    pub source: DoorSource,
}

/// What is bound into the sandbox for a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoorSource {
    /// The socket alone. A daemon that restarts makes a new socket, which a running sandbox does not see.
    Socket,
    /// The directory it stands in, so that a restarted daemon is found again. Only for a directory that holds nothing
    /// but doors for agents: the command can reach everything in it.
    Directory,
}

impl Door {
    /// A door to this socket alone.
    pub fn new(port: u16, socket: impl Into<PathBuf>) -> Self {
        Self { port, socket: socket.into(), source: DoorSource::Socket }
    }

    /// A door to this socket, and to whatever replaces it in its directory.
    pub fn in_directory(port: u16, socket: impl Into<PathBuf>) -> Self {
        Self { port, socket: socket.into(), source: DoorSource::Directory }
    }
}

/// What a confined command may reach. Paths need not be canonical; every link in them is resolved before it is judged.
#[derive(Clone)]
pub struct Confinement {
    /// The user's home directory.
    pub home: PathBuf,
    /// Interlock's own home: never visible inside.
    pub interlock_home: PathBuf,
    /// Where the command runs; writable.
    pub workdir: PathBuf,
    /// More files and directories that are writable (an agent's own settings). They must exist.
    pub writable: Vec<PathBuf>,
    /// Files and directories that are readable although they stand where everything is private inside, such as a tool's
    /// folder below `/tmp`. They must exist.
    pub readable: Vec<PathBuf>,
    /// More places to leave out, besides the built-in list.
    pub masked: Vec<PathBuf>,
    /// Files with private keys of people: never visible inside, and never in what is opened up.
    pub keys: Vec<PathBuf>,
    /// Places of the built-in list of a home to show all the same (`~/.npmrc`), each by exactly the name it has there. Never
    /// Interlock's own home or `~/.aws`.
    pub shown: Vec<PathBuf>,
    /// The ways out. None means no network at all.
    pub doors: Vec<Door>,
    /// Variables to set inside, over everything inherited.
    pub environment: BTreeMap<String, String>,
    /// The caller's own environment, before filtering.
    pub inherited: Vec<(OsString, OsString)>,
    /// Names that the filter for secrets lets through although their name or value looks secret (`ANTHROPIC_API_KEY`);
    /// what such a variable points at is not masked for that reason.
    /// `AWS_…` and `INTERLOCK_…` are never let through.
    pub keep: BTreeSet<String>,
    /// A file of CA certificates, readable inside at [`CA_BUNDLE`].
    pub ca_bundle: Option<PathBuf>,
    /// What stands inside for what is left out.
    pub(crate) lures: Vec<Lure>,
    /// Names by which the relay program is found in [`SHIMS`], which stands first on the path.
    pub shims: Vec<String>,
    /// The program that runs inside before the command, called as `PROGRAM __relay …`: the `interlock` binary.
    pub relay_program: PathBuf,
}

impl Confinement {
    /// No doors, nothing writable but the work directory, this process's environment.
    pub fn new(
        home: impl Into<PathBuf>,
        interlock_home: impl Into<PathBuf>,
        workdir: impl Into<PathBuf>,
        relay_program: impl Into<PathBuf>,
    ) -> Self {
        Self {
            home: home.into(),
            interlock_home: interlock_home.into(),
            workdir: workdir.into(),
            writable: Vec::new(),
            readable: Vec::new(),
            masked: Vec::new(),
            keys: Vec::new(),
            shown: Vec::new(),
            doors: Vec::new(),
            environment: BTreeMap::new(),
            inherited: std::env::vars_os().collect(),
            keep: BTreeSet::new(),
            ca_bundle: None,
            lures: Vec::new(),
            shims: Vec::new(),
            relay_program: relay_program.into(),
        }
    }

    /// A variable of the caller's environment.
    pub(crate) fn inherited(&self, name: &str) -> Option<&OsString> {
        self.inherited.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

impl fmt::Debug for Confinement {
    /// Without the environments: they hold keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confinement")
            .field("home", &self.home)
            .field("interlock_home", &self.interlock_home)
            .field("workdir", &self.workdir)
            .field("writable", &self.writable)
            .field("readable", &self.readable)
            .field("masked", &self.masked)
            .field("keys", &self.keys)
            .field("shown", &self.shown)
            .field("doors", &self.doors)
            .field("ca_bundle", &self.ca_bundle)
            .field("relay_program", &self.relay_program)
            .finish_non_exhaustive()
    }
}
