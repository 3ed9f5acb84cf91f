//! Proofs as text that anybody can check offline: an entry stands in a log (C2SP tlog-proof), a log begins with an older
//! one (the body of a C2SP tlog-witness request, the only text form that this has).

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{Checkpoint, Hash, LedgerError, NoteVerifier, leaf_hash, verify_consistency, verify_inclusion};

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// No proof of a log that can be is longer.
const LONGEST: usize = 63;

/// A proof that an entry stands in a log. As text it is a C2SP tlog-proof whose `extra` is the leaf itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// Where it stands.
    pub index: u64,
    /// The leaf's bytes.
    pub leaf: Vec<u8>,
    /// From the leaf's sibling up.
    pub proof: Vec<Hash>,
    /// The signed head, with whatever cosignatures it has.
    pub checkpoint: String,
}

/// A proof that a log begins with what an older head of it signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consistency {
    /// The older size.
    pub old: u64,
    /// As RFC 6962 §2.1.2 has it.
    pub proof: Vec<Hash>,
    /// The newer signed head.
    pub checkpoint: String,
}

impl Inclusion {
    /// The head that it leads to. Whoever signed the head has signed this very entry at this very place.
    pub fn check(&self, verifier: &NoteVerifier) -> Result<Checkpoint, LedgerError> {
        let head = Checkpoint::open(&self.checkpoint, verifier)?;
        verify_inclusion(&leaf_hash(&self.leaf), self.index, head.size, &self.proof, &head.root)?;
        Ok(head)
    }
}

impl Consistency {
    /// The heads, older and newer. The older one must be signed too: only then does the proof say something about it.
    pub fn check(
        &self,
        older: &str,
        verifier: &NoteVerifier,
    ) -> Result<(Checkpoint, Checkpoint), LedgerError> {
        let (old, new) = (Checkpoint::open(older, verifier)?, Checkpoint::open(&self.checkpoint, verifier)?);
        if old.size != self.old {
            return Err(LedgerError::Proof(format!(
                "it is about a log of {} entries, the older checkpoint about one of {}",
                self.old, old.size
            )));
        }
        verify_consistency(old.size, new.size, &old.root, &new.root, &self.proof)?;
        Ok((old, new))
    }
}

fn hashes(f: &mut fmt::Formatter<'_>, proof: &[Hash]) -> fmt::Result {
    proof.iter().try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash)))
}

impl fmt::Display for Inclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\nextra {}\nindex {}", STANDARD.encode(&self.leaf), self.index)?;
        hashes(f, &self.proof)?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl fmt::Display for Consistency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        hashes(f, &self.proof)?;
        write!(f, "\n{}", self.checkpoint)
    }
}

fn bad(why: &str) -> LedgerError {
    LedgerError::Proof(why.to_owned())
}

/// A number behind a word: no sign, no leading zeros.
fn number(line: Option<&str>, word: &str) -> Result<u64, LedgerError> {
    let text = line.and_then(|line| line.strip_prefix(word)?.strip_prefix(' '));
    let plain = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let plain = plain.filter(|text| *text == "0" || !text.starts_with('0'));
    plain.and_then(|text| text.parse().ok()).ok_or_else(|| bad(&format!("there is no `{word}` line")))
}

fn read_hashes<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Vec<Hash>, LedgerError> {
    let hash = |line: &str| STANDARD.decode(line).ok().and_then(|hash| Hash::try_from(hash).ok());
    let proof: Option<Vec<Hash>> = lines.map(hash).collect();
    let proof = proof.ok_or_else(|| bad("a line is no hash"))?;
    if proof.len() > LONGEST { Err(bad("it has too many hashes")) } else { Ok(proof) }
}

/// The lines before the empty line, and the checkpoint behind it.
fn halves(text: &str) -> Result<(std::str::Lines<'_>, String), LedgerError> {
    let (head, checkpoint) = text.split_once("\n\n").ok_or_else(|| bad("it has no checkpoint"))?;
    Ok((head.lines(), checkpoint.to_owned()))
}

impl FromStr for Inclusion {
    type Err = LedgerError;
    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let (mut lines, checkpoint) = halves(text)?;
        if lines.next() != Some(HEADER) {
            return Err(bad(&format!("it does not begin with `{HEADER}`")));
        }
        let leaf = lines.next().and_then(|line| line.strip_prefix("extra "));
        let leaf = leaf.and_then(|leaf| STANDARD.decode(leaf).ok());
        let leaf = leaf.ok_or_else(|| bad("there is no `extra` line with the entry"))?;
        let index = number(lines.next(), "index")?;
        Ok(Self { index, leaf, proof: read_hashes(lines)?, checkpoint })
    }
}

impl FromStr for Consistency {
    type Err = LedgerError;
    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let (mut lines, checkpoint) = halves(text)?;
        let old = number(lines.next(), "old")?;
        Ok(Self { old, proof: read_hashes(lines)?, checkpoint })
    }
}

#[cfg(test)]
mod tests;
