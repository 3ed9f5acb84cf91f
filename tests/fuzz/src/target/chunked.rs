//! The aws-chunked framing: however the bytes are cut, the same comes out, and never more than was declared.

use std::{collections::VecDeque, sync::OnceLock};

use bytes::Bytes;
use interlock_gateway_aws::sigv4::{
    Body, Chunks, Claim, Head, Payload, Piece, Secret, Signing, Verified, sign,
};

use crate::{Target, cursor::Cursor, seeds};

pub(super) const TARGET: Target = Target {
    name: "chunked",
    about: "aws-chunked framing: signed and unsigned chunks, trailers and their checksums",
    millis: 1_000,
    run,
    seeds: || {
        let good = "5\r\n12345\r\n4\r\n6789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
        let mut seeds = vec![
            [&[0, 9, 3], good.as_bytes()].concat(),
            [&[0, 9, 0], good.as_bytes()].concat(),
            [&[3, 9, 7], "9\r\n123456789\r\n0\r\n\r\n".as_bytes()].concat(),
            [
                &[1, 3, 1],
                format!("3;chunk-signature={:064}\r\nabc\r\n0;chunk-signature={:064}\r\n\r\n", 1, 2)
                    .as_bytes(),
            ]
            .concat(),
            [&[0, 255, 5], "1\r\nX\r\n".repeat(4_000).as_bytes()].concat(),
        ];
        seeds
            .extend(seeds::hostile_bodies().into_iter().map(|body| [&[0, 200, 1], body.as_slice()].concat()));
        seeds
    },
};

/// What the framing is chained to: a signature over a request that announces it.
fn verified() -> &'static Verified {
    static VERIFIED: OnceLock<Verified> = OnceLock::new();
    VERIFIED.get_or_init(|| {
        let mut headers = vec![("host".to_owned(), "b.s3.amazonaws.com".to_owned())];
        let secret = Secret::new("s");
        let signing = Signing {
            access_key_id: "A",
            secret: &secret,
            token: None,
            region: "us-east-1",
            service: "s3",
            now: 1_369_353_600,
        };
        sign("PUT", "/k", "", &mut headers, Body::UnsignedTrailer, &signing);
        let head = Head { method: "PUT", path: "/k", query: "", headers: &headers };
        let claim = Claim::read(&head).unwrap();
        claim.verify(&head, &secret, claim.payload_line().unwrap()).unwrap()
    })
}

/// What comes out of bytes that arrive in pieces of this size.
fn fed(
    bytes: &[u8],
    step: usize,
    payload: &Payload,
    declared: u64,
    announced: &[String],
) -> (bool, Vec<u8>, Vec<String>) {
    let mut chunks = Chunks::new(payload, verified(), declared, announced.to_vec());
    let (mut out, mut data, mut trailers) = (VecDeque::new(), Vec::new(), Vec::new());
    let mut good = true;
    for part in bytes.chunks(step.max(1)) {
        if chunks.feed(Bytes::copy_from_slice(part), &mut out).is_err() {
            good = false;
            break;
        }
    }
    good = good && chunks.finish().is_ok();
    let mut ended = false;
    for piece in out {
        assert!(!ended, "something follows the end");
        match piece {
            Piece::Data(bytes) => data.extend_from_slice(&bytes),
            Piece::Trailer(name, value) => trailers.push(format!("{name}:{value}")),
            Piece::End => ended = true,
        }
    }
    assert!(!good || ended, "it is good and has no end");
    (good, data, trailers)
}

fn run(bytes: &[u8]) {
    let mut cursor = Cursor::new(bytes);
    let payload = match cursor.below(4) {
        0 => Payload::UnsignedTrailer,
        1 => Payload::SignedChunks { trailer: false },
        2 => Payload::SignedChunks { trailer: true },
        _ => Payload::UnsignedTrailer,
    };
    let declared = match cursor.byte() {
        255 => u64::MAX,
        other => u64::from(other),
    };
    let step = cursor.below(64) + 1;
    let announced: Vec<String> = if bytes.first().is_some_and(|kind| kind % 4 == 3) {
        Vec::new()
    } else {
        vec!["x-amz-checksum-crc32".to_owned()]
    };
    let whole = fed(cursor.rest(), usize::MAX, &payload, declared, &announced);
    let parts = fed(cursor.rest(), step, &payload, declared, &announced);
    assert_eq!(whole, parts, "in pieces of {step}");
    let (good, data, trailers) = whole;
    assert!(u64::try_from(data.len()).unwrap() <= declared, "more than was declared");
    if good {
        assert_eq!(u64::try_from(data.len()).unwrap(), declared, "less than was declared");
        assert_eq!(trailers.len(), announced.len());
        assert!(!matches!(payload, Payload::SignedChunks { .. }), "nobody signed these chunks");
    }
}
