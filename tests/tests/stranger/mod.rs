//! Random logs, and what can be done to them.

pub(crate) mod independent;

use std::collections::BTreeMap;

use interlock_ledger::{
    Broken, Checkpoint, Frontier, Hash, Held, NoteSigner, Witnesses, encode_bundle, encode_tile, leaf_hash,
    levels, tiles, verify_folder,
};

/// A verifier's word, and the number it is about.
pub(crate) type Verdict = (String, Option<u64>);

/// What a verifier is given.
pub(crate) struct Case {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// An older head that the verifier kept.
    pub(crate) held: Vec<String>,
    /// What was done, and what it must be called; none where any of several names fits.
    pub(crate) done: &'static str,
    pub(crate) expected: Option<Verdict>,
}

/// Numbers that look random and come again.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }
    /// Less than `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }
}

pub(crate) fn signer() -> NoteSigner {
    NoteSigner::new("interlock/0123456789abcdef", &[5; 32]).unwrap()
}

fn leaf(index: u64) -> Vec<u8> {
    format!(r#"{{"at":{index},"kind":"read","public":{{"n":{index}}},"v":1}}"#).into_bytes()
}

fn root(hashes: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    hashes.iter().for_each(|hash| frontier.push(*hash, |_, _, _| {}));
    frontier.root()
}

fn head(leaves: &[Vec<u8>], signer: &NoteSigner) -> String {
    let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    Checkpoint::sign(leaves.len() as u64, root(&hashes), signer)
}

fn bundles(leaves: &[Vec<u8>]) -> BTreeMap<String, Vec<u8>> {
    let file = |tile: interlock_ledger::Tile| {
        let of = tile.start() as usize..(tile.start() + tile.width) as usize;
        (tile.bundle_path(), encode_bundle(leaves[of].iter().map(Vec::as_slice)).unwrap())
    };
    tiles(0, leaves.len() as u64, 0).map(file).collect()
}

fn layout(leaves: &[Vec<u8>]) -> BTreeMap<String, Vec<u8>> {
    let mut files = bundles(leaves);
    let mut hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    for level in 0..levels(leaves.len() as u64) {
        for tile in tiles(level, leaves.len() as u64, 0) {
            let of = tile.start() as usize..(tile.start() + tile.width) as usize;
            files.insert(tile.path(), encode_tile(&hashes[of]));
        }
        hashes = hashes.chunks_exact(256).map(root).collect();
    }
    files
}

fn said(verdict: &str, number: usize) -> Option<Verdict> {
    Some((verdict.to_owned(), Some(number as u64)))
}

/// What can be done to a log of this many entries.
const DEEDS: usize = 15;

/// A log of this size, to which something was done, or nothing.
pub(crate) fn case(size: usize, dice: &mut Dice) -> Case {
    let begin = dice.below(1_000_000) as u64;
    let leaves: Vec<Vec<u8>> = (0..size as u64).map(|index| leaf(begin + index)).collect();
    let mut files = layout(&leaves);
    files.insert("checkpoint".to_owned(), head(&leaves, &signer()).into_bytes());
    let kept = dice.below(size + 1);
    let held = if dice.below(2) == 0 { Vec::new() } else { vec![head(&leaves[..kept], &signer())] };
    let mut case = Case { files, held, done: "nothing", expected: said("verifies", size) };
    let (one, other) = (dice.below(size.max(1)), dice.below(size.max(1)));
    let mut rewritten = leaves.clone();
    if let Some(leaf) = rewritten.get_mut(one) {
        leaf.extend(b" ");
    }
    let mut swapped = leaves.clone();
    if size > 1 && one != other {
        swapped.swap(one, other);
    }
    match dice.below(DEEDS) {
        deed @ 1..=3 if size > 0 => case.change("rewritten", deed, &leaves, &rewritten, one),
        deed @ 4..=6 if size > 1 && one != other => {
            case.change("reordered", deed - 3, &leaves, &swapped, one.min(other));
        }
        7 if size > 0 => case.shorten(&leaves, one),
        8 if size > 0 => {
            // A whole older log, under a head that was signed then.
            case.files = layout(&leaves[..one]);
            case.files.insert("checkpoint".to_owned(), head(&leaves[..one], &signer()).into_bytes());
            case.held = vec![head(&leaves, &signer())];
            (case.done, case.expected) = ("an older log", said("truncated", one));
        }
        9 => {
            case.held = vec![Checkpoint::sign(size as u64, [7; 32], &signer())];
            (case.done, case.expected) = ("another log of that size", said("forked", size));
        }
        10 => {
            let note = String::from_utf8(case.files["checkpoint"].clone()).unwrap();
            let note = note.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + 1), 1);
            case.files.insert("checkpoint".to_owned(), note.into_bytes());
            (case.done, case.expected) =
                ("another size under the signature", Some(("bad-signature".to_owned(), None)));
        }
        11 => {
            let stranger = NoteSigner::new(signer().name(), &[66; 32]).unwrap();
            case.files.insert("checkpoint".to_owned(), head(&leaves, &stranger).into_bytes());
            (case.done, case.expected) =
                ("a stranger's signature", Some(("unknown-signature".to_owned(), None)));
        }
        deed @ 12..=13 if size > 0 => case.spoil_tile(dice, deed == 12),
        14 => {
            let path = case.files.keys().nth(dice.below(case.files.len())).unwrap().clone();
            let bytes = case.files.get_mut(&path).unwrap();
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
            (case.done, case.expected) = ("a flipped bit", None);
        }
        _ => {}
    }
    case
}

impl Case {
    /// Puts other entries in: 1, in the bundles alone; 2, with tiles that fit them; 3, with a head that fits them, too.
    fn change(
        &mut self,
        verdict: &'static str,
        how: usize,
        before: &[Vec<u8>],
        after: &[Vec<u8>],
        first: usize,
    ) {
        self.done = verdict;
        self.files.extend(if how == 1 { bundles(after) } else { layout(after) });
        self.expected = match how {
            1 => said(verdict, first),
            2 => Some(("diverged".to_owned(), None)),
            _ => {
                self.files.insert("checkpoint".to_owned(), head(after, &signer()).into_bytes());
                self.held = vec![head(&before[..=first], &signer())];
                said("forked", first + 1)
            }
        };
    }

    /// Cuts entries off, from `found` on, and nothing else.
    fn shorten(&mut self, leaves: &[Vec<u8>], found: usize) {
        for tile in tiles(0, leaves.len() as u64, 0) {
            let (start, end) = (tile.start() as usize, (tile.start() + tile.width) as usize);
            if found <= start {
                self.files.remove(&tile.bundle_path());
            } else if found < end {
                let left = encode_bundle(leaves[start..found].iter().map(Vec::as_slice)).unwrap();
                self.files.insert(tile.bundle_path(), left);
            }
        }
        (self.done, self.expected) = ("entries cut off", said("truncated", found));
    }

    /// Changes or removes a tile.
    fn spoil_tile(&mut self, dice: &mut Dice, change: bool) {
        let tiles: Vec<String> = self
            .files
            .keys()
            .filter(|path| path.starts_with("tile/") && !path.contains("entries"))
            .cloned()
            .collect();
        let path = &tiles[dice.below(tiles.len())];
        if change {
            let bytes = self.files.get_mut(path).unwrap();
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
        } else {
            self.files.remove(path);
        }
        (self.done, self.expected) = ("a tile spoiled", Some(("bad-tile".to_owned(), None)));
    }
}

/// Interlock's own verdict.
pub(crate) fn ours(case: &Case) -> Verdict {
    let held: Vec<Held> = case.held.iter().map(|note| Held { note: note.clone(), leaves: None }).collect();
    match verify_folder(&case.files, &signer().verifier(), &Witnesses::default(), &held) {
        Ok(report) => ("verifies".to_owned(), Some(report.verified.size)),
        Err(broken) => {
            let number = match &broken {
                Broken::Truncated { found, .. } => Some(*found),
                Broken::Forked { size } => Some(*size),
                Broken::Rewritten { index } => Some(*index),
                Broken::Reordered { expected, .. } => Some(*expected),
                _ => None,
            };
            (broken.name().to_owned(), number)
        }
    }
}
