//! The shipped bundle keeps every promise; weakenings of it, made by hand, each break one, and say so readably.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test: a fault here is a failed test"
)]

use std::path::{Path, PathBuf};

use interlock_policy::{Candidate, PolicyFile};
use interlock_prover::{Counterexample, Proof, Solver, Verdict, diff, prove, read_invariants, review};

/// How long one promise may take, in milliseconds.
const LIMIT: u64 = 1000;

fn solver() -> Solver {
    // Never left out: without a solver nothing here would be proved.
    Solver::start().expect("cvc5 is needed: `cargo xtask setup` installs it")
}

fn proof(bundle: &Candidate) -> Proof {
    let invariants = read_invariants(bundle.schema(), &[]).unwrap();
    prove(bundle, &invariants, &mut solver()).unwrap()
}

fn shipped() -> Candidate {
    Candidate::over_shipped(&[]).unwrap()
}

fn with(name: &str, text: &str) -> Candidate {
    Candidate::over_shipped(&[PolicyFile::new(name, text)]).unwrap()
}

/// The shipped bundle with a change made to it: after some prose `in FILE`, then lines out (`-`) and lines in (`+`).
fn weakened(path: &Path) -> Candidate {
    let text = std::fs::read_to_string(path).unwrap();
    let mut hunks: Vec<(String, String, String)> = Vec::new();
    let mut file = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("in ") {
            file = name;
            hunks.push((file.to_owned(), String::new(), String::new()));
        } else if let Some(line) = line.strip_prefix('-') {
            if hunks.last().is_some_and(|(_, _, put)| !put.is_empty()) {
                hunks.push((file.to_owned(), String::new(), String::new()));
            }
            let (_, out, _) = hunks.last_mut().unwrap();
            out.push_str(&format!("{line}\n"));
        } else if let Some(line) = line.strip_prefix('+') {
            let (_, _, put) = hunks.last_mut().unwrap();
            put.push_str(&format!("{line}\n"));
        }
    }
    let mut files = shipped().files().to_vec();
    for (name, out, put) in hunks {
        let file = files.iter_mut().find(|file| file.name == name).unwrap();
        if out.is_empty() {
            file.text.push_str(&put);
        } else {
            assert_eq!(file.text.matches(&out).count(), 1, "{}: {out}", path.display());
            file.text = file.text.replacen(&out, &put, 1);
        }
    }
    Candidate::load(&files).unwrap()
}

fn weakenings() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/weakened");
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// The engine itself, asked once more from the outside.
fn engine_agrees(bundle: &Candidate, found: &Counterexample) -> bool {
    let verified = interlock_policy::Verified::new(found.evidence);
    let reachable = interlock_policy::Hypothetical::new(found.evidence);
    bundle.decide(std::slice::from_ref(&found.ask), &verified, &reachable).admits()
}

#[test]
fn the_shipped_bundle_keeps_every_promise_in_time() {
    // A machine that does something else at the same time is not what is measured: the best of three counts.
    let mut proofs: Vec<Proof> = (0..3).map(|_| proof(&shipped())).collect();
    let last = proofs.pop().unwrap();
    assert!(last.holds(), "{last}");
    assert!(last.claims.len() >= 15, "{last}");
    for (index, claim) in last.claims.iter().enumerate() {
        let best = proofs.iter().map(|proof| proof.claims[index].millis).min().unwrap().min(claim.millis);
        println!("{:<45} {best:>5} ms", claim.id);
        assert!(best < LIMIT, "{} took {best} ms", claim.id);
    }
}

#[test]
fn every_weakening_is_refuted_readably_and_the_engine_agrees() {
    let all = weakenings();
    assert!(all.len() >= 10, "{} weakenings", all.len());
    for path in all {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let bundle = weakened(&path);
        assert!(!bundle.loosens().is_empty(), "{name} takes no proof");
        let proof = proof(&bundle);
        let broken: Vec<String> = proof.open().map(ToString::to_string).collect();
        assert!(!broken.is_empty(), "{name} breaks nothing");
        for claim in proof.open() {
            let Verdict::Refuted { counterexample } = &claim.verdict else {
                panic!("{name}: {claim}");
            };
            assert!(engine_agrees(&bundle, counterexample), "{name}: {claim}");
            assert!(
                !engine_agrees(&shipped(), counterexample),
                "{name}: the shipped bundle does the same: {claim}"
            );
        }
        insta::assert_snapshot!(name, broken.join("\n\n"));
    }
}

#[test]
fn a_bundle_differs_from_itself_in_nothing() {
    let difference = diff(&shipped(), &shipped(), &mut solver()).unwrap();
    assert!(difference.changes.is_empty() && !difference.weakens(), "{difference}");
}

#[test]
fn an_added_forbid_only_closes() {
    let added = with(
        "mine.cedar",
        r#"@id("no-secrets") @tier("refuse") @why("We hand out none.") @next("Ask ana.")
           forbid (principal is Agent, action == Action::"sensitive-read", resource is Target)
           when { resource has name && resource.name like "prod-*" };"#,
    );
    let difference = diff(&shipped(), &added, &mut solver()).unwrap();
    assert!(!difference.weakens(), "{difference}");
    insta::assert_snapshot!("diff-tightened", difference.to_string());
    let back = diff(&added, &shipped(), &mut solver()).unwrap();
    assert!(back.weakens(), "{back}");
}

#[test]
fn a_weakening_is_shown_by_what_it_lets_through() {
    let path = weakenings().into_iter().find(|path| path.ends_with("one-person-is-enough.txt")).unwrap();
    let difference = diff(&shipped(), &weakened(&path), &mut solver()).unwrap();
    assert!(difference.weakens());
    insta::assert_snapshot!("diff-weakened", difference.to_string());
}

#[test]
fn what_keeps_every_invariant_may_still_weaken_and_is_signed_with_its_difference() {
    let bundle = weakened(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kept/quiet-interrupts.txt"));
    let seen = review(&shipped(), &bundle, &[]).unwrap();
    assert!(seen.weakens && seen.admissible(), "{seen}");
    let other = review(&shipped(), &shipped(), &[]).unwrap();
    assert!(!other.weakens && other.admissible() && other.digest != seen.digest, "{other}");
    let again = review(&shipped(), &bundle, &[]).unwrap();
    assert_eq!(again.digest, seen.digest, "people sign what they were shown");
}

#[test]
fn own_invariants_count() {
    let own = PolicyFile::new(
        "ours.cedar",
        r#"@id("no-deploys-by-night") @invariant("Nothing in billing is created.") @why("Because.")
           forbid (principal is Agent, action == Action::"create", resource is Target)
           when { resource.environment == "billing" };"#,
    );
    let seen = review(&shipped(), &shipped(), std::slice::from_ref(&own)).unwrap();
    assert!(!seen.admissible(), "{seen}");
    let closed = with(
        "ours.cedar",
        r#"@id("billing-is-closed") @tier("refuse") @why("It is.") @next("Do not.")
           forbid (principal is Agent, action == Action::"create", resource is Target)
           when { resource.environment == "billing" };"#,
    );
    let seen = review(&shipped(), &closed, &[own]).unwrap();
    assert!(seen.admissible() && !seen.weakens, "{seen}");
}

#[test]
fn a_program_that_is_no_solver_proves_nothing() {
    let mut none = Solver::start_program(Path::new("/bin/cat")).unwrap();
    let bundle = shipped();
    let invariants = read_invariants(bundle.schema(), &[]).unwrap();
    assert!(!prove(&bundle, &invariants, &mut none).is_ok_and(|proof| proof.holds()));
    assert!(Solver::start_program(Path::new("/nowhere/cvc5")).is_err());
}

/// What an agent writes itself. `writing.cedar` strikes out exactly this.
const WRITTEN: &[&str] = &["Target.name", "Target.tags_known"];

/// What Interlock works out from the bytes of the call, from live reads, from its ledger and from what people signed.
const WORKED_OUT: &[&str] = &[
    "Agent.class",
    "Agent.name",
    "Agent.owner",
    "Evidence.approvals",
    "Evidence.break_glass",
    "Evidence.delay_elapsed",
    "Evidence.forecast",
    "Evidence.granted",
    "Evidence.independent",
    "Evidence.others",
    "Evidence.recovery_point",
    "Evidence.recovery_proven",
    "Evidence.rehearsal",
    "Facts.administrator",
    "Facts.in_scope",
    "Facts.known",
    "Facts.lease_names_secret",
    "Facts.loses_data",
    "Facts.operation",
    "Facts.over_budget",
    "Facts.reach_production",
    "Facts.rehearsable",
    "Facts.securable",
    "Facts.service",
    "Facts.surface",
    "Facts.undo",
    "People.solo",
    "People.team",
    "Situation.evidence",
    "Situation.facts",
    "Situation.people",
    "Target.account",
    "Target.bears_data",
    "Target.class_read_only",
    "Target.environment",
    "Target.interlock_own",
    "Target.kind",
    "Target.made_by_session",
    "Target.production",
];

#[test]
fn every_attribute_is_either_written_by_agents_or_worked_out() {
    let files = shipped();
    let schema = files.files().iter().find(|file| file.name.ends_with(".cedarschema")).unwrap();
    let (fragment, _) = cedar_policy::SchemaFragment::from_cedarschema_str(&schema.text).unwrap();
    let schema = fragment.to_json_value().unwrap();
    let mut found: Vec<String> = Vec::new();
    for (part, at) in [("entityTypes", "/shape/attributes"), ("commonTypes", "/attributes")] {
        for (name, form) in schema[""][part].as_object().unwrap() {
            let attributes = form.pointer(at).and_then(|attributes| attributes.as_object()).unwrap();
            found.extend(attributes.keys().map(|attribute| format!("{name}.{attribute}")));
        }
    }
    found.sort();
    let mut known: Vec<&str> = WRITTEN.iter().chain(WORKED_OUT).copied().collect();
    known.sort_unstable();
    assert_eq!(found, known, "say of a new attribute whether an agent writes it");
    assert!(!schema[""]["entityTypes"]["Target"]["tags"].is_null(), "tags are struck out too");
}
