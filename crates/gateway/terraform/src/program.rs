//! Terraform itself, and the mirror that its providers come from.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use interlock_action::Digest;
use sha2::{Digest as _, Sha256};

/// Where the gate's own things stand inside a cell.
pub(crate) const INSIDE: &str = "/run/interlock-terraform";

/// Terraform or OpenTofu, on this machine.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    mirror: Option<PathBuf>,
    digests: Mutex<BTreeMap<Seen, Digest>>,
}

/// A file as it was when it was digested: what is replaced or written is digested anew.
type Seen = (PathBuf, u64, u64, i64, i64);

/// Folders where unpacked providers usually stand.
const MIRRORS: [&str; 3] =
    ["/opt/tf-plugins", "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"];

impl Program {
    /// This program, with its providers from this folder.
    pub fn new(path: PathBuf, mirror: Option<PathBuf>) -> Self {
        // Links into it lead where it really is.
        let mirror = mirror.map(|mirror| mirror.canonicalize().unwrap_or(mirror));
        Self { path, mirror, digests: Mutex::default() }
    }

    /// What stands on the path and in the usual folders.
    pub fn found() -> Option<Self> {
        let paths = std::env::var_os("PATH")?;
        let programs = ["terraform", "tofu"];
        let mut all = std::env::split_paths(&paths)
            .flat_map(|folder| programs.map(|name| folder.join(name)))
            .filter(|path| path.is_file());
        let path = all.next()?.canonicalize().ok()?;
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".terraform.d/plugins"));
        let mut mirrors = home.into_iter().chain(MIRRORS.map(PathBuf::from));
        Some(Self::new(path, mirrors.find(|folder| folder.is_dir())))
    }

    /// The program's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What of it has to be in sight in a cell, each where it is.
    pub(crate) fn readable(&self) -> Vec<(PathBuf, PathBuf)> {
        let here = |path: &PathBuf| (path.clone(), path.clone());
        std::iter::once(&self.path).chain(&self.mirror).map(here).collect()
    }

    /// Terraform's own settings: where providers come from, and nothing else.
    pub(crate) fn settings(&self) -> String {
        let mirror = self
            .mirror
            .as_ref()
            .map(|mirror| format!("  filesystem_mirror {{\n    path = {mirror:?}\n  }}\n"));
        format!("disable_checkpoint = true\nprovider_installation {{\n{}}}\n", mirror.unwrap_or_default())
    }

    /// Its digest, and those of the providers that a data folder points to.
    pub(crate) fn digests(&self, data: &Path) -> io::Result<BTreeMap<String, Digest>> {
        let mut all = BTreeMap::from([("terraform".to_owned(), self.digest(&self.path)?)]);
        for (name, path) in self.providers(data)? {
            all.insert(name.display().to_string(), self.digest(&path)?);
        }
        Ok(all)
    }

    /// The providers that a data folder points to: `HOST/NAMESPACE/NAME/VERSION/SYSTEM/FILE`, and the file.
    pub(crate) fn providers(&self, data: &Path) -> io::Result<Vec<(PathBuf, PathBuf)>> {
        let mut all = Vec::new();
        let mut open = vec![(data.join("providers"), PathBuf::new())];
        while let Some((folder, name)) = open.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries {
                let entry = entry?;
                let (path, file) = (entry.path(), entry.file_name());
                let name = name.join(&file);
                let found = path.symlink_metadata()?;
                if found.is_symlink() && path.is_dir() {
                    // The last folder is a link into the mirror.
                    open.push((self.mirrored(&path)?, name));
                } else if found.is_dir() {
                    open.push((path, name));
                } else if file.to_string_lossy().starts_with("terraform-provider-") && path.is_file() {
                    all.push((name, path));
                }
            }
        }
        Ok(all)
    }

    /// Those of them that stand in the mirror, which every cell sees.
    pub(crate) fn mirrored_providers(&self, data: &Path) -> io::Result<Vec<(PathBuf, PathBuf)>> {
        let inside = |path: &Path| {
            let real = path.canonicalize().ok();
            self.mirror.as_ref().zip(real).is_some_and(|(mirror, real)| real.starts_with(mirror))
        };
        let all = self.providers(data)?;
        Ok(all.into_iter().filter(|(_, path)| inside(path)).collect())
    }

    /// Where a link leads, which is into the mirror.
    fn mirrored(&self, link: &Path) -> io::Result<PathBuf> {
        let to = link.canonicalize()?;
        let mirror = self.mirror.as_ref().and_then(|mirror| mirror.canonicalize().ok());
        if mirror.is_some_and(|mirror| to.starts_with(mirror)) {
            return Ok(to);
        }
        Err(io::Error::other(format!("a provider stands in {}, which is no mirror", to.display())))
    }

    pub(crate) fn digest(&self, path: &Path) -> io::Result<Digest> {
        let path = path.canonicalize()?;
        let found = fs::metadata(&path)?;
        let seen = (path.clone(), found.ino(), found.size(), found.mtime(), found.ctime());
        let known = |all: &Mutex<BTreeMap<Seen, Digest>>| {
            all.lock().unwrap_or_else(PoisonError::into_inner).get(&seen).copied()
        };
        if let Some(digest) = known(&self.digests) {
            return Ok(digest);
        }
        let mut hash = Sha256::new();
        let mut file = fs::File::open(&path)?;
        let mut buffer = vec![0; 1024 * 1024];
        loop {
            let read = file.read(&mut buffer)?;
            let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
            hash.update(part);
        }
        let digest = Digest::of(hash.finalize().as_slice());
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).insert(seen, digest);
        Ok(digest)
    }
}
