//! `[approval.attestation]`: whose authenticators passkeys are made with. With it a passkey's own word is its maker's.

use serde::{Deserialize, Serialize};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject as _};

/// `[approval.attestation]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttestationConfig {
    /// The certificates of makers, as PEM, one after the other. They stand here and in no file: what is believed is signed.
    pub roots: String,
    /// The models that are taken (AAGUIDs); without any, every one that a maker vouches for.
    #[serde(default)]
    pub models: Vec<String>,
}

impl AttestationConfig {
    /// The makers' certificates.
    pub(crate) fn makers(&self) -> Result<Vec<CertificateDer<'static>>, String> {
        let fault = |why: String| format!("[approval.attestation] roots: {why}");
        let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(self.roots.as_bytes()).collect();
        let all = all.map_err(|error| fault(error.to_string()))?;
        if all.is_empty() {
            return Err(fault("there is no certificate in it".to_owned()));
        }
        for one in &all {
            webpki::anchor_from_trusted_cert(one).map_err(|error| fault(error.to_string()))?;
        }
        Ok(all)
    }

    pub(crate) fn sensible(&self) -> Result<(), String> {
        let is_model = |model: &String| {
            let model = plain(model);
            model.len() == 32 && model.bytes().all(|letter| letter.is_ascii_hexdigit())
        };
        if let Some(model) = self.models.iter().find(|model| !is_model(model)) {
            let why = "a model is 32 hexadecimal digits, with or without hyphens";
            return Err(format!("[approval.attestation] models: `{model}`: {why}"));
        }
        self.makers().map(drop)
    }

    /// Whether this model, as 32 hexadecimal digits, is among those that are taken.
    pub(crate) fn takes(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|have| plain(have) == model)
    }

    /// What somebody needs whose passkey was not taken.
    pub(crate) fn wanted(&self) -> &'static str {
        if self.models.is_empty() {
            "use a security key of a maker that `[approval.attestation]` names, and let the browser show it"
        } else {
            "use a security key of a model that `[approval.attestation]` names, and let the browser show it"
        }
    }
}

fn plain(model: &str) -> String {
    model.replace('-', "").to_ascii_lowercase()
}
