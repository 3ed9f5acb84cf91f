//! Changing the policy: proved, shown, signed, kept; and history decided again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use std::time::{Duration, Instant};

use interlock_tests::{Emulator, Home};

const SHIPPED: &str = include_str!("../../policies/interrupt.cedar");

/// What bears no data may be stopped in production: weaker, and no invariant says otherwise.
fn quiet() -> String {
    let when = "when { resource.production && !resource.made_by_session }";
    assert!(SHIPPED.contains(when));
    SHIPPED.replace(when, "when { resource.production && resource.bears_data && !resource.made_by_session }")
}

/// The owner alone may have anything stopped.
fn owners() -> String {
    let independent = "context.evidence.independent >= 1 ||";
    assert!(SHIPPED.contains(independent));
    SHIPPED.replace(independent, "context.evidence.approvals >= 1 ||")
}

#[test]
fn what_weakens_is_shown_named_and_signed_by_two() {
    let emulator = Emulator::start();
    let (home, daemon) = Home::new(&emulator, &["ana", "bo"], "");
    drop(daemon);
    let (ana, bo) = (home.private("ana"), home.private("bo"));
    let policies = home.root().join("policies");
    let put = |text: &str| std::fs::write(policies.join("interrupt.cedar"), text).unwrap();
    let apply = |more: &[&str]| {
        let both = ["policy", "apply", "--key", &ana, "--key", &bo, "--reason", "nobody minds"];
        home.cli(&both.into_iter().chain(more.iter().copied()).collect::<Vec<_>>())
    };
    // What breaks a promise comes into force for nobody.
    put(&owners());
    let broken = apply(&[]);
    assert!(broken.code == 10 && broken.err.contains("REFUTED   owner-alone-changes-nothing"), "{broken:?}");
    assert!(broken.err.contains("approved by the agent's owner"), "{broken:?}");
    let refuted = home.cli(&["policy", "prove"]);
    assert!(refuted.code == 10 && refuted.out.contains("REFUTED"), "{refuted:?}");
    // What keeps them all and weakens has to be meant.
    put(&quiet());
    assert_eq!(home.cli(&["serve"]).code, 78, "a changed file never comes into force by a restart");
    let shown = apply(&[]);
    assert!(
        shown.code == 11 && shown.err.contains("BECOMES ALLOWED: some requests to interrupt"),
        "{shown:?}"
    );
    let digest = shown.err.split("--difference ").nth(1).unwrap().trim().to_owned();
    assert_eq!(apply(&["--difference", "0000"]).code, 11);
    let alone = home.cli(&["policy", "apply", "--key", &ana, "--reason", "so", "--difference", &digest]);
    assert!(alone.code == 1 && alone.err.contains("1 of 2 people"), "{alone:?}");
    apply(&["--difference", &digest]).ok();
    let daemon = home.serve(&[("CVC5", "/nowhere")]);
    let rows = home.cli(&["--json", "ledger", "ls", "--kind", "config-activated"]).ok().json();
    assert_eq!(rows[0]["public"]["review"].as_str(), Some(digest.as_str()), "{rows}");
    assert_eq!(rows[0]["public"]["weakens"], true, "{rows}");
    drop(daemon);
    // What is in force is known, whatever now stands in the folder: taking the weakening back only closes.
    std::fs::remove_file(policies.join("interrupt.cedar")).unwrap();
    let back = home.cli(&["policy", "diff", "in-force", "shipped"]).ok();
    assert!(back.out.contains("becomes refused") && !back.out.contains("BECOMES ALLOWED"), "{back:?}");
    apply(&[]).ok();
    home.verify();
}

#[test]
fn alone_what_weakens_waits_and_may_be_taken_back() {
    let emulator = Emulator::start();
    let (home, daemon) = Home::new(&emulator, &["ana"], "[approval]\nsolo_delay = \"3s\"\n");
    drop(daemon);
    let ana = home.private("ana");
    let file = home.root().join("policies/interrupt.cedar");
    std::fs::write(&file, quiet()).unwrap();
    let apply = |more: &[&str]| {
        let args = ["policy", "apply", "--key", &ana, "--reason", "so"];
        home.cli(&args.into_iter().chain(more.iter().copied()).collect::<Vec<_>>())
    };
    let shown = apply(&[]);
    let digest = shown.err.split("--difference ").nth(1).unwrap().trim().to_owned();
    // Whoever has second thoughts takes the file away: what was signed is not there any more.
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| apply(&["--difference", &digest]));
        std::thread::sleep(Duration::from_secs(2));
        std::fs::remove_file(&file).unwrap();
        let stopped = waits.join().unwrap();
        assert!(stopped.code != 0 && stopped.err.contains("changed while it waited"), "{stopped:?}");
    });
    std::fs::write(&file, quiet()).unwrap();
    let begun = Instant::now();
    let applied = apply(&["--difference", &digest]).ok();
    assert!(applied.err.contains("comes into force in 3 s"), "{applied:?}");
    assert!(begun.elapsed() >= Duration::from_secs(3));
    home.verify();
}

#[test]
fn without_a_solver_only_what_tightens_comes_into_force() {
    let emulator = Emulator::start();
    let (home, daemon) = Home::new(&emulator, &["ana"], "");
    drop(daemon);
    let ana = home.private("ana");
    let apply =
        || home.cli_with(&["policy", "apply", "--key", &ana, "--reason", "so"], &[("CVC5", "/nowhere/cvc5")]);
    let policies = home.root().join("policies");
    std::fs::write(policies.join("interrupt.cedar"), quiet()).unwrap();
    let refused = apply();
    assert!(refused.code == 10 && refused.err.contains("unproven"), "{refused:?}");
    std::fs::remove_file(policies.join("interrupt.cedar")).unwrap();
    let tighter = "@id(\"closed\") @tier(\"refuse\") @why(\"It is.\") @next(\"Ask ana.\")\n\
                   forbid (principal is Agent, action == Action::\"create\", resource is Target);";
    std::fs::write(policies.join("ours.cedar"), tighter).unwrap();
    apply().ok();
    let _daemon = home.serve(&[]);
}

#[test]
fn history_is_decided_again() {
    let emulator = Emulator::start();
    let (home, daemon) = Home::new(&emulator, &["ana", "bo"], "");
    home.aws(&["sqs", "list-queues"]).ok();
    home.aws(&["sqs", "create-queue", "--queue-name", "orders"]).ok();
    drop(daemon);
    let same = home.cli(&["--json", "policy", "replay", "shipped"]).ok().json();
    assert_eq!(same["differs"].as_array().unwrap().len(), 0, "{same}");
    assert!(same["decided"].as_u64().unwrap() >= 1, "{same}");
    assert!(same["skipped"]["a plain read, kept by name only"].as_u64() >= Some(1), "{same}");
    let closed = home.file(
        "closed.cedar",
        "@id(\"closed\") @tier(\"refuse\") @why(\"It is.\") @next(\"Ask ana.\")\n\
         forbid (principal is Agent, action == Action::\"create\", resource is Target);",
    );
    let closed = closed.to_str().unwrap();
    let differs = home.cli(&["policy", "replay", closed]).ok();
    assert!(
        differs.out.contains("aws:sqs:CreateQueue") && differs.out.contains("refuse, by `closed`"),
        "{differs:?}"
    );
    let later =
        home.cli(&["--json", "policy", "replay", closed, "--since", "2100-01-01T00:00:00Z"]).ok().json();
    assert_eq!(later["decided"].as_u64(), Some(0), "{later}");
    assert_eq!(home.cli(&["policy", "replay", closed, "--since", "yesterday"]).code, 2);
}

#[test]
fn a_promise_is_not_given_up_unsaid() {
    let emulator = Emulator::start();
    let (home, daemon) = Home::new(&emulator, &["ana", "bo"], "");
    drop(daemon);
    let (ana, bo) = (home.private("ana"), home.private("bo"));
    let apply = |more: &[&str]| {
        let args = ["policy", "apply", "--key", &ana, "--key", &bo, "--reason", "so"];
        home.cli(&args.into_iter().chain(more.iter().copied()).collect::<Vec<_>>())
    };
    let folder = home.root().join("policies/invariants");
    std::fs::create_dir_all(&folder).unwrap();
    let promise = "@id(\"no-observer-writes\") @invariant(\"No observer changes anything.\") @why(\"They look.\")\n\
                   forbid (principal is Agent, action in Action::\"mutation\", resource is Target)\n\
                   when { principal.class == \"observer\" };";
    std::fs::write(folder.join("ours.cedar"), promise).unwrap();
    apply(&[]).ok();
    for emptied in [Some("// nothing\n"), None] {
        match emptied {
            Some(text) => std::fs::write(folder.join("ours.cedar"), text).unwrap(),
            None => std::fs::remove_file(folder.join("ours.cedar")).unwrap(),
        }
        let held = apply(&[]);
        assert!(
            held.code == 11 && held.err.contains("GIVES UP") && held.err.contains("ours.cedar"),
            "{held:?}"
        );
    }
    let digest = apply(&[]).err.split("--difference ").nth(1).unwrap().trim().to_owned();
    apply(&["--difference", &digest]).ok();
    apply(&[]).ok();
    home.verify();
}
