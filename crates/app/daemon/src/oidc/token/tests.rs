//! Tokens that hold, and every kind that does not.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use serde_json::json;

use super::*;

const ISSUER: &str = "https://login.example";
const CLIENT: &str = "interlock";
const NONCE: &str = "n-1";

/// A provider's key.
enum Signer {
    Ed(Ed25519KeyPair),
    Ec(EcdsaKeyPair),
}

impl Signer {
    fn ed() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap())
    }

    fn ec() -> Self {
        let (how, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
        Self::Ec(EcdsaKeyPair::from_pkcs8(how, document.as_ref(), &random).unwrap())
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed(_) => "EdDSA",
            Self::Ec(_) => "ES256",
        }
    }

    fn public(&self) -> Value {
        match self {
            Self::Ed(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": BASE64.encode(key.public_key())})
            }
            Self::Ec(key) => {
                let point = key.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "kid": "k",
                       "x": BASE64.encode(&point[1..33]), "y": BASE64.encode(&point[33..])})
            }
        }
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        let signature = match self {
            Self::Ed(key) => key.sign(signed.as_bytes()).as_ref().to_vec(),
            Self::Ec(key) => key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap().as_ref().to_vec(),
        };
        format!("{signed}.{}", BASE64.encode(signature))
    }

    fn token(&self, claims: &Value) -> String {
        self.sign(&json!({"alg": self.algorithm(), "kid": "k"}), claims)
    }
}

fn set(keys: &[Value]) -> JwkSet {
    serde_json::from_value(json!({ "keys": keys })).unwrap()
}

/// Claims that hold, with these in their place.
fn claims(other: &Value) -> Value {
    let now = jsonwebtoken::get_current_timestamp();
    let mut all =
        json!({"iss": ISSUER, "aud": CLIENT, "sub": "u-1", "nonce": NONCE, "iat": now, "exp": now + 300});
    for (name, value) in other.as_object().unwrap() {
        if value.is_null() {
            all.as_object_mut().unwrap().remove(name);
        } else {
            all[name.as_str()] = value.clone();
        }
    }
    all
}

fn check(token: &str, keys: &[Value]) -> Result<Claims, String> {
    verify(token, &set(keys), ISSUER, CLIENT, NONCE)
}

#[test]
fn a_token_of_this_provider_for_this_sign_in_holds() {
    for signer in [Signer::ed(), Signer::ec()] {
        let keys = [Signer::ec().public(), signer.public()];
        let claims = check(&signer.token(&claims(&json!({}))), &keys).unwrap();
        assert_eq!(claims.sub, "u-1");
    }
    let signer = Signer::ec();
    for good in
        [json!({"aud": [CLIENT]}), json!({"aud": [CLIENT, "other"], "azp": CLIENT}), json!({"azp": CLIENT})]
    {
        assert!(check(&signer.token(&claims(&good)), &[signer.public()]).is_ok(), "{good}");
    }
}

#[test]
fn a_token_for_anything_else_does_not() {
    let signer = Signer::ec();
    let now = jsonwebtoken::get_current_timestamp();
    for bad in [
        json!({"iss": "https://evil.example"}),
        json!({"iss": format!("{ISSUER}/")}),
        json!({ "iss": null }),
        json!({"aud": "other"}),
        json!({ "aud": null }),
        json!({"aud": [CLIENT, "other"]}),
        json!({"aud": [CLIENT, "other"], "azp": "other"}),
        json!({"azp": "other"}),
        json!({"nonce": "n-2"}),
        json!({ "nonce": null }),
        json!({ "sub": null }),
        json!({"sub": ""}),
        json!({"exp": now - 120}),
        json!({ "exp": null }),
        json!({"nbf": now + 120}),
    ] {
        assert!(check(&signer.token(&claims(&bad)), &[signer.public()]).is_err(), "{bad}");
    }
}

#[test]
fn a_token_that_somebody_else_has_signed_does_not() {
    let (signer, other) = (Signer::ec(), Signer::ec());
    let all = claims(&json!({}));
    let token = signer.token(&all);
    assert!(check(&token, &[other.public()]).is_err(), "another key of the same name");
    assert!(check(&token, &[]).is_err(), "no key");
    let mut of_another_name = signer.public();
    of_another_name["kid"] = json!("l");
    assert!(check(&token, &[of_another_name]).is_err(), "its key by another name");
    let mut to_encrypt = signer.public();
    to_encrypt["use"] = json!("enc");
    assert!(check(&token, &[to_encrypt]).is_err(), "a key that signs nothing");
    let mut of_another_use = signer.public();
    of_another_use["alg"] = json!("ECDH-ES");
    assert!(check(&token, &[of_another_use.clone()]).is_err(), "a key for something else");
    of_another_use["alg"] = json!("ES256");
    assert!(check(&token, &[of_another_use]).is_ok(), "a key that says what it is for");
    let (body, _) = token.rsplit_once('.').unwrap();
    assert!(check(&format!("{body}."), &[signer.public()]).is_err(), "no signature");
    let none = format!("{}.{}.", BASE64.encode(r#"{"alg":"none"}"#), BASE64.encode(all.to_string()));
    assert!(check(&none, &[signer.public()]).is_err(), "`none`");
    let asks = signer.sign(&json!({"alg": "ES256", "kid": "k", "crit": ["b64"], "b64": false}), &all);
    assert!(check(&asks, &[signer.public()]).is_err(), "what is not known here");
    let brought = signer.sign(&json!({"alg": "ES256", "kid": "k", "jwk": signer.public()}), &all);
    assert!(check(&brought, &[other.public()]).is_err(), "a key that the token brings itself");
    let as_another = signer.sign(&json!({"alg": "EdDSA", "kid": "k"}), &all);
    assert!(check(&as_another, &[signer.public()]).is_err(), "an algorithm that is not its key's");
}

/// What is public is no secret that both share.
#[test]
fn a_public_key_is_no_shared_secret() {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let signer = Signer::ed();
    let public = BASE64.decode(signer.public()["x"].as_str().unwrap()).unwrap();
    let body = format!(
        "{}.{}",
        BASE64.encode(r#"{"alg":"HS256","kid":"k"}"#),
        BASE64.encode(claims(&json!({})).to_string())
    );
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&public).unwrap();
    mac.update(body.as_bytes());
    let token = format!("{body}.{}", BASE64.encode(mac.finalize().into_bytes()));
    assert!(check(&token, &[signer.public()]).is_err());
    let shared = json!({"kty": "oct", "kid": "k", "k": BASE64.encode(&public)});
    assert!(check(&token, &[shared]).is_err(), "even where the provider publishes one");
}
