//! Outside identity providers of a user pool: what of one can be told again.
//!
//! Secrets are told in plain, and kept as such; where one is not (Sign in with Apple), nobody can make the provider again.

use serde_json::{Map, Value, json};

use super::{
    super::way::{at, only, tells_only, with, word},
    plain,
};

/// A kind of provider. Source: CreateIdentityProvider, `ProviderDetails` (Amazon Cognito User Pools API Reference).
struct Kind {
    name: &'static str,
    /// What it is made with.
    takes: &'static [&'static str],
    /// Of each of these sets one must be told.
    needs: &'static [&'static [&'static str]],
    /// What the service adds by itself.
    adds: &'static [&'static str],
}

const FOUND: &[&str] = &[
    "attributes_url",
    "attributes_url_add_attributes",
    "authorize_url",
    "jwks_uri",
    "oidc_issuer",
    "token_request_method",
    "token_url",
];
const CLIENT: &[&[&str]] = &[&["client_id"], &["client_secret"]];

const KINDS: [Kind; 5] = [
    Kind {
        name: "Google",
        takes: &["client_id", "client_secret", "authorize_scopes"],
        needs: CLIENT,
        adds: FOUND,
    },
    Kind {
        name: "LoginWithAmazon",
        takes: &["client_id", "client_secret", "authorize_scopes"],
        needs: CLIENT,
        adds: FOUND,
    },
    Kind {
        name: "Facebook",
        takes: &["client_id", "client_secret", "authorize_scopes", "api_version"],
        needs: CLIENT,
        adds: FOUND,
    },
    Kind {
        name: "OIDC",
        takes: &[
            "client_id",
            "client_secret",
            "authorize_scopes",
            "oidc_issuer",
            "attributes_request_method",
            "authorize_url",
            "token_url",
            "attributes_url",
            "jwks_uri",
        ],
        needs: &[&["client_id"], &["client_secret"], &["oidc_issuer"]],
        adds: FOUND,
    },
    Kind {
        name: "SAML",
        takes: &[
            "MetadataURL",
            "MetadataFile",
            "IDPSignout",
            "IDPInit",
            "EncryptedResponses",
            "RequestSigningAlgorithm",
        ],
        needs: &[&["MetadataURL", "MetadataFile"]],
        adds: &["ActiveEncryptionCertificate", "SLORedirectBindingURI", "SSORedirectBindingURI"],
    },
];

const TOLD: &[&str] = &["UserPoolId", "ProviderName", "CreationDate", "LastModifiedDate"];
const KEPT: &[&str] = &["ProviderType", "ProviderDetails", "AttributeMapping", "IdpIdentifiers"];

fn kind(provider: &Value) -> Option<&'static Kind> {
    let name = word(provider, "/ProviderType")?;
    KINDS.iter().find(|kind| kind.name == name)
}

/// A value that is not told stands there as nothing, or as stars.
fn is_told(details: &Value, name: &str) -> bool {
    details.get(name).and_then(Value::as_str).is_some_and(|value| !value.trim_matches('*').is_empty())
}

/// Whether it can be made again: all that is told is known here, and all that it takes is told.
pub(super) fn is_known(provider: &Value) -> bool {
    let details = at(provider, "/ProviderDetails");
    kind(provider).is_some_and(|kind| {
        tells_only(provider, &[TOLD, KEPT])
            && tells_only(details, &[kind.takes, kind.adds])
            && kind.needs.iter().all(|any| any.iter().any(|name| is_told(details, name)))
            && kind.takes.iter().all(|name| details.get(*name).is_none() || is_told(details, name))
    })
}

/// What is kept of it.
pub(super) fn kept(provider: &Value) -> Value {
    let told = at(provider, "/ProviderDetails");
    let takes = kind(provider).map_or(&[][..], |kind| kind.takes);
    let mut details = only(told, takes).as_object().cloned().unwrap_or_default();
    // One of the two is taken.
    if details.contains_key("MetadataURL") {
        details.remove("MetadataFile");
    }
    let details: Map<String, Value> = details;
    plain(&with(only(provider, KEPT), json!({"ProviderDetails": details})))
}
