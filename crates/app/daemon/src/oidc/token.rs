//! A provider's token: whether it is one, of this provider, for this console and for this sign-in. Source: OpenID Connect Core
//! 1.0, §3.1.3.7.

use jsonwebtoken::{
    Algorithm, DecodingKey, DecodingKeyKind, TokenData, Validation,
    crypto::{CryptoProvider, JwtVerifier, KeyUtils},
    decode, decode_header,
    errors::ErrorKind,
    jwk::{Jwk, JwkSet, PublicKeyUse},
    signature::{self, Verifier},
};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;
use serde_json::Value;

/// What a token says, once it holds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Claims {
    /// The provider's own name for an account.
    pub(super) sub: String,
    nonce: Option<String>,
    aud: OneOrMany,
    azp: Option<String>,
    pub(super) email: Option<String>,
    #[serde(default)]
    pub(super) email_verified: Value,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// Checks a token with the provider's keys.
pub(super) fn verify(
    token: &str,
    keys: &JwkSet,
    issuer: &str,
    client: &str,
    nonce: &str,
) -> Result<Claims, String> {
    // Whoever else in this process reads tokens, with ring: the first to say so is the one.
    let _ = RING.install_default();
    let header = decode_header(token).map_err(|error| format!("its token cannot be read: {error}"))?;
    if header.crit.is_some() {
        return Err("its token asks for what is not known here".to_owned());
    }
    let mut wanted = Validation::new(header.alg);
    wanted.set_issuer(&[issuer]);
    wanted.set_audience(&[client]);
    wanted.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    wanted.validate_nbf = true;
    let fits = |key: &&Jwk| {
        let common = &key.common;
        (header.kid.is_none() || header.kid == common.key_id)
            && !matches!(common.public_key_use, Some(PublicKeyUse::Encryption))
            && common.key_algorithm.is_none_or(|own| own.to_string() == format!("{:?}", header.alg))
    };
    let mut why = "it is signed with none of the provider's keys".to_owned();
    for key in keys.keys.iter().filter(fits).filter_map(|key| DecodingKey::from_jwk(key).ok()) {
        match decode::<Claims>(token, &key, &wanted) {
            Ok(TokenData { claims, .. }) => return for_this(claims, client, nonce),
            Err(error) => why = format!("its token does not hold: {error}"),
        }
    }
    Err(why)
}

/// Whether it is for this console alone, and for this sign-in.
fn for_this(claims: Claims, client: &str, nonce: &str) -> Result<Claims, String> {
    let shared = matches!(&claims.aud, OneOrMany::Many(all) if all.len() > 1);
    if claims.azp.as_deref().map_or(shared, |azp| azp != client) {
        return Err("its token is for somebody else too".to_owned());
    }
    if claims.nonce.as_deref() != Some(nonce) {
        return Err("its token is for another sign-in".to_owned());
    }
    if claims.sub.is_empty() {
        return Err("its token names nobody".to_owned());
    }
    Ok(claims)
}

/// Signatures by ring. Tokens are read here and never made.
static RING: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
    verifier_factory: |algorithm, key| {
        // INVARIANT: what a key is for is the key's own to say. One that is public is nobody's shared secret.
        if key.family() != algorithm.family() {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        Ok(Box::new(Ring { algorithm: *algorithm, key: key.clone() }))
    },
    key_utils: KeyUtils::new_unimplemented(),
};

struct Ring {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl JwtVerifier for Ring {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl Verifier<Vec<u8>> for Ring {
    fn verify(&self, signed: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let rsa = |how: &'static RsaParameters| match self.key.kind() {
            DecodingKeyKind::RsaModulusExponent { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(how, signed, signature)
            }
            DecodingKeyKind::SecretOrDer(_) => Err(ring::error::Unspecified),
        };
        let point = |how: &'static dyn VerificationAlgorithm| match self.key.kind() {
            DecodingKeyKind::SecretOrDer(point) => {
                UnparsedPublicKey::new(how, point).verify(signed, signature)
            }
            DecodingKeyKind::RsaModulusExponent { .. } => Err(ring::error::Unspecified),
        };
        let checked = match self.algorithm {
            Algorithm::RS256 => rsa(&RSA_PKCS1_2048_8192_SHA256),
            Algorithm::RS384 => rsa(&RSA_PKCS1_2048_8192_SHA384),
            Algorithm::RS512 => rsa(&RSA_PKCS1_2048_8192_SHA512),
            Algorithm::PS256 => rsa(&RSA_PSS_2048_8192_SHA256),
            Algorithm::PS384 => rsa(&RSA_PSS_2048_8192_SHA384),
            Algorithm::PS512 => rsa(&RSA_PSS_2048_8192_SHA512),
            Algorithm::ES256 => point(&ECDSA_P256_SHA256_FIXED),
            Algorithm::ES384 => point(&ECDSA_P384_SHA384_FIXED),
            Algorithm::EdDSA => point(&ED25519),
            // Secrets that both share, and whatever comes: a provider's published keys make none of them.
            _ => Err(ring::error::Unspecified),
        };
        checked.map_err(|_| signature::Error::new())
    }
}

#[cfg(test)]
mod tests;
