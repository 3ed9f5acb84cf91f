//! Where things are on this machine, and scratch folders.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

/// A folder of its own that is gone when the test is.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes one.
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        Self::make(std::env::temp_dir().join(format!("il-{}-{n}-{name}", std::process::id())))
    }
    fn make(path: PathBuf) -> Self {
        // A test that was killed leaves its folder, and its process id comes again.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    /// Makes one below the build's folder: the system's folder for temporary files is private inside the sandbox, and
    /// what is not there proves nothing about what is kept from sight.
    pub fn in_sight(name: &str) -> Self {
        let base = std::env::var_os("INTERLOCK_TEST_DIR").map(PathBuf::from);
        let base = base.unwrap_or_else(|| profile_folder().with_file_name("tmp"));
        Self::make(base.join(format!("il-{}-{name}", std::process::id())))
    }
    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
    /// Writes a file in it and returns the file's path.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if std::env::var_os("INTERLOCK_KEEP").is_none() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// The target folder's profile folder that this test was built into.
fn profile_folder() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    let folder = exe.parent().unwrap();
    if folder.ends_with("deps") { folder.parent().unwrap().to_owned() } else { folder.to_owned() }
}

/// The real binary, built beside this test.
pub fn binary() -> PathBuf {
    let path = profile_folder().join("interlock");
    assert!(
        path.exists(),
        "`{}` is not built: `cargo build` first, or run `cargo xtask test`",
        path.display()
    );
    path
}

/// A Python with moto, boto3 and awscli: `INTERLOCK_PYTHON`, the target folder's venv, or the system's.
pub fn python() -> PathBuf {
    if let Some(path) = std::env::var_os("INTERLOCK_PYTHON") {
        return path.into();
    }
    let venv = profile_folder().parent().unwrap().join("venv/bin/python");
    if venv.exists() { venv } else { found("python3").expect("there is no `python3`") }
}

/// Options of `interlock run` that show the tools, where the build's folder stands in a place that is private inside.
pub fn tools_in_sight() -> Vec<String> {
    let target = profile_folder().parent().unwrap().to_owned();
    let private = ["/tmp", "/var/tmp", "/run"].iter().any(|place| target.starts_with(place));
    if private { vec!["--readable".to_owned(), target.display().to_string()] } else { Vec::new() }
}

/// A program beside the Python, else on the path.
pub fn tool(name: &str) -> Option<PathBuf> {
    let beside = python().with_file_name(name);
    if beside.is_absolute() && beside.exists() { Some(beside) } else { found(name) }
}

fn found(name: &str) -> Option<PathBuf> {
    let output = Command::new("sh").args(["-c", &format!("command -v {name}")]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let path = text.trim();
    (!path.is_empty()).then(|| path.into())
}

/// Says that a test cannot run here; in CI that is a failure.
pub fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "in CI nothing is skipped: {why}");
    eprintln!("SKIPPED: {why}");
}
