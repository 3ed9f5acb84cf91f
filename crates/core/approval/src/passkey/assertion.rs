//! An assertion: a passkey signed for these words. Source: Web Authentication Level 3, §7.2.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Verifier as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    Passkey, PasskeyKey, Site, bad, bytes, challenge, check_client,
    device::{DeviceData, HAS_KEY},
};
use crate::{Refusal, Signable};

/// What a browser answers to `navigator.credentials.get`: `AuthenticationResponseJSON`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assertion {
    /// The credential's id, as base64url.
    pub id: String,
    /// What was signed, and the signature.
    pub response: AssertionResponse,
}

/// Its inner part; bytes as base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssertionResponse {
    /// What the browser says of the request.
    #[serde(rename = "clientDataJSON")]
    pub client_data: String,
    /// What the authenticator says of itself.
    pub authenticator_data: String,
    /// Over both.
    pub signature: String,
}

/// Checks that this passkey signed for these words, at this site, by somebody whom the authenticator has verified. It says how
/// often the authenticator has signed, as it says itself; 0 where it does not count. `counter` is the last such count that was seen.
pub fn verify_assertion<S: Signable>(
    words: &S,
    assertion: &Assertion,
    passkey: &Passkey,
    site: &Site,
    counter: u32,
) -> Result<u32, Refusal> {
    if assertion.id != passkey.id {
        return Err(bad("it is by another passkey"));
    }
    if passkey.site != site.id {
        return Err(bad("the passkey was made for another site"));
    }
    let response = &assertion.response;
    let (client, device, signature) =
        (bytes(&response.client_data)?, bytes(&response.authenticator_data)?, bytes(&response.signature)?);
    let wanted = challenge(words).map_err(|error| Refusal::Signature(error.to_string()))?;
    check_client(&client, "webauthn.get", &wanted, site)?;
    let said = DeviceData::read(&device, site)?;
    if said.has(HAS_KEY) {
        return Err(bad("it carries a key, and no assertion does"));
    }
    // INVARIANT: whether a key can be copied is for good; one that changes its word is another one.
    if passkey.device_bound != said.is_device_bound() {
        return Err(bad("the passkey says something else of itself than when it was enrolled"));
    }
    if (said.counter != 0 || counter != 0) && said.counter <= counter {
        return Err(bad("the passkey was copied: another one has signed as often"));
    }
    let signed = [device.as_slice(), &Sha256::digest(&client)].concat();
    if is_signed(&passkey.key, &signed, &signature) {
        Ok(said.counter)
    } else {
        Err(bad("it was not made by this passkey"))
    }
}

/// Whether a key made this signature over these bytes.
pub(super) fn is_signed(key: &PasskeyKey, signed: &[u8], signature: &[u8]) -> bool {
    let check = || -> Option<bool> {
        Some(match key {
            PasskeyKey::Es256(point) => {
                let point = URL_SAFE_NO_PAD.decode(point).ok()?;
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?;
                key.verify(signed, &p256::ecdsa::Signature::from_der(signature).ok()?).is_ok()
            }
            PasskeyKey::EdDsa(bytes) => {
                let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(bytes).ok()?.try_into().ok()?;
                let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok()?;
                key.verify_strict(signed, &ed25519_dalek::Signature::from_slice(signature).ok()?).is_ok()
            }
        })
    };
    check().unwrap_or(false)
}
