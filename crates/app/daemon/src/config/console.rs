//! `[console]`: the site that people open, and that their passkeys are made for.

use serde::{Deserialize, Serialize};

use super::OidcConfig;

/// `[console]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsoleConfig {
    /// Where people open it: `https://interlock.example`, behind a proxy that speaks TLS. Without one it is this machine's alone,
    /// at `http://localhost:PORT`.
    pub origin: Option<String>,
    /// `[console.oidc]`.
    pub oidc: Option<OidcConfig>,
}

impl ConsoleConfig {
    pub(crate) fn sensible(&self) -> Result<(), String> {
        self.is_a_site()?;
        self.oidc.as_ref().map_or(Ok(()), OidcConfig::sensible)
    }

    /// A passkey is made for a site that speaks TLS, or for `localhost`.
    fn is_a_site(&self) -> Result<(), String> {
        let Some(origin) = &self.origin else { return Ok(()) };
        let fault = |why: &str| Err(format!("[console] origin = \"{origin}\": {why}"));
        let Some((scheme, host)) = origin.split_once("://") else {
            return fault("an origin is a scheme and a host: `https://interlock.example`");
        };
        let name = host.split(':').next().unwrap_or_default();
        let named = !name.is_empty()
            && host.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-:".contains(c));
        match scheme {
            _ if !named => fault("a host of small letters, without a path: `https://interlock.example`"),
            "https" => Ok(()),
            "http" if name == "localhost" => Ok(()),
            _ => fault("browsers make passkeys for `https` alone, but on `localhost`"),
        }
    }
}
