//! Where things are: the repository's root, the target folder, the tracked files.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{error::XtaskError, program};

/// The repository.
#[derive(Debug)]
pub(crate) struct House {
    root: PathBuf,
}

impl House {
    /// The one whose `cargo xtask` this is: two clones may share a target folder, and so this program.
    pub(crate) fn here() -> Self {
        let built = || PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let package = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(built, PathBuf::from);
        Self::at(package.parent().unwrap_or(Path::new(".")))
    }

    /// One at a folder.
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Its root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path below its root.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// Where builds and everything that setup installs go.
    pub(crate) fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.path("target"), |folder| self.root.join(folder))
    }

    /// `cargo`, in the root.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root);
        // What cargo told this program about itself is not meant for the builds it starts.
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy();
            if name_text.starts_with("CARGO_PKG_") || name_text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
    }

    /// Every file that is tracked or would be, relative to the root, sorted. Without git: every file but the target's.
    pub(crate) fn files(&self) -> Result<Vec<String>, XtaskError> {
        let mut files = if self.path(".git").exists() {
            let mut git = Command::new("git");
            git.current_dir(&self.root).args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ]);
            program::output(&mut git)?
                .split('\0')
                .filter(|path| !path.is_empty())
                .map(str::to_owned)
                .collect()
        } else {
            let mut found = Vec::new();
            walk(&self.root, &self.root, &mut found)?;
            found
        };
        files.retain(|path| self.path(path).is_file());
        files.sort();
        files.dedup();
        Ok(files)
    }
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) -> Result<(), XtaskError> {
    let entries = std::fs::read_dir(folder).map_err(|error| XtaskError::file(folder, error))?;
    for entry in entries {
        let path = entry.map_err(|error| XtaskError::file(folder, error))?.path();
        if path.is_dir() {
            if path != root.join("target") {
                walk(root, &path, found)?;
            }
        } else if let Ok(below) = path.strip_prefix(root) {
            found.push(below.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
