//! Whether this machine can confine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The oldest bubblewrap that is used: the first with `--disable-userns`.
const OLDEST: (u32, u32) = (0, 8);

/// Where distributions install it; tried before `PATH`.
const PLACES: &[&str] = &["/usr/bin", "/usr/local/bin", "/bin", "/run/current-system/sw/bin"];

/// A sandbox that was tried and works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sandbox {
    pub(crate) program: PathBuf,
    /// bubblewrap's version, as it says it.
    pub version: String,
}

/// Why this machine cannot confine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// No seccomp filter is written for this processor.
    #[error("no sandbox for the processor architecture `{0}`")]
    Architecture(&'static str),
    /// There is no `bwrap`.
    #[error("`bwrap` is not installed")]
    Bubblewrap,
    /// It is too old, or its version cannot be read.
    #[error("`bwrap` is too old: it says `{0}`, and 0.8 is needed")]
    Old(String),
    /// It is there and cannot make a sandbox.
    #[error("`bwrap` cannot make a sandbox: {said}")]
    Namespaces {
        /// What bubblewrap said.
        said: String,
        /// What stands in the way, as far as the kernel's settings tell.
        obstacle: Obstacle,
    },
}

/// What stands in the way of a user namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// `user.max_user_namespaces` is zero.
    Limit,
    /// `kernel.unprivileged_userns_clone` is zero (older Debian).
    Clone,
    /// `kernel.apparmor_restrict_unprivileged_userns` is set (Ubuntu from 23.10 on).
    AppArmor,
    /// Another thing: most often a container without the right to make namespaces, or a session confined already.
    Unknown,
}

impl Missing {
    /// What to do about it, in a sentence.
    pub fn fix(&self) -> &'static str {
        match self {
            Self::Architecture(_) => "run the agent on an x86_64 or aarch64 machine",
            Self::Bubblewrap => "install the package `bubblewrap` (`apt install bubblewrap`)",
            Self::Old(_) => "install bubblewrap 0.8 or later (Debian 12, Ubuntu 24.04)",
            Self::Namespaces { obstacle, .. } => match obstacle {
                Obstacle::Limit => "allow user namespaces: `sysctl user.max_user_namespaces=10000`",
                Obstacle::Clone => "allow user namespaces: `sysctl kernel.unprivileged_userns_clone=1`",
                Obstacle::AppArmor => {
                    "give bwrap an AppArmor profile with `userns,` (package `apparmor-profiles`, profile `bwrap-userns-restrict`)"
                }
                Obstacle::Unknown => {
                    "run it where user namespaces and mounts are allowed: not inside a container without them, and not inside another confined session"
                }
            },
        }
    }
}

/// Looks for bubblewrap and tries it.
pub fn check() -> Result<Sandbox, Missing> {
    if !crate::seccomp::SUPPORTED {
        return Err(Missing::Architecture(std::env::consts::ARCH));
    }
    let program = find().ok_or(Missing::Bubblewrap)?;
    let said = Command::new(&program).arg("--version").stdin(Stdio::null()).output().ok();
    let said =
        said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let version = said.rsplit(' ').next().unwrap_or_default().to_owned();
    if parse_version(&version).is_none_or(|found| found < OLDEST) {
        return Err(Missing::Old(said));
    }
    attempt(&program).map_err(|said| Missing::Namespaces { said, obstacle: obstacle(setting) })?;
    Ok(Sandbox { program, version })
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = PLACES.iter().map(PathBuf::from).chain(std::env::split_paths(&path));
    places.map(|place| place.join("bwrap")).find(|program| program.is_absolute() && program.is_file())
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Makes the smallest sandbox that uses every kind of thing that a real one needs.
fn attempt(program: &Path) -> Result<(), String> {
    let output = Command::new(program)
        .args([
            "--unshare-all",
            "--unshare-user",
            "--disable-userns",
            "--die-with-parent",
            "--cap-drop",
            "ALL",
        ])
        .args([
            "--ro-bind",
            "/",
            "/",
            "--dev",
            "/dev",
            "--proc",
            "/proc",
            "--remount-ro",
            "/proc",
            "--tmpfs",
            "/tmp",
        ])
        .args(["--", "/bin/sh", "-c", ":"])
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(if said.is_empty() { output.status.to_string() } else { said })
}

fn setting(name: &str) -> Option<u64> {
    std::fs::read_to_string(format!("/proc/sys/{name}")).ok()?.trim().parse().ok()
}

/// What the kernel's settings tell.
fn obstacle(setting: impl Fn(&str) -> Option<u64>) -> Obstacle {
    if setting("user/max_user_namespaces") == Some(0) {
        Obstacle::Limit
    } else if setting("kernel/unprivileged_userns_clone") == Some(0) {
        Obstacle::Clone
    } else if setting("kernel/apparmor_restrict_unprivileged_userns") == Some(1) {
        Obstacle::AppArmor
    } else {
        Obstacle::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(parse_version("0.8.0").unwrap() >= OLDEST);
        assert!(parse_version("0.11.0").unwrap() >= OLDEST);
        assert!(parse_version("0.4.1").unwrap() < OLDEST);
        assert_eq!(parse_version("none"), None);
    }

    #[test]
    fn each_obstacle_is_told_by_its_setting() {
        let only = |wanted: &'static str, value| move |name: &str| (name == wanted).then_some(value);
        assert_eq!(obstacle(only("user/max_user_namespaces", 0)), Obstacle::Limit);
        assert_eq!(obstacle(only("kernel/unprivileged_userns_clone", 0)), Obstacle::Clone);
        assert_eq!(obstacle(only("kernel/apparmor_restrict_unprivileged_userns", 1)), Obstacle::AppArmor);
        assert_eq!(obstacle(|_| None), Obstacle::Unknown);
    }
}
