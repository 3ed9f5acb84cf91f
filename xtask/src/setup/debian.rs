//! Debian packages: installed when root, else named.

use std::process::Command;

use super::{Extent, say};
use crate::{error::XtaskError, program};

/// A program, the package that brings it, and from which extent on it is needed. A C compiler is not among them: without
/// one this program was not built.
const PROGRAMS: &[(&str, &str, Extent)] = &[
    ("bwrap", "bubblewrap", Extent::Demo),  // the sandbox of `interlock run`
    ("chromium", "chromium", Extent::Test), // the browser that the console's tests open
    ("curl", "curl", Extent::Demo),         // a client that the sandbox tests and `doctor` drive
    ("cvc5", "cvc5", Extent::Test), // the solver behind `interlock policy prove`; another process, not linked
    ("git", "git", Extent::Demo),   // which files are tracked
    ("python3", "python3", Extent::Demo), // the emulator and its clients
    ("script", "bsdutils", Extent::Demo), // a terminal for the sandbox tests
    ("ssh-keygen", "openssh-client", Extent::Demo), // signing approvals
];

/// Names a solver that stands somewhere else.
const SOLVER: &str = "CVC5";

/// Installs the packages that are missing.
pub(super) fn install(extent: Extent) -> Result<(), XtaskError> {
    let missing = missing(extent);
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
    let still = self::missing(extent);
    if still.is_empty() {
        return Ok(());
    }
    Err(XtaskError::Missing {
        what: still.join(" "),
        fix: "the packages were installed and the programs are still not on the search path".to_owned(),
    })
}

fn missing(extent: Extent) -> Vec<&'static str> {
    let there = |program: &str| {
        program::find(program).is_some() || (program == "cvc5" && std::env::var_os(SOLVER).is_some())
    };
    let absent = PROGRAMS.iter().filter(|(program, _, from)| extent >= *from && !there(program));
    let mut packages: Vec<&str> = absent.map(|(_, package, _)| *package).collect();
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
