//! A work directory as the gate has it: what was sent, file by file.
//!
//! No state and no provider comes in with it: states are the gate's own, and programs come from the mirror. The gate writes and
//! reads it on its own machine: whatever stands in it, no name of it leads anywhere else.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Read},
    os::unix::fs::PermissionsExt as _,
    path::{Component, Path, PathBuf},
};

use interlock_action::Digest;
use rustix::fs::{Mode, OFlags};
use sha2::{Digest as _, Sha256};

/// How many bytes a work directory may have.
pub(crate) const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// And how many files.
const MOST_FILES: usize = 100_000;

/// Why a work directory is not taken.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// No archive, or a damaged one.
    #[error("the work directory cannot be read: {0}")]
    Read(#[from] io::Error),
    /// More than the gate takes.
    #[error("the work directory is too large: {MOST_FILES} files and {MOST_BYTES} bytes are taken")]
    TooLarge,
    /// A name that leads elsewhere.
    #[error("`{0}` leads out of the work directory")]
    Outside(String),
    /// A name below a link.
    #[error("`{0}` stands below a link, and a link has nothing in it")]
    BelowLink(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    File { executable: bool, bytes: Vec<u8> },
    Link(PathBuf),
}

/// A work directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    entries: BTreeMap<PathBuf, Entry>,
    /// States that came with it, which are not taken.
    pub(crate) states: BTreeMap<PathBuf, Vec<u8>>,
    /// Links that lead out of it, which are not taken.
    pub(crate) strays: BTreeSet<PathBuf>,
}

impl Tree {
    /// Out of an archive.
    pub fn unpack(archive: impl Read) -> Result<Self, TreeError> {
        let mut tree = Self::default();
        let mut left = MOST_BYTES;
        for entry in tar::Archive::new(archive).entries()? {
            let mut entry = entry?;
            let kind = entry.header().entry_type();
            if kind.is_dir() {
                continue;
            }
            let path = inside(&entry.path()?)?;
            if tree.is_full() {
                return Err(TreeError::TooLarge);
            }
            if kind.is_file() {
                left = left.checked_sub(entry.size()).ok_or(TreeError::TooLarge)?;
                let executable = entry.header().mode()? & 0o111 != 0;
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                tree.take(path, Entry::File { executable, bytes });
            } else if kind.is_symlink()
                && let Some(target) = entry.link_name()?
            {
                tree.take(path, Entry::Link(target.into_owned()));
            }
        }
        tree.settled()
    }

    fn is_full(&self) -> bool {
        self.entries.len().saturating_add(self.states.len()) >= MOST_FILES
    }

    /// Leaves out the links that lead out of it.
    ///
    /// INVARIANT: nothing stands below a link, and of a link that is taken every step but the last is a folder of this tree. So what
    /// its name says is where it leads.
    fn settled(mut self) -> Result<Self, TreeError> {
        let is_link = |path: &Path| matches!(self.entries.get(path), Some(Entry::Link(_)));
        let below = |path: &Path| path.ancestors().skip(1).any(is_link);
        if let Some(path) = self.entries.keys().find(|path| below(path)) {
            return Err(TreeError::BelowLink(path.display().to_string()));
        }
        let leads_out = |path: &Path, target: &Path| led(path, target).is_none_or(|to| below(&to));
        let strays = self.entries.iter().filter_map(|(path, entry)| match entry {
            Entry::Link(target) if leads_out(path, target) => Some(path.clone()),
            _ => None,
        });
        let strays: BTreeSet<PathBuf> = strays.collect();
        self.entries.retain(|path, _| !strays.contains(path));
        self.strays = strays;
        Ok(self)
    }

    /// Whether a folder of it is where its name says.
    pub(crate) fn has_plain(&self, folder: &Path) -> bool {
        let says = folder.as_os_str().is_empty() || inside(folder).is_ok_and(|plain| plain == folder);
        says && !folder.ancestors().any(|path| matches!(self.entries.get(path), Some(Entry::Link(_))))
    }

    fn take(&mut self, path: PathBuf, entry: Entry) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.ends_with(".tfstate") || name.contains(".tfstate.") {
            if let Entry::File { bytes, .. } = entry {
                self.states.insert(path, bytes);
            }
        } else if !is_machine(&path) {
            self.entries.insert(path, entry);
        }
    }

    /// Adds a file, or writes it anew.
    pub fn put(&mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) {
        self.entries.insert(path.into(), Entry::File { executable: false, bytes: bytes.into() });
    }

    /// A file's bytes.
    pub fn file(&self, path: &Path) -> Option<&[u8]> {
        match self.entries.get(path)? {
            Entry::File { bytes, .. } => Some(bytes),
            Entry::Link(_) => None,
        }
    }

    /// Every file with its bytes.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        self.entries.iter().filter_map(|(path, entry)| match entry {
            Entry::File { bytes, .. } => Some((path.as_path(), bytes.as_slice())),
            Entry::Link(_) => None,
        })
    }

    /// Every link with its target.
    pub(crate) fn links(&self) -> impl Iterator<Item = (&Path, &Path)> {
        self.entries.iter().filter_map(|(path, entry)| match entry {
            Entry::Link(target) => Some((path.as_path(), target.as_path())),
            Entry::File { .. } => None,
        })
    }

    /// The names of the files of a folder.
    pub fn names(&self, folder: &Path) -> impl Iterator<Item = &str> {
        let here = self.entries.keys().filter(move |path| path.parent() == Some(folder));
        here.filter_map(|path| path.file_name()?.to_str())
    }

    /// What tells this work directory from any other.
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        for (path, entry) in &self.entries {
            let (kind, content) = match entry {
                Entry::File { executable: false, bytes } => (b"file", Sha256::digest(bytes)),
                Entry::File { executable: true, bytes } => (b"tool", Sha256::digest(bytes)),
                Entry::Link(target) => (b"link", Sha256::digest(target.as_os_str().as_encoded_bytes())),
            };
            let name = path.as_os_str().as_encoded_bytes();
            hash.update((name.len() as u64).to_be_bytes());
            hash.update(name);
            hash.update(kind);
            hash.update(content);
        }
        Digest::of(hash.finalize().as_slice())
    }

    /// Writes it into an empty folder.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        for (path, entry) in &self.entries {
            let place = folder.join(path);
            if let Some(parent) = place.parent() {
                fs::create_dir_all(parent)?;
            }
            match entry {
                Entry::File { executable, bytes } => {
                    fs::write(&place, bytes)?;
                    let mode = if *executable { 0o755 } else { 0o644 };
                    fs::set_permissions(&place, fs::Permissions::from_mode(mode))?;
                }
                Entry::Link(target) => std::os::unix::fs::symlink(target, &place)?,
            }
        }
        Ok(())
    }

    /// Reads a folder, with what was written in it meanwhile.
    pub fn read(folder: &Path) -> Result<Self, TreeError> {
        let mut tree = Self::default();
        let mut left = MOST_BYTES;
        let mut open = vec![folder.to_owned()];
        while let Some(next) = open.pop() {
            for entry in fs::read_dir(next)? {
                let path = entry?.path();
                let found = path.symlink_metadata()?;
                let Ok(name) = path.strip_prefix(folder) else { continue };
                if tree.is_full() {
                    return Err(TreeError::TooLarge);
                }
                if found.is_dir() {
                    open.push(path);
                } else if found.is_symlink() {
                    tree.take(name.to_owned(), Entry::Link(fs::read_link(&path)?));
                } else if found.is_file() {
                    left = left.checked_sub(found.len()).ok_or(TreeError::TooLarge)?;
                    let executable = found.permissions().mode() & 0o111 != 0;
                    tree.take(name.to_owned(), Entry::File { executable, bytes: file(&path, MOST_BYTES)? });
                }
            }
        }
        tree.settled()
    }

    /// As an archive, the same bytes for the same tree.
    pub fn pack(&self) -> io::Result<Vec<u8>> {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, entry) in &self.entries {
            let mut header = tar::Header::new_gnu();
            header.set_mtime(0);
            match entry {
                Entry::File { executable, bytes } => {
                    header.set_mode(if *executable { 0o755 } else { 0o644 });
                    header.set_size(bytes.len() as u64);
                    archive.append_data(&mut header, path, bytes.as_slice())?;
                }
                Entry::Link(target) => {
                    header.set_entry_type(tar::EntryType::Symlink);
                    header.set_size(0);
                    archive.append_link(&mut header, path, target)?;
                }
            }
        }
        archive.into_inner()
    }
}

/// What Terraform keeps for itself beside a configuration. Modules that were fetched are a part of it.
fn is_machine(path: &Path) -> bool {
    let mut parts = path.components().map(Component::as_os_str);
    match parts.by_ref().find(|part| *part == ".terraform" || *part == ".git") {
        Some(found) if found == ".terraform" => parts.next().is_none_or(|next| next != "modules"),
        found => found.is_some(),
    }
}

/// A path that stays inside.
fn inside(path: &Path) -> Result<PathBuf, TreeError> {
    let outside = || TreeError::Outside(path.display().to_string());
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(outside()),
        }
    }
    if plain.as_os_str().is_empty() { Err(outside()) } else { Ok(plain) }
}

/// Where a link leads, as its name says, where that is inside.
fn led(link: &Path, target: &Path) -> Option<PathBuf> {
    let mut to = link.parent()?.to_owned();
    let mut down = false;
    for part in target.components() {
        match part {
            Component::Normal(name) => {
                down = true;
                to.push(name);
            }
            // Back out of what it went into: it may be a link.
            Component::ParentDir if down || !to.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(to)
}

/// The bytes of a file that somebody else may have put there: a file and nothing else, and no larger than this.
pub(crate) fn file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = fs::File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other(format!("`{}` is no file", path.display())));
    }
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("`{}` is larger than {most} bytes", path.display())));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[(&str, Option<&str>)]) -> Result<Tree, TreeError> {
        let mut tree = Tree::default();
        for (path, target) in entries {
            let entry = match target {
                Some(target) => Entry::Link((*target).into()),
                None => Entry::File { executable: false, bytes: b"x".to_vec() },
            };
            tree.take((*path).into(), entry);
        }
        tree.settled()
    }

    #[test]
    fn no_name_of_a_tree_leads_out_of_it() {
        let strays = |entries: &[(&str, Option<&str>)]| -> Vec<String> {
            let tree = tree(entries).unwrap();
            tree.strays.iter().map(|path| path.display().to_string()).collect()
        };
        let none: [String; 0] = [];
        assert_eq!(strays(&[("a/b", None), ("c/d", Some("../a/b")), ("e", Some("c"))]), none);
        assert_eq!(strays(&[("a", Some("/etc/passwd"))]), ["a"]);
        assert_eq!(strays(&[("a", Some(".."))]), ["a"]);
        // Each step is inside, and the way is not.
        assert_eq!(strays(&[("x", Some(".")), ("y", Some("x/x/../../keys"))]), ["y"]);
        assert_eq!(strays(&[("x", Some(".")), ("y", Some("x/z"))]), ["y"]);
        assert!(matches!(tree(&[("x", Some(".")), ("x/planted", None)]), Err(TreeError::BelowLink(_))));
    }

    #[test]
    fn a_folder_is_where_its_name_says() {
        let tree = tree(&[("a/main.tf", None), ("b", Some("a"))]).unwrap();
        for (folder, plain) in
            [("", true), ("a", true), ("b", false), ("b/c", false), ("../a", false), ("/a", false)]
        {
            assert_eq!(tree.has_plain(Path::new(folder)), plain, "{folder}");
        }
    }

    #[test]
    fn only_files_are_read_and_no_links() {
        let folder = std::env::temp_dir().join(format!("il-tree-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("file"), b"four").unwrap();
        std::os::unix::fs::symlink("file", folder.join("link")).unwrap();
        assert_eq!(file(&folder.join("file"), 4).unwrap(), b"four");
        assert!(file(&folder.join("file"), 3).is_err());
        assert!(file(&folder.join("link"), 4).is_err());
        assert!(file(&folder, 4).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
