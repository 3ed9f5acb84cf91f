//! The same assertions before somebody else's verifier, which stands on another crypto library: one verdict, but for what is asked for
//! here beyond the standard.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value;
use passki::{AuthenticationCredential, AuthenticationState, Passki, StoredPasskey};
use proptest::prelude::*;
use serde_json::json;

use super::passkeys::{Device, Secret, client, site, words};
use crate::{Assertion, challenge, verify_assertion};

/// A key as authenticators write it (RFC 9053).
fn cose(device: &Device) -> (Vec<u8>, i32) {
    let number = |n: i64| Value::Integer(n.into());
    let (pairs, algorithm) = match &device.secret {
        Secret::Point(key) => {
            let point = key.verifying_key().to_encoded_point(false);
            let (x, y) = (point.x().unwrap().to_vec(), point.y().unwrap().to_vec());
            let pairs = vec![
                (1, number(2)),
                (3, number(-7)),
                (-1, number(1)),
                (-2, Value::Bytes(x)),
                (-3, Value::Bytes(y)),
            ];
            (pairs, -7)
        }
        Secret::Edwards(key) => {
            let key = key.verifying_key().as_bytes().to_vec();
            (vec![(1, number(1)), (3, number(-8)), (-1, number(6)), (-2, Value::Bytes(key))], -8)
        }
    };
    let map = pairs.into_iter().map(|(label, value)| (number(label), value)).collect();
    let mut bytes = Vec::new();
    ciborium::into_writer(&Value::Map(map), &mut bytes).unwrap();
    (bytes, algorithm)
}

/// What the other one says of it.
fn other(device: &Device, assertion: &Assertion, counter: u32) -> bool {
    let site = site();
    let verifier = Passki::new(&site.id, &site.origins, "Interlock");
    let state: AuthenticationState = serde_json::from_value(json!({
        "challenge": challenge(&words("tk-1")).unwrap(), "allowed_credentials": [], "user_verification": "required",
    }))
    .unwrap();
    let mut credential = serde_json::to_value(assertion).unwrap();
    credential["rawId"] = assertion.id.clone().into();
    let Ok(credential) = serde_json::from_value::<AuthenticationCredential>(credential) else { return false };
    let (public_key, algorithm) = cose(device);
    let mut stored = StoredPasskey::default();
    (stored.credential_id, stored.public_key) = (b"credential".to_vec(), public_key);
    (stored.algorithm, stored.counter) = (algorithm, counter);
    verifier.finish_passkey_authentication(&credential, &state, &stored).is_ok()
}

fn ours(device: &Device, assertion: &Assertion, counter: u32) -> bool {
    verify_assertion(&words("tk-1"), assertion, &device.passkey(), &site(), counter).is_ok()
}

/// What is wrong with an assertion, if anything.
#[derive(Clone, Debug)]
enum Wrong {
    Nothing,
    Ticket,
    Origin(&'static str),
    Kind(&'static str),
    Site,
    /// A byte of the client's words, of the device's or of the signature is another.
    Byte(usize, prop::sample::Index, u8),
    Key,
}

fn wrong() -> impl Strategy<Value = Wrong> {
    prop_oneof![
        3 => Just(Wrong::Nothing),
        1 => Just(Wrong::Ticket),
        1 => prop::sample::select(vec!["http://interlock.example", "https://evil.example", ""]).prop_map(Wrong::Origin),
        1 => prop::sample::select(vec!["webauthn.create", "payment.get", ""]).prop_map(Wrong::Kind),
        1 => Just(Wrong::Site),
        4 => (0..3_usize, any::<prop::sample::Index>(), 1..=255_u8).prop_map(|(part, at, by)| Wrong::Byte(part, at, by)),
        1 => Just(Wrong::Key),
    ]
}

fn changed(text: &str, at: &prop::sample::Index, by: u8) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
    let at = at.index(bytes.len());
    bytes[at] ^= by;
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Flags that are judged here and not by the standard: a key in an assertion, and a passkey that says something else of itself.
fn beyond(assertion: &Assertion) -> bool {
    let device = URL_SAFE_NO_PAD.decode(&assertion.response.authenticator_data).unwrap();
    device.get(32).is_some_and(|flags| flags & (0x40 | 0x18) != 0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn two_verifiers_are_of_one_mind(
        edwards in any::<bool>(), flags in prop::sample::select(vec![0x05_u8, 0x05, 0x05, 0x01, 0x04, 0x00, 0x85]),
        counter in 0..6_u32, known in 0..6_u32, wrong in wrong(),
    ) {
        let mut device = Device { flags, counter, ..Device::new(edwards) };
        if matches!(wrong, Wrong::Site) {
            "evil.example".clone_into(&mut device.site);
        }
        let mut said = client(&words(if matches!(wrong, Wrong::Ticket) { "tk-2" } else { "tk-1" }));
        match wrong {
            Wrong::Origin(origin) => said["origin"] = origin.into(),
            Wrong::Kind(kind) => said["type"] = kind.into(),
            _ => {}
        }
        let mut assertion = device.signs(&said);
        if let Wrong::Byte(part, at, by) = &wrong {
            let response = &mut assertion.response;
            let text = [&mut response.client_data, &mut response.authenticator_data, &mut response.signature];
            let text = text.into_iter().nth(*part).unwrap();
            *text = changed(text, at, *by);
        }
        prop_assume!(!beyond(&assertion));
        let judged = if matches!(wrong, Wrong::Key) { Device::new(!edwards) } else { Device { flags, counter, ..Device::new(edwards) } };
        prop_assert_eq!(ours(&judged, &assertion, known), other(&judged, &assertion, known), "{:?}", assertion);
    }
}
