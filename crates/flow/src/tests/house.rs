//! A house small enough to hold in one hand: three people, one agent, a clock that the test moves.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use futures_executor::block_on;
use interlock_action::{
    Action, ActionId, Answer, Answers, Bears, Call, Change, Claim, Effect, Facts, Forecast, Kind, Millis,
    Observed, Operation, Preparation, Read, RecoveryPoint, Relation, Reversibility, Sealer, Securing,
    SessionId, Surface, Survey, Target, TargetId, TicketId,
};
use interlock_approval::{Launch, Statement, parse_public_key, sign};
use interlock_ledger::EntryKind;
use interlock_policy::{AgentClass, Bundle};
use serde_json::json;

use crate::{
    Agent, ApproveError, Budget, Clock, Decisive, Entropy, EnvironmentRule, Event, Execute, Foresee, Freeze,
    FreezeScope, Inspect, Inspection, Journal, JournalError, Lease, Memory, Outcome, Permit, Ports, Receipt,
    Record, Road, RoadSettings, Rules, Session, Unwitnessed, Verdict,
};

/// A journal that is only memory, and may be told to fail.
#[derive(Default)]
pub(super) struct Pages {
    memory: RwLock<Memory>,
    pub(super) kinds: Mutex<Vec<EntryKind>>,
    pub(super) last: Mutex<Option<interlock_ledger::Entry>>,
    pub(super) broken: AtomicBool,
    /// Every event, with the action that its entry names.
    events: Mutex<Vec<(String, Event)>>,
    /// What witnesses come to, ask by ask; after the last, and where none are configured, there is nothing to wait for.
    pub(super) witnesses: Mutex<Vec<Result<bool, Unwitnessed>>>,
    /// For which tickets they were asked.
    pub(super) asked: Mutex<Vec<TicketId>>,
}

impl Pages {
    pub(super) fn memory_now(&self) -> std::sync::RwLockReadGuard<'_, Memory> {
        self.memory.read().unwrap()
    }

    pub(super) fn memory_mut(&self) -> std::sync::RwLockWriteGuard<'_, Memory> {
        self.memory.write().unwrap()
    }

    fn write(&self, record: &Record) -> Result<Receipt, JournalError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(JournalError::Unavailable("the disk is full".into()));
        }
        let mut memory = self.memory.write().unwrap();
        let mut moved = Vec::new();
        for guard in &record.guards {
            moved.extend(memory.check(guard).map_err(JournalError::Conflict)?);
        }
        for ticket in moved {
            memory.apply(&Event::TicketMoved { ticket: Box::new(ticket) });
        }
        let names = record.entry.public.get("action").and_then(|name| name.as_str()).unwrap_or_default();
        for event in &record.events {
            memory.apply(event);
            self.events.lock().unwrap().push((names.to_owned(), event.clone()));
        }
        let mut kinds = self.kinds.lock().unwrap();
        kinds.push(record.entry.kind);
        *self.last.lock().unwrap() = Some(record.entry.clone());
        Ok(Receipt { index: kinds.len() as u64 })
    }
}

#[async_trait]
impl Journal for Pages {
    async fn commit(&self, record: Record) -> Result<Receipt, JournalError> {
        self.write(&record)
    }
    fn note(&self, record: Record) -> Result<(), JournalError> {
        self.write(&record).map(|_| ())
    }
    async fn recall(&self, action: &ActionId) -> Result<Vec<Event>, JournalError> {
        let events = self.events.lock().unwrap();
        Ok(events.iter().filter(|(of, _)| of == action.as_str()).map(|(_, event)| event.clone()).collect())
    }
    async fn witnessed(&self, ticket: &TicketId) -> Result<bool, Unwitnessed> {
        self.asked.lock().unwrap().push(ticket.clone());
        self.witnesses.lock().unwrap().pop().unwrap_or(Ok(false))
    }
    async fn witnessed_opening(&self, _session: &SessionId) -> Result<bool, Unwitnessed> {
        self.witnesses.lock().unwrap().pop().unwrap_or(Ok(false))
    }
    async fn witnessed_entry(&self, _receipt: &Receipt) -> Result<(), Unwitnessed> {
        self.witnesses.lock().unwrap().pop().unwrap_or(Ok(false)).map(|_| ())
    }
    fn memory(&self) -> &RwLock<Memory> {
        &self.memory
    }
}

/// A clock and a counter instead of chance.
#[derive(Default)]
pub(super) struct Hand {
    pub(super) now: AtomicU64,
    drawn: AtomicU64,
    /// What happens elsewhere while somebody waits next.
    pub(super) meanwhile: Mutex<Option<Box<dyn Fn() + Send + Sync>>>,
}

#[async_trait]
impl Clock for Hand {
    fn now(&self) -> Millis {
        self.now.load(Ordering::SeqCst)
    }
    async fn pause(&self, millis: Millis) {
        self.now.fetch_add(millis, Ordering::SeqCst);
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(happens) = meanwhile {
            happens();
        }
    }
}

impl Entropy for Hand {
    fn draw(&self) -> [u8; 16] {
        let n = self.drawn.fetch_add(1, Ordering::SeqCst);
        (u128::from(n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64 | u128::from(n))
            .to_be_bytes()
    }
}

/// The live state, as a forecaster would find it.
#[derive(Clone)]
pub(super) struct World {
    pub(super) observed: BTreeMap<TargetId, Observed>,
    pub(super) securing: Securing,
    /// What the forecast says is lost.
    pub(super) loss: Vec<String>,
    /// And what it says changes.
    pub(super) changes: Vec<Change>,
    pub(super) reversibility: Reversibility,
    pub(super) fingerprint: serde_json::Value,
    /// What is told of what could be restored.
    pub(super) points: Vec<RecoveryPoint>,
}

pub(super) struct Land {
    pub(super) world: Mutex<World>,
    pub(super) calls: Mutex<Vec<Operation>>,
    pub(super) proof: Mutex<Answer>,
    /// What another writes right after the next call.
    pub(super) meddles: Mutex<Option<serde_json::Value>>,
    /// What happens elsewhere before the next read is answered.
    pub(super) meanwhile: Mutex<Option<Box<dyn Fn() + Send + Sync>>>,
    /// Of each read, whether it had to be made anew.
    pub(super) looks: Mutex<Vec<bool>>,
    /// What has to be made before there is more to read.
    pub(super) preparation: Mutex<Option<Preparation>>,
    /// How Interlock's own calls fail, in order; once none is left they succeed.
    pub(super) failures: Mutex<Vec<Option<&'static str>>>,
    /// The answers that the last forecast was made of.
    pub(super) folded: Mutex<Answers>,
}

#[async_trait]
impl Inspect for Land {
    async fn inspect(&self, inspection: &Inspection, _call: &Call) -> Answer {
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(happens) = meanwhile {
            happens();
        }
        self.looks.lock().unwrap().push(inspection.freshness() != crate::Freshness::Recent);
        self.proof.lock().unwrap().clone()
    }
}

#[async_trait]
impl Execute for Land {
    async fn execute(&self, _permit: &Permit, call: &Call) -> Outcome {
        self.calls.lock().unwrap().push(call.operation.clone());
        // A call that names a status is one that sets it.
        if call.arguments.get("Status").is_some() {
            *self.proof.lock().unwrap() = Answer::Found(call.arguments.clone());
        }
        if let Some(written) = self.meddles.lock().unwrap().take() {
            *self.proof.lock().unwrap() = Answer::Found(written);
        }
        let mut failures = self.failures.lock().unwrap();
        match (!failures.is_empty()).then(|| failures.remove(0)).flatten() {
            Some(code) => Outcome::Failed { status: 400, code: code.to_owned() },
            None => Outcome::Succeeded { status: 200 },
        }
    }
}

impl Foresee for Land {
    fn reads(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let call = Call {
            surface: Surface::Aws,
            operation: Operation::aws("rds", "DescribeDBInstances"),
            account: action.account.clone(),
            region: action.region.clone(),
            arguments: json!({}),
        };
        vec![Read { key: "all".to_owned(), call }]
    }
    fn prepares(&self, _action: &Action, _so_far: &Answers) -> Option<Preparation> {
        self.preparation.lock().unwrap().clone()
    }
    fn fold(&self, _action: &Action, answers: &Answers) -> Survey {
        self.folded.lock().unwrap().clone_from(answers);
        let world = self.world.lock().unwrap().clone();
        let mut forecast = Forecast::assumed("a test");
        forecast.reversibility = world.reversibility;
        forecast.points = world.points;
        forecast.data_loss = world.loss;
        forecast.changes = world.changes;
        Survey {
            forecast,
            facts: Facts::default(),
            observed: world.observed,
            discovered: Vec::new(),
            writes: Vec::new(),
            rewrite: None,
            securing: world.securing,
            fingerprint: world.fingerprint,
            instead: None,
            told: Vec::new(),
        }
    }
}

pub(super) struct House {
    pub(super) road: Road,
    pub(super) pages: Arc<Pages>,
    pub(super) hand: Arc<Hand>,
    pub(super) land: Arc<Land>,
    keys: BTreeMap<String, String>,
}

pub(super) const SESSION: &str = "ses-1";

impl House {
    /// With these people enrolled; the first owns the agent and launched the session.
    pub(super) fn of(people: &[&str]) -> Self {
        Self::with(people, &[json!({"name": "development", "match": {"name": "dev-*"}})], false)
    }

    pub(super) fn with(people: &[&str], rules: &[serde_json::Value], observe: bool) -> Self {
        Self::judged_by(Bundle::shipped(), people, rules, observe)
    }

    /// The same, judged by another bundle.
    pub(super) fn judged_by(
        bundle: Bundle,
        people: &[&str],
        rules: &[serde_json::Value],
        observe: bool,
    ) -> Self {
        let rules: Vec<EnvironmentRule> =
            rules.iter().map(|rule| serde_json::from_value(rule.clone()).unwrap()).collect();
        let pages = Arc::new(Pages::default());
        let hand = Arc::new(Hand { now: AtomicU64::new(1_000_000), ..Hand::default() });
        let world = World {
            observed: BTreeMap::new(),
            securing: Securing::Exists,
            loss: Vec::new(),
            changes: Vec::new(),
            reversibility: Reversibility::None,
            fingerprint: json!({"version": 1}),
            points: Vec::new(),
        };
        let land = Arc::new(Land {
            world: Mutex::new(world),
            calls: Mutex::default(),
            proof: Mutex::new(Answer::Found(json!({"Status": "AVAILABLE"}))),
            meddles: Mutex::default(),
            meanwhile: Mutex::default(),
            looks: Mutex::default(),
            preparation: Mutex::default(),
            failures: Mutex::default(),
            folded: Mutex::default(),
        });
        let ports = Ports {
            journal: Arc::clone(&pages) as _,
            clock: Arc::clone(&hand) as _,
            entropy: Arc::clone(&hand) as _,
            surfaces: BTreeMap::from([(
                Surface::Aws,
                (
                    Arc::clone(&land) as Arc<dyn Inspect>,
                    Arc::clone(&land) as Arc<dyn Execute>,
                    Arc::clone(&land) as Arc<dyn Foresee>,
                ),
            )]),
        };
        let settings = RoadSettings {
            site: None,
            least: crate::Least::default(),
            roles: crate::Roles::default(),
            rules: Rules::new(&rules).unwrap(),
            budget: Budget::default(),
            principals: Vec::new(),
            sealer: Sealer::new([3; 32]),
            read_only_classes: Vec::new(),
            ticket_lifetime: 3_600_000,
            proven_within: 86_400_000,
            grace: 86_400_000,
            solo_delay: 600_000,
            rehearsed: Vec::new(),
            observe,
            reads_before: false,
            reads_without_ledger: false,
        };
        let mut house =
            Self { road: Road::new(ports, settings, bundle), pages, hand, land, keys: BTreeMap::new() };
        for (at, name) in people.iter().enumerate() {
            house.enrol(name, u8::try_from(at).unwrap() + 1);
        }
        house.session(SESSION, people[0]);
        house
    }

    pub(super) fn enrol(&mut self, name: &str, seed: u8) {
        let key = ssh_key::PrivateKey::from(ssh_key::private::Ed25519Keypair::from_seed(&[seed; 32]));
        let public = key.public_key().to_openssh().unwrap();
        let person = interlock_approval::Person {
            name: name.into(),
            keys: vec![parse_public_key(&public, 0, 0).unwrap()],
            roles: Vec::new(),
        };
        self.keys.insert(name.to_owned(), key.to_openssh(ssh_key::LineEnding::LF).unwrap().to_string());
        self.happens(Event::Person { person });
    }

    pub(super) fn session(&self, id: &str, owner: &str) {
        let session = Session {
            id: id.into(),
            agent: Agent { name: "claude".into(), owner: owner.into(), class: AgentClass::Builder },
            launch: Launch::of(owner),
            task: "tidy up".into(),
            lease: Lease {
                scope: Vec::new(),
                secrets: Vec::new(),
                folders: Vec::new(),
                until: u64::MAX,
                revoked: false,
                part: None,
            },
            advisory: false,
            observed: false,
            observers: Vec::new(),
            keys: Vec::new(),
            opened: 0,
        };
        self.happens(Event::Session { session });
    }

    /// The session goes on, opened once more by this person; by nobody knows whom.
    pub(super) fn resumed(&self, person: Option<&str>) {
        let launch = person.map_or_else(Launch::unproved, Launch::of);
        let session = self.road.memory().sessions[&SessionId::new(SESSION)].clone();
        self.happens(Event::Session { session: Session { launch, ..session } });
    }

    /// The session goes on outside the sandbox.
    pub(super) fn unconfined(&self) {
        let session = self.road.memory().sessions[&SessionId::new(SESSION)].clone();
        self.happens(Event::Session { session: Session { advisory: true, ..session } });
    }

    /// The session is observed from now on, or is not any more.
    pub(super) fn observed(&self, observed: bool) {
        let session = self.road.memory().sessions[&SessionId::new(SESSION)].clone();
        self.happens(Event::Session { session: Session { observed, ..session } });
    }

    /// The last entry that was written.
    pub(super) fn last(&self) -> interlock_ledger::Entry {
        self.pages.last.lock().unwrap().clone().unwrap()
    }

    /// The session's task is about these things only.
    pub(super) fn scoped(&self, scope: &[&str]) {
        let mut memory = self.pages.memory.write().unwrap();
        memory.sessions.get_mut(&SessionId::new(SESSION)).unwrap().lease.scope =
            scope.iter().map(|pattern| (*pattern).to_owned()).collect();
    }

    /// The session is another one: launched so, and not otherwise.
    pub(super) fn launched(&self, launch: Launch) {
        self.launched_in(SESSION, launch);
    }

    /// The same of another session.
    pub(super) fn launched_in(&self, session: &str, launch: Launch) {
        let mut memory = self.pages.memory.write().unwrap();
        memory.sessions.get_mut(&SessionId::new(session)).unwrap().launch = launch;
    }

    pub(super) fn happens(&self, event: Event) {
        self.pages.memory.write().unwrap().apply(&event);
    }

    pub(super) fn admit(&self, action: &Action) -> Verdict {
        self.admit_in(SESSION, action)
    }

    pub(super) fn admit_in(&self, session: &str, action: &Action) -> Verdict {
        block_on(self.road.admit(&SessionId::new(session), vec![Arc::new(action.clone())]))
    }

    /// Runs it if it may, and says whether it ran.
    pub(super) fn runs(&self, action: &Action) -> bool {
        match self.admit(action) {
            Verdict::Allowed(permit) => {
                block_on(permit.complete(Outcome::Succeeded { status: 200 }, Vec::new())).unwrap();
                true
            }
            _ => false,
        }
    }

    pub(super) fn ticket(&self, action: &Action) -> TicketId {
        match self.admit(action) {
            Verdict::Held(held) => held.ticket,
            Verdict::Allowed(_) => panic!("{} was let through", action.operation),
            Verdict::Refused(refused) => panic!("{}", refused.message()),
            Verdict::Unbound => panic!("{} streams", action.operation),
        }
    }

    pub(super) fn says(
        &self,
        person: &str,
        decision: Decisive,
        ticket: &TicketId,
    ) -> Result<(), ApproveError> {
        let (digest, nonce) = {
            let memory = self.pages.memory.read().unwrap();
            let ticket = &memory.tickets[ticket];
            (ticket.digest, ticket.held.nonce.clone())
        };
        let person = person.into();
        let statement = Statement::on_ticket(decision.verb(), ticket, digest, &person, "seen", &nonce);
        let signature = sign(&statement, &self.keys[person.as_str()], None).unwrap();
        block_on(self.road.decide_ticket(ticket, decision, &person, "seen", &signature)).map(|_| ())
    }

    pub(super) fn freeze(&self, scope: FreezeScope) {
        let freeze = Freeze { scope, by: "ana".into(), reason: "incident".into(), since: 0 };
        self.happens(Event::Frozen { freeze });
    }

    /// What is done here can be taken back so.
    pub(super) fn undone_by(&mut self, undo: impl crate::Undo + 'static) {
        self.road.undo.insert(Surface::Aws, Arc::new(undo));
    }

    /// What recovery points are, here.
    pub(super) fn kept_by(&mut self, keep: impl crate::Keep + 'static) {
        self.road.custody.keep.insert(Surface::Aws, Arc::new(keep));
    }

    /// The number of entries of a kind.
    pub(super) fn entries(&self, kind: EntryKind) -> usize {
        self.pages.kinds.lock().unwrap().iter().filter(|have| **have == kind).count()
    }
}

pub(super) fn database(name: &str) -> Target {
    Target {
        id: format!("arn:aws:rds:us-east-1:111122223333:db:{name}").into(),
        kind: Kind::Database,
        name: Some(name.to_owned()),
        account: Some("111122223333".into()),
        region: Some("us-east-1".to_owned()),
        relation: Relation::Acts,
        data: Bears::Yes,
        environment: None,
    }
}

pub(super) fn action(operation: &str, effect: Effect, target: Target) -> Action {
    Action {
        surface: Surface::Aws,
        operation: Operation::aws("rds", operation),
        account: Some("111122223333".into()),
        region: Some("us-east-1".to_owned()),
        claims: vec![Claim::plain(effect, format!("{operation} happens"))],
        arguments: json!({"DBInstanceIdentifier": target.name, "Token": "t-1"}),
        targets: vec![target],
        secrets: Vec::new(),
        tokens: vec!["/Token".to_owned()],
        writes: Vec::new(),
        writes_on: Default::default(),
        unknowns: Vec::new(),
        content: interlock_action::Content::Judged,
        stated_reason: None,
    }
}

pub(super) fn delete(name: &str) -> Action {
    action("DeleteDBInstance", Effect::Destroy, database(name))
}
