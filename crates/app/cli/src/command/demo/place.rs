//! Where the demo stands: one temporary folder that holds the home, the people's keys and the agent's work.

use std::{
    ffi::{OsStr, OsString},
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use crate::fault::Fault;

/// The agent's program.
const AGENT: &str = include_str!("agent.py");
/// The school's Terraform folder.
const TERRAFORM: &str = include_str!("main.tf");
/// The region of everything.
pub(super) const REGION: &str = "us-east-1";
/// Beginnings of variables that would point the demo's programs at something real, or set them up otherwise.
const CLEARED: [&str; 5] = ["AWS_", "BOTO", "INTERLOCK_", "MOTO_", "TF_"];
const PROXIES: [&str; 4] = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];

/// The folder, and the programs that are used.
#[derive(Clone, Debug)]
pub(super) struct Place {
    root: PathBuf,
    python: OsString,
    interlock: PathBuf,
}

impl Place {
    /// Makes the folder, with what the agent works with.
    pub(super) fn new() -> Result<Self, Fault> {
        let interlock = std::env::current_exe();
        let interlock = interlock.map_err(|error| Fault::failed(format!("no path to itself: {error}")))?;
        let named = std::env::var_os("INTERLOCK_PYTHON").filter(|name| !name.is_empty());
        // A name is looked for on the path; a path must hold from another working directory too.
        let python = match named {
            Some(name) if Path::new(&name).components().count() > 1 => {
                std::path::absolute(&name).map_err(|error| Fault::file(Path::new(&name), &error))?.into()
            }
            Some(name) => name,
            None => "python3".into(),
        };
        let place = Self { root: folder()?, python, interlock };
        for folder in [place.keys(), place.work()] {
            DirBuilder::new().mode(0o700).create(&folder).map_err(|error| Fault::file(&folder, &error))?;
        }
        place.write("work/agent.py", AGENT)?;
        place.write("work/main.tf", TERRAFORM)?;
        Ok(place)
    }

    /// The folder itself.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }
    /// Interlock's home.
    pub(super) fn home(&self) -> PathBuf {
        self.root.join("home")
    }
    /// The people's keys.
    pub(super) fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }
    /// A person's private key.
    pub(super) fn key(&self, person: &str) -> PathBuf {
        self.keys().join(person)
    }
    /// Where the agent works: the school's Terraform folder.
    pub(super) fn work(&self) -> PathBuf {
        self.root.join("work")
    }
    /// The Python of the emulator and of the agent.
    pub(super) fn python(&self) -> &OsStr {
        &self.python
    }

    /// The folder of a Python that the agent would not see in the sandbox.
    pub(super) fn hidden_tools(&self) -> Option<&Path> {
        let folder = Path::new(&self.python).parent()?.parent()?;
        interlock_confine::is_private(folder).then_some(folder)
    }

    /// Writes a file in it.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Fault> {
        let path = self.root.join(name);
        std::fs::write(&path, text).map_err(|error| Fault::file(&path, &error))?;
        Ok(path)
    }

    /// A command that sees no real account: every setting of a cloud client is cleared, so that nothing of it could reach
    /// anything but the emulator.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let foreign = |name: &str| {
            CLEARED.iter().any(|start| name.starts_with(start))
                || PROXIES.iter().any(|proxy| name.eq_ignore_ascii_case(proxy))
        };
        for (name, _) in std::env::vars_os().filter(|(name, _)| foreign(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        command.envs([
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]);
        command.envs([("AWS_CONFIG_FILE", "/dev/null"), ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")]);
        command
    }

    /// This same program, on the demo's home.
    pub(super) fn interlock(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&self.interlock);
        command.arg("--home").arg(self.home()).args(arguments);
        command
    }

    /// A command line for people, as they would type it here.
    pub(super) fn typed(&self, arguments: &str) -> String {
        let here = std::env::current_dir().ok();
        let below = here.as_deref().and_then(|here| self.interlock.strip_prefix(here).ok());
        let program = match below {
            Some(path) if path.components().count() == 1 => format!("./{}", path.display()),
            Some(path) => path.display().to_string(),
            None if found(OsStr::new("interlock")).as_ref() == Some(&self.interlock) => {
                "interlock".to_owned()
            }
            None => self.interlock.display().to_string(),
        };
        format!("{program} --home {} {arguments}", self.home().display())
    }
}

/// A new folder that only this user can look into.
fn folder() -> Result<PathBuf, Fault> {
    let within = std::env::temp_dir();
    let mut tried = 0_u32;
    loop {
        let path = within.join(format!("interlock-demo-{}-{tried}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && tried < 100 => tried += 1,
            Err(error) => return Err(Fault::file(&path, &error)),
        }
    }
}

/// A program on the search path.
pub(super) fn found(program: &OsStr) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}
