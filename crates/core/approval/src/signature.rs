//! Signatures of people over a canonical form: OpenSSH's SSHSIG, or a passkey's assertion.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use interlock_action::{Digest, PersonId, TicketId, canonical};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use ssh_key::{HashAlg, PrivateKey, PublicKey, SshSig};

use crate::{ApprovalError, Assertion, EnrolledKey, KeyStep, Passkey, Refusal, Site, verify_assertion};

/// Flags byte of a security key's signature: the key was touched.
const USER_PRESENT: u8 = 0x01;
/// Flags byte: the key checked a PIN or a fingerprint.
const USER_VERIFIED: u8 = 0x04;

/// What people sign.
pub trait Signable: Serialize + Sized {
    /// The SSHSIG namespace: a signature made for another purpose never counts.
    const NAMESPACE: &'static str;

    /// The bytes that are signed.
    fn bytes(&self) -> Result<Vec<u8>, ApprovalError> {
        Ok(canonical(self)?)
    }
}

/// What a person signs: for a ticket its digest, for anything else the digest of the request's canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// `approve`, `deny`, or an administrative verb such as `freeze`.
    pub verb: String,
    /// The ticket, or the name of the thing acted on.
    pub subject: String,
    /// The digest it is bound to.
    pub digest: Digest,
    /// Who signs.
    pub person: PersonId,
    /// Their words.
    pub reason: String,
    /// A value Interlock gave out once; for a ticket its nonce.
    pub nonce: String,
}

impl Statement {
    /// The statement that approves or denies a ticket.
    pub fn on_ticket(
        verb: &str,
        ticket: &TicketId,
        digest: Digest,
        person: &PersonId,
        reason: &str,
        nonce: &str,
    ) -> Self {
        Self {
            verb: verb.to_owned(),
            subject: ticket.to_string(),
            digest,
            person: person.clone(),
            reason: reason.to_owned(),
            nonce: nonce.to_owned(),
        }
    }
}

impl Signable for Statement {
    const NAMESPACE: &'static str = "interlock-v1";
}

/// Reads a public key's line, OpenSSH's or a passkey's, into what is enrolled.
pub fn parse_public_key(line: &str, enrolled: u64, counts_from: u64) -> Result<EnrolledKey, ApprovalError> {
    let (public_key, fingerprint, step) =
        if Passkey::is_line(line) { parse_passkey(line)? } else { parse_openssh(line)? };
    let suspended = BTreeSet::new();
    Ok(EnrolledKey { public_key, fingerprint, step, enrolled, counts_from, counter: 0, suspended })
}

/// A key's line as it is kept, its fingerprint, and what it proves.
type Parsed = (String, String, KeyStep);

fn parse_passkey(line: &str) -> Result<Parsed, ApprovalError> {
    let passkey: Passkey = line.parse()?;
    let public_key = passkey.to_string();
    let fingerprint = format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&public_key)));
    Ok((public_key, fingerprint, passkey.step()))
}

fn parse_openssh(line: &str) -> Result<Parsed, ApprovalError> {
    let bad = |error: ssh_key::Error| ApprovalError::Key(error.to_string());
    let key = PublicKey::from_openssh(line.trim()).map_err(bad)?;
    let step = match key.algorithm() {
        ssh_key::Algorithm::SkEd25519 | ssh_key::Algorithm::SkEcdsaSha2NistP256 => KeyStep::SecurityKey,
        ssh_key::Algorithm::Ed25519 | ssh_key::Algorithm::Ecdsa { curve: ssh_key::EcdsaCurve::NistP256 } => {
            KeyStep::OpenSsh
        }
        other => {
            return Err(ApprovalError::Key(format!(
                "`{other}` keys are not taken; make one with `ssh-keygen -t ed25519`"
            )));
        }
    };
    let bare = PublicKey::new(key.key_data().clone(), "").to_openssh().map_err(bad)?;
    Ok((bare, key.fingerprint(HashAlg::Sha256).to_string(), step))
}

/// Signs with a private key file's contents. Used by the command line, never by the daemon.
pub fn sign<S: Signable>(
    words: &S,
    private_key: &str,
    passphrase: Option<&str>,
) -> Result<String, ApprovalError> {
    let fault = |error: ssh_key::Error| ApprovalError::Sign(error.to_string());
    let mut key = PrivateKey::from_openssh(private_key).map_err(fault)?;
    if key.is_encrypted() {
        let words = passphrase
            .ok_or_else(|| ApprovalError::Sign("the key is encrypted: give its passphrase".into()))?;
        key = key.decrypt(words).map_err(fault)?;
    }
    let signature = key.sign(S::NAMESPACE, HashAlg::Sha512, &words.bytes()?).map_err(fault)?;
    signature.to_pem(ssh_key::LineEnding::LF).map_err(fault)
}

/// A signature that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven<'k> {
    /// By this key.
    pub key: &'k EnrolledKey,
    /// How often it has signed, where it counts: to be remembered, so that a copy of it is noticed.
    pub counter: Option<u32>,
}

/// Checks a signature by one of the person's keys: an armoured SSHSIG, or a passkey's [`Assertion`] as JSON, which counts at
/// its site alone.
///
/// Security keys must have been touched and must have verified their user: the signature's flags byte says so and is
/// itself signed.
pub fn verify<'k, S: Signable>(
    words: &S,
    signature: &str,
    keys: &'k [EnrolledKey],
    site: Option<&Site>,
) -> Result<Proven<'k>, Refusal> {
    if signature.trim_start().starts_with('{') {
        return verify_passkey(words, signature, keys, site);
    }
    Ok(Proven { key: verify_ssh(words, signature, keys)?, counter: None })
}

fn verify_passkey<'k, S: Signable>(
    words: &S,
    assertion: &str,
    keys: &'k [EnrolledKey],
    site: Option<&Site>,
) -> Result<Proven<'k>, Refusal> {
    let bad = |why: &str| Refusal::Signature(why.to_owned());
    let site = site.ok_or_else(|| bad("passkeys sign at the console, and none is up here"))?;
    let assertion: Assertion =
        serde_json::from_str(assertion).map_err(|_| bad("it is no assertion of a passkey"))?;
    let of = |key: &'k EnrolledKey| Some((key, key.passkey().filter(|have| have.id == assertion.id)?));
    let (key, passkey) =
        keys.iter().find_map(of).ok_or_else(|| bad("its key is not enrolled for this person"))?;
    let counter = verify_assertion(words, &assertion, &passkey, site, key.counter)?;
    Ok(Proven { key, counter: Some(counter) })
}

fn verify_ssh<'k, S: Signable>(
    words: &S,
    armoured: &str,
    keys: &'k [EnrolledKey],
) -> Result<&'k EnrolledKey, Refusal> {
    let bad = |error: &dyn std::fmt::Display| Refusal::Signature(error.to_string());
    let signature = SshSig::from_pem(armoured).map_err(|error| bad(&error))?;
    if signature.namespace() != S::NAMESPACE {
        return Err(Refusal::Signature(format!("made for `{}`", signature.namespace())));
    }
    let bytes = words.bytes().map_err(|error| bad(&error))?;
    for key in keys.iter().filter(|key| key.passkey().is_none()) {
        let public = PublicKey::from_openssh(&key.public_key).map_err(|error| bad(&error))?;
        if public.key_data() != signature.public_key() {
            continue;
        }
        public.verify(S::NAMESPACE, &bytes, &signature).map_err(|error| bad(&error))?;
        if key.step >= KeyStep::SecurityKey {
            check_flags(signature.signature_bytes())?;
        }
        return Ok(key);
    }
    Err(Refusal::Signature("its key is not enrolled for this person".into()))
}

/// A security key's signature ends in a flags byte and a four-byte counter (OpenSSH `PROTOCOL.u2f`).
fn check_flags(signature: &[u8]) -> Result<(), Refusal> {
    let flags = signature.len().checked_sub(5).and_then(|at| signature.get(at)).copied().unwrap_or(0);
    if flags & USER_PRESENT == 0 {
        return Err(Refusal::Presence("that it was touched"));
    }
    if flags & USER_VERIFIED == 0 {
        return Err(Refusal::Presence("who touched it; enrol it with `ssh-keygen -O verify-required`"));
    }
    Ok(())
}
