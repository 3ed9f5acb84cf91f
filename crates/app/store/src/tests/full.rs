//! No room left.

use std::{path::Path, process::Command};

use interlock_flow::{Journal as _, JournalError, Record};
use interlock_ledger::{Entry, EntryKind};

use super::support::*;
use crate::{Home, Options, Store};

fn heavy() -> Record {
    let bytes = vec![7_u8; 3_000];
    Record::only(Entry::new(EntryKind::Tool, NOW).private("output", format!("{bytes:?}")))
}

/// Fills the store until it refuses; returns how many entries it acknowledged.
fn fill(store: &Store) -> u64 {
    let mut acknowledged = 0;
    loop {
        match commit(store, heavy()) {
            Ok(receipt) => assert_eq!(receipt.index, acknowledged),
            Err(error) => {
                assert!(matches!(error, JournalError::Unavailable(_)), "{error}");
                break;
            }
        }
        acknowledged += 1;
        assert!(acknowledged < 100_000, "it never was full");
    }
    // It stays refused, for whatever comes, until the process is started again.
    assert!(matches!(commit(store, read("aws:s3:ListBuckets")), Err(JournalError::Unavailable(_))));
    assert!(matches!(store.note(read("aws:s3:ListBuckets")), Err(JournalError::Unavailable(_))));
    assert!(store.health().poisoned.is_some());
    acknowledged
}

#[test]
fn a_full_store_refuses_and_keeps_what_it_acknowledged() {
    let folder = Folder::new();
    let home = folder.home();
    let store = Store::open(&home, &Options { max_pages: Some(200), ..Options::default() }).unwrap();
    let acknowledged = fill(&store);
    assert!(acknowledged > 10, "{acknowledged}");
    drop(store);
    let store = open(&home);
    assert_eq!(store.head().unwrap().unwrap().size, acknowledged);
    assert_eq!(commit(&store, heavy()).unwrap().index, acknowledged);
}

/// A file system of 2 MiB, where this process may mount one.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    fn new(path: &'a Path) -> Option<Self> {
        std::fs::create_dir(path).unwrap();
        let arguments = ["-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs"];
        let mounted = Command::new("mount").args(arguments).arg(path).status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(path))
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_refuses_and_keeps_what_it_acknowledged() {
    let folder = Folder::new();
    let path = folder.path().join("disk");
    let mount = Mount::new(&path);
    if mount.is_none() {
        // Without the right to mount, the limits on pages and on file sizes are what is tested.
        return;
    }
    let home = Home::create(&path.join("home")).unwrap();
    let store = open(&home);
    let acknowledged = fill(&store);
    assert!(acknowledged > 10, "{acknowledged}");
    drop(store);
    // Still full: it starts, as far as it can, or says that it cannot; nothing is lost either way.
    match Store::open(&home, &Options::default()) {
        Ok(store) => assert_eq!(store.head().unwrap().unwrap().size, acknowledged),
        Err(error) => assert!(!matches!(error, crate::StoreError::Broken(_)), "{error}"),
    }
    drop(mount);
}
