//! One session observed: nobody is asked, everything is recorded and reported, and what nobody could approve still stands.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use std::process::Command;

use interlock_tests::{Daemon, Emulator, Home, Output, python};
use serde_json::{Value, json};

const RULES: &str = r#"
[[environment]]
name = "production"
match = { name = "prod-*" }
[[environment]]
name = "development"
match = { account = "123456789012" }
"#;

/// What an agent does that goes too far, and what is beyond everybody.
const RAMPAGE: &str = r"
import boto3
rds, trail, s3 = (boto3.client(name) for name in ('rds', 'cloudtrail', 's3'))
rds.describe_db_instances()
rds.stop_db_instance(DBInstanceIdentifier='prod-school')
rds.delete_db_instance(DBInstanceIdentifier='prod-payroll', SkipFinalSnapshot=True)
s3.create_bucket(Bucket='dev-scratch')
try:
    trail.stop_logging(Name='audit')
    print('STOPPED')
except Exception as refusal:
    print('REFUSED', refusal)
";

fn team(people: &[&str]) -> (Emulator, Home, Daemon) {
    let emulator = Emulator::start();
    emulator.hands(
        "for name in ['school', 'payroll']:\n    \
         client('rds').create_db_instance(DBInstanceIdentifier='prod-' + name, DBInstanceClass='db.t3.micro', \
         Engine='postgres', AllocatedStorage=20, MasterUsername='root', MasterUserPassword='secret99')\n\
         client('s3').create_bucket(Bucket='prod-trail')\n\
         client('cloudtrail').create_trail(Name='audit', S3BucketName='prod-trail')\n\
         client('cloudtrail').start_logging(Name='audit')",
    );
    let (home, daemon) = Home::new(&emulator, people, RULES);
    (emulator, home, daemon)
}

fn observe(home: &Home, keys: &[&str], code: &str) -> Output {
    let keys: Vec<String> = keys.iter().map(|name| home.private(name)).collect();
    let mut options = vec!["--observe"];
    options.extend(keys.iter().flat_map(|key| ["--key", key.as_str()]));
    home.run_with(&options, &[&python().display().to_string(), "-c", code])
}

fn session(home: &Home) -> Value {
    home.cli(&["--json", "session", "ls"]).ok().json()[0].clone()
}

#[test]
fn what_people_would_have_been_asked_flows_and_is_reported_by_rule() {
    let (emulator, mut home, _daemon) = team(&["ana", "bo", "cy"]);
    home.launcher = None;
    let done = observe(&home, &["ana", "bo"], RAMPAGE).ok();
    assert!(done.out.contains("REFUSED") && done.out.contains("Rule audit-trail"), "{done:?}");
    assert!(done.err.contains("OBSERVED: nobody is asked in this session, as ana and bo signed"), "{done:?}");
    for words in [
        "2 of them would have been held",
        "WOULD HAVE BEEN HELD, by rule",
        "destroy-data-production: 1 call; T4",
        "REFUSED, by rule",
        "audit-trail: 1 call",
    ] {
        assert!(done.err.contains(words), "{words}: {}", done.err);
    }
    assert!(home.requests().is_empty(), "nobody was asked");

    let id = session(&home)["id"].as_str().unwrap().to_owned();
    let report = home.cli(&["--json", "session", "report", &id]).ok().json();
    assert_eq!(
        (&report["observed"], &report["would_hold"], &report["held"], &report["refused"]),
        (&json!(true), &json!(2), &json!(0), &json!(1))
    );
    assert_eq!(report["flowed"], json!(3), "stop, delete, create: {report}");
    assert!(report["reads"].as_u64().unwrap() >= 1);
    let first = &report["rules"][0];
    assert_eq!(
        (&first["fate"], &first["rule"], &first["tier"]),
        (&json!("would-hold"), &json!("destroy-data-production"), &json!("T4"))
    );
    assert!(first["needs"].as_array().unwrap().contains(&json!("two-people")), "{first}");
    assert_eq!(first["first"]["operation"], "aws:rds:DeleteDBInstance");
    assert!(first["first"]["target"].as_str().unwrap().ends_with("prod-payroll"), "{first}");

    // It really flowed, and what it destroyed can be restored from what Interlock made first.
    let left = emulator.hands(
        "rds = client('rds')\nprint(sorted(d['DBInstanceIdentifier'] for d in rds.describe_db_instances()['DBInstances']), \
         [s['DBInstanceIdentifier'] for s in rds.describe_db_snapshots(SnapshotType='manual')['DBSnapshots']], \
         client('cloudtrail').get_trail_status(Name='audit')['IsLogging'])",
    );
    assert_eq!(left, "['prod-school'] ['prod-payroll'] True");

    // Every entry of what it did says so.
    let rows = home.cli(&["--json", "ledger", "ls", "--session", &id, "--limit", "200"]).ok().json();
    for row in rows.as_array().unwrap() {
        let kind = row["kind"].as_str().unwrap();
        if ["session-opened", "read", "allowed", "refused", "outcome"].contains(&kind)
            && row["public"].get("made").is_none()
        {
            assert_eq!(row["public"]["mode"], "observe", "{row}");
        }
    }
    assert_eq!(
        rows.as_array().unwrap().iter().filter(|row| row["public"].get("observed").is_some()).count(),
        2
    );

    // The next one is held as ever.
    home.launcher = Some("ana".to_owned());
    let held = home.aws(&[
        "rds",
        "delete-db-instance",
        "--db-instance-identifier",
        "prod-school",
        "--skip-final-snapshot",
    ]);
    held.ticket();
    let id = session(&home)["id"].as_str().unwrap().to_owned();
    let words = home.cli(&["session", "report", &id]).ok().out;
    assert!(words.contains("HELD, by rule") && !words.contains("WOULD HAVE"), "{words}");
    home.verify();
}

#[test]
fn only_people_choose_it_and_in_a_team_two() {
    let (_emulator, mut home, _daemon) = team(&["ana", "bo", "cy"]);
    home.launcher = None;
    let none = observe(&home, &[], "");
    assert!(none.code == 2 && none.err.contains("a person signs for it"), "{none:?}");
    for few in [["ana"].as_slice(), &["bo"], &["ana", "ana"]] {
        let refused = observe(&home, few, "");
        assert!(refused.code == 10 && refused.err.contains("two people must"), "{refused:?}");
    }
    // Whoever reaches the socket and has no key.
    let post = |body: Value| {
        let output = Command::new("curl")
            .args(["--silent", "--unix-socket"])
            .arg(home.root().join("control.sock"))
            .args(["--header", "content-type: application/json", "--data", &body.to_string()])
            .arg("http://interlock/v1/sessions")
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let answer = post(json!({"agent": "claude", "task": "x", "observe": true}));
    assert!(answer.contains("two people must"), "{answer}");
    assert!(
        home.cli(&["--json", "session", "ls"]).ok().json().as_array().unwrap().is_empty(),
        "nothing was opened"
    );
    // The agent is not told, and nothing that it could ask with is inside.
    let look = "import glob, os\nprint([n for n in os.environ if n.startswith('INTERLOCK') and 'OBSERVE' in n], \
                glob.glob('/run/interlock/**/control*', recursive=True))";
    assert_eq!(observe(&home, &["ana", "bo"], look).ok().out, "[] []\n");
    let two = home.run_with(&["--key", &home.private("ana"), "--key", &home.private("bo")], &["true"]);
    assert_eq!(two.code, 2, "{two:?}");
}

#[test]
fn it_ends_with_the_run_and_is_seen_while_it_lasts() {
    let (_emulator, home, _daemon) = team(&["ana"]);
    let mut child = Command::new(interlock_tests::binary())
        .args([
            "run",
            "--agent",
            "claude",
            "--task",
            "try it",
            "--unconfined",
            "--observe",
            "--key",
            &home.private("ana"),
        ])
        .args(["--", "sh", "-c", "echo ready; read line"])
        .env("INTERLOCK_HOME", home.root())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line)
        .unwrap();
    let row = session(&home);
    assert_eq!((&row["live"], &row["observed"]), (&json!(true), &json!(true)));
    assert!(home.cli(&["session", "ls"]).ok().out.contains("OBSERVED"));
    let doctor = home.cli(&["--json", "doctor"]).json();
    let finding =
        doctor.as_array().unwrap().iter().find(|finding| finding["id"] == "observed").unwrap().clone();
    assert_eq!(finding["ok"], json!(false), "{finding}");
    assert!(home.log().contains("OBSERVED SESSION"));
    drop(child.stdin.take());
    child.wait().unwrap();

    let id = row["id"].as_str().unwrap();
    let code = "import boto3\nboto3.client('rds').delete_db_instance(DBInstanceIdentifier='prod-school', SkipFinalSnapshot=True)";
    let held = home.run_with(&["--resume", id], &[&python().display().to_string(), "-c", code]);
    held.ticket();
    assert_eq!(session(&home)["observed"], json!(false));
    home.verify();
}
