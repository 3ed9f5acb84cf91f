//! A real process, killed at each named point, or given an error there: what was acknowledged is there afterwards, no
//! ticket is spent twice, the log verifies, and it goes on from there.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    os::unix::process::ExitStatusExt as _,
    process::Command,
    sync::Arc,
    thread,
};

use interlock_approval::State;
use interlock_flow::{Journal as _, JournalError};
use interlock_ledger::EntryKind;

use super::support::*;
use crate::{Home, Options, Query, Store, fault, read_held};

const HOME: &str = "INTERLOCK_TEST_CRASH_HOME";
const CLIENTS: usize = 6;
const TICKETS: usize = 40;

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// The process that is killed; without the variable it has nothing to do. Its every line says something that it was
/// told is durable.
#[test]
fn child() {
    let Some(root) = std::env::var_os(HOME) else { return };
    let home = Home::open(root.as_ref()).unwrap();
    let store = Arc::new(Store::open(&home, &Options::default()).unwrap());
    match wait(store.recover(NOW)) {
        Ok(_) => say("recovered"),
        Err(error) => say(&format!("refused {error}")),
    }
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let store = Arc::clone(&store);
            thread::spawn(move || client_of(&store, client))
        })
        .collect();
    clients.into_iter().for_each(|client| client.join().unwrap());
    say(&format!("exports failed: {}", store.health().export_error.is_some()));
    drop(store);
    say("done");
}

/// Tries to spend every ticket, as all the others do.
fn client_of(store: &Store, client: usize) {
    for nth in 0..TICKETS {
        let (ticket, action) = (format!("t-{nth}"), format!("a-{}-{client}-{nth}", std::process::id()));
        match commit(store, consume(&ticket, &action, 0)) {
            Ok(receipt) => say(&format!("spent {} {action} {ticket}", receipt.index)),
            Err(JournalError::Conflict(_)) => {}
            Err(JournalError::Unavailable(_)) => say(&format!("refused {client}")),
        }
        match commit(store, outcome(&action)) {
            Ok(receipt) => say(&format!("closed {} {action} -", receipt.index)),
            Err(_) => say(&format!("refused {client}")),
        }
        let _ = store.note(read("aws:s3:ListBuckets"));
        if client == 0 && nth % 8 == 7 {
            let query = Query {
                kinds: vec![EntryKind::Held],
                from: Some(nth as u64),
                limit: Some(1),
                ..Query::default()
            };
            for entry in store.read_entries(&query).unwrap() {
                if let Ok(redacted) = wait(store.redact(entry.index, "bo", "test", NOW)) {
                    say(&format!("redacted {} - -", redacted.receipt.index));
                }
            }
        }
    }
}

/// What all processes so far said.
#[derive(Default)]
struct Said {
    indices: BTreeSet<u64>,
    spent: BTreeMap<String, String>,
    last: Vec<String>,
}

impl Said {
    fn hear(&mut self, output: &str) {
        self.last = output.lines().map(str::to_owned).collect();
        let mut refused = BTreeSet::new();
        for line in &self.last {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["refused", client] => {
                    refused.insert((*client).to_owned());
                }
                [what @ ("spent" | "closed" | "redacted"), index, action, ticket] => {
                    // Once the writer has refused, it takes nothing more, ever.
                    let client = action.split('-').nth(2).unwrap_or("0");
                    assert!(!refused.contains(client), "acknowledged after a refusal: {line}");
                    assert!(self.indices.insert(index.parse().unwrap()), "one index twice: {line}");
                    if *what == "spent" {
                        let other = self.spent.insert((*ticket).to_owned(), (*action).to_owned());
                        assert_eq!(other, None, "spent twice: {line}");
                    }
                }
                _ => {}
            }
        }
    }
    fn said(&self, start: &str) -> bool {
        self.last.iter().any(|line| line.starts_with(start))
    }
}

fn prepared() -> Folder {
    let folder = Folder::new();
    let store = open(&folder.home());
    commit(&store, open_session()).unwrap();
    for nth in 0..TICKETS {
        let id = format!("t-{nth}");
        store.note(open_ticket(&id)).unwrap();
        store.note(approve(&id)).unwrap();
    }
    commit(&store, read("aws:s3:ListBuckets")).unwrap();
    drop(store);
    folder
}

/// Runs the child with a fault; returns whether it was killed.
fn run(folder: &Folder, said: &mut Said, plan: &str, shell: Option<&str>) -> bool {
    let exe = std::env::current_exe().unwrap();
    let mut command = match shell {
        Some(before) => {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("{before}; exec \"$0\" \"$@\"")]).arg(&exe);
            command
        }
        None => Command::new(&exe),
    };
    command.args(["--exact", "tests::crash::child", "--nocapture", "--test-threads", "1"]);
    command.env(HOME, folder.home().root()).env("INTERLOCK_FAULT", plan);
    let output = command.output().unwrap();
    said.hear(&String::from_utf8_lossy(&output.stdout));
    let killed = output.status.signal() == Some(9);
    assert!(killed || output.status.success(), "{plan}: {}", String::from_utf8_lossy(&output.stderr));
    killed
}

/// Opens what the child left, and holds it against what the child said.
fn check(folder: &Folder, said: &Said, plan: &str) {
    let home = folder.home();
    let store = open(&home);
    let entries = store.read_entries(&Query::default()).unwrap();
    for index in &said.indices {
        assert!(*index < entries.len() as u64, "{plan}: acknowledged entry {index} is lost");
    }
    let mut spent = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.kind == EntryKind::Allowed) {
        let (ticket, action) =
            (entry.public["ticket"].as_str().unwrap(), entry.public["action"].as_str().unwrap());
        assert_eq!(
            spent.insert(ticket.to_owned(), action.to_owned()),
            None,
            "{plan}: {ticket} was spent twice"
        );
    }
    for (ticket, action) in &said.spent {
        assert_eq!(spent.get(ticket), Some(action), "{plan}: {ticket} was not spent by whom it was said");
    }
    let memory = store.memory().read().unwrap();
    for (ticket, action) in &spent {
        assert_eq!(
            memory.tickets[&ticket.as_str().into()].state,
            State::Consumed { by: action.as_str().into() }
        );
    }
    // A redaction is whole or has not been.
    for (id, ticket) in &memory.tickets {
        let of =
            entries.iter().filter(|entry| entry.public.get("ticket").is_some_and(|of| of == id.as_str()));
        let gone: BTreeSet<bool> = of
            .filter(|entry| !entry.private.is_empty() || !entry.redacted.is_empty())
            .map(|entry| !entry.redacted.is_empty())
            .collect();
        let forgotten = ticket.held.action.arguments == crate::private::REDACTED;
        assert_eq!(gone, BTreeSet::from([forgotten]), "{plan}: {id} is redacted in part");
    }
    drop(memory);
    let out = folder.path().join("out");
    store.reader().export(&out, true).unwrap();
    let held = read_held(&home.checkpoints().join("checkpoint"), &home.verifier()).unwrap();
    let verified = verify(&out, &home, &[held]);
    assert_eq!(verified.size, entries.len() as u64);
}

#[track_caller]
fn killed_at(point: &str, action: &str, passes: &[u32]) {
    let (folder, mut said) = (prepared(), Said::default());
    for nth in passes {
        let plan = format!("{point}:{action}:{nth}");
        assert!(run(&folder, &mut said, &plan, None), "{plan} did not come about");
        assert!(!said.said("done"));
        check(&folder, &said, &plan);
    }
    // After all of that, an undisturbed process goes on to the end.
    assert!(!run(&folder, &mut said, "", None));
    assert!(said.said("done") && !said.said("refused"));
    check(&folder, &said, "undisturbed");
}

#[test]
fn killed_before_the_rows_are_written() {
    killed_at(fault::BEFORE_APPEND, "kill", &[1, 2, 9, 30]);
}

#[test]
fn killed_before_the_commit() {
    killed_at(fault::AFTER_APPEND, "kill", &[1, 2, 9, 30]);
}

#[test]
fn killed_between_commit_and_answer() {
    killed_at(fault::AFTER_COMMIT, "kill", &[1, 2, 9, 30]);
}

#[test]
fn torn_in_the_middle_of_the_commit() {
    killed_at(fault::AFTER_APPEND, "torn", &[1, 2, 9, 30, 31]);
}

#[test]
fn killed_around_the_export() {
    for point in [fault::BEFORE_EXPORT, fault::BEFORE_RENAME, fault::AFTER_EXPORT] {
        killed_at(point, "kill", &[1, 2]);
    }
}

#[test]
fn killed_before_the_log_is_moved_into_the_database() {
    killed_at(fault::BEFORE_WAL_CHECKPOINT, "kill", &[1, 2]);
}

#[track_caller]
fn refused_at(point: &str, action: &str, nth: u32) {
    let (folder, mut said) = (prepared(), Said::default());
    let plan = format!("{point}:{action}:{nth}");
    assert!(!run(&folder, &mut said, &plan, None));
    assert!(said.said("refused"), "{plan}: {:?}", said.last);
    check(&folder, &said, &plan);
    assert!(!run(&folder, &mut said, "", None));
    assert!(said.said("done") && !said.said("refused"));
    check(&folder, &said, "undisturbed");
}

#[test]
fn an_error_of_the_disk_ends_all_writing() {
    for (point, nth) in [(fault::BEFORE_APPEND, 1), (fault::AFTER_APPEND, 4), (fault::AFTER_COMMIT, 4)] {
        refused_at(point, "eio", nth);
        refused_at(point, "enospc", nth);
    }
    refused_at(fault::BEFORE_WAL_CHECKPOINT, "eio", 1);
}

#[test]
fn an_export_that_fails_holds_nothing_up() {
    for point in [fault::BEFORE_EXPORT, fault::BEFORE_RENAME] {
        let (folder, mut said) = (prepared(), Said::default());
        let plan = format!("{point}:eio");
        assert!(!run(&folder, &mut said, &plan, None));
        assert!(said.said("exports failed: true") && !said.said("refused") && said.said("done"));
        check(&folder, &said, &plan);
    }
}

/// A file size limit: the write itself fails, in the middle of the load.
#[test]
fn a_write_that_fails_ends_all_writing() {
    let (folder, mut said) = (prepared(), Said::default());
    // In blocks of 512 bytes or 1 KiB, as the shell counts; the signal is ignored, so that write() returns an error.
    assert!(!run(&folder, &mut said, "", Some("trap '' XFSZ; ulimit -f 900")));
    assert!(said.said("refused"), "{:?}", said.last);
    check(&folder, &said, "file size limit");
    assert!(!run(&folder, &mut said, "", None));
    check(&folder, &said, "undisturbed");
}
