//! A freeze stops mutations at once, in its scope and nowhere else, while reads go on; only a person's key lifts it, and
//! no agent can.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod scenario;

use std::sync::atomic::{AtomicBool, Ordering};

use interlock_tests::{Emulator, Home};
use scenario::{Player, Reply};
use serde_json::{Value, json};

const RULES: &str = r#"
[[environment]]
name = "production"
match = { name = "prod-*" }
[[environment]]
name = "staging"
match = { name = "stage-*" }
[[environment]]
name = "development"
match = { account = "123456789012" }
"#;

fn database(name: &str) -> Value {
    json!({"DBInstanceIdentifier": name, "DBInstanceClass": "db.t3.micro", "Engine": "postgres", "AllocatedStorage": 20,
        "MasterUsername": "root", "MasterUserPassword": "secret99"})
}

/// Makes something new of RDS that nobody would hold.
fn make_database(player: &mut Player, name: &str) -> Reply {
    player.call("rds", "CreateDBInstance", &database(name))
}

/// The same of SQS.
fn make_queue(player: &mut Player, name: &str) -> Reply {
    player.call("sqs", "CreateQueue", &json!({ "QueueName": name }))
}

fn looks(player: &mut Player) -> bool {
    player.call("rds", "DescribeDBInstances", &json!({})).ok
        && player.call("sqs", "ListQueues", &json!({})).ok
}

#[track_caller]
fn frozen(reply: &Reply, words: &str) {
    assert_eq!(reply.outcome(), "refused", "{}", reply.words());
    assert!(reply.rules().contains(&"freeze".to_owned()), "{}", reply.words());
    assert!(reply.message.contains(words), "it says why: {}", reply.words());
}

#[track_caller]
fn flows(reply: &Reply) {
    assert_eq!(reply.outcome(), "allowed", "{}", reply.words());
}

fn freeze(home: &Home, scope: &[&str], reason: &str) {
    let mut all = vec!["freeze", "--reason", reason];
    all.extend(scope);
    home.cli(&all).ok();
}

/// Lifts it, and shows on the way that nothing less than an enrolled person's key does.
fn unfreeze(home: &Home, scope: &[&str]) {
    let mut without = vec!["unfreeze", "--reason", "looked at it"];
    without.extend(scope);
    assert_eq!(home.cli(&without).code, 2, "a key is asked for");
    let stranger = home.file("stranger", "").display().to_string();
    std::fs::remove_file(&stranger).unwrap();
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f", &stranger])
        .status();
    assert!(made.unwrap().success());
    let mut with = without.clone();
    with.extend(["--key", &stranger]);
    assert_ne!(home.cli(&with).code, 0, "a stranger's key lifts nothing");
    std::fs::remove_file(&stranger).unwrap();
    std::fs::remove_file(format!("{stranger}.pub")).unwrap();
    let key = home.private("bo");
    without.extend(["--key", &key]);
    home.cli(&without).ok();
}

#[test]
fn a_scope_that_nothing_is_in_is_not_said_to_be_frozen() {
    let emulator = Emulator::start();
    let (home, _daemon) = Home::new(&emulator, &["ana"], RULES);
    for (scope, name, hint) in [
        ("--agent", "Claude", "registered: claude"),
        ("--service", "aws:rds", "as the AWS CLI calls it"),
        ("--environment", "prod", "development, production, staging"),
        ("--task", "never heard of", "session ls"),
    ] {
        let refused = home.cli(&["freeze", scope, name, "--reason", "quick"]);
        assert!(refused.code != 0 && refused.err.contains(hint), "{refused:?}");
    }
    assert_eq!(home.cli(&["freeze", "--fleet", "--reason", " "]).code, 1, "a freeze says why");
    assert_eq!(home.cli(&["--json", "freeze", "ls"]).ok().json(), json!([]));
    freeze(&home, &["--service", "rds"], "the school is calling");
    let listed = home.cli(&["freeze", "ls"]).ok().out;
    assert!(listed.contains("service rds") && listed.contains("the school is calling"), "{listed}");
    let rows = home.cli(&["ledger", "ls", "--kind", "frozen"]).ok().out;
    assert!(rows.contains("service rds"), "{rows}");
}

#[test]
fn every_scope_stops_what_it_names_and_nothing_else() {
    let emulator = Emulator::start();
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo", "cy"], RULES);
    home.cli(&["agent", "add", "other", "--owner", "ana", "--key", &home.private("ana")]).ok();
    let mut agent = Player::agent(&home, "claude", &["--task", "tidy up"]);
    let mut other = Player::agent(&home, "other", &["--task", "build"]);
    flows(&make_database(&mut agent, "first"));

    freeze(&home, &["--service", "rds"], "the school is calling");
    frozen(&make_database(&mut agent, "second"), "the school is calling");
    frozen(&make_database(&mut other, "second"), "rds");
    flows(&make_queue(&mut agent, "one"));
    assert!(looks(&mut agent), "reads go on");
    // Another service's hand on it is stopped too.
    let mut other_hand = |service, operation, parameters| agent.call(service, operation, &parameters);
    let arn = "arn:aws:rds:us-east-1:123456789012:db:first";
    frozen(
        &other_hand(
            "cloudcontrol",
            "DeleteResource",
            json!({"TypeName": "AWS::RDS::DBInstance", "Identifier": "first"}),
        ),
        "calling",
    );
    frozen(&other_hand("docdb", "DeleteDBInstance", json!({"DBInstanceIdentifier": "first"})), "calling");
    frozen(
        &other_hand(
            "rds",
            "AddTagsToResource",
            json!({"ResourceName": arn, "Tags": [{"Key": "a", "Value": "b"}]}),
        ),
        "calling",
    );
    unfreeze(&home, &["--service", "rds"]);
    flows(&make_database(&mut agent, "second"));

    freeze(&home, &["--agent", "claude"], "it runs wild");
    frozen(&make_queue(&mut agent, "two"), "it runs wild");
    flows(&make_queue(&mut other, "two"));
    assert!(looks(&mut agent));
    unfreeze(&home, &["--agent", "claude"]);

    freeze(&home, &["--task", "tidy up"], "not now");
    frozen(&make_queue(&mut agent, "three"), "not now");
    flows(&make_queue(&mut other, "three"));
    // A session opened while it lasts is on the same task.
    let mut later = Player::agent(&home, "other", &["--task", "tidy up"]);
    frozen(&make_queue(&mut later, "four"), "not now");
    unfreeze(&home, &["--task", "tidy up"]);

    freeze(&home, &["--environment", "staging"], "demonstration");
    frozen(&make_queue(&mut agent, "stage-jobs"), "demonstration");
    flows(&make_queue(&mut agent, "five"));
    unfreeze(&home, &["--environment", "staging"]);

    freeze(&home, &["--fleet"], "everything stops");
    frozen(&make_queue(&mut agent, "six"), "everything stops");
    frozen(&make_database(&mut other, "six"), "everything stops");
    assert!(looks(&mut agent) && looks(&mut other));
    // Two freezes: lifting one lifts one.
    freeze(&home, &["--service", "sqs"], "this too");
    unfreeze(&home, &["--fleet"]);
    frozen(&make_queue(&mut agent, "six"), "this too");
    flows(&make_database(&mut agent, "six"));
    unfreeze(&home, &["--service", "sqs"]);
    flows(&make_queue(&mut agent, "six"));
    home.verify();
}

#[test]
fn an_approval_does_not_pass_a_freeze_and_outlives_it() {
    let emulator = Emulator::start();
    emulator.hands(&format!(
        "client('rds').create_db_instance(**json.loads({:?}))",
        database("prod-school").to_string()
    ));
    let (home, daemon) = Home::new(&emulator, &["ana", "bo", "cy"], RULES);
    let stop = ["rds", "stop-db-instance", "--db-instance-identifier", "prod-school"];
    let ticket = home.aws(&stop).ticket();
    home.approve("bo", &ticket).ok();
    freeze(&home, &["--environment", "production"], "wait");
    let refused = home.aws(&stop);
    assert!(refused.err.contains("Rule freeze"), "{refused:?}");
    assert_eq!(
        emulator.hands("print(client('rds').describe_db_instances()['DBInstances'][0]['DBInstanceStatus'])"),
        "available"
    );
    // A restart forgets no freeze.
    drop(daemon);
    let _daemon = home.serve(&[]);
    assert!(home.aws(&stop).err.contains("Rule freeze"));
    unfreeze(&home, &["--environment", "production"]);
    home.aws(&stop).ok();
    home.verify();
}

#[test]
fn an_agent_can_lift_nothing() {
    let emulator = Emulator::start();
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo", "cy"], RULES);
    freeze(&home, &["--fleet"], "stop");
    // A key that got out: readable inside, and of no use there.
    let key = home.file("stolen", &std::fs::read_to_string(home.private("bo")).unwrap());
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let key = key.display().to_string();
    for program in ["/run/interlock/interlock", &interlock_tests::binary().display().to_string()] {
        let tried = home.run(&[program, "unfreeze", "--fleet", "--reason", "me", "--key", &key]);
        assert_ne!(tried.code, 0, "{tried:?}");
    }
    for path in ["/v1/unfreeze", "/v1/freezes"] {
        let code = format!(
            "import http.client, os\nc = http.client.HTTPConnection('127.0.0.1', 17102)\n\
             t = os.environ['INTERLOCK_SESSION'] + '.' + os.environ['INTERLOCK_SESSION_TOKEN']\n\
             c.request('POST', {path:?}, '{{}}', {{'authorization': 'Bearer ' + t, 'content-type': 'application/json'}})\n\
             print(c.getresponse().status)"
        );
        assert_eq!(home.boto3(&code).ok().out.trim(), "404", "{path}");
    }
    let mut agent = Player::agent(&home, "claude", &[]);
    frozen(&make_queue(&mut agent, "one"), "stop");
    home.verify();
}

/// The agent writes as fast as it can while somebody freezes. After `interlock freeze` has returned, nothing more is
/// made: what the cloud holds then is what it holds in the end.
#[test]
fn nothing_slips_through_after_the_freeze() {
    let emulator = Emulator::start();
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo", "cy"], RULES);
    let count = || {
        emulator
            .hands("print(len(client('sqs').list_queues().get('QueueUrls', [])))")
            .parse::<usize>()
            .unwrap()
    };
    let stop = AtomicBool::new(false);
    let (before, after) = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|writer| {
                let (home, stop) = (&home, &stop);
                scope.spawn(move || {
                    let mut agent = Player::agent(home, "claude", &["--task", &format!("write {writer}")]);
                    let mut refused = 0;
                    for n in 0..2000 {
                        let reply = make_queue(&mut agent, &format!("q-{writer}-{n}"));
                        refused += usize::from(!reply.ok);
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                    }
                    refused
                })
            })
            .collect();
        while count() < 12 {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        freeze(&home, &["--fleet"], "stop");
        // What was sent before the freeze may still be on its way in the cloud.
        std::thread::sleep(std::time::Duration::from_millis(300));
        let before = count();
        std::thread::sleep(std::time::Duration::from_millis(1500));
        let after = count();
        stop.store(true, Ordering::Relaxed);
        let refused: usize = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
        assert!(refused > 10, "the writers went on and were refused: {refused}");
        (before, after)
    });
    assert_eq!(before, after, "something was made after the freeze");
    home.verify();
}

/// Whoever reaches the control socket may ask for as many nonces as they like: it stops nobody's signature.
#[test]
fn nobody_who_asks_for_nonces_keeps_others_from_signing() {
    let emulator = Emulator::start();
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo"], RULES);
    freeze(&home, &["--fleet"], "stop");
    let asked = std::process::Command::new("curl")
        .args(["--silent", "--fail", "--request", "POST", "--output", "/dev/null", "--unix-socket"])
        .arg(home.root().join("control.sock"))
        .arg("http://interlock/v1/nonce?[1-1100]")
        .status();
    assert!(asked.unwrap().success());
    unfreeze(&home, &["--fleet"]);
    home.verify();
}

/// A freeze goes by the account that asked for it, whatever name it gives itself.
#[test]
fn a_freeze_carries_nobodys_name() {
    let emulator = Emulator::start();
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo"], RULES);
    let (status, _) =
        home.post("/v1/freezes", &json!({"scope": {"scope": "fleet"}, "by": "bo", "reason": "so there"}));
    assert_eq!(status, 204);
    let rows = home.cli(&["--json", "ledger", "ls", "--kind", "frozen"]).ok().json();
    let (by, uid) = (rows[0]["public"]["by"].as_str().unwrap(), std::fs::metadata(home.root()).unwrap());
    let uid = std::os::unix::fs::MetadataExt::uid(&uid);
    assert!(by.starts_with("account ") && by.contains(&format!("uid {uid}")), "{by}");
    assert_eq!(rows[0]["public"]["signed"], false);
}
