//! The whole way: real clients, the real road with the shipped policy, moto. Everything named `dev-*` or in the test's
//! account belongs to an environment outside production.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod common;

use std::{collections::BTreeMap, sync::Arc};

use common::{House, Moto, Wall, Way, build};
use interlock_action::{Sealer, Surface};
use interlock_flow::{
    Budget, Entropy, EnvironmentRule, Event, Many, Match, Outcome, Ports, Road, RoadSettings, Rules,
};
use interlock_ledger::EntryKind;
use interlock_policy::Bundle;

struct Dice;

impl Entropy for Dice {
    fn draw(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).unwrap();
        bytes
    }
}

async fn house(name: &str, moto: &Moto) -> House {
    let upstream = format!("http://{}", moto.address);
    let (folder, gateway, notes, pages, key) = build(name, |config| {
        config.upstream = upstream;
        config.account = None;
    });
    let surface = (gateway.inspect(), gateway.execute(), gateway.foresee());
    let ports = Ports {
        journal: pages.clone(),
        clock: Arc::new(Wall),
        entropy: Arc::new(Dice),
        surfaces: BTreeMap::from([(Surface::Aws, surface)]),
    };
    let development = EnvironmentRule {
        name: "development".into(),
        matches: Match {
            account: Some(Many::Any(vec!["123456789012".to_owned(), "210987654321".to_owned()])),
            ..Match::default()
        },
    };
    let settings = RoadSettings {
        site: None,
        least: interlock_flow::Least::default(),
        roles: interlock_flow::Roles::default(),
        rules: Rules::new(&[development]).unwrap(),
        budget: Budget::default(),
        principals: Vec::new(),
        sealer: Sealer::new([1; 32]),
        read_only_classes: Vec::new(),
        ticket_lifetime: 3_600_000,
        proven_within: 0,
        grace: 0,
        solo_delay: 0,
        rehearsed: Vec::new(),
        observe: false,
        reads_before: false,
        reads_without_ledger: false,
    };
    let road = Arc::new(Road::new(ports, settings, Bundle::shipped()));
    let doors = gateway.start(road).await.unwrap();
    House { folder, gateway, doors, notes, pages, key }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_days_work_through_the_proxy() {
    let moto = Moto::start().await;
    let house = house("work-proxy", &moto).await;
    let said = house.python(Way::Proxy, "allowed.py", &[]).await;
    assert!(said.ends_with("ok\n"), "{said}");
    let records = house.pages.records.lock().unwrap();
    let open = &house.pages.memory.read().unwrap().open_permits;
    assert!(open.is_empty(), "every permit was completed: {open:?}");
    // What the service named is remembered as the session's.
    let vpc = said.lines().find_map(|line| line.strip_prefix("vpc ")).unwrap();
    let made = records.iter().flat_map(|record| &record.events).any(|event| {
        matches!(event, Event::Made { target, .. } if target.as_str() == format!("arn:aws:ec2:eu-central-1:123456789012:vpc/{vpc}"))
    });
    assert!(made);
    let outcomes = records.iter().filter(|record| record.entry.kind == EntryKind::Outcome);
    let failed = outcomes
        .filter(|record| {
            record.entry.public.get("outcome").is_some_and(|outcome| outcome["outcome"] == "failed")
        })
        .count();
    assert!(failed >= 1, "what is not there is a failed call");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_days_work_at_the_endpoint() {
    let moto = Moto::start().await;
    let house = house("work-endpoint", &moto).await;
    let said = house.python(Way::Endpoint, "allowed.py", &[]).await;
    assert!(said.ends_with("ok\n"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn issued_credentials_are_virtual() {
    let moto = Moto::start().await;
    let house = house("assume", &moto).await;
    let said = house.python(Way::Proxy, "assume.py", &[]).await;
    assert!(said.ends_with("ok\n"), "{said}");
    let key: Vec<&str> =
        said.lines().find_map(|line| line.strip_prefix("key ")).unwrap().split(' ').collect();
    assert_eq!(house.gateway.virtual_keys().secret(key[0]).reveal(), key[1], "the secret is Interlock's own");
}

/// A direct update of a stack is planned by a change set that is made, read and taken away; what it would remove gets
/// its recovery point first, and an update that cannot be planned is held.
#[tokio::test(flavor = "multi_thread")]
async fn a_stack_update_is_planned_before_it_runs() {
    let moto = Moto::start().await;
    let house = house("stack", &moto).await;
    for name in ["cy", "dee"] {
        house.enrol(name);
    }
    let said = house.python(Way::Proxy, "stack.py", &[]).await;
    assert!(said.ends_with("ok\n"), "{said}");
    assert!(house.pages.memory.read().unwrap().open_permits.is_empty());
    let records = house.pages.records.lock().unwrap();
    let own: Vec<String> = records
        .iter()
        .filter(|record| record.entry.public.get("by").is_some_and(|by| by == "interlock"))
        .map(|record| record.entry.public["operation"].as_str().unwrap().to_owned())
        .collect();
    let plan = ["aws:cloudformation:CreateChangeSet", "aws:cloudformation:DeleteChangeSet"];
    assert_eq!(own[..3], [plan[0], plan[1], "aws:dynamodb:CreateBackup"], "{own:?}");
    let text = format!("{records:?}");
    assert!(!text.contains("hunter2"), "the parameter's value is sealed in every entry");
    let held = records.iter().find(|record| record.entry.kind == EntryKind::Held);
    assert!(held.is_some(), "the update without a plan");
}

/// Whose the real credentials are is nobody until STS has said so, and is asked again when a request comes.
#[tokio::test(flavor = "multi_thread")]
async fn who_interlock_is_is_unknown_until_sts_has_said_so() {
    let (_, silent, ..) = build("unsaid", |config| config.account = None);
    assert!(silent.identity().await.is_none());
    assert_eq!(silent.principals().principals(), None);

    let moto = Moto::start().await;
    let house = house("said", &moto).await;
    let identity = house.gateway.principals();
    assert_eq!(identity.principals(), None, "nobody has asked yet");
    let said = house.python(Way::Proxy, "assume.py", &[]).await;
    assert!(said.ends_with("ok\n"), "{said}");
    let own = identity.principals().unwrap();
    assert!(own[0].starts_with("arn:aws:sts::123456789012:"), "{own:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_upstream_means_not_executed() {
    let moto = Moto::start().await;
    let house = house("gone", &moto).await;
    assert!(house.gateway.identity().await.is_some());
    drop(moto);
    let said = house.python(Way::Proxy, "gone.py", &[]).await;
    assert!(said.ends_with("ok\n"), "{said}");
    let records = house.pages.records.lock().unwrap();
    let outcomes: Vec<_> = records.iter().filter(|record| record.entry.kind == EntryKind::Outcome).collect();
    assert!(!outcomes.is_empty());
    for record in outcomes {
        let outcome: Outcome = serde_json::from_value(record.entry.public["outcome"].clone()).unwrap();
        assert!(matches!(outcome, Outcome::NotExecuted { .. }), "{outcome:?}");
    }
}

/// Chunk signatures, trailers and digests are checked while the bytes pass; a body that fails is never complete.
#[tokio::test(flavor = "multi_thread")]
async fn spoilt_uploads_do_not_arrive() {
    let moto = Moto::start().await;
    let house = house("spoilt", &moto).await;
    let said = house.python(Way::Endpoint, "spoilt.py", &[]).await;
    assert!(said.ends_with("ok\n"), "{said}");
    let records = house.pages.records.lock().unwrap();
    let outcomes = records.iter().filter_map(|record| record.entry.public.get("outcome"));
    let not_executed = outcomes.filter(|outcome| outcome["outcome"] == "not-executed").count();
    assert_eq!(not_executed, 4);
}

#[test]
fn of_two_gateways_a_session_is_known_to_one() {
    use interlock_flow::{May, Part};
    use interlock_gateway_aws::{JournalPort, Sessions as _};
    let pages = Arc::new(common::Pages::default());
    let own = common::session("AKIAOWN");
    let mut plays = common::session("AKIAPLAYS");
    plays.id = "ses-plays".into();
    let may = May::Rehearse { changes: true };
    plays.lease.part = Some(Box::new(Part { of: own.id.clone(), workspace: None, may }));
    for session in [&own, &plays] {
        pages.memory.write().unwrap().apply(&Event::Session { session: session.clone() });
    }
    let port = JournalPort::new(pages.clone(), Arc::new(Wall));
    for (port, known, unknown) in [(port.clone(), &own, &plays), (port.of_rehearsals(), &plays, &own)] {
        let knows = |session: &interlock_flow::Session| {
            [port.of_key(&session.keys[0]).as_ref() == Some(&session.id), port.is_live(&session.id)]
        };
        assert_eq!((knows(known), knows(unknown)), ([true; 2], [false; 2]), "{}", known.id);
    }
}
