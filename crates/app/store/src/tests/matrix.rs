//! The crash matrix: every point at which something becomes durable, under every fault. Sunlight tests ten cases (lock,
//! checkpoint, staging, data tile, tile 0, each failing and failing although it was persisted); these are its points and
//! ours, each also killed before and after, torn, out of space and with a broken disk.
//!
//! One home goes through all faults of a point. After each: whatever was acknowledged is there; the store starts; no two heads
//! of one size that left the process differ, and every one of them is a head of the log as it goes on; the folder that was
//! being written is brought up to date and verifies.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use interlock_ledger::{Checkpoint, Hash, Held, Witnesses};
use rusqlite::Connection;

use super::support::*;
use crate::{Home, Options, Store, fault, verify_folder};

const HOME: &str = "INTERLOCK_TEST_MATRIX_HOME";

/// What is written, the point before it, the point after it, and how often the point is passed before the fault comes.
const POINTS: &[(&str, &str, &str, &[u32])] = &[
    ("store write", fault::BEFORE_APPEND, fault::AFTER_APPEND, &[1, 4]),
    ("write-ahead log fsync", fault::AFTER_APPEND, fault::AFTER_COMMIT, &[1, 4]),
    ("write-ahead log move", fault::BEFORE_WAL_CHECKPOINT, fault::BEFORE_WAL_CHECKPOINT, &[1]),
    ("kept head write", fault::BEFORE_EXPORT, fault::BEFORE_RENAME, &[1, 2]),
    ("kept head rename", fault::BEFORE_RENAME, fault::BEFORE_FOLDER_SYNC, &[1, 2]),
    ("kept head folder fsync", fault::BEFORE_FOLDER_SYNC, fault::AFTER_EXPORT, &[1, 2]),
    ("bundle write", fault::BEFORE_FILE, fault::BEFORE_FILE_RENAME, &[1]),
    ("bundle rename", fault::BEFORE_FILE_RENAME, fault::AFTER_FILE, &[1]),
    ("tile write", fault::BEFORE_FILE, fault::BEFORE_FILE_RENAME, &[2]),
    ("tile rename", fault::BEFORE_FILE_RENAME, fault::AFTER_FILE, &[2]),
    ("bodies write", fault::BEFORE_FILE, fault::BEFORE_FILE_RENAME, &[3]),
    ("bodies rename", fault::BEFORE_FILE_RENAME, fault::AFTER_FILE, &[3]),
    ("exported head write", fault::BEFORE_FILE, fault::BEFORE_FILE_RENAME, &[5]),
    ("exported head rename", fault::BEFORE_FILE_RENAME, fault::AFTER_FILE, &[5]),
    ("cosignature", fault::BEFORE_COSIGNATURE, fault::AFTER_COSIGNATURE, &[1]),
];

/// The faults: their names, whether they come after the write, what comes.
const FAULTS: &[(&str, bool, &str)] = &[
    ("kill before", false, "kill"),
    ("kill after", true, "kill"),
    ("torn", false, "torn"),
    ("fail (EIO)", false, "eio"),
    ("fail (ENOSPC)", false, "enospc"),
    ("fail but persisted", true, "eio"),
];

/// Points whose write can be cut in the middle; elsewhere a torn write is a rename or a folder's fsync, which the file
/// system does whole.
const TEARS: &[&str] = &[fault::AFTER_APPEND, fault::BEFORE_EXPORT, fault::BEFORE_FILE];

fn outside(root: &Path) -> (PathBuf, PathBuf) {
    let folder = root.parent().unwrap();
    (folder.join("elsewhere"), folder.join("out"))
}

fn options(root: &Path) -> Options {
    Options { exports: Some(outside(root).0), ..witnessed(&[1], 1) }
}

/// The process that meets the fault; without the variable it has nothing to do.
#[test]
fn child() {
    let Some(root) = std::env::var_os(HOME).map(PathBuf::from) else { return };
    let home = Home::open(&root).unwrap();
    let store = match Store::open(&home, &options(&root)) {
        Ok(store) => store,
        Err(error) => return println!("refused to start: {error}"),
    };
    let more = |count| {
        for _ in 0..count {
            match commit(&store, session_note()) {
                Ok(receipt) => println!("kept {}", receipt.index),
                Err(error) => println!("refused: {error}"),
            }
        }
    };
    more(6);
    let (size, note) = (store.head().unwrap().unwrap().size, store.reader().checkpoint().unwrap().unwrap());
    match wait(store.cosign(size, cosign(1, &note, 7))) {
        Ok(_) => println!("cosigned {size}"),
        Err(error) => println!("refused: {error}"),
    }
    match store.reader().export(&outside(&root).1, false) {
        Ok(exported) => println!("exported {}", exported.entries),
        Err(error) => println!("refused: {error}"),
    }
    more(2);
    drop(store);
    println!("done");
}

fn session_note() -> interlock_flow::Record {
    let entry = interlock_ledger::Entry::new(interlock_ledger::EntryKind::Tool, NOW).private("command", "ls");
    interlock_flow::Record::only(entry)
}

/// What left the processes so far.
#[derive(Default)]
struct Left {
    /// The largest index that was acknowledged, and how many were.
    kept: u64,
    cosigned: u64,
    heads: BTreeMap<u64, Hash>,
}

impl Left {
    fn head(&mut self, home: &Home, note: &str, plan: &str) {
        let head = Checkpoint::open(note, &home.verifier()).unwrap();
        let other = self.heads.insert(head.size, head.root);
        assert!(other.is_none_or(|other| other == head.root), "{plan}: two heads of {} entries", head.size);
    }

    /// Whatever stands in the files, right after the process has ended.
    fn collect(&mut self, home: &Home, plan: &str) {
        let (elsewhere, out) = outside(home.root());
        for folder in [home.checkpoints(), elsewhere, out] {
            if let Ok(note) = fs::read_to_string(folder.join("checkpoint")) {
                self.head(home, &note, plan);
            }
        }
        let database = Connection::open(home.database()).unwrap();
        let mut statement = database.prepare("SELECT note FROM checkpoint").unwrap();
        let notes: Vec<String> =
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        notes.iter().for_each(|note| self.head(home, note, plan));
    }
}

/// Runs the child; what it came to, in a word.
fn run(home: &Home, left: &mut Left, plan: &str) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "tests::matrix::child", "--nocapture", "--test-threads", "1"]);
    let output = command.env(HOME, home.root()).env("INTERLOCK_FAULT", plan).output().unwrap();
    let killed = output.status.signal() == Some(9);
    assert!(killed || output.status.success(), "{plan}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in text.lines() {
        let number = |word: &str| line.strip_prefix(word).and_then(|rest| rest.trim().parse::<u64>().ok());
        left.kept = left.kept.max(number("kept ").map_or(0, |index| index + 1));
        left.cosigned = left.cosigned.max(number("cosigned ").unwrap_or(0));
    }
    match (killed, text.contains("refused to start"), text.contains("refused: ")) {
        (true, ..) => "died".to_owned(),
        (_, true, _) => "would not start".to_owned(),
        (.., true) => "refused".to_owned(),
        // A kept head that cannot be written is said by the store's health, and holds nothing up.
        _ => "went on".to_owned(),
    }
}

/// Opens what is there, and holds it against what left the processes before.
fn check(home: &Home, left: &Left, plan: &str) {
    let store = Store::open(home, &options(home.root())).unwrap_or_else(|error| panic!("{plan}: {error}"));
    let size = store.head().unwrap().unwrap().size;
    assert!(size >= left.kept, "{plan}: {} were acknowledged, {size} are there", left.kept);
    assert!(store.health().witnessed >= left.cosigned, "{plan}: a cosignature was lost");
    let out = outside(home.root()).1;
    store.reader().export(&out, false).unwrap_or_else(|error| panic!("{plan}: {error}"));
    // Every head that ever left is one of this log.
    let signer = &home.keys().signer;
    let held = left
        .heads
        .iter()
        .map(|(size, root)| Held { note: Checkpoint::sign(*size, *root, signer), leaves: None });
    let held: Vec<Held> = held.collect();
    let report = verify_folder(&out, &home.verifier(), &Witnesses::default(), &held);
    assert_eq!(report.unwrap_or_else(|error| panic!("{plan}: {error}")).verified.size, size, "{plan}");
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_forks_whatever_fails_wherever() {
    let (mut table, mut cases, mut heads, mut entries) = (String::new(), 0, 0, 0);
    write!(table, "{:24}", "").unwrap();
    FAULTS.iter().for_each(|(name, ..)| write!(table, "{name:20}").unwrap());
    for (what, before, after, passes) in POINTS {
        write!(table, "\n{what:24}").unwrap();
        // A home of its own, so that each has the same files in the same order.
        let (folder, mut left) = (Folder::new(), Left::default());
        let home = folder.home();
        drop(Store::open(&home, &options(home.root())).unwrap());
        for (name, late, action) in FAULTS {
            let point = if *late { after } else { before };
            if (*action == "torn" && !TEARS.contains(point)) || (*late && before == after) {
                write!(table, "{:20}", "-").unwrap();
                continue;
            }
            let mut came = Vec::new();
            for nth in *passes {
                let plan = format!("{point}:{action}:{nth}");
                came.push(run(&home, &mut left, &plan));
                left.collect(&home, &plan);
                check(&home, &left, &plan);
                cases += 1;
            }
            let killed = ["kill", "torn"].contains(action);
            assert!(came.iter().all(|came| (came == "died") == killed), "{what}, {name}: {came:?}");
            came.dedup();
            write!(table, "{:20}", came.join(", ")).unwrap();
        }
        assert_eq!(run(&home, &mut left, ""), "went on");
        check(&home, &left, "undisturbed");
        heads += left.heads.len();
        entries += left.kept;
    }
    println!(
        "{table}\n\n{cases} cases, {entries} entries, {heads} heads: no entry lost, no two heads of one size"
    );
}

/// The very first head of a home: without it a store that has entries would be one whose head was taken away.
#[test]
fn a_home_whose_first_start_is_cut_short_starts_again() {
    for point in [fault::BEFORE_EXPORT, fault::BEFORE_RENAME, fault::BEFORE_FOLDER_SYNC, fault::AFTER_EXPORT]
    {
        for action in
            ["kill", "eio", "enospc"].into_iter().chain((point == fault::BEFORE_EXPORT).then_some("torn"))
        {
            let (folder, mut left) = (Folder::new(), Left::default());
            let (home, plan) = (folder.home(), format!("{point}:{action}"));
            let came = run(&home, &mut left, &plan);
            assert!(["died", "would not start"].contains(&came.as_str()), "{plan}: {came}");
            left.collect(&home, &plan);
            check(&home, &left, &plan);
            assert_eq!(run(&home, &mut left, ""), "went on", "{plan}");
            left.collect(&home, &plan);
            check(&home, &left, &plan);
        }
    }
}
