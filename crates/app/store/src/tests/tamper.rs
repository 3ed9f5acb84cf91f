//! Somebody changed the files while nobody was looking: the store refuses to start, and says what is wrong.

use std::fs;

use interlock_ledger::{Broken, Checkpoint, NoteSigner, State, leaf_hash};
use proptest::prelude::*;
use rusqlite::{Connection, params};

use super::support::*;
use crate::{Home, Options, Store, StoreError};

/// A home with seven entries, closed.
fn filled(folder: &Folder) -> Home {
    let home = folder.home();
    let store = open(&home);
    for record in
        [open_session(), open_ticket("t-1"), approve("t-1"), consume("t-1", "a-1", 0), outcome("a-1")]
    {
        commit(&store, record).unwrap();
    }
    for _ in 0..2 {
        commit(&store, read("aws:s3:ListBuckets")).unwrap();
    }
    home
}

fn start(home: &Home) -> Result<(), StoreError> {
    Store::open(home, &Options::default()).map(|_| ())
}

#[track_caller]
fn broken(home: &Home) -> Broken {
    match start(home) {
        Err(StoreError::Broken(broken)) => broken,
        other => panic!("{other:?}"),
    }
}

fn sql(home: &Home, text: &str) {
    Connection::open(home.database()).unwrap().execute_batch(text).unwrap();
}

fn seal(home: &Home, index: i64, events: &[u8]) {
    let database = Connection::open(home.database()).unwrap();
    let hash =
        database.query_row("SELECT hash FROM entry WHERE idx = ?1", [index], |row| row.get(0)).unwrap();
    let sealed = home.keys().wrapping.seal_state(State { salt: &[1; 24], events }, &hash).unwrap();
    database.execute("UPDATE entry SET events = ?1 WHERE idx = ?2", params![sealed, index]).unwrap();
}

/// Puts an older head, which the key did sign, into the place of the one that was kept.
fn keep_only(home: &Home, size: i64) {
    let database = Connection::open(home.database()).unwrap();
    let query = "SELECT note FROM checkpoint WHERE size = ?1";
    let note: String = database.query_row(query, [size], |row| row.get(0)).unwrap();
    fs::write(home.checkpoints().join("checkpoint"), note).unwrap();
}

#[test]
fn what_was_written_starts() {
    let folder = Folder::new();
    start(&filled(&folder)).unwrap();
}

#[test]
fn a_rewritten_leaf_is_named() {
    let folder = Folder::new();
    let home = filled(&folder);
    sql(&home, "UPDATE entry SET leaf = replace(leaf, 'a-1', 'a-2') WHERE idx = 3");
    assert_eq!(broken(&home), Broken::Rewritten { index: 3 });
    // With its hash made right, it is the tree that does not fit.
    let database = Connection::open(home.database()).unwrap();
    let leaf: String =
        database.query_row("SELECT leaf FROM entry WHERE idx = 3", [], |row| row.get(0)).unwrap();
    database
        .execute("UPDATE entry SET hash = ?1 WHERE idx = 3", params![leaf_hash(leaf.as_bytes())])
        .unwrap();
    assert_eq!(broken(&home), Broken::Diverged { from: 0, to: 6 });
}

#[test]
fn rewritten_state_changes_are_named() {
    let folder = Folder::new();
    let home = filled(&folder);
    sql(&home, "UPDATE entry SET events = (SELECT events FROM entry WHERE idx = 2) WHERE idx = 1");
    assert!(
        matches!(broken(&home), Broken::Unreadable { index: 1, .. }),
        "they open beside their own leaf only"
    );
    // Somebody who has the key seals others for the very entry.
    let folder = Folder::new();
    let home = filled(&folder);
    seal(&home, 1, b"[]");
    assert_eq!(broken(&home), Broken::State { index: 1 });
    let folder = Folder::new();
    let home = filled(&folder);
    sql(&home, "UPDATE entry SET events = NULL WHERE idx = 4");
    assert_eq!(broken(&home), Broken::State { index: 4 });
    let folder = Folder::new();
    let home = filled(&folder);
    sql(&home, "UPDATE entry SET events = x'00' WHERE idx = 6");
    assert!(matches!(broken(&home), Broken::Unreadable { index: 6, .. }));
    seal(&home, 6, b"[]");
    assert_eq!(broken(&home), Broken::State { index: 6 });
}

#[test]
fn entries_cannot_be_cut_off() {
    let folder = Folder::new();
    let home = filled(&folder);
    sql(&home, "DELETE FROM entry WHERE idx >= 5");
    assert_eq!(broken(&home), Broken::RolledBack { exported: 7, found: 5 });
    keep_only(&home, 0);
    assert_eq!(broken(&home), Broken::Truncated { signed: 7, found: 5 });
    // With the checkpoints cut off too, only the exported one tells.
    let folder = Folder::new();
    let home = filled(&folder);
    sql(&home, "DELETE FROM entry WHERE idx >= 5; DELETE FROM checkpoint WHERE size > 5");
    assert_eq!(broken(&home), Broken::RolledBack { exported: 7, found: 5 });
    let folder = Folder::new();
    let home = filled(&folder);
    sql(&home, "DELETE FROM checkpoint WHERE size > 5");
    keep_only(&home, 5);
    assert_eq!(broken(&home), Broken::Unsigned { from: 5 });
    let folder = Folder::new();
    let home = filled(&folder);
    sql(&home, "DELETE FROM entry WHERE idx = 2");
    assert_eq!(broken(&home), Broken::Reordered { expected: 2, found: 3 });
}

#[test]
fn a_store_whose_kept_checkpoint_is_gone_does_not_start() {
    let folder = Folder::new();
    let home = filled(&folder);
    let note = fs::read_to_string(home.checkpoints().join("checkpoint")).unwrap();
    // The tail is dropped, and the folder that would tell is wiped.
    sql(&home, "DELETE FROM entry WHERE idx >= 5; DELETE FROM checkpoint WHERE size > 5");
    fs::remove_dir_all(home.checkpoints()).unwrap();
    let refused = broken(&home);
    assert!(matches!(refused, Broken::Unanchored { .. }) && refused.name() == "checkpoint-gone", "{refused}");
    assert!(matches!(broken(&home), Broken::Unanchored { .. }), "a refused start puts nothing there");
    // A copy that was kept elsewhere tells what is wrong.
    fs::create_dir(home.checkpoints()).unwrap();
    fs::write(home.checkpoints().join("checkpoint"), note).unwrap();
    assert_eq!(broken(&home), Broken::RolledBack { exported: 7, found: 5 });
}

#[test]
fn either_of_two_kept_checkpoints_tells() {
    let folder = Folder::new();
    let home = filled(&folder);
    let outside = folder.path().join("elsewhere");
    let options = Options { exports: Some(outside.clone()), ..Options::default() };
    let store = Store::open(&home, &options).unwrap();
    assert_eq!(store.kept(), [Some(7), None]);
    drop(store);
    assert_eq!(Store::open(&home, &options).unwrap().kept(), [Some(7), Some(7)]);
    sql(&home, "DELETE FROM entry WHERE idx >= 5; DELETE FROM checkpoint WHERE size > 5");
    keep_only(&home, 5);
    start(&home).unwrap();
    let Err(StoreError::Broken(broken)) = Store::open(&home, &options) else { panic!("it starts") };
    assert_eq!(broken, Broken::RolledBack { exported: 7, found: 5 });
}

#[test]
fn entries_cannot_change_places() {
    let folder = Folder::new();
    let home = filled(&folder);
    sql(
        &home,
        "UPDATE entry SET idx = 99 WHERE idx = 5; UPDATE entry SET idx = 5 WHERE idx = 4; UPDATE entry SET idx = 4 WHERE idx = 99",
    );
    assert_eq!(broken(&home), Broken::Diverged { from: 0, to: 6 });
}

#[test]
fn an_older_copy_of_the_store_is_noticed() {
    let folder = Folder::new();
    let home = filled(&folder);
    let copy = fs::read(home.database()).unwrap();
    commit(&open(&home), read("aws:s3:ListBuckets")).unwrap();
    fs::write(home.database(), copy).unwrap();
    assert_eq!(broken(&home), Broken::RolledBack { exported: 8, found: 7 });
    fs::remove_file(home.database()).unwrap();
    assert_eq!(broken(&home), Broken::RolledBack { exported: 8, found: 0 });
}

#[test]
fn a_second_history_is_noticed() {
    let folder = Folder::new();
    let home = filled(&folder);
    let copy = fs::read(home.database()).unwrap();
    commit(&open(&home), read("aws:s3:ListBuckets")).unwrap();
    let exported = fs::read_to_string(home.checkpoints().join("checkpoint")).unwrap();
    // The older copy goes on, without the export at hand, in another way.
    fs::write(home.database(), copy).unwrap();
    keep_only(&home, 7);
    commit(&open(&home), read("aws:s3:GetBucketAcl")).unwrap();
    fs::write(home.checkpoints().join("checkpoint"), exported).unwrap();
    assert_eq!(broken(&home), Broken::Forked { size: 8 });
}

#[test]
fn a_checkpoint_of_somebody_else_is_refused() {
    let folder = Folder::new();
    let home = filled(&folder);
    let root = open(&home).head().unwrap().unwrap().root;
    let stranger = NoteSigner::new(home.verifier().name(), &[1; 32]).unwrap();
    let note = Checkpoint::sign(7, root, &stranger);
    let database = Connection::open(home.database()).unwrap();
    database.execute("UPDATE checkpoint SET note = ?1 WHERE size = 7", [&note]).unwrap();
    assert!(matches!(broken(&home), Broken::UnknownKey { .. }));
    let forged = Checkpoint::sign(7, root, &home.keys().signer).replacen("\n7\n", "\n8\n", 1);
    database.execute("UPDATE checkpoint SET note = ?1 WHERE size = 7", [&forged]).unwrap();
    assert!(matches!(broken(&home), Broken::BadSignature { .. }));
    let folder = Folder::new();
    let home = filled(&folder);
    fs::write(home.checkpoints().join("checkpoint"), note).unwrap();
    assert!(matches!(start(&home), Err(StoreError::Exported { .. })));
}

#[test]
fn a_store_of_another_home_is_refused() {
    let (one, two) = (Folder::new(), Folder::new());
    let (one, two) = (filled(&one), filled(&two));
    fs::copy(one.database(), two.database()).unwrap();
    assert!(matches!(start(&two), Err(StoreError::Foreign { .. })));
}

#[test]
fn a_body_cannot_vanish_or_be_exchanged() {
    let folder = Folder::new();
    let home = filled(&folder);
    sql(&home, "UPDATE entry SET body = NULL, wrapped_secret = NULL WHERE idx = 3");
    assert_eq!(broken(&home), Broken::BodyMissing { index: 3 });
    let folder = Folder::new();
    let home = filled(&folder);
    sql(
        &home,
        "UPDATE entry SET (body, wrapped_secret) = (SELECT body, wrapped_secret FROM entry WHERE idx = 1) WHERE idx = 3",
    );
    assert!(matches!(broken(&home), Broken::Body { index: 3, .. }));
    for erased in [
        "body = zeroblob(length(body))",
        "body = x''",
        "wrapped_secret = zeroblob(length(wrapped_secret))",
        "body = substr(body, 1, length(body) - 1)",
    ] {
        let folder = Folder::new();
        let home = filled(&folder);
        let reader = crate::Reader::open(&home).unwrap();
        reader.verify(&[]).unwrap();
        sql(&home, &format!("UPDATE entry SET {erased} WHERE idx = 3"));
        assert!(matches!(broken(&home), Broken::Body { index: 3, .. }), "{erased}");
        let opened = reader.verify(&[]);
        assert!(
            matches!(opened, Err(StoreError::Broken(Broken::Body { index: 3, .. }))),
            "{erased}: {opened:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// A disk that flips bits: either what is read is what was signed, or nothing starts.
    #[test]
    fn flipped_bits_never_give_another_history(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let folder = Folder::new();
        let home = filled(&folder);
        let store = open(&home);
        let (before, root) = (told(&store), store.head().unwrap().unwrap().root);
        drop(store);
        let mut bytes = fs::read(home.database()).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        fs::write(home.database(), bytes).unwrap();
        if let Ok(store) = Store::open(&home, &Options::default()) {
            prop_assert_eq!(told(&store), before);
            prop_assert_eq!(store.head().unwrap().unwrap().root, root);
        }
    }
}
