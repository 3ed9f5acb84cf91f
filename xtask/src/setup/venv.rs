//! A Python virtual environment in the target folder, and what is installed in it by exact version and hash.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::{make, read, say, write};
use crate::{error::XtaskError, house::House, program};

/// The oldest Python that the pinned packages run on.
const OLDEST: &str = "3.11";

/// The virtual environment.
#[derive(Debug)]
pub(super) struct Venv {
    folder: PathBuf,
}

impl Venv {
    /// The one in this folder; made anew where it is missing or its Python is gone.
    pub(super) fn ready(folder: &Path) -> Result<Self, XtaskError> {
        let venv = Self { folder: folder.to_owned() };
        if program::succeeds(venv.python().args(["-c", "import pip"])) {
            return Ok(venv);
        }
        let new_enough = format!("import sys; sys.exit(sys.version_info < ({}))", OLDEST.replace('.', ", "));
        if !program::succeeds(Command::new("python3").args(["-c", &new_enough])) {
            return Err(XtaskError::Missing {
                what: format!("Python {OLDEST} or newer"),
                fix: "the emulator and the clients need it; put a newer `python3` first on the search path"
                    .to_owned(),
            });
        }
        say("making a Python virtual environment");
        program::output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
        Ok(venv)
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// One of its programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    fn python(&self) -> Command {
        Command::new(self.program("python"))
    }

    /// Whether it has exactly what `xtask/python/NAME.txt` asks for.
    pub(super) fn installed(&self, house: &House, name: &str) -> bool {
        let wanted = read(&requirements(house, name)).ok();
        wanted.is_some() && wanted == read(&self.stamp(name)).ok()
    }

    /// Installs what `xtask/python/NAME.txt` asks for, unless it is there.
    pub(super) fn install(&self, house: &House, name: &str, what: &str) -> Result<(), XtaskError> {
        if self.installed(house, name) {
            return Ok(());
        }
        say(&format!("installing {what} into the virtual environment"));
        let file = requirements(house, name);
        let mut pip = self.python();
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]);
        program::output(pip.arg("--prefer-binary").arg("--requirement").arg(&file))?;
        let stamp = self.stamp(name);
        make(stamp.parent().unwrap_or(&self.folder))?;
        write(&stamp, &read(&file)?)
    }

    /// A copy of the requirements that were installed last. It lies inside, so that it goes with the environment.
    fn stamp(&self, name: &str) -> PathBuf {
        self.folder.join("interlock").join(format!("{name}.txt"))
    }
}

fn requirements(house: &House, name: &str) -> PathBuf {
    house.path(&format!("xtask/python/{name}.txt"))
}
