//! Verifying a log that left the house: a folder in the layout of C2SP tlog-tiles, and nothing else but a key.
//!
//! What is wrong is named by comparing three things that should say the same: the entries, the tiles, and the signed head.
//! Where an older head, or a whole older copy, was kept elsewhere, they are held against that too. The procedure is written
//! down in `docs/ledger.md`, so that others can write their own (ADR-0008).

use std::collections::BTreeMap;

use crate::{
    Broken, Checkpoint, Cosignature, Frontier, Hash, LedgerError, NoteVerifier, TILE_WIDTH, Tile, Verified,
    Witnesses,
    bodies::Bodies,
    decode_bundle, decode_tile, leaf_hash, levels,
    tile::{CHECKPOINT_PATH, TILE_HEIGHT},
    tiles,
    tree::fold_right,
};

mod body;
#[cfg(test)]
mod tests;

pub use body::{BODIES, BodyLine, Counted, OPENED, body_path};

/// Where files are read from.
pub trait Files {
    /// The content of a file; none when there is no such file.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String>;
}

impl Files for BTreeMap<String, Vec<u8>> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.get(path).cloned())
    }
}

/// What the verifier has kept of the same log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// An older signed head.
    pub note: String,
    /// The leaf hashes under it, where a whole older copy was kept and verified.
    pub leaves: Option<Vec<Hash>>,
}

/// What holds for a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The log itself.
    pub verified: Verified,
    /// What stands beside it.
    pub bodies: Counted,
    /// The trusted witnesses that have cosigned the head.
    pub witnesses: Vec<Cosignature>,
    /// The leaf hashes, to hold a later copy against.
    pub leaves: Vec<Hash>,
}

/// Verifies a folder: the head's signature and cosignatures, every entry against its tile, every tile against the head,
/// every body against its entry, and all of it against what is held.
pub fn verify_folder<F: Files + ?Sized>(
    files: &F,
    verifier: &NoteVerifier,
    witnesses: &Witnesses,
    held: &[Held],
) -> Result<Report, Broken> {
    let note = text(files, CHECKPOINT_PATH).map_err(|why| Broken::Checkpoint { nth: 1, why })?;
    let head = open(&note, verifier, 1)?;
    let mut expected = Vec::new();
    for (held, nth) in held.iter().zip(2..) {
        expected.push((open(&held.note, verifier, nth)?, held.leaves.as_deref()));
    }
    expected.sort_by_key(|(checkpoint, _)| checkpoint.size);
    if let Some((larger, _)) = expected.last().filter(|(newest, _)| newest.size > head.size) {
        return Err(Broken::Truncated { signed: larger.size, found: head.size });
    }
    if let Some((other, _)) =
        expected.iter().find(|(same, _)| same.size == head.size && same.root != head.root)
    {
        return Err(Broken::Forked { size: other.size });
    }
    let cosigned =
        witnesses.read(&note).map_err(|error| Broken::Checkpoint { nth: 1, why: error.to_string() })?;
    if cosigned.len() < witnesses.quorum() {
        return Err(Broken::Unwitnessed { found: cosigned.len(), wanted: witnesses.quorum() });
    }
    let mut walk = Walk::new(files, &expected);
    for tile in tiles(0, head.size, 0) {
        walk.tile(tile, &head)?;
    }
    let (bodies, redacted) = walk.judge(&head, &expected)?;
    let verified = Verified {
        origin: head.origin,
        size: head.size,
        root: head.root,
        checkpoints: 1 + u64::try_from(held.len()).unwrap_or(u64::MAX),
        redacted,
    };
    Ok(Report { verified, bodies, witnesses: cosigned, leaves: walk.leaves })
}

fn text<F: Files + ?Sized>(files: &F, path: &str) -> Result<String, String> {
    let bytes = files.read(path)?.ok_or_else(|| format!("there is no file `{path}`"))?;
    String::from_utf8(bytes).map_err(|_| format!("`{path}` is not text"))
}

fn open(note: &str, verifier: &NoteVerifier, nth: u64) -> Result<Checkpoint, Broken> {
    Checkpoint::open(note, verifier).map_err(|error| match error {
        LedgerError::BadSignature(_) => Broken::BadSignature { nth },
        LedgerError::UnknownKey { .. } => Broken::UnknownKey { nth, who: error.to_string() },
        other => Broken::Checkpoint { nth, why: other.to_string() },
    })
}

/// An older head, and the leaf hashes under it where they are known.
type Expected<'a> = (Checkpoint, Option<&'a [Hash]>);

/// Going through the entries.
struct Walk<'a, F: ?Sized> {
    files: &'a F,
    /// The tree over the entries as they are.
    entries: Frontier,
    /// The tree over the hashes in the tiles; none once a tile could not be read.
    tiled: Option<Frontier>,
    /// The leaf hashes of the entries as they are.
    leaves: Vec<Hash>,
    /// The roots of full tiles, by level, over the entries as they are.
    nodes: Vec<Vec<Hash>>,
    /// Where an entry's hash is not the one in its tile: its index, and the one in the tile.
    differing: Vec<(u64, Hash)>,
    /// The first tile of level 0 that is not there as it should be.
    bad_tile: Option<Broken>,
    /// The first entry that is none.
    unreadable: Option<Broken>,
    /// What was found wrong with a body, to be said once the entries themselves are known to be right.
    bad_body: Option<Broken>,
    bodies: Bodies,
    counted: Counted,
    /// The first entry whose body this folder was not given.
    absent: Option<u64>,
    /// Roots over the first so many entries, for the sizes that are held.
    roots: BTreeMap<u64, Option<Hash>>,
}

impl<'a, F: Files + ?Sized> Walk<'a, F> {
    fn new(files: &'a F, expected: &[Expected<'_>]) -> Self {
        let mut roots: BTreeMap<u64, Option<Hash>> =
            expected.iter().map(|(head, _)| (head.size, None)).collect();
        roots.insert(0, Some(crate::empty_root()));
        Self {
            files,
            entries: Frontier::default(),
            tiled: Some(Frontier::default()),
            leaves: Vec::new(),
            nodes: Vec::new(),
            differing: Vec::new(),
            bad_tile: None,
            unreadable: None,
            bad_body: None,
            bodies: Bodies::default(),
            counted: Counted::default(),
            absent: None,
            roots,
        }
    }

    /// One bundle, its tile, and its bodies.
    fn tile(&mut self, tile: Tile, head: &Checkpoint) -> Result<(), Broken> {
        let truncated = |found: usize| {
            let found = tile.start() + u64::try_from(found).unwrap_or(u64::MAX);
            Broken::Truncated { signed: head.size, found }
        };
        let index = tile.start();
        let unreadable = |why: String| Broken::Unreadable { index, why };
        let bytes =
            either(self.files, &tile.bundle_path(), &tile.full().bundle_path()).map_err(unreadable)?;
        let Some((bytes, full)) = bytes else { return Err(truncated(0)) };
        let mut leaves = decode_bundle(&bytes)
            .ok_or_else(|| unreadable(format!("`{}` is no entry bundle", tile.bundle_path())))?;
        let width = usize::try_from(tile.width).unwrap_or(usize::MAX);
        if full {
            leaves.truncate(width);
        }
        if leaves.len() < width {
            return Err(truncated(leaves.len()));
        }
        if leaves.len() > width {
            return Err(unreadable(format!("`{}` has more entries than it may", tile.bundle_path())));
        }
        let hashes = self.hashes(tile);
        let beside = body::Beside::read(self.files, tile).map_err(unreadable)?;
        for (nth, bytes) in leaves.into_iter().enumerate() {
            self.entry(bytes, hashes.as_ref().and_then(|hashes| hashes.get(nth)), &beside);
        }
        Ok(())
    }

    /// The hashes of a tile of level 0; what is wrong with it is kept for later.
    fn hashes(&mut self, tile: Tile) -> Option<Vec<Hash>> {
        let read = read_tile(self.files, tile);
        read.map_err(|broken| {
            self.tiled = None;
            self.bad_tile.get_or_insert(broken);
        })
        .ok()
    }

    fn entry(&mut self, bytes: &[u8], tiled: Option<&Hash>, beside: &body::Beside) {
        let (index, hash) = (self.entries.size(), leaf_hash(bytes));
        let nodes = &mut self.nodes;
        self.entries.push(hash, |level, _, hash| {
            if level.is_multiple_of(TILE_HEIGHT) {
                let above = usize::try_from(level / TILE_HEIGHT - 1).unwrap_or(usize::MAX);
                if nodes.len() <= above {
                    nodes.push(Vec::new());
                }
                if let Some(nodes) = nodes.get_mut(above) {
                    nodes.push(*hash);
                }
            }
        });
        self.leaves.push(hash);
        if let Some(tiled) = tiled {
            if let Some(frontier) = &mut self.tiled {
                frontier.push(*tiled, |_, _, _| {});
            }
            if *tiled != hash {
                self.differing.push((index, *tiled));
            }
        }
        if let Some(root) = self.roots.get_mut(&self.entries.size()) {
            *root = Some(self.entries.root());
        }
        let checked = beside.check(index, bytes, &mut self.bodies, &mut self.counted);
        if self.counted.absent > 0 {
            self.absent.get_or_insert(index);
        }
        match checked {
            Ok(()) => {}
            Err(broken @ Broken::Unreadable { .. }) => drop(self.unreadable.get_or_insert(broken)),
            Err(broken) => drop(self.bad_body.get_or_insert(broken)),
        }
    }

    /// Everything was read: what holds, or the name of what does not.
    fn judge(&mut self, head: &Checkpoint, expected: &[Expected<'_>]) -> Result<(Counted, u64), Broken> {
        if self.entries.root() != head.root {
            return Err(self.changed(head, expected));
        }
        for (older, _) in expected {
            if self.roots.get(&older.size) != Some(&Some(older.root)) {
                return Err(Broken::Forked { size: older.size });
            }
        }
        let first = self.differing.first().map(|(index, _)| Broken::Tile {
            path: Tile {
                level: 0,
                index: index / TILE_WIDTH,
                width: width_at(index / TILE_WIDTH, head.size),
            }
            .path(),
            why: format!("its hash of entry {index} is another"),
        });
        if let Some(broken) = self.bad_tile.take().or(first) {
            return Err(broken);
        }
        self.upper_tiles(head.size)?;
        if let Some(broken) = self.unreadable.take().or_else(|| self.bad_body.take()) {
            return Err(broken);
        }
        self.bodies.finish()?;
        // Bodies of some bundles and none of others: these were taken out.
        match self.absent.filter(|_| self.counted.absent < self.counted.private) {
            Some(index) => Err(Broken::BodyMissing { index }),
            None => Ok((self.counted, self.bodies.redacted)),
        }
    }

    /// Tiles above level 0 must hold the roots of the tiles below.
    fn upper_tiles(&self, size: u64) -> Result<(), Broken> {
        for level in 1..levels(size) {
            let computed = self.nodes.get(usize::from(level) - 1).map(Vec::as_slice).unwrap_or_default();
            for tile in tiles(level, size, 0) {
                let stored = read_tile(self.files, tile)?;
                let start = usize::try_from(tile.start()).unwrap_or(usize::MAX);
                if computed.get(start..start.saturating_add(stored.len())) != Some(&stored) {
                    let why = "it does not hold the roots of the tiles below it".to_owned();
                    return Err(Broken::Tile { path: tile.path(), why });
                }
            }
        }
        Ok(())
    }

    /// The entries are not what the head signs. What else is at hand says what was done to them.
    fn changed(&self, head: &Checkpoint, expected: &[Expected<'_>]) -> Broken {
        if self.tiled.as_ref().is_some_and(|tiled| tiled.root() == head.root) {
            let differing = self.differing.iter().filter_map(|(index, tiled)| {
                let at = usize::try_from(*index).ok()?;
                Some((*index, *self.leaves.get(at)?, *tiled))
            });
            if let Some(broken) = difference(differing) {
                return broken;
            }
        }
        for (_, copy) in expected.iter().rev() {
            let both = self.leaves.iter().zip(copy.unwrap_or_default());
            let differing = both.zip(0_u64..).filter(|((here, there), _)| here != there);
            if let Some(broken) = difference(differing.map(|((here, there), index)| (index, *here, *there))) {
                return broken;
            }
        }
        // Heads that still fit narrow it down from the left.
        let fits = |older: &&Expected<'_>| self.roots.get(&older.0.size) == Some(&Some(older.0.root));
        let from = expected.iter().rev().find(fits).map_or(0, |(older, _)| older.size);
        match self.first_bad_bundle(head) {
            Some(bundle) => Broken::Diverged {
                from: from.max(bundle * TILE_WIDTH),
                to: (bundle + 1)
                    .saturating_mul(TILE_WIDTH)
                    .saturating_sub(1)
                    .min(head.size.saturating_sub(1)),
            },
            None => Broken::Diverged { from, to: head.size.saturating_sub(1) },
        }
    }

    /// The first bundle whose entries have another root than a tile of level 1 that the head signs.
    fn first_bad_bundle(&self, head: &Checkpoint) -> Option<u64> {
        let mut stored = Vec::new();
        for tile in tiles(1, head.size, 0) {
            stored.extend(read_tile(self.files, tile).ok()?);
        }
        let (mut above, mut tail) = (Frontier::default(), Frontier::default());
        stored.iter().for_each(|hash| above.push(*hash, |_, _, _| {}));
        let rest = self.leaves.get(stored.len().checked_mul(usize::try_from(TILE_WIDTH).ok()?)?..)?;
        rest.iter().for_each(|hash| tail.push(*hash, |_, _, _| {}));
        if fold_right(&[above.peaks(), tail.peaks()].concat()) != head.root {
            return None;
        }
        let computed = self.nodes.first()?;
        let bad = stored.iter().zip(computed).position(|(stored, computed)| stored != computed)?;
        u64::try_from(bad).ok()
    }
}

/// The width of the tile of level 0 at this index.
fn width_at(index: u64, size: u64) -> u64 {
    size.saturating_sub(index.saturating_mul(TILE_WIDTH)).min(TILE_WIDTH)
}

/// Names the difference between entries as they are and as they should be (index, hash that is there, hash that belongs
/// there): the first entry whose hash belongs nowhere was rewritten; if there is none, they were put in another order.
fn difference(differing: impl Iterator<Item = (u64, Hash, Hash)>) -> Option<Broken> {
    let differing: Vec<(u64, Hash, Hash)> = differing.collect();
    let (first, found, _) = *differing.first()?;
    let mut belongs: BTreeMap<Hash, Vec<u64>> = BTreeMap::new();
    for (index, _, tiled) in differing.iter().rev() {
        belongs.entry(*tiled).or_default().push(*index);
    }
    let place = belongs.get(&found).and_then(|places| places.last().copied());
    for (index, found, _) in &differing {
        if belongs.get_mut(found).and_then(Vec::pop).is_none() {
            return Some(Broken::Rewritten { index: *index });
        }
    }
    Some(Broken::Reordered { expected: first, found: place.unwrap_or(first) })
}

/// A partial file, or the full one that took its place; and whether it is the full one that was found instead.
fn either<F: Files + ?Sized>(
    files: &F,
    partial: &str,
    full: &str,
) -> Result<Option<(Vec<u8>, bool)>, String> {
    if let Some(bytes) = files.read(partial)? {
        return Ok(Some((bytes, false)));
    }
    if partial == full {
        return Ok(None);
    }
    Ok(files.read(full)?.map(|bytes| (bytes, true)))
}

fn read_tile<F: Files + ?Sized>(files: &F, tile: Tile) -> Result<Vec<Hash>, Broken> {
    let broken = |why: String| Broken::Tile { path: tile.path(), why };
    let read = either(files, &tile.path(), &tile.full().path()).map_err(broken)?;
    let (bytes, full) = read.ok_or_else(|| broken("it is not there".to_owned()))?;
    let width = if full { TILE_WIDTH } else { tile.width };
    let hashes = decode_tile(&bytes, width).ok_or_else(|| broken("it has another width".to_owned()))?;
    Ok(hashes.into_iter().take(usize::try_from(tile.width).unwrap_or(usize::MAX)).collect())
}
