//! Passkeys: a person's signature made by an authenticator that checked who they are.
//!
//! What is signed is no text but a challenge, which here is the digest of what the person signs for: an assertion made for
//! another request, another site or another purpose has another challenge. Source: Web Authentication Level 3, §7 for the
//! steps, §6.1 for the authenticator's data, §5.8.1 for the client's.

mod assertion;
mod device;
mod line;
mod registration;

pub use assertion::{Assertion, AssertionResponse, verify_assertion};
pub use registration::{Attestation, Enrolled, Registration, RegistrationResponse, verify_registration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{ApprovalError, Refusal, Signable};

/// Begins every challenge: an assertion for anything but Interlock has another one.
const DOMAIN: &[u8] = b"interlock passkey v1\0";

/// The site that passkeys of a home are made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Its relying party id: `interlock.example`, `localhost`.
    pub id: String,
    /// The origins that its pages come from: `https://interlock.example`.
    pub origins: Vec<String>,
}

/// A passkey's public half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "algorithm", content = "key")]
pub enum PasskeyKey {
    /// ECDSA over P-256 with SHA-256: the point, uncompressed, as base64url.
    Es256(String),
    /// Ed25519: 32 bytes, as base64url.
    EdDsa(String),
}

/// A passkey as it is enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// The credential's id, as base64url.
    pub id: String,
    /// Its public half.
    pub key: PasskeyKey,
    /// Whether it cannot leave its device, as it says.
    pub device_bound: bool,
    /// The site that it was made for: its relying party id.
    pub site: String,
}

/// What the browser says. A member that comes twice is refused.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    top_origin: Option<String>,
}

/// The challenge that stands for what somebody signs.
pub fn challenge<S: Signable>(words: &S) -> Result<[u8; 32], ApprovalError> {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    hash.update(S::NAMESPACE.as_bytes());
    hash.update([0]);
    hash.update(words.bytes()?);
    Ok(hash.finalize().into())
}

fn bad(why: &str) -> Refusal {
    Refusal::Signature(why.to_owned())
}

fn bytes(text: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| bad("it is no base64url"))
}

fn check_client(client: &[u8], kind: &str, challenge: &[u8], site: &Site) -> Result<(), Refusal> {
    let Ok(client) = serde_json::from_slice::<ClientData>(client) else {
        return Err(bad("what the browser says of it cannot be read"));
    };
    if client.kind != kind {
        return Err(bad("it was made for something else"));
    }
    if URL_SAFE_NO_PAD.decode(&client.challenge).ok().as_deref() != Some(challenge) {
        return Err(Refusal::Digest);
    }
    if !site.origins.contains(&client.origin) {
        return Err(bad("it was made on another site"));
    }
    if client.cross_origin || client.top_origin.is_some() {
        return Err(bad("it was made in a frame of another site"));
    }
    Ok(())
}
