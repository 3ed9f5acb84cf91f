//! Who made an authenticator: whether a maker that is believed vouches for it, and for what it says of itself (ADR-0017). Source: Web
//! Authentication Level 3, §8.2 (the form `packed`) and §7.1, steps 21 to 24.

use std::time::Duration;

use interlock_action::Millis;
use interlock_approval::{Attestation, Enrolled};
use tokio_rustls::rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{
    ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert,
    ring::{ECDSA_P256_SHA256, ECDSA_P384_SHA384, ED25519, RSA_PKCS1_2048_8192_SHA256},
};
use x509_cert::{
    Certificate,
    der::{Decode as _, oid::ObjectIdentifier},
};

use crate::config::AttestationConfig;

/// The unit that a certificate of an authenticator names. Source: Web Authentication Level 3, §8.2.1.
const UNIT: &[u8] = b"Authenticator Attestation";
const ORGANISATIONAL_UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");
/// The model, in a certificate.
const MODEL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.45724.1.1.4");
/// Begins it there: an octet string of sixteen.
const SIXTEEN: [u8; 2] = [4, 16];
/// Certificates of one chain.
const LONGEST: usize = 8;

/// Who vouches for the authenticator that a passkey was made with: the maker's own name in its certificate.
pub(super) fn maker(asked: &AttestationConfig, made: &Enrolled, now: Millis) -> Result<String, String> {
    let (algorithm, signature, chain, signed) = match &made.attestation {
        Attestation::Packed { algorithm, signature, chain, signed } => (algorithm, signature, chain, signed),
        Attestation::None => return Err("no maker vouches for it".to_owned()),
        Attestation::Other(format) => {
            return Err(format!("its maker vouches for it in a form that is not read here: `{format}`"));
        }
    };
    let chain: Vec<CertificateDer<'_>> =
        chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let (own, between) = chain.split_first().ok_or("its maker's word comes without a certificate")?;
    if between.len() >= LONGEST {
        return Err("its chain of certificates is too long".to_owned());
    }
    let unread = |error: &dyn std::fmt::Display| format!("its certificate cannot be read: {error}");
    let leaf = EndEntityCert::try_from(own).map_err(|error| unread(&error))?;
    let certificate = Certificate::from_der(own).map_err(|error| unread(&error))?;
    leaf.verify_signature(how(*algorithm)?, signed, signature)
        .map_err(|_| "it was not signed with its maker's certificate".to_owned())?;
    fits(&certificate, &made.model)?;
    let mut makers = asked.makers()?;
    makers.retain(|maker| Certificate::from_der(maker).is_ok_and(|maker| is_in_force(&maker, now)));
    let anchors: Result<Vec<_>, _> = makers.iter().map(anchor_from_trusted_cert).collect();
    let anchors = anchors.map_err(|error| error.to_string())?;
    let time = UnixTime::since_unix_epoch(Duration::from_millis(now));
    // What it may be used for is said by its unit; a usage that it names all the same must not be another.
    let usage = KeyUsage::client_auth();
    // A maker may publish what its authenticators themselves carry: then there is no chain.
    if !makers.contains(own) {
        leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, between, time, usage, None, None)
            .map_err(|error| format!("no maker that is believed here vouches for it: {error}"))?;
    }
    if !asked.takes(&made.model) {
        return Err(format!("its model {} is not among those that are taken", made.model));
    }
    Ok(format!("`{}`", interlock_api::exact(&certificate.tbs_certificate().issuer().to_string())))
}

/// Whether a certificate holds now.
fn is_in_force(certificate: &Certificate, now: Millis) -> bool {
    let (validity, now) = (certificate.tbs_certificate().validity(), Duration::from_millis(now));
    validity.not_before.to_unix_duration() <= now && now <= validity.not_after.to_unix_duration()
}

/// COSE's numbers of how something is signed. Source: the IANA registry of COSE algorithms.
fn how(algorithm: i64) -> Result<&'static dyn SignatureVerificationAlgorithm, String> {
    Ok(match algorithm {
        -7 => ECDSA_P256_SHA256,
        -8 => ED25519,
        -35 => ECDSA_P384_SHA384,
        -257 => RSA_PKCS1_2048_8192_SHA256,
        other => return Err(format!("its maker signs in a way that is not read here: {other}")),
    })
}

/// Whether a certificate is one of an authenticator, and of this model.
fn fits(certificate: &Certificate, model: &str) -> Result<(), String> {
    let body = certificate.tbs_certificate();
    let mut names = body.subject().iter();
    if !names.any(|name| name.oid == ORGANISATIONAL_UNIT && name.value.value() == UNIT) {
        return Err("its certificate is none of an authenticator".to_owned());
    }
    let of_model = body.extensions().into_iter().flatten().find(|extension| extension.extn_id == MODEL);
    let Some(extension) = of_model else { return Ok(()) };
    let named = extension.extn_value.as_bytes().strip_prefix(&SIXTEEN);
    if extension.critical || named.map(hex::encode).as_deref() != Some(model) {
        return Err("its certificate is one of another model".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
