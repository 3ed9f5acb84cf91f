//! The real daemon killed at every named point of the road: no acknowledged entry lost, no permit spent twice, open
//! calls said to be unknown, and the log verifies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use interlock_tests::{Emulator, Home, Output};

const RULES: &str = r#"
[[environment]]
name = "production"
match = { name = "prod-*" }
[[environment]]
name = "development"
match = { account = "123456789012" }
"#;

const STOP: [&str; 4] = ["rds", "stop-db-instance", "--db-instance-identifier", "prod-school"];

fn school(emulator: &Emulator) {
    emulator.hands(
        "client('rds').create_db_instance(DBInstanceIdentifier='prod-school', DBInstanceClass='db.t3.micro', \
         Engine='postgres', AllocatedStorage=20, MasterUsername='root', MasterUserPassword='secret99')",
    );
}

fn status(emulator: &Emulator) -> String {
    emulator.hands("print(client('rds').describe_db_instances()['DBInstances'][0]['DBInstanceStatus'])")
}

fn kinds(home: &Home, kind: &str) -> usize {
    home.cli(&["--json", "ledger", "ls", "--kind", kind, "--limit", "1000"])
        .ok()
        .json()
        .as_array()
        .unwrap()
        .len()
}

/// Kills the daemon at a point on the way of an approved call, starts it again, and tries the call once more.
/// Returns whether the call ran before the kill, and how the second try went.
fn killed_at(point: &str) -> (bool, Output) {
    let emulator = Emulator::start();
    school(&emulator);
    let (home, daemon) = Home::new(&emulator, &["ana", "bo", "cy"], RULES);
    let ticket = home.aws(&STOP).ticket();
    home.approve("bo", &ticket).ok();
    let before = home.verify()["entries"].as_u64().unwrap();
    drop(daemon);

    // The canary of a read or two must not trip the point: only mutations pass it, but for the ones that reads share.
    let mut dying = home.serve(&[("INTERLOCK_FAULT", &format!("{point}:kill"))]);
    let lost = home.run(&aws(&STOP));
    assert_ne!(lost.code, 0, "{point}: the daemon was to die under the call: {lost:?}");
    assert!(!dying.ended().success());
    let ran = status(&emulator) == "stopped";

    let _daemon = home.serve(&[]);
    let after = home.verify();
    assert!(after["entries"].as_u64().unwrap() > before, "{point}: acknowledged entries are lost");
    let again = home.aws(&STOP);
    home.verify();
    let unknown = kinds(&home, "outcome-unknown");
    let allowed = kinds(&home, "allowed");
    let outcomes = kinds(&home, "outcome");
    eprintln!(
        "{point}: ran before the kill {ran}; allowed {allowed}, unknown {unknown}, outcomes {outcomes}; again {}",
        again.code
    );
    if again.code == 0 {
        assert!(!ran, "{point}: the approved call ran twice");
    }
    if point != "before-permit" && point != "before-append" && point != "after-append-before-commit" {
        assert_eq!(
            unknown + usize::from(again.code == 0) + usize::from(point == "after-outcome-before-reply"),
            1,
            "{point}"
        );
    }
    (ran, again)
}

fn aws<'a>(arguments: &'a [&'a str]) -> Vec<&'a str> {
    // One try only: what the client repeats by itself is another test's business.
    let mut all = vec!["env", "AWS_MAX_ATTEMPTS=1", "aws"];
    all.extend(arguments);
    all
}

#[test]
fn before_the_permit_nothing_ran_and_the_approval_still_stands() {
    let (ran, again) = killed_at("before-permit");
    assert!(!ran);
    again.ok();
}

#[test]
fn between_permit_and_sending_nothing_ran_and_nobody_pretends_to_know() {
    let (ran, again) = killed_at("after-permit-before-send");
    assert!(!ran);
    assert_ne!(again.code, 0, "the approval was spent; whether it ran is for a person to look at");
}

#[test]
fn between_answer_and_outcome_it_ran_and_is_not_run_again() {
    let (ran, again) = killed_at("after-answer-before-outcome");
    assert!(ran);
    assert_ne!(again.code, 0);
}

#[test]
fn between_outcome_and_reply_it_ran_and_is_not_run_again() {
    let (ran, again) = killed_at("after-outcome-before-reply");
    assert!(ran);
    assert_ne!(again.code, 0);
}

#[test]
fn a_decision_that_was_not_written_was_not_taken() {
    let emulator = Emulator::start();
    school(&emulator);
    let (home, daemon) = Home::new(&emulator, &["ana", "bo", "cy"], RULES);
    let ticket = home.aws(&STOP).ticket();
    drop(daemon);
    let mut dying = home.serve(&[("INTERLOCK_FAULT", "before-decision:kill")]);
    assert_ne!(home.approve("bo", &ticket).code, 0);
    assert!(!dying.ended().success());
    let _daemon = home.serve(&[]);
    assert_ne!(home.aws(&STOP).code, 0, "the approval was never durable");
    home.approve("bo", &ticket).ok();
    home.aws(&STOP).ok();
    home.verify();
}

#[test]
fn a_recovery_point_that_was_not_written_down_is_made_or_found_again() {
    let emulator = Emulator::start();
    emulator.hands(
        "client('dynamodb').create_table(TableName='prod-grades', BillingMode='PAY_PER_REQUEST', \
         KeySchema=[{'AttributeName': 'id', 'KeyType': 'HASH'}], \
         AttributeDefinitions=[{'AttributeName': 'id', 'AttributeType': 'S'}])\n\
         client('dynamodb').put_item(TableName='prod-grades', Item={'id': {'S': 'a'}})",
    );
    let (home, daemon) = Home::new(&emulator, &["ana", "bo", "cy"], RULES);
    let wipe = ["dynamodb", "delete-table", "--table-name", "prod-grades"];
    let ticket = home.aws(&wipe).ticket();
    home.approve("bo", &ticket).ok();
    home.approve("cy", &ticket).ok();
    drop(daemon);
    let mut dying = home.serve(&[("INTERLOCK_FAULT", "after-securing-before-entry:kill")]);
    assert_ne!(home.run(&aws(&wipe)).code, 0);
    assert!(!dying.ended().success());
    let tables = || emulator.hands("print(client('dynamodb').list_tables()['TableNames'])");
    assert_eq!(tables(), "['prod-grades']", "nothing is destroyed before its recovery point is written down");
    let _daemon = home.serve(&[]);
    home.aws(&wipe).ok();
    assert_eq!(tables(), "[]");
    let backups = "print(len(client('dynamodb').list_backups()['BackupSummaries']) > 0)";
    assert_eq!(emulator.hands(backups), "True");
    home.verify();
}

/// A daemon whose disk fails at a point: it ends, or it refuses from there on. Returns whether a call was let through.
fn disk_fails(home: &Home, emulator: &Emulator, plan: &str, nth: usize) -> bool {
    let queues = || emulator.hands("print(len(client('sqs').list_queues().get('QueueUrls', [])))");
    let recorded = || {
        let _daemon = home.serve(&[]);
        (kinds(home, "allowed"), home.verify()["entries"].as_u64().unwrap())
    };
    let (standing, (allowed, entries)) = (queues(), recorded());
    let name = format!("dev-{}-{nth}", plan.replace(':', "-"));
    let make = ["sqs", "create-queue", "--queue-name", &name];
    let Some(daemon) = home.try_serve(&[("INTERLOCK_FAULT", &format!("{plan}:{nth}"))]) else { return false };
    let made = home.run(&aws(&make)).code == 0;
    if !made && plan.ends_with("enospc") {
        assert_ne!(home.run(&aws(&["sqs", "list-queues"])).code, 0, "{plan}:{nth}: reads are refused too");
    }
    drop(daemon);
    let (after, now) = recorded();
    assert!(now >= entries, "{plan}:{nth}: {entries} entries became {now}");
    assert!(queues() == standing || after > allowed, "{plan}:{nth}: it ran and is not in the ledger");
    made
}

#[test]
fn a_torn_write_a_full_disk_and_a_failed_fsync_lose_nothing_that_was_acknowledged() {
    let emulator = Emulator::start();
    let (home, daemon) = Home::new(&emulator, &["ana", "bo", "cy"], RULES);
    drop(daemon);
    for plan in ["after-append-before-commit:torn", "before-append:enospc", "after-commit-before-ack:eio"] {
        let passed: Vec<bool> = (1..=5).map(|nth| disk_fails(&home, &emulator, plan, nth)).collect();
        assert!(passed.contains(&false), "{plan}: never came while it mattered");
    }
    let daemon = home.serve(&[]);
    home.aws(&["sqs", "create-queue", "--queue-name", "dev-after"]).ok();
    drop(daemon);
    home.verify();
}
