//! The road alone, in this process: bytes read, situated, decided, and made durable; nothing is sent.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use interlock_action::{Action, Answer, Answers, Call, Millis, Read, Surface, Survey};
use interlock_flow::{
    Agent, Budget, Clock, Entropy, EnvironmentRule, Event, Execute, Foresee, Inspect, Inspection,
    Journal as _, Lease, Outcome, Permit, Ports, Record, Road, RoadSettings, Rules, Session, Verdict,
};
use interlock_gateway_aws::AwsForesee;
use interlock_policy::{AgentClass, Bundle};
use interlock_reader_aws::wire::{Body, Request, Scope};
use interlock_store::{Home, Options, Store};

use crate::{
    client::{Kind, MUTATION, READ},
    stats::Times,
};

struct Edge;

#[async_trait]
impl Clock for Edge {
    fn now(&self) -> Millis {
        u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
    }
    async fn pause(&self, millis: Millis) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

impl Entropy for Edge {
    fn draw(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).unwrap();
        bytes
    }
}

/// Live reads that are answered from a cache: their network is not what is measured here.
struct Cached;

#[async_trait]
impl Inspect for Cached {
    async fn inspect(&self, _inspection: &Inspection, _call: &Call) -> Answer {
        Answer::NotFound
    }
}

#[async_trait]
impl Execute for Cached {
    async fn execute(&self, _permit: &Permit, _call: &Call) -> Outcome {
        Outcome::NotExecuted { why: "nothing is sent here".to_owned() }
    }
}

struct Kinds(AwsForesee);

impl Foresee for Kinds {
    fn reads(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        self.0.reads(action, so_far)
    }
    fn fold(&self, action: &Action, answers: &Answers) -> Survey {
        self.0.fold(action, answers)
    }
}

async fn road(folder: &Path) -> (Arc<Road>, Arc<Store>) {
    let home = Home::create(folder).unwrap();
    let store = Arc::new(Store::open(&home, &Options::default()).unwrap());
    let rule = serde_json::json!({"name": "development", "match": {"account": "123456789012"}});
    let rules: Vec<EnvironmentRule> = vec![serde_json::from_value(rule).unwrap()];
    let surface = (
        Arc::new(Cached) as Arc<dyn Inspect>,
        Arc::new(Cached) as Arc<dyn Execute>,
        Arc::new(Kinds(AwsForesee::default())) as Arc<dyn Foresee>,
    );
    let ports = Ports {
        journal: Arc::clone(&store) as _,
        clock: Arc::new(Edge),
        entropy: Arc::new(Edge),
        surfaces: BTreeMap::from([(Surface::Aws, surface)]),
    };
    let settings = RoadSettings {
        site: None,
        least: interlock_flow::Least::default(),
        roles: interlock_flow::Roles::default(),
        rules: Rules::new(&rules).unwrap(),
        budget: Budget::default(),
        principals: Vec::new(),
        sealer: home.keys().sealer.clone(),
        read_only_classes: Vec::new(),
        ticket_lifetime: 3_600_000,
        proven_within: 0,
        grace: 0,
        solo_delay: 600_000,
        rehearsed: Vec::new(),
        observe: false,
        reads_before: false,
        reads_without_ledger: false,
    };
    let session = Session {
        id: "ses-bench".into(),
        agent: Agent { name: "bench".into(), owner: "ana".into(), class: AgentClass::Builder },
        launch: interlock_approval::Launch::of("ana"),
        task: "bench".to_owned(),
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
    let entry = interlock_ledger::Entry::new(interlock_ledger::EntryKind::SessionOpened, 0);
    store
        .commit(Record { entry, events: vec![Event::Session { session }], guards: Vec::new() })
        .await
        .unwrap();
    (Arc::new(Road::new(ports, settings, Bundle::shipped())), store)
}

fn read(kind: Kind) -> Arc<Action> {
    let request = Request {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        query: String::new(),
        headers: vec![
            ("host".to_owned(), format!("{}.us-east-1.amazonaws.com", kind.service)),
            ("content-type".to_owned(), "application/x-amz-json-1.0".to_owned()),
            ("x-amz-target".to_owned(), kind.target.to_owned()),
        ],
        body: Body::Bytes(kind.body.as_bytes().to_vec()),
    };
    let scope = Scope { region: "us-east-1".to_owned(), service: kind.service.to_owned() };
    let reading = interlock_reader_aws::read(&request, Some(&scope), Some("123456789012")).unwrap();
    Arc::new(reading.candidates.into_iter().next().unwrap().action)
}

async fn decide(road: &Road, kind: Kind) {
    match road.admit(&"ses-bench".into(), vec![read(kind)]).await {
        Verdict::Allowed(permit) => {
            permit.complete(Outcome::Succeeded { status: 200 }, Vec::new()).await.unwrap()
        }
        Verdict::Held(held) => panic!("{}", held.message()),
        Verdict::Refused(refused) => panic!("{}", refused.message()),
        Verdict::Unbound => panic!("it streams"),
    }
}

/// CPU of one thread that reads, situates (cached) and decides; noting included, waiting excluded.
pub(crate) fn cpu() {
    let scratch = interlock_tests::Scratch::new("cpu");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (road, _store) = road(&scratch.path().join("home")).await;
        let mut times = Times::default();
        for n in 0..60_000_u32 {
            let started = Instant::now();
            decide(&road, READ).await;
            if n >= 10_000 {
                times.push(started.elapsed());
            }
            // The writer's queue is bounded: let it drain, outside of what is measured.
            if n % 4_000 == 0 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        println!(
            "\n| read + situate (cached) + decide + note, in process | p50 {:.1} µs | p99 {:.1} µs |",
            times.at(0.5),
            times.at(0.99)
        );
    });
}

/// Durable mutation decisions a second: each is an entry with a signed checkpoint over it before anything may be sent,
/// and another for its outcome.
pub(crate) fn durable(scratch: &Path) {
    println!("\n| clients | durable decisions/s | p50 ms | p99 ms | entries | commits (fsync) |");
    println!("|---|---|---|---|---|---|");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for clients in [1, 64, 256] {
        runtime.block_on(async {
            let folder = scratch.join(format!("durable-{clients}"));
            let (road, store) = road(&folder).await;
            let until = Instant::now() + Duration::from_secs(5);
            let started = Instant::now();
            let tasks: Vec<_> = (0..clients)
                .map(|_| {
                    let road = Arc::clone(&road);
                    tokio::spawn(async move {
                        let mut times = Times::default();
                        let mut count = 0_u64;
                        while Instant::now() < until {
                            let began = Instant::now();
                            match road.admit(&"ses-bench".into(), vec![read(MUTATION)]).await {
                                Verdict::Allowed(permit) => {
                                    times.push(began.elapsed());
                                    count += 1;
                                    permit
                                        .complete(Outcome::Succeeded { status: 200 }, Vec::new())
                                        .await
                                        .unwrap();
                                }
                                Verdict::Held(held) => panic!("{}", held.message()),
                                Verdict::Refused(refused) => panic!("{}", refused.message()),
                                Verdict::Unbound => panic!("it streams"),
                            }
                        }
                        (times, count)
                    })
                })
                .collect();
            let (mut times, mut count) = (Times::default(), 0);
            for task in tasks {
                let (more, counted) = task.await.unwrap();
                times.extend(more);
                count += counted;
            }
            let rate = count as f64 / started.elapsed().as_secs_f64();
            let written = store.reader().verify(&[]).unwrap();
            println!(
                "| {clients} | {rate:.0} | {:.2} | {:.2} | {} | {} |",
                times.at(0.5) / 1e3,
                times.at(0.99) / 1e3,
                written.size,
                written.checkpoints
            );
            if clients == 1 {
                let pragmas: Vec<String> =
                    store.pragmas().iter().map(|(name, value)| format!("{name}={value}")).collect();
                eprintln!("pragmas: {}", pragmas.join(", "));
            }
        });
    }
}
