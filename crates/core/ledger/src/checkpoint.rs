//! Checkpoints (C2SP tlog-checkpoint): origin, size, root, signed as a note.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{Hash, LedgerError, NoteSigner, NoteVerifier};

/// What a signed head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// Reads the text. Extension lines are passed over.
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
        let body =
            text.strip_suffix('\n').ok_or(LedgerError::Checkpoint("it does not end with a newline"))?;
        let mut lines = body.split('\n');
        let origin =
            lines.next().filter(|line| !line.is_empty()).ok_or(LedgerError::Checkpoint("no origin"))?;
        let size = lines.next().and_then(plain_number).ok_or(LedgerError::Checkpoint("no size"))?;
        let root = lines.next().and_then(|line| STANDARD.decode(line).ok());
        let root =
            root.and_then(|root| Hash::try_from(root).ok()).ok_or(LedgerError::Checkpoint("no root"))?;
        if lines.any(str::is_empty) {
            return Err(LedgerError::Checkpoint("an empty extension line"));
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// The head of a log, signed under the log's origin.
    pub fn sign(size: u64, root: Hash, signer: &NoteSigner) -> String {
        signer.sign(&Self { origin: signer.name().to_owned(), size, root }.text())
    }

    /// Reads a note that the log's key must have signed.
    pub fn open(note: &str, verifier: &NoteVerifier) -> Result<Self, LedgerError> {
        let checkpoint = Self::parse(verifier.verify(note)?)?;
        if checkpoint.origin != verifier.name() {
            return Err(LedgerError::Checkpoint("it is of another log"));
        }
        Ok(checkpoint)
    }
}

/// A decimal number without sign or leading zeros.
fn plain_number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}
