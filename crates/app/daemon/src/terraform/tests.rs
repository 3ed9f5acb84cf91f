//! Many who write one state at a time: none is lost, and no two hold the lock.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use interlock_action::{AccountId, Digest, PersonId, SessionId, WorkspaceId};
use interlock_flow::{Agent, Lease, May, Part, Session};
use interlock_gateway_terraform::{Ended, House, Job, Line, States};
use interlock_store::{Blobs, Home, Options, Store};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::clock::System;

/// A house that keeps what it is given, and runs nothing.
struct Shelf(Blobs);

#[async_trait]
impl House for Shelf {
    fn draw_key(&self) -> Result<String, String> {
        Err("no keys".to_owned())
    }
    fn workshop(&self) -> PathBuf {
        PathBuf::new()
    }
    async fn run(
        &self,
        _session: &Session,
        _job: Job,
        _lines: mpsc::UnboundedSender<Line>,
    ) -> Result<Ended, String> {
        Err("nothing is run".to_owned())
    }
    async fn stage(&self) -> Result<String, String> {
        Err("there is none".to_owned())
    }
    async fn place(&self) -> (Option<AccountId>, String) {
        (None, String::new())
    }
    async fn keep(&self, bytes: Vec<u8>) -> Result<Digest, String> {
        self.0.put(&bytes).map_err(|error| error.to_string())
    }
    async fn kept(&self, digest: &Digest) -> Result<Vec<u8>, String> {
        self.0.get(digest).map_err(|error| error.to_string())
    }
}

fn session(name: &str, may: May) -> Session {
    Session {
        id: SessionId::new(name),
        agent: Agent {
            name: "claude".into(),
            owner: PersonId::new("ana"),
            class: interlock_policy::AgentClass::Builder,
        },
        launch: interlock_approval::Launch::default(),
        task: "count".to_owned(),
        lease: Lease {
            scope: Vec::new(),
            secrets: Vec::new(),
            folders: Vec::new(),
            until: u64::MAX,
            revoked: false,
            part: Some(Box::new(Part { of: "ses-whole".into(), workspace: Some(workspace()), may })),
        },
        advisory: false,
        observed: false,
        observers: Vec::new(),
        keys: Vec::new(),
        opened: 0,
    }
}

fn workspace() -> WorkspaceId {
    WorkspaceId::new("/srv/school")
}

fn state(serial: u64, by: &[u64]) -> Vec<u8> {
    json!({"version": 4, "lineage": "one", "serial": serial, "resources": [], "by": by})
        .to_string()
        .into_bytes()
}

fn change() -> May {
    May::Change { action: "act-1".into(), ticket: None, expected: Vec::new() }
}

struct Shelved {
    folder: PathBuf,
    states: Arc<States>,
}

fn house(folder: &Path) -> Shelved {
    let home = Home::open(folder).or_else(|_| Home::create(folder)).expect("a home");
    let store = Arc::new(Store::open(&home, &Options::default()).expect("a store"));
    let shelf = Arc::new(Shelf(Blobs::open(&home).expect("blobs")));
    let states = Arc::new(States::new(store as _, Arc::new(System), shelf));
    Shelved { folder: folder.to_owned(), states }
}

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("il-states-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// Takes the lock, reads, adds its own mark, writes, lets go; again and again until it came to it.
async fn add(states: Arc<States>, number: u64, holders: Arc<AtomicU32>) {
    let session = session(&format!("ses-{number}"), change());
    let lock = format!("lock-{number}");
    let info = json!({ "ID": lock }).to_string();
    loop {
        let locked = states.lock(&workspace(), &session.id, info.as_bytes());
        if locked.status == 200 {
            break;
        }
        assert_eq!(locked.status, 423);
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0, "two hold the lock");
    let now: Value = match states.read(&workspace()).await.expect("readable") {
        Some((_, bytes)) => serde_json::from_slice(&bytes).expect("a state"),
        None => json!({"serial": 0, "by": []}),
    };
    let mut by: Vec<u64> = serde_json::from_value(now["by"].clone()).expect("numbers");
    by.push(number);
    let next = state(now["serial"].as_u64().expect("a serial") + 1, &by);
    let written = states.write(&workspace(), &session, Some(&lock), next).await;
    assert_eq!(written.status, 200, "{}", String::from_utf8_lossy(&written.body));
    holders.fetch_sub(1, Ordering::SeqCst);
    assert_eq!(states.unlock(&workspace(), &session.id, info.as_bytes()).status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_write_one_state_and_none_is_lost() {
    let folder = scratch("fifty");
    let house = house(&folder);
    let holders = Arc::new(AtomicU32::new(0));
    let all =
        (0..50).map(|number| tokio::spawn(add(Arc::clone(&house.states), number, Arc::clone(&holders))));
    for one in all.collect::<Vec<_>>() {
        one.await.expect("it came to it");
    }
    let known = house.states.workspace(&workspace());
    assert_eq!((known.versions.len(), known.latest().map(|state| state.serial)), (50, Some(50)));
    let (_, bytes) = house.states.read(&workspace()).await.expect("readable").expect("a state");
    let by: Vec<u64> =
        serde_json::from_value(serde_json::from_slice::<Value>(&bytes).expect("json")["by"].clone())
            .expect("numbers");
    assert_eq!(by.iter().collect::<std::collections::BTreeSet<_>>().len(), 50);
    // Every version is still there, and what is on the disk shows none of it.
    for version in &known.versions {
        let blobs = Blobs::open(&Home::open(&house.folder).expect("a home")).expect("blobs");
        assert!(blobs.get(&version.digest).is_ok());
    }
    for file in std::fs::read_dir(folder.join("blobs")).expect("a folder").flatten() {
        let bytes = std::fs::read(file.path()).expect("a file");
        assert!(!bytes.windows(7).any(|part| part == b"lineage"));
    }
    let _ = std::fs::remove_dir_all(folder);
}

#[tokio::test]
async fn a_state_is_written_by_who_may_onto_what_it_descends_from() {
    let folder = scratch("rules");
    let house = house(&folder);
    let (states, id) = (&house.states, workspace());
    let writer = session("ses-writer", change());
    let looker = session("ses-looker", May::Look);
    let info = |lock: &str| json!({ "ID": lock }).to_string();
    assert_eq!(states.get(&id).await.status, 204, "it never had one");
    assert_eq!(states.write(&id, &writer, None, state(1, &[])).await.status, 409, "without a lock");
    assert_eq!(states.lock(&id, &looker.id, info("a").as_bytes()).status, 200);
    assert_eq!(states.write(&id, &looker, Some("a"), state(1, &[])).await.status, 403, "who only looks");
    assert_eq!(states.lock(&id, &writer.id, info("b").as_bytes()).status, 423);
    assert_eq!(states.unlock(&id, &writer.id, info("a").as_bytes()).status, 423, "somebody else's lock");
    states.release(&looker.id);
    assert_eq!(states.lock(&id, &writer.id, info("b").as_bytes()).status, 200);
    assert_eq!(states.write(&id, &writer, Some("x"), state(1, &[])).await.status, 409, "another lock");
    assert_eq!(states.write(&id, &writer, Some("b"), b"no state".to_vec()).await.status, 400);
    assert_eq!(states.write(&id, &writer, Some("b"), state(5, &[])).await.status, 200);
    assert_eq!(states.write(&id, &writer, Some("b"), state(4, &[])).await.status, 409, "an older one");
    assert_eq!(
        states.write(&id, &writer, Some("b"), state(5, &[1])).await.status,
        409,
        "another of its serial"
    );
    let other = String::from_utf8(state(6, &[])).expect("text").replace("one", "two").into_bytes();
    assert_eq!(states.write(&id, &writer, Some("b"), other).await.status, 403, "another lineage");
    assert!(states.adopt(&id, &PersonId::new("ana"), state(9, &[])).await.is_err(), "it has one");
    // A state that cannot be read is never said to be none.
    for file in std::fs::read_dir(folder.join("blobs")).expect("a folder").flatten() {
        std::fs::write(file.path(), b"damaged").expect("written");
    }
    assert_eq!(states.get(&id).await.status, 403);
    let _ = std::fs::remove_dir_all(folder);
}
