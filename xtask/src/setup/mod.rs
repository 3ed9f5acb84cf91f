//! What the build, the tests and the demo need beside the Rust toolchain, installed where it is missing.
//!
//! Debian packages (when root), and below the target folder a Python virtual environment with the emulator and the
//! clients, the tools that are no part of the toolchain, and the JavaScript SDK. Versions are exact and checked by hash
//! (`xtask/python/*.txt`, `xtask/npm/package-lock.json`). Terraform is in no registry that is used here: it is found or
//! it is missing. Nothing outside the target folder is written but by Debian's package manager.

mod debian;
mod node;
mod terraform;
mod venv;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use crate::{error::XtaskError, house::House, program};

/// How much is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Extent {
    /// The demo: the sandbox, the emulator and the clients.
    Demo,
    /// All tests: the test runner, the JavaScript SDK and Terraform too.
    Test,
    /// CI: the licence checker too.
    All,
}

/// What was found or installed, to be lent to the programs that are started.
#[derive(Debug)]
pub(crate) struct Tools {
    venv: PathBuf,
    node_modules: Option<PathBuf>,
    terraform_plugins: Option<PathBuf>,
}

impl Tools {
    /// The search path with the virtual environment's programs first: `python3`, `aws` and `moto_server` are the pinned
    /// ones. What the machine has of the tools was kept, so it is not shadowed.
    fn path(&self) -> OsString {
        let old = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.venv.join("bin")).chain(std::env::split_paths(&old));
        std::env::join_paths(folders).unwrap_or(old)
    }

    /// Tells a program where everything is.
    pub(crate) fn lend(&self, command: &mut Command) {
        command.env("PATH", self.path());
        command.env("INTERLOCK_PYTHON", self.venv.join("bin/python"));
        if let Some(folder) = &self.node_modules {
            command.env("INTERLOCK_NODE_MODULES", folder);
        }
        if let Some(folder) = &self.terraform_plugins {
            command.env("INTERLOCK_TF_PLUGINS", folder);
        }
    }
}

/// Installs what is missing, and says so.
pub(crate) fn run(house: &House, extent: Extent) -> Result<Tools, XtaskError> {
    let begun = Instant::now();
    debian::install(extent)?;
    let venv = venv::Venv::ready(&house.target().join("venv"))?;
    venv.install(house, "clients", "moto, boto3 and the AWS command line")?;
    let mut tools = Tools { venv: venv.folder().to_owned(), node_modules: None, terraform_plugins: None };
    if extent >= Extent::Test {
        cargo_tool(house, &venv, "nextest")?;
        tools.node_modules = Some(node::install(house, &venv)?);
        tools.terraform_plugins = terraform::find();
    }
    if extent >= Extent::All {
        cargo_tool(house, &venv, "deny")?;
    }
    println!("setup: ready ({:.1} s)", begun.elapsed().as_secs_f64());
    Ok(tools)
}

/// A cargo subcommand: the machine's own, else the pinned build. Compiled from source only where there is no build for
/// this machine, which takes minutes.
fn cargo_tool(house: &House, venv: &venv::Venv, name: &str) -> Result<(), XtaskError> {
    let program = format!("cargo-{name}");
    if program::find(&program).is_some() || venv.installed(house, name) {
        return Ok(());
    }
    let Err(unfit) = venv.install(house, name, &program) else { return Ok(()) };
    say(&format!("no build of {program} for this machine ({unfit}); compiling it, which takes minutes"));
    let mut cargo = house.cargo();
    cargo.args(["install", "--locked", "--root"]).arg(venv.folder()).arg(&program);
    program::run(&mut cargo)
}

/// Tells what is being done.
fn say(what: &str) {
    println!("setup: {what}");
}

/// Reads a file.
fn read(path: &Path) -> Result<String, XtaskError> {
    std::fs::read_to_string(path).map_err(|error| XtaskError::file(path, error))
}

/// Writes a file.
fn write(path: &Path, text: &str) -> Result<(), XtaskError> {
    std::fs::write(path, text).map_err(|error| XtaskError::file(path, error))
}

/// Makes a folder.
fn make(folder: &Path) -> Result<(), XtaskError> {
    std::fs::create_dir_all(folder).map_err(|error| XtaskError::file(folder, error))
}
