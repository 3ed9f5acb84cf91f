//! Tiles and entry bundles (C2SP tlog-tiles): a log as a finite set of files that anybody can serve.
//!
//! A tile holds up to 256 hashes of one level; levels are eight tree levels apart. A bundle holds the leaves themselves.

use crate::{Hash, LEAF_LIMIT, LedgerError};

/// How many hashes a full tile has, and how many leaves a full bundle.
pub const TILE_WIDTH: u64 = 256;

/// Tree levels between two levels of tiles.
pub(crate) const TILE_HEIGHT: u32 = 8;

/// Where the signed head stands.
pub const CHECKPOINT_PATH: &str = "checkpoint";

/// One tile, or one bundle of the same shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// 0 holds leaf hashes, 1 the roots of full tiles of level 0, and so on.
    pub level: u8,
    /// From the left.
    pub index: u64,
    /// How many hashes: 1 to 256.
    pub width: u64,
}

impl Tile {
    /// Where its hashes stand.
    pub fn path(&self) -> String {
        format!("tile/{}/{}", self.level, self.place())
    }

    /// Where the leaves of a tile of level 0 stand.
    pub fn bundle_path(&self) -> String {
        format!("tile/entries/{}", self.place())
    }

    /// The index in groups of three digits, and the width unless it is full.
    fn place(&self) -> String {
        let place = grouped(self.index);
        if self.is_full() { place } else { format!("{place}.p/{}", self.width) }
    }

    /// The same tile once it is full.
    #[must_use]
    pub fn full(self) -> Self {
        Self { width: TILE_WIDTH, ..self }
    }

    /// Whether it will never change.
    pub fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The leaf, or hash of its level, that it begins with.
    pub fn start(&self) -> u64 {
        self.index.saturating_mul(TILE_WIDTH)
    }

    /// What is above the leaves by so many tree levels.
    pub fn tree_level(&self) -> u32 {
        u32::from(self.level) * TILE_HEIGHT
    }
}

/// `1234067` as `x001/x234/067`.
pub fn grouped(index: u64) -> String {
    let mut groups = vec![format!("{:03}", index % 1000)];
    let mut rest = index / 1000;
    while rest > 0 {
        groups.push(format!("x{:03}", rest % 1000));
        rest /= 1000;
    }
    groups.reverse();
    groups.join("/")
}

/// The tiles of one level in a log of this size, from the one that holds hash `from` on.
pub fn tiles(level: u8, size: u64, from: u64) -> impl Iterator<Item = Tile> {
    let hashes = size.checked_shr(u32::from(level) * TILE_HEIGHT).unwrap_or(0);
    let (first, full) = (from / TILE_WIDTH, hashes / TILE_WIDTH);
    let whole = (first..full).map(move |index| Tile { level, index, width: TILE_WIDTH });
    let width = hashes % TILE_WIDTH;
    let last = (width > 0 && first <= full).then_some(Tile { level, index: full, width });
    whole.chain(last)
}

/// The levels that a log of this size has tiles on.
pub fn levels(size: u64) -> u8 {
    let mut levels = 0;
    let mut hashes = size;
    while hashes > 0 {
        levels += 1;
        hashes >>= TILE_HEIGHT;
    }
    levels
}

/// A tile's bytes.
pub fn encode_tile(hashes: &[Hash]) -> Vec<u8> {
    hashes.concat()
}

/// The hashes of a tile; none when it is not this many.
pub fn decode_tile(bytes: &[u8], width: u64) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    let fits = rest.is_empty() && u64::try_from(hashes.len()) == Ok(width);
    fits.then(|| hashes.to_vec())
}

/// A bundle's bytes: each leaf behind its length.
pub fn encode_bundle<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, LedgerError> {
    let mut bytes = Vec::new();
    for leaf in leaves {
        let length = u16::try_from(leaf.len()).map_err(|_| LedgerError::LeafTooLong(leaf.len()))?;
        bytes.extend(length.to_be_bytes());
        bytes.extend(leaf);
    }
    Ok(bytes)
}

/// The leaves of a bundle; none when a length leads beyond the end.
pub fn decode_bundle(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut leaves = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let (leaf, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        leaves.push(leaf);
        bytes = rest;
    }
    Some(leaves)
}

/// INVARIANT: a leaf's length fits the two bytes that a bundle gives it.
const _: () = assert!(LEAF_LIMIT == u16::MAX as usize);

#[cfg(test)]
mod tests;
