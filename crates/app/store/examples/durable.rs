//! Durable decisions a second through the real `Journal`, on the disk that holds the given folder.
//!
//! `cargo run --release -p interlock-store --example durable -- FOLDER [SECONDS]` prints one JSON line for each number of
//! clients; `… -- FOLDER fill ENTRIES` fills a log and prints how long it takes to start from it, to export it and to
//! verify it. A decision is what flow writes before it lets a mutation out: an entry with a private field, a permit, two
//! guards. Every second commit of a client is the outcome that closes it.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made has nothing to say")]

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use interlock_action::Digest;
use interlock_approval::Launch;
use interlock_flow::{Agent, Event, Guard, Journal, Lease, PermitNote, Record, Session};
use interlock_ledger::{Entry, EntryKind};
use interlock_policy::AgentClass;
use interlock_store::{Home, Options, Store, verify_folder};
use serde_json::json;

const NOW: u64 = 1_760_000_000_000;

fn open_session() -> Record {
    let session = Session {
        id: "s-1".into(),
        agent: Agent { name: "coder".into(), owner: "ana".into(), class: AgentClass::Builder },
        launch: Launch::of("ana"),
        task: "measure".to_owned(),
        lease: Lease {
            scope: vec![],
            secrets: vec![],
            folders: Vec::new(),
            until: NOW + 1,
            revoked: false,
            part: None,
        },
        advisory: false,
        observed: false,
        observers: Vec::new(),
        keys: vec![],
        opened: NOW,
    };
    let entry = Entry::new(EntryKind::SessionOpened, NOW).public("session", "s-1");
    Record { entry, events: vec![Event::Session { session }], guards: vec![] }
}

fn decision(action: &str) -> Record {
    let entry = Entry::new(EntryKind::Allowed, NOW)
        .public("action", action)
        .public("session", "s-1")
        .public("operation", "aws:ec2:CreateTags")
        .public("digest", Digest::of(action.as_bytes()))
        .public("tier", "T1")
        .private(
            "arguments",
            json!({"Resources": ["i-0123456789abcdef0"], "Tags": [{"Key": "a", "Value": action}]}),
        );
    let permit = PermitNote {
        action: action.into(),
        session: "s-1".into(),
        operation: "aws:ec2:CreateTags".to_owned(),
        digest: Digest::of(action.as_bytes()),
        ticket: None,
        at: NOW,
        if_unknown: Vec::new(),
    };
    let guards = vec![Guard::SessionLive("s-1".into(), NOW), Guard::Epoch(0)];
    Record { entry, events: vec![Event::PermitOpened { permit }], guards }
}

fn outcome(action: &str) -> Record {
    let entry = Entry::new(EntryKind::Outcome, NOW)
        .public("action", action)
        .public("session", "s-1")
        .public("outcome", json!({"outcome": "succeeded", "status": 200}));
    Record { entry, events: vec![Event::PermitClosed { action: action.into() }], guards: vec![] }
}

async fn client(store: Arc<Store>, name: usize, until: Instant) -> Vec<Duration> {
    let mut took = Vec::new();
    for nth in 0.. {
        let action = format!("a-{name}-{nth}");
        for record in [decision(&action), outcome(&action)] {
            let start = Instant::now();
            store.commit(record).await.unwrap();
            took.push(start.elapsed());
        }
        if Instant::now() >= until {
            break;
        }
    }
    took
}

fn measure(folder: &std::path::Path, clients: usize, seconds: f64) -> serde_json::Value {
    let root = folder.join(format!("interlock-durable-{}-{clients}", std::process::id()));
    let home = Home::create(&root).unwrap();
    let store = Arc::new(Store::open(&home, &Options::default()).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
    let (mut took, elapsed) = runtime.block_on(async {
        store.commit(open_session()).await.unwrap();
        let start = Instant::now();
        let until = start + Duration::from_secs_f64(seconds);
        let clients: Vec<_> =
            (0..clients).map(|name| tokio::spawn(client(Arc::clone(&store), name, until))).collect();
        let mut took = Vec::new();
        for client in clients {
            took.extend(client.await.unwrap());
        }
        (took, start.elapsed())
    });
    took.sort();
    let at = |share: f64| took.get((took.len() as f64 * share) as usize).map(|took| took.as_secs_f64() * 1e3);
    let heads = store.reader().verify(&[]).unwrap().checkpoints;
    let bytes = std::fs::metadata(home.database()).map_or(0, |meta| meta.len());
    drop(store);
    let start = Instant::now();
    let reopened = Store::open(&home, &Options::default()).unwrap();
    let reopen = start.elapsed();
    let result = json!({
        "clients": clients,
        "durable_per_second": (took.len() as f64 / elapsed.as_secs_f64()).round(),
        "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": took.last().map(|took| took.as_secs_f64() * 1e3),
        "records_per_batch": took.len() as f64 / heads as f64,
        "bytes_per_record": bytes / took.len() as u64,
        "reopen_ms": reopen.as_secs_f64() * 1e3,
        "entries": reopened.head().unwrap().map(|head| head.size),
    });
    drop(reopened);
    std::fs::remove_dir_all(&root).unwrap();
    result
}

fn timed<T>(what: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let done = what();
    ((start.elapsed().as_secs_f64() * 1e3).round(), done)
}

/// Fills a log with decisions and their outcomes, 64 of them at a time, and takes the time of whatever goes through all.
fn fill(folder: &std::path::Path, entries: usize) -> serde_json::Value {
    let root = folder.join(format!("interlock-fill-{}", std::process::id()));
    let home = Home::create(&root).unwrap();
    let store = Arc::new(Store::open(&home, &Options::default()).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        store.commit(open_session()).await.unwrap();
        let clients: Vec<_> = (0..64)
            .map(|name| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    for nth in 0..entries / 128 {
                        let action = format!("a-{name}-{nth}");
                        store.commit(decision(&action)).await.unwrap();
                        store.commit(outcome(&action)).await.unwrap();
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
    });
    drop(store);
    let (start_ms, store) = timed(|| Store::open(&home, &Options::default()).unwrap());
    let (verify_home_ms, verified) = timed(|| store.reader().verify(&[]).unwrap());
    let out = root.join("export");
    let (export_ms, exported) = timed(|| store.reader().export(&out, false).unwrap());
    let (again_ms, _) = timed(|| store.reader().export(&out, false).unwrap());
    let witnesses = interlock_ledger::Witnesses::default();
    let (verify_folder_ms, _) = timed(|| verify_folder(&out, &home.verifier(), &witnesses, &[]).unwrap());
    drop(store);
    std::fs::remove_dir_all(&root).unwrap();
    json!({
        "entries": verified.size, "checkpoints": verified.checkpoints, "start_ms": start_ms,
        "verify_home_ms": verify_home_ms, "export_ms": export_ms, "export_files": exported.files,
        "export_again_ms": again_ms, "verify_folder_ms": verify_folder_ms,
    })
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let mut arguments = arguments.peekable();
    if arguments.next_if(|word| word == "fill").is_some() {
        let entries = arguments.next().map_or(100_000, |text| text.parse().unwrap());
        return println!("{}", fill(&folder, entries));
    }
    let seconds = arguments.next().map_or(3.0, |text| text.parse().unwrap());
    for clients in [1, 64, 256] {
        println!("{}", measure(&folder, clients, seconds));
    }
}
