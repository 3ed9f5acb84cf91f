//! Every way of tampering with a folder is noticed, and named.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;

use super::*;
use crate::{
    Entry, EntryKind, NoteSigner, REDACTED_ENTRY, REDACTED_STATE, RecordSecret, State, StateSalt,
    cosignature::tests::{cosign, vkey},
    encode_bundle, encode_tile, open_body, seal,
};

const SALT: StateSalt = [8; 24];
const OWN: &str = r#"[{"event":"x"}]"#;

fn state(events: &str) -> State<'_> {
    State { salt: &SALT, events: events.as_bytes() }
}

type Folder = BTreeMap<String, Vec<u8>>;

/// A log that is kept in memory, and put into a folder.
#[derive(Clone)]
struct Log {
    leaves: Vec<Vec<u8>>,
    sealed: Vec<Option<BodyLine>>,
    opened: Vec<BodyLine>,
}

fn signer() -> NoteSigner {
    NoteSigner::new("interlock.example/log", &[5; 32]).unwrap()
}

fn hashes(leaves: &[Vec<u8>]) -> Vec<Hash> {
    leaves.iter().map(|leaf| leaf_hash(leaf)).collect()
}

/// The tiles and bundles of these leaves, whoever signs them.
fn layout(leaves: &[Vec<u8>]) -> Folder {
    let size = leaves.len() as u64;
    let mut folder = Folder::new();
    let mut level = hashes(leaves);
    for tile in tiles(0, size, 0) {
        let of = tile.start() as usize..(tile.start() + tile.width) as usize;
        folder.insert(tile.bundle_path(), encode_bundle(leaves[of].iter().map(Vec::as_slice)).unwrap());
    }
    for nth in 0..levels(size) {
        for tile in tiles(nth, size, 0) {
            let of = tile.start() as usize..(tile.start() + tile.width) as usize;
            folder.insert(tile.path(), encode_tile(&level[of]));
        }
        let root = |hashes: &[Hash]| {
            let mut frontier = Frontier::default();
            hashes.iter().for_each(|hash| frontier.push(*hash, |_, _, _| {}));
            frontier.root()
        };
        level = level.chunks_exact(256).map(root).collect();
    }
    folder
}

fn checkpoint(leaves: &[Vec<u8>]) -> String {
    let mut frontier = Frontier::default();
    hashes(leaves).into_iter().for_each(|hash| frontier.push(hash, |_, _, _| {}));
    Checkpoint::sign(frontier.size(), frontier.root(), &signer())
}

impl Log {
    fn new() -> Self {
        Self { leaves: Vec::new(), sealed: Vec::new(), opened: Vec::new() }
    }
    fn sample(count: u64) -> Self {
        let mut log = Self::new();
        for index in 0..count {
            let entry = Entry::new(EntryKind::Allowed, index).public("n", index);
            let entry = if index % 3 == 0 { entry.private("secret", index * 7) } else { entry };
            log.append(entry, if index % 2 == 0 { OWN } else { "" });
        }
        log
    }
    fn append(&mut self, entry: Entry, events: &str) {
        let index = self.leaves.len() as u64;
        let (mut sealed, secret) = seal(entry, || Ok::<_, LedgerError>(RecordSecret::new([6; 32]))).unwrap();
        let state = (!events.is_empty()).then(|| state(events));
        sealed.leaf.state = state.map(|state| state.digest());
        let opened =
            secret.map(|secret| open_body(&sealed.leaf, sealed.body.as_ref().unwrap(), &secret).unwrap());
        self.opened.push(BodyLine::opened(index, opened, state).unwrap());
        self.sealed.push(sealed.body.map(|body| BodyLine::sealed(index, &body)));
        self.leaves.push(sealed.leaf.encode().unwrap());
    }
    fn redact(&mut self, index: u64, events: &str) {
        self.put(index, events);
        self.sealed[index as usize] = None;
        self.opened[index as usize].private = None;
        let entry = Entry::new(EntryKind::Redacted, 99)
            .public(REDACTED_ENTRY, index)
            .public(REDACTED_STATE, state(events).digest());
        self.append(entry, "");
    }
    fn put(&mut self, index: u64, events: &str) {
        let private = self.opened[index as usize].private.clone();
        self.opened[index as usize] = BodyLine::opened(index, private, Some(state(events))).unwrap();
    }
    fn bare(&self) -> Folder {
        let mut folder = layout(&self.leaves);
        folder.insert("checkpoint".to_owned(), checkpoint(&self.leaves).into_bytes());
        folder
    }
    fn with(mut folder: Folder, of: &str, lines: impl Iterator<Item = Option<BodyLine>>) -> Folder {
        for (index, line) in lines.enumerate() {
            let file = folder.entry(body_path(of, index as u64 / 256)).or_default();
            file.extend(line.map(|line| line.line().unwrap()).unwrap_or_default().into_bytes());
        }
        folder
    }
    fn sealed(&self) -> Folder {
        Self::with(self.bare(), BODIES, self.sealed.iter().cloned())
    }
    fn opened(&self) -> Folder {
        Self::with(self.bare(), OPENED, self.opened.iter().cloned().map(Some))
    }
}

fn verify_held(folder: &Folder, held: &[Held]) -> Result<Report, Broken> {
    verify_folder(folder, &signer().verifier(), &Witnesses::default(), held)
}

fn verify(folder: &Folder) -> Result<Report, Broken> {
    verify_held(folder, &[])
}

fn head(leaves: &[Vec<u8>]) -> Held {
    Held { note: checkpoint(leaves), leaves: None }
}

fn copy(leaves: &[Vec<u8>]) -> Held {
    Held { note: checkpoint(leaves), leaves: Some(hashes(leaves)) }
}

/// The same leaf, saying something else.
fn rewritten(leaf: &[u8]) -> Vec<u8> {
    String::from_utf8(leaf.to_vec()).unwrap().replace("\"allowed\"", "\"refused\"").into_bytes()
}

#[test]
fn a_log_as_it_was_written_verifies() {
    for size in [0, 1, 2, 12, 255, 256, 257, 700] {
        let log = Log::sample(size);
        for folder in [log.bare(), log.sealed(), log.opened()] {
            let report = verify(&folder).unwrap();
            assert_eq!((report.verified.size, report.verified.redacted), (size, 0));
            assert_eq!(report.leaves, hashes(&log.leaves));
        }
    }
    let log = Log::sample(12);
    let counted = |folder| verify(&folder).unwrap().bodies;
    let none = Counted { private: 4, sealed: 0, opened: 0, gone: 0, absent: 4, withheld: 0 };
    assert_eq!(counted(log.bare()), none);
    assert_eq!(counted(log.sealed()), Counted { sealed: 4, absent: 0, ..none });
    assert_eq!(counted(log.opened()), Counted { opened: 4, absent: 0, ..none });
}

#[test]
fn a_rewritten_entry_is_named() {
    for size in [12, 300] {
        let log = Log::sample(size);
        let mut changed = log.leaves.clone();
        changed[6] = rewritten(&changed[6]);
        // In its bundle alone: its tile tells.
        let mut folder = log.bare();
        folder.extend(layout(&changed).into_iter().filter(|(path, _)| path.starts_with("tile/entries/")));
        assert_eq!(verify(&folder), Err(Broken::Rewritten { index: 6 }));
        // With every tile made to fit, the head tells that something was; an older copy what.
        folder.extend(layout(&changed));
        assert_eq!(verify(&folder), Err(Broken::Diverged { from: 0, to: size - 1 }));
        assert_eq!(
            verify_held(&folder, &[head(&log.leaves[..5])]),
            Err(Broken::Diverged { from: 5, to: size - 1 })
        );
        assert_eq!(verify_held(&folder, &[copy(&log.leaves[..10])]), Err(Broken::Rewritten { index: 6 }));
        // With the head signed anew, only what was kept elsewhere tells.
        folder.insert("checkpoint".to_owned(), checkpoint(&changed).into_bytes());
        assert!(verify(&folder).is_ok() && verify_held(&folder, &[head(&log.leaves[..6])]).is_ok());
        assert_eq!(verify_held(&folder, &[head(&log.leaves[..7])]), Err(Broken::Forked { size: 7 }));
        assert_eq!(verify_held(&folder, &[head(&log.leaves)]), Err(Broken::Forked { size }));
    }
}

#[test]
fn tiles_above_narrow_down_where_entries_were_changed() {
    let log = Log::sample(700);
    let mut changed = log.leaves.clone();
    changed[400] = rewritten(&changed[400]);
    let mut folder = log.bare();
    let lowest = |path: &String| path.starts_with("tile/entries/") || path.starts_with("tile/0/");
    folder.extend(layout(&changed).into_iter().filter(|(path, _)| lowest(path)));
    assert_eq!(verify(&folder), Err(Broken::Diverged { from: 256, to: 511 }));
}

#[test]
fn truncation_is_named() {
    let log = Log::sample(300);
    let mut folder = log.bare();
    folder.remove("tile/entries/001.p/44");
    assert_eq!(verify(&folder), Err(Broken::Truncated { signed: 300, found: 256 }));
    let short = encode_bundle(log.leaves[256..290].iter().map(Vec::as_slice)).unwrap();
    folder.insert("tile/entries/001.p/44".to_owned(), short);
    assert_eq!(verify(&folder), Err(Broken::Truncated { signed: 300, found: 290 }));
    // With an older head put back, only a newer one that was kept elsewhere tells.
    let older = Log { leaves: log.leaves[..256].to_vec(), ..Log::new() }.bare();
    assert!(verify(&older).is_ok());
    assert_eq!(verify_held(&older, &[head(&log.leaves)]), Err(Broken::Truncated { signed: 300, found: 256 }));
}

#[test]
fn reordering_is_named() {
    let log = Log::sample(300);
    let mut changed = log.leaves.clone();
    changed.swap(5, 280);
    let mut folder = log.bare();
    folder.extend(layout(&changed).into_iter().filter(|(path, _)| path.starts_with("tile/entries/")));
    assert_eq!(verify(&folder), Err(Broken::Reordered { expected: 5, found: 280 }));
    folder.extend(layout(&changed));
    assert!(matches!(verify(&folder), Err(Broken::Diverged { .. })));
    assert_eq!(
        verify_held(&folder, &[copy(&log.leaves)]),
        Err(Broken::Reordered { expected: 5, found: 280 })
    );
    // One of them twice is no other order: the other is gone.
    let mut doubled = log.leaves.clone();
    doubled[5] = doubled[280].clone();
    folder = log.bare();
    folder.extend(layout(&doubled).into_iter().filter(|(path, _)| path.starts_with("tile/entries/")));
    assert_eq!(verify(&folder), Err(Broken::Rewritten { index: 5 }));
}

#[test]
fn a_fork_is_named() {
    let log = Log::sample(12);
    let mut other = log.clone();
    other.leaves[3] = rewritten(&other.leaves[3]);
    assert_eq!(verify_held(&log.bare(), &[head(&other.leaves)]), Err(Broken::Forked { size: 12 }));
    assert_eq!(verify_held(&log.bare(), &[head(&other.leaves[..8])]), Err(Broken::Forked { size: 8 }));
    assert!(verify_held(&log.bare(), &[head(&other.leaves[..3]), head(&log.leaves[..0])]).is_ok());
}

#[test]
fn bad_signatures_and_foreign_keys_are_named() {
    let log = Log::sample(5);
    let mut folder = log.bare();
    let note = checkpoint(&log.leaves);
    folder.insert("checkpoint".to_owned(), note.replacen("\n5\n", "\n4\n", 1).into_bytes());
    assert_eq!(verify(&folder), Err(Broken::BadSignature { nth: 1 }));
    let stranger = NoteSigner::new("interlock.example/log", &[66; 32]).unwrap();
    folder.insert("checkpoint".to_owned(), Checkpoint::sign(5, [0; 32], &stranger).into_bytes());
    assert!(matches!(verify(&folder), Err(Broken::UnknownKey { nth: 1, .. })));
    folder.remove("checkpoint");
    assert!(matches!(verify(&folder), Err(Broken::Checkpoint { nth: 1, .. })));
    let held = Held { note: "x".to_owned(), leaves: None };
    assert!(matches!(verify_held(&log.bare(), &[held]), Err(Broken::Checkpoint { nth: 2, .. })));
}

#[test]
fn a_corrupted_tile_is_not_the_entries_fault() {
    let log = Log::sample(600);
    for path in ["tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"] {
        let mut folder = log.bare();
        folder.get_mut(path).unwrap()[40] ^= 1;
        assert!(matches!(verify(&folder), Err(Broken::Tile { path: bad, .. }) if bad == path), "{path}");
        folder.get_mut(path).unwrap().pop();
        assert!(matches!(verify(&folder), Err(Broken::Tile { path: bad, .. }) if bad == path), "{path}");
        folder.remove(path);
        assert!(matches!(verify(&folder), Err(Broken::Tile { path: bad, .. }) if bad == path), "{path}");
    }
}

#[test]
fn bodies_and_state_changes_are_checked() {
    let change = |change: &dyn Fn(&mut Log)| {
        let mut log = Log::sample(12);
        change(&mut log);
        verify(&log.opened()).unwrap_err()
    };
    let opening = |log: &mut Log| {
        log.opened[3].private.as_mut().unwrap().get_mut("secret").unwrap().value = "8".to_owned();
    };
    assert!(matches!(change(&opening), Broken::Body { index: 3, .. }));
    assert_eq!(change(&|log| log.put(4, "[]")), Broken::State { index: 4 });
    assert_eq!(change(&|log| log.opened[4].events = None), Broken::State { index: 4 });
    let mut log = Log::sample(12);
    log.opened[4] = BodyLine::without_state(4, log.opened[4].private.clone());
    let withheld = verify_folder(&log.opened(), &signer().verifier(), &Witnesses::default(), &[]).unwrap();
    assert_eq!(withheld.bodies.withheld, 1, "it is said to be kept back, and counted");
    let both = |log: &mut Log| {
        log.put(4, "[]");
        log.opened[4].withheld = true;
    };
    assert_eq!(change(&both), Broken::State { index: 4 }, "what is shown is compared");
    assert_eq!(
        change(&|log| log.opened[4].events_salt = Some(STANDARD.encode([9; 24]))),
        Broken::State { index: 4 }
    );
    // The border between salt and changes cannot be moved.
    let moved = change(&|log| log.opened[4].events_salt = Some(STANDARD.encode([8; 23])));
    assert!(matches!(moved, Broken::Body { index: 4, .. }));
    assert_eq!(change(&|log| log.opened[3].private = None), Broken::BodyMissing { index: 3 });
}

#[test]
fn that_a_body_was_erased_shows_without_opening_any() {
    let mut log = Log::sample(600);
    log.sealed[3] = None;
    assert_eq!(verify(&log.sealed()), Err(Broken::BodyMissing { index: 3 }));
    let log = Log::sample(600);
    let mut other = log.clone();
    other.sealed[3] = Some(BodyLine::sealed(3, b"noise"));
    assert!(matches!(verify(&other.sealed()), Err(Broken::Body { index: 3, .. })));
    // A whole file of them.
    for path in ["bodies/000.jsonl", "bodies/001.jsonl"] {
        let mut folder = log.sealed();
        folder.remove(path);
        assert!(matches!(verify(&folder), Err(Broken::BodyMissing { .. })), "{path}");
    }
}

#[test]
fn a_body_may_be_gone_only_if_an_entry_says_so() {
    let mut log = Log::sample(12);
    let before = log.clone();
    log.redact(6, "[1]");
    for folder in [log.sealed(), log.opened()] {
        let report = verify(&folder).unwrap();
        assert_eq!((report.verified.redacted, report.bodies.gone), (1, 1));
    }
    // Neither contradicts the other: the older copy goes on verifying, and is what the newer log begins with.
    assert!(verify(&before.opened()).is_ok());
    assert!(verify_held(&log.opened(), &[copy(&before.leaves)]).is_ok());
}

#[test]
fn only_what_a_redaction_names_may_take_the_place_of_state_changes() {
    let mut log = Log::sample(12);
    log.redact(6, "[1]");
    let put = |log: &Log, events| {
        let mut log = log.clone();
        log.put(6, events);
        verify(&log.opened()).map(|report| report.verified.redacted)
    };
    assert_eq!(put(&log, "[1]"), Ok(1));
    assert_eq!(put(&log, "[2]"), Err(Broken::State { index: 6 }));
    assert_eq!(put(&log, OWN), Err(Broken::Restored { index: 6 }));
    // Of several redactions the last counts.
    log.redact(6, "[2]");
    log.redact(6, "[3]");
    assert_eq!(put(&log, "[3]"), Ok(3));
    for earlier in ["[1]", "[2]"] {
        assert_eq!(put(&log, earlier), Err(Broken::State { index: 6 }), "{earlier}");
    }
    // One that names no state changes leaves them as they are, and lets no others in.
    let mut log = Log::sample(12);
    log.put(6, "[1]");
    log.append(Entry::new(EntryKind::Redacted, 99).public(REDACTED_ENTRY, 6), "");
    assert_eq!(verify(&log.opened()), Err(Broken::State { index: 6 }));
}

#[test]
fn too_few_witnesses_are_named() {
    let log = Log::sample(3);
    let witnesses = Witnesses::new(vec![vkey("w.example/1", 11).parse().unwrap()], 1).unwrap();
    let verify = |folder: &Folder| verify_folder(folder, &signer().verifier(), &witnesses, &[]);
    let mut folder = log.bare();
    assert_eq!(verify(&folder), Err(Broken::Unwitnessed { found: 0, wanted: 1 }));
    let note = checkpoint(&log.leaves);
    let text = note.split("\n\n").next().unwrap().to_owned() + "\n";
    let cosigned = note + &cosign(&text, "w.example/1", 11, 1_760_000_000);
    folder.insert("checkpoint".to_owned(), cosigned.into_bytes());
    assert_eq!(verify(&folder).unwrap().witnesses[0].witness, "w.example/1");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_changed_byte_is_noticed(size in 1..40_u64, file in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let log = Log::sample(size);
        let mut folder = log.sealed();
        let path = file.get(&folder.keys().cloned().collect::<Vec<_>>()).clone();
        let bytes = folder.get_mut(&path).unwrap();
        if bytes.is_empty() {
            return Ok(());
        }
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        match verify(&folder) {
            Err(_) => {}
            // Another spelling of the same body, or of the same signature line, says the same.
            Ok(report) => {
                prop_assert!(path.starts_with("bodies/"), "{path} at {at}");
                prop_assert_eq!(report.leaves, hashes(&log.leaves));
            }
        }
    }

    #[test]
    fn folders_never_panic(files in proptest::collection::btree_map("tile/(0|entries|1)/000(.p/[0-9])?|checkpoint|bodies/000.jsonl", proptest::collection::vec(any::<u8>(), 0..80), 0..6)) {
        let mut folder: Folder = files;
        let _ = verify(&folder);
        folder.insert("checkpoint".to_owned(), checkpoint(&Log::sample(3).leaves).into_bytes());
        let _ = verify(&folder);
    }
}
