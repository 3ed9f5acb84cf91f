//! The files as they stand once they are installed.

use std::{path::Path, process::Command};

use super::{copy, write};
use crate::{error::XtaskError, house::House, program};

/// Where each shell looks for completions that a package brings.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "usr/share/bash-completion/completions/interlock"),
    ("zsh", "usr/share/zsh/vendor-completions/_interlock"),
    ("fish", "usr/share/fish/vendor_completions.d/interlock.fish"),
];

/// Files of the repository and where they go.
const FILES: [(&str, &str); 5] = [
    ("packaging/systemd/interlock.service", "usr/lib/systemd/system/interlock.service"),
    ("packaging/systemd/interlock.sysusers", "usr/lib/sysusers.d/interlock.conf"),
    ("packaging/debian/README.Debian", "usr/share/doc/interlock/README.Debian"),
    ("packaging/debian/copyright", "usr/share/doc/interlock/copyright"),
    ("docs/operations.md", "usr/share/doc/interlock/operations.md"),
];

/// Fills an empty root.
pub(super) fn fill(house: &House, built: &Path, root: &Path) -> Result<(), XtaskError> {
    let binary = root.join("usr/bin/interlock");
    copy(built, &binary, 0o755)?;
    // Manual and completions come from the program itself, so that they cannot be another version's.
    let pages = root.join("man");
    program::output(Command::new(&binary).arg("man").arg(&pages))?;
    let manual = root.join("usr/share/man/man1");
    for page in std::fs::read_dir(&pages).map_err(|error| XtaskError::file(&pages, error))? {
        let page = page.map_err(|error| XtaskError::file(&pages, error))?.path();
        let to = manual.join(page.file_name().unwrap_or_default());
        copy(&page, &to, 0o644)?;
        program::run(Command::new("gzip").args(["--best", "--no-name"]).arg(&to))?;
    }
    std::fs::remove_dir_all(&pages).map_err(|error| XtaskError::file(&pages, error))?;
    for (shell, path) in COMPLETIONS {
        let script = program::output(Command::new(&binary).args(["completions", shell]))?;
        write(&root.join(path), script.as_bytes(), 0o644)?;
    }
    for (from, to) in FILES {
        copy(&house.path(from), &root.join(to), 0o644)?;
    }
    let log = root.join("usr/share/doc/interlock/changelog");
    copy(&house.path("CHANGELOG.md"), &log, 0o644)?;
    program::run(Command::new("gzip").args(["--best", "--no-name"]).arg(&log))?;
    program::run(Command::new("strip").arg("--strip-all").arg(&binary))
}

/// The archive for machines without Debian's package manager.
pub(super) fn archive(root: &Path, to: &Path, epoch: u64) -> Result<(), XtaskError> {
    let mut tar = Command::new("tar");
    tar.args(["--create", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
        // Without the name and the time that gzip would write into its head.
        .arg("--use-compress-program=gzip --best --no-name")
        .arg(format!("--mtime=@{epoch}"))
        .arg("--file")
        .arg(to)
        .arg("--directory")
        .arg(root)
        .arg("--transform=s,^usr,interlock,")
        .arg("usr");
    program::run(&mut tar)
}
