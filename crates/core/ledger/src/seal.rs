//! Private fields: committed to under a salt, encrypted under a key, both drawn from one secret a record.
//!
//! Destroying the (wrapped) secret destroys the salts and the key: the body cannot be read and the commitments cannot be
//! guessed, while the leaf, and every proof of it, stays as it is.

use std::{collections::BTreeMap, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce, aead::Aead as _};
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroize as _;

use crate::{Entry, Leaf, LedgerError};

/// Keeps commitments apart from every other hash.
const COMMITMENT: &[u8] = b"interlock ledger field v1";
/// Keeps digests of encrypted bodies apart from every other hash.
const BODY: &[u8] = b"interlock ledger body v1";
const NONCE: usize = 24;

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name([u8; 32]);
        impl $name {
            /// From 32 random bytes.
            pub fn new(bytes: [u8; 32]) -> Self { Self(bytes) }
            pub(crate) fn bytes(&self) -> &[u8; 32] { &self.0 }
        }
        impl Drop for $name {
            fn drop(&mut self) { self.0.zeroize(); }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(concat!(stringify!($name), "(…)")) }
        }
    };
}
key! {
    /// What a record's salts and body key are derived from.
    RecordSecret
}
key! {
    /// The home's key that record secrets are stored under.
    WrappingKey
}

impl RecordSecret {
    /// HMAC-SHA256 as a one-block HKDF expansion: the secret is uniformly random already.
    fn derive(&self, purpose: &[u8], name: &str) -> [u8; 32] {
        let Ok(mut mac) = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(self.bytes()) else {
            // INVARIANT: HMAC takes keys of any length, so this is never reached; were it, nothing would be derived from
            // a constant.
            return Sha256::digest(self.0).into();
        };
        mac.update(purpose);
        mac.update(&[0]);
        mac.update(name.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn salt(&self, field: &str) -> [u8; 32] {
        self.derive(b"interlock ledger salt v1", field)
    }

    /// INVARIANT: a secret seals one body only, so its key sees one message and the nonce may be constant.
    fn cipher(&self) -> XChaCha20Poly1305 {
        let mut key = self.derive(b"interlock ledger body v1", "");
        let cipher = XChaCha20Poly1305::new(&key.into());
        key.zeroize();
        cipher
    }
}

impl WrappingKey {
    /// A key for something else, that tells nothing of this one.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        RecordSecret(*self.bytes()).derive(b"interlock ledger apart v1", purpose)
    }

    /// Encrypts a record's secret; the nonce is random and stands first in the result.
    pub fn wrap(&self, secret: &RecordSecret, nonce: [u8; NONCE]) -> Result<Vec<u8>, LedgerError> {
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), secret.0.as_slice());
        let mut wrapped = nonce.to_vec();
        wrapped.extend(sealed.map_err(|_| LedgerError::Sealed("a record secret"))?);
        Ok(wrapped)
    }

    /// Decrypts a record's secret.
    pub fn unwrap(&self, wrapped: &[u8]) -> Result<RecordSecret, LedgerError> {
        let bad = || LedgerError::Sealed("a record secret");
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE>().ok_or_else(bad)?;
        let mut plain = self.cipher().decrypt(&XNonce::from(*nonce), sealed).map_err(|_| bad())?;
        let secret = <[u8; 32]>::try_from(plain.as_slice()).map(RecordSecret).map_err(|_| bad());
        plain.zeroize();
        secret
    }
}

/// An entry taken apart: what goes into the tree, and what stays beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    /// Its [`Leaf::state`] is still to be set.
    pub leaf: Leaf,
    /// The private fields, encrypted.
    pub body: Option<Vec<u8>>,
}

/// One private field with what its commitment is checked by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Base64 of the 32-byte salt.
    pub salt: String,
    /// The value's JSON text: the exact bytes that are committed to.
    pub value: String,
}

fn commitment(salt: &[u8; 32], value: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(COMMITMENT);
    hash.update(salt);
    hash.update(value.as_bytes());
    STANDARD.encode(hash.finalize())
}

/// What [`Leaf::body`] says of an encrypted body, in hexadecimal digits. It gives nothing away: without the record's
/// secret the ciphertext is noise.
fn body_digest(body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(BODY);
    hash.update(body);
    hex::encode(hash.finalize())
}

/// Checks that an encrypted body is the one that was recorded. Nobody needs a key for that.
pub fn check_sealed_body(leaf: &Leaf, body: &[u8]) -> Result<(), LedgerError> {
    if leaf.body.as_deref() == Some(&body_digest(body)) {
        Ok(())
    } else {
        Err(LedgerError::Leaf("the encrypted body is not the one that was recorded".to_owned()))
    }
}

/// Commits to an entry's private fields and encrypts them. `draw` is asked for a secret only if there are any, and
/// returns what it drew.
pub fn seal<E: From<LedgerError>>(
    entry: Entry,
    draw: impl FnOnce() -> Result<RecordSecret, E>,
) -> Result<(Sealed, Option<RecordSecret>), E> {
    let mut leaf = Leaf::new(entry.kind, entry.at, entry.public);
    if entry.private.is_empty() {
        return Ok((Sealed { leaf, body: None }, None));
    }
    let secret = draw()?;
    let mut texts = BTreeMap::new();
    for (name, value) in entry.private {
        let text = value.to_string();
        leaf.fields.insert(name.clone(), commitment(&secret.salt(&name), &text));
        texts.insert(name, text);
    }
    let mut plain = serde_json::to_vec(&texts).map_err(|error| LedgerError::Json(error.to_string()))?;
    let body = secret.cipher().encrypt(&XNonce::default(), plain.as_slice());
    plain.zeroize();
    let body = body.map_err(|_| LedgerError::Sealed("a body"))?;
    leaf.body = Some(body_digest(&body));
    Ok((Sealed { leaf, body: Some(body) }, Some(secret)))
}

/// Decrypts a body and checks every field against the leaf.
pub fn open_body(
    leaf: &Leaf,
    body: &[u8],
    secret: &RecordSecret,
) -> Result<BTreeMap<String, Opening>, LedgerError> {
    check_sealed_body(leaf, body)?;
    let plain =
        secret.cipher().decrypt(&XNonce::default(), body).map_err(|_| LedgerError::Sealed("a body"))?;
    let texts: BTreeMap<String, String> =
        serde_json::from_slice(&plain).map_err(|error| LedgerError::Json(error.to_string()))?;
    let open = |(name, value): (String, String)| {
        let salt = STANDARD.encode(secret.salt(&name));
        (name, Opening { salt, value })
    };
    let openings = texts.into_iter().map(open).collect();
    check_openings(leaf, &openings)?;
    Ok(openings)
}

/// Checks opened fields against the leaf: all of them, and no others.
pub fn check_openings(leaf: &Leaf, openings: &BTreeMap<String, Opening>) -> Result<(), LedgerError> {
    for name in leaf.fields.keys().chain(openings.keys()) {
        let bad = || LedgerError::Commitment(name.clone());
        let (Some(committed), Some(opening)) = (leaf.fields.get(name), openings.get(name)) else {
            return Err(bad());
        };
        let salt = STANDARD.decode(&opening.salt).ok().and_then(|salt| <[u8; 32]>::try_from(salt).ok());
        if commitment(&salt.ok_or_else(bad)?, &opening.value) != *committed {
            return Err(bad());
        }
    }
    Ok(())
}

impl Opening {
    /// The value.
    pub fn json(&self) -> Result<Value, LedgerError> {
        serde_json::from_str(&self.value).map_err(|error| LedgerError::Json(error.to_string()))
    }
}

#[cfg(test)]
mod tests;
