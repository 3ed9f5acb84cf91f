//! What a verifier of the log is given: keys, signed notes, checkpoints, leaves, exports. Nothing verifies that was never
//! signed.

use std::{collections::BTreeMap, sync::OnceLock};

use interlock_ledger::{
    BODIES, BodyLine, CHECKPOINT_PATH, Checkpoint, Entry, EntryKind, Frontier, Hash, Leaf, LedgerError,
    NoteSigner, NoteVerifier, OPENED, RecordSecret, Witnesses, body_path, decode_bundle, encode_bundle,
    encode_tile, leaf_hash, levels, open_body, seal, tiles, verify_folder,
};

use crate::{Target, cursor::Cursor, seeds};

pub(super) const TARGET: Target = Target {
    name: "ledger",
    about: "verifier keys, signed notes, checkpoints, leaves, exported logs",
    millis: 1_000,
    run,
    seeds: || {
        let log = log();
        let texts = [log.signer.verifier().to_string(), log.note.clone(), log.leaf.clone()];
        let mut seeds = Vec::new();
        for (kind, text) in texts.iter().enumerate() {
            let kind = u8::try_from(kind).unwrap();
            seeds.push([&[kind], text.as_bytes()].concat());
            seeds
                .extend(seeds::hostile_bodies().iter().map(|body| [&[kind], text.as_bytes(), body].concat()));
            seeds.extend(seeds::hostile_bodies().iter().map(|body| [&[kind], body.as_slice()].concat()));
        }
        for (file, content) in (0_u8..).zip(log.folder.values()) {
            seeds.push([&[3, file], content.as_slice()].concat());
            let bodies = seeds::hostile_bodies();
            seeds.extend(bodies.iter().map(|body| [&[3, file], body.as_slice()].concat()));
        }
        seeds
    },
};

/// The one log that was ever signed.
struct Log {
    signer: NoteSigner,
    /// As it left the house.
    folder: BTreeMap<String, Vec<u8>>,
    note: String,
    leaf: String,
    leaves: Vec<Hash>,
    signed: Vec<(u64, Hash)>,
}

/// Between two files of an input.
const NEXT: &[u8] = b"\n--\n";

fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let signer = NoteSigner::new("interlock.example/log", &[5; 32]).unwrap();
        let (mut leaves, mut hashes, mut signed) = (Vec::new(), Vec::new(), Vec::new());
        let (mut sealed_lines, mut opened_lines) = (String::new(), String::new());
        let (mut frontier, mut note) = (Frontier::default(), String::new());
        for index in 0..5 {
            let entry = Entry::new(EntryKind::Allowed, index).public("n", index).private("secret", index * 7);
            let (sealed, secret) = seal(entry, || Ok::<_, LedgerError>(RecordSecret::new([6; 32]))).unwrap();
            let body = sealed.body.as_ref().unwrap();
            let opened = secret.map(|secret| open_body(&sealed.leaf, body, &secret).unwrap());
            sealed_lines.push_str(&BodyLine::sealed(index, body).line().unwrap());
            opened_lines.push_str(&BodyLine::opened(index, opened, None).unwrap().line().unwrap());
            let leaf = sealed.leaf.encode().unwrap();
            hashes.push(leaf_hash(&leaf));
            frontier.push(leaf_hash(&leaf), |_, _, _| {});
            leaves.push(leaf);
            if index % 2 == 0 {
                note = Checkpoint::sign(frontier.size(), frontier.root(), &signer);
                signed.push((frontier.size(), frontier.root()));
            }
        }
        let mut folder = BTreeMap::from([(CHECKPOINT_PATH.to_owned(), note.clone().into_bytes())]);
        assert_eq!(levels(frontier.size()), 1, "one tile holds it all");
        for tile in tiles(0, frontier.size(), 0) {
            let bundle = encode_bundle(leaves.iter().map(Vec::as_slice)).unwrap();
            folder.insert(tile.bundle_path(), bundle);
            folder.insert(tile.path(), encode_tile(&hashes));
        }
        folder.insert(body_path(BODIES, 0), sealed_lines.into_bytes());
        folder.insert(body_path(OPENED, 0), opened_lines.into_bytes());
        let leaf = String::from_utf8(leaves.pop().unwrap()).unwrap();
        Log { signer, folder, note, leaf, leaves: hashes, signed }
    })
}

/// The pieces between two marks.
fn pieces(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    while let Some(at) = bytes.windows(NEXT.len()).position(|window| window == NEXT) {
        pieces.push(&bytes[..at]);
        bytes = &bytes[at + NEXT.len()..];
    }
    pieces.push(bytes);
    pieces
}

/// A folder in which some files were replaced. Whatever verifies is the log that was signed.
fn folder(bytes: &[u8]) {
    let log = log();
    let mut folder = log.folder.clone();
    for piece in pieces(bytes) {
        let mut cursor = Cursor::new(piece);
        let nth = cursor.below(log.folder.len());
        let path = log.folder.keys().nth(nth).unwrap();
        let _ = decode_bundle(cursor.rest());
        folder.insert(path.clone(), cursor.rest().to_vec());
    }
    if let Ok(report) = verify_folder(&folder, &log.signer.verifier(), &Witnesses::default(), &[]) {
        let verified = &report.verified;
        let known = verified.size == 0 || log.signed.contains(&(verified.size, verified.root));
        assert!(known, "nobody signed {} entries", verified.size);
        assert!(log.leaves.starts_with(&report.leaves), "it verifies with other entries");
    }
}

fn run(bytes: &[u8]) {
    let mut cursor = Cursor::new(bytes);
    let kind = cursor.below(4);
    let bytes = cursor.rest();
    if kind == 3 {
        return folder(bytes);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match kind {
        0 => {
            if let Ok(key) = text.parse::<NoteVerifier>() {
                let again: NoteVerifier = key.to_string().parse().expect("a key's own text is one");
                assert_eq!(again.to_string(), key.to_string());
            }
        }
        1 => {
            if let Ok(checkpoint) = Checkpoint::open(text, &log().signer.verifier()) {
                let known = log().signed.contains(&(checkpoint.size, checkpoint.root));
                assert!(known, "nobody signed {} entries", checkpoint.size);
            }
            if let Ok(checkpoint) = Checkpoint::parse(text) {
                let again = Checkpoint::parse(&checkpoint.text()).expect("a checkpoint's own text is one");
                assert_eq!((again.size, again.root), (checkpoint.size, checkpoint.root));
            }
        }
        _ => {
            if let Ok(leaf) = Leaf::parse(bytes) {
                // What is too long once it is written is not written.
                if let Ok(text) = leaf.encode() {
                    let again = Leaf::parse(&text).expect("a leaf's own text is one");
                    assert_eq!(again.encode().expect("it was written before"), text);
                }
                let _ = leaf.redacts();
            }
        }
    }
}
