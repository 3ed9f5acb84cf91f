//! The work directory, as it is sent to the gate.

use std::path::Path;

use crate::{
    fault::Fault,
    output::{tell, visible},
};

/// Files that are larger are no part of a configuration that is sent.
const LARGEST: u64 = 256 * 1024 * 1024;

/// Everything below the root, without what is Terraform's or Git's own. Of states only those beside the configuration: the gate
/// says what they are, and takes none.
pub(super) fn pack(root: &Path, folder: &Path) -> Result<Vec<u8>, Fault> {
    let mut archive = tar::Builder::new(Vec::new());
    archive.follow_symlinks(false);
    let mut left = LARGEST;
    let mut open = vec![root.to_owned()];
    while let Some(next) = open.pop() {
        let fault = |error: std::io::Error| Fault::file(&next, &error);
        for entry in std::fs::read_dir(&next).map_err(fault)? {
            let path = entry.map_err(fault)?.path();
            let fault = |error: std::io::Error| Fault::file(&path, &error);
            let found = path.symlink_metadata().map_err(fault)?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let within = path.strip_prefix(root).unwrap_or(&path);
            if found.is_dir() {
                // Packages beside the configuration are what it deploys; elsewhere they are somebody else's.
                let others = name == "node_modules" && !path.starts_with(folder);
                if others {
                    let within = visible(&within.display().to_string());
                    tell(&format!("interlock: `{within}` is left out of what is planned"));
                }
                if !(others || name == ".git" || within.ends_with(".terraform/providers")) {
                    open.push(path);
                }
            } else if name.contains(".tfstate") && path.parent() != Some(folder) {
                // Another folder's state.
            } else if found.is_file() || found.is_symlink() {
                left = left.checked_sub(found.len()).ok_or_else(|| {
                    Fault::failed(format!(
                        "`{}` is too large to be planned: {LARGEST} bytes are taken",
                        root.display()
                    ))
                    .hint("run it in the folder of the configuration alone")
                })?;
                archive.append_path_with_name(&path, within).map_err(fault)?;
            }
        }
    }
    archive.into_inner().map_err(|error| Fault::failed(error.to_string()))
}

/// Nothing, where no configuration is needed.
pub(super) fn empty() -> Result<Vec<u8>, Fault> {
    tar::Builder::new(Vec::new()).into_inner().map_err(|error| Fault::failed(error.to_string()))
}
