//! What is handed out: one stripped binary with nothing to link but the C library at most, its manual and completions, an
//! archive, and a Debian package. Everything goes to `target/dist`; file times are the last commit's, so that the same
//! commit gives the same bytes.

mod build;
mod check;
mod deb;
mod stage;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest as _, Sha256};

pub(crate) use check::check;

use crate::{error::XtaskError, house::House, program};

/// What to build.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Optimised.
    pub(crate) release: bool,
    /// For this target; the best of what is installed where none is named.
    pub(crate) target: Option<String>,
}

/// What was made.
#[derive(Debug)]
pub(crate) struct Made {
    /// The files as they are installed, below a root.
    pub(crate) root: PathBuf,
    /// The Debian package.
    pub(crate) package: PathBuf,
}

/// Makes it all, and prints what and how large.
pub(crate) fn make(house: &House, plan: &Plan) -> Result<Made, XtaskError> {
    let built = build::binary(house, plan)?;
    let folder = house.target().join("dist");
    let root = folder.join("root");
    renew(&root)?;
    stage::fill(house, &built.program, &root)?;
    let needed = build::linked(&root.join("usr/bin/interlock"))?;
    let epoch = epoch(house)?;
    let version = version(house)?;
    let archive = folder.join(format!("interlock-{version}-{}.tar.gz", built.target));
    stage::archive(&root, &archive, epoch)?;
    let package = deb::package(house, &root, &folder, &version, &needed, epoch)?;
    let mut sums = String::new();
    for file in [&archive, &package] {
        let bytes = std::fs::read(file).map_err(|error| XtaskError::file(file, error))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        println!("{:>10}  {name}", size(bytes.len()));
        sums.push_str(&format!("{}  {name}\n", hex::encode(Sha256::digest(&bytes))));
    }
    write(&folder.join("SHA256SUMS"), sums.as_bytes(), 0o644)?;
    let binary = root.join("usr/bin/interlock");
    let length = std::fs::metadata(&binary).map_err(|error| XtaskError::file(&binary, error))?.len();
    let links = if needed.is_empty() { "nothing: it is static".to_owned() } else { needed.join(", ") };
    println!(
        "{:>10}  interlock ({}), linked to {links}",
        size(usize::try_from(length).unwrap_or_default()),
        built.target
    );
    println!(
        "in {}; a container: podman build -f packaging/Containerfile {}",
        folder.display(),
        folder.display()
    );
    Ok(Made { root, package })
}

/// An empty folder, whatever was there.
fn renew(folder: &Path) -> Result<(), XtaskError> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(|error| XtaskError::file(folder, error))?;
    }
    std::fs::create_dir_all(folder).map_err(|error| XtaskError::file(folder, error))
}

/// Writes a file of this mode, its folder made if need be.
fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), XtaskError> {
    use std::os::unix::fs::PermissionsExt as _;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| XtaskError::file(folder, error))?;
    }
    std::fs::write(path, bytes)
        .and_then(|()| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)))
        .map_err(|error| XtaskError::file(path, error))
}

/// Copies a file, giving it this mode.
fn copy(from: &Path, to: &Path, mode: u32) -> Result<(), XtaskError> {
    let bytes = std::fs::read(from).map_err(|error| XtaskError::file(from, error))?;
    write(to, &bytes, mode)
}

/// The time of the last commit, in seconds; of a tree without git, none.
fn epoch(house: &House) -> Result<u64, XtaskError> {
    if !house.path(".git").exists() {
        return Ok(0);
    }
    let mut git = Command::new("git");
    let said = program::output(git.current_dir(house.root()).args(["log", "-1", "--format=%ct"]))?;
    let form = |why: std::num::ParseIntError| XtaskError::Form { what: said.clone(), why: why.to_string() };
    said.trim().parse().map_err(form)
}

/// The version that all crates have.
fn version(house: &House) -> Result<String, XtaskError> {
    let path = house.path("Cargo.toml");
    let text = std::fs::read_to_string(&path).map_err(|error| XtaskError::file(&path, error))?;
    let form = |why: &str| XtaskError::Form { what: path.display().to_string(), why: why.to_owned() };
    let manifest: toml::Table = toml::from_str(&text).map_err(|error| form(&error.to_string()))?;
    let version = manifest.get("workspace").and_then(|table| table.get("package")?.get("version")?.as_str());
    version.map(str::to_owned).ok_or_else(|| form("it has no workspace version"))
}

fn size(bytes: usize) -> String {
    let tenths = bytes.saturating_mul(10) / (1024 * 1024);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}
