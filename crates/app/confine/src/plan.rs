//! The sandbox's file system, as bubblewrap options.
//!
//! The root is built entry by entry: a directory above a masked place is made anew and each of its other entries bound
//! into it, read-only. What is masked is not there, and neither is what comes to stand beside it later; no mount has to
//! hold on to an entry that somebody outside may replace. Masks inside *writable* places cannot be made that way: there
//! an empty directory or an unreadable file is mounted over them, after the writable binds.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use crate::confinement::{Confinement, RELAY, SHIMS};
use crate::lures::Lure;
use crate::masks::{self, Masks, Resolved};
use crate::mounts::Host;
use crate::options::Options;
use crate::{ConfineError, doors, stores};

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
            Build { masks: &masks, resolved: &resolved, options: Options::default(), covered: Vec::new() };
        build.options.namespaces();
        build.fresh();
        build.show(Path::new("/"));
        if is_private(&resolved.home) {
            build.options.directory(&resolved.home);
            build.show(&resolved.home);
        }
        build.open_up();
        let lures = build.lures(&confinement.lures);
        build.cover();
        lures.iter().for_each(|lure| build.options.bind("--ro-bind", &lure.source, &lure.place));
        let relay = &confinement.relay_program;
        let bundle = confinement.ca_bundle.as_deref();
        let doors = doors::open(&mut build.options, &confinement.doors, bundle, relay)?;
        for name in &confinement.shims {
            let place = Path::new(SHIMS).join(name);
            build.options.push([OsStr::new("--symlink"), OsStr::new(RELAY), place.as_os_str()]);
        }
        // INVARIANT: last, because mount points are made on it until here. It holds only directories and links.
        build.options.push(["--remount-ro", "/"]);
        build.options.push([OsStr::new("--chdir"), resolved.workdir.as_os_str()]);
        let options = build.options.0;
        Ok(Self { options, doors, masks, workdir: resolved.workdir, home: resolved.home })
    }
}

struct Build<'a> {
    masks: &'a Masks,
    resolved: &'a Resolved,
    options: Options,
    /// Directories that are bound whole, so that masks in them have to be mounted over.
    covered: Vec<PathBuf>,
}

impl<'a> Build<'a> {
    /// The private places, and the kernel's file systems without what tells about the whole machine.
    fn fresh(&mut self) {
        self.options.kernel();
        self.options.empty("1777", Path::new("/tmp"));
        self.options.directory(Path::new("/var"));
        self.options.empty("1777", Path::new("/var/tmp"));
        self.options.directory(Path::new("/run"));
        for place in stores::RUN.iter().map(Path::new) {
            if let Ok(target) = std::fs::read_link(place) {
                self.options.push([OsStr::new("--symlink"), target.as_os_str(), place.as_os_str()]);
            } else {
                self.options.bind("--ro-bind-try", place, place);
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
                self.options.empty("0700", path);
            }
        } else if found.is_symlink() {
            if let Ok(target) = std::fs::read_link(path) {
                self.options.push([OsStr::new("--symlink"), target.as_os_str(), path.as_os_str()]);
            }
        } else if found.is_dir() && self.opens(path) {
            let crowd = std::fs::read_dir(path).into_iter().flatten().take(CROWDED + 1).count();
            if crowd > CROWDED {
                self.options.bind("--ro-bind-try", path, path);
                self.covered.push(path.to_owned());
            } else {
                self.options.directory(path);
                self.show(path);
            }
        } else if found.is_dir() || found.is_file() {
            self.options.bind("--ro-bind-try", path, path);
            if path == Path::new("/sys") {
                stores::KERNEL
                    .iter()
                    .map(Path::new)
                    .filter(|place| place.starts_with(path))
                    .for_each(|place| self.options.over(place));
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
            self.options.bind("--ro-bind", path, path);
            self.covered.push(path.clone());
        }
        for path in self.writables() {
            self.options.bind("--bind", path, path);
            self.covered.push(path.clone());
        }
    }

    /// The lures that stand where nothing else does: not in what is bound as a whole, nor in another one.
    fn lures(&self, laid: &[Lure]) -> Vec<Lure> {
        let mut stand: Vec<Lure> = Vec::new();
        for Lure { source, place } in laid {
            let place = masks::resolve(place);
            let missing = self.masks.covering(&place).is_some() || is_private(&place);
            let meets = |other: &Path| place.starts_with(other) || other.starts_with(&place);
            let taken =
                self.covered.iter().any(|whole| meets(whole)) || stand.iter().any(|lure| meets(&lure.place));
            if missing && !taken {
                stand.push(Lure { source: source.clone(), place });
            }
        }
        stand
    }

    /// Mounts over masks that lie in places that are bound whole.
    fn cover(&mut self) {
        let masks = self.masks;
        for place in std::mem::take(&mut self.covered) {
            for mask in masks.below(&place) {
                self.options.over(mask);
            }
        }
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
