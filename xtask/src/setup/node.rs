//! The AWS SDK for JavaScript v3: one of the clients that the tests drive. It ignores proxy variables, so it is the one
//! that comes in by the endpoint door. And what drives the browser that the console's tests open.

use std::{ffi::OsString, path::PathBuf, process::Command};

use super::{make, read, say, venv::Venv, write};
use crate::{error::XtaskError, house::House, program};

/// The oldest Node that the SDK runs on.
const OLDEST: u32 = 20;

/// Installs it; its `node_modules`.
pub(super) fn install(house: &House, venv: &Venv) -> Result<PathBuf, XtaskError> {
    // Debian 12's own Node is too old. The Python package brings a whole one.
    if !recent_enough() || program::find("npm").is_none() {
        venv.install(house, "node", "Node.js")?;
    }
    let folder = house.target().join("npm");
    let modules = folder.join("node_modules");
    let lock = read(&house.path("xtask/npm/package-lock.json"))?;
    let stamp = folder.join("installed-lock.json");
    if modules.is_dir() && read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(modules);
    }
    say("installing the AWS SDK for JavaScript v3, and what drives a browser");
    make(&folder)?;
    write(&folder.join("package.json"), &read(&house.path("xtask/npm/package.json"))?)?;
    write(&folder.join("package-lock.json"), &lock)?;
    let path = search_path(venv);
    let npm = if venv.installed(house, "node") { venv.program("npm") } else { "npm".into() };
    let mut command = Command::new(npm);
    command.current_dir(&folder).env("PATH", path);
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    program::output(&mut command)?;
    write(&stamp, &lock)?;
    Ok(modules)
}

fn recent_enough() -> bool {
    let version = program::output(Command::new("node").arg("--version")).unwrap_or_default();
    let major =
        version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major >= OLDEST)
}

fn search_path(venv: &Venv) -> OsString {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(venv.folder().join("bin")).chain(std::env::split_paths(&old));
    std::env::join_paths(folders).unwrap_or(old)
}
