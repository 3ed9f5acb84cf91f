//! What `Journal` promises.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use interlock_approval::State;
use interlock_flow::{Event, Guard, Journal, JournalError, Record};
use interlock_ledger::{Entry, EntryKind, Hash};

use super::support::*;
use crate::{Options, Query, Reader, Store};

#[test]
fn a_commit_is_in_the_memory_and_on_disk_when_it_is_answered() {
    let folder = Folder::new();
    let home = folder.home();
    let store = open(&home);
    assert_eq!(commit(&store, open_session()).unwrap().index, 0);
    assert!(store.memory().read().unwrap().sessions.contains_key(&"s-1".into()));
    assert_eq!(commit(&store, open_ticket("t-1")).unwrap().index, 1);
    assert_eq!(commit(&store, approve("t-1")).unwrap().index, 2);
    assert_eq!(commit(&store, consume("t-1", "a-1", 0)).unwrap().index, 3);
    // Another connection sees it, and the head covers it.
    let reader = Reader::open(&home).unwrap();
    let entry = reader.entry(3).unwrap();
    assert_eq!((entry.kind, &entry.public["action"]), (EntryKind::Allowed, &"a-1".into()));
    assert_eq!(entry.private["arguments"]["DBInstanceIdentifier"], "t-1");
    assert_eq!(store.head().unwrap().unwrap().size, 4);
    let before = told(&store);
    drop(store);
    let store = open(&home);
    assert_eq!(told(&store), before);
    let memory = store.memory().read().unwrap();
    assert_eq!(memory.tickets[&"t-1".into()].state, State::Consumed { by: "a-1".into() });
    assert_eq!(memory.open_permits.len(), 1);
}

#[test]
fn a_ticket_is_spent_once_whoever_comes_first() {
    let folder = Folder::new();
    let store = Arc::new(open(&folder.home()));
    for record in [open_session(), open_ticket("t-1"), approve("t-1")] {
        commit(&store, record).unwrap();
    }
    let spend = |nth: usize| {
        let store = Arc::clone(&store);
        thread::spawn(move || commit(&store, consume("t-1", &format!("a-{nth}"), 0)))
    };
    let spent: Vec<_> =
        (0..16).map(spend).collect::<Vec<_>>().into_iter().map(|one| one.join().unwrap()).collect();
    assert_eq!(spent.iter().filter(|one| one.is_ok()).count(), 1);
    assert!(spent.iter().all(|one| matches!(one, Ok(_) | Err(JournalError::Conflict(_)))));
    // The fifteen others left nothing behind.
    assert_eq!(store.head().unwrap().unwrap().size, 4);
    assert_eq!(store.memory().read().unwrap().open_permits.len(), 1);
}

#[test]
fn a_record_that_conflicts_contributes_nothing() {
    let folder = Folder::new();
    let store = open(&folder.home());
    commit(&store, open_session()).unwrap();
    let before = told(&store);
    let mut record = consume("t-none", "a-1", 0);
    assert!(matches!(commit(&store, record.clone()), Err(JournalError::Conflict(_))));
    record.guards = vec![Guard::SessionLive("s-2".into(), NOW)];
    assert!(matches!(commit(&store, record.clone()), Err(JournalError::Conflict(_))));
    // The first guard holds, the second does not.
    record.guards = vec![Guard::SessionLive("s-1".into(), NOW), Guard::Epoch(7)];
    assert!(matches!(commit(&store, record), Err(JournalError::Conflict(_))));
    assert_eq!(told(&store), before);
    assert_eq!(store.head().unwrap().unwrap().size, 1);
}

#[test]
fn one_record_moves_a_ticket_once() {
    let folder = Folder::new();
    let store = open(&folder.home());
    for record in [open_session(), open_ticket("t-1"), approve("t-1")] {
        commit(&store, record).unwrap();
    }
    let mut twice = consume("t-1", "a-1", 0);
    twice.guards.extend(consume("t-1", "a-2", 0).guards);
    assert!(matches!(commit(&store, twice), Err(JournalError::Conflict(_))));
    assert_eq!(store.memory().read().unwrap().open_permits.len(), 0);
}

#[test]
fn nothing_is_let_through_after_a_freeze() {
    let folder = Folder::new();
    let store = open(&folder.home());
    for record in [open_session(), open_ticket("t-1"), approve("t-1"), freeze()] {
        commit(&store, record).unwrap();
    }
    assert!(matches!(commit(&store, consume("t-1", "a-1", 0)), Err(JournalError::Conflict(_))));
    commit(&store, unfreeze()).unwrap();
    assert!(store.memory().read().unwrap().freezes.is_empty());
    // Freeze, unfreeze and freeze again, put in without waiting, end frozen.
    for record in [freeze(), unfreeze(), freeze()] {
        store.note(record).unwrap();
    }
    let last = commit(&store, read("aws:s3:ListBuckets")).unwrap();
    assert_eq!(store.head().unwrap().unwrap().size, last.index + 1);
    assert_eq!(store.memory().read().unwrap().freezes.len(), 1);
    assert_eq!(store.memory().read().unwrap().epoch, 5);
}

#[test]
fn a_note_is_durable_within_50_ms() {
    let folder = Folder::new();
    let home = folder.home();
    let store = open(&home);
    commit(&store, open_session()).unwrap();
    let reader = Reader::open(&home).unwrap();
    let mut took = Vec::new();
    for index in 1..10 {
        let start = Instant::now();
        store.note(read("aws:s3:ListBuckets")).unwrap();
        while reader.entry(index).is_err() {
            assert!(start.elapsed() < Duration::from_secs(5), "note {index} never came");
            thread::sleep(Duration::from_millis(1));
        }
        took.push(start.elapsed());
    }
    took.sort();
    // The machine may be busy with other things for one of them, not for half.
    assert!(took[took.len() / 2] < Duration::from_millis(50), "{took:?}");
    assert!(took[0] > Duration::from_millis(10), "notes wait for company: {took:?}");
}

#[test]
fn a_commit_does_not_wait_for_the_notes_timer_and_keeps_the_order() {
    let folder = Folder::new();
    let options = Options { note_wait: Duration::from_secs(60), ..Options::default() };
    let store = Store::open(&folder.home(), &options).unwrap();
    commit(&store, open_session()).unwrap();
    for _ in 0..3 {
        store.note(read("aws:s3:ListBuckets")).unwrap();
    }
    assert_eq!(commit(&store, open_ticket("t-1")).unwrap().index, 4);
    // What waits when the store is closed is written.
    store.note(read("aws:s3:ListBuckets")).unwrap();
    drop(store);
    assert_eq!(open(&folder.home()).head().unwrap().unwrap().size, 6);
}

#[test]
fn a_note_whose_guard_fails_is_counted() {
    let folder = Folder::new();
    let store = open(&folder.home());
    store.note(Record { guards: vec![Guard::Epoch(9)], ..read("aws:s3:ListBuckets") }).unwrap();
    commit(&store, read("aws:s3:ListBuckets")).unwrap();
    assert_eq!(store.health().dropped_notes, 1);
}

#[test]
fn a_leaf_that_does_not_fit_is_refused_alone() {
    let folder = Folder::new();
    let store = open(&folder.home());
    let long = Record::only(Entry::new(EntryKind::Tool, NOW).public("tool", "x".repeat(70_000)));
    assert!(matches!(commit(&store, long), Err(JournalError::Unavailable(_))));
    // What is private may be as long as it likes.
    let long = Record::only(Entry::new(EntryKind::Tool, NOW).private("output", "x".repeat(700_000)));
    let index = commit(&store, long).unwrap().index;
    assert_eq!(store.reader().entry(index).unwrap().private["output"].as_str().unwrap().len(), 700_000);
    assert_eq!(store.health().poisoned, None);
}

#[test]
fn a_queue_that_is_full_refuses_at_once() {
    let folder = Folder::new();
    let options = Options { waiting: 4, note_wait: Duration::from_secs(60), ..Options::default() };
    let store = Store::open(&folder.home(), &options).unwrap();
    for _ in 0..4 {
        store.note(read("aws:s3:ListBuckets")).unwrap();
    }
    let full = store.note(read("aws:s3:ListBuckets"));
    assert!(matches!(full, Err(JournalError::Unavailable(_))), "{full:?}");
    assert_eq!(store.health().waiting, 4);
}

#[test]
fn a_permit_left_open_is_an_unknown_outcome() {
    let folder = Folder::new();
    let home = folder.home();
    let store = open(&home);
    for record in [open_session(), open_ticket("t-1"), approve("t-1"), consume("t-1", "a-1", 0)] {
        commit(&store, record).unwrap();
    }
    let other = Record { events: vec![permit("a-2", None)], ..read("aws:s3:ListBuckets") };
    commit(&store, other).unwrap();
    commit(&store, outcome("a-2")).unwrap();
    drop(store);
    let store = open(&home);
    let found = wait(store.recover(NOW + 5)).unwrap();
    assert_eq!(found.unknown.iter().map(|permit| permit.action.as_str()).collect::<Vec<_>>(), ["a-1"]);
    assert!(store.memory().read().unwrap().open_permits.is_empty());
    assert!(store.memory().read().unwrap().guards_off.contains_key(&"db-1".into()), "it may have happened");
    let query =
        Query { action: Some("a-1".to_owned()), newest_first: true, limit: Some(1), ..Query::default() };
    let entry = store.read_entries(&query).unwrap().remove(0);
    assert_eq!(
        (entry.kind, entry.at, &entry.public["ticket"]),
        (EntryKind::OutcomeUnknown, NOW + 5, &"t-1".into())
    );
    drop(store);
    let store = open(&home);
    assert!(wait(store.recover(NOW)).unwrap().unknown.is_empty());
    // The approval stays spent: nobody knows whether the call was executed.
    let state = &store.memory().read().unwrap().tickets[&"t-1".into()].state;
    assert_eq!(*state, State::Consumed { by: "a-1".into() });
}

#[test]
fn many_clients_keep_one_order() {
    let folder = Folder::new();
    let home = folder.home();
    let store = Arc::new(open(&home));
    let client = |client: usize| {
        let store = Arc::clone(&store);
        thread::spawn(move || {
            let mut indices = Vec::new();
            for nth in 0..40 {
                let name = format!("a-{client}-{nth}");
                let record = Record { events: vec![permit(&name, None)], ..read("aws:s3:ListBuckets") };
                indices.push((commit(&store, record).unwrap().index, name));
            }
            indices
        })
    };
    let clients: Vec<_> = (0..8).map(client).collect();
    let mut all: Vec<_> = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
    all.sort();
    assert!(all.iter().enumerate().all(|(nth, (index, _))| nth as u64 == *index));
    drop(store);
    // Each receipt's index is the entry that carries its own event.
    let database = rusqlite::Connection::open(home.database()).unwrap();
    for (index, name) in all {
        let (hash, sealed): (Hash, Vec<u8>) = database
            .query_row("SELECT hash, events FROM entry WHERE idx = ?1", [index as i64], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        let opened = home.keys().wrapping.open_state(&sealed, &hash).unwrap();
        let events: Vec<Event> = serde_json::from_slice(opened.state().events).unwrap();
        assert_eq!(events, [permit(&name, None)]);
    }
}
