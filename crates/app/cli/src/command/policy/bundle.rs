//! Which bundle is meant: a folder, a file, the shipped one, or the one in force.

use std::path::Path;

use interlock_daemon::PolicyFolder;
use interlock_policy::{Bundle, Candidate, PolicyFile};

use crate::{command::Global, exit::Exit, fault::Fault};

/// A bundle, and the invariants that stand beside it.
pub(super) struct Meant {
    pub(super) candidate: Candidate,
    pub(super) invariants: Vec<PolicyFile>,
}

/// The bundle of this name.
pub(super) fn meant(global: &Global, name: &Path) -> Result<Meant, Fault> {
    let (files, invariants) = match name.to_str() {
        Some("shipped") => (Bundle::shipped_files(), Vec::new()),
        Some("in-force") => {
            let files = interlock_daemon::in_force(&global.home()?)?;
            let files = files.ok_or_else(|| {
                Fault::failed("the ledger of this home kept only the digest of the bundle in force")
                    .hint("it is kept from the next `interlock policy apply` on")
            })?;
            (files, Vec::new())
        }
        _ if name.is_dir() => {
            let folder = PolicyFolder::read(name)?;
            (folder.bundle(), folder.invariants)
        }
        _ => (Bundle::files_under(&[file(name)?]), Vec::new()),
    };
    let candidate = Candidate::load(&files)
        .map_err(|error| Fault::new(Exit::BadConfig, "bad-policy", error.to_string()))?;
    Ok(Meant { candidate, invariants })
}

/// One file of rules.
pub(super) fn file(path: &Path) -> Result<PolicyFile, Fault> {
    let text = std::fs::read_to_string(path).map_err(|error| Fault::file(path, &error))?;
    Ok(PolicyFile::new(path.file_name().unwrap_or_default().to_string_lossy(), text))
}
