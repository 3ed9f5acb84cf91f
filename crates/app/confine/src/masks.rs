//! The places that a confined command must not see, with every link and every second name resolved.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::ops::Bound;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Component, Path, PathBuf};

use crate::mounts::Host;
use crate::{ConfineError, Confinement, stores};

/// How deep and how far a store is searched for links that lead out of it.
const DEPTH: usize = 6;
const ENTRIES: usize = 10_000;

/// Why the places of the built-in list are masked.
const STORE: &str = "credentials are kept there";

/// The masked places: canonical paths, whether or not something is there.
#[derive(Debug)]
pub(crate) struct Masks {
    hidden: BTreeMap<PathBuf, String>,
    home: PathBuf,
}

/// The confinement's paths with every link resolved.
pub(crate) struct Resolved {
    pub(crate) home: PathBuf,
    pub(crate) interlock_home: PathBuf,
    pub(crate) workdir: PathBuf,
    pub(crate) writable: Vec<PathBuf>,
    pub(crate) readable: Vec<PathBuf>,
}

impl Resolved {
    /// Resolves them; what is to be writable or readable must exist.
    pub(crate) fn of(confinement: &Confinement) -> Result<Self, ConfineError> {
        let existing = |what: &'static str, path: &Path| {
            path.canonicalize().map_err(|source| ConfineError::Unresolved {
                what,
                path: path.to_owned(),
                source,
            })
        };
        let all = |what: &'static str, paths: &[PathBuf]| {
            paths.iter().map(|path| existing(what, path)).collect::<Result<Vec<_>, _>>()
        };
        let home = existing("the home directory", &confinement.home)?;
        if home == Path::new("/") {
            return Err(ConfineError::Homeless);
        }
        Ok(Self {
            home,
            // The daemon may run under its own account, so that we cannot even look at its home.
            interlock_home: resolve(&confinement.interlock_home),
            workdir: existing("the work directory", &confinement.workdir)?,
            writable: all("the writable path", &confinement.writable)?,
            readable: all("the readable path", &confinement.readable)?,
        })
    }

    /// What may be written to, with the words that name it.
    fn writable(&self) -> impl Iterator<Item = (&'static str, &PathBuf)> {
        std::iter::once(("the work directory", &self.workdir))
            .chain(self.writable.iter().map(|path| ("the writable path", path)))
    }

    /// What is opened up, with the words that name it.
    fn opened(&self) -> impl Iterator<Item = (&'static str, &PathBuf)> {
        self.writable().chain(self.readable.iter().map(|path| ("the readable path", path)))
    }
}

impl Masks {
    /// Collects them, and refuses a confinement in which something opened up collides with one.
    pub(crate) fn of(
        confinement: &Confinement,
        resolved: &Resolved,
        host: &Host,
    ) -> Result<Self, ConfineError> {
        let mut masks = Self { hidden: BTreeMap::new(), home: resolved.home.clone() };
        masks.insert(resolve_parent(&confinement.interlock_home), "Interlock's own home");
        masks.insert(resolved.interlock_home.clone(), "Interlock's own home");
        for path in home_stores(confinement, &resolved.home) {
            masks.add(&path, STORE);
        }
        masks.show(confinement, resolved)?;
        for path in &confinement.masked {
            masks.add(&resolved.workdir.join(path), "the configuration masks it");
        }
        for path in &confinement.keys {
            masks.add_key(&resolved.workdir.join(path), resolved)?;
        }
        masks.add_pointers(confinement, &resolved.workdir);
        masks.follow_links()?;
        masks.add_system(resolved, host);
        let aliases: Vec<_> = masks
            .hidden
            .iter()
            .flat_map(|(path, why)| host.aliases(path).into_iter().map(move |alias| (alias, why.clone())))
            .collect();
        masks.hidden.extend(aliases);
        masks.check(resolved)?;
        Ok(masks)
    }

    /// The masked places.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.hidden.keys().map(PathBuf::as_path)
    }

    /// The masked places strictly below a directory.
    pub(crate) fn below<'a>(&'a self, dir: &'a Path) -> impl Iterator<Item = &'a Path> {
        self.hidden
            .range::<Path, _>((Bound::Excluded(dir), Bound::Unbounded))
            .map(|(path, _)| path.as_path())
            // INVARIANT: paths are ordered component by component, so what is below `dir` stands together.
            .take_while(move |path| path.starts_with(dir))
    }

    /// Whether exactly this path is masked.
    pub(crate) fn hides(&self, path: &Path) -> bool {
        self.hidden.contains_key(path)
    }

    /// The masked place that a path is or lies in, and why it is masked.
    pub(crate) fn covering(&self, path: &Path) -> Option<(&Path, &str)> {
        path.ancestors()
            .find_map(|ancestor| self.hidden.get_key_value(ancestor))
            .map(|(mask, why)| (mask.as_path(), why.as_str()))
    }

    /// Masks a place under its own name and, where it is a link, under the name of what it leads to.
    fn add(&mut self, path: &Path, why: &str) {
        let (name, target) = (resolve_parent(path), resolve(path));
        if target != name && !is_program(&target) && !self.home.starts_with(&target) {
            self.insert(target, why);
        }
        self.insert(name, why);
    }

    /// Masks a person's key under all its names, wherever it is; refused in a place that the command may write to. In one
    /// that it only reads, it stays hidden like any other mask.
    fn add_key(&mut self, path: &Path, resolved: &Resolved) -> Result<(), ConfineError> {
        for name in [resolve_parent(path), resolve(path)] {
            if let Some((what, opened)) = resolved.writable().find(|(_, opened)| name.starts_with(opened)) {
                return Err(ConfineError::KeyWithin { key: path.to_owned(), what, path: opened.clone() });
            }
            self.insert(name, "a person signs with it");
        }
        Ok(())
    }

    fn insert(&mut self, path: PathBuf, why: &str) {
        if path.components().count() > 1 {
            self.hidden.entry(path).or_insert_with(|| why.to_owned());
        }
    }

    /// Takes places of the built-in list off it again.
    fn show(&mut self, confinement: &Confinement, resolved: &Resolved) -> Result<(), ConfineError> {
        let aws = [resolve_parent(&self.home.join(".aws")), resolve(&self.home.join(".aws"))];
        for path in &confinement.shown {
            for name in [resolve_parent(path), resolve(path)] {
                let never = aws.iter().chain([&resolved.interlock_home]).any(|place| name.starts_with(place));
                if never {
                    return Err(ConfineError::NeverShown(path.clone()));
                }
                self.hidden.remove(&name);
            }
        }
        Ok(())
    }

    /// Masks what the caller's variables point at.
    fn add_pointers(&mut self, confinement: &Confinement, workdir: &Path) {
        for name in stores::POINTERS {
            let Some(value) = confinement.inherited(name) else { continue };
            if confinement.keep.contains(*name) && !name.starts_with("AWS_") {
                continue;
            }
            for part in value.as_bytes().split(|byte| *byte == b':').filter(|part| !part.is_empty()) {
                let path = workdir.join(Path::new(OsStr::from_bytes(part)));
                if path.symlink_metadata().is_ok() && !is_program(&resolve(&path)) {
                    self.add(&path, &format!("`{name}` points there"));
                }
            }
        }
    }

    /// Masks what links inside the stores lead to (a `~/.ssh/config` kept in a dotfiles checkout), and refuses a
    /// credential that has a second name which no mask covers.
    fn follow_links(&mut self) -> Result<(), ConfineError> {
        let mut waiting: Vec<_> = self.hidden.keys().cloned().collect();
        let mut names: BTreeMap<(u64, u64), (u64, PathBuf)> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        while let Some(store) = waiting.pop() {
            if !seen.insert(store.clone()) || stores::BULK.iter().any(|bulk| store.ends_with(bulk)) {
                continue;
            }
            let found = Contents::of(&store);
            for (link, target) in found.links {
                let harmless = is_program(&target) || self.home.starts_with(&target);
                if !harmless && self.covering(&target).is_none() {
                    self.insert(target.clone(), &format!("`{}` leads there", link.display()));
                    waiting.push(target);
                }
            }
            for file in found.files {
                let (left, _) = names.entry(file.inode).or_insert((file.names, file.path));
                *left = left.saturating_sub(1);
            }
        }
        // Each name that was seen took one off: what is left are names that no mask covers.
        match names.into_values().find(|(left, _)| *left > 0) {
            Some((_, path)) => Err(ConfineError::HardLinked(path)),
            None => Ok(()),
        }
    }

    /// Masks system secrets, other people's homes, and sockets that processes outside listen at.
    fn add_system(&mut self, resolved: &Resolved, host: &Host) {
        for path in stores::SYSTEM.iter().map(Path::new) {
            // Without root, what we may not read now, the command may not read either: it has our user and groups.
            let denied = |error: std::io::Error| error.kind() == std::io::ErrorKind::PermissionDenied;
            if host.root || !std::fs::File::open(path).is_err_and(denied) {
                self.add(path, "system credentials are kept there");
            }
        }
        let mut homes = host.homes.clone();
        homes.extend(std::fs::read_dir("/home").into_iter().flatten().flatten().map(|entry| entry.path()));
        homes.push(PathBuf::from("/root"));
        if !resolved.home.starts_with("/home") {
            self.add(Path::new("/home"), "other people's homes");
        }
        for path in homes {
            let other = resolve(&path);
            let ours = |own: &Path| own.starts_with(&other);
            let listed = host.homes.contains(&path) && !other.starts_with("/home");
            // An account's home that holds our work (a container's `/app`) is not somebody else's.
            if !(ours(&resolved.home) || listed && ours(&resolved.workdir)) {
                self.add(&path, "another person's home");
            }
        }
        for path in &host.sockets {
            let is_socket = path.symlink_metadata().is_ok_and(|found| found.file_type().is_socket());
            if is_socket && self.covering(&resolve(path)).is_none() {
                self.add(path, "a process outside listens there");
            }
        }
    }

    /// Refuses what is opened up and collides with a mask or with the system.
    fn check(&self, resolved: &Resolved) -> Result<(), ConfineError> {
        for (what, path) in resolved.opened() {
            let contains = |inner: &Path, contents: &str| {
                inner.starts_with(path).then(|| ConfineError::Contains {
                    what,
                    path: path.clone(),
                    contents: contents.to_owned(),
                })
            };
            let system = stores::SYSTEM_ROOTS.iter().any(|root| path == Path::new(root))
                || stores::SYSTEM_TREES.iter().any(|tree| path.starts_with(tree));
            // What is only read may hold them: what they hide stays hidden.
            let writable = !resolved.readable.contains(path);
            if let Some(error) = contains(&resolved.home, "your home directory")
                .or_else(|| contains(&resolved.interlock_home, "Interlock's own home"))
                .filter(|_| writable)
            {
                return Err(error);
            }
            if system {
                return Err(ConfineError::System { what, path: path.clone() });
            }
            if let Some((mask, why)) = self.covering(path) {
                return Err(ConfineError::Masked {
                    what,
                    path: path.clone(),
                    mask: mask.to_owned(),
                    why: why.to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// A file with several names.
struct Linked {
    inode: (u64, u64),
    names: u64,
    path: PathBuf,
}

/// What is found in a store: links, and files with several names.
#[derive(Default)]
struct Contents {
    links: Vec<(PathBuf, PathBuf)>,
    files: Vec<Linked>,
}

impl Contents {
    /// Searches a store. One too large or too deep to be searched whole tells of no files: a second name could be in
    /// the part that was not seen.
    fn of(store: &Path) -> Self {
        let mut contents = Self::default();
        let mut waiting = vec![(store.to_owned(), DEPTH)];
        let mut budget = ENTRIES;
        let mut complete = true;
        while let Some((path, depth)) = waiting.pop() {
            let Ok(found) = path.symlink_metadata() else { continue };
            if found.is_symlink() {
                contents.links.extend(path.canonicalize().map(|target| (path, target)));
            } else if found.is_dir() {
                let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
                let before = waiting.len();
                if depth > 0 {
                    waiting.extend(entries.map(|entry| (entry.path(), depth - 1)).take(budget));
                }
                budget -= waiting.len() - before;
                complete &= depth > 0 && budget > 0;
            } else if found.is_file() && found.nlink() > 1 {
                contents.files.push(Linked { inode: (found.dev(), found.ino()), names: found.nlink(), path });
            }
        }
        if !complete {
            contents.files.clear();
        }
        contents
    }
}

/// Every place of the built-in list that belongs to a person.
fn home_stores(confinement: &Confinement, home: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = stores::HOME.iter().map(|name| home.join(name)).collect();
    for (variable, fallback, names) in [
        ("XDG_CONFIG_HOME", ".config", stores::CONFIG),
        ("XDG_DATA_HOME", ".local/share", stores::DATA),
        ("XDG_STATE_HOME", ".local/state", stores::STATE),
        ("XDG_CACHE_HOME", ".cache", stores::CACHE),
    ] {
        let moved = confinement.inherited(variable).map(PathBuf::from).filter(|base| base.is_absolute());
        for base in std::iter::once(home.join(fallback)).chain(moved) {
            paths.extend(names.iter().map(|name| base.join(name)));
        }
    }
    paths
}

fn is_program(path: &Path) -> bool {
    path.components().count() <= 1 || stores::PROGRAMS.iter().any(|tree| path.starts_with(tree))
}

/// The path with every link resolved, as far as it exists and may be looked at; the rest is appended.
pub(crate) fn resolve(path: &Path) -> PathBuf {
    let path = plain(path);
    let mut rest = Vec::new();
    for ancestor in path.ancestors() {
        if let Ok(mut real) = ancestor.canonicalize() {
            for part in rest.iter().rev() {
                match part {
                    Component::ParentDir => drop(real.pop()),
                    part => real.push(part),
                }
            }
            return real;
        }
        rest.extend(ancestor.components().next_back());
    }
    path.clone()
}

/// The path with every link but the last resolved: its name as an entry of its directory.
fn resolve_parent(path: &Path) -> PathBuf {
    let path = plain(path);
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => resolve(parent).join(name),
        _ => path,
    }
}

/// Absolute, without `.` (and `..` left to the file system, which alone knows what it means behind a link).
fn plain(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.components().filter(|part| *part != Component::CurDir).collect()
}

#[cfg(test)]
mod tests;
