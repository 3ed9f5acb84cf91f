//! Homes, files, queries, proofs, exports, redaction.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use interlock_flow::Journal as _;
use interlock_ledger::{Broken, Checkpoint, EntryKind, leaf_hash, verify_consistency, verify_inclusion};

use super::support::*;
use crate::{Home, Options, Query, Reader, Store, StoreError, verify_folder};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn everything_in_a_home_is_its_owners_alone() {
    let folder = Folder::new();
    let home = folder.home();
    let store = open(&home);
    commit(&store, open_session()).unwrap();
    assert_eq!(mode(home.root()), 0o700);
    let mut seen = 0;
    for place in [home.root().to_owned(), home.root().join("keys")] {
        for file in fs::read_dir(place).unwrap() {
            let path = file.unwrap().path();
            assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 9, "database, its log, its index, lock, keys: {seen}");
    drop(store);
    for (path, name) in
        [(home.root().to_owned(), "home"), (home.root().join("keys/wrapping.key"), "wrapping.key")]
    {
        let before = mode(&path);
        set_mode(&path, before | 0o040);
        let refused = Home::open(home.root()).unwrap_err();
        assert!(matches!(&refused, StoreError::Mode { path, .. } if path.ends_with(name)), "{refused}");
        set_mode(&path, before);
    }
    set_mode(&home.database(), 0o644);
    assert!(matches!(Store::open(&home, &Options::default()), Err(StoreError::Mode { .. })));
}

#[test]
fn a_home_is_made_once() {
    let folder = Folder::new();
    assert!(matches!(Home::open(folder.path()), Err(StoreError::NoHome(_))));
    let home = folder.home();
    assert!(matches!(Home::create(home.root()), Err(StoreError::HomeExists(_))));
    assert_eq!(folder.home().verifier(), home.verifier());
    assert!(!format!("{home:?}").contains("virtual_credentials"));
    fs::write(home.root().join("keys/sealing.key"), "abc").unwrap();
    assert!(matches!(Home::open(home.root()), Err(StoreError::Key(_))));
}

#[test]
fn a_home_is_open_in_one_process_only() {
    let folder = Folder::new();
    let home = folder.home();
    let store = open(&home);
    let refused = Store::open(&home, &Options::default()).err().unwrap();
    assert!(matches!(&refused, StoreError::Locked(path) if path.ends_with("lock")), "{refused}");
    drop(store);
    open(&home);
}

#[test]
fn the_settings_are_those_that_make_a_commit_durable() {
    let folder = Folder::new();
    let store = open(&folder.home());
    let setting = |wanted: &str| {
        let found = store.pragmas().iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.clone()).unwrap()
    };
    assert_eq!((setting("journal_mode").as_str(), setting("synchronous").as_str()), ("wal", "2"));
    assert_eq!((setting("secure_delete").as_str(), setting("wal_autocheckpoint").as_str()), ("1", "0"));
}

fn filled(folder: &Folder) -> Store {
    let store = open(&folder.home());
    for record in
        [open_session(), open_ticket("t-1"), approve("t-1"), consume("t-1", "a-1", 0), outcome("a-1")]
    {
        commit(&store, record).unwrap();
    }
    for _ in 0..40 {
        commit(&store, read("aws:s3:ListBuckets")).unwrap();
    }
    store
}

#[test]
fn entries_are_found_by_what_they_are_about() {
    let folder = Folder::new();
    let store = filled(&folder);
    let found = |query: Query| -> Vec<u64> {
        store.read_entries(&query).unwrap().into_iter().map(|entry| entry.index).collect()
    };
    assert_eq!(found(Query { ticket: Some("t-1".into()), ..Query::default() }), [1, 2, 3]);
    assert_eq!(found(Query { action: Some("a-1".into()), ..Query::default() }), [3, 4]);
    let kinds = vec![EntryKind::Held, EntryKind::Approved];
    assert_eq!(found(Query { kinds, newest_first: true, ..Query::default() }), [2, 1]);
    assert_eq!(found(Query { from: Some(2), to: Some(5), ..Query::default() }), [2, 3, 4]);
    assert_eq!(
        found(Query { session: Some("s-1".into()), newest_first: true, limit: Some(2), ..Query::default() }),
        [44, 43]
    );
    assert_eq!(found(Query { session: Some("s-2' OR 1".into()), ..Query::default() }), Vec::<u64>::new());
    assert!(matches!(store.reader().entry(45), Err(StoreError::NoEntry(45))));
}

#[test]
fn a_log_is_read_beside_the_daemon_and_without_it() {
    let folder = Folder::new();
    let home = folder.home();
    assert!(matches!(Reader::open(&home), Err(StoreError::Io { .. })), "there is nothing yet");
    let store = filled(&folder);
    assert_eq!(Reader::open(&home).unwrap().entry(44).unwrap().index, 44);
    drop(store);
    let reader = Reader::open(&home).unwrap();
    assert_eq!(reader.entries(&Query::default()).unwrap().len(), 45);
    // What it opened is still its owner's alone, and does not stand in a daemon's way.
    for file in fs::read_dir(home.root()).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
    }
    commit(&open(&home), read("aws:s3:ListBuckets")).unwrap();
    assert_eq!(reader.entry(45).unwrap().index, 45);
}

#[test]
fn the_indices_serve_the_queries() {
    let folder = Folder::new();
    let store = filled(&folder);
    let reader = store.reader().lock();
    for name in ["session", "ticket", "action"] {
        let mut query = Query::default();
        match name {
            "session" => query.session = Some("x".into()),
            "ticket" => query.ticket = Some("x".into()),
            _ => query.action = Some("x".into()),
        }
        let (sql, cells) = query.sql().unwrap();
        let plan: String = reader
            .query_row(&format!("EXPLAIN QUERY PLAN {sql}"), rusqlite::params_from_iter(cells), |row| {
                row.get(3)
            })
            .unwrap();
        assert!(plan.contains(&format!("USING INDEX entry_{name}")), "{plan}");
    }
}

#[test]
fn every_entry_can_be_proved_to_stand_in_the_signed_log() {
    let folder = Folder::new();
    let home = folder.home();
    let store = filled(&folder);
    let old = store.reader().checkpoint().unwrap().unwrap();
    for index in 0..45 {
        let proved = store.reader().prove(index).unwrap();
        let head = Checkpoint::open(&proved.checkpoint, &home.verifier()).unwrap();
        let leaf = leaf_hash(proved.leaf.as_bytes());
        verify_inclusion(&leaf, index, head.size, &proved.proof, &head.root).unwrap();
    }
    assert!(matches!(store.reader().prove(45), Err(StoreError::NoEntry(45))));
    for _ in 0..300 {
        store.note(read("aws:s3:ListBuckets")).unwrap();
    }
    commit(&store, read("aws:s3:ListBuckets")).unwrap();
    let (proof, new) = store.reader().prove_consistency(&old).unwrap();
    let (old, new) = (
        Checkpoint::open(&old, &home.verifier()).unwrap(),
        Checkpoint::open(&new, &home.verifier()).unwrap(),
    );
    verify_consistency(old.size, new.size, &old.root, &new.root, &proof).unwrap();
    // A head that was signed over something else is a fork, one that is newer a rollback.
    let signer = &home.keys().signer;
    let forged = Checkpoint::sign(7, [1; 32], signer);
    assert!(matches!(
        store.reader().prove_consistency(&forged),
        Err(StoreError::Broken(Broken::Forked { size: 7 }))
    ));
    let newer = Checkpoint::sign(new.size + 1, [1; 32], signer);
    assert!(matches!(
        store.reader().prove_consistency(&newer),
        Err(StoreError::Broken(Broken::RolledBack { .. }))
    ));
}

#[test]
fn an_exported_log_verifies_with_and_without_bodies() {
    let folder = Folder::new();
    let home = folder.home();
    let store = filled(&folder);
    assert_eq!(wait(store.redact(1, "bo", "a name", NOW)).unwrap().entries, [1, 2, 3]);
    let (closed, open) = (folder.path().join("closed"), folder.path().join("open"));
    for (path, with_bodies) in [(&closed, false), (&open, true)] {
        let exported = Reader::open(&home).unwrap().export(path, with_bodies).unwrap();
        assert_eq!((exported.entries, exported.checkpoints), (48, 46));
        let held = fs::read_to_string(path.join("checkpoint")).unwrap();
        let verified = verify_folder(path, &home.verifier(), &[held]).unwrap();
        assert_eq!((verified.size, verified.redacted), (48, 3));
        assert_eq!(mode(path), 0o700);
        let vkey = fs::read_to_string(path.join("vkey")).unwrap();
        assert_eq!(vkey.trim_end(), home.verifier().to_string());
    }
    let text = |path: &Path| fs::read_to_string(path.join("entries.jsonl")).unwrap();
    assert!(!text(&closed).contains("tidy up") && text(&open).contains("tidy up"));
    // Somebody changes a private value in the opened export.
    let changed = text(&open).replacen("tidy up", "tidy it", 1);
    fs::write(open.join("entries.jsonl"), changed).unwrap();
    let broken = verify_folder(&open, &home.verifier(), &[]).unwrap_err();
    assert!(matches!(broken, StoreError::Broken(Broken::Body { index: 0, .. })), "{broken}");
    // Somebody cuts the file in the middle of a line.
    let mut cut = text(&closed);
    cut.truncate(cut.len() - 20);
    fs::write(closed.join("entries.jsonl"), cut).unwrap();
    let broken = verify_folder(&closed, &home.verifier(), &[]).unwrap_err();
    assert!(matches!(broken, StoreError::Broken(Broken::Unreadable { index: 47, .. })), "{broken}");
}

/// The bytes of every file of the home's database.
fn raw(home: &Home) -> Vec<u8> {
    let files =
        ["ledger.db", "ledger.db-wal"].map(|name| fs::read(home.root().join(name)).unwrap_or_default());
    files.concat()
}

#[test]
fn what_is_redacted_is_gone_and_everything_still_verifies() {
    let folder = Folder::new();
    let home = folder.home();
    let store = filled(&folder);
    let wrapped: Vec<u8> = store
        .reader()
        .lock()
        .query_row("SELECT wrapped_secret FROM entry WHERE idx = 0", [], |row| row.get(0))
        .unwrap();
    let holds = |bytes: &[u8]| bytes.windows(wrapped.len()).any(|window| window == wrapped);
    assert!(holds(&raw(&home)), "the test looks in the right place");
    assert_eq!(store.reader().entry(0).unwrap().private["task"], "tidy up");
    let later = NOW + 2_000_000;
    wait(store.redact(0, "bo", "a name", later)).unwrap();
    let entry = store.reader().entry(0).unwrap();
    assert!(entry.private.is_empty());
    assert_eq!(entry.redacted, ["task"]);
    assert!(matches!(wait(store.redact(0, "bo", "again", later)), Err(StoreError::NoBody(0))));
    assert!(matches!(wait(store.redact(4, "bo", "nothing private", later)), Err(StoreError::NoBody(4))));
    assert!(!holds(&raw(&home)), "the wrapped secret is overwritten on disk");
    store.reader().prove(0).unwrap();
    drop(store);
    let store = open(&home);
    assert!(store.memory().read().unwrap().sessions.contains_key(&"s-1".into()));
}

#[test]
fn the_newest_checkpoint_leaves_the_store() {
    let folder = Folder::new();
    let home = folder.home();
    let outside = folder.path().join("elsewhere");
    let options = Options { exports: Some(outside.clone()), ..Options::default() };
    let store = Store::open(&home, &options).unwrap();
    for _ in 0..5 {
        commit(&store, read("aws:s3:ListBuckets")).unwrap();
    }
    drop(store);
    let note = fs::read_to_string(outside.join("checkpoint")).unwrap();
    assert_eq!(Checkpoint::open(&note, &home.verifier()).unwrap().size, 5);
    // A folder that cannot be written is said, and holds nothing up.
    fs::write(folder.path().join("file"), "").unwrap();
    let options = Options { exports: Some(folder.path().join("file/below")), ..Options::default() };
    assert!(
        matches!(Store::open(&home, &options), Err(StoreError::Io { .. })),
        "nobody could read it either"
    );
    let options = Options { exports: Some("/proc/interlock".into()), ..Options::default() };
    let store = Store::open(&home, &options).unwrap();
    commit(&store, read("aws:s3:ListBuckets")).unwrap();
    let start = std::time::Instant::now();
    while store.health().export_error.is_none() && start.elapsed().as_secs() < 5 {
        std::thread::yield_now();
    }
    assert!(store.health().export_error.is_some() && store.health().poisoned.is_none());
}
