//! A whole request, from its head to the action: whatever is read survives being written anew, and nothing that is named
//! like a change is judged a mere read.

use interlock_reader_aws::{
    Candidate,
    catalogue::Catalogue,
    identify::identify,
    read,
    wire::{Scope, check, write},
};
use serde_json::Value;

use crate::{
    Target, http,
    operations::{ACCOUNT, arrived},
    seeds,
};

pub(super) const TARGET: Target = Target {
    name: "request",
    about: "a whole request: head, identification, parameters, judgement, and writing it anew",
    millis: 1_000,
    run,
    seeds: || {
        let mut seeds: Vec<Vec<u8>> = seeds::recorded().iter().map(http::text).collect();
        for (_, scope, mut request) in seeds::written(150) {
            let credential = format!(
                "AWS4-HMAC-SHA256 Credential=AKID/20260101/{scope}/aws4_request, SignedHeaders=host, Signature=0"
            );
            request.headers.push(("authorization".to_owned(), credential));
            seeds.push(http::text(&request));
        }
        let kinds = [
            ("POST", "/", "x-amz-target: DynamoDB_20120810.DeleteTable\nhost: h"),
            ("POST", "/", "content-type: application/x-www-form-urlencoded"),
            ("PUT", "/bucket?policy", "host: s3.us-east-1.amazonaws.com"),
            (
                "POST",
                "/service/GraniteServiceVersion20100801/operation/PutMetricAlarm",
                "smithy-protocol: rpc-v2-cbor",
            ),
            ("POST", "/2015-03-31/functions", "host: lambda.us-east-1.amazonaws.com"),
        ];
        for body in seeds::hostile_bodies() {
            for (at, (method, target, headers)) in kinds.iter().enumerate() {
                let service = ["dynamodb", "rds", "s3", "monitoring", "lambda"][at];
                let form = if at == 1 { "Action=DescribeDBInstances&Version=2014-10-31&A=" } else { "" };
                let head = format!(
                    "{method} {target}\n{headers}\nauthorization: AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/{service}/aws4_request\n\n{form}"
                );
                seeds.push([head.as_bytes(), &body].concat());
            }
        }
        seeds
    },
};

fn run(bytes: &[u8]) {
    let Some(request) = http::parse(bytes) else { return };
    let scope = http::scope(&request);
    let checked = check(&request);
    let Ok(reading) = read(&request, scope.as_ref(), Some(ACCOUNT)) else { return };
    assert!(checked.is_ok(), "what the guard refuses was read");
    assert!(!reading.candidates.is_empty(), "it was read and is nothing");
    for candidate in &reading.candidates {
        named_for_what_it_is(candidate);
        // What is signed for nowhere is sent nowhere.
        if let Some(scope) = &scope {
            survives(candidate, scope);
        }
    }
}

/// An independent look at what is a change: the name alone.
pub(super) fn named_for_what_it_is(candidate: &Candidate) {
    const CHANGES: [&str; 8] =
        ["Delete", "Terminate", "Create", "Modify", "Purge", "Restore", "Deregister", "Attach"];
    let action = &candidate.action;
    let dry = candidate.parameters.get("DryRun") == Some(&Value::Bool(true));
    let named = CHANGES.iter().any(|verb| candidate.operation.starts_with(verb));
    assert!(!named || dry || !action.is_plain_read(), "{} is judged a mere read", action.operation);
}

/// What was judged is what would be sent.
fn survives(candidate: &Candidate, scope: &Scope) {
    if candidate.action.unknowns.iter().any(|unknown| unknown.contains("is not known to")) {
        // Held; what is unknown is not written.
        return;
    }
    let service = Catalogue::get().service(&candidate.service).unwrap();
    let operation = service.operation(&candidate.operation).unwrap();
    let region = scope.region.as_str();
    let written =
        write(&service, operation, candidate.protocol, region, Some(ACCOUNT), &candidate.parameters);
    // What cannot be written is not sent.
    let Ok(written) = written else { return };
    let scope = Scope { region: written.signing_region.clone(), service: written.signing_name.to_owned() };
    let again = arrived(&written);
    let found = identify(&again, Some(&scope)).unwrap_or_else(|error| panic!("{error}: {again:?}"));
    assert!(
        found.iter().any(|found| found.operation.name == candidate.operation),
        "{} became {:?}: {again:?}",
        candidate.operation,
        found.iter().map(|found| found.operation.name).collect::<Vec<_>>()
    );
    let second =
        read(&again, Some(&scope), Some(ACCOUNT)).unwrap_or_else(|error| panic!("{error}: {again:?}"));
    let same =
        |other: &&Candidate| other.service == candidate.service && other.operation == candidate.operation;
    // A sibling service of the same wire form may come first; its own reading must be the same.
    let Some(second) = second.candidates.iter().find(same) else {
        panic!("{}:{} is read as something else: {again:?}", candidate.service, candidate.operation)
    };
    let mut parameters = second.parameters.clone();
    // A checksum that was announced and not carried is added, so that what is sent is what was announced.
    if let (Some(Value::String(algorithm)), Some(members)) =
        (candidate.parameters.get("ChecksumAlgorithm"), parameters.as_object_mut())
    {
        let sum = format!("Checksum{}", algorithm.to_ascii_uppercase());
        members.retain(|name, _| *name != sum || candidate.parameters.get(name).is_some());
    }
    assert_eq!(parameters, candidate.parameters, "{}: {again:?}", candidate.operation);
    if scope.region == region {
        let claims = |candidate: &Candidate| format!("{:?}", candidate.action.claims);
        assert_eq!(claims(second), claims(candidate), "{}: {again:?}", candidate.operation);
    }
}
