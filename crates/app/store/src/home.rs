//! The home: a folder that is its owner's alone, with the keys that are made once.

use std::{
    fmt,
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use interlock_action::Sealer;
use interlock_ledger::{NoteSigner, NoteVerifier, WrappingKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroize as _;

use crate::StoreError;

/// What can be read by others must not be.
const OTHERS: u32 = 0o077;
const KEYS: &str = "keys";

/// The home's keys. Each is 32 random bytes in a file of its own, made at init and never changed.
pub struct Keys {
    /// Signs checkpoints.
    pub signer: NoteSigner,
    /// Seals secret values in arguments.
    pub sealer: Sealer,
    /// Encrypts record secrets.
    pub wrapping: WrappingKey,
    /// What the secrets of virtual credentials are derived from.
    pub virtual_credentials: [u8; 32],
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.virtual_credentials.zeroize();
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.signer.name())
    }
}

impl Keys {
    fn read(folder: &Path) -> Result<Self, StoreError> {
        private(folder)?;
        let ledger = read_key(&folder.join("ledger.key"))?;
        // The origin is a name nobody else's log has, though every home makes its own without asking anybody.
        let probe = NoteSigner::new("interlock", &ledger)?.verifier().to_string();
        let origin: String = hex::encode(Sha256::digest(probe)).chars().take(16).collect();
        Ok(Self {
            signer: NoteSigner::new(format!("interlock/{origin}"), &ledger)?,
            sealer: Sealer::new(read_key(&folder.join("sealing.key"))?),
            wrapping: WrappingKey::new(read_key(&folder.join("wrapping.key"))?),
            virtual_credentials: read_key(&folder.join("virtual.key"))?,
        })
    }
}

/// A home that was checked: private, and with its keys.
#[derive(Clone, Debug)]
pub struct Home {
    root: PathBuf,
    keys: Arc<Keys>,
}

impl Home {
    /// Makes the folder (0700) and its keys (0600). A folder that is there already must be private.
    pub fn create(root: &Path) -> Result<Self, StoreError> {
        make_folder(root)?;
        private(root)?;
        let folder = root.join(KEYS);
        if folder.join("ledger.key").exists() {
            return Err(StoreError::HomeExists(root.to_owned()));
        }
        make_folder(&folder)?;
        // The ledger's key comes last: only with it the folder is a home, so an init that was cut short starts anew.
        for name in ["sealing.key", "wrapping.key", "virtual.key", "ledger.key"] {
            write_key(&folder, name)?;
        }
        sync_parent(&folder).map_err(StoreError::io(root))?;
        Self::open(root)
    }

    /// Opens a home, refusing one that others can look into.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        if !root.join(KEYS).join("ledger.key").exists() {
            return Err(StoreError::NoHome(root.to_owned()));
        }
        private(root)?;
        Ok(Self { root: root.to_owned(), keys: Arc::new(Keys::read(&root.join(KEYS))?) })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }
    /// The keys.
    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }
    /// What the log's checkpoints are verified with.
    pub fn verifier(&self) -> NoteVerifier {
        self.keys.signer.verifier()
    }
    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.root.join("ledger.db")
    }
    /// Where checkpoints go unless the configuration names a folder off the host.
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoints")
    }

    /// Locks the home for one process, until the file is dropped.
    pub(crate) fn lock(&self) -> Result<File, StoreError> {
        let path = self.root.join("lock");
        let file = OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(StoreError::io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked(path)),
            Err(TryLockError::Error(error)) => Err(StoreError::io(&path)(error)),
        }
    }
}

/// Fails unless the path is the process's own and closed to others.
pub(crate) fn private(path: &Path) -> Result<(), StoreError> {
    let meta = fs::metadata(path).map_err(StoreError::io(path))?;
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(StoreError::Owner(path.to_owned()));
    }
    let mode = meta.mode() & 0o7777;
    if mode & OTHERS != 0 { Err(StoreError::Mode { path: path.to_owned(), mode }) } else { Ok(()) }
}

/// Makes a folder with mode 0700, unless it is there.
pub(crate) fn make_folder(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(StoreError::io(path))
}

/// A new file with mode 0600, replacing what is there.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)
}

/// Makes a new name in a folder durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn write_key(folder: &Path, name: &str) -> Result<(), StoreError> {
    let path = folder.join(name);
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(StoreError::Random)?;
    let mut text = hex::encode(key);
    let write = || -> io::Result<()> {
        let mut file = private_file(&path)?;
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        sync_parent(&path)
    };
    let written = write();
    key.zeroize();
    text.zeroize();
    written.map_err(StoreError::io(&path))
}

fn read_key(path: &Path) -> Result<[u8; 32], StoreError> {
    private(path)?;
    let mut text = fs::read_to_string(path).map_err(StoreError::io(path))?;
    let mut key = [0; 32];
    let read = hex::decode_to_slice(text.trim_end(), &mut key);
    text.zeroize();
    read.map(|()| key).map_err(|_| StoreError::Key(path.to_owned()))
}
