//! A cell: a sandbox for a program that is run for an agent, by code that the agent wrote, and that needs next to nothing.
//!
//! Where a [`Confinement`](crate::Confinement) leaves out of a machine what an agent must not see, a cell is empty, and holds
//! what is named: the system's own programs and libraries, what is bound, an environment of its own, and doors. Nobody's home is
//! in it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::confinement::Door;
use crate::options::Options;
use crate::run::{Running, Start, relay_words};
use crate::{ConfineError, Ended, Sandbox, doors};

/// The system's programs and libraries.
const SYSTEM: [&str; 7] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/// What programs need to know of the system, and everybody may.
const SETTINGS: [&str; 9] = [
    "alternatives",
    "ca-certificates",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "nsswitch.conf",
    "ssl",
];

/// What is in a cell.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Files and folders that can be read: where they are outside, and where inside.
    pub readable: Vec<(PathBuf, PathBuf)>,
    /// Folders that can be written, in the same way.
    pub writable: Vec<(PathBuf, PathBuf)>,
    /// Where the command runs, inside.
    pub workdir: PathBuf,
    /// The whole environment.
    pub environment: BTreeMap<String, String>,
    /// The ways out. None means no network at all.
    pub doors: Vec<Door>,
    /// A file of CA certificates, readable inside at [`CA_BUNDLE`](crate::CA_BUNDLE).
    pub ca_bundle: Option<PathBuf>,
    /// The program that runs inside before the command, called as `PROGRAM __relay …`: the `interlock` binary.
    pub relay_program: PathBuf,
}

/// A cell in which a command runs. It ends with this value, and with the thread that started it.
pub struct Occupied(Running);

impl Cell {
    /// Runs a command in it, without input; what it says is read from [`Occupied::output`].
    pub fn start(&self, sandbox: &Sandbox, command: &[OsString]) -> Result<Occupied, ConfineError> {
        if command.is_empty() {
            return Err(ConfineError::NoCommand);
        }
        let (options, doors) = self.options()?;
        let mut variables: Vec<(OsString, OsString)> =
            vec![("TMPDIR".into(), "/tmp".into()), ("HOME".into(), "/tmp".into())];
        variables.extend(self.environment.iter().map(|(name, value)| (name.into(), value.into())));
        let start = Start {
            options: &options.0,
            variables,
            words: relay_words(&doors, command),
            input: Stdio::null(),
            output: Stdio::piped(),
            errors: Stdio::piped(),
        };
        Running::start(sandbox, start).map(Occupied)
    }

    fn options(&self) -> Result<(Options, Vec<OsString>), ConfineError> {
        let mut options = Options::default();
        options.namespaces();
        options.kernel();
        options.empty("1777", Path::new("/tmp"));
        for place in SYSTEM.iter().map(Path::new) {
            match std::fs::read_link(place) {
                Ok(target) => options.push([OsStr::new("--symlink"), target.as_os_str(), place.as_os_str()]),
                Err(_) => options.bind("--ro-bind-try", place, place),
            }
        }
        let settings = Path::new("/etc");
        options.directory(settings);
        SETTINGS.iter().map(|name| settings.join(name)).for_each(|path| {
            options.bind("--ro-bind-try", &path, &path);
        });
        for (outside, inside) in &self.readable {
            options.bind("--ro-bind", outside, inside);
        }
        for (outside, inside) in &self.writable {
            options.bind("--bind", outside, inside);
        }
        let doors = doors::open(&mut options, &self.doors, self.ca_bundle.as_deref(), &self.relay_program)?;
        // INVARIANT: last, because mount points are made on it until here.
        options.push(["--remount-ro", "/"]);
        options.push([OsStr::new("--chdir"), self.workdir.as_os_str()]);
        Ok((options, doors))
    }
}

impl Occupied {
    /// What it writes to its standard output, and to that for errors; once.
    pub fn output(&mut self) -> (Option<impl Read + Send + use<>>, Option<impl Read + Send + use<>>) {
        (self.0.child.stdout.take(), self.0.child.stderr.take())
    }

    /// Ends it at once, with all that runs in it.
    pub fn end(&mut self) {
        let _ = self.0.child.kill();
    }

    /// Asks it to stop by itself: Terraform then ends what it has begun and writes its state.
    pub fn interrupt(&self) {
        crate::run::forward(&self.0.status, signal_hook::consts::SIGINT);
    }

    /// Waits until it has ended.
    pub fn wait(&mut self) -> Result<Ended, ConfineError> {
        self.0.wait()
    }
}

impl Drop for Occupied {
    fn drop(&mut self) {
        self.end();
        let _ = self.0.child.wait();
    }
}
