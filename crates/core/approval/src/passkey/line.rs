//! A passkey as one line of text, in the place of an OpenSSH public key's.
//!
//! ```text
//! webauthn-es256 BAx4… 0x9Kd… device-bound interlock.example
//! ```
//!
//! The algorithm, the key, the credential's id, whether it can leave its device, and the site that it was made for; bytes as
//! base64url.

use std::{fmt, str::FromStr};

use super::{Passkey, PasskeyKey, bytes};
use crate::{ApprovalError, KeyStep};

const ES256: &str = "webauthn-es256";
const EDDSA: &str = "webauthn-eddsa";
const DEVICE_BOUND: &str = "device-bound";
const SYNCED: &str = "synced";

impl Passkey {
    /// Whether a line is of this kind.
    pub(crate) fn is_line(line: &str) -> bool {
        line.trim_start().starts_with("webauthn-")
    }

    /// What it proves about the person behind it.
    pub fn step(&self) -> KeyStep {
        if self.device_bound { KeyStep::DeviceBound } else { KeyStep::SecurityKey }
    }
}

impl fmt::Display for Passkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (algorithm, key) = match &self.key {
            PasskeyKey::Es256(key) => (ES256, key),
            PasskeyKey::EdDsa(key) => (EDDSA, key),
        };
        let bound = if self.device_bound { DEVICE_BOUND } else { SYNCED };
        write!(f, "{algorithm} {key} {} {bound} {}", self.id, self.site)
    }
}

impl FromStr for Passkey {
    type Err = ApprovalError;

    fn from_str(line: &str) -> Result<Self, ApprovalError> {
        let fault = |why: &str| ApprovalError::Key(format!("not a passkey's line: {why}"));
        let mut words = line.split_whitespace();
        let (Some(algorithm), Some(key), Some(id), Some(bound), Some(site), None) =
            (words.next(), words.next(), words.next(), words.next(), words.next(), words.next())
        else {
            return Err(fault("it has five words"));
        };
        let raw = bytes(key).map_err(|_| fault("its key is no base64url"))?;
        let key = match algorithm {
            ES256 if p256::ecdsa::VerifyingKey::from_sec1_bytes(&raw).is_ok() => {
                PasskeyKey::Es256(key.to_owned())
            }
            EDDSA
                if <[u8; 32]>::try_from(raw.as_slice())
                    .is_ok_and(|raw| ed25519_dalek::VerifyingKey::from_bytes(&raw).is_ok()) =>
            {
                PasskeyKey::EdDsa(key.to_owned())
            }
            ES256 | EDDSA => return Err(fault("its key is no point of its curve")),
            _ => return Err(fault("its algorithm is neither `webauthn-es256` nor `webauthn-eddsa`")),
        };
        bytes(id).ok().filter(|id| !id.is_empty()).ok_or_else(|| fault("its id is no base64url"))?;
        let device_bound = match bound {
            DEVICE_BOUND => true,
            SYNCED => false,
            _ => return Err(fault("it is neither `device-bound` nor `synced`")),
        };
        Ok(Self { id: id.to_owned(), key, device_bound, site: site.to_owned() })
    }
}
