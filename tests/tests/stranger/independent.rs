//! A verifier made of others' crates: `signed_note` for the head, `tlog_tiles` for trees and tiles.

use std::collections::BTreeMap;

use signed_note::{Note, NoteError, StandardVerifier, VerifierList};
use tlog_tiles::{
    Error, Hash, HashReader, Tile, TileHashReader, TileReader, record_hash, stored_hash_index, tree_hash,
};

use super::{Case, Verdict, signer};

/// The hashes of a whole tree, in the order of `tlog_tiles`.
struct Stored(Vec<Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        indexes.iter().map(|at| self.0.get(*at as usize).copied().ok_or(Error::IndexesNotInTree)).collect()
    }
}

impl Stored {
    fn over(records: &[Hash]) -> Self {
        let mut stored = Self(Vec::new());
        for (hash, n) in records.iter().zip(0..) {
            let more = tlog_tiles::stored_hashes_for_record_hash(n, *hash, &stored).unwrap();
            stored.0.extend(more);
        }
        stored
    }
    fn root(&self, size: u64) -> Hash {
        tree_hash(size, self).unwrap()
    }
}

/// The folder as `tlog_tiles` wants it.
struct Folder<'a>(&'a BTreeMap<String, Vec<u8>>);

impl Folder<'_> {
    /// A file's bytes, or of the full one that took its place those that count.
    fn tile(&self, tile: &Tile) -> Option<Vec<u8>> {
        // The crate writes the height into its paths, which the specification does not.
        let path = tile.path().replacen("tile/8/", "tile/", 1);
        let wanted = tile.width() as usize * 32;
        if let Some(bytes) = self.0.get(&path) {
            return (bytes.len() == wanted).then(|| bytes.clone());
        }
        let full = self.0.get(path.split(".p/").next()?)?;
        (full.len() == 8192).then(|| full[..wanted].to_vec())
    }
    fn bundle(&self, tile: &Tile) -> Option<(Vec<u8>, bool)> {
        let path = tile.path().replacen("tile/8/0/", "tile/entries/", 1);
        let full = || self.0.get(path.split(".p/").next()?).map(|bytes| (bytes.clone(), true));
        self.0.get(&path).map(|bytes| (bytes.clone(), false)).or_else(full)
    }
}

impl TileReader for Folder<'_> {
    fn height(&self) -> u8 {
        8
    }
    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        tiles.iter().map(|tile| self.tile(tile).ok_or(Error::InvalidTile)).collect()
    }
    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

fn head(note: &[u8]) -> Result<(u64, Hash), Verdict> {
    let bad = |name: &str| (name.to_owned(), None);
    let verifier = StandardVerifier::new(&signer().verifier().to_string()).unwrap();
    let note = Note::from_bytes(note).map_err(|_| bad("bad-checkpoint"))?;
    note.verify(&VerifierList::new(vec![Box::new(verifier)])).map_err(|error| match error {
        NoteError::InvalidSignature { .. } => bad("bad-signature"),
        _ => bad("unknown-signature"),
    })?;
    let text = std::str::from_utf8(note.text()).map_err(|_| bad("bad-checkpoint"))?;
    let head = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).map_err(|_| bad("bad-checkpoint"))?;
    Ok((head.size(), *head.hash()))
}

fn level_0(size: u64) -> impl Iterator<Item = Tile> {
    Tile::new_tiles(8, 0, size).into_iter().filter(|tile| tile.level() == 0)
}

/// The record hashes of the entries that are there.
fn entries(folder: &Folder<'_>, size: u64) -> Result<Vec<Hash>, Verdict> {
    let mut hashes = Vec::new();
    for tile in level_0(size) {
        let short = |found: usize| ("truncated".to_owned(), Some(found as u64));
        let (bytes, full) = folder.bundle(&tile).ok_or_else(|| short(hashes.len()))?;
        let (mut rest, mut found) = (bytes.as_slice(), Vec::new());
        while let [high, low, tail @ ..] = rest {
            let length = usize::from(*high) << 8 | usize::from(*low);
            if tail.len() < length {
                return Err(("unreadable".to_owned(), None));
            }
            found.push(record_hash(&tail[..length]));
            rest = &tail[length..];
        }
        let width = tile.width() as usize;
        if !rest.is_empty() || (found.len() > width && !full) {
            return Err(("unreadable".to_owned(), None));
        }
        if found.len() < width {
            return Err(short(hashes.len() + found.len()));
        }
        hashes.extend(&found[..width]);
    }
    Ok(hashes)
}

/// The name of the difference between two lists of the same length that are not the same.
fn difference(found: &[Hash], belongs: &[Hash]) -> Verdict {
    let differing: Vec<usize> = (0..found.len()).filter(|at| found[*at].0 != belongs[*at].0).collect();
    let mut free: Vec<[u8; 32]> = differing.iter().map(|at| belongs[*at].0).collect();
    for at in &differing {
        match free.iter().position(|hash| *hash == found[*at].0) {
            Some(place) => drop(free.swap_remove(place)),
            None => return ("rewritten".to_owned(), Some(*at as u64)),
        }
    }
    ("reordered".to_owned(), differing.first().map(|at| *at as u64))
}

fn verify(case: &Case) -> Result<u64, Verdict> {
    let named = |name: &str, number| (name.to_owned(), number);
    let folder = Folder(&case.files);
    let (size, root) = head(&case.files["checkpoint"])?;
    let held: Result<Vec<_>, _> = case.held.iter().map(|note| head(note.as_bytes())).collect();
    for (older, other) in held.as_ref().map_err(Clone::clone)? {
        if *older > size {
            return Err(named("truncated", Some(size)));
        }
        if *older == size && other.0 != root.0 {
            return Err(named("forked", Some(size)));
        }
    }
    let records = entries(&folder, size)?;
    let stored = Stored::over(&records);
    if stored.root(size).0 != root.0 {
        let tiled: Option<Vec<Vec<u8>>> = level_0(size).map(|tile| folder.tile(&tile)).collect();
        let tiled: Option<Vec<Hash>> =
            tiled.map(|tiles| tiles.concat().as_chunks::<32>().0.iter().map(|hash| Hash(*hash)).collect());
        return Err(match tiled {
            Some(tiled) if Stored::over(&tiled).root(size).0 == root.0 => difference(&records, &tiled),
            _ => named("diverged", None),
        });
    }
    for (older, other) in held? {
        if stored.root(older).0 != other.0 {
            return Err(named("forked", Some(older)));
        }
    }
    // Every hash that a tile holds, read through tiles that the crate authenticates against the head.
    let mut wanted: Vec<u64> = Vec::new();
    for tile in Tile::new_tiles(8, 0, size) {
        let start = tile.level_index() * 256;
        let of = start..start + u64::from(tile.width());
        wanted.extend(of.map(|n| stored_hash_index(tile.level() * 8, n)));
    }
    if wanted.is_empty() {
        return Ok(size);
    }
    let right: Vec<Hash> = stored.read_hashes(&wanted).unwrap();
    match TileHashReader::new(size, root, &folder).read_hashes(&wanted) {
        Ok(read) if read.iter().zip(&right).all(|(read, right)| read.0 == right.0) => Ok(size),
        _ => Err(named("bad-tile", None)),
    }
}

/// The verdict of others' crates.
pub(crate) fn theirs(case: &Case) -> Verdict {
    match verify(case) {
        Ok(size) => ("verifies".to_owned(), Some(size)),
        Err(verdict) => verdict,
    }
}
