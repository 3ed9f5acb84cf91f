//! What people's keys are read from: OpenSSH keys, armoured signatures. One signature is good for one statement.

use std::sync::OnceLock;

use interlock_action::Digest;
use interlock_approval::{EnrolledKey, Opening, Site, Statement, parse_public_key, sign, verify};

use crate::{Target, cursor::Cursor, seeds};

pub(super) const TARGET: Target = Target {
    name: "people",
    about: "public keys of OpenSSH and passkeys, armoured SSH signatures, assertions, statements and openings",
    millis: 1_000,
    run,
    seeds: || {
        let House { signature, line, .. } = house();
        let mut seeds = vec![
            [&[0], line.as_bytes()].concat(),
            [&[0], "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gAAAABHNzaDo= a".as_bytes()].concat(),
            [&[1], signature.as_bytes()].concat(),
            [&[0], "webauthn-eddsa A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg AQID device-bound localhost".as_bytes()].concat(),
            [&[1], r#"{"id":"AQID","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}"#.as_bytes()].concat(),
            [&[2], serde_json::to_string(&statement()).unwrap().as_bytes()].concat(),
        ];
        for kind in 0..3 {
            seeds.extend(seeds::hostile_bodies().iter().map(|body| [&[kind], body.as_slice()].concat()));
        }
        seeds
    },
};

struct House {
    key: EnrolledKey,
    line: String,
    signature: String,
}

fn statement() -> Statement {
    Statement::on_ticket("approve", &"tk-1".into(), Digest::of(b"t"), &"ana".into(), "seen", "n1")
}

fn site() -> Site {
    Site { id: "localhost".to_owned(), origins: vec!["http://localhost:1".to_owned()] }
}

fn house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| {
        let private = ssh_key::PrivateKey::from(ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]));
        let line = private.public_key().to_openssh().unwrap();
        let pem = private.to_openssh(ssh_key::LineEnding::LF).unwrap();
        let signature = sign(&statement(), &pem, None).unwrap();
        House { key: parse_public_key(&line, 0, 0).unwrap(), line, signature }
    })
}

fn run(bytes: &[u8]) {
    let mut cursor = Cursor::new(bytes);
    let kind = cursor.below(3);
    let Ok(text) = std::str::from_utf8(cursor.rest()) else { return };
    let keys = std::slice::from_ref(&house().key);
    match kind {
        0 => {
            if let Ok(key) = parse_public_key(text, 1, 2) {
                let again = parse_public_key(&key.public_key, 1, 2).expect("an enrolled key is a key");
                assert_eq!(again, key);
            }
        }
        1 => {
            if verify(&statement(), text, keys, Some(&site())).is_ok() {
                let other = Statement { nonce: "n2".to_owned(), ..statement() };
                assert!(
                    verify(&other, text, keys, Some(&site())).is_err(),
                    "one signature for two statements"
                );
            }
        }
        _ => {
            // Whatever statement this is, the one signature is not over it unless it is the one signed.
            if let Ok(words) = serde_json::from_str::<Statement>(text) {
                let good = verify(&words, &house().signature, keys, Some(&site())).is_ok();
                assert_eq!(good, words == statement(), "{words:?}");
            }
            if let Ok(opening) = serde_json::from_str::<Opening>(text) {
                assert!(
                    opening.check(&house().signature, keys, Some(&site()), opening.at).is_err(),
                    "an approval opens a session"
                );
            }
        }
    }
}
