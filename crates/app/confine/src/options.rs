//! Options for bubblewrap, in order: what comes later is mounted over what came before.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::stores;

/// Options under way.
#[derive(Debug, Default)]
pub(crate) struct Options(pub(crate) Vec<OsString>);

impl Options {
    pub(crate) fn push<T: Into<OsString>>(&mut self, words: impl IntoIterator<Item = T>) {
        self.0.extend(words.into_iter().map(Into::into));
    }

    /// `OPTION SOURCE TARGET`.
    pub(crate) fn bind(&mut self, option: &str, source: &Path, target: &Path) {
        self.push([OsStr::new(option), source.as_os_str(), target.as_os_str()]);
    }

    pub(crate) fn directory(&mut self, path: &Path) {
        self.push(["--perms", "0755", "--dir"]);
        self.push([path]);
    }

    pub(crate) fn empty(&mut self, mode: &str, path: &Path) {
        self.push(["--perms", mode, "--tmpfs"]);
        self.push([path]);
    }

    pub(crate) fn namespaces(&mut self) {
        // `--unshare-all` alone would leave the user namespace out for root. No option for a session of its own:
        // that would take the terminal's job control away; what it protects from is in the seccomp filter.
        self.push(["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--as-pid-1"]);
        self.push(["--cap-drop", "ALL"]);
    }

    /// Devices and processes, without what tells about the whole machine.
    pub(crate) fn kernel(&mut self) {
        self.push(["--dev", "/dev", "--proc", "/proc"]);
        for place in stores::KERNEL.iter().map(Path::new) {
            if place.starts_with("/proc") {
                self.over(place);
            }
        }
        // INVARIANT: bubblewrap leaves /proc/sys writable to the numeric root user, and `core_pattern` in it runs
        // programs outside of every namespace.
        self.push(["--remount-ro", "/proc"]);
    }

    /// Mounts something empty over what exists at a path.
    pub(crate) fn over(&mut self, path: &Path) {
        match path.symlink_metadata() {
            Ok(found) if found.is_dir() => {
                self.empty("0700", path);
                self.push(["--remount-ro"]);
                self.push([path]);
            }
            // A link cannot be mounted over; what it leads to is masked under its own name.
            Ok(found) if found.is_symlink() => {}
            // A device node on a mount without devices: opening it fails, whoever tries.
            Ok(_) => self.bind("--ro-bind", Path::new("/dev/null"), path),
            Err(_) => {}
        }
    }
}
