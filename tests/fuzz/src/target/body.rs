//! Parameters of one operation, read in its protocol: what is read can be written, and reads the same again.

use interlock_reader_aws::wire::{parse_as, write};

use crate::{
    Target,
    cursor::Cursor,
    http,
    operations::{ACCOUNT, REGION, arrived, chosen, place},
    seeds,
};

pub(super) const TARGET: Target = Target {
    name: "body",
    about: "the readers and writers of all six protocols: JSON, CBOR, query, EC2, REST-JSON, REST-XML",
    millis: 1_000,
    run,
    seeds: || {
        let mut seeds: Vec<Vec<u8>> = seeds::written(60)
            .into_iter()
            .map(|(at, _, request)| [at.to_be_bytes().as_slice(), &http::text(&request)].concat())
            .collect();
        let deep = [
            ("dynamodb", "PutItem", "content-type: application/x-amz-json-1.0"),
            ("cloudwatch", "PutMetricData", "content-type: application/cbor"),
            ("rds", "CreateDBInstance", "content-type: application/x-www-form-urlencoded"),
            ("ec2", "RunInstances", "content-type: application/x-www-form-urlencoded"),
            ("s3", "PutBucketLifecycleConfiguration", "content-type: application/xml"),
            ("bedrock-runtime", "Converse", "content-type: application/json"),
        ];
        for (service, operation, header) in deep {
            for body in seeds::hostile_bodies() {
                let head = format!("POST /\n{header}\n\n");
                seeds.push(
                    [place(service, operation).to_be_bytes().as_slice(), head.as_bytes(), &body].concat(),
                );
            }
        }
        seeds
    },
};

fn run(bytes: &[u8]) {
    let mut cursor = Cursor::new(bytes);
    let (service, operation, protocol) = chosen(&mut cursor);
    let Some(request) = http::parse(cursor.rest()) else { return };
    let labels: Vec<(String, String)> = operation
        .uri
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| (name.trim_end_matches('+').to_owned(), "x1".to_owned()))
        .collect();
    let Ok(first) = parse_as(service, operation, *protocol, &labels, &request) else { return };
    if !first.unknown_members.is_empty() {
        return;
    }
    // What cannot be written is held back, not sent as something else.
    let written = write(service, operation, *protocol, REGION, Some(ACCOUNT), &first.parameters);
    let Ok(written) = written else { return };
    let again = arrived(&written);
    let second = parse_as(service, operation, *protocol, &labels, &again)
        .unwrap_or_else(|error| panic!("{} {}: {error}: {again:?}", service.name, operation.name));
    assert_eq!(second.parameters, first.parameters, "{} {}: {again:?}", service.name, operation.name);
    assert!(second.unknown_members.is_empty(), "{:?}", second.unknown_members);
}
