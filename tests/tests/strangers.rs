//! Three verifiers that have nothing in common but the specifications, on 10,000 random logs: Interlock's own, one made of
//! the crates `tlog_tiles` and `signed_note`, and one in Python, written from the texts. They agree on every log, whatever
//! was done to it, and where it is known what was done, on its name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod stranger;

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    thread,
};

use serde_json::{Value, json};
use stranger::{Case, Dice, Verdict, case, independent::theirs, ours, signer};

const LOGS: usize = 10_000;

/// Sizes at which a tile, or a level, is just not full, just full, or just begun.
const EDGES: [usize; 14] = [0, 1, 2, 3, 127, 128, 129, 255, 256, 257, 511, 512, 513, 768];
/// Those of the third level are few, because they are long.
const LARGE: [usize; 3] = [65_535, 65_536, 65_537];

fn size(nth: usize, dice: &mut Dice) -> usize {
    match nth {
        0..3 => LARGE[nth],
        _ if nth.is_multiple_of(12) => EDGES[dice.below(EDGES.len())],
        _ => dice.below(48),
    }
}

fn request(case: &Case) -> Value {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let files: BTreeMap<&String, String> =
        case.files.iter().map(|(path, bytes)| (path, STANDARD.encode(bytes))).collect();
    json!({"files": files, "key": signer().verifier().to_string(), "held": case.held})
}

/// Which of the ways in which a head can be wrong it is, depends on the bit that was flipped in it, and is not compared.
fn coarse(verdict: &Verdict) -> Verdict {
    let head = ["bad-signature", "unknown-signature", "bad-checkpoint"].contains(&verdict.0.as_str());
    if head { ("head".to_owned(), None) } else { verdict.clone() }
}

/// What was done, how it was called, and how often.
#[derive(Default)]
struct Tally(BTreeMap<(&'static str, String), usize>);

fn python(fixture: &str) -> Command {
    let mut command = Command::new(interlock_tests::python());
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ledger").join(fixture));
    command
}

#[test]
fn three_verifiers_agree_on_ten_thousand_random_logs() {
    let mut child =
        python("verify.py").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python is needed");
    let (mut asked, answered) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    // The logs are made anew from their number by whoever needs them, so that none waits for another.
    let make = |nth: usize| {
        let mut dice = Dice::new(nth as u64 + 1);
        let size = size(nth, &mut dice);
        case(size, &mut dice)
    };
    let writer = thread::spawn(move || {
        for nth in 0..LOGS {
            writeln!(asked, "{}", request(&make(nth))).unwrap();
        }
    });
    let mut tally = Tally::default();
    for (nth, line) in answered.lines().enumerate() {
        let (word, number): (String, Option<u64>) = serde_json::from_str(&line.unwrap()).unwrap();
        let case = make(nth);
        let (own, independent) = (ours(&case), theirs(&case));
        match &case.expected {
            Some(expected) => {
                assert_eq!(own, *expected, "log {nth}: {}", case.done);
                assert_eq!(independent, *expected, "log {nth}, the crates: {}", case.done);
                assert_eq!((word, number), *expected, "log {nth}, Python: {}", case.done);
            }
            None => {
                assert_eq!(coarse(&own), coarse(&independent), "log {nth}, the crates: {}", case.done);
                assert_eq!(coarse(&own), coarse(&(word, number)), "log {nth}, Python: {}", case.done);
                assert_ne!(own.0, "verifies", "log {nth}: {}", case.done);
            }
        }
        *tally.0.entry((case.done, own.0)).or_default() += 1;
    }
    writer.join().unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(tally.0.values().sum::<usize>(), LOGS);
    for ((done, verdict), count) in &tally.0 {
        println!("{count:6} × {done}: {verdict}");
    }
    for verdict in ["rewritten", "reordered", "truncated", "forked", "diverged", "bad-tile", "bad-signature"]
    {
        assert!(tally.0.keys().any(|(_, found)| found == verdict), "{verdict} never came");
    }
}
