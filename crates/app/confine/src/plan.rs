//! The sandbox's file system, as bubblewrap options.
//!
//! The root is built entry by entry: a directory above a masked place is made anew and each of its other entries bound
//! into it, read-only. What is masked is not there, and neither is what comes to stand beside it later; no mount has to
//! hold on to an entry that somebody outside may replace. Masks inside *writable* places cannot be made that way: there
//! an empty directory or an unreadable file is mounted over them, after the writable binds.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use crate::confinement::{CA_BUNDLE, Confinement, DoorSource, INSIDE, RELAY};
use crate::masks::{Masks, Resolved};
use crate::mounts::Host;
use crate::{ConfineError, stores};

/// Entries up to which a directory is shown one by one; bubblewrap's work grows with the square of the mounts.
const CROWDED: usize = 600;

/// A planned sandbox.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Options for bubblewrap.
    pub(crate) options: Vec<OsString>,
    /// For the relay: `PORT=PATH`, each a port and the socket's path inside.
    pub(crate) doors: Vec<OsString>,
    /// What is masked.
    pub(crate) masks: Masks,
    /// The work directory, with every link resolved.
    pub(crate) workdir: PathBuf,
    /// The home directory, with every link resolved.
    pub(crate) home: PathBuf,
}

impl Plan {
    /// Plans the sandbox for this machine.
    pub(crate) fn of(confinement: &Confinement) -> Result<Self, ConfineError> {
        Self::on(confinement, &Host::read())
    }

    /// Plans it for a machine of which this is known.
    pub(crate) fn on(confinement: &Confinement, host: &Host) -> Result<Self, ConfineError> {
        let resolved = Resolved::of(confinement)?;
        let masks = Masks::of(confinement, &resolved, host)?;
        let mut build =
            Build { masks: &masks, resolved: &resolved, options: Vec::new(), covered: Vec::new() };
        build.namespaces();
        build.fresh();
        build.show(Path::new("/"));
        if is_private(&resolved.home) {
            build.directory(&resolved.home);
            build.show(&resolved.home);
        }
        build.open_up();
        build.cover();
        let doors = build.doors(confinement)?;
        // INVARIANT: last, because mount points are made on it until here. It holds only directories and links.
        build.push(["--remount-ro", "/"]);
        build.push([OsStr::new("--chdir"), resolved.workdir.as_os_str()]);
        let options = build.options;
        Ok(Self { options, doors, masks, workdir: resolved.workdir, home: resolved.home })
    }
}

struct Build<'a> {
    masks: &'a Masks,
    resolved: &'a Resolved,
    options: Vec<OsString>,
    /// Directories that are bound whole, so that masks in them have to be mounted over.
    covered: Vec<PathBuf>,
}

impl<'a> Build<'a> {
    fn push<T: Into<OsString>>(&mut self, words: impl IntoIterator<Item = T>) {
        self.options.extend(words.into_iter().map(Into::into));
    }

    /// `OPTION SOURCE TARGET`.
    fn bind(&mut self, option: &str, source: &Path, target: &Path) {
        self.push([OsStr::new(option), source.as_os_str(), target.as_os_str()]);
    }

    fn directory(&mut self, path: &Path) {
        self.push(["--perms", "0755", "--dir"]);
        self.push([path]);
    }

    fn empty(&mut self, mode: &str, path: &Path) {
        self.push(["--perms", mode, "--tmpfs"]);
        self.push([path]);
    }

    fn namespaces(&mut self) {
        // `--unshare-all` alone would leave the user namespace out for root. No option for a session of its own:
        // that would take the terminal's job control away; what it protects from is in the seccomp filter.
        self.push(["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--as-pid-1"]);
        self.push(["--cap-drop", "ALL"]);
    }

    /// The private places, and the kernel's file systems without what tells about the whole machine.
    fn fresh(&mut self) {
        self.push(["--dev", "/dev", "--proc", "/proc"]);
        for place in stores::KERNEL.iter().map(Path::new) {
            if place.starts_with("/proc") {
                self.over(place);
            }
        }
        // INVARIANT: bubblewrap leaves /proc/sys writable to the numeric root user, and `core_pattern` in it runs
        // programs outside of every namespace.
        self.push(["--remount-ro", "/proc"]);
        self.empty("1777", Path::new("/tmp"));
        self.directory(Path::new("/var"));
        self.empty("1777", Path::new("/var/tmp"));
        self.directory(Path::new("/run"));
        for place in stores::RUN.iter().map(Path::new) {
            if let Ok(target) = std::fs::read_link(place) {
                self.push([OsStr::new("--symlink"), target.as_os_str(), place.as_os_str()]);
            } else {
                self.bind("--ro-bind-try", place, place);
            }
        }
    }

    /// Whether a directory has to be shown entry by entry.
    fn opens(&self, dir: &Path) -> bool {
        self.masks.below(dir).next().is_some()
            || stores::FRESH.iter().any(|place| Path::new(place) != dir && Path::new(place).starts_with(dir))
    }

    /// Shows the entries of a directory that exists inside already.
    fn show(&mut self, dir: &Path) {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        // The way to our own home, where a directory on it may be passed but not listed.
        entries.extend(
            self.resolved.home.ancestors().find(|path| path.parent() == Some(dir)).map(Path::to_owned),
        );
        entries.sort();
        entries.dedup();
        for path in entries {
            let fresh = stores::FRESH.iter().any(|place| Path::new(place) == path);
            // /var/run is a link to /run nearly everywhere, and is shown as such.
            if !fresh || (path == Path::new("/var/run") && path.is_symlink()) {
                self.entry(&path);
            }
        }
    }

    fn entry(&mut self, path: &Path) {
        let Ok(found) = path.symlink_metadata() else { return };
        if self.writables().any(|writable| writable == path) {
            // Bound later, over everything else.
        } else if self.masks.hides(path) {
            // Programs find an empty directory of their own where they used to keep their settings.
            if found.is_dir() && path.starts_with(&self.resolved.home) {
                self.empty("0700", path);
            }
        } else if found.is_symlink() {
            if let Ok(target) = std::fs::read_link(path) {
                self.push([OsStr::new("--symlink"), target.as_os_str(), path.as_os_str()]);
            }
        } else if found.is_dir() && self.opens(path) {
            let crowd = std::fs::read_dir(path).into_iter().flatten().take(CROWDED + 1).count();
            if crowd > CROWDED {
                self.bind("--ro-bind-try", path, path);
                self.covered.push(path.to_owned());
            } else {
                self.directory(path);
                self.show(path);
            }
        } else if found.is_dir() || found.is_file() {
            self.bind("--ro-bind-try", path, path);
            if path == Path::new("/sys") {
                stores::KERNEL
                    .iter()
                    .map(Path::new)
                    .filter(|place| place.starts_with(path))
                    .for_each(|place| self.over(place));
            }
        } else if found.file_type().is_socket() {
            // Left out: whoever listens there is outside.
        }
    }

    fn writables(&self) -> impl Iterator<Item = &'a PathBuf> + use<'a> {
        std::iter::once(&self.resolved.workdir).chain(&self.resolved.writable)
    }

    fn open_up(&mut self) {
        // First: what is writable may lie in it.
        for path in self.resolved.readable.iter().filter(|path| is_private(path)).collect::<Vec<_>>() {
            self.bind("--ro-bind", path, path);
            self.covered.push(path.clone());
        }
        for path in self.writables() {
            self.bind("--bind", path, path);
            self.covered.push(path.clone());
        }
    }

    /// Mounts over masks that lie in places that are bound whole.
    fn cover(&mut self) {
        let masks = self.masks;
        for place in std::mem::take(&mut self.covered) {
            for mask in masks.below(&place) {
                self.over(mask);
            }
        }
    }

    /// Mounts something empty over what exists at a path.
    fn over(&mut self, path: &Path) {
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

    /// The relay, the doors and the CA bundle; returns the relay's words for the doors.
    fn doors(&mut self, confinement: &Confinement) -> Result<Vec<OsString>, ConfineError> {
        let existing = |what: &'static str, path: &Path| {
            path.canonicalize().map_err(|source| ConfineError::Unresolved {
                what,
                path: path.to_owned(),
                source,
            })
        };
        let inside = Path::new(INSIDE);
        self.directory(inside);
        self.bind("--ro-bind", &existing("the relay program", &confinement.relay_program)?, Path::new(RELAY));
        if let Some(bundle) = &confinement.ca_bundle {
            self.bind("--ro-bind", &existing("the CA bundle", bundle)?, Path::new(CA_BUNDLE));
        }
        let mut words = Vec::new();
        for door in &confinement.doors {
            let place = inside.join(format!("door-{}", door.port));
            let found = match door.source {
                DoorSource::Socket => {
                    self.bind("--ro-bind", &existing("the socket", &door.socket)?, &place);
                    place
                }
                DoorSource::Directory => {
                    // The socket may be missing while its daemon restarts; its directory may not.
                    let socket = std::path::absolute(&door.socket)?;
                    let (Some(dir), Some(name)) = (socket.parent(), socket.file_name()) else {
                        return Err(std::io::Error::from(std::io::ErrorKind::InvalidFilename).into());
                    };
                    self.bind("--ro-bind", &existing("the socket's directory", dir)?, &place);
                    place.join(name)
                }
            };
            let mut word = OsString::from(format!("{}=", door.port));
            word.push(found);
            words.push(word);
        }
        Ok(words)
    }
}

/// Whether a path stands where everything is private inside, so that nothing of the machine's is there.
pub fn is_private(path: &Path) -> bool {
    stores::FRESH.iter().any(|place| path.starts_with(place))
}

/// Every masked place of a confinement, for `doctor` and for people who want to see the list.
pub(crate) fn masked_places(confinement: &Confinement) -> Result<Vec<PathBuf>, ConfineError> {
    let plan = Plan::of(confinement)?;
    Ok(plan.masks.paths().map(Path::to_owned).collect())
}

#[cfg(test)]
mod tests;
