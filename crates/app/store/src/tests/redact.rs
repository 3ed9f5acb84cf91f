//! What is private never lies in the files in the clear, and is gone from everywhere when it is redacted.

use std::{fs, os::unix::process::ExitStatusExt as _, path::Path, process::Command};

use interlock_action::{
    Change, Claim, ClassifierWrite, Effect, Kind, PersonId, Relation, Reversibility, Target, TargetId,
};
use interlock_approval::{Message, Reason, Ticket};
use interlock_flow::{Event, Guard, Journal as _, Record};
use interlock_ledger::{Broken, Entry, EntryKind, State};
use rusqlite::{Connection, params};
use serde_json::json;

use super::support::*;
use crate::{Home, Options, Query, Redacted, Store, StoreError, fault, private::REDACTED, read_held};

/// Every text that is private in the session and its requests, each found nowhere else.
const PRIVATE: [&str; 13] = [
    "zq-task",
    "zq-argument",
    "zq-stated",
    "zq-target",
    "zq-claim",
    "zq-write",
    "zq-unknown",
    "zq-change",
    "zq-loss",
    "zq-fact",
    "zq-finger",
    "zq-why",
    "zq-approval",
];
/// After the lease and every request has run out.
const LATER: u64 = NOW + 2_000_000;

fn secret_session() -> Record {
    let mut session = session();
    session.task = "zq-task".to_owned();
    let entry = Entry::new(EntryKind::SessionOpened, NOW).public("session", "s-1").private("task", "zq-task");
    Record { entry, events: vec![Event::Session { session }], guards: vec![] }
}

fn secret_ticket(id: &str) -> Ticket {
    let mut plain = ticket(id);
    let held = &mut plain.held;
    held.task = "zq-task".to_owned();
    held.action.arguments = json!({"Name": format!("zq-argument {}", "x".repeat(20_000))});
    held.action.stated_reason = Some("zq-stated".to_owned());
    held.action.targets = vec![Target {
        id: TargetId::new("arn:zq-target"),
        kind: Kind::Database,
        name: Some("zq-target".to_owned()),
        account: None,
        region: None,
        relation: Relation::Acts,
        data: interlock_action::Bears::Yes,
        environment: None,
    }];
    held.action.claims = vec![Claim::plain(Effect::Destroy, "zq-claim")];
    held.action.writes = vec![ClassifierWrite::Name("zq-write".to_owned())];
    held.action.unknowns = vec!["zq-unknown".to_owned()];
    held.forecast.reversibility = Reversibility::Lossy;
    held.forecast.data_loss = vec!["zq-loss".to_owned()];
    held.forecast.changes = vec![Change {
        target: TargetId::new("arn:zq-change"),
        kind: Kind::Database,
        effect: Effect::Destroy,
        what: "zq-change".to_owned(),
        before: None,
        after: None,
    }];
    held.facts.set("rds:words:zq-fact", true);
    held.fingerprint = json!({"zq-finger": 1});
    held.reasons = vec![Reason {
        rule: "rule-1".to_owned(),
        why: "zq-why".to_owned(),
        next: String::new(),
        target: None,
    }];
    let (held, quorum) = (plain.held, plain.quorum);
    Ticket::open(plain.id, held, quorum, plain.session, plain.advisory).unwrap()
}

fn open_secret(id: &str) -> Record {
    let ticket = secret_ticket(id);
    let entry = Entry::new(EntryKind::Held, NOW)
        .public("ticket", id)
        .public("session", "s-1")
        .private("arguments", &ticket.held.action.arguments)
        .private("forecast", &ticket.held.forecast);
    Record { entry, events: vec![Event::TicketOpened { ticket: Box::new(ticket) }], guards: vec![] }
}

fn approve_secretly(id: &str) -> Record {
    let mut record = approve(id);
    if let Some(Guard::Step(_, message, _)) = record.guards.first_mut()
        && let Message::Approve { approval, .. } = message.as_mut()
    {
        approval.reason = "zq-approval".to_owned();
    }
    record.entry = record.entry.private("reason", "zq-approval");
    record
}

fn deny(id: &str) -> Record {
    let message = Box::new(Message::Deny { by: "bo".into(), reason: "zq-approval".to_owned() });
    let entry = Entry::new(EntryKind::Denied, NOW).public("ticket", id);
    Record { entry, events: vec![], guards: vec![Guard::Step(id.into(), message, NOW)] }
}

/// Session 0; t-1: 1 opened, 2 approved, 3 spent, 4 outcome; t-2: 5 opened.
fn filled(home: &Home) -> Store {
    let store = open(home);
    for record in [
        secret_session(),
        open_secret("t-1"),
        approve_secretly("t-1"),
        consume("t-1", "a-1", 0),
        outcome("a-1"),
        open_secret("t-2"),
    ] {
        commit(&store, record).unwrap();
    }
    store
}

pub(super) fn redact(store: &Store, index: u64, now: u64) -> Result<Redacted, StoreError> {
    wait(store.redact(index, "bo", "a name in it", now))
}

/// The bytes of every file of the home's database.
fn raw(home: &Home) -> Vec<u8> {
    let files = fs::read_dir(home.root()).unwrap().map(|file| file.unwrap().path());
    let files: Vec<_> = files
        .filter(|path| path.to_string_lossy().contains("ledger.db"))
        .map(|path| fs::read(path).unwrap())
        .collect();
    assert!(files.len() >= 2, "the database and its log");
    files.concat()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Which private texts stand in these bytes.
pub(super) fn private_in(bytes: &[u8]) -> Vec<&'static str> {
    PRIVATE.into_iter().filter(|text| holds(bytes, text.as_bytes())).collect()
}

/// All that the store tells whoever may ask: entries, memory, an opened export.
pub(super) fn all_told(store: &Store, out: &Path) -> String {
    let entries = store.read_entries(&Query::default()).unwrap();
    store.reader().export(out, true).unwrap();
    let export = fs::read_to_string(out.join("opened/000.jsonl")).unwrap();
    let leaves = fs::read(out.join(format!("tile/entries/000.p/{}", entries.len()))).unwrap();
    format!("{}\n{entries:?}\n{export}\n{}", told(store), String::from_utf8_lossy(&leaves))
}

fn sealed_events(home: &Home, index: u64) -> Vec<u8> {
    let database = Connection::open(home.database()).unwrap();
    database.query_row("SELECT events FROM entry WHERE idx = ?1", [index as i64], |row| row.get(0)).unwrap()
}

/// How many of a ciphertext's parts, from its beginning to its end, stand in these bytes, and of how many.
fn parts(sealed: &[u8], bytes: &[u8]) -> (usize, usize) {
    let parts: Vec<_> = sealed.chunks(700).map(|chunk| &chunk[..chunk.len().min(16)]).collect();
    (parts.iter().filter(|part| holds(bytes, part)).count(), parts.len())
}

#[test]
fn whoever_owns_or_launched_what_an_entry_carries_or_names_is_involved() {
    let folder = Folder::new();
    let store = open(&folder.home());
    commit(&store, open_session()).unwrap();
    commit(&store, open_ticket("t-1")).unwrap();
    let named = Entry::new(EntryKind::Tool, NOW).public("session", "s-1").private("command", "ls");
    commit(&store, Record::only(named)).unwrap();
    let ana = (PersonId::from("ana"), interlock_approval::Launch::of("ana"));
    assert_eq!(store.involved(0).unwrap(), [ana.clone(), ana.clone()], "the session and its request");
    assert!(store.involved(1).unwrap().contains(&ana));
    assert_eq!(store.involved(2).unwrap(), [ana], "it only names the session");
}

#[test]
fn what_is_private_is_in_no_file_in_the_clear_and_after_redaction_nowhere() {
    let folder = Folder::new();
    let home = folder.home();
    let store = filled(&home);
    commit(&store, deny("t-2")).unwrap();
    let out = folder.path().join("out");
    assert_eq!(private_in(&raw(&home)), [""; 0], "before, in the files");
    assert_eq!(private_in(all_told(&store, &out).as_bytes()), PRIVATE, "before, to whoever may ask");
    let kept: Vec<Vec<u8>> = [1, 2, 3, 5, 6].map(|index| sealed_events(&home, index)).to_vec();
    let bytes = raw(&home);
    assert!(
        // One part or two may lie across the border of two pages.
        kept.iter().map(|sealed| parts(sealed, &bytes)).all(|(found, of)| found + 2 >= of && of > 20),
        "the right place"
    );

    let redacted = redact(&store, 0, LATER).unwrap();
    assert_eq!(redacted.entries, [0, 1, 2, 3, 5, 6]);
    assert!(redacted.wiped);
    assert_eq!(redacted.receipt.index, 12, "one entry says so for each");
    let bytes = raw(&home);
    assert_eq!(private_in(&bytes), [""; 0], "after, in the files");
    assert!(kept.iter().all(|sealed| parts(sealed, &bytes).0 == 0), "nor as ciphertext");
    assert_eq!(private_in(all_told(&store, &out).as_bytes()), [""; 0], "after, to whoever may ask");
    verify(&out, &home, &[]);
    let before = told(&store);
    drop(store);
    let store = open(&home);
    assert_eq!(told(&store), before, "the memory is what a start makes of the log");
    assert_eq!(private_in(all_told(&store, &out).as_bytes()), [""; 0]);
    let memory = store.memory().read().unwrap();
    assert_eq!(memory.tickets[&"t-1".into()].state.name(), "consumed");
    assert_eq!(memory.tickets[&"t-1".into()].held.tier, "T3");
    assert!(memory.sessions[&"s-1".into()].lease.revoked, "what it might touch is not known any more");
}

#[test]
fn one_entry_of_a_request_takes_the_others_along_and_leaves_other_requests() {
    for asked in [1, 2, 3] {
        let folder = Folder::new();
        let home = folder.home();
        let store = filled(&home);
        assert_eq!(redact(&store, asked, NOW).unwrap().entries, [1, 2, 3]);
        let row = store.reader().entry(7).unwrap();
        assert_eq!(
            (row.kind, &row.public["entry"], &row.public["asked"]),
            (EntryKind::Redacted, &json!(2), &json!(asked))
        );
        let memory = store.memory().read().unwrap();
        assert_eq!(memory.tickets[&"t-1".into()].held.action.arguments, REDACTED);
        assert_eq!(memory.tickets[&"t-1".into()].approvals[0].reason, REDACTED);
        assert_eq!(memory.tickets[&"t-2".into()], secret_ticket("t-2"));
        assert_eq!(memory.sessions[&"s-1".into()].task, "zq-task");
        drop(memory);
        for again in [1, 2, 3] {
            assert!(matches!(redact(&store, again, NOW), Err(StoreError::NoBody(_))));
        }
    }
}

#[test]
fn what_a_reader_keeps_in_the_files_is_overwritten_when_it_is_gone() {
    let folder = Folder::new();
    let home = folder.home();
    let store = filled(&home);
    let kept = sealed_events(&home, 1);
    let reader = Connection::open(home.database()).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let seen: i64 = reader.query_row("SELECT count(*) FROM entry", [], |row| row.get(0)).unwrap();
    assert!(!redact(&store, 1, NOW).unwrap().wiped);
    assert!(parts(&kept, &raw(&home)).0 > 0);
    assert_eq!(seen, 6);
    drop(reader);
    // Answered before the files are moved, so that one more write is known to come after it.
    for _ in 0..2 {
        commit(&store, read("aws:s3:ListBuckets")).unwrap();
    }
    assert_eq!(parts(&kept, &raw(&home)).0, 0);
}

#[test]
fn an_entry_that_carries_neither_request_nor_session_stands_alone() {
    let folder = Folder::new();
    let store = filled(&folder.home());
    let prompt =
        || Record::only(Entry::new(EntryKind::Prompt, NOW).public("session", "s-1").private("prompt", "p"));
    for _ in 0..2 {
        commit(&store, prompt()).unwrap();
    }
    assert_eq!(redact(&store, 6, NOW).unwrap().entries, [6]);
    assert_eq!(store.reader().entry(7).unwrap().private["prompt"], "p");
    assert!(matches!(redact(&store, 4, NOW), Err(StoreError::NoBody(4))));
    assert!(matches!(redact(&store, 99, NOW), Err(StoreError::NoEntry(99))));
}

#[test]
fn what_is_still_acted_on_is_not_redacted() {
    let folder = Folder::new();
    let store = filled(&folder.home());
    let before = told(&store);
    let refused = |index, now| match redact(&store, index, now) {
        Err(StoreError::StillNeeded { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    let pending = refused(5, NOW);
    assert!(pending.contains("`t-2` is still pending: deny it, or wait"), "{pending}");
    let live = refused(0, NOW);
    assert!(live.contains("session `s-1` is at work") && live.contains("`t-2`"), "{live}");
    assert_eq!(told(&store), before);
    commit(&store, approve("t-2")).unwrap();
    assert!(refused(6, NOW).contains("`t-2` is still approved"));
    // Spent, but the call is under way: were it not executed, the approval would be given back.
    commit(&store, consume("t-2", "a-2", 0)).unwrap();
    assert!(refused(5, LATER).contains("no outcome yet"));
    commit(&store, outcome("a-2")).unwrap();
    assert_eq!(redact(&store, 5, NOW).unwrap().entries, [5, 6, 7]);
    commit(&store, freeze()).unwrap();
    assert!(refused(12, NOW).contains("in force"));
    commit(&store, unfreeze()).unwrap();
    assert_eq!(redact(&store, 12, NOW).unwrap().entries, [12]);
    assert_eq!(store.memory().read().unwrap().freezes.len(), 0);
}

#[test]
fn a_redacted_session_does_not_bring_its_text_back() {
    let folder = Folder::new();
    let store = filled(&folder.home());
    redact(&store, 0, LATER).unwrap();
    // Both were read before, by somebody who writes only now.
    for late in [secret_session(), open_secret("t-3")] {
        let answer = commit(&store, late);
        assert!(matches!(&answer, Err(error) if error.to_string().contains("was redacted")), "{answer:?}");
    }
    // An entry that came late all the same is found by asking again.
    let late = Entry::new(EntryKind::Refused, LATER).public("session", "s-1").private("task", "zq-task");
    let late = commit(&store, Record::only(late)).unwrap().index;
    assert_eq!(redact(&store, 0, LATER).unwrap().entries, [late]);
}

#[test]
fn nothing_but_what_the_redaction_names_is_accepted_at_the_start() {
    let broken = |change: &dyn Fn(&Home, &Connection, Vec<u8>)| {
        let folder = Folder::new();
        let home = folder.home();
        let store = filled(&home);
        let original = sealed_events(&home, 1);
        redact(&store, 1, NOW).unwrap();
        drop(store);
        let database = Connection::open(home.database()).unwrap();
        change(&home, &database, original);
        drop(database);
        match Store::open(&home, &Options::default()) {
            Err(StoreError::Broken(broken)) => broken,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it started"),
        }
    };
    let put = |database: &Connection, events: &[u8]| {
        database.execute("UPDATE entry SET events = ?1 WHERE idx = 1", params![events]).unwrap();
    };
    let restored = broken(&|_, database, original| put(database, &original));
    assert_eq!(restored, Broken::Restored { index: 1 });
    // Somebody who has the key, and seals another state for the very entry.
    let other = broken(&|home, database, _| {
        let hash = database.query_row("SELECT hash FROM entry WHERE idx = 1", [], |row| row.get(0)).unwrap();
        let state = State { salt: &[1; 24], events: b"[]" };
        put(database, &home.keys().wrapping.seal_state(state, &hash).unwrap());
    });
    assert_eq!(other, Broken::State { index: 1 });
    let moved = broken(&|home, database, _| put(database, &sealed_events(home, 2)));
    assert!(matches!(moved, Broken::Unreadable { index: 1, .. }), "{moved}");
    let gone = broken(&|_, database, _| {
        database.execute("UPDATE entry SET events = NULL WHERE idx = 1", []).unwrap();
    });
    assert_eq!(gone, Broken::State { index: 1 });
    let unlisted = broken(&|_, database, _| {
        database.execute("DELETE FROM carries WHERE idx = 2", []).unwrap();
    });
    assert!(matches!(unlisted, Broken::Damaged(_)), "{unlisted}");
}

#[test]
fn exports_from_before_and_after_verify_and_do_not_contradict_each_other() {
    let folder = Folder::new();
    let home = folder.home();
    let store = filled(&home);
    let exported = |name: &str, bodies: bool| {
        let out = folder.path().join(name);
        store.reader().export(&out, bodies).unwrap();
        let head = read_held(&out, &home.verifier()).unwrap();
        (out, head)
    };
    let ((open, head), (closed, _)) = (exported("open", true), exported("closed", false));
    redact(&store, 1, NOW).unwrap();
    for (name, bodies) in [("open-2", true), ("closed-2", false)] {
        let (out, _) = exported(name, bodies);
        let verified = verify(&out, &home, std::slice::from_ref(&head));
        assert_eq!((verified.size, verified.redacted), (9, 3));
    }
    for old in [open, closed] {
        assert_eq!(verify(&old, &home, std::slice::from_ref(&head)).redacted, 0);
        // Brought up to date, it has lost what was redacted, and says so.
        store.reader().export(&old, false).unwrap();
        assert_eq!(verify(&old, &home, std::slice::from_ref(&head)).redacted, 3);
    }
}

#[test]
fn a_store_of_another_version_is_said_to_be_one() {
    let folder = Folder::new();
    let home = folder.home();
    drop(open(&home));
    Connection::open(home.database()).unwrap().pragma_update(None, "user_version", 1).unwrap();
    let refused = Store::open(&home, &Options::default()).err().unwrap();
    assert!(matches!(refused, StoreError::Schema(1)));
    assert!(refused.to_string().contains("another version"), "{refused}");
}

const HOME: &str = "INTERLOCK_TEST_REDACT_HOME";

/// The process that is killed; without the variable it has nothing to do.
#[test]
fn child() {
    let Some(root) = std::env::var_os(HOME) else { return };
    let store = open(&Home::open(root.as_ref()).unwrap());
    match redact(&store, 1, NOW) {
        Ok(_) => println!("redacted"),
        Err(error) => println!("refused {error}"),
    }
}

#[test]
fn a_redaction_that_is_cut_short_is_done_whole_or_not_at_all() {
    for (point, action, done) in [
        (fault::BEFORE_APPEND, "kill", false),
        (fault::AFTER_APPEND, "kill", false),
        (fault::AFTER_APPEND, "torn", false),
        (fault::AFTER_APPEND, "enospc", false),
        (fault::AFTER_COMMIT, "kill", true),
        (fault::AFTER_COMMIT, "eio", true),
        (fault::BEFORE_WAL_CHECKPOINT, "kill", true),
    ] {
        let plan = format!("{point}:{action}:1");
        let folder = Folder::new();
        let home = folder.home();
        drop(filled(&home));
        let kept: Vec<Vec<u8>> = [1, 2, 3].map(|index| sealed_events(&home, index)).to_vec();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "tests::redact::child", "--nocapture", "--test-threads", "1"]);
        let output = command.env(HOME, home.root()).env("INTERLOCK_FAULT", &plan).output().unwrap();
        let killed = output.status.signal() == Some(9);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(killed, !["eio", "enospc"].contains(&action), "{plan}: {said}");
        assert!(killed || said.contains("refused"), "{plan}: {said}");

        let store = open(&home);
        let entries = store.read_entries(&Query::default()).unwrap();
        assert_eq!(entries.len(), if done { 9 } else { 6 }, "{plan}");
        for index in [1, 2, 3] {
            assert_eq!(entries[index].redacted.is_empty(), !done, "{plan}: entry {index}");
        }
        let redacted = store.memory().read().unwrap().tickets[&"t-1".into()].held.task == REDACTED;
        assert_eq!(redacted, done, "{plan}");
        let out = folder.path().join("out");
        store.reader().export(&out, true).unwrap();
        verify(&out, &home, &[]);
        if !done {
            redact(&store, 1, NOW).unwrap();
        }
        // The next write moves out of the log's files what the process that died could not.
        commit(&store, read("aws:s3:ListBuckets")).unwrap();
        drop(store);
        let bytes = fs::read(home.database()).unwrap();
        assert!(kept.iter().all(|sealed| parts(sealed, &bytes).0 == 0), "{plan}");
        let wal = fs::read(home.root().join("ledger.db-wal")).unwrap_or_default();
        assert!(kept.iter().all(|sealed| parts(sealed, &wal).0 == 0), "{plan}");
    }
}
