//! The Debian package, by `dpkg-deb` and four files of ours: there is one binary in it, and nothing that a larger tool would
//! find out better.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::{build, renew, write};
use crate::{error::XtaskError, house::House, program};

/// Makes it.
pub(super) fn package(
    house: &House,
    root: &Path,
    folder: &Path,
    version: &str,
    needed: &[String],
    epoch: u64,
) -> Result<PathBuf, XtaskError> {
    let tree = folder.join("debian");
    renew(&tree)?;
    program::run(
        Command::new("cp").args(["--recursive", "--preserve=mode"]).arg(root.join("usr")).arg(&tree),
    )?;
    let architecture = program::output(Command::new("dpkg").arg("--print-architecture"))?.trim().to_owned();
    let control = house.path("packaging/debian/control");
    let text = std::fs::read_to_string(&control).map_err(|error| XtaskError::file(&control, error))?;
    let text = text
        .replace("@VERSION@", version)
        .replace("@ARCHITECTURE@", &architecture)
        .replace("@SIZE@", &kibibytes(root)?)
        .replace("@DEPENDS@", &depends(&root.join("usr/bin/interlock"), needed)?);
    write(&tree.join("DEBIAN/control"), text.as_bytes(), 0o644)?;
    for script in ["postinst", "prerm", "postrm"] {
        super::copy(
            &house.path(&format!("packaging/debian/{script}")),
            &tree.join("DEBIAN").join(script),
            0o755,
        )?;
    }
    let sums = program::output(
        Command::new("sh")
            .current_dir(&tree)
            .args(["-c", "find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum"]),
    )?;
    write(&tree.join("DEBIAN/md5sums"), sums.as_bytes(), 0o644)?;
    let package = folder.join(format!("interlock_{version}_{architecture}.deb"));
    let mut build = Command::new("dpkg-deb");
    build.args(["--root-owner-group", "-Zxz", "--build"]).arg(&tree).arg(&package);
    program::output(build.env("SOURCE_DATE_EPOCH", epoch.to_string()))?;
    Ok(package)
}

/// What the binary and the scripts need.
fn depends(binary: &Path, needed: &[String]) -> Result<String, XtaskError> {
    let mut list = vec!["systemd | systemd-standalone-sysusers | adduser".to_owned()];
    if !needed.is_empty() {
        let version = build::libc_version(binary)?;
        list.push(version.map_or("libc6".to_owned(), |version| format!("libc6 (>= {version})")));
    }
    if needed.iter().any(|name| name.starts_with("libgcc_s")) {
        list.push("libgcc-s1".to_owned());
    }
    Ok(list.join(", "))
}

fn kibibytes(root: &Path) -> Result<String, XtaskError> {
    let said = program::output(
        Command::new("du").args(["--summarize", "--apparent-size", "--block-size=1024"]).arg(root),
    )?;
    Ok(said.split_whitespace().next().unwrap_or("0").to_owned())
}
