//! Homes, people, sessions, tickets.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signer as _, SigningKey};

use interlock_action::{
    Action, ActionId, Digest, Facts, Forecast, Operation, PersonId, SessionId, Surface, TicketId,
};
use interlock_approval::{
    Approval, EnrolledKey, Held as HeldAction, KeyStep, Launch, Message, Person, Quorum, Slot, Ticket,
};
use interlock_flow::{
    Agent, Event, Freeze, FreezeScope, Guard, Journal, JournalError, Lease, PermitNote, Receipt, Record,
    Session,
};
use interlock_ledger::{Entry, EntryKind, Held, Verified, Witnesses};
use interlock_policy::AgentClass;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{Home, Options, Store, Witnessed, verify_folder};

pub(super) const NOW: u64 = 1_760_000_000_000;

/// A folder that goes when its owner does.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("interlock-store-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
    pub(super) fn home(&self) -> Home {
        let root = self.0.join("home");
        if root.exists() { Home::open(&root).unwrap() } else { Home::create(&root).unwrap() }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(super) fn open(home: &Home) -> Store {
    Store::open(home, &Options::default()).unwrap()
}

pub(super) fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

pub(super) fn commit(store: &Store, record: Record) -> Result<Receipt, JournalError> {
    wait(store.commit(record))
}

pub(super) fn session() -> Session {
    Session {
        id: "s-1".into(),
        agent: Agent { name: "coder".into(), owner: "ana".into(), class: AgentClass::Builder },
        launch: Launch::of("ana"),
        task: "tidy up".to_owned(),
        lease: Lease {
            scope: vec![],
            secrets: vec![],
            folders: Vec::new(),
            until: NOW + 1_000_000,
            revoked: false,
            part: None,
        },
        advisory: false,
        observed: false,
        observers: Vec::new(),
        keys: vec!["AKIA1".to_owned()],
        opened: NOW,
    }
}

pub(super) fn open_session() -> Record {
    let entry = Entry::new(EntryKind::SessionOpened, NOW).public("session", "s-1").private("task", "tidy up");
    Record { entry, events: vec![Event::Session { session: session() }], guards: vec![] }
}

pub(super) fn action(arguments: Value) -> Action {
    Action {
        surface: Surface::Aws,
        operation: Operation::aws("rds", "DeleteDBInstance"),
        account: None,
        region: None,
        claims: vec![],
        targets: vec![],
        arguments,
        secrets: vec![],
        tokens: vec![],
        writes: vec![],
        writes_on: Default::default(),
        unknowns: vec![],
        content: interlock_action::Content::Judged,
        stated_reason: None,
    }
}

pub(super) fn ticket(id: &str) -> Ticket {
    let held = HeldAction {
        agent: "coder".into(),
        owner: "ana".into(),
        launch: Launch::of("ana"),
        task: "tidy up".to_owned(),
        action: action(json!({"DBInstanceIdentifier": id, "big": 9_007_199_254_740_993_u64})),
        action_digest: Digest::of(id.as_bytes()),
        facts: Facts::default(),
        forecast: Forecast::assumed("nobody looked"),
        fingerprint: Value::Null,
        bundle: Digest::of(b"bundle"),
        tier: "T3".to_owned(),
        needs: vec![],
        reasons: vec![],
        nonce: "n".to_owned(),
        opened: NOW,
        expires: NOW + 1_000_000,
    };
    let slots = vec![Slot { role: None }];
    let quorum = Quorum { slots, others: 1, independent: 1, step: KeyStep::OpenSsh, delay: None };
    Ticket::open(TicketId::new(id), held, quorum, SessionId::new("s-1"), false).unwrap()
}

pub(super) fn open_ticket(id: &str) -> Record {
    let entry =
        Entry::new(EntryKind::Held, NOW).public("ticket", id).public("session", "s-1").private("why", "data");
    Record { entry, events: vec![Event::TicketOpened { ticket: Box::new(ticket(id)) }], guards: vec![] }
}

pub(super) fn approve(id: &str) -> Record {
    let approval = Approval {
        person: PersonId::new("bo"),
        roles: vec![],
        fingerprint: "SHA256:x".to_owned(),
        step: KeyStep::OpenSsh,
        reason: "fine".to_owned(),
        signature: "sig".to_owned(),
        at: NOW,
        glass: None,
        within: None,
    };
    let message = Box::new(Message::Approve { approval, complete: true });
    let entry = Entry::new(EntryKind::Approved, NOW).public("ticket", id);
    // What is approved is spent by nobody whose key is not enrolled.
    let key = EnrolledKey {
        public_key: "ssh-ed25519 x".to_owned(),
        fingerprint: "SHA256:x".to_owned(),
        step: KeyStep::OpenSsh,
        enrolled: 0,
        counts_from: 0,
        counter: 0,
        suspended: BTreeSet::new(),
    };
    let person = Person { name: "bo".into(), keys: vec![key], roles: vec![] };
    let guards = vec![Guard::Step(id.into(), message, NOW)];
    Record { entry, events: vec![Event::Person { person }], guards }
}

/// What flow writes before it lets a mutation out.
pub(super) fn consume(id: &str, by: &str, epoch: u64) -> Record {
    let entry = Entry::new(EntryKind::Allowed, NOW)
        .public("action", by)
        .public("session", "s-1")
        .public("ticket", id)
        .private("arguments", json!({"DBInstanceIdentifier": id}));
    let message = Box::new(Message::Consume { by: ActionId::new(by) });
    let guards = vec![
        Guard::SessionLive("s-1".into(), NOW),
        Guard::Epoch(epoch),
        Guard::Step(id.into(), message, NOW),
    ];
    Record { entry, events: vec![permit(by, Some(id))], guards }
}

pub(super) fn permit(action: &str, ticket: Option<&str>) -> Event {
    let permit = PermitNote {
        action: action.into(),
        session: "s-1".into(),
        operation: "aws:rds:DeleteDBInstance".to_owned(),
        digest: Digest::of(action.as_bytes()),
        ticket: ticket.map(TicketId::from),
        at: NOW,
        if_unknown: vec![Event::GuardRemoved {
            target: "db-1".into(),
            what: "deletion protection is taken off".to_owned(),
            action: action.into(),
            agent: "claude".into(),
            at: NOW,
        }],
    };
    Event::PermitOpened { permit }
}

pub(super) fn outcome(action: &str) -> Record {
    let entry = Entry::new(EntryKind::Outcome, NOW).public("action", action).public("session", "s-1");
    Record { entry, events: vec![Event::PermitClosed { action: action.into() }], guards: vec![] }
}

pub(super) fn freeze() -> Record {
    let freeze =
        Freeze { scope: FreezeScope::Fleet, by: "bo".to_owned(), reason: "look".to_owned(), since: NOW };
    Record {
        entry: Entry::new(EntryKind::Frozen, NOW),
        events: vec![Event::Frozen { freeze }],
        guards: vec![],
    }
}

pub(super) fn unfreeze() -> Record {
    let events = vec![Event::Unfrozen { scope: FreezeScope::Fleet }];
    Record { entry: Entry::new(EntryKind::Unfrozen, NOW), events, guards: vec![] }
}

pub(super) fn read(operation: &str) -> Record {
    Record::only(Entry::new(EntryKind::Read, NOW).public("operation", operation).public("session", "s-1"))
}

/// Verifies an exported folder that must be right.
#[track_caller]
pub(super) fn verify(out: &Path, home: &Home, held: &[Held]) -> Verified {
    verify_folder(out, &home.verifier(), &Witnesses::default(), held).unwrap().verified
}

/// A witness's signing key, and its verifier key as text.
pub(super) fn witness(seed: u8) -> (SigningKey, String) {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let (name, material) =
        (format!("witness.example/{seed}"), [&[4_u8][..], key.verifying_key().as_bytes()].concat());
    let id = Sha256::digest([name.as_bytes(), b"\n", &material].concat());
    (key, format!("{name}+{}+{}", hex::encode(&id[..4]), STANDARD.encode(material)))
}

/// What that witness writes under a checkpoint.
pub(super) fn cosign(seed: u8, note: &str, time: u64) -> String {
    let (key, vkey) = witness(seed);
    let (text, _) = note.split_once("\n\n").unwrap();
    let signature = key.sign(format!("cosignature/v1\ntime {time}\n{text}\n").as_bytes()).to_bytes();
    let mut parts = vkey.split('+');
    let (name, id) = (parts.next().unwrap(), hex::decode(parts.next().unwrap()).unwrap());
    format!(
        "\u{2014} {name} {}\n",
        STANDARD.encode([id.as_slice(), &time.to_be_bytes(), &signature].concat())
    )
}

/// Options with these witnesses, who are waited for only as long as it takes to ask.
pub(super) fn witnessed(seeds: &[u8], quorum: usize) -> Options {
    let keys = seeds.iter().map(|seed| witness(*seed).1.parse().unwrap()).collect();
    let witnesses = Witnesses::new(keys, quorum).unwrap();
    Options { witnessed: Witnessed { witnesses, wait: Duration::from_millis(50) }, ..Options::default() }
}

/// Everything the memory holds, in one comparable text.
pub(super) fn told(store: &Store) -> String {
    told_of(&store.memory().read().unwrap())
}

pub(super) fn told_of(memory: &interlock_flow::Memory) -> String {
    let mut lines = vec![
        format!("{:?}", memory.people),
        format!("{:?}", memory.tickets),
        format!("{:?}", memory.freezes),
        format!("{:?}", memory.epoch),
    ];
    let mut unordered: Vec<String> = memory.sessions.iter().map(|entry| format!("{entry:?}")).collect();
    unordered.extend(memory.keys.iter().map(|entry| format!("{entry:?}")));
    unordered.extend(memory.open_permits.iter().map(|entry| format!("{entry:?}")));
    unordered.extend(memory.changes.iter().map(|entry| format!("{entry:?}")));
    unordered.extend(memory.unsettled.iter().map(|entry| format!("{entry:?}")));
    unordered.extend(memory.tickets_of.iter().map(|entry| format!("{entry:?}")));
    unordered.sort();
    lines.extend(unordered);
    lines.join("\n")
}
