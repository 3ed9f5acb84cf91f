//! A directory of a test's own, with a home in it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Confinement;

/// Removed when it is dropped.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("interlock-confine-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        for dir in ["home/src/project", "home/.aws", "home/.config", "home/.local/state/interlock"] {
            std::fs::create_dir_all(path.join(dir)).unwrap();
        }
        Self(path.canonicalize().unwrap())
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    /// Makes a directory.
    pub(crate) fn dir(&self, path: &str) -> PathBuf {
        let path = self.at(path);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// Makes a file.
    pub(crate) fn write(&self, path: &str) -> PathBuf {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "secret").unwrap();
        path
    }

    /// With nothing inherited.
    pub(crate) fn confinement(&self) -> Confinement {
        let (home, workdir) = (self.at("home"), self.at("home/src/project"));
        let mut confinement =
            Confinement::new(home, self.at("home/.local/state/interlock"), workdir, "/bin/true");
        confinement.inherited.clear();
        confinement
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
