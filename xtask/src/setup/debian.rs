//! Debian packages: installed when root, else named.

use std::process::Command;

use super::say;
use crate::{error::XtaskError, program};

/// A program, and the package that brings it. A C compiler is not among them: without one this program was not built.
const PROGRAMS: &[(&str, &str)] = &[
    ("bwrap", "bubblewrap"),          // the sandbox of `interlock run`
    ("curl", "curl"),                 // a client that the sandbox tests and `doctor` drive
    ("git", "git"),                   // which files are tracked
    ("python3", "python3"),           // the emulator and its clients
    ("script", "bsdutils"),           // a terminal for the sandbox tests
    ("ssh-keygen", "openssh-client"), // signing approvals
];

/// Installs the packages that are missing.
pub(super) fn install() -> Result<(), XtaskError> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    let root = program::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !root || program::find("apt-get").is_none() {
        return Err(XtaskError::Missing {
            what: list.clone(),
            fix: format!("on Debian and its kin: sudo apt-get install {list}"),
        });
    }
    say(&format!("installing Debian packages: {list}"));
    program::output(apt().arg("update"))?;
    program::output(apt().args(["install", "--yes", "--no-install-recommends"]).args(&missing))?;
    let still = self::missing();
    if still.is_empty() {
        return Ok(());
    }
    Err(XtaskError::Missing {
        what: still.join(" "),
        fix: "the packages were installed and the programs are still not on the search path".to_owned(),
    })
}

fn missing() -> Vec<&'static str> {
    let absent = PROGRAMS.iter().filter(|(program, _)| program::find(program).is_none());
    let mut packages: Vec<&str> = absent.map(|(_, package)| *package).collect();
    // Debian ships Python without the module that makes virtual environments.
    if !program::succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"])) {
        packages.push("python3-venv");
    }
    packages
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet");
    command
}
