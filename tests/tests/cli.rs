//! The command line as people and programs meet it: statuses, data on standard output, words on standard error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use interlock_tests::{Emulator, Home, Scratch, binary};
use std::{
    process::Command,
    time::{Duration, Instant},
};

struct Said {
    code: i32,
    out: String,
    err: String,
}

fn interlock(home: &Scratch, arguments: &[&str]) -> Said {
    let output = Command::new(binary())
        .args(arguments)
        .env("INTERLOCK_HOME", home.path().join("home"))
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap().replace(&home.path().display().to_string(), "SCRATCH"),
    }
}

/// Status, standard output and standard error, as one text to look at.
fn shown(said: &Said) -> String {
    format!("status {}\n--- stdout\n{}--- stderr\n{}", said.code, said.out, said.err)
}

#[test]
fn help_is_worth_reading() {
    let home = Scratch::new("cli");
    insta::assert_snapshot!("help", shown(&interlock(&home, &["--help"])));
    for noun in ["init", "run", "request", "policy", "ledger", "explain"] {
        insta::assert_snapshot!(format!("help-{noun}"), shown(&interlock(&home, &[noun, "--help"])));
    }
}

#[test]
fn faults_say_what_to_do_next() {
    let home = Scratch::new("cli");
    insta::assert_snapshot!("no-daemon", shown(&interlock(&home, &["request", "ls"])));
    insta::assert_snapshot!("no-home", shown(&interlock(&home, &["serve"])));
    insta::assert_snapshot!(
        "no-task",
        shown(&interlock(&home, &["run", "--agent", "a", "--unconfined", "--", "true"]))
    );
    insta::assert_snapshot!(
        "bad-json",
        shown(&interlock(&home, &["--error-format", "json", "explain", "aws", "/dev/null"]))
    );
    assert_eq!(interlock(&home, &["frobnicate"]).code, 2);
}

#[test]
fn explain_reads_lines_and_a_bad_one_stops_nothing() {
    let home = Scratch::new("cli");
    let delete = r#"{"method":"POST","url":"https://dynamodb.us-east-1.amazonaws.com/","headers":{"content-type":"application/x-amz-json-1.0","x-amz-target":"DynamoDB_20120810.DeleteTable","authorization":"AWS4-HMAC-SHA256 Credential=AK/20261121/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"},"body_base64":"eyJUYWJsZU5hbWUiOiJvcmRlcnMifQ=="}"#;
    let input = home.file("in.jsonl", &format!("{delete}\nnonsense\n{delete}\n"));
    let said = interlock(&home, &["explain", "aws", "--jsonl", input.to_str().unwrap()]);
    let lines: Vec<serde_json::Value> =
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["operation"], "aws:dynamodb:DeleteTable");
    assert_eq!((&lines[0]["decision"], &lines[0]["tier"]), (&"hold".into(), &"T4".into()));
    assert!(lines[1]["error"].is_string());
    assert_eq!(lines[2], lines[0]);
    let elsewhere = interlock(
        &home,
        &["explain", "aws", "--jsonl", "--environment", "development", input.to_str().unwrap()],
    );
    let first: serde_json::Value = serde_json::from_str(elsewhere.out.lines().next().unwrap()).unwrap();
    assert_eq!((&first["decision"], &first["tier"]), (&"allow".into(), &"T2".into()));
}

#[test]
fn a_changed_configuration_is_not_in_force_until_a_person_signs_it() {
    let emulator = Emulator::start();
    let (home, daemon) = Home::new(&emulator, &["ana"], "[approval]\nsolo_delay = \"2s\"\n");
    drop(daemon);
    let config = home.root().join("interlock.toml");
    let text = std::fs::read_to_string(&config).unwrap().replace("\"2s\"", "\"0s\"");
    std::fs::write(&config, format!("{text}\n[mode]\nenforce = \"observe\"\n")).unwrap();
    let refused = home.cli(&["serve"]);
    assert_eq!(refused.code, 78, "{refused:?}");
    assert!(refused.err.contains("interlock policy apply"), "{refused:?}");
    let begun = Instant::now();
    let applied =
        home.cli(&["policy", "apply", "--key", &home.private("ana"), "--reason", "try it out"]).ok();
    assert!(
        applied.err.contains("comes into force in 2 s"),
        "a delay takes its own removal too: {applied:?}"
    );
    assert!(begun.elapsed() >= Duration::from_secs(2));
    assert!(applied.err.contains("the configuration changes: mode, approval"), "{applied:?}");
    let _daemon = home.serve(&[]);
    let mode = home.cli(&["--json", "doctor"]).json();
    let mode = mode.as_array().unwrap().iter().find(|finding| finding["id"] == "mode").unwrap().clone();
    assert_eq!(mode["ok"], false, "observe mode is said loudly");
}

#[test]
fn a_rewritten_ledger_stops_the_start_with_its_own_status() {
    let emulator = Emulator::start();
    let (home, daemon) = Home::new(&emulator, &["ana"], "");
    drop(daemon);
    let database = home.root().join("ledger.db");
    let sql = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(\"update entry set leaf = replace(leaf, 'ana', 'eve')\"); c.commit()";
    let done = Command::new(interlock_tests::python()).args(["-c", sql]).arg(&database).status().unwrap();
    assert!(done.success());
    let refused = home.cli(&["serve"]);
    assert_eq!(refused.code, 20, "{refused:?}");
    assert_eq!(home.cli(&["ledger", "verify"]).code, 20);
}

#[test]
fn erased_evidence_is_noticed() {
    let emulator = Emulator::start();
    let (home, daemon) = Home::new(&emulator, &["ana"], "");
    home.run(&["true"]).ok();
    home.verify();
    drop(daemon);
    let sql = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute('update entry set body=zeroblob(length(body))'); c.commit()";
    let database = home.root().join("ledger.db");
    let done = Command::new(interlock_tests::python()).args(["-c", sql]).arg(&database).status().unwrap();
    assert!(done.success());
    for command in [["ledger", "verify"].as_slice(), &["serve"]] {
        let refused = home.cli(command);
        assert!(refused.code == 20 && refused.err.contains("the body of entry"), "{refused:?}");
    }
}

#[test]
fn in_a_team_a_configuration_takes_two_people() {
    let emulator = Emulator::start();
    let (home, daemon) = Home::new(&emulator, &["ana", "bo"], "");
    drop(daemon);
    let config = home.root().join("interlock.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}\n[mode]\nenforce = \"observe\"\n")).unwrap();
    let apply = |people: &[&str]| {
        let keys: Vec<String> = people.iter().map(|name| home.private(name)).collect();
        let keys = keys.iter().flat_map(|key| ["--key", key]);
        home.cli(&["policy", "apply", "--reason", "try it"].into_iter().chain(keys).collect::<Vec<_>>())
    };
    for few in [["ana"].as_slice(), &["ana", "ana"]] {
        let refused = apply(few);
        assert!(refused.code == 1 && refused.err.contains("1 of 2 people have signed"), "{refused:?}");
    }
    assert_eq!(home.cli(&["serve"]).code, 78, "nothing came into force");
    apply(&["ana", "bo"]).ok();
    let _daemon = home.serve(&[]);
}

#[test]
fn nobody_is_made_an_owner_who_has_not_signed() {
    let emulator = Emulator::start();
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo"], "");
    let (ana, bo) = (home.private("ana"), home.private("bo"));
    let foisted = home.cli(&["agent", "add", "mine", "--owner", "bo", "--key", &ana]);
    assert!(foisted.code == 10 && foisted.err.contains("`bo` is to own it"), "{foisted:?}");
    home.cli(&["agent", "add", "mine", "--owner", "bo", "--key", &ana, "--key", &bo]).ok();
    home.cli(&["agent", "add", "own", "--owner", "bo", "--key", &bo]).ok();
    let agents = home.cli(&["--json", "agent", "ls"]).ok().json();
    assert_eq!(agents.as_array().unwrap().len(), 3, "{agents}");
    for name in ["", "own ", "cl\u{430}ude"] {
        let odd = home.cli(&["agent", "add", name, "--owner", "bo", "--key", &bo]);
        assert!(odd.code != 0 && odd.err.contains("is no name"), "{odd:?}");
    }
    let public = format!("{}.pub", home.private("bo"));
    for (name, why) in [("bo ", "is no name"), ("Bo", "`bo` is enrolled already")] {
        let twin = home.cli(&["person", "add", name, "--public-key", &public, "--key", &bo]);
        assert!(twin.code != 0 && twin.err.contains(why), "{twin:?}");
    }
    home.verify();
}

#[test]
fn while_the_second_person_cools_off_the_first_still_decides_alone() {
    let emulator = Emulator::start();
    let rules = "[approval]\nsolo_delay = \"0s\"\ncooling_off = \"24h\"\n";
    let (home, _daemon) = Home::new(&emulator, &["ana"], rules);
    let public = home.file("bo.pub", "");
    std::fs::remove_file(&public).unwrap();
    let private = public.with_extension("");
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&private).status();
    assert!(made.unwrap().success());
    let (public, private) = (public.display().to_string(), private.display().to_string());
    let held =
        home.cli(&["--json", "person", "add", "bo", "--public-key", &public, "--key", &home.private("ana")]);
    assert_eq!(held.code, 11, "{held:?}");
    home.approve("ana", held.json()["id"].as_str().unwrap()).ok();
    let people = |home: &Home| home.cli(&["--json", "person", "ls"]).ok().json().as_array().unwrap().len();
    for _ in 0..100 {
        if people(&home) == 2 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert_eq!(people(&home), 2);
    let again = home.cli(&["person", "add", "ana", "--public-key", &public, "--key", &home.private("ana")]);
    assert!(again.code == 1 && again.err.contains("`ana` is enrolled already"), "{again:?}");
    std::fs::rename(&private, home.root().with_file_name("bo")).unwrap();
    let stop = || home.aws(&["ec2", "stop-instances", "--instance-ids", "i-0123456789abcdef0"]);
    let asked = stop();
    assert!(asked.err.contains("0 of 1 approvals, working alone"), "{asked:?}");
    let ticket = asked.ticket();
    let key = home.root().with_file_name("bo").display().to_string();
    let early = home.cli(&["request", "approve", &ticket, "--key", &key, "--reason", "me"]);
    assert!(early.code == 10 && early.err.contains("cooling off"), "{early:?}");
    home.approve("ana", &ticket).ok();
    assert!(!stop().err.contains("[ticket "), "ana's yes is enough");
    home.verify();
}

#[test]
fn what_is_private_is_redacted_by_whoever_has_the_home_and_a_key() {
    let emulator = Emulator::start();
    let (home, daemon) = Home::new(&emulator, &["ana", "bo", "cy"], "");
    let ticket = home.aws(&["ec2", "stop-instances", "--instance-ids", "i-0123456789abcdef0"]).ticket();
    let held = |kind: &str| {
        let rows = home.cli(&["--json", "ledger", "ls", "--kind", kind]).ok().json();
        rows.as_array()
            .unwrap()
            .iter()
            .find(|row| row["public"]["ticket"] == ticket.as_str())
            .unwrap()
            .clone()
    };
    let entry = held("held")["index"].to_string();
    let files = |text: &str| {
        let read = |name| std::fs::read(home.root().join(name)).unwrap_or_default();
        let bytes = [read("ledger.db"), read("ledger.db-wal")].concat();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    let (key, other) = (home.private("ana"), home.private("bo"));
    let redact = ["ledger", "redact", &entry, "--key", &key, "--key", &other, "--reason", "somebody asked"];
    assert!(home.cli(&redact).err.contains("has this home open"), "not beside a daemon");
    assert!(home.cli(&["request", "show", &ticket]).ok().out.contains("i-0123456789abcdef0"));
    assert!(!files("i-0123456789abcdef0"), "nothing of it lies in the files in the clear");
    drop(daemon);
    let open = home.cli(&redact);
    assert!(open.code == 1 && open.err.contains("still pending: deny it, or wait"), "{open:?}");

    let daemon = home.serve(&[]);
    home.cli(&["request", "deny", &ticket, "--key", &home.private("bo"), "--reason", "no"]).ok();
    drop(daemon);
    // ana owns the agent and launched the session.
    let alone = home.cli(&["ledger", "redact", &entry, "--key", &key, "--reason", "hide it"]);
    assert!(alone.code == 1 && alone.err.contains("1 of 2 people have signed"), "{alone:?}");
    let redacted = home.cli(&["--json"].into_iter().chain(redact).collect::<Vec<_>>()).ok().json();
    assert_eq!(redacted["entries"].as_array().unwrap().len(), 2, "held and denied: {redacted}");
    home.cli(&["ledger", "verify"]).ok();
    let _daemon = home.serve(&[]);
    let shown = home.cli(&["request", "show", &ticket]).ok().out;
    assert!(!shown.contains("i-0123456789abcdef0") && shown.contains("(redacted)"), "{shown}");
    assert!(held("held").get("private").is_none() && held("denied").get("private").is_none());
    assert!(home.cli(&redact).err.contains("has this home open"));
}

#[test]
fn waiting_for_people_has_its_own_statuses() {
    let emulator = Emulator::start();
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo", "cy"], "");
    let ticket = home.aws(&[
        "sqs",
        "delete-queue",
        "--queue-url",
        "https://sqs.us-east-1.amazonaws.com/123456789012/q",
    ]);
    let ticket = if ticket.err.contains("[ticket ") {
        ticket.ticket()
    } else {
        home.aws(&["ec2", "stop-instances", "--instance-ids", "i-0123456789abcdef0"]).ticket()
    };
    assert_eq!(home.cli(&["request", "wait", &ticket, "--seconds", "1"]).code, 11);
    let silent = home.cli(&["request", "deny", &ticket, "--key", &home.private("bo"), "--reason", " "]);
    assert!(silent.code != 0 && silent.err.contains("needs a reason"), "{silent:?}");
    let denied = home.cli(&["request", "deny", &ticket, "--key", &home.private("bo"), "--reason", "no"]).ok();
    assert!(
        denied.err.contains(&format!("request    {ticket}")),
        "nobody signs what they are not shown: {denied:?}"
    );
    assert_eq!(home.cli(&["request", "wait", &ticket]).code, 12);
    let late = home.approve("cy", &ticket);
    assert_eq!(late.code, 10, "{late:?}");
}
