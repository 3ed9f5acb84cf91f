//! A folder outside the home: written a file at a time, each whole under its name or not there, and read back.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use interlock_ledger::Files;

use crate::{StoreError, fault, home};

/// A file longer than this is not read: nothing that is exported comes near it.
const LIMIT: u64 = 1 << 30;

/// A folder that a log is written to.
pub(crate) struct Outside<'a> {
    root: &'a Path,
    /// Folders with new names that are not durable yet.
    changed: BTreeSet<PathBuf>,
    /// How many files were written.
    pub(crate) written: u64,
}

impl<'a> Outside<'a> {
    pub(crate) fn new(root: &'a Path) -> Result<Self, StoreError> {
        home::make_folder(root)?;
        Ok(Self { root, changed: BTreeSet::new(), written: 0 })
    }

    /// Whether there is such a file, and of this length if one is asked for.
    pub(crate) fn has(&self, path: &str, length: Option<u64>) -> bool {
        let meta = fs::metadata(self.root.join(path));
        meta.is_ok_and(|meta| meta.is_file() && length.is_none_or(|length| meta.len() == length))
    }

    /// Writes a file: under another name, durable, and only then under its own.
    pub(crate) fn put(&mut self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.root.join(path);
        let folder = path.parent().unwrap_or(self.root).to_owned();
        if !folder.is_dir() {
            home::make_folder(&folder)?;
            // Each folder on the way is a new name in the one above it.
            let above = folder.ancestors().skip(1).take_while(|above| above.starts_with(self.root));
            self.changed.extend(above.map(Path::to_owned));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = folder.join(format!(".{name}.new"));
        replace(&temporary, &path, bytes).map_err(StoreError::io(&path))?;
        self.changed.insert(folder);
        self.written += 1;
        Ok(())
    }

    /// Makes every name so far durable.
    pub(crate) fn sync(&mut self) -> Result<(), StoreError> {
        for folder in std::mem::take(&mut self.changed) {
            fs::File::open(&folder).and_then(|folder| folder.sync_all()).map_err(StoreError::io(&folder))?;
        }
        Ok(())
    }

    /// Removes a folder that nothing needs any more.
    pub(crate) fn remove(&self, path: &str) -> Result<(), StoreError> {
        let path = self.root.join(path);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(&path)(error)),
            _ => Ok(()),
        }
    }
}

fn replace(temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let torn = fault::pass(fault::BEFORE_FILE)? == fault::Passed::Torn;
    let mut file = home::private_file(temporary)?;
    if torn {
        file.write_all(bytes.get(..bytes.len() / 2).unwrap_or_default())?;
        return Err(fault::die());
    }
    file.write_all(bytes)?;
    file.sync_all()?;
    fault::pass(fault::BEFORE_FILE_RENAME)?;
    fs::rename(temporary, path)?;
    fault::pass(fault::AFTER_FILE).map(|_| ())
}

/// A folder that is read: nothing in it is trusted.
pub(crate) struct Reading<'a>(pub(crate) &'a Path);

impl Files for Reading<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let full = self.0.join(path);
        let fault = |error: io::Error| format!("`{}`: {error}", full.display());
        match fs::metadata(&full) {
            Ok(meta) if !meta.is_file() => Ok(None),
            Ok(meta) if meta.len() > LIMIT => {
                Err(format!("`{}` is longer than anything exported", full.display()))
            }
            Ok(_) => fs::read(&full).map(Some).map_err(fault),
            // The folder of a partial tile may be a file, and the other way round.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(error) => Err(fault(error)),
        }
    }
}
