//! Every way of tampering with a store's log is noticed, and named.

use super::*;
use crate::{Entry, EntryKind, NoteSigner, REDACTED_ENTRY, REDACTED_STATE, RecordSecret, StateSalt, seal};

const SALT: StateSalt = [8; 24];

fn state(events: &str) -> State<'_> {
    State { salt: &SALT, events: events.as_bytes() }
}

#[derive(Clone)]
struct Row {
    index: u64,
    leaf: String,
    hash: Hash,
    has_body: bool,
    events: String,
}

struct Log {
    signer: NoteSigner,
    entries: Vec<Row>,
    checkpoints: Vec<String>,
    frontier: Frontier,
}

impl Log {
    fn new() -> Self {
        let signer = NoteSigner::new("interlock.example/log", &[5; 32]).unwrap();
        Self { signer, entries: Vec::new(), checkpoints: Vec::new(), frontier: Frontier::default() }
    }
    fn append(&mut self, entry: Entry, events: &str) {
        let (mut sealed, secret) = seal(entry, || Ok::<_, LedgerError>(RecordSecret::new([6; 32]))).unwrap();
        sealed.leaf.state = (!events.is_empty()).then(|| state(events).digest());
        let leaf = String::from_utf8(sealed.leaf.encode().unwrap()).unwrap();
        let (hash, has_body) = (leaf_hash(leaf.as_bytes()), secret.is_some());
        self.entries.push(Row {
            index: self.frontier.size(),
            leaf,
            hash,
            has_body,
            events: events.to_owned(),
        });
        self.frontier.push(hash, |_, _, _| {});
    }
    fn sign(&mut self) {
        self.checkpoints.push(Checkpoint::sign(self.frontier.size(), self.frontier.root(), &self.signer));
    }
    fn sample() -> Self {
        let mut log = Self::new();
        for index in 0..12 {
            let entry = Entry::new(EntryKind::Allowed, index).public("n", index).private("secret", index * 7);
            log.append(entry, if index % 2 == 0 { r#"[{"event":"x"}]"# } else { "" });
            if [0, 1, 4, 7, 11].contains(&index) {
                log.sign();
            }
        }
        log
    }
    fn verify(&self) -> Result<Verified, Broken> {
        self.verify_with(&[])
    }
    fn verify_with(&self, held: &[String]) -> Result<Verified, Broken> {
        let mut replay = Replay::new(self.signer.verifier());
        for note in held.iter().chain(&self.checkpoints) {
            replay.expect(note)?;
        }
        for row in &self.entries {
            let state = (!row.events.is_empty()).then(|| state(&row.events));
            let Row { index, hash, has_body, .. } = row;
            let leaf = row.leaf.as_bytes();
            let stored = Stored { index: *index, leaf, hash, has_body: *has_body, state };
            replay.entry(*index, stored.check())?;
        }
        replay.finish().map(|(verified, _)| verified)
    }
    /// What somebody without the key can do: change a leaf and everything that is computed from it.
    fn rewrite(&mut self, index: usize) {
        let entry = &mut self.entries[index];
        entry.leaf = entry.leaf.replace("\"allowed\"", "\"refused\"");
        entry.hash = leaf_hash(entry.leaf.as_bytes());
    }
}

#[test]
fn a_log_as_it_was_written_verifies() {
    let log = Log::sample();
    let verified = log.verify().unwrap();
    assert_eq!((verified.size, verified.checkpoints, verified.redacted), (12, 5, 0));
    assert_eq!(verified.root, log.frontier.root());
    assert_eq!(Log::new().verify().unwrap().size, 0);
}

#[test]
fn a_rewritten_entry_is_named() {
    let mut log = Log::sample();
    log.entries[6].leaf = log.entries[6].leaf.replace("\"allowed\"", "\"refused\"");
    assert_eq!(log.verify(), Err(Broken::Rewritten { index: 6 }));
    let mut log = Log::sample();
    log.rewrite(1);
    assert_eq!(log.verify(), Err(Broken::Diverged { from: 1, to: 1 }), "one checkpoint, one entry");
    let mut log = Log::sample();
    log.rewrite(6);
    assert_eq!(log.verify(), Err(Broken::Diverged { from: 5, to: 7 }));
}

#[test]
fn truncation_is_named() {
    let mut log = Log::sample();
    log.entries.truncate(9);
    assert_eq!(log.verify(), Err(Broken::Truncated { signed: 12, found: 9 }));
    // With its checkpoint gone too, only one that was kept elsewhere tells.
    let mut log = Log::sample();
    let held = log.checkpoints.pop().unwrap();
    log.entries.truncate(8);
    assert_eq!(log.verify().unwrap().size, 8);
    assert_eq!(log.verify_with(&[held]), Err(Broken::Truncated { signed: 12, found: 8 }));
    let mut log = Log::sample();
    log.checkpoints.pop();
    assert_eq!(log.verify(), Err(Broken::Unsigned { from: 8 }));
}

#[test]
fn reordering_is_named() {
    let mut log = Log::sample();
    log.entries.swap(5, 6);
    assert_eq!(log.verify(), Err(Broken::Reordered { expected: 5, found: 6 }));
    log.entries[5].index = 5;
    log.entries[6].index = 6;
    assert_eq!(log.verify(), Err(Broken::Diverged { from: 5, to: 7 }));
    let mut log = Log::sample();
    log.entries.remove(3);
    assert_eq!(log.verify(), Err(Broken::Reordered { expected: 3, found: 4 }));
}

#[test]
fn a_fork_is_named() {
    // The key's holder rewrote entry 6 and signed again: one of the old checkpoints was left.
    let mut log = Log::sample();
    let mut other = Log::new();
    for index in 0..12 {
        other.append(Entry::new(EntryKind::Read, index), "");
        if index == 7 {
            other.sign();
        }
    }
    let foreign = other.checkpoints[0].clone();
    log.checkpoints[3] = foreign.clone();
    assert_eq!(log.verify(), Err(Broken::Forked { size: 8 }));
    let log = Log::sample();
    assert_eq!(log.verify_with(std::slice::from_ref(&foreign)), Err(Broken::Forked { size: 8 }));
    let mut log = Log::sample();
    log.checkpoints.insert(4, foreign);
    assert_eq!(log.verify(), Err(Broken::Forked { size: 8 }));
}

#[test]
fn bad_signatures_and_foreign_keys_are_named() {
    let mut log = Log::sample();
    log.checkpoints[2] = log.checkpoints[2].replacen("\n5\n", "\n6\n", 1);
    assert_eq!(log.verify(), Err(Broken::BadSignature { nth: 3 }));
    let mut log = Log::sample();
    let stranger = NoteSigner::new("interlock.example/log", &[66; 32]).unwrap();
    log.checkpoints[4] = Checkpoint::sign(12, log.frontier.root(), &stranger);
    assert!(matches!(log.verify(), Err(Broken::UnknownKey { nth: 5, .. })));
    let mut log = Log::sample();
    log.checkpoints.swap(1, 2);
    assert!(log.verify().is_ok(), "the store hands them over before any entry");
}

impl Log {
    /// Puts other state changes in the place of an entry's own, and says so.
    fn redact(&mut self, index: usize, events: &str) {
        events.clone_into(&mut self.entries[index].events);
        self.entries[index].has_body = false;
        let entry = Entry::new(EntryKind::Redacted, 99)
            .public(REDACTED_ENTRY, index)
            .public(REDACTED_STATE, state(events).digest());
        self.append(entry, "");
        self.sign();
    }
    fn put(&mut self, index: usize, events: &str) {
        events.clone_into(&mut self.entries[index].events);
    }
}

#[test]
fn only_what_a_redaction_names_may_take_the_place_of_state_changes() {
    let own = r#"[{"event":"x"}]"#;
    let mut log = Log::sample();
    log.redact(4, "[1]");
    assert_eq!(log.verify().unwrap().redacted, 1);
    log.put(4, "[2]");
    assert_eq!(log.verify(), Err(Broken::State { index: 4 }));
    log.put(4, own);
    assert_eq!(log.verify(), Err(Broken::Restored { index: 4 }));
    // Of several redactions the last counts.
    log.redact(4, "[2]");
    log.redact(4, "[3]");
    assert_eq!(log.verify().unwrap().redacted, 3);
    for earlier in ["[1]", "[2]"] {
        log.put(4, earlier);
        assert_eq!(log.verify(), Err(Broken::State { index: 4 }), "{earlier}");
    }
    // One that names no state changes leaves them as they are, and lets no others in.
    let mut log = Log::sample();
    log.put(4, "[1]");
    log.append(Entry::new(EntryKind::Redacted, 99).public(REDACTED_ENTRY, 4), "");
    log.sign();
    assert_eq!(log.verify(), Err(Broken::State { index: 4 }));
}

#[test]
fn a_body_may_be_gone_only_if_an_entry_says_so() {
    let mut log = Log::sample();
    log.entries[3].has_body = false;
    assert_eq!(log.verify(), Err(Broken::BodyMissing { index: 3 }));
    log.append(Entry::new(EntryKind::Redacted, 99).public(REDACTED_ENTRY, 3), "");
    log.sign();
    assert_eq!(log.verify().unwrap().redacted, 1);
}
