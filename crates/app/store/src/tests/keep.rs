//! Homes, files, queries, proofs, exports, redaction.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use interlock_flow::Journal as _;
use interlock_ledger::{Broken, Checkpoint, EntryKind, Inclusion, Witnesses, leaf_hash, verify_inclusion};

use super::support::*;
use crate::{Home, Options, Query, Reader, Store, StoreError, read_held, verify_folder};

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
    let (reader, verifier) = (store.reader(), home.verifier());
    let old = reader.checkpoint().unwrap().unwrap();
    for index in 0..45 {
        let proved: Inclusion = reader.prove(index).unwrap().to_string().parse().unwrap();
        let head = proved.check(&verifier).unwrap();
        verify_inclusion(&leaf_hash(&proved.leaf), index, head.size, &proved.proof, &head.root).unwrap();
    }
    assert!(matches!(reader.prove(45), Err(StoreError::NoEntry(45))));
    for _ in 0..300 {
        store.note(read("aws:s3:ListBuckets")).unwrap();
    }
    commit(&store, read("aws:s3:ListBuckets")).unwrap();
    let (older, new) = reader.prove_consistency(&old).unwrap().check(&old, &verifier).unwrap();
    assert_eq!((older.size, new.size), (45, 346));
    // From nothing on there is nothing to show.
    assert_eq!(reader.prove_since(0).unwrap().proof.len(), 0);
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
        assert_eq!((exported.entries, exported.before), (48, 0));
        let held = read_held(&path.join("checkpoint"), &home.verifier()).unwrap();
        let report = verify_folder(path, &home.verifier(), &Witnesses::default(), &[held]).unwrap();
        assert_eq!((report.verified.size, report.verified.redacted), (48, 3));
        assert_eq!((report.bodies.sealed > 0, report.bodies.opened > 0), (true, with_bodies));
        assert_eq!((report.bodies.gone, report.bodies.absent), (2, 0), "the third had nothing private");
        assert_eq!(mode(path), 0o700);
        let vkey = fs::read_to_string(path.join("vkey")).unwrap();
        assert_eq!(vkey.trim_end(), home.verifier().to_string());
    }
    let all = |path: &Path| -> String {
        files(path)
            .iter()
            .map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned())
            .collect()
    };
    assert!(!all(&closed).contains("tidy up") && all(&open).contains("tidy up"));
    // Somebody changes a private value in the opened export.
    let opened = open.join("opened/000.jsonl");
    let changed = fs::read_to_string(&opened).unwrap().replacen("tidy up", "tidy it", 1);
    fs::write(opened, changed).unwrap();
    assert!(matches!(broken(&open, &home), Broken::Body { index: 0, .. }));
    // Somebody cuts a file in the middle of an entry.
    let bundle = closed.join("tile/entries/000.p/48");
    let mut cut = fs::read(&bundle).unwrap();
    cut.truncate(cut.len() - 20);
    fs::write(bundle, cut).unwrap();
    assert!(matches!(broken(&closed, &home), Broken::Unreadable { index: 0, .. }));
}

#[track_caller]
fn broken(folder: &Path, home: &Home) -> Broken {
    match verify_folder(folder, &home.verifier(), &Witnesses::default(), &[]) {
        Err(StoreError::Broken(broken)) => broken,
        other => panic!("{other:?}"),
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn an_export_takes_in_only_what_is_new_and_never_goes_back() {
    let folder = Folder::new();
    let home = folder.home();
    let store = open(&home);
    let out = folder.path().join("out");
    let more = |count: usize| {
        (0..count).for_each(|_| store.note(read("aws:s3:ListBuckets")).unwrap());
        commit(&store, read("aws:s3:ListBuckets")).unwrap();
    };
    commit(&store, open_session()).unwrap();
    let mut held = Vec::new();
    for (count, entries) in [(1, 3), (251, 255), (0, 256), (0, 257), (300, 558), (700, 1259)] {
        more(count);
        let exported = store.reader().export(&out, false).unwrap();
        assert_eq!(exported.entries, entries);
        let report = verify_folder(&out, &home.verifier(), &Witnesses::default(), &held).unwrap();
        assert_eq!(report.verified.size, entries);
        held.push(read_held(&out, &home.verifier()).unwrap());
        assert!(!files(&out).iter().any(|path| path.ends_with(".new")), "nothing is left behind");
    }
    let again = store.reader().export(&out, false).unwrap();
    assert!(again.files <= 6, "{again:?}: partial tiles, key and head only");
    // Partial tiles go when the full one is there, and a file that was lost comes back.
    assert!(!out.join("tile/entries/000.p").exists() && out.join("tile/entries/004.p/235").exists());
    fs::remove_file(out.join("tile/0/001")).unwrap();
    store.reader().export(&out, false).unwrap();
    verify_folder(&out, &home.verifier(), &Witnesses::default(), &held).unwrap();
    // A folder that knows more, or other things, is left as it is.
    let signer = &home.keys().signer;
    let head = fs::read_to_string(out.join("checkpoint")).unwrap();
    let put = |note: &str| {
        fs::write(out.join("checkpoint"), note).unwrap();
        let refused = store.reader().export(&out, false).err().unwrap();
        assert_eq!(fs::read_to_string(out.join("checkpoint")).unwrap(), note);
        refused
    };
    let newer = put(&Checkpoint::sign(2000, [1; 32], signer));
    assert!(
        matches!(newer, StoreError::Broken(Broken::RolledBack { exported: 2000, found: 1259 })),
        "{newer}"
    );
    let other = put(&Checkpoint::sign(1000, [1; 32], signer));
    assert!(matches!(other, StoreError::Broken(Broken::Forked { size: 1000 })), "{other}");
    assert!(matches!(put("somebody else's\n"), StoreError::Exported { .. }));
    fs::write(out.join("checkpoint"), head).unwrap();
    store.reader().export(&out, false).unwrap();
}

#[test]
fn an_empty_log_can_be_exported_and_verified() {
    let folder = Folder::new();
    let home = folder.home();
    let store = open(&home);
    let out = folder.path().join("out");
    assert_eq!(store.reader().export(&out, false).unwrap().entries, 0);
    let report = verify_folder(&out, &home.verifier(), &Witnesses::default(), &[]).unwrap();
    assert_eq!(report.verified.size, 0);
    assert_eq!(store.reader().verify(&[]).unwrap().size, 0);
}

#[test]
fn the_home_verifies_itself_against_what_was_kept() {
    let folder = Folder::new();
    let home = folder.home();
    let store = filled(&folder);
    let signer = &home.keys().signer;
    let head = store.reader().checkpoint().unwrap().unwrap();
    let verified = store.reader().verify(std::slice::from_ref(&head)).unwrap();
    assert_eq!(
        (verified.size, verified.checkpoints),
        (45, 47),
        "every head that was signed, the empty one too, and the one that was brought"
    );
    let verify = |note: String| match store.reader().verify(&[note]) {
        Err(StoreError::Broken(broken)) => broken,
        other => panic!("{other:?}"),
    };
    assert_eq!(verify(Checkpoint::sign(46, [0; 32], signer)), Broken::Truncated { signed: 46, found: 45 });
    assert_eq!(verify(Checkpoint::sign(45, [0; 32], signer)), Broken::Forked { size: 45 });
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
    let before = store.reader().prove(0).unwrap();
    let later = NOW + 2_000_000;
    wait(store.redact(0, "bo", "a name", later)).unwrap();
    let entry = store.reader().entry(0).unwrap();
    assert!(entry.private.is_empty());
    assert_eq!(entry.redacted, ["task"]);
    let by = store.reader().entry(entry.redacted_by.unwrap()).unwrap();
    assert_eq!(
        (by.kind, by.public["entry"].as_u64(), &by.public["reason"]),
        (EntryKind::Redacted, Some(0), &"a name".into())
    );
    assert!(matches!(wait(store.redact(0, "bo", "again", later)), Err(StoreError::NoBody(0))));
    assert!(matches!(wait(store.redact(4, "bo", "nothing private", later)), Err(StoreError::NoBody(4))));
    assert!(!holds(&raw(&home)), "the wrapped secret is overwritten on disk");
    // A proof from before still proves, one from now proves the same entry, and the entry says that something is gone.
    let after = store.reader().prove(0).unwrap();
    assert_eq!(before.leaf, after.leaf);
    for proof in [before, after] {
        proof.check(&home.verifier()).unwrap();
    }
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
