//! What more than one target starts from: requests that real clients sent, and shapes that bring parsers down.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use interlock_reader_aws::wire::{Body, Request, write};
use serde_json::Value;

use crate::{
    cursor::Cursor,
    maker,
    operations::{ACCOUNT, REGION, all, arrived},
};

const TERRAFORM: &str = include_str!("../../../crates/reader/aws/tests/data/terraform.jsonl");
const JAVASCRIPT: &str = include_str!("../../../crates/reader/aws/tests/data/javascript.jsonl");

/// How much of one letter a deep or long seed has.
const MUCH: usize = 16_000;

/// The recorded requests of Terraform and of the JavaScript SDK.
pub(crate) fn recorded() -> Vec<Request> {
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let target = line["target"].as_str().unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = line["headers"].as_object().unwrap().iter();
        Request {
            method: line["method"].as_str().unwrap().to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers
                .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
                .collect(),
            body: Body::Bytes(STANDARD.decode(line["body"].as_str().unwrap()).unwrap()),
        }
    };
    TERRAFORM.lines().chain(JAVASCRIPT.lines()).map(line).collect()
}

/// Requests of operations far apart, written from made-up parameters: which of all, the scope, the request.
pub(crate) fn written(every: usize) -> Vec<(u16, String, Request)> {
    let mut written = Vec::new();
    for (at, spoken) in all().iter().enumerate().step_by(every) {
        let noise: Vec<u8> = (0..400_usize).map(|n| (n.wrapping_mul(167) ^ at) as u8).collect();
        let parameters = maker::input(spoken, &mut Cursor::new(&noise));
        let (service, operation, protocol) = spoken;
        if let Ok(made) = write(service, operation, *protocol, REGION, Some(ACCOUNT), &parameters) {
            let scope = format!("{}/{}", made.signing_region, made.signing_name);
            written.push((u16::try_from(at).unwrap(), scope, arrived(&made)));
        }
    }
    written
}

/// Bodies that are deep, long or repetitive.
pub(crate) fn hostile_bodies() -> Vec<Vec<u8>> {
    let much = |text: &str| text.repeat(MUCH / text.len()).into_bytes();
    let mut bodies: Vec<Vec<u8>> = [
        "[",
        "{\"a\":",
        "<a>",
        "<a b=\"c\"/>",
        "(",
        "a.b.",
        "&a.member.1=b",
        "&amp;",
        "\\u0041",
        "\"",
        "é",
        "1",
        "a=b&",
        "%41",
        "/*",
        "--",
        "not ",
        "arn:",
        "\n",
    ]
    .into_iter()
    .map(much)
    .collect();
    // CBOR: arrays of one, open arrays, open maps, open strings, tags.
    bodies.extend([0x81_u8, 0x9f, 0xbf, 0x7f, 0xc1].map(|byte| vec![byte; MUCH]));
    bodies.push([b"\x9a\xff\xff\xff\xff".as_slice(), b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff"].concat());
    bodies
}
