//! Known answers from AWS's documentation, round trips, and the promise never to panic.

use std::collections::VecDeque;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::instant;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

fn owned(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn check(
    method: &str,
    path: &str,
    query: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Verified, SignatureRefusal> {
    let headers = owned(headers);
    let head = Head { method, path, query, headers: &headers };
    let claim = Claim::read(&head)?;
    let digest = sha256_hex(body);
    claim.verify(&head, &Secret::new(SECRET), claim.payload_line().unwrap_or(&digest))
}

/// "Authenticating Requests: Using the Authorization Header", Amazon S3 API Reference.
#[test]
fn s3_documentation_get_object() {
    let verified = check(
        "GET",
        "/test.txt",
        "",
        &[
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", EMPTY_SHA256),
            ("x-amz-date", "20130524T000000Z"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
        ],
        b"",
    );
    assert!(verified.is_ok(), "{verified:?}");
}

#[test]
fn s3_documentation_put_object_with_escapes() {
    let verified = check(
        "PUT",
        "/test%24file.text",
        "",
        &[
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("host", "examplebucket.s3.amazonaws.com"),
            ("x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            ),
        ],
        b"Welcome to Amazon S3.",
    );
    assert!(verified.is_ok(), "{verified:?}");
}

#[test]
fn s3_documentation_queries() {
    for (query, signature) in [
        ("lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ] {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature={signature}"
        );
        let headers = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("x-amz-content-sha256", EMPTY_SHA256),
            ("x-amz-date", "20130524T000000Z"),
            ("authorization", authorization.as_str()),
        ];
        assert!(check("GET", "/", query, &headers, b"").is_ok(), "{query}");
        assert_eq!(check("GET", "/", "acl", &headers, b"").unwrap_err(), SignatureRefusal::Mismatch);
    }
}

/// "Authenticating Requests: Using Query Parameters", Amazon S3 API Reference.
#[test]
fn s3_documentation_presigned() {
    let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    let headers = owned(&[("host", "examplebucket.s3.amazonaws.com")]);
    let head = Head { method: "GET", path: "/test.txt", query, headers: &headers };
    let claim = Claim::read(&head).unwrap();
    assert_eq!(claim.form, Form::Query { expires: 86_400 });
    assert!(claim.verify(&head, &Secret::new(SECRET), claim.payload_line().unwrap()).is_ok());
    let signed = instant::parse_basic("20130524T000000Z").unwrap();
    assert!(claim.check_time(signed + 86_400).is_ok());
    assert_eq!(claim.check_time(signed + 86_401), Err(SignatureRefusal::UrlExpired));
    assert!(matches!(claim.check_time(signed - 901), Err(SignatureRefusal::Skewed { .. })));
}

/// "Create a signed AWS API request", IAM User Guide: `ListUsers`.
#[test]
fn iam_documentation_list_users() {
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
    let mut headers = owned(&[
        ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("host", "iam.amazonaws.com"),
        ("x-amz-date", "20150830T123600Z"),
        ("authorization", authorization),
    ]);
    let query = "Action=ListUsers&Version=2010-05-08";
    let secret = Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let head = Head { method: "GET", path: "/", query, headers: &headers };
    let claim = Claim::read(&head).unwrap();
    assert_eq!(claim.payload, Payload::Absent);
    assert!(claim.verify(&head, &secret, EMPTY_SHA256).is_ok());
    // And signing comes to the same.
    let signing = Signing {
        access_key_id: "AKIDEXAMPLE",
        secret: &secret,
        token: None,
        region: "us-east-1",
        service: "iam",
        now: claim.at,
    };
    sign("GET", "/", query, &mut headers, Body::Bytes(b""), &signing);
    assert_eq!(headers.iter().find(|(name, _)| name == "authorization").unwrap().1, authorization);
}

const CHUNK_HEADERS: [(&str, &str); 6] = [
    ("host", "s3.amazonaws.com"),
    ("x-amz-date", "20130524T000000Z"),
    ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
    ("content-encoding", "aws-chunked"),
    ("x-amz-decoded-content-length", "66560"),
    ("content-length", "66824"),
];

fn chunked_seed(payload: &str, extra: &[(&str, &str)], signed: &str, seed: &str) -> (Payload, Verified) {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders={signed},Signature={seed}"
    );
    let mut headers = owned(&CHUNK_HEADERS);
    headers.extend(owned(extra));
    headers.push(("x-amz-content-sha256".to_owned(), payload.to_owned()));
    headers.push(("authorization".to_owned(), authorization));
    let head = Head { method: "PUT", path: "/examplebucket/chunkObject.txt", query: "", headers: &headers };
    let claim = Claim::read(&head).unwrap();
    let verified = claim.verify(&head, &Secret::new(SECRET), claim.payload_line().unwrap()).unwrap();
    (claim.payload, verified)
}

fn run(mut chunks: Chunks, body: &[u8], step: usize) -> Result<Vec<u8>, SignatureRefusal> {
    let mut data = Vec::new();
    let mut out = VecDeque::new();
    for part in body.chunks(step) {
        chunks.feed(Bytes::copy_from_slice(part), &mut out)?;
        for piece in out.drain(..) {
            if let Piece::Data(bytes) = piece {
                data.extend_from_slice(&bytes);
            }
        }
    }
    chunks.finish()?;
    Ok(data)
}

fn framed(chunks: &[(usize, &str)], tail: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (size, signature) in chunks {
        body.extend_from_slice(format!("{size:x};chunk-signature={signature}\r\n").as_bytes());
        body.extend_from_slice(&vec![b'a'; *size]);
        if *size > 0 {
            body.extend_from_slice(b"\r\n");
        }
    }
    body.extend_from_slice(tail.as_bytes());
    body
}

/// "Transferring Payload in Multiple Chunks", Amazon S3 API Reference.
#[test]
fn s3_documentation_signed_chunks() {
    let (payload, verified) = chunked_seed(
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        &[],
        "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    );
    let body = framed(
        &[
            (65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
            (1_024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
            (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
        ],
        "\r\n",
    );
    let chunks = || Chunks::new(&payload, &verified, 66_560, Vec::new());
    for step in [7, 1_000, 1 << 20] {
        assert_eq!(run(chunks(), &body, step).unwrap(), vec![b'a'; 66_560]);
    }
    for at in [100, 65_700, body.len() - 20] {
        let mut spoilt = body.clone();
        spoilt[at] ^= 1;
        assert!(run(chunks(), &spoilt, 4_096).is_err(), "{at}");
    }
    assert!(run(chunks(), &body[..body.len() - 1], 4_096).is_err());
    assert!(run(Chunks::new(&payload, &verified, 66_559, Vec::new()), &body, 4_096).is_err());
    assert!(run(Chunks::new(&payload, &verified, 66_561, Vec::new()), &body, 4_096).is_err());
}

/// "Signature calculations for trailing headers", Amazon S3 API Reference.
#[test]
fn s3_documentation_signed_trailer() {
    let (payload, verified) = chunked_seed(
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        &[("x-amz-trailer", "x-amz-checksum-crc32c")],
        "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    );
    let chunks = [
        (65_536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
        (1_024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
        (0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
    ];
    let tail = "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
    let names = vec!["x-amz-checksum-crc32c".to_owned()];
    let decoder = || Chunks::new(&payload, &verified, 66_560, names.clone());
    assert_eq!(run(decoder(), &framed(&chunks, tail), 999).unwrap().len(), 66_560);
    for spoilt in [
        tail.replace("sOO8", "sOO9"),
        tail.replace(":d81f", ":d81e"),
        tail.replace("x-amz-trailer-sig", "x-amz-other-sig"),
    ] {
        assert!(run(decoder(), &framed(&chunks, &spoilt), 999).is_err(), "{spoilt}");
    }
}

#[test]
fn unsigned_trailer_is_checked() {
    let verified =
        Verified { key: [0; 32], seed: String::new(), timestamp: String::new(), scope: String::new() };
    let names = vec!["x-amz-checksum-crc32".to_owned()];
    let decoder = |length| Chunks::new(&Payload::UnsignedTrailer, &verified, length, names.clone());
    let good = "5\r\n12345\r\n4\r\n6789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
    for step in 1..20 {
        assert_eq!(run(decoder(9), good.as_bytes(), step).unwrap(), b"123456789");
    }
    for (length, bad) in [
        (9, good.replace("y/Q5", "y/Q6")),
        (9, good.replace("x-amz-checksum-crc32:", "x-amz-checksum-sha1:")),
        (9, good.replace("x-amz-checksum-crc32:y/Q5Jg==\r\n", "")),
        (9, format!("{good}x")),
        (8, good.to_owned()),
        (10, good.to_owned()),
        (9, good.replace("5\r\n12345", "+5\r\n12345")),
        (9, good.replace("5\r\n12345", "4\r\n12345")),
    ] {
        assert!(run(decoder(length), bad.as_bytes(), 3).is_err(), "{bad}");
    }
}

#[test]
fn each_other_scheme_has_its_own_refusal() {
    let refusal = |headers: &[(&str, &str)], query: &str| {
        let headers = owned(headers);
        Claim::read(&Head { method: "GET", path: "/", query, headers: &headers }).unwrap_err()
    };
    assert_eq!(refusal(&[("host", "h")], ""), SignatureRefusal::Unsigned);
    assert_eq!(refusal(&[("authorization", "AWS AKID:sig=")], ""), SignatureRefusal::Version2);
    assert_eq!(refusal(&[], "AWSAccessKeyId=A&Signature=b&Expires=1"), SignatureRefusal::Version2);
    assert_eq!(refusal(&[("authorization", "Bearer x")], ""), SignatureRefusal::Bearer);
    assert_eq!(
        refusal(&[("authorization", "AWS4-ECDSA-P256-SHA256 Credential=x")], ""),
        SignatureRefusal::Version4a
    );
    assert_eq!(refusal(&[], "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256"), SignatureRefusal::Version4a);
    assert!(matches!(refusal(&[("authorization", "Basic eDp5")], ""), SignatureRefusal::Scheme(_)));
    let good = "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request, SignedHeaders=host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
    let with = |authorization: &str, extra: &[(&str, &str)]| {
        let mut headers =
            vec![("host", "h"), ("x-amz-date", "20150830T123600Z"), ("authorization", authorization)];
        headers.extend_from_slice(extra);
        refusal(&headers, "")
    };
    assert_eq!(
        with(good, &[("x-amz-target", "T")]),
        SignatureRefusal::HeaderNotSigned("x-amz-target".to_owned())
    );
    assert_eq!(with(&good.replace("host;", ""), &[]), SignatureRefusal::HeaderNotSigned("host".to_owned()));
    assert!(matches!(with(good, &[("x-amz-date", "20150830T123600Z")]), SignatureRefusal::Ambiguous(_)));
    assert!(matches!(with(&format!("{good}, Signature=0"), &[]), SignatureRefusal::Ambiguous(_)));
    assert!(matches!(with(&good.replace("20150830/", "20150831/"), &[]), SignatureRefusal::Malformed(_)));
}

#[test]
fn secrets_do_not_show() {
    assert!(!format!("{:?}", Secret::new("hush")).contains("hush"));
}

proptest! {
    /// What is signed verifies; any other path, query, header or body does not.
    #[test]
    fn signs_and_verifies(
        path in "(/[a-zA-Z0-9%=+~ ._$-]{0,8}){1,3}",
        query in "([a-zA-Z0-9-]{1,5}(=[a-zA-Z0-9%+~*/-]{0,6})?(&[a-z]{1,3}=[0-9]{0,2}){0,3})?",
        value in "[ -~]{0,20}",
        body in proptest::collection::vec(any::<u8>(), 0..64),
        service in prop_oneof!["s3", "iam", "execute-api"],
    ) {
        let secret = Secret::new(SECRET);
        let now = 1_700_000_000;
        let mut headers = owned(&[("host", "h.amazonaws.com")]);
        headers.push(("x-amz-meta".to_owned(), value));
        let signing = Signing { access_key_id: "ILKAX", secret: &secret, token: None, region: "eu-west-1", service: &service, now };
        sign("POST", &path, &query, &mut headers, Body::Bytes(&body), &signing);
        let verify = |path: &str, query: &str, headers: &[(String, String)], body: &[u8]| {
            let head = Head { method: "POST", path, query, headers };
            let claim = Claim::read(&head)?;
            let digest = sha256_hex(body);
            if let Payload::Digest(declared) = &claim.payload && *declared != digest {
                return Err(SignatureRefusal::Body);
            }
            claim.verify(&head, &secret, &digest)
        };
        prop_assert!(verify(&path, &query, &headers, &body).is_ok());
        let longer = format!("{path}x");
        prop_assert!(verify(&longer, &query, &headers, &body).is_err());
        let more = format!("{query}&z=1");
        prop_assert!(verify(&path, &more, &headers, &body).is_err());
        let mut other = body.clone();
        other.push(0);
        prop_assert!(verify(&path, &query, &headers, &other).is_err());
        let mut spoilt = headers.clone();
        spoilt[1].1.push('x');
        prop_assert!(verify(&path, &query, &spoilt, &body).is_err());
    }

    #[test]
    fn reading_a_claim_never_panics(authorization in ".{0,200}", query in ".{0,200}", date in ".{0,20}") {
        let headers = owned(&[("host", "h"), ("authorization", &authorization), ("x-amz-date", &date)]);
        let head = Head { method: "GET", path: &query, query: &query, headers: &headers };
        let _ = Claim::read(&head);
        let headers = owned(&[("host", "h")]);
        let _ = Claim::read(&Head { method: "GET", path: "/", query: &format!("X-Amz-Algorithm=AWS4-HMAC-SHA256&{query}"), headers: &headers });
    }

    #[test]
    fn reading_chunks_never_panics(body in proptest::collection::vec(any::<u8>(), 0..200), text in "[0-9a-f;=\r\n:-]{0,80}", signed in any::<bool>(), step in 1usize..50) {
        let verified = Verified { key: [1; 32], seed: "s".to_owned(), timestamp: "t".to_owned(), scope: "s".to_owned() };
        let payload = if signed { Payload::SignedChunks { trailer: true } } else { Payload::UnsignedTrailer };
        for bytes in [body.as_slice(), text.as_bytes()] {
            let chunks = Chunks::new(&payload, &verified, 100, vec!["x-amz-checksum-crc32".to_owned()]);
            let _ = run(chunks, bytes, step);
        }
    }
}
