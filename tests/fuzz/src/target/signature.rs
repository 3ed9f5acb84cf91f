//! SigV4: claims in headers and queries, and that what is signed here verifies, and nothing else does.

use interlock_gateway_aws::{
    sigv4::{Body, Claim, Flavour, Head, Secret, Signing, sign},
    tls::is_aws_name,
};
use interlock_reader_aws::wire;

use crate::{Target, http, seeds};

pub(super) const TARGET: Target = Target {
    name: "signature",
    about: "SigV4 claims in headers and in presigned queries, canonical requests, host names",
    millis: 1_000,
    run,
    seeds: || {
        let mut seeds: Vec<Vec<u8>> = seeds::recorded().iter().step_by(4).map(http::text).collect();
        let queries = [
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20150830%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=0000000000000000000000000000000000000000000000000000000000000000",
            "AWSAccessKeyId=A&Signature=b&Expires=1",
            "a=b&a=c&%41=%2f&+=+",
        ];
        for query in queries {
            seeds.push(format!("GET /a%2Fb/../c//?{query}\nhost: b.s3.amazonaws.com\n\n").into_bytes());
        }
        for body in seeds::hostile_bodies() {
            let text: String =
                body.iter().filter(|byte| byte.is_ascii_graphic()).map(|byte| char::from(*byte)).collect();
            seeds.push(
                format!("GET /{text}?{text}\nhost: h\nauthorization: AWS4-HMAC-SHA256 {text}\n\n")
                    .into_bytes(),
            );
        }
        seeds
    },
};

/// When it is.
const NOW: u64 = 1_440_938_160;

fn run(bytes: &[u8]) {
    let Some(request) = http::parse(bytes) else { return };
    let head = http::head(&request);
    let host = request.header("host").unwrap_or_default();
    if is_aws_name(host) {
        let safe = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        assert!(host.chars().all(safe) && !host.starts_with('.'), "`{host}` is no host of AWS's");
    }
    match Claim::read(&head) {
        Ok(claim) => {
            let _ = claim.check_time(NOW);
            let line = claim.payload_line().unwrap_or("x").to_owned();
            assert!(claim.verify(&head, &Secret::new("nobody's"), &line).is_err(), "anybody may sign");
            assert!(claim.signed_headers.iter().any(|name| name == "host" || name == ":authority"));
        }
        Err(refusal) => {
            assert!((400..500).contains(&refusal.status()), "{refusal}");
            for flavour in [Flavour::S3, Flavour::Query, Flavour::Json] {
                assert!(!refusal.code(flavour).is_empty());
            }
        }
    }
    verifies(&request);
}

/// What is signed here verifies here: both directions share their canonical form.
fn verifies(request: &wire::Request) {
    if request.header("host").is_none() || wire::check(request).is_err() {
        return;
    }
    let wire::Body::Bytes(body) = &request.body else { return };
    let secret = Secret::new("secret");
    for service in ["s3", "rds"] {
        let mut headers = request.headers.clone();
        let signing = Signing {
            access_key_id: "AKID",
            secret: &secret,
            token: None,
            region: "us-east-1",
            service,
            now: NOW,
        };
        sign(&request.method, &request.path, &request.query, &mut headers, Body::Bytes(body), &signing);
        let head = Head { headers: &headers, ..http::head(request) };
        // A request that carries another signature beside ours is ambiguous, and refused as that.
        let Ok(claim) = Claim::read(&head) else { continue };
        claim.check_time(NOW).expect("it was signed just now");
        let digest =
            headers.iter().find(|(name, _)| name == "x-amz-content-sha256").map(|(_, value)| value.clone());
        let digest =
            digest.unwrap_or_else(|| interlock_action::Digest::of(body).to_string().replace("sha256:", ""));
        let line = claim.payload_line().unwrap_or(&digest).to_owned();
        claim.verify(&head, &secret, &line).unwrap_or_else(|error| panic!("{error}: {request:?}"));
        assert!(claim.verify(&head, &Secret::new("other"), &line).is_err());
        let path = format!("{}x", request.path);
        assert!(
            claim.verify(&Head { path: &path, ..head }, &secret, &line).is_err(),
            "the path is not signed"
        );
    }
}
