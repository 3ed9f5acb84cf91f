//! Virtual credentials: what agents hold. They open nothing but Interlock's own doors.
//!
//! - `ILKA` and sixteen base32 letters: the key of a session. The letters are eighty random bits.
//! - `ILSA` and sixteen base32 letters: temporary, given in the place of what STS gave; needs its session token.
//!
//! The secret is never stored: it is derived from the home's key and the key id (ADR-0005). Real AWS keys begin with `AKIA` or
//! `ASIA`, so that nobody mistakes one for the other.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    GatewayError,
    sigv4::{Secret, hmac},
};

/// What virtual secrets are derived from; one a home.
#[derive(Clone)]
pub struct HomeKey([u8; 32]);

impl HomeKey {
    /// Takes the bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for HomeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HomeKey(…)")
    }
}

/// Makes and derives virtual credentials.
#[derive(Clone, Debug)]
pub struct VirtualKeys {
    home: HomeKey,
}

impl VirtualKeys {
    /// With the home's key.
    pub fn new(home: HomeKey) -> Self {
        Self { home }
    }

    /// A new key id for a session.
    pub fn draw() -> Result<String, GatewayError> {
        Ok(format!("ILKA{}", random_letters()?))
    }

    /// A new temporary key id.
    pub(crate) fn draw_temporary() -> Result<String, GatewayError> {
        Ok(format!("ILSA{}", random_letters()?))
    }

    /// Whether an id has the form of a temporary key.
    pub(crate) fn is_temporary(id: &str) -> bool {
        id.starts_with("ILSA")
    }

    /// Whether an id has the form of one of ours.
    pub(crate) fn is_ours(id: &str) -> bool {
        (id.starts_with("ILKA") || id.starts_with("ILSA")) && id.len() == 20
    }

    /// The secret access key: forty characters, as AWS's are.
    pub fn secret(&self, id: &str) -> Secret {
        let text = STANDARD.encode(self.derive("secret", id));
        Secret::new(text.chars().take(40).collect::<String>())
    }

    /// The session token of a temporary key.
    pub(crate) fn token(&self, id: &str) -> Secret {
        Secret::new(format!("interlock-{}", hex::encode(self.derive("token", id))))
    }

    /// What a session's processes say to the proxy, besides the session's id: letters and digits that need no escaping
    /// in a proxy URL.
    pub fn proxy_password(&self, session: &str) -> Secret {
        Secret::new(hex::encode(self.derive("proxy", session)))
    }

    fn derive(&self, what: &str, of: &str) -> [u8; 32] {
        hmac(&self.home.0, format!("interlock virtual {what}\0{of}").as_bytes())
    }
}

/// Sixteen letters of RFC 4648's base32 over ten random bytes.
fn random_letters() -> Result<String, GatewayError> {
    const ALPHABET: [char; 32] = [
        'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T',
        'U', 'V', 'W', 'X', 'Y', 'Z', '2', '3', '4', '5', '6', '7',
    ];
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| GatewayError::Random(error.to_string()))?;
    Ok(bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(byte % 32))).collect())
}
