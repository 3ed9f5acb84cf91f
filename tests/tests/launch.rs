//! Who launched a session is proved, not asserted, and does not count where one person decides on what it asks for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use interlock_approval::{Opening, Statement, sign};
use interlock_tests::{Daemon, Emulator, Home, Output, Scratch, binary, python};
use serde_json::{Value, json};

const RULES: &str = r#"
[[environment]]
name = "production"
match = { name = "prod-*" }
[[environment]]
name = "development"
match = { account = "123456789012" }
"#;

/// A team of three, of whom ana owns the agent, and three databases in production.
fn team() -> (Emulator, Home, Daemon) {
    let emulator = Emulator::start();
    emulator.hands(
        "for name in ['school', 'payroll', 'library']:\n    \
         client('rds').create_db_instance(DBInstanceIdentifier='prod-' + name, DBInstanceClass='db.t3.micro', \
         Engine='postgres', AllocatedStorage=20, MasterUsername='root', MasterUserPassword='secret99')",
    );
    let (home, daemon) = Home::new(&emulator, &["ana", "bo", "cy"], RULES);
    (emulator, home, daemon)
}

/// T3.
fn stop(home: &Home, name: &str) -> Output {
    home.aws(&["rds", "stop-db-instance", "--db-instance-identifier", name])
}

/// T4.
fn wipe(home: &Home, name: &str) -> Output {
    home.aws(&["rds", "delete-db-instance", "--db-instance-identifier", name, "--skip-final-snapshot"])
}

/// The newest session.
fn session(home: &Home) -> Value {
    home.cli(&["--json", "session", "ls"]).ok().json()[0].clone()
}

#[test]
fn nobody_signs_and_it_takes_two_others() {
    let (_emulator, mut home, _daemon) = team();
    home.launcher = None;
    let held = stop(&home, "prod-school");
    assert_eq!(held.err.matches("UNPROVED").count(), 1, "{held:?}");
    assert!(held.err.contains("0 of 2 approvals, one more than usual"), "{held:?}");
    let ticket = held.ticket();
    let shown = home.cli(&["request", "show", &ticket]).ok().out;
    assert!(shown.contains("UNPROVED") && shown.contains("launched by somebody unproved"), "{shown}");
    // bo may have launched it himself.
    home.approve("bo", &ticket).ok();
    assert_eq!(stop(&home, "prod-school").ticket(), ticket);
    home.approve("cy", &ticket).ok();
    stop(&home, "prod-school").ok();

    let ticket = stop(&home, "prod-payroll").ticket();
    home.approve("ana", &ticket).ok();
    home.approve("bo", &ticket).ok();
    assert_eq!(stop(&home, "prod-payroll").ticket(), ticket, "the owner is none of the two");
    // A new session that somebody signed for asks for one.
    home.launcher = Some("ana".to_owned());
    let again = stop(&home, "prod-payroll");
    assert!(!again.err.contains("UNPROVED") && again.err.contains("0 of 1 approvals"), "{again:?}");
    home.approve("bo", &again.ticket()).ok();
    stop(&home, "prod-payroll").ok();
    home.verify();
}

#[test]
fn whoever_signs_does_not_count_for_it() {
    let (_emulator, mut home, _daemon) = team();
    home.launcher = Some("bo".to_owned());
    let ticket = stop(&home, "prod-school").ticket();
    home.approve("bo", &ticket).ok();
    assert_eq!(stop(&home, "prod-school").ticket(), ticket);
    home.approve("cy", &ticket).ok();
    stop(&home, "prod-school").ok();
    assert_eq!(session(&home)["launch"], json!({"by": ["bo"], "unproved": false}));
    assert!(home.cli(&["session", "ls"]).ok().out.contains("LAUNCHED BY"));
    let opened = home.cli(&["--json", "ledger", "ls", "--kind", "session-opened"]).ok().json()[0].clone();
    assert_eq!(
        (&opened["public"]["launchers"], &opened["public"]["unproved"]),
        (&json!(["bo"]), &json!(false))
    );
    assert!(opened["public"]["key"].as_str().unwrap().starts_with("SHA256:"), "{opened}");
    home.verify();
}

#[test]
fn for_a_wipe_a_launcher_may_be_one_of_the_two_and_the_owner_not() {
    let (emulator, mut home, _daemon) = team();
    home.launcher = Some("bo".to_owned());
    let ticket = wipe(&home, "prod-school").ticket();
    home.approve("ana", &ticket).ok();
    home.approve("bo", &ticket).ok();
    assert_eq!(wipe(&home, "prod-school").ticket(), ticket);
    let ticket = wipe(&home, "prod-payroll").ticket();
    home.approve("bo", &ticket).ok();
    home.approve("cy", &ticket).ok();
    wipe(&home, "prod-payroll").ok();
    let left = emulator.hands(
        "print(sorted(d['DBInstanceIdentifier'] for d in client('rds').describe_db_instances()['DBInstances']))",
    );
    assert_eq!(left, "['prod-library', 'prod-school']");
    home.verify();
}

#[test]
fn a_resumed_session_has_all_its_launchers() {
    let (_emulator, mut home, _daemon) = team();
    home.launcher = Some("bo".to_owned());
    let id = home.run(&["sh", "-c", "echo $INTERLOCK_SESSION"]).ok().out.trim().to_owned();
    let python = python().display().to_string();
    let code = "import boto3\nboto3.client('rds').stop_db_instance(DBInstanceIdentifier='prod-school')";
    let again = |home: &Home| home.run_with(&["--resume", &id], &[&python, "-c", code]);
    assert!(again(&home).err.contains("0 of 1 approvals"));
    home.launcher = Some("cy".to_owned());
    let refused = again(&home);
    assert!(refused.err.contains("Rule launch") && refused.err.contains("bo and cy did"), "{refused:?}");
    assert_eq!(session(&home)["launch"], json!({"by": ["bo", "cy"], "unproved": false}));
    home.launcher = None;
    assert!(again(&home).err.contains("UNPROVED"));
    assert_eq!(session(&home)["launch"], json!({"by": ["bo", "cy"], "unproved": true}));
    // A signature proves itself, and nothing about those before it.
    home.launcher = Some("bo".to_owned());
    let late = again(&home);
    assert!(late.err.contains("an earlier launch of this session"), "{late:?}");
    stop(&home, "prod-school").ticket();
    home.verify();
}

#[test]
fn the_key_that_signs_for_the_launch_is_not_seen_inside() {
    let emulator = Emulator::start();
    let (home, _daemon) =
        Home::at(Scratch::in_sight("launch-key"), &emulator.url(), &["ana", "bo"], RULES, &[]);
    let key = home.private("ana");
    let look = |key: &str| home.run(&["sh", "-c", &format!("test -s '{key}' && cat '{key}' || echo hidden")]);
    let seen = look(&home.public("ana")).ok();
    assert!(seen.out.contains("ssh-ed25519"), "what lies beside it is in sight: {seen:?}");
    let hidden = look(&key).ok();
    assert!(!hidden.out.contains("PRIVATE KEY") && hidden.out.contains("hidden"), "{hidden:?}");

    let within = home.file("key", &std::fs::read_to_string(&key).unwrap()).display().to_string();
    std::fs::set_permissions(&within, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::copy(home.public("ana"), format!("{within}.pub")).unwrap();
    let refused = Command::new(binary())
        .args(["run", "--agent", "claude", "--task", "x", "--key", &within])
        .args(["--", "true"])
        .env("INTERLOCK_HOME", home.root())
        .current_dir(home.work())
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && words.contains("lies in the work directory"), "{words}");
    assert!(words.contains("keep keys elsewhere"), "{words}");
}

#[test]
fn a_run_that_ends_leaves_a_session_that_another_goes_on_with_at_work() {
    let (_emulator, home, _daemon) = team();
    let mut first = home.start(&["sh", "-c", "echo $INTERLOCK_SESSION; read line"]);
    let mut id = String::new();
    BufReader::new(first.stdout.take().unwrap()).read_line(&mut id).unwrap();
    let id = id.trim();
    let mut second = Command::new(binary())
        .args(["run", "--agent", "claude", "--unconfined", "--resume", id])
        .args(home.signed())
        .args(["--", "sh", "-c", "echo ready; read line"])
        .env("INTERLOCK_HOME", home.root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    BufReader::new(second.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    drop(first.stdin.take());
    first.wait().unwrap();
    assert_eq!(session(&home)["live"], json!(true), "the other run goes on");
    drop(second.stdin.take());
    second.wait().unwrap();
    assert_eq!(session(&home)["live"], json!(false));
}

#[test]
fn alone_there_is_nothing_to_prove() {
    let emulator = Emulator::start();
    let (home, _daemon) = Home::new(&emulator, &["ana"], RULES);
    assert!(home.signed().is_empty());
    let done = home.run(&["true"]).ok();
    assert!(!done.err.contains("UNPROVED"), "{done:?}");
    assert_eq!(session(&home)["launch"], json!({"by": ["ana"], "unproved": false}));
}

/// Asks the daemon as anybody can who reaches its socket.
fn post(home: &Home, path: &str, body: &Value) -> (u16, Value) {
    let output = Command::new("curl")
        .args(["--silent", "--unix-socket"])
        .arg(home.root().join("control.sock"))
        .args(["--write-out", "\n%{http_code}", "--header", "content-type: application/json", "--data"])
        .args([body.to_string(), format!("http://interlock{path}")])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
}

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// An opening that bo could sign, with a nonce of its own.
fn opening(home: &Home) -> Opening {
    let (_, given) = post(home, "/v1/nonce", &Value::Null);
    Opening {
        home: given["home"].as_str().unwrap().to_owned(),
        agent: "claude".into(),
        task: "tidy up".into(),
        scope: Vec::new(),
        secrets: Vec::new(),
        folders: Vec::new(),
        resume: None,
        advisory: false,
        observe: false,
        person: "bo".into(),
        at: now(),
        nonce: given["nonce"].as_str().unwrap().to_owned(),
    }
}

fn signature(home: &Home, person: &str, opening: &Opening) -> String {
    sign(opening, &std::fs::read_to_string(home.private(person)).unwrap(), None).unwrap()
}

/// Sends this opening with this signature.
fn open(home: &Home, opening: &Opening, signature: &str) -> (u16, String) {
    let mut body = serde_json::to_value(opening).unwrap();
    body["proof"] =
        json!({"person": opening.person, "at": opening.at, "nonce": opening.nonce, "signature": signature});
    let (status, answer) = post(home, "/v1/sessions", &body);
    (status, answer["message"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_forged_or_replayed_opening_opens_nothing() {
    let (_emulator, home, _daemon) = team();
    let good = opening(&home);
    let signed = signature(&home, "bo", &good);
    assert_eq!(open(&home, &good, &signed), (200, String::new()));
    let opened = home.cli(&["--json", "session", "ls"]).ok().json().as_array().unwrap().len();
    let refused = |what: &str, opening: &Opening, signature: &str, words: &str| {
        let (status, message) = open(&home, opening, signature);
        assert!(status == 403 && message.contains(words), "{what}: {status} {message}");
    };
    refused("replayed", &good, &signed, "the nonce was not given out here, is used");
    let made_up = Opening { nonce: "0".repeat(32), ..good.clone() };
    refused("a nonce of one's own", &made_up, &signature(&home, "bo", &made_up), "not given out here");

    let wanted = Opening { person: "cy".into(), ..opening(&home) };
    refused("another's name", &wanted, &signature(&home, "bo", &wanted), "not enrolled for this person");
    let wanted = opening(&home);
    let signed = signature(&home, "bo", &wanted);
    refused("widened", &Opening { scope: vec!["*".into()], ..wanted }, &signed, "does not verify");
    let wanted = opening(&home);
    let signed = signature(&home, "bo", &wanted);
    let resumed = session(&home)["id"].as_str().unwrap().to_owned();
    refused(
        "another session's",
        &Opening { resume: Some(resumed.into()), ..wanted },
        &signed,
        "does not verify",
    );
    let elsewhere = Opening { home: "another".into(), ..opening(&home) };
    refused("another home's", &elsewhere, &signature(&home, "bo", &elsewhere), "does not verify");
    let old = Opening { at: now() - 301_000, ..opening(&home) };
    refused("old", &old, &signature(&home, "bo", &old), "more than five minutes ago");
    let wanted = opening(&home);
    let nothing = interlock_action::Digest::of(b"");
    let approval =
        Statement::on_ticket("approve", &"tk-1".into(), nothing, &"bo".into(), "seen", &wanted.nonce);
    let approval = sign(&approval, &std::fs::read_to_string(home.private("bo")).unwrap(), None).unwrap();
    refused("an approval", &wanted, &approval, "made for `interlock-v1`");

    let after = home.cli(&["--json", "session", "ls"]).ok().json().as_array().unwrap().len();
    assert_eq!(after, opened, "something was opened");
    // The same through the command line: a stranger's key, and one's own.
    let stranger = home.file("stranger", "").display().to_string();
    std::fs::remove_file(&stranger).unwrap();
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &stranger]).status();
    assert!(made.unwrap().success());
    let refused = home.cli(&["run", "--agent", "claude", "--task", "x", "--key", &stranger, "--", "true"]);
    assert!(refused.code != 0 && refused.err.contains("nobody enrolled here"), "{refused:?}");
    home.verify();
}
