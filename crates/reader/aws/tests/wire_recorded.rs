//! Requests of independent writers of the protocols, recorded once: Terraform 1.11 with the AWS provider 5.100 (the Go
//! SDK) while it built and removed thirty resources, and the JavaScript SDK v3. Each is one operation, nothing in it is
//! unknown, and it survives being written anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod wire_common;

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use interlock_reader_aws::identify::{Candidate, identify};
use interlock_reader_aws::wire::{Body, Request, Scope, parse, write};
use serde_json::Value;
use wire_common::arrived;

const TERRAFORM: &str = include_str!("data/terraform.jsonl");
const JAVASCRIPT: &str = include_str!("data/javascript.jsonl");

fn lines() -> impl Iterator<Item = &'static str> {
    TERRAFORM.lines().chain(JAVASCRIPT.lines())
}

fn recorded(line: &str) -> (Request, Scope) {
    let line: Value = serde_json::from_str(line).unwrap();
    let (path, query) =
        line["target"].as_str().unwrap().split_once('?').unwrap_or((line["target"].as_str().unwrap(), ""));
    let headers = line["headers"].as_object().unwrap();
    let request = Request {
        method: line["method"].as_str().unwrap().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect(),
        body: Body::Bytes(STANDARD.decode(line["body"].as_str().unwrap()).unwrap()),
    };
    let credential =
        request.header("authorization").and_then(|text| text.split_once("Credential=")).unwrap().1;
    let parts: Vec<&str> = credential.split('/').collect();
    let scope = Scope { region: parts[2].to_owned(), service: parts[3].to_owned() };
    (request, scope)
}

fn only(request: &Request, scope: &Scope) -> Candidate {
    let mut found = identify(request, Some(scope)).unwrap();
    assert_eq!(found.len(), 1, "{} {}", request.method, request.path);
    found.remove(0)
}

#[test]
fn every_request_is_read_and_survives() {
    let mut operations = BTreeSet::new();
    for line in lines() {
        let (request, scope) = recorded(line);
        let first = only(&request, &scope);
        let name = format!("{}:{}", first.service.name, first.operation.name);
        let read = parse(&first, &request).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read.unknown_members, [""; 0], "{name}");
        let (service, operation) = (&first.service, &first.operation);
        let written =
            write(service, operation, first.protocol, &scope.region, Some("123456789012"), &read.parameters);
        let written = written.unwrap_or_else(|error| panic!("{name}: {error}"));
        let scope =
            Scope { region: written.signing_region.clone(), service: written.signing_name.to_owned() };
        let again = arrived(&written);
        let second = only(&again, &scope);
        assert_eq!(second.operation.name, first.operation.name);
        assert_eq!(parse(&second, &again).unwrap(), read, "{name}");
        operations.insert(name);
    }
    println!("{} requests of {} operations", lines().count(), operations.len());
    assert!(operations.len() >= 140, "{}", operations.len());
}

#[test]
fn the_parameters_are_what_the_configuration_says() {
    let find = |wanted: &str| {
        let mut all = lines().map(recorded);
        let found = all.find_map(|(request, scope)| {
            let candidate = only(&request, &scope);
            (candidate.operation.name == wanted).then(|| parse(&candidate, &request).unwrap().parameters)
        });
        found.unwrap_or_else(|| panic!("no {wanted}"))
    };
    let database = find("CreateDBInstance");
    assert_eq!(database["MasterUserPassword"], "secret<&>123");
    assert_eq!(database["AllocatedStorage"], 20);
    let object = find("PutObject");
    assert_eq!(object["Key"], "a b/ü+x.txt");
    assert_eq!(object["Metadata"]["k"], "v");
    assert_eq!(object["Body"], STANDARD.encode("hello"));
    assert_eq!(find("PutBucketVersioning")["VersioningConfiguration"]["Status"], "Enabled");
    assert_eq!(find("PutItem")["Item"]["n"]["N"], "1");
    let record = &find("ChangeResourceRecordSets")["ChangeBatch"]["Changes"][0]["ResourceRecordSet"];
    assert_eq!(
        (&record["TTL"], &record["ResourceRecords"][0]["Value"]),
        (&Value::from(60), &Value::from("192.0.2.1"))
    );
}
