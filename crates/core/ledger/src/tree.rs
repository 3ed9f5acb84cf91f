//! The RFC 6962 Merkle tree: hashes, and the frontier that is all one must keep to go on appending.

use sha2::{Digest as _, Sha256};

use crate::LedgerError;

/// A SHA-256 hash in the tree.
pub type Hash = [u8; 32];

/// Hash of a leaf (RFC 6962 §2.1: prefix 0x00).
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(leaf);
    hash.finalize().into()
}

/// Hash of an inner node (RFC 6962 §2.1: prefix 0x01).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(left);
    hash.update(right);
    hash.finalize().into()
}

/// Root of the tree without leaves.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The roots of the complete subtrees on the right edge, largest first: one a set bit of the size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf's hash. `completed` is told each inner node that is now final: its level above the leaves, its
    /// index from the left, its hash.
    pub fn push(&mut self, leaf: Hash, mut completed: impl FnMut(u32, u64, &Hash)) {
        let (mut hash, mut level, mut index) = (leaf, 0, self.size);
        while index & 1 == 1 {
            // INVARIANT: a set bit of the size has its peak, so there is one to pop.
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            index >>= 1;
            level += 1;
            completed(level, index, &hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The roots of the complete subtrees, largest first.
    pub(crate) fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// The root over all leaves so far.
    pub fn root(&self) -> Hash {
        fold_right(&self.peaks)
    }
}

/// Joins the roots of adjoining complete subtrees, largest first, into the root over all of them.
pub(crate) fn fold_right(peaks: &[Hash]) -> Hash {
    let mut from_right = peaks.iter().rev();
    let Some(last) = from_right.next() else { return empty_root() };
    from_right.fold(*last, |right, left| node_hash(left, &right))
}

/// Where hashes are stored.
pub trait HashReader {
    /// Why one could not be read.
    type Error: From<LedgerError>;
    /// The hash of a complete subtree: its level above the leaves, its index from the left.
    fn node(&self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// Leaf hashes alone; inner nodes are computed.
impl HashReader for [Hash] {
    type Error = LedgerError;
    fn node(&self, level: u32, index: u64) -> Result<Hash, LedgerError> {
        if level == 0 {
            let at = usize::try_from(index).ok().and_then(|index| self.get(index));
            return at.copied().ok_or(LedgerError::NoHash { level, index });
        }
        let left = self.node(level - 1, index * 2)?;
        Ok(node_hash(&left, &self.node(level - 1, index * 2 + 1)?))
    }
}
