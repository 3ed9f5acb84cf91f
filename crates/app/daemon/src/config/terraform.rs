//! `[terraform]`: the program that the gate runs, where its providers come from, and where plans are rehearsed.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::AwsCredentials;

/// `[terraform]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TerraformConfig {
    /// Terraform or OpenTofu; what is first on the daemon's path unless told.
    pub program: Option<PathBuf>,
    /// A folder of providers, as `terraform providers mirror` makes one; the usual ones unless told. No other is used.
    pub plugins: Option<PathBuf>,
    /// Where plans are rehearsed; what takes two people is rehearsed first where there is such a place.
    pub rehearsal: Option<RehearsalConfig>,
}

/// `[terraform.rehearsal]`: an emulator, or an account that holds nothing of anybody's. Whatever a plan says is done there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RehearsalConfig {
    /// What people call it.
    #[serde(default = "stage")]
    pub name: String,
    /// Its credentials, as in `[aws]`.
    pub credentials: AwsCredentials,
    /// Where its requests go, as in `[aws]`: `http://127.0.0.1:5001`.
    pub upstream: String,
}

fn stage() -> String {
    "the rehearsal stage".to_owned()
}

impl RehearsalConfig {
    /// Whether everything goes to one server that is not AWS.
    pub fn is_emulator(&self) -> bool {
        let aws = self.upstream.contains(".amazonaws.") || self.upstream.contains(".api.aws");
        !self.upstream.contains('{') && !aws
    }

    /// Whether another upstream is the same server.
    pub fn is_at(&self, other: &str) -> bool {
        let server = |upstream: &str| {
            let uri: http::Uri = upstream.trim_end_matches('/').parse().ok()?;
            let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
            let host = uri.host()?.trim_matches(['[', ']']).to_ascii_lowercase();
            // Whatever this machine calls itself.
            let itself = host == "localhost"
                || host.ends_with(".localhost")
                || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified());
            Some((if itself { "localhost".to_owned() } else { host }, uri.port_u16().unwrap_or(usual)))
        };
        server(&self.upstream) == server(other)
    }
}
