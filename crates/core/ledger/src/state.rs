//! State changes: committed to under a salt, encrypted under the home's key, bound to their leaf.
//!
//! The salt is the nonce that the ciphertext begins with. Whoever overwrites the ciphertext destroys the salt as well, and
//! what the leaf says of the changes can no longer be guessed.
//!
//! What only the home may read is encrypted with the changes and is no part of what is committed to: the changes hold
//! digests of it.

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use crate::{Hash, LedgerError, WrappingKey};

/// Keeps these digests apart from every other hash.
const DIGEST: &[u8] = b"interlock ledger state v1";
/// Keeps these ciphertexts apart from every other under the key.
const SEALED: &[u8] = b"interlock ledger sealed state v1";

/// Random bytes, drawn once for the state changes of one entry.
pub type StateSalt = [u8; 24];

/// State changes in the clear, with what their digest is salted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State<'a> {
    /// The salt.
    pub salt: &'a StateSalt,
    /// The changes' exact JSON.
    pub events: &'a [u8],
}

impl State<'_> {
    /// What [`crate::Leaf::state`] says of them, in hexadecimal digits.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(DIGEST);
        hash.update(self.salt);
        hash.update(self.events);
        hex::encode(hash.finalize())
    }
}

/// State changes that were decrypted; wiped when they are dropped.
#[derive(Debug)]
pub struct OpenedState {
    salt: StateSalt,
    events: Zeroizing<Vec<u8>>,
    aside: Zeroizing<Vec<u8>>,
}

impl OpenedState {
    /// As they are committed to.
    pub fn state(&self) -> State<'_> {
        State { salt: &self.salt, events: &self.events }
    }

    /// What was encrypted with them and is not committed to; empty where there is nothing.
    pub fn aside(&self) -> &[u8] {
        &self.aside
    }
}

/// Stands between the changes, whose JSON has none, and what is kept with them.
const BORDER: u8 = b'\n';

fn associated(leaf: &Hash) -> Vec<u8> {
    [SEALED, leaf.as_slice()].concat()
}

impl WrappingKey {
    /// Encrypts an entry's state changes; they open beside this leaf only. The salt stands first in the result and must
    /// be random: it is the nonce.
    pub fn seal_state(&self, state: State<'_>, leaf: &Hash) -> Result<Vec<u8>, LedgerError> {
        self.seal_state_with(state, &[], leaf)
    }

    /// The same, with what is to stay with them, and is not committed to.
    pub fn seal_state_with(
        &self,
        state: State<'_>,
        aside: &[u8],
        leaf: &Hash,
    ) -> Result<Vec<u8>, LedgerError> {
        if state.events.contains(&BORDER) {
            return Err(LedgerError::Sealed("state changes of more than one line"));
        }
        let mut plain = Zeroizing::new(Vec::with_capacity(state.events.len() + 1 + aside.len()));
        plain.extend_from_slice(state.events);
        if !aside.is_empty() {
            plain.push(BORDER);
            plain.extend_from_slice(aside);
        }
        let payload = Payload { msg: &plain, aad: &associated(leaf) };
        let sealed = self.cipher().encrypt(&XNonce::from(*state.salt), payload);
        let sealed = sealed.map_err(|_| LedgerError::Sealed("a set of state changes"))?;
        Ok([state.salt.as_slice(), &sealed].concat())
    }

    /// Decrypts an entry's state changes.
    pub fn open_state(&self, sealed: &[u8], leaf: &Hash) -> Result<OpenedState, LedgerError> {
        let bad = || LedgerError::Sealed("a set of state changes");
        let (salt, sealed) = sealed.split_first_chunk::<24>().ok_or_else(bad)?;
        let payload = Payload { msg: sealed, aad: &associated(leaf) };
        let plain = Zeroizing::new(self.cipher().decrypt(&XNonce::from(*salt), payload).map_err(|_| bad())?);
        let mut parts = plain.splitn(2, |byte| *byte == BORDER);
        let mut part = || Zeroizing::new(parts.next().unwrap_or_default().to_vec());
        Ok(OpenedState { salt: *salt, events: part(), aside: part() })
    }

    pub(crate) fn cipher(&self) -> XChaCha20Poly1305 {
        let mut key = *self.bytes();
        let cipher = XChaCha20Poly1305::new(&key.into());
        key.zeroize();
        cipher
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: &[u8] = br#"[{"event":"x","task":"tidy up"}]"#;

    #[test]
    fn state_changes_open_beside_their_leaf_and_under_their_key_only() {
        let (key, salt, leaf) = (WrappingKey::new([1; 32]), [2; 24], [3; 32]);
        let state = State { salt: &salt, events: EVENTS };
        let sealed = key.seal_state(state, &leaf).unwrap();
        assert!(!sealed.windows(4).any(|window| window == b"tidy"));
        let opened = key.open_state(&sealed, &leaf).unwrap();
        assert_eq!(opened.state(), state);
        assert!(key.open_state(&sealed, &[4; 32]).is_err(), "moved to another entry");
        assert!(WrappingKey::new([5; 32]).open_state(&sealed, &leaf).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open_state(&changed, &leaf).is_err(), "byte {at}");
        }
        assert!(key.open_state(&sealed[..20], &leaf).is_err());
    }

    #[test]
    fn what_is_kept_aside_is_not_committed_to() {
        let (key, salt, leaf) = (WrappingKey::new([1; 32]), [2; 24], [3; 32]);
        let state = State { salt: &salt, events: EVENTS };
        let opened = key.open_state(&key.seal_state_with(state, b"a\nb", &leaf).unwrap(), &leaf).unwrap();
        assert_eq!((opened.state(), opened.aside()), (state, &b"a\nb"[..]));
        assert_eq!(opened.state().digest(), state.digest());
        let lines = State { salt: &salt, events: b"[\n]" };
        assert!(key.seal_state(lines, &leaf).is_err(), "nobody could tell where they end");
    }

    #[test]
    fn the_same_changes_have_another_digest_under_another_salt() {
        let digest = |salt: &StateSalt| State { salt, events: EVENTS }.digest();
        assert_ne!(digest(&[1; 24]), digest(&[2; 24]));
        assert_eq!(digest(&[1; 24]), digest(&[1; 24]));
    }
}
