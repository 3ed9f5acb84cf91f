//! `interlock demo`, the real one: both arms come out as told, and what it leaves behind can be looked at.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use std::process::{Command, Stdio};

use interlock_tests::{Scratch, binary, python};
use serde_json::Value;

struct Ended {
    code: i32,
    out: String,
    err: String,
}

/// Runs `interlock …` with a folder of its own for everything temporary.
fn interlock(scratch: &Scratch, python: &std::path::Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(binary());
    command.args(arguments).env("TMPDIR", scratch.path()).env("INTERLOCK_PYTHON", python);
    // What a careless user has set must reach nothing.
    command.env("AWS_PROFILE", "production").env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    command.env("INTERLOCK_HOME", scratch.path().join("untouched"));
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

fn summary(ended: &Ended) -> Value {
    assert_eq!(ended.code, 0, "{}\n{}", ended.out, ended.err);
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {}", ended.out))
}

fn check(summary: &Value) {
    let words = match summary["tool"].as_str() {
        Some("terraform") => "0 recovery points would remain of 1 as planned",
        _ => "as asked, 0 recovery points would remain of 1",
    };
    assert_eq!(summary["as_told"], true, "{summary:#}");
    assert_eq!(summary["differs"], serde_json::json!([]));
    assert!(summary["seconds"].as_f64().unwrap() < 120.0, "under two minutes: {}", summary["seconds"]);
    let (bare, guarded) = (&summary["bare"], &summary["interlock"]);
    for arm in [bare, guarded] {
        assert_eq!(arm["before"]["database"], "available");
        assert!(arm["before"]["automated_snapshots"].as_u64().unwrap() >= 1);
        assert_eq!(arm["site"]["objects"].as_array().unwrap().len(), 2, "safe work flows");
        assert_eq!(arm["after"]["site_objects"], 2);
    }
    assert_eq!(bare["after"]["database"], Value::Null);
    assert_eq!((&bare["after"]["automated_snapshots"], &bare["recovery_points"]), (&0.into(), &0.into()));
    assert_eq!(guarded["after"]["database"], "available");
    assert_eq!(guarded["recovery_points"], guarded["before"]["automated_snapshots"]);
    assert!(bare["agent_key"].as_str().unwrap().starts_with("AKIA"));
    assert_ne!(bare["agent_key"], guarded["agent_key"]);
    assert!(guarded["message"].as_str().unwrap().contains(words));
    assert_eq!((guarded["tier"].as_str(), guarded["state"].as_str()), (Some("T4"), Some("pending")));
    let attempts = guarded["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2);
    for (attempt, (owner, approvals)) in attempts.iter().zip([(true, "0 of 2"), (false, "1 of 2")]) {
        assert_eq!((&attempt["owner"], &attempt["held"]), (&owner.into(), &true.into()));
        assert_eq!((&attempt["ticket"], &attempt["approvals"]), (&guarded["ticket"], &approvals.into()));
    }
    assert_eq!(guarded["ledger"]["verifies"], true);
}

#[test]
fn both_arms_come_out_as_told() {
    let scratch = Scratch::new("demo");
    let ended = interlock(&scratch, &python(), &["--json", "demo"]);
    let summary = summary(&ended);
    check(&summary);
    if std::env::var_os("INTERLOCK_TERRAFORM_PLUGINS").is_some() {
        assert_eq!(summary["tool"], "terraform");
    }
    assert!(!scratch.path().join("untouched").exists(), "no home but its own is touched");
}

#[test]
fn the_open_request_can_be_looked_at_afterwards() {
    let scratch = Scratch::new("demo");
    let ended = interlock(&scratch, &python(), &["--json", "demo", "--with", "boto3"]);
    let summary = summary(&ended);
    check(&summary);
    let (home, ticket) =
        (summary["home"].as_str().unwrap(), summary["interlock"]["ticket"].as_str().unwrap());
    assert!(std::path::Path::new(home).starts_with(scratch.path()));
    let mut daemon = Command::new(binary())
        .args(["--home", home, "serve", "--listen-console", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(daemon.stdout.take().unwrap()), &mut line)
        .unwrap();
    let shown = interlock(&scratch, &python(), &["--home", home, "request", "show", ticket]);
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert!(line.contains("aws_proxy"), "the daemon starts without the emulator: {line}");
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(shown.out.contains("0 recovery points would remain of 1"), "{}", shown.out);
}

#[test]
fn the_story_is_plain_text_and_ends_with_the_command_to_look() {
    let scratch = Scratch::new("demo");
    let ended = interlock(&scratch, &python(), &["demo", "--with", "boto3"]);
    assert_eq!(ended.code, 0, "{}\n{}", ended.out, ended.err);
    assert!(!ended.out.contains('\u{1b}'), "no colour where there is no terminal: {}", ended.out);
    for words in [
        "GONE",
        "HELD at the database",
        "0 recovery points would remain",
        "the ledger verifies",
        "request show tk-",
    ] {
        assert!(ended.out.contains(words), "`{words}` is missing in:\n{}", ended.out);
    }
}

#[test]
fn a_missing_emulator_is_said_with_what_to_do() {
    let scratch = Scratch::new("demo");
    let ended = interlock(&scratch, std::path::Path::new("no-such-python"), &["demo"]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("no-such-python") && ended.err.contains("cargo xtask demo"), "{}", ended.err);
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0, "nothing is left behind");
}
