//! Where the real credentials come from.

use std::{fmt, path::PathBuf};

use super::{instance, profile};
use crate::{
    instant::{self, Seconds},
    sigv4::Secret,
};

/// Where the real credentials come from: `[aws] credentials` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` of the daemon's own environment.
    Environment,
    /// A profile of the AWS CLI's shared files: static keys or `credential_process`.
    Profile(String),
    /// The `default` profile of one file of that form.
    File(PathBuf),
    /// The container's or the instance's metadata service (IMDSv2).
    Instance,
}

/// Real credentials. Never shown, never sent anywhere but into a signature.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The access key id.
    pub access_key_id: String,
    /// Its secret.
    pub secret: Secret,
    /// Its session token.
    pub token: Option<Secret>,
    /// When they end.
    pub expires: Option<Seconds>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// Why there are no real credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// They are not there.
    #[error("there are no AWS credentials in {0}")]
    Missing(String),
    /// They cannot be read.
    #[error("the AWS credentials in {place} cannot be read: {why}")]
    Unreadable {
        /// Where.
        place: String,
        /// Why; never with their text.
        why: String,
    },
}

impl CredentialError {
    pub(super) fn unreadable(place: impl Into<String>, why: impl fmt::Display) -> Self {
        Self::Unreadable { place: place.into(), why: why.to_string() }
    }
}

impl CredentialSource {
    /// Fetches them anew.
    pub(super) async fn fetch(&self) -> Result<Credentials, CredentialError> {
        match self {
            Self::Environment => from_environment(|name| std::env::var(name).ok()),
            Self::Profile(name) => profile::shared(name, |name| std::env::var(name).ok()).await,
            Self::File(path) => profile::file(path).await,
            Self::Instance => instance::fetch(|name| std::env::var(name).ok()).await,
        }
    }
}

pub(super) fn from_environment(get: impl Fn(&str) -> Option<String>) -> Result<Credentials, CredentialError> {
    let get = |name: &str| get(name).filter(|value| !value.is_empty());
    let missing = || CredentialError::Missing("the environment".to_owned());
    Ok(Credentials {
        access_key_id: get("AWS_ACCESS_KEY_ID").ok_or_else(missing)?,
        secret: Secret::new(get("AWS_SECRET_ACCESS_KEY").ok_or_else(missing)?),
        token: get("AWS_SESSION_TOKEN").map(Secret::new),
        expires: get("AWS_CREDENTIAL_EXPIRATION").and_then(|text| instant::parse_iso8601(&text)),
    })
}

/// Reads the JSON that metadata services and `credential_process` give; they spell the token differently.
pub(super) fn from_json(text: &[u8], place: &str) -> Result<Credentials, CredentialError> {
    let value: serde_json::Value = serde_json::from_slice(text)
        .map_err(|_| CredentialError::unreadable(place, "the answer is not JSON"))?;
    let get = |name: &str| value.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
    let missing = |name: &str| CredentialError::unreadable(place, format!("there is no `{name}`"));
    Ok(Credentials {
        access_key_id: get("AccessKeyId").ok_or_else(|| missing("AccessKeyId"))?,
        secret: Secret::new(get("SecretAccessKey").ok_or_else(|| missing("SecretAccessKey"))?),
        token: get("Token").or_else(|| get("SessionToken")).map(Secret::new),
        expires: get("Expiration").and_then(|text| instant::parse_iso8601(&text)),
    })
}
