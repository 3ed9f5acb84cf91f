//! Large values beside the log: each encrypted in a file of its own, found by the digest of what is in it. The log says which
//! there are, and what for.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use interlock_action::Digest;

use crate::{Keys, StoreError, draft::random, home};

const NONCE: usize = 24;
/// Keeps this key apart from every other that is derived from the same.
const PURPOSE: &str = "interlock store blobs v1";

/// A folder of them.
#[derive(Clone, Debug)]
pub struct Blobs {
    folder: PathBuf,
    keys: Arc<Keys>,
}

impl Blobs {
    /// In this home.
    pub fn open(home: &crate::Home) -> Result<Self, StoreError> {
        let folder = home.root().join("blobs");
        home::make_folder(&folder)?;
        Ok(Self { folder, keys: Arc::clone(home.keys()) })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.keys.wrapping.derive(PURPOSE).into())
    }

    fn place(&self, digest: &Digest) -> PathBuf {
        self.folder.join(digest.to_string().replace(':', "-"))
    }

    /// Keeps bytes; once it returns they are durable.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        let place = self.place(&digest);
        if place.exists() && self.get(&digest).is_ok() {
            return Ok(digest);
        }
        let nonce = random::<NONCE>()?;
        let name = digest.to_string();
        let sealed =
            self.cipher().encrypt(&XNonce::from(nonce), Payload { msg: bytes, aad: name.as_bytes() });
        let sealed = sealed.map_err(|_| StoreError::Blob(digest))?;
        self.write(&place, &nonce, &sealed).map_err(StoreError::io(&place))?;
        Ok(digest)
    }

    fn write(&self, place: &Path, nonce: &[u8], sealed: &[u8]) -> io::Result<()> {
        let draft = self.folder.join(format!("draft-{}", hex::encode(nonce)));
        let mut file = home::private_file(&draft)?;
        file.write_all(nonce)?;
        file.write_all(sealed)?;
        file.sync_all()?;
        fs::rename(&draft, place)?;
        home::sync_parent(place)
    }

    /// The bytes that this is the digest of.
    pub fn get(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let place = self.place(digest);
        let file = fs::read(&place).map_err(StoreError::io(&place))?;
        let broken = || StoreError::Blob(*digest);
        let (nonce, sealed) = file.split_first_chunk::<NONCE>().ok_or_else(broken)?;
        let name = digest.to_string();
        let payload = Payload { msg: sealed, aad: name.as_bytes() };
        let bytes = self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| broken())?;
        if Digest::of(&bytes) == *digest { Ok(bytes) } else { Err(broken()) }
    }
}
