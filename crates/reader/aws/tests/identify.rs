//! Every operation that botocore knows, serialised by botocore itself and identified without the host.
//!
//! Table and requests share a source, so this proves that nothing is lost between model, table and identification; it
//! does not prove that the model is right.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use base64::Engine as _;
use interlock_reader_aws::{
    ReadError,
    catalogue::Catalogue,
    identify::{Candidate, identify},
    wire::{Body, Request, Scope},
};

const BOTOCORE: &str = "1.43.11";
const SERVICES: usize = 424;
const OPERATIONS: usize = 18_378;

/// One line of what `serialise.py` prints.
type Line =
    (String, String, String, String, String, String, String, String, BTreeMap<String, String>, String);

/// A request and what it is.
struct Sample {
    service: String,
    operation: String,
    variant: String,
    scope: Scope,
    request: Request,
}

/// The workspace's target folder.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}

/// The Python that has botocore: `INTERLOCK_PYTHON`, else the target folder's virtual environment, else `python3`.
fn python() -> PathBuf {
    if let Some(python) = std::env::var_os("INTERLOCK_PYTHON") {
        return python.into();
    }
    let own = target().join("venv/bin/python");
    if own.exists() { own } else { "python3".into() }
}

/// All samples; `None` where botocore is missing, which CI does not forgive.
fn samples() -> Option<Vec<Sample>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serialise.py");
    // The script's length and content stand in for its version: another script, another file.
    let text = std::fs::read(&script).unwrap();
    let mark = text.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    });
    let file = target().join(format!("catalogue/requests-{BOTOCORE}-{mark:016x}.jsonl"));
    if !file.exists() {
        let run = Command::new(python()).arg(&script).arg(BOTOCORE).arg(&file).output();
        let why = match run {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(why) = why {
            assert!(std::env::var_os("CI").is_none(), "the requests cannot be made: {why}");
            eprintln!("skipped: botocore {BOTOCORE} cannot serialise the requests: {why}");
            return None;
        }
    }
    let text = std::fs::read_to_string(&file).unwrap();
    Some(text.lines().map(sample).collect())
}

fn sample(line: &str) -> Sample {
    let (service, operation, protocol, variant, scope, method, path, query, headers, body): Line =
        serde_json::from_str(line).unwrap();
    let headers = headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    // The endpoint rules sign what goes to directory buckets' own endpoint differently than the model says.
    let scope = if operation == "ListDirectoryBuckets" { "s3express".to_owned() } else { scope };
    let body = Body::Bytes(base64::engine::general_purpose::STANDARD.decode(body).unwrap());
    Sample {
        service,
        operation,
        variant: format!("{protocol} {variant}"),
        scope: Scope { region: "us-east-1".to_owned(), service: scope },
        request: Request { method, path, query, headers, body },
    }
}

/// Whether the candidate is the sample's operation, under its own name or that of the wider model which covers it.
fn is(candidate: &Candidate, sample: &Sample) -> bool {
    let services =
        [("docdb", "rds"), ("neptune", "rds"), ("wisdom", "qconnect"), ("sms-voice", "pinpoint-sms-voice")];
    let operations =
        ["GetBucketLifecycle", "PutBucketLifecycle", "GetBucketNotification", "PutBucketNotification"];
    let (service, operation) = (candidate.service.name, candidate.operation.name);
    let renamed = operations.contains(&sample.operation.as_str())
        && operation.strip_suffix("Configuration") == Some(&sample.operation);
    (service == sample.service || services.contains(&(sample.service.as_str(), service)))
        && (operation == sample.operation || sample.service == "s3" && renamed)
}

#[derive(Default)]
struct Count {
    one: usize,
    several: usize,
    same_name: usize,
    differing: BTreeSet<String>,
    wrong: Vec<String>,
    none: Vec<String>,
}

impl Count {
    fn add(&mut self, sample: &Sample, found: &Result<Vec<Candidate>, ReadError>) {
        let name = format!("{}:{} ({})", sample.service, sample.operation, sample.variant);
        match found {
            Ok(candidates) if !candidates.iter().any(|candidate| is(candidate, sample)) => {
                let first = candidates.first().map(|c| format!("{}:{}", c.service.name, c.operation.name));
                self.wrong.push(format!("{name} read as {first:?}"));
            }
            Ok(candidates) if candidates.len() == 1 => self.one += 1,
            Ok(candidates) => {
                self.several += 1;
                let named = |c: &Candidate| format!("{}:{}", c.service.name, c.operation.name);
                if candidates.iter().all(|candidate| candidate.operation.name == sample.operation) {
                    self.same_name += 1;
                } else {
                    self.differing.insert(candidates.iter().map(named).collect::<Vec<_>>().join(" | "));
                }
            }
            Err(error) => self.none.push(format!("{name}: {error}")),
        }
    }
}

#[test]
fn every_operation_is_identified_without_the_host() {
    let Some(samples) = samples() else { return };
    let kinds: BTreeSet<&str> = samples.iter().map(|sample| sample.service.as_str()).collect();
    let operations: BTreeSet<_> = samples.iter().map(|sample| (&sample.service, &sample.operation)).collect();
    assert_eq!(kinds.len(), SERVICES);
    assert_eq!(operations.len(), OPERATIONS);

    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let mut slowest = Duration::ZERO;
    // Twice, so that the second time is without decoding; services come in order, so none is decoded twice in between.
    let (mut first, mut again) = (Duration::ZERO, Duration::ZERO);
    for sample in &samples {
        let started = Instant::now();
        let found = identify(&sample.request, Some(&sample.scope));
        first += started.elapsed();
        let started = Instant::now();
        let _ = identify(&sample.request, Some(&sample.scope));
        slowest = slowest.max(started.elapsed());
        again += started.elapsed();
        let variant = if sample.variant.ends_with("all") { "all members" } else { "required members" };
        counts.entry(variant).or_default().add(sample, &found);
    }
    for (variant, count) in &counts {
        println!(
            "{variant}: one {} · several {} (same name {}) · wrong {} · none {}",
            count.one,
            count.several,
            count.same_name,
            count.wrong.len(),
            count.none.len()
        );
        println!("  several names: {:#?}", count.differing);
    }
    let each = |total: Duration| total.as_secs_f64() * 1e6 / samples.len() as f64;
    println!(
        "{} requests: {:.1} µs each, {:.1} with decoding, slowest {slowest:?}",
        samples.len(),
        each(again),
        each(first)
    );
    for count in counts.values() {
        assert!(count.wrong.is_empty(), "{:#?}", count.wrong);
        assert!(count.none.is_empty(), "{:#?}", count.none);
        // As measured; fewer candidates are welcome, more mean that a tie-break was lost.
        assert!(count.several <= 110, "{} are ambiguous", count.several);
    }
}

/// The same, with the bucket in the host.
#[test]
fn every_s3_operation_is_identified_with_the_bucket_in_the_host() {
    let Some(samples) = samples() else { return };
    let mut tested = 0;
    for mut sample in samples.into_iter().filter(|sample| sample.service == "s3") {
        let operation = Catalogue::get().service("s3").unwrap();
        let operation = operation.operation(&sample.operation).unwrap();
        if !operation.uri.starts_with("/{Bucket}") {
            continue;
        }
        let rest = sample.request.path.trim_start_matches('/');
        let (_, key) = rest.split_once('/').unwrap_or((rest, ""));
        sample.request.path = format!("/{key}");
        for host in [
            "my.bucket.s3.eu-west-1.amazonaws.com",
            "my.bucket.s3.amazonaws.com:443",
            "my.bucket.localhost:5000",
        ] {
            sample.request.headers.retain(|(name, _)| name != "host");
            sample.request.headers.push(("host".to_owned(), host.to_owned()));
            let found = identify(&sample.request, Some(&sample.scope)).unwrap();
            let found = found.iter().find(|candidate| is(candidate, &sample)).unwrap_or_else(|| {
                panic!(
                    "{} at {host} is read as {:?}",
                    sample.operation,
                    found.first().map(|c| c.operation.name)
                )
            });
            assert!(
                found.labels.contains(&("Bucket".to_owned(), "my.bucket".to_owned())),
                "{:?}",
                found.labels
            );
        }
        tested += 1;
    }
    assert!(tested > 200, "{tested}");
}
