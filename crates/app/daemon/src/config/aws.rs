//! `[aws]`: the real credentials, the daemon's alone, and where the real service stands.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[aws]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AwsConfig {
    /// Where the real credentials come from.
    pub credentials: AwsCredentials,
    /// Where requests go; `{service}` and `{region}` are filled in. An emulator stands here as `http://127.0.0.1:5000`.
    pub upstream: String,
    /// The region to work in when nothing else says so.
    pub region: String,
}

impl Default for AwsConfig {
    fn default() -> Self {
        Self {
            credentials: AwsCredentials::Named("environment".to_owned()),
            upstream: "https://{service}.{region}.amazonaws.com".to_owned(),
            region: "us-east-1".to_owned(),
        }
    }
}

/// `"environment"`, `"instance"`, `{ profile = "interlock" }` or `{ file = "aws.credentials" }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AwsCredentials {
    /// `environment` or `instance`.
    Named(String),
    /// From a file.
    From(Profile),
}

/// A credentials file of the usual form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// A profile of the daemon account's own `~/.aws/credentials`, or of `file`.
    pub profile: Option<String>,
    /// A file in the home.
    pub file: Option<PathBuf>,
}
