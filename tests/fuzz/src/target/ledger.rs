//! What a verifier of the log is given: keys, signed notes, checkpoints, leaves, exports. Nothing verifies that was never
//! signed.

use std::sync::OnceLock;

use interlock_ledger::{
    Checkpoint, Entry, EntryKind, ExportedCheckpoint, ExportedEntry, Frontier, Hash, Leaf, LedgerError,
    NoteSigner, NoteVerifier, RecordSecret, leaf_hash, open_body, seal, verify_export,
};

use crate::{Target, cursor::Cursor, seeds};

pub(super) const TARGET: Target = Target {
    name: "ledger",
    about: "verifier keys, signed notes, checkpoints, leaves, exported logs",
    millis: 1_000,
    run,
    seeds: || {
        let log = log();
        let export = format!("{}\n--\n{}", log.entries.join("\n"), log.checkpoints.join("\n"));
        let texts = [log.signer.verifier().to_string(), log.note.clone(), log.leaf.clone(), export];
        let mut seeds = Vec::new();
        for (kind, text) in texts.iter().enumerate() {
            let kind = u8::try_from(kind).unwrap();
            seeds.push([&[kind], text.as_bytes()].concat());
            seeds
                .extend(seeds::hostile_bodies().iter().map(|body| [&[kind], text.as_bytes(), body].concat()));
            seeds.extend(seeds::hostile_bodies().iter().map(|body| [&[kind], body.as_slice()].concat()));
        }
        seeds
    },
};

/// The one log that was ever signed.
struct Log {
    signer: NoteSigner,
    entries: Vec<String>,
    checkpoints: Vec<String>,
    note: String,
    leaf: String,
    signed: Vec<(u64, Hash)>,
}

fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let signer = NoteSigner::new("interlock.example/log", &[5; 32]).unwrap();
        let (mut entries, mut checkpoints, mut signed) = (Vec::new(), Vec::new(), Vec::new());
        let (mut frontier, mut note, mut last) = (Frontier::default(), String::new(), String::new());
        for index in 0..5 {
            let entry = Entry::new(EntryKind::Allowed, index).public("n", index).private("secret", index * 7);
            let (sealed, secret) = seal(entry, || Ok::<_, LedgerError>(RecordSecret::new([6; 32]))).unwrap();
            let leaf = sealed.leaf.encode().unwrap();
            let hash = leaf_hash(&leaf);
            last = String::from_utf8(leaf).unwrap();
            let mut line = ExportedEntry::new(frontier.size(), &hash, last.clone());
            line.private =
                secret.map(|secret| open_body(&sealed.leaf, sealed.body.as_ref().unwrap(), &secret).unwrap());
            entries.push(line.line().unwrap());
            frontier.push(hash, |_, _, _| {});
            if index % 2 == 0 {
                note = Checkpoint::sign(frontier.size(), frontier.root(), &signer);
                signed.push((frontier.size(), frontier.root()));
                checkpoints.push(ExportedCheckpoint { note: note.clone() }.line().unwrap());
            }
        }
        Log { signer, entries, checkpoints, note, leaf: last, signed }
    })
}

fn run(bytes: &[u8]) {
    let mut cursor = Cursor::new(bytes);
    let kind = cursor.below(4);
    let bytes = cursor.rest();
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
        2 => {
            if let Ok(leaf) = Leaf::parse(bytes) {
                // What is too long once it is written is not written.
                if let Ok(text) = leaf.encode() {
                    let again = Leaf::parse(&text).expect("a leaf's own text is one");
                    assert_eq!(again.encode().expect("it was written before"), text);
                }
                let _ = leaf.redacts();
            }
        }
        _ => {
            let (entries, checkpoints) = text.split_once("\n--\n").unwrap_or((text, ""));
            let lines = |text: &str| text.lines().map(|line| Ok(line.to_owned())).collect::<Vec<_>>();
            let verifier = log().signer.verifier();
            if let Ok(verified) = verify_export(&verifier, lines(entries), lines(checkpoints), &[]) {
                let known = verified.size == 0 || log().signed.contains(&(verified.size, verified.root));
                assert!(known, "nobody signed {} entries", verified.size);
            }
        }
    }
}
