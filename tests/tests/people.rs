//! A key that was lost or stolen: one signature stops it, and taking it out takes others; a team with one left is slow.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use std::time::Duration;

use interlock_tests::{Emulator, Home, Output};
use serde_json::Value;

fn fingerprints(home: &Home, name: &str) -> Vec<String> {
    let people = home.cli(&["--json", "person", "ls"]).ok().json();
    let of = people.as_array().unwrap().iter().find(|person| person["name"] == name);
    let keys = of.map(|person| person["keys"].as_array().unwrap().clone()).unwrap_or_default();
    keys.iter().map(|key| key["fingerprint"].as_str().unwrap().to_owned()).collect()
}

/// The request that a change is held under.
fn held(output: &Output) -> String {
    assert_eq!(output.code, 11, "{output:?}");
    let row: Value = serde_json::from_str(&output.out).unwrap();
    row["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_key_that_was_stolen_stops_at_once_and_goes_by_two_others() {
    let emulator = Emulator::start();
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo", "cy"], "[approval]\ncooling_off = \"0s\"\n");
    let ana = home.private("ana");
    home.cli(&["freeze", "--fleet", "--reason", "look"]).ok();
    let out =
        home.cli(&["--json", "person", "remove", "bo", "--key", &ana, "--reason", "his laptop is gone"]);
    let ticket = held(&out);
    let thief = home.private("bo");
    let tried = home.cli(&["unfreeze", "--fleet", "--key", &thief, "--reason", "so there"]);
    assert!(tried.code != 0 && tried.err.contains("suspended"), "{tried:?}");
    assert!(home.cli(&["person", "ls"]).ok().out.contains("SUSPENDED"));
    assert_ne!(home.approve("bo", &ticket).code, 0, "who is concerned does not count");
    home.approve("ana", &ticket).ok();
    assert_eq!(fingerprints(&home, "bo").len(), 1, "one other is too few");
    home.approve("cy", &ticket).ok();
    assert!(fingerprints(&home, "bo").is_empty());
    let rows = home.cli(&["--json", "ledger", "ls", "--kind", "person-removed"]).ok().json();
    assert_eq!((&rows[0]["public"]["person"], &rows[0]["public"]["ticket"]), (&"bo".into(), &ticket.into()));

    // Somebody who stays gets another key, and loses the old one: the two others say so.
    let stay = home.cli(&[
        "--json",
        "person",
        "key",
        "remove",
        "cy",
        "SHA256:none",
        "--key",
        &ana,
        "--reason",
        "so",
    ]);
    assert!(stay.code != 0 && stay.err.contains("no key"), "{stay:?}");
    let only = fingerprints(&home, "cy").remove(0);
    let only = home.cli(&["person", "key", "remove", "cy", &only, "--key", &ana, "--reason", "so"]);
    assert!(only.code != 0 && only.err.contains("only key"), "{only:?}");
    home.verify();
}

#[test]
fn a_team_of_which_one_is_left_gets_on_slowly_and_loudly() {
    let emulator = Emulator::start();
    let rules = "[approval]\ncooling_off = \"0s\"\nlone_delay = \"4s\"\n";
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo"], rules);
    let ana = home.private("ana");
    let new = home.file("new", "").display().to_string();
    std::fs::remove_file(&new).unwrap();
    let made =
        std::process::Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &new]).status();
    assert!(made.unwrap().success());
    let old = fingerprints(&home, "bo").remove(0);
    let public = format!("{new}.pub");
    let add =
        ["--json", "person", "key", "add", "bo", "--public-key", &public, "--key", &ana, "--reason", "lost"];
    let ticket = held(&home.cli(&add));
    let seen = home.cli(&["doctor"]);
    assert!(seen.code == 1 && seen.out.contains(&ticket), "{seen:?}");
    assert!(home.log().contains("TOO FEW ARE LEFT"), "{}", home.log());
    // Whoever is concerned may say no as long as it waits.
    home.cli(&["request", "deny", &ticket, "--key", &home.private("bo"), "--reason", "I am here"]).ok();
    let ticket = held(&home.cli(&add));
    home.approve("ana", &ticket).ok();
    assert_eq!(fingerprints(&home, "bo"), std::slice::from_ref(&old), "it waits");
    // What is due is looked for every five seconds.
    std::thread::sleep(Duration::from_secs(11));
    assert_eq!(fingerprints(&home, "bo").len(), 2);
    let rows = home.cli(&["--json", "ledger", "ls", "--kind", "person-enrolled"]).ok().json();
    assert_eq!((&rows[0]["public"]["lone"], &rows[0]["public"]["waited"]), (&true.into(), &4000.into()));
    // Suspended, and no less able to stop it.
    let ticket = held(&home.cli(&["--json", "person", "remove", "bo", "--key", &ana, "--reason", "gone"]));
    home.approve("ana", &ticket).ok();
    home.cli(&["request", "deny", &ticket, "--key", &home.private("bo"), "--reason", "I am here"]).ok();
    assert!(home.cli(&["person", "ls"]).ok().out.contains("SUSPENDED"), "his own no lifts nothing");
    // But he stops her in turn; and what each has asked for, each takes back, also once it is settled.
    let bo = home.private("bo");
    let turn = held(&home.cli(&["--json", "person", "remove", "ana", "--key", &bo, "--reason", "not I"]));
    for (ticket, key) in [(&ticket, &ana), (&turn, &bo)] {
        home.cli(&["request", "deny", ticket, "--key", key, "--reason", "we have talked"]).ok();
    }
    assert!(!home.cli(&["person", "ls"]).ok().out.contains("SUSPENDED"));
    home.verify();
}
