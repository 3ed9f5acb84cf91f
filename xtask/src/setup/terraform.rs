//! Terraform and the AWS provider: found, or said to be missing. No registry that is used here has them.

use std::path::{Path, PathBuf};

use super::say;
use crate::program;

/// Names the folder of providers where it is none of the usual ones.
const VARIABLE: &str = "INTERLOCK_TF_PLUGINS";

/// The folder of unpacked providers that has the AWS one, as `terraform init -plugin-dir` takes it.
pub(super) fn find() -> Option<PathBuf> {
    if program::find("terraform").is_none() {
        say("MISSING: terraform. Its tests are skipped here, and fail in CI; install it from its makers");
        return None;
    }
    let found = std::env::var_os(VARIABLE)
        .map(PathBuf::from)
        .into_iter()
        .chain(usual())
        .find(|folder| has_aws(folder));
    if found.is_none() {
        say(&format!(
            "MISSING: Terraform's AWS provider in a local folder. Its tests are skipped here, and fail in CI; mirror \
             hashicorp/aws with `terraform providers mirror FOLDER` and set {VARIABLE}=FOLDER"
        ));
    }
    found
}

/// Terraform's implied local mirrors, and any folder of `/opt`, where packaged mirrors usually stand.
fn usual() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    if let Some(home) = std::env::var_os("HOME").map(PathBuf::from) {
        folders.push(home.join(".terraform.d/plugins"));
        folders.push(home.join(".local/share/terraform/plugins"));
    }
    folders.extend(["/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"].map(PathBuf::from));
    folders.extend(below(Path::new("/opt")));
    folders
}

/// Whether a provider `HOST/hashicorp/aws/VERSION` lies in it.
fn has_aws(folder: &Path) -> bool {
    below(folder).iter().any(|host| !below(&host.join("hashicorp/aws")).is_empty())
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.sort();
    found
}
