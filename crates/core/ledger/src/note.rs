//! Signed notes with Ed25519 (C2SP signed-note): a text, an empty line, signature lines.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::LedgerError;

/// The signature type byte of Ed25519.
const ED25519: u8 = 0x01;
/// What a signature line begins with: an em dash and a space.
const MARK: &str = "\u{2014} ";

/// The first four bytes of SHA-256 over name, newline, type, public key.
pub(crate) fn key_id(name: &str, kind: u8, key: &VerifyingKey) -> [u8; 4] {
    let mut hash = Sha256::new();
    hash.update(name.as_bytes());
    hash.update([b'\n', kind]);
    hash.update(key.as_bytes());
    let [a, b, c, d, ..]: [u8; 32] = hash.finalize().into();
    [a, b, c, d]
}

fn check_name(name: &str) -> Result<(), LedgerError> {
    let bad = name.is_empty()
        || name.contains(|char: char| char.is_whitespace() || char.is_control() || char == '+');
    if bad { Err(LedgerError::KeyName(name.to_owned())) } else { Ok(()) }
}

/// Signs notes under a name.
pub struct NoteSigner {
    name: String,
    key: SigningKey,
    id: [u8; 4],
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.name)
    }
}

impl NoteSigner {
    /// With the 32-byte seed of an Ed25519 key.
    pub fn new(name: impl Into<String>, seed: &[u8; 32]) -> Result<Self, LedgerError> {
        let (name, key) = (name.into(), SigningKey::from_bytes(seed));
        check_name(&name)?;
        let id = key_id(&name, ED25519, &key.verifying_key());
        Ok(Self { name, key, id })
    }

    /// The name it signs under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What others verify with.
    pub fn verifier(&self) -> NoteVerifier {
        NoteVerifier { name: self.name.clone(), key: self.key.verifying_key(), id: self.id }
    }

    /// Signs a text that ends with a newline.
    pub fn sign(&self, text: &str) -> String {
        let mut signed = self.id.to_vec();
        signed.extend(self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n{MARK}{} {}\n", self.name, STANDARD.encode(signed))
    }
}

/// A trusted key; as text a C2SP vkey, `name+id+key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteVerifier {
    name: String,
    key: VerifyingKey,
    id: [u8; 4],
}

impl NoteVerifier {
    /// The name it trusts.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The signed text, if one of the signatures was made with this key. Others' signatures are passed over.
    pub fn verify<'a>(&self, note: &'a str) -> Result<&'a str, LedgerError> {
        let (text, signatures) = open(note)?;
        let mut found = String::new();
        for Signed { name, id, signature } in signatures {
            if name != self.name || id != self.id {
                name.clone_into(&mut found);
                continue;
            }
            let bad = || LedgerError::BadSignature(self.name.clone());
            let signature = Signature::from_slice(&signature).map_err(|_| bad())?;
            return self.key.verify_strict(text.as_bytes(), &signature).map(|()| text).map_err(|_| bad());
        }
        Err(LedgerError::UnknownKey { wanted: self.to_string(), found })
    }
}

/// The text with its newline, and the signature lines.
fn split(note: &str) -> Result<(&str, &str), LedgerError> {
    if note.chars().any(|char| char < ' ' && char != '\n') {
        return Err(LedgerError::Note("it has control characters"));
    }
    let (text, lines) = note.rsplit_once("\n\n").ok_or(LedgerError::Note("it has no signatures"))?;
    if !lines.ends_with('\n') {
        return Err(LedgerError::Note("it does not end with a newline"));
    }
    // The text keeps its own newline, which is the first of the two.
    let text = note.get(..text.len() + 1).ok_or(LedgerError::Note("it has no text"))?;
    Ok((text, lines))
}

/// One signature line.
pub(crate) struct Signed<'a> {
    pub(crate) name: &'a str,
    pub(crate) id: [u8; 4],
    pub(crate) signature: Vec<u8>,
}

impl<'a> Signed<'a> {
    /// Reads a line, without its newline.
    pub(crate) fn parse(line: &'a str) -> Result<Self, LedgerError> {
        let parts = line.strip_prefix(MARK).and_then(|line| line.split_once(' '));
        let parts = parts.filter(|(name, _)| check_name(name).is_ok());
        let decoded = parts.and_then(|(name, encoded)| Some((name, STANDARD.decode(encoded).ok()?)));
        let (name, signed) = decoded.ok_or(LedgerError::Note("a signature line is malformed"))?;
        let (id, signature) =
            signed.split_first_chunk::<4>().ok_or(LedgerError::Note("a signature is too short"))?;
        Ok(Self { name, id: *id, signature: signature.to_vec() })
    }

    /// The line with its newline.
    pub(crate) fn line(&self) -> String {
        format!("{MARK}{} {}\n", self.name, STANDARD.encode([self.id.as_slice(), &self.signature].concat()))
    }
}

/// The text of a note, and its signature lines.
pub(crate) fn open(note: &str) -> Result<(&str, Vec<Signed<'_>>), LedgerError> {
    let (text, lines) = split(note)?;
    Ok((text, lines.lines().map(Signed::parse).collect::<Result<_, _>>()?))
}

/// A key as a C2SP vkey.
pub(crate) fn write_vkey(
    f: &mut fmt::Formatter<'_>,
    (name, id): (&str, [u8; 4]),
    kind: u8,
    key: &VerifyingKey,
) -> fmt::Result {
    let encoded = STANDARD.encode([&[kind], key.as_bytes().as_slice()].concat());
    write!(f, "{name}+{}+{encoded}", hex::encode(id))
}

/// Reads a C2SP vkey of one kind.
pub(crate) fn read_vkey(text: &str, kind: u8) -> Result<(String, [u8; 4], VerifyingKey), LedgerError> {
    let bad = || LedgerError::VerifierKey(text.to_owned());
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(bad());
    };
    check_name(name)?;
    let key = STANDARD.decode(key).map_err(|_| bad())?;
    let key = key.split_first().filter(|(found, _)| **found == kind).map(|(_, key)| key);
    let key = VerifyingKey::try_from(key.ok_or_else(bad)?).map_err(|_| bad())?;
    let made = key_id(name, kind, &key);
    if hex::encode(made) == id { Ok((name.to_owned(), made, key)) } else { Err(bad()) }
}

impl fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_vkey(f, (&self.name, self.id), ED25519, &self.key)
    }
}

impl FromStr for NoteVerifier {
    type Err = LedgerError;
    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let (name, id, key) = read_vkey(text, ED25519)?;
        Ok(Self { name, key, id })
    }
}

#[cfg(test)]
mod tests;
