//! Witnesses (C2SP tlog-cosignature, Ed25519): who saw that the log only ever grew, and when.
//!
//! A cosignature is one more signature line under a checkpoint. What it says is signed over a header, the time, and the
//! checkpoint's text.

use std::{collections::BTreeSet, fmt, str::FromStr};

use ed25519_dalek::{Signature, VerifyingKey};

use crate::{
    Checkpoint, LedgerError,
    note::{Signed, open, read_vkey, write_vkey},
};

/// The signature type byte of timestamped Ed25519 cosignatures.
const COSIGNATURE: u8 = 0x04;

/// A witness that is trusted; as text a C2SP vkey of type 4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

/// What one witness says of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// Who.
    pub witness: String,
    /// When, in seconds since the epoch, by the witness's own clock.
    pub time: u64,
    /// The signature line, with its newline.
    pub line: String,
}

impl WitnessKey {
    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether two of them are the same witness: the name is not signed, so that only the key tells.
    pub fn same_key(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// This witness's word in a signature line over the text; none when the line is somebody else's.
    fn read(&self, text: &str, signed: &Signed<'_>) -> Result<Option<Cosignature>, LedgerError> {
        if signed.name != self.name || signed.id != self.id {
            return Ok(None);
        }
        let bad = || LedgerError::BadSignature(self.name.clone());
        let (time, signature) = signed.signature.split_first_chunk::<8>().ok_or_else(bad)?;
        let time = u64::from_be_bytes(*time);
        // A time of zero says nothing about when, and so not that this was the newest head.
        if time == 0 || i64::try_from(time).is_err() {
            return Err(bad());
        }
        let signature = Signature::from_slice(signature).map_err(|_| bad())?;
        let message = format!("cosignature/v1\ntime {time}\n{text}");
        self.key.verify_strict(message.as_bytes(), &signature).map_err(|_| bad())?;
        Ok(Some(Cosignature { witness: self.name.clone(), time, line: signed.line() }))
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_vkey(f, (&self.name, self.id), COSIGNATURE, &self.key)
    }
}

impl FromStr for WitnessKey {
    type Err = LedgerError;
    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let (name, id, key) = read_vkey(text, COSIGNATURE)?;
        Ok(Self { name, id, key })
    }
}

/// The witnesses that are trusted, and how many of them must agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witnesses {
    keys: Vec<WitnessKey>,
    quorum: usize,
}

impl Witnesses {
    /// `quorum` of these. Two names for one key are one witness, and so refused.
    pub fn new(keys: Vec<WitnessKey>, quorum: usize) -> Result<Self, LedgerError> {
        for (nth, key) in keys.iter().enumerate() {
            if keys.iter().take(nth).any(|other| other.same_key(key)) {
                return Err(LedgerError::Witnesses(format!(
                    "`{}` is a witness that is named twice",
                    key.name
                )));
            }
        }
        if quorum > keys.len() {
            let why = format!("{quorum} must agree, and there are {}", keys.len());
            return Err(LedgerError::Witnesses(why));
        }
        Ok(Self { keys, quorum })
    }

    /// Who is trusted.
    pub fn keys(&self) -> &[WitnessKey] {
        &self.keys
    }
    /// How many must agree; 0 asks nobody.
    pub fn quorum(&self) -> usize {
        self.quorum
    }

    /// The cosignatures of trusted witnesses under a checkpoint, one for each; other lines are passed over. One that
    /// claims to be a trusted witness's and is not makes the whole note worthless.
    pub fn read(&self, note: &str) -> Result<Vec<Cosignature>, LedgerError> {
        let (text, lines) = open(note)?;
        Checkpoint::parse(text)?;
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        for line in &lines {
            for key in &self.keys {
                if let Some(cosignature) = key.read(text, line)?
                    && seen.insert(key.name.clone())
                {
                    found.push(cosignature);
                }
            }
        }
        Ok(found)
    }

    /// Whether as many as must have cosigned this checkpoint.
    pub fn agree(&self, note: &str) -> bool {
        self.read(note).is_ok_and(|found| found.len() >= self.quorum)
    }
}

#[cfg(test)]
pub(crate) mod tests;
