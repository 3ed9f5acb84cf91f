//! Every operation of every service, as botocore writes it: read, compared with what botocore was given, written to the
//! host that botocore chose, read again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod wire_common;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use interlock_reader_aws::identify::identify;
use interlock_reader_aws::wire::{Body, Request, Scope, parse_as, write};
use serde_json::Value;
use wire_common::{arrived, labels, operation, protocol, script, service};

/// Operations that do not survive the round trip, with the reason. Checked to be no longer than it must be.
const EXCEPTIONS: &[(&str, &str, &str)] = &[(
    "cloudsearchdomain",
    "Search",
    "the client turns the GET into a POST with a form, which no other REST operation has: refused",
)];

#[derive(Default)]
struct Count {
    requests: usize,
    read: usize,
    survived: usize,
    identified: usize,
}

fn request_of(line: &Value) -> Request {
    let url = line["url"].as_str().unwrap().strip_prefix("https://").unwrap();
    let at = url.find(['/', '?']).unwrap_or(url.len());
    let (host, target) = url.split_at(at);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = line["headers"].as_object().unwrap();
    let mut headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned()))
        .collect();
    headers.push(("host".to_owned(), host.to_owned()));
    Request {
        method: line["method"].as_str().unwrap().to_owned(),
        path: if path.is_empty() { "/" } else { path }.to_owned(),
        query: query.to_owned(),
        headers,
        body: Body::Bytes(STANDARD.decode(line["body"].as_str().unwrap()).unwrap()),
    }
}

/// The scope of a signed request.
fn scope(request: &Request) -> Option<Scope> {
    let (_, credential) = request.header("authorization")?.split_once("Credential=")?;
    let mut parts = credential.split(',').next()?.split('/').skip(2);
    Some(Scope { region: parts.next()?.to_owned(), service: parts.next()?.to_owned() })
}

/// Why a request does not survive; `None` if it does.
fn fault(line: &Value, count: &mut Count) -> Option<String> {
    let service = service(line["service"].as_str()?);
    let operation = operation(&service, line["operation"].as_str()?);
    let protocol = protocol(&service, line["protocol"].as_str()?);
    let request = request_of(line);
    let found = if protocol.is_rest() { labels(&service, &operation, &request) } else { Some(Vec::new()) };
    let Some(found) = found else { return Some(format!("path {} of {}", request.path, operation.uri)) };
    if let Some(scope) = scope(&request) {
        let candidates = identify(&request, Some(&scope)).unwrap_or_default();
        let same = candidates
            .iter()
            .find(|one| one.service.name == service.name && one.operation.name == operation.name);
        let sorted = |mut labels: Vec<(String, String)>| {
            labels.sort();
            labels
        };
        if same.is_some_and(|one| {
            one.protocol == protocol && sorted(one.labels.clone()) == sorted(found.clone())
        }) {
            count.identified += 1;
        } else if std::env::var_os("SHOW_ALL").is_some() {
            println!("{} {}: not identified with the labels {found:?}", service.name, operation.name);
        }
    }
    let read = match parse_as(&service, &operation, protocol, &found, &request) {
        Ok(read) => read,
        Err(error) => return Some(format!("not read: {error}")),
    };
    if !read.unknown_members.is_empty() {
        return Some(format!("unknown: {:?}", read.unknown_members));
    }
    if read.parameters != line["params"] {
        return Some(format!("read {} not {}", read.parameters, line["params"]));
    }
    count.read += 1;
    let account = Some("111122223333");
    let written = match write(&service, &operation, protocol, "eu-west-1", account, &read.parameters) {
        Ok(written) => written,
        Err(error) => return Some(format!("not written: {error}")),
    };
    // botocore alone asks for a bucket's location with the bucket in the path; AWS takes either.
    let elsewhere = operation.name == "GetBucketLocation";
    if line["how"] == "client" && request.header("host") != Some(written.host.as_str()) && !elsewhere {
        return Some(format!("to {} not {:?}", written.host, request.header("host")));
    }
    let again = arrived(&written);
    let found = if protocol.is_rest() { labels(&service, &operation, &again) } else { Some(Vec::new()) };
    match parse_as(&service, &operation, protocol, &found.unwrap_or_default(), &again) {
        Ok(second) if second == read => {
            count.survived += 1;
            None
        }
        Ok(second) => Some(format!("again {second:?} not {read:?}")),
        Err(error) => Some(format!("not read again: {error}")),
    }
}

#[test]
fn every_operation_survives() {
    let mut child = Command::new("python3")
        .arg(script("wire_requests.py"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 with botocore");
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let mut faults: Vec<(String, String, String)> = Vec::new();
    for line in output.lines() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let name = line["protocol"].as_str().unwrap_or("skipped").to_owned();
        let count = counts.entry(name).or_default();
        count.requests += 1;
        let why = match line.get("skipped") {
            Some(why) => Some(format!("botocore did not write it: {why}")),
            None => fault(&line, count),
        };
        if let Some(why) = why {
            let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
            faults.push((text("service"), text("operation"), format!("({}) {why}", text("mode"))));
        }
    }
    assert!(child.wait().unwrap().success());
    for (protocol, count) in &counts {
        println!(
            "{protocol}: {} requests, {} read as given, {} survive, {} identified with the same labels",
            count.requests, count.read, count.survived, count.identified
        );
    }
    let excused = |service: &str, name: &str| {
        EXCEPTIONS.iter().any(|(have, operation, _)| *have == service && *operation == name)
    };
    for (service, operation, why) in &faults {
        println!("{service} {operation} {}", why.chars().take(600).collect::<String>());
    }
    let total: usize = counts.values().map(|count| count.requests).sum();
    assert!(total >= 36_000, "only {total} requests: is botocore the one the catalogue was made of?");
    let inexcusable = faults.iter().filter(|(service, name, _)| !excused(service, name)).count();
    assert_eq!(inexcusable, 0, "requests that do not survive");
    for (service, name, why) in EXCEPTIONS {
        let needed = faults.iter().any(|(have, operation, _)| have == service && operation == name);
        assert!(needed, "`{service} {name}` survives after all; it was excused: {why}");
    }
}
