//! Assertions of an authenticator that is written out here, and everything that may be wrong with one.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use interlock_action::Digest;
use proptest::prelude::*;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{
    Assertion, AssertionResponse, Passkey, PasskeyKey, Refusal, Registration, RegistrationResponse, Site,
    Statement, challenge, verify_assertion, verify_registration,
};

pub(super) fn words(ticket: &str) -> Statement {
    let person = "ana".into();
    Statement::on_ticket("approve", &ticket.into(), Digest::of(b"a ticket"), &person, "seen", "nonce-1")
}

pub(super) fn site() -> Site {
    Site { id: "interlock.example".to_owned(), origins: vec!["https://interlock.example".to_owned()] }
}

pub(super) enum Secret {
    Point(p256::ecdsa::SigningKey),
    Edwards(ed25519_dalek::SigningKey),
}

/// An authenticator with one passkey, and what it says of itself.
pub(super) struct Device {
    pub(super) secret: Secret,
    pub(super) flags: u8,
    pub(super) counter: u32,
    pub(super) site: String,
}

impl Device {
    pub(super) fn new(edwards: bool) -> Self {
        let secret = if edwards {
            Secret::Edwards(ed25519_dalek::SigningKey::from_bytes(&[7; 32]))
        } else {
            Secret::Point(p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap())
        };
        Self { secret, flags: 0x05, counter: 4, site: site().id }
    }

    pub(super) fn passkey(&self) -> Passkey {
        let key = match &self.secret {
            Secret::Point(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                PasskeyKey::Es256(URL_SAFE_NO_PAD.encode(point.as_bytes()))
            }
            Secret::Edwards(key) => PasskeyKey::EdDsa(URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes())),
        };
        Passkey { id: URL_SAFE_NO_PAD.encode(b"credential"), key, device_bound: true, site: site().id }
    }

    fn signature(&self, signed: &[u8]) -> Vec<u8> {
        match &self.secret {
            Secret::Point(key) => {
                let signature: p256::ecdsa::Signature = p256::ecdsa::signature::Signer::sign(key, signed);
                signature.to_der().as_bytes().to_vec()
            }
            Secret::Edwards(key) => ed25519_dalek::Signer::sign(key, signed).to_bytes().to_vec(),
        }
    }

    pub(super) fn signs(&self, client: &serde_json::Value) -> Assertion {
        let client = client.to_string().into_bytes();
        let mut data = Sha256::digest(self.site.as_bytes()).to_vec();
        data.push(self.flags);
        data.extend(self.counter.to_be_bytes());
        let signed = [data.as_slice(), &Sha256::digest(&client)].concat();
        let signature = self.signature(&signed);
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let response = AssertionResponse {
            client_data: text(&client),
            authenticator_data: text(&data),
            signature: text(&signature),
        };
        Assertion { id: text(b"credential"), response }
    }
}

pub(super) fn client(words: &Statement) -> serde_json::Value {
    json!({
        "type": "webauthn.get", "challenge": URL_SAFE_NO_PAD.encode(challenge(words).unwrap()),
        "origin": "https://interlock.example", "crossOrigin": false,
    })
}

fn check(device: &Device, client: &serde_json::Value) -> Result<u32, Refusal> {
    let assertion = device.signs(client);
    verify_assertion(&words("tk-1"), &assertion, &device.passkey(), &site(), 3)
}

#[test]
fn an_assertion_for_these_words_at_this_site_counts() {
    for edwards in [false, true] {
        assert_eq!(check(&Device::new(edwards), &client(&words("tk-1"))), Ok(4));
    }
    // Authenticators that do not count say 0 for good.
    let silent = Device { counter: 0, ..Device::new(false) };
    let assertion = silent.signs(&client(&words("tk-1")));
    assert!(verify_assertion(&words("tk-1"), &assertion, &silent.passkey(), &site(), 0).is_ok());
}

#[test]
fn an_assertion_for_anything_else_does_not() {
    let device = Device::new(false);
    assert_eq!(check(&device, &client(&words("tk-2"))), Err(Refusal::Digest), "spliced to another request");
    let with = |name: &str, value: serde_json::Value| {
        let mut client = client(&words("tk-1"));
        client[name] = value;
        check(&device, &client)
    };
    for (name, value) in [
        ("type", json!("webauthn.create")),
        ("origin", json!("https://interlock.example.evil.example")),
        ("origin", json!("http://interlock.example")),
        ("crossOrigin", json!(true)),
        ("topOrigin", json!("https://evil.example")),
        ("challenge", json!("")),
    ] {
        assert!(with(name, value.clone()).is_err(), "{name} {value}");
    }
    for (flags, why) in [
        (0x04, "nobody was there"),
        (0x01, "nobody was verified"),
        (0x0d, "it says that it can be copied"),
        (0x15, "it was copied and cannot be"),
        (0x45, "it carries a key"),
    ] {
        assert!(check(&Device { flags, ..Device::new(false) }, &client(&words("tk-1"))).is_err(), "{why}");
    }
    let elsewhere = Device { site: "evil.example".to_owned(), ..Device::new(false) };
    assert!(check(&elsewhere, &client(&words("tk-1"))).is_err());
    for counter in [0, 2, 3] {
        let copied = Device { counter, ..Device::new(false) };
        assert!(
            check(&copied, &client(&words("tk-1"))).is_err(),
            "it has signed {counter} times, and 3 were seen"
        );
    }
    // A passkey that is enrolled as one that may be copied is none that may not.
    let mut passkey = device.passkey();
    passkey.device_bound = false;
    let assertion = device.signs(&client(&words("tk-1")));
    assert!(verify_assertion(&words("tk-1"), &assertion, &passkey, &site(), 3).is_err());
    passkey.device_bound = true;
    passkey.id = URL_SAFE_NO_PAD.encode(b"another");
    assert!(verify_assertion(&words("tk-1"), &assertion, &passkey, &site(), 3).is_err());
}

#[test]
fn what_a_browser_says_twice_is_refused() {
    let device = Device::new(false);
    let said = client(&words("tk-1")).to_string();
    let twice = said.replacen('{', "{\"origin\":\"https://evil.example\",", 1);
    let mut assertion = device.signs(&client(&words("tk-1")));
    assertion.response.client_data = URL_SAFE_NO_PAD.encode(twice);
    assert!(verify_assertion(&words("tk-1"), &assertion, &device.passkey(), &site(), 3).is_err());
}

proptest! {
    /// Whatever bit of whatever part is another one, it is no assertion any more.
    #[test]
    fn no_bit_of_it_may_be_another(edwards: bool, part in 0..3_usize, at: usize, bit in 0..8_u8) {
        let device = Device::new(edwards);
        let mut assertion = device.signs(&client(&words("tk-1")));
        let response = &mut assertion.response;
        let text = [&mut response.client_data, &mut response.authenticator_data, &mut response.signature];
        let text = text.into_iter().nth(part).unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(&*text).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        *text = URL_SAFE_NO_PAD.encode(bytes);
        prop_assert!(verify_assertion(&words("tk-1"), &assertion, &device.passkey(), &site(), 3).is_err());
    }

    #[test]
    fn whatever_comes_is_refused_and_nothing_worse(client: String, device: Vec<u8>, signature: Vec<u8>) {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let response = AssertionResponse {
            client_data: text(client.as_bytes()),
            authenticator_data: text(&device),
            signature: text(&signature),
        };
        let passkey = Device::new(false).passkey();
        let assertion = Assertion { id: passkey.id.clone(), response };
        prop_assert!(verify_assertion(&words("tk-1"), &assertion, &passkey, &site(), 0).is_err());
    }
}

/// A registration of the device's passkey; `format` is how it vouches for it.
fn registers(device: &Device, format: &str, client: &serde_json::Value) -> Registration {
    use ciborium::{Value, cbor};
    let client = client.to_string().into_bytes();
    let key = match &device.secret {
        Secret::Point(key) => {
            let point = key.verifying_key().to_encoded_point(false);
            let coordinate = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
            cbor!({1 => 2, 3 => -7, -1 => 1, -2 => coordinate(point.x().unwrap()), -3 => coordinate(point.y().unwrap())})
        }
        Secret::Edwards(key) => {
            cbor!({1 => 1, 3 => -8, -1 => 6, -2 => Value::Bytes(key.verifying_key().as_bytes().to_vec())})
        }
    };
    let mut data = Sha256::digest(device.site.as_bytes()).to_vec();
    data.push(device.flags | 0x40);
    data.extend(device.counter.to_be_bytes());
    data.extend([9; 16]);
    data.extend([0, 10]);
    data.extend(b"credential");
    ciborium::into_writer(&key.unwrap(), &mut data).unwrap();
    let signed = [data.as_slice(), &Sha256::digest(&client)].concat();
    let statement = match format {
        "packed" => cbor!({"alg" => -7, "sig" => Value::Bytes(device.signature(&signed))}),
        _ => cbor!({}),
    };
    let object =
        cbor!({"fmt" => format, "attStmt" => statement.unwrap(), "authData" => Value::Bytes(data)}).unwrap();
    let mut bytes = Vec::new();
    ciborium::into_writer(&object, &mut bytes).unwrap();
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let response = RegistrationResponse { client_data: text(&client), attestation_object: text(&bytes) };
    Registration { id: text(b"credential"), response }
}

fn made(words: &Statement) -> serde_json::Value {
    let mut client = client(words);
    client["type"] = "webauthn.create".into();
    client
}

#[test]
fn a_passkey_that_was_made_signs_from_then_on() {
    for (edwards, format) in [(false, "none"), (true, "none"), (false, "packed"), (true, "packed")] {
        let device = Device::new(edwards);
        let registration = registers(&device, format, &made(&words("tk-1")));
        let enrolled = verify_registration(&words("tk-1"), &registration, &site()).unwrap();
        assert_eq!(enrolled.passkey, device.passkey());
        assert_eq!(enrolled.model, "09".repeat(16));
        let later = Device { counter: 5, ..Device::new(edwards) };
        let assertion = later.signs(&client(&words("tk-2")));
        assert!(verify_assertion(&words("tk-2"), &assertion, &enrolled.passkey, &site(), 4).is_ok());
    }
    let copied = Device { flags: 0x1d, ..Device::new(false) };
    let registration = registers(&copied, "none", &made(&words("tk-1")));
    assert!(!verify_registration(&words("tk-1"), &registration, &site()).unwrap().passkey.device_bound);
}

#[test]
fn a_passkey_that_was_made_for_anything_else_is_not_enrolled() {
    let device = Device::new(false);
    let enrols = |registration: &Registration| verify_registration(&words("tk-1"), registration, &site());
    assert!(enrols(&registers(&device, "none", &made(&words("tk-2")))).is_err(), "other words");
    assert!(enrols(&registers(&device, "none", &client(&words("tk-1")))).is_err(), "an assertion is none");
    for flags in [0x01, 0x04, 0x15] {
        let device = Device { flags, ..Device::new(false) };
        assert!(enrols(&registers(&device, "none", &made(&words("tk-1")))).is_err(), "{flags:#x}");
    }
    let elsewhere = Device { site: "evil.example".to_owned(), ..Device::new(false) };
    assert!(enrols(&registers(&elsewhere, "none", &made(&words("tk-1")))).is_err());
    let mut other = registers(&device, "none", &made(&words("tk-1")));
    other.id = URL_SAFE_NO_PAD.encode(b"another");
    assert!(enrols(&other).is_err());
    // Whoever signs for it in its place is found out.
    let mut lies = registers(&device, "packed", &made(&words("tk-1")));
    let mut said = made(&words("tk-1"));
    said["note"] = "more".into();
    lies.response.client_data = URL_SAFE_NO_PAD.encode(said.to_string());
    assert!(enrols(&lies).is_err());
}

proptest! {
    #[test]
    fn whatever_is_made_is_refused_and_nothing_worse(client: bool, object: Vec<u8>) {
        let said = if client { made(&words("tk-1")).to_string() } else { "{}".to_owned() };
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let response =
            RegistrationResponse { client_data: text(said.as_bytes()), attestation_object: text(&object) };
        let registration = Registration { id: text(b"credential"), response };
        prop_assert!(verify_registration(&words("tk-1"), &registration, &site()).is_err());
    }
}
