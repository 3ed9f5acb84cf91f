//! Witnesses: whose word counts, what waits for it, and what stays of it.

use std::sync::Arc;

use interlock_flow::Journal as _;
use interlock_ledger::{Broken, NoteVerifier, WitnessKey, Witnesses};
use rusqlite::Connection;

use super::support::*;
use crate::{Options, Store, StoreError, verify_folder};

/// A store with an approved ticket, and the checkpoint over it.
fn approved(folder: &Folder, options: &Options) -> (Store, u64, String) {
    let home = folder.home();
    let store = Store::open(&home, options).unwrap();
    for record in [open_session(), open_ticket("t-1"), approve("t-1")] {
        commit(&store, record).unwrap();
    }
    let size = store.head().unwrap().unwrap().size;
    let note = store.reader().checkpoint().unwrap().unwrap();
    (store, size, note)
}

#[test]
fn without_witnesses_nothing_is_waited_for() {
    let folder = Folder::new();
    let (store, ..) = approved(&folder, &Options::default());
    assert_eq!(wait(store.witnessed(&"t-1".into())), Ok(false));
}

#[test]
fn a_ticket_waits_until_enough_witnesses_have_seen_what_it_rests_on() {
    let folder = Folder::new();
    let (store, size, note) = approved(&folder, &witnessed(&[1, 2, 3], 2));
    let refused = || wait(store.witnessed(&"t-1".into())).unwrap_err().to_string();
    assert!(
        refused().contains("2 of 3 witnesses must have cosigned a checkpoint of 3 entries"),
        "{}",
        refused()
    );
    // What it waits for, whoever asks them is told.
    assert_eq!(*store.witnesses_wanted().borrow(), 3);
    assert_eq!(wait(store.cosign(size, cosign(1, &note, 7))).unwrap(), 0);
    store.witness_answered("witness.example/2", Some("it says that it is down".to_owned()));
    assert!(refused().contains("`witness.example/2`: it says that it is down"), "{}", refused());
    assert_eq!(wait(store.cosign(size, cosign(1, &note, 8))).unwrap(), 0, "one of them twice is one");
    assert_eq!(wait(store.cosign(size, cosign(3, &note, 9))).unwrap(), 3);
    wait(store.witnessed(&"t-1".into())).unwrap();
    assert_eq!(store.health().witnessed, 3);
    // An entry more about it, and they must have seen that, too; others are nothing to it.
    commit(&store, open_ticket("t-2")).unwrap();
    wait(store.witnessed(&"t-1".into())).unwrap();
    commit(&store, consume("t-1", "a-1", 0)).unwrap();
    assert!(refused().contains("checkpoint of 5 entries, and they have cosigned 3"), "{}", refused());
    // What nobody wrote down cannot have been seen.
    assert!(wait(store.witnessed(&"t-9".into())).is_err());
}

#[test]
fn whoever_waits_goes_on_as_soon_as_they_have_answered() {
    let folder = Folder::new();
    let mut options = witnessed(&[1], 1);
    options.witnessed.wait = std::time::Duration::from_secs(60);
    let (store, size, note) = approved(&folder, &options);
    let store = Arc::new(store);
    let waiting = Arc::clone(&store);
    let thread = std::thread::spawn(move || wait(waiting.witnessed(&"t-1".into())));
    let mut wanted = store.witnesses_wanted();
    wait(async { wanted.wait_for(|wanted| *wanted == size).await.map(|_| ()) }).unwrap();
    wait(store.cosign(size, cosign(1, &note, 7))).unwrap();
    assert_eq!(thread.join().unwrap(), Ok(true), "and is judged again");
}

#[test]
fn only_what_a_trusted_witness_said_of_this_log_is_kept() {
    let folder = Folder::new();
    let (store, size, note) = approved(&folder, &witnessed(&[1], 1));
    let other = note.replacen("\n3\n", "\n4\n", 1);
    for lines in
        [cosign(2, &note, 7), cosign(1, &other, 7), cosign(1, &note, 0), "x\n".to_owned(), String::new()]
    {
        let refused = wait(store.cosign(size, lines.clone()));
        assert!(matches!(refused, Err(StoreError::Cosignature { .. })), "{lines}: {refused:?}");
    }
    assert!(matches!(wait(store.cosign(99, cosign(1, &note, 7))), Err(StoreError::Cosignature { .. })));
    assert_eq!((store.health().witnessed, store.health().poisoned), (0, None));
}

#[test]
fn what_they_said_outlives_a_restart_and_is_verified_again() {
    let folder = Folder::new();
    let options = witnessed(&[1, 2], 2);
    let (store, size, note) = approved(&folder, &options);
    wait(store.cosign(size, cosign(1, &note, 7) + &cosign(2, &note, 8) + &cosign(9, &note, 8))).unwrap();
    drop(store);
    let home = folder.home();
    assert_eq!(Store::open(&home, &options).unwrap().health().witnessed, 3);
    assert_eq!(Store::open(&home, &witnessed(&[1, 3], 2)).unwrap().health().witnessed, 0, "other witnesses");
    // Lines that somebody wrote into the file are none.
    let database = Connection::open(home.database()).unwrap();
    let kept: i64 = database.query_row("SELECT count(*) FROM cosignature", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 2, "the stranger's is not kept");
    database
        .execute("UPDATE cosignature SET line = ?1 WHERE line LIKE '%/2 %'", [cosign(2, "x\n0\ny\n\n", 8)])
        .unwrap();
    assert_eq!(Store::open(&home, &options).unwrap().health().witnessed, 0);
}

#[test]
fn exports_and_proofs_carry_what_witnesses_said() {
    let folder = Folder::new();
    let (store, size, note) = approved(&folder, &witnessed(&[1, 2], 1));
    let home = folder.home();
    wait(store.cosign(size, cosign(2, &note, 8))).unwrap();
    let out = folder.path().join("out");
    assert_eq!(store.reader().export(&out, false).unwrap().cosignatures, 1);
    let key = |seed: u8| witness(seed).1.parse::<WitnessKey>().unwrap();
    let verify = |seed, verifier: &NoteVerifier| {
        verify_folder(&out, verifier, &Witnesses::new(vec![key(seed)], 1).unwrap(), &[])
    };
    let report = verify(2, &home.verifier()).unwrap();
    assert_eq!((report.witnesses[0].witness.as_str(), report.witnesses[0].time), ("witness.example/2", 8));
    let refused = verify(1, &home.verifier());
    assert!(matches!(refused, Err(StoreError::Broken(Broken::Unwitnessed { found: 0, wanted: 1 }))));
    // A later entry has no witness yet; the earlier ones keep theirs.
    commit(&store, read("aws:s3:ListBuckets")).unwrap();
    let witnesses = Witnesses::new(vec![key(2)], 1).unwrap();
    let proof = |index| store.reader().prove(index).unwrap();
    assert!(witnesses.agree(&proof(1).checkpoint) && !witnesses.agree(&proof(3).checkpoint));
    assert_eq!(proof(1).check(&home.verifier()).unwrap().size, 3);
}
