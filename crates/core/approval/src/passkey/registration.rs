//! A registration: a new passkey, made for these words. Source: Web Authentication Level 3, §7.1; RFC 9052 §7 and RFC 9053 for
//! the form of keys.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    Passkey, PasskeyKey, Site,
    assertion::is_signed,
    bad, bytes, challenge, check_client,
    device::{DeviceData, HAS_KEY},
};
use crate::{Refusal, Signable};

/// The model of the authenticator, and how long the credential's id is.
const MODEL: usize = 16;
/// A credential's id has at most so many bytes.
const LONGEST_ID: usize = 1023;

/// What a browser answers to `navigator.credentials.create`: `RegistrationResponseJSON`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The credential's id, as base64url.
    pub id: String,
    /// What was made.
    pub response: RegistrationResponse,
}

/// Its inner part; bytes as base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationResponse {
    /// What the browser says of the request.
    #[serde(rename = "clientDataJSON")]
    pub client_data: String,
    /// What the authenticator says of itself and of the key.
    pub attestation_object: String,
}

/// A passkey that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// The passkey.
    pub passkey: Passkey,
    /// The model of its authenticator, as it says: 16 bytes, hexadecimal.
    pub model: String,
    /// What its maker says of it.
    pub attestation: Attestation,
}

/// What the maker of an authenticator says of it, as it came: here nothing is believed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attestation {
    /// Nothing.
    None,
    /// A signature by a key that the maker has certified. Source: Web Authentication Level 3, §8.2.
    Packed {
        /// COSE's number for how it was signed.
        algorithm: i64,
        /// The signature.
        signature: Vec<u8>,
        /// Certificates, the authenticator's own first, each as DER.
        chain: Vec<Vec<u8>>,
        /// What was signed.
        signed: Vec<u8>,
    },
    /// Something in this format, which is not read.
    Other(String),
}

/// Checks that a passkey was made for these words, at this site, by somebody whom the authenticator has verified.
pub fn verify_registration<S: Signable>(
    words: &S,
    registration: &Registration,
    site: &Site,
) -> Result<Enrolled, Refusal> {
    let unread = || bad("what the authenticator says of the new passkey cannot be read");
    let client = bytes(&registration.response.client_data)?;
    let wanted = challenge(words).map_err(|error| Refusal::Signature(error.to_string()))?;
    check_client(&client, "webauthn.create", &wanted, site)?;
    let object = bytes(&registration.response.attestation_object)?;
    let object: Value = ciborium::from_reader(object.as_slice()).map_err(|_| unread())?;
    let device = member(&object, "authData").and_then(Value::as_bytes).ok_or_else(unread)?;
    let said = DeviceData::read(device, site)?;
    if !said.has(HAS_KEY) {
        return Err(bad("the authenticator made no key"));
    }
    let (model, rest) = said.rest.split_at_checked(MODEL).ok_or_else(unread)?;
    let (length, rest) = rest.split_at_checked(2).ok_or_else(unread)?;
    let length = usize::from(u16::from_be_bytes(length.try_into().map_err(|_| unread())?));
    let (id, rest) = rest.split_at_checked(length).ok_or_else(unread)?;
    let id_text = URL_SAFE_NO_PAD.encode(id);
    if id.is_empty() || length > LONGEST_ID || id_text != registration.id {
        return Err(bad("the authenticator says another id than the browser"));
    }
    let key = key(&ciborium::from_reader(rest).map_err(|_| unread())?).ok_or_else(|| {
        bad("its key is of no kind that is taken: ES256 (-7) or EdDSA (-8) over P-256 or Ed25519")
    })?;
    let attestation = attestation(&object, &key, [device.as_slice(), &Sha256::digest(&client)].concat())?;
    let passkey = Passkey { id: id_text, key, device_bound: said.is_device_bound(), site: site.id.clone() };
    let model = model.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Enrolled { passkey, model, attestation })
}

/// What comes with a new key. Where the authenticator signs for it with that key itself, that has to be true.
fn attestation(object: &Value, key: &PasskeyKey, signed: Vec<u8>) -> Result<Attestation, Refusal> {
    let unread = || bad("what the authenticator's maker says of it cannot be read");
    let of = |name: &str| member(object, "attStmt").and_then(|statement| member(statement, name));
    let signature = of("sig").and_then(Value::as_bytes);
    match (member(object, "fmt").and_then(Value::as_text).ok_or_else(unread)?, of("x5c")) {
        ("none", _) => Ok(Attestation::None),
        ("packed", None) if signature.is_some_and(|signature| is_signed(key, &signed, signature)) => {
            Ok(Attestation::None)
        }
        ("packed", None) => Err(bad("the new passkey did not sign for itself")),
        ("packed", Some(chain)) => Ok(Attestation::Packed {
            algorithm: of("alg")
                .and_then(Value::as_integer)
                .and_then(|number| number.try_into().ok())
                .ok_or_else(unread)?,
            signature: signature.ok_or_else(unread)?.clone(),
            chain: chain
                .as_array()
                .and_then(|chain| chain.iter().map(|one| one.as_bytes().cloned()).collect())
                .ok_or_else(unread)?,
            signed,
        }),
        (other, _) => Ok(Attestation::Other(other.to_owned())),
    }
}

fn member<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    object.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

/// A key in the form of COSE: its kind (1), its algorithm (3), its curve (-1) and its coordinates (-2, -3).
fn key(cose: &Value) -> Option<PasskeyKey> {
    let of = |label: i64| {
        let is = |key: &Value| key.as_integer() == Some(label.into());
        cose.as_map()?.iter().find(|(key, _)| is(key)).map(|(_, value)| value)
    };
    let number = |label: i64| of(label)?.as_integer().and_then(|number| i64::try_from(number).ok());
    let coordinate = |label: i64| of(label)?.as_bytes().filter(|bytes| bytes.len() == 32);
    match (number(1)?, number(3)?, number(-1)?) {
        (2, -7, 1) => {
            let point = [&[4_u8][..], coordinate(-2)?, coordinate(-3)?].concat();
            // A point that is none is no key.
            p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?;
            Some(PasskeyKey::Es256(URL_SAFE_NO_PAD.encode(point)))
        }
        (1, -8, 6) => {
            let bytes: [u8; 32] = coordinate(-2)?.as_slice().try_into().ok()?;
            ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok()?;
            Some(PasskeyKey::EdDsa(URL_SAFE_NO_PAD.encode(bytes)))
        }
        _ => None,
    }
}
