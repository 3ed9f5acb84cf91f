//! A house in a temporary folder, with a violation planted in it.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use super::{Check, Finding, Tree};
use crate::house::House;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// The house; gone when dropped.
pub(crate) struct Planted {
    root: PathBuf,
}

impl Planted {
    pub(crate) fn new(name: &str) -> Self {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("interlock-tidy-{name}-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        Self { root }
    }

    pub(crate) fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// A crate with these lines of dependencies, and an empty library.
    pub(crate) fn package(self, folder: &str, name: &str, rest: &str) -> Self {
        let manifest = format!(
            "[package]\nname = \"{name}\"\ndescription = \"about {name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{rest}"
        );
        self.file(&format!("{folder}/Cargo.toml"), manifest)
            .file(&format!("{folder}/src/lib.rs"), "//! A crate.\n")
    }

    /// The root manifest with these members.
    pub(crate) fn workspace(self, members: &[&str]) -> Self {
        self.file("Cargo.toml", format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n"))
    }

    pub(crate) fn house(&self) -> House {
        House::at(&self.root)
    }

    pub(crate) fn find(&self, check: &Check) -> Vec<Finding> {
        let found = (check.find)(&Tree::read(&self.house()).unwrap()).unwrap();
        assert!(found.iter().all(|finding| finding.check == check.name));
        found
    }

    /// Where the check finds something.
    pub(crate) fn places(&self, check: &Check) -> Vec<String> {
        self.find(check).into_iter().map(|finding| finding.place).collect()
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}
